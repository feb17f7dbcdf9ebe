/* Search for one word. */

#include "union.h"

/* The highest of at most GROUP values; four at a time, so that compilers make vectors of it. */
static inline float highest_of(const float *values, int64_t count) {
    float highest[4] = {0, 0, 0, 0};
    int64_t i = 0;
    for (; i + 4 <= count; i += 4)
        for (int lane = 0; lane < 4; lane++) highest[lane] = values[i + lane] > highest[lane] ? values[i + lane] : highest[lane];
    for (; i < count; i++) highest[0] = values[i] > highest[0] ? values[i] : highest[0];
    for (int lane = 1; lane < 4; lane++) highest[0] = highest[lane] > highest[0] ? highest[lane] : highest[0];
    return highest[0];
}

/* One word needs no windows: the documents of its list are those of the answer. Saturations are stored for long lists, and a group
 * of them whose highest cannot be among the best is skipped. */
static int single_block(Union *u, int64_t s, List *list, int64_t block, Best *heap, int64_t *heap_count) {
    const Snapshot *snapshot = u->snapshot;
    const Segment *segment = &snapshot->segments[s];
    const Word *word = &u->words[0];
    const unsigned char *living = snapshot->living.width ? snapshot->living.data + segment->offset : NULL;
    const Source *source = &list->source;
    int64_t base = block << snapshot->block_bits, shift = source->shift;
    if (source->has_saturations &&
        (list->range.at + shift < 0 || list->range.end + shift > source->saturations->items))
        return DAMAGED;
    for (int64_t at = list->range.at; at < list->range.end;) {
        int64_t end = at + GROUP < list->range.end ? at + GROUP : list->range.end, first = base + low_bits(source->documents, at);
        float computed[GROUP];
        const float *saturations = computed;
        if (first >= segment->size) return DAMAGED;
        if (source->has_saturations) saturations = (const float *)source->saturations->data + shift + at;
        else if (u->k && !saturations_of(snapshot, segment, block, at, end, computed)) return DAMAGED;
        int is_skipped = !u->k;
        if (u->threshold >= 0 && !is_skipped)
            is_skipped = weighted_at_most(word, highest_of(saturations, end - at), segment->later[first / WINDOW]) < u->threshold;
        if (is_skipped && !living && !u->conditions->count) {
            u->total += end - at;
            at = end;
            continue;
        }
        for (; at < end; at++, saturations++) {
            uint16_t low = low_bits(source->documents, at);
            int64_t document = base + low, number = segment->offset + document;
            if (document >= segment->size) return DAMAGED;
            if ((living && !living[document]) || judge(u->conditions, number) != PASSES) continue;
            u->total++;
            if (is_skipped || weighted_at_most(word, *saturations, real(&snapshot->recency, number)) < u->threshold) continue;
            best_add(u, heap, heap_count, (Best){weighted(snapshot, segment, word, *saturations, number, low, list->forms), number});
        }
    }
    return SOUND;
}

int single_segment(Union *u, int64_t s, Best *heap, int64_t *heap_count) {
    const Segment *segment = &u->snapshot->segments[s];
    int failure = SOUND;
    if (u->words[0].rows[s] < 0) return SOUND;
    for (int64_t block = 0; block < segment->blocks && !failure; block++) {
        List list;
        failure = list_open(u, s, 0, block, &list) ? single_block(u, s, &list, block, heap, heap_count) : DAMAGED;
    }
    return failure;
}
