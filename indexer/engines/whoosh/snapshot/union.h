/* Searches for any of some words. */

#ifndef KERNEL_UNION_H
#define KERNEL_UNION_H

#include "best.h"
#include "bitmap.h"
#include "conditions.h"
#include "saturations.h"

#define MAX_SPARSE 256 /* postings of a window that are visited one by one */

typedef struct {
    const Snapshot *snapshot;
    Conditions *conditions;
    const Word *words; /* the highest bounds first */
    int64_t count, k, total;
    int is_counted; /* whether the total is wanted */
    float rest[MAX_WORDS + 1]; /* what the words from this one on add at most */
    float threshold;           /* the k-th best score so far; -1 before there is one */
    unsigned char *matching;   /* a byte a document where wanted */
    float lowest;              /* a score from which on a document of the window may be among the best */
    float scores[WINDOW];
    unsigned char seen[WINDOW];         /* 1 for documents with some word; 0 in the end where a condition is not met */
    unsigned char has_form[WINDOW];     /* 1 for documents with the exact form of the word that is scored; 0 in the end */
    unsigned char is_candidate[WINDOW]; /* 1 for documents whose score has reached the lowest */
    uint16_t candidates[WINDOW + 1];    /* their places, in no order */
    int64_t candidate_count;
} Union;

typedef struct {
    Range range;       /* what remains of the list in this block */
    Range window;      /* what lies in this window */
    int64_t length;
    Source source;
    Range forms[MAX_FORMS], forms_of_candidates[MAX_FORMS];
} List;

typedef struct {
    int64_t segment, essential, read; /* the lists that were scored, and those that were read as a whole */
    int64_t document;           /* the first of the window within the segment */
    int64_t base, limit;        /* the first within its block, and how many there are */
    float recency;              /* the highest factor, and a little more */
    float rest;                 /* what the lists that were not scored add at most */
} Window;

static inline void best_add(Union *u, Best *heap, int64_t *heap_count, Best entry) {
    if (!u->k) return;
    heap_add(heap, heap_count, u->k, entry);
    if (*heap_count == u->k && heap[0].score > u->threshold) u->threshold = heap[0].score;
}

/* The lowest score of a document that may be among the best, as far as its scored words go. */
static inline float lowest_score(const Union *u, const Window *window) { return u->threshold / ROUNDING_MARGIN - window->rest; }

/* Remember a document that may be among the best. */
static inline void add_candidate(Union *u, uint16_t place) {
    u->candidates[u->candidate_count] = place;
    u->candidate_count += !u->is_candidate[place];
    u->is_candidate[place] = 1;
}

/* union_lists.c */
int list_open(const Union *u, int64_t s, int64_t i, int64_t block, List *list);
void list_skip(List *list, Range window);
void union_mark(Union *u, List *list, Range window);
int union_score(Union *u, int64_t s, const Word *word, List *list, int64_t block, Range window);

/* union_candidates.c */
void raise_threshold(Union *u, const Window *window);
int union_candidates(Union *u, List *lists, const Window *window, Best *heap, int64_t *heap_count);
int union_sparse(Union *u, List *lists, const Window *window, Best *heap, int64_t *heap_count);

/* single_word.c */
int single_segment(Union *u, int64_t s, Best *heap, int64_t *heap_count);

/* union.c */
int union_search(Union *u, Best *heaps, int64_t *counts);

#endif
