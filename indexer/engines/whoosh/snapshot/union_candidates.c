/* Find the documents of a window that may be among the best, and complete their scores. */

#include "union.h"

/* Complete the score of a document that may be among the best. Stop as soon as the lists that are left cannot add enough. */
static int union_complete(Union *u, List *lists, const Window *window, int64_t place, Best *heap, int64_t *heap_count) {
    const Segment *segment = &u->snapshot->segments[window->segment];
    const int64_t document = window->document + place;
    const uint16_t low = (uint16_t)(window->base + place);
    const float least = u->threshold / ROUNDING_MARGIN;
    float score = u->scores[place], value;
    if (score < lowest_score(u, window) || !is_match(u, segment->offset + document)) return SOUND;
    for (int64_t i = window->essential; i < u->count; i++) {
        List *list = &lists[i];
        if (score < least - u->rest[i] * window->recency) return SOUND;
        if (u->words[i].rows[window->segment] < 0) continue;
        list->window.at = seek(list->source.documents, list->window.at, list->window.end, low);
        if (list->window.at >= list->window.end || low_bits(list->source.documents, list->window.at) != low) continue;
        if (!contribution(u->snapshot, segment, &u->words[i], &list->source, list->window.at, document, low, list->forms_of_candidates,
                          &value))
            return DAMAGED;
        score += value;
    }
    best_add(u, heap, heap_count, (Best){score, segment->offset + document});
    return SOUND;
}

/* Complete the scores of the candidates of a window in their order, in which the other lists are searched, and forget them. */
int union_candidates(Union *u, List *lists, const Window *window, Best *heap, int64_t *heap_count) {
    int failure = SOUND;
    for (int64_t group = 0; group < WINDOW / 64; group++) {
        for (uint64_t flags = u->candidates[group]; flags && !failure; flags &= flags - 1) {
            failure = union_complete(u, lists, window, group * 64 + lowest_bit(flags), heap, heap_count);
        }
        u->candidates[group] = 0;
    }
    return failure;
}
