/* Searches for all of some words. */

#ifndef KERNEL_CONJUNCTION_H
#define KERNEL_CONJUNCTION_H

#include "best.h"
#include "bitmap.h"
#include "conditions.h"
#include "saturations.h"

typedef struct {
    Conditions *conditions;
    int64_t count, room;
    int64_t *documents;
    float *values; /* the scores, and what each word adds */
    int64_t columns; /* 0: neither; 1: the scores alone */
    int64_t *scored, scored_count; /* the hits that have scores, as the others cannot be among the best */
    int64_t *postings; /* of each word in each document */
    int64_t wants_postings; /* the number of words if the postings are wanted, otherwise 0 */
    int64_t k;    /* how many of the best are wanted; 0: all scores are */
    Best *best;   /* the best so far, without phrases */
    int64_t best_count, bound_word; /* a phrase adds at most `bound_ratio` times what this word does */
    float bound_ratio;
    uint32_t *common; /* the postings of the shortest list of a block whose documents other lists have as well */
    int64_t common_room;
    Bitmap *bitmaps; /* of the words' lists in a block */
} Hits;

/* The lowest score that may be among the best. */
static inline float least_of_best(const Hits *hits) { return hits->k && hits->best_count == hits->k ? hits->best[0].score : -INFINITY; }

void hits_free(Hits *hits);
int conjunction_search(const Snapshot *snapshot, const Word *words, int64_t count, Hits *hits);

#endif
