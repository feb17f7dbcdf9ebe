/* Searches for any of some words. */

#ifndef KERNEL_UNION_H
#define KERNEL_UNION_H

#include "best.h"
#include "bitmap.h"
#include "conditions.h"
#include "saturations.h"

#define UNION_WINDOW (4 * WINDOW) /* documents whose sums are in memory together */
#define MAX_STEPS 255

/* What a word adds to a document at most is rounded up to whole steps, so that the sums of all documents of a window are bytes. Only a
 * document whose sum reaches the threshold is scored. */
typedef struct {
    float slope, least, most; /* for a saturation of 1, for all exact forms and the rounding, and both */
    unsigned char of_classes[CLASSES * CLASSES]; /* of each pair of classes of a code and a document */
} Steps;

typedef struct {
    const Snapshot *snapshot;
    Conditions *conditions;
    const Word *words; /* the highest bounds first */
    int64_t count, k, total;
    int is_counted; /* whether the total is wanted */
    float rest[MAX_WORDS + 1]; /* what the words from this one on add at most, before the factor of recency */
    float scale;               /* the steps in a score of 1 */
    Steps *steps;              /* of each word */
    float threshold;           /* the k-th best score so far; -1 before there is one */
    unsigned char *matching;   /* a byte a document where wanted */
    const Best *found;         /* documents that are left out; none where documents are counted */
    int64_t found_count;
    unsigned char most[UNION_WINDOW]; /* the steps of each document of a window; 0 for one that has none of the words */
} Union;

typedef struct {
    Range range;  /* what remains of the list in this block */
    Range window; /* what lies in this window */
    int64_t next; /* the posting from which on the next document is searched for */
    int64_t length;
    Source source;
    const Steps *steps;
    Range forms[MAX_FORMS];
    float form_ratios[MAX_FORMS]; /* the lengths of their lists, relative to that of the word */
} List;

typedef struct {
    int64_t segment;
    int64_t document;    /* its first document within the segment */
    int64_t base, limit; /* the first within its block, and how many there are */
    int64_t essential;   /* how many lists are read: the first ones */
    float recency;       /* the highest factor, and a little more */
    float rest;          /* what the lists that are not read add at most */
} Window;

static inline void best_add(Union *u, Best *heap, int64_t *heap_count, Best entry) {
    if (!u->k) return;
    heap_add(heap, heap_count, u->k, entry);
    if (*heap_count == u->k && heap[0].score > u->threshold) u->threshold = heap[0].score;
}

static inline int is_match(const Union *u, int64_t number) {
    return (!u->snapshot->living.width || u->snapshot->living.data[number]) && judge(u->conditions, number) == PASSES;
}

/* The steps of a saturation: at least 1. The comparisons give bounds for any value of a damaged file. */
static inline unsigned char steps_of(const Steps *own, float saturation) {
    float steps = saturation * own->slope + own->least;
    steps = steps < own->most ? steps : own->most;
    return (unsigned char)(int)(steps > 1 ? steps : 1);
}

/* The steps of a posting of a document. */
static inline unsigned char steps_at(const Union *u, const Segment *segment, const List *list, int64_t posting, int64_t number) {
    if (list->source.documents != &segment->documents) return steps_of(list->steps, real(list->source.saturations, posting)); /* merged */
    const uint64_t code = code_of(u->snapshot, segment, posting);
    if (code == UINT64_MAX) return MAX_STEPS;
    return list->steps->of_classes[u->snapshot->code_classes[code] + u->snapshot->document_classes[number]];
}

/* union_lists.c */
int list_open(const Union *u, int64_t s, int64_t i, int64_t block, List *list);
void union_mark(Union *u, List *list, const Window *window);

/* union_candidates.c */
int union_candidates(Union *u, List *lists, const Window *window, Best *heap, int64_t *heap_count);

/* union_count.c */
int union_count(Union *u, int64_t first, int64_t limit);

/* single_word.c */
int single_segment(Union *u, int64_t s, Best *heap, int64_t *heap_count);

/* union.c */
int union_search(Union *u, Best *heaps, int64_t *counts);

#endif
