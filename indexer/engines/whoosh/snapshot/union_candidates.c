/* Complete the scores of the documents of a window that may be among the best. */

#include "union.h"

#define MAX_INSERTED 48 /* candidates of a window that are sorted one by one */
#define MAX_GUESSED 64 /* of the best documents, so that the lowest of their scores is guessed in the first window */

/* Raise the threshold, before there is one, to the k-th highest score that the lists so far give the documents of a window. */
void raise_threshold(Union *u, const Window *window) {
    const int64_t first = u->snapshot->segments[window->segment].offset + window->document;
    const unsigned char *living = u->snapshot->living.width ? u->snapshot->living.data + first : NULL;
    Best best[MAX_GUESSED];
    int64_t count = 0;
    if (u->candidate_count < u->k || u->k > MAX_GUESSED) return;
    for (int64_t i = 0; i < u->candidate_count; i++) {
        const uint16_t place = u->candidates[i];
        if ((living && !living[place]) || judge(u->conditions, first + place) != PASSES) continue;
        heap_add(best, &count, u->k, (Best){u->scores[place], 0});
    }
    if (count == u->k) u->threshold = best[0].score;
}

/* Complete the score of a document that may be among the best. Stop as soon as the lists that are left cannot add enough. */
static int union_complete(Union *u, List *lists, const Window *window, int64_t place, Best *heap, int64_t *heap_count) {
    const Segment *segment = &u->snapshot->segments[window->segment];
    const int64_t document = window->document + place;
    const uint16_t low = (uint16_t)(window->base + place);
    const float least = u->threshold / ROUNDING_MARGIN;
    float score = u->scores[place], value;
    if (score < lowest_score(u, window)) return SOUND;
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

/* Put the places of the candidates in their order, in which the other lists are searched. */
static void sort_candidates(Union *u) {
    int64_t count = 0;
    if (u->candidate_count <= MAX_INSERTED) {
        for (int64_t i = 1; i < u->candidate_count; i++) {
            uint16_t place = u->candidates[i];
            int64_t at = i;
            for (; at && u->candidates[at - 1] > place; at--) u->candidates[at] = u->candidates[at - 1];
            u->candidates[at] = place;
        }
        return;
    }
    for (int64_t group = 0; group < WINDOW; group += 8) {
        uint64_t flags;
        memcpy(&flags, u->is_candidate + group, 8);
        for (; flags; flags &= flags - 1) /* a bit in the byte of each candidate */
            u->candidates[count++] = (uint16_t)(group + bit_count((flags & (0 - flags)) - 1) / 8);
    }
}

/* Complete the scores of the candidates of a window that meet the conditions, and forget them. */
int union_candidates(Union *u, List *lists, const Window *window, Best *heap, int64_t *heap_count) {
    int64_t first = u->snapshot->segments[window->segment].offset + window->document;
    const unsigned char *living = u->snapshot->living.width ? u->snapshot->living.data + first : NULL;
    int failure = SOUND;
    sort_candidates(u);
    for (int64_t i = 0; i < u->candidate_count; i++) {
        int64_t place = u->candidates[i];
        u->is_candidate[place] = 0;
        if (!failure && u->seen[place] && (!living || living[place]))
            failure = union_complete(u, lists, window, place, heap, heap_count);
    }
    u->candidate_count = 0;
    return failure;
}

/* Do the same, and count, in a window with few postings: visit these instead of all documents. */
int union_sparse(Union *u, List *lists, const Window *window, Best *heap, int64_t *heap_count) {
    const Snapshot *snapshot = u->snapshot;
    int64_t first = snapshot->segments[window->segment].offset + window->document, count = 0;
    uint16_t places[MAX_SPARSE];
    for (int64_t i = 0; i < window->read; i++) {
        if (u->words[i].rows[window->segment] < 0) continue;
        for (int64_t at = lists[i].window.at; at < lists[i].window.end; at++) {
            uint16_t place = (uint16_t)(low_bits(lists[i].source.documents, at) - window->base) & (WINDOW - 1);
            if (place >= window->limit) return DAMAGED;
            if (u->seen[place] != 1) continue; /* another list has it as well */
            int64_t number = first + place;
            int is_match = (!snapshot->living.width || snapshot->living.data[number]) && judge(u->conditions, number) == PASSES;
            u->seen[place] = is_match ? 2 : 0;
            u->total += is_match;
            places[count++] = place;
        }
    }
    int failure = union_candidates(u, lists, window, heap, heap_count);
    for (int64_t i = 0; i < count; i++) {
        u->seen[places[i]] = 0;
        u->scores[places[i]] = 0;
    }
    return failure;
}
