/* Where the words of a phrase stand in documents. */

#ifndef KERNEL_POSITIONS_H
#define KERNEL_POSITIONS_H

#include "words.h"

#define SKIP 32 /* postings */

typedef struct {
    int64_t *rows, *skip_counts;  /* of each segment */
    const uint32_t **skip_starts; /* where the positions of each SKIP-th posting begin; borrowed */
    int64_t gap;
    int64_t word; /* its number among the words of the plan */
    /* in one segment */
    Range range; /* what remains of the list in a block, where postings are searched for */
    int64_t block, first_posting, first_position, end, skip_count; /* `end`: where the positions of the row end */
    const uint32_t *skip;
    int64_t group, position; /* the group of SKIP postings that was read last, -1 for none, and where its positions begin */
    uint32_t before[SKIP + 1]; /* how many positions of the group come before those of each posting */
    int64_t group_size;
} Place;

int place_begin(const Segment *segment, int64_t s, Place *place);
int place_move(const Segment *segment, Place *place, int64_t posting, Range *span);
int64_t place_seek(const Snapshot *snapshot, const Segment *segment, int64_t s, Place *place, int64_t document, int *failure);

#endif
