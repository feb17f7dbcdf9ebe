/* Read the parts of posting lists that lie in a window: mark their documents, or score them. */

#include "union.h"

#define MAX_COUNTED_GROUPS 8 /* of a list in a window, before it is searched for the end of the window */
#define MAX_CLEARED 64 /* documents whose flags are cleared one by one */

/* Open the part of a word's list that lies in a block. */
int list_open(const Union *u, int64_t s, int64_t i, int64_t block, List *list) {
    const Segment *segment = &u->snapshot->segments[s];
    Range first;
    const Word *word = &u->words[i];
    if (!word_range(segment, s, word, 0, &first) || !word_range(segment, s, word, block, &list->range) ||
        !form_ranges(segment, s, word, block, list->forms))
        return 0;
    list->source = source_of(segment, s, word, first.at);
    list->length = list->range.end - list->range.at;
    memcpy(list->forms_of_candidates, list->forms, sizeof(list->forms));
    return 1;
}

/* Return where the part of a list that lies in a window ends. Most parts are short, so groups are counted before a search begins, whose
 * steps the processor predicts wrongly. */
static inline int64_t end_in_window(const List *list, Range window) {
    const uint16_t *documents = (const uint16_t *)list->source.documents->data, limit = (uint16_t)window.end;
    int64_t at = list->range.at;
    if (window.end > UINT16_MAX) return list->range.end;
    for (int group = 0; group < MAX_COUNTED_GROUPS && at + GROUP <= list->range.end; group++) {
        const uint16_t before = count_below(documents + at, limit);
        at += before;
        if (before < GROUP) return at;
    }
    return seek(list->source.documents, at, list->range.end, limit);
}

/* Mark the documents of a list in a window. A damaged list marks wrong ones, but none outside of the array. */
void union_mark(Union *u, List *list, const Window *window) {
    const uint16_t *documents = (const uint16_t *)list->source.documents->data;
    unsigned char *seen = u->seen;
    const uint16_t base = (uint16_t)window->base;
    const int64_t end = list->range.end, limit = window->base + window->limit;
    int64_t at = list->range.at;
    for (; at < end && documents[at] < limit; at++) seen[(uint16_t)(documents[at] - base) & (WINDOW - 1)] = 1;
    list->range.at = list->window.end = at;
}

/* Flag the documents of a window that have the exact form of a word. A test in the loop over postings would make each step wait for
 * the one before. Return how many there are. */
static int64_t flag_form(Union *u, const Segment *segment, const Range *form, Range window) {
    const uint16_t *users = (const uint16_t *)segment->surface_documents.data;
    const uint16_t base = (uint16_t)window.at;
    const int64_t end = form->end;
    unsigned char *flags = u->has_form;
    int64_t at = form->at;
    for (; at < end && users[at] < window.end; at++) flags[(uint16_t)(users[at] - base) & (WINDOW - 1)] = 1;
    return at - form->at;
}

/* Clear the flags of so many documents. */
static void clear_form(Union *u, const Segment *segment, const Range *form, Range window, int64_t count) {
    if (count > MAX_CLEARED) {
        memset(u->has_form, 0, sizeof(u->has_form));
        return;
    }
    for (int64_t at = form->at; at < form->at + count; at++)
        u->has_form[(uint16_t)(low_bits(&segment->surface_documents, at) - window.at) & (WINDOW - 1)] = 0;
}

/* Score some postings of a window with their saturations, of a word with at most one exact form. Return how many of them lie in it. */
static inline int64_t add_postings(Union *u, const Word *word, const uint16_t *documents, int64_t count, const Window *window,
                                   const float *saturations, int is_counted) {
    const uint16_t base = (uint16_t)window->base;
    const int64_t limit = window->limit;
    const float *recency = (const float *)u->snapshot->recency.data + u->snapshot->segments[window->segment].offset + window->document;
    const float unit = word->unit, lowest = u->lowest, exact_or_none[2] = {0, word->form_count ? word->forms[0].value : 0};
    const unsigned char *has_form = u->has_form;
    float *scores = u->scores;
    unsigned char *seen = u->seen;
    int64_t i = 0;
    for (; i < count; i++) {
        const uint16_t place = (uint16_t)(documents[i] - base);
        if (place >= limit) break;
        const float score = scores[place] + (saturations[i] * unit + exact_or_none[has_form[place]]) * recency[place];
        scores[place] = score;
        if (is_counted) seen[place] = 1;
        if (score >= lowest) add_candidate(u, place);
    }
    return i;
}

/* Score the documents of a list in a window. Words have seldom more than one exact form. */
static int score_with_forms(Union *u, const Word *word, List *list, const Window *window, int64_t at, int64_t last) {
    const Segment *segment = &u->snapshot->segments[window->segment];
    for (; at < last; at++) {
        const uint16_t low = low_bits(list->source.documents, at);
        const int64_t place = low - window->base;
        float value;
        if (place < 0 || place >= window->limit ||
            !contribution(u->snapshot, segment, word, &list->source, at, window->document + place, low, list->forms, &value))
            return DAMAGED;
        u->seen[place] |= (unsigned char)window->is_counted;
        u->scores[place] += value;
        if (u->scores[place] >= u->lowest) add_candidate(u, place);
    }
    return SOUND;
}

/* Do the same for a word with at most one exact form. Return where the list goes on behind the window, -1 if it is damaged. Long lists have
 * stored saturations. */
static int64_t score_with_form(Union *u, const Word *word, const List *list, const Window *window) {
    const uint16_t *documents = (const uint16_t *)list->source.documents->data;
    const int64_t first = list->range.at, shift = list->source.shift;
    if (list->source.has_saturations) {
        const int64_t count = list->range.end - first;
        if (first + shift < 0 || list->range.end + shift > list->source.saturations->items) return -1;
        const float *stored = (const float *)list->source.saturations->data + first + shift;
        return first + (window->is_counted ? add_postings(u, word, documents + first, count, window, stored, 1)
                                           : add_postings(u, word, documents + first, count, window, stored, 0));
    }
    const int64_t last = end_in_window(list, (Range){window->base, window->base + window->limit});
    float computed[CHUNK];
    for (int64_t at = first, stop; at < last; at = stop) {
        stop = last - at < CHUNK ? last : at + CHUNK;
        if (!saturations_of(u->snapshot, &u->snapshot->segments[window->segment], window->block, at, stop, computed)) return -1;
        const int64_t count = window->is_counted ? add_postings(u, word, documents + at, stop - at, window, computed, 1)
                                                 : add_postings(u, word, documents + at, stop - at, window, computed, 0);
        if (count < stop - at) return -1; /* they do not ascend */
    }
    return last;
}

/* Score the documents of a list in a window, and let the list go on behind it. */
int union_score(Union *u, const Word *word, List *list, const Window *window) {
    const Segment *segment = &u->snapshot->segments[window->segment];
    const Range range = {window->base, window->base + window->limit};
    if (word->form_count > 1) {
        const int64_t at = list->range.at, last = end_in_window(list, range);
        list->range.at = list->window.end = last;
        return score_with_forms(u, word, list, window, at, last);
    }
    Range *form = &list->forms[0];
    int64_t flagged = 0;
    if (word->form_count) {
        form->at = seek(&segment->surface_documents, form->at, form->end, (uint16_t)range.at);
        flagged = flag_form(u, segment, form, range);
    }
    const int64_t last = score_with_form(u, word, list, window);
    clear_form(u, segment, form, range, flagged);
    if (word->form_count) form->at += flagged;
    if (last < 0) return DAMAGED;
    list->range.at = list->window.end = last;
    return SOUND;
}
