/* Read the parts of posting lists that lie in a window: skip them, mark their documents, or score them. */

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

/* Let a list go on behind a window without reading what lies in it. */
void list_skip(List *list, Range window) {
    list->window = (Range){list->range.at, end_in_window(list, window)};
    list->range.at = list->window.end;
}

/* Mark the documents of a list in a window. A damaged list marks wrong ones, but none outside of the array. */
void union_mark(Union *u, List *list, Range window) {
    const uint16_t *documents = (const uint16_t *)list->source.documents->data;
    unsigned char *seen = u->seen;
    const uint16_t base = (uint16_t)window.at;
    const int64_t end = list->range.end;
    int64_t at = list->range.at;
    for (; at < end && documents[at] < window.end; at++) seen[(uint16_t)(documents[at] - base) & (WINDOW - 1)] = 1;
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

/* Score some postings of a window with their saturations, of a word with at most one exact form. */
static int union_add(Union *u, const Word *word, const uint16_t *documents, int64_t count, const float *recency, Range window,
                     const float *saturations) {
    const uint16_t base = (uint16_t)window.at;
    const int64_t limit = window.end - window.at;
    const float unit = word->unit, lowest = u->lowest, exact_or_none[2] = {0, word->form_count ? word->forms[0].value : 0};
    const unsigned char *has_form = u->has_form;
    float *scores = u->scores;
    unsigned char *seen = u->seen;
    for (int64_t i = 0; i < count; i++) {
        uint16_t place = (uint16_t)(documents[i] - base);
        if (place >= limit) return DAMAGED; /* they do not ascend */
        float score = scores[place] + (saturations[i] * unit + exact_or_none[has_form[place]]) * recency[place];
        scores[place] = score;
        seen[place] = 1;
        if (score >= lowest) add_candidate(u, place);
    }
    return SOUND;
}

/* Score the documents of a list in a window. Long lists have stored saturations, and most words at most one exact form. */
int union_score(Union *u, int64_t s, const Word *word, List *list, int64_t block, Range window) {
    const Segment *segment = &u->snapshot->segments[s];
    const uint16_t *documents = (const uint16_t *)list->source.documents->data;
    int64_t at = list->range.at, last = end_in_window(list, window);
    int failure = SOUND;
    if (word->form_count <= 1) {
        int64_t shift = list->source.shift, is_stored = list->source.has_saturations;
        if (is_stored && (at + shift < 0 || list->range.end + shift > list->source.saturations->items)) return DAMAGED;
        const float *stored = is_stored ? (const float *)list->source.saturations->data + shift : NULL;
        const float *recency =
            (const float *)u->snapshot->recency.data + segment->offset + (block << u->snapshot->block_bits) + window.at;
        float computed[CHUNK];
        Range *form = &list->forms[0];
        int64_t flagged = 0;
        if (word->form_count) {
            form->at = seek(&segment->surface_documents, form->at, form->end, (uint16_t)window.at);
            flagged = flag_form(u, segment, form, window);
        }
        for (int64_t stop; at < last && !failure; at = stop) {
            stop = is_stored || last - at < CHUNK ? last : at + CHUNK;
            if (!is_stored && !saturations_of(u->snapshot, segment, block, at, stop, computed)) failure = DAMAGED;
            else failure = union_add(u, word, documents + at, stop - at, recency, window, is_stored ? stored + at : computed);
        }
        clear_form(u, segment, form, window, flagged);
        if (word->form_count) form->at += flagged;
    } else {
        for (; at < last; at++) {
            uint16_t low = documents[at];
            float value;
            int64_t document = (block << u->snapshot->block_bits) + low;
            if (low < window.at || low >= window.end ||
                !contribution(u->snapshot, segment, word, &list->source, at, document, low, list->forms, &value))
                return DAMAGED;
            uint16_t place = (uint16_t)(low - window.at);
            u->seen[place] = 1;
            u->scores[place] += value;
            if (u->scores[place] >= u->lowest) add_candidate(u, place);
        }
    }
    list->range.at = list->window.end = last;
    return failure;
}
