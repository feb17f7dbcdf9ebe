/* Read the parts of posting lists that lie in a window. */

#include "union.h"

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
    for (int form = 0; form < word->form_count; form++)
        list->form_ratios[form] = (float)(list->forms[form].end - list->forms[form].at) / (float)(list->length ? list->length : 1);
    list->steps = u->steps ? &u->steps[i] : NULL;
    return 1;
}

/* Add the steps of a list to the documents of a window. A damaged list marks wrong ones, but none outside of the array. */
void union_mark(Union *u, List *list, const Window *window) {
    const Segment *segment = &u->snapshot->segments[window->segment];
    const uint16_t *documents = (const uint16_t *)list->source.documents->data;
    const unsigned char *codes = segment->codes.data, *code_classes = segment->code_classes, *steps = list->steps->of_classes;
    const int64_t first = segment->offset + window->document, end = list->range.end, limit = window->base + window->limit;
    const unsigned char *document_classes = u->snapshot->document_classes + first;
    const uint16_t base = (uint16_t)window->base;
    const int is_narrow = segment->codes.width == 1 && end <= segment->codes.items && list->source.documents == &segment->documents;
    unsigned char *most = u->most;
    int64_t at = list->range.at;
    if (is_narrow) { /* as in most segments */
        for (; at < end && documents[at] < limit; at++) {
            const uint16_t place = (uint16_t)(documents[at] - base) & (UNION_WINDOW - 1);
            most[place] += steps[code_classes[codes[at]] + document_classes[place]];
        }
    } else {
        for (; at < end && documents[at] < limit; at++) {
            const uint16_t place = (uint16_t)(documents[at] - base) & (UNION_WINDOW - 1);
            most[place] += steps_at(u, segment, list, at, first + place);
        }
    }
    list->window = (Range){list->range.at, at};
    list->range.at = at;
}
