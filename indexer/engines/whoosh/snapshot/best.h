/* The best documents so far, as a heap. */

#ifndef KERNEL_BEST_H
#define KERNEL_BEST_H

#include <math.h>
#include "common.h"

#define MAX_BEST 100000
#define ROUNDING_MARGIN 1.0001f /* of a bound, so that rounding never makes it too low */

typedef struct {
    float score;
    int64_t number;
} Best; /* a heap whose first element is the worst: the lowest score, then the highest number */

static inline int is_worse(const Best *a, const Best *b) {
    return a->score < b->score || (a->score == b->score && a->number > b->number);
}

static inline void heap_push(Best *heap, int64_t at, Best entry) {
    while (at > 0 && is_worse(&entry, &heap[(at - 1) / 2])) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = entry;
}

static inline void heap_replace(Best *heap, int64_t room, Best entry) {
    int64_t at = 0;
    for (;;) {
        int64_t child = 2 * at + 1;
        if (child >= room) break;
        if (child + 1 < room && is_worse(&heap[child + 1], &heap[child])) child++;
        if (!is_worse(&heap[child], &entry)) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = entry;
}

static inline void heap_add(Best *heap, int64_t *count, int64_t room, Best entry) {
    if (*count < room) heap_push(heap, (*count)++, entry);
    else if (is_worse(&heap[0], &entry)) heap_replace(heap, room, entry);
}

static inline int by_rank(const void *a, const void *b) { return is_worse(a, b) - is_worse(b, a); }

#endif
