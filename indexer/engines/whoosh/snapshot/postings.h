/* Search in posting lists. These functions run for each posting, so each file has them in its loops. */

#ifndef KERNEL_POSTINGS_H
#define KERNEL_POSTINGS_H

#include "snapshot.h"

#define GROUP 32    /* postings that are compared together */
#define MAX_NEAR 64 /* postings that a search skips before it makes a guess */

typedef struct {
    int64_t at, end; /* within the documents of a list */
} Range;

/* The range of one block of a list, 0 if the row or its borders are outside of the arrays. */
static inline int block_range(const Array *starts, int64_t length, int64_t blocks, int64_t row, int64_t block, Range *range) {
    int64_t at = row * blocks + block;
    if (row < 0 || row > (INT64_MAX >> 20) || at + 1 >= starts->items) return 0;
    uint64_t first = item(starts, at), last = item(starts, at + 1);
    if (first > last || last > (uint64_t)length) return 0;
    range->at = (int64_t)first;
    range->end = (int64_t)last;
    return 1;
}

/* How many of GROUP documents are below this one; in vectors, so the result has the size of a document. */
static inline uint16_t count_below(const uint16_t *documents, uint16_t document) {
    uint16_t count = 0;
    for (int i = 0; i < GROUP; i++) count += documents[i] < document;
    return count;
}

/* Narrow a long range in which a document is searched for. Documents are spread evenly, so the search gallops from where it would be
 * then: each step may have to wait for the memory. */
static inline Range narrow(const uint16_t *documents, Range range, uint16_t document) {
    const int64_t first = documents[range.at], last = documents[range.end - 1];
    if (first >= document) return (Range){range.at, range.at};
    if (last < document) return (Range){range.end, range.end};
    const int64_t guess = range.at + (range.end - 1 - range.at) * (document - first) / (last - first);
    int64_t step = GROUP;
    if (documents[guess] < document) {
        range.at = guess + 1;
        for (; range.end - range.at > step && documents[range.at + step - 1] < document; step *= 2) range.at += step;
        if (range.end - range.at > step) range.end = range.at + step;
    } else {
        range.end = guess;
        for (; range.end - range.at > step && documents[range.end - step] >= document; step *= 2) range.end -= step;
        if (range.end - range.at > step) range.at = range.end - step;
    }
    return range;
}

/* The first place in the range whose document is not below this one. It is usually near, so a group is counted as a whole before the
 * search gallops: the processor predicts the steps of a search wrongly. */
static inline int64_t seek(const Array *array, int64_t at, int64_t end, uint16_t document) {
    const uint16_t *documents = (const uint16_t *)array->data;
    for (int i = 0; i < 2; i++, at++)
        if (at >= end || documents[at] >= document) return at;
    if (end - at >= GROUP) {
        const uint16_t below = count_below(documents + at, document);
        at += below;
        if (below < GROUP) return at;
    }
    int64_t step = GROUP;
    for (; end - at > step && documents[at + step - 1] < document && step <= MAX_NEAR; step *= 2) at += step;
    if (end - at > step && step <= MAX_NEAR) end = at + step;
    else if (end - at > step) {
        Range range = narrow(documents, (Range){at, end}, document);
        at = range.at;
        end = range.end;
    }
    while (end - at > GROUP) {
        const int64_t half = (end - at) >> 1;
        if (documents[at + half - 1] < document) at += half;
        else end = at + half;
    }
    for (int64_t size = end - at; size > 0;) {
        const int64_t half = (size + 1) >> 1, is_below = documents[at + half - 1] < document;
        at += half & -is_below;
        size -= half;
    }
    return at;
}

#endif
