/* Guess the score that a document must reach to be among the best, before any is known. */

#include "union.h"

#define MAX_GUESSED 256 /* of the best documents */
#define MIN_SAMPLED 64 /* postings of a word whose scores are computed, if it has as many */

/* Add what a word gives the first documents of its list in a block to a heap. Return 0 if the list is damaged. */
static int guess_in_block(const Union *u, int64_t s, const Word *word, int64_t block, int64_t *postings, Best *best, int64_t *count) {
    const Segment *segment = &u->snapshot->segments[s];
    Range first, range;
    float saturations[CHUNK];
    if (!word_range(segment, s, word, 0, &first) || !word_range(segment, s, word, block, &range)) return 0;
    const Source source = source_of(segment, s, word, first.at);
    const int64_t base = segment->offset + (block << u->snapshot->block_bits);
    const int64_t end = range.end - range.at < CHUNK ? range.end : range.at + CHUNK;
    if (!source.has_saturations && !saturations_of(u->snapshot, segment, block, range.at, end, saturations)) return 0;
    for (int64_t at = range.at; at < end; at++) {
        const int64_t number = base + low_bits(source.documents, at);
        float saturation = source.has_saturations ? 0 : saturations[at - range.at];
        if (number >= u->snapshot->size) return 0;
        if (source.has_saturations && !saturation_at(u->snapshot, segment, &source, at, number, &saturation)) return 0;
        const float value = saturation * word->unit * real(&u->snapshot->recency, number);
        if ((*count < u->k || value > best[0].score) && is_match(u, number)) heap_add(best, count, u->k, (Best){value, 0});
    }
    *postings += end - range.at;
    return 1;
}

/* Let the threshold be the k-th highest score that one word gives: the word with the highest bound that has enough documents. Return 0 if
 * its list is damaged. */
int guess_threshold(Union *u) {
    Best best[MAX_GUESSED];
    if (u->k > MAX_GUESSED) return 1;
    for (int64_t i = 0; i < u->count && u->threshold < 0; i++) {
        int64_t count = 0, postings = 0;
        for (int64_t s = 0; s < u->snapshot->segment_count; s++)
            for (int64_t block = 0; u->words[i].rows[s] >= 0 && block < u->snapshot->segments[s].blocks && postings < MIN_SAMPLED; block++)
                if (!guess_in_block(u, s, &u->words[i], block, &postings, best, &count)) return 0;
        if (count == u->k) u->threshold = best[0].score;
    }
    return 1;
}
