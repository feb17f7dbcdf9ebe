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
    unsigned char seen[WINDOW];     /* 1 for documents with some word, where they are counted */
    unsigned char has_form[WINDOW]; /* 1 for documents with the exact form of the word that is scored; 0 in the end */
    uint64_t candidates[WINDOW / 64]; /* a bit for each document whose score has reached the lowest */
} Union;

typedef struct {
    Range range;       /* what remains of the list in this block */
    Range window;      /* what lies in this window */
    int64_t length;
    Source source;
    Range forms[MAX_FORMS], forms_of_candidates[MAX_FORMS];
} List;

typedef struct {
    int64_t segment, block;
    int64_t document;           /* its first document within the segment */
    int64_t base, limit;        /* the first within its block, and how many there are */
    int64_t essential;          /* how many lists are scored: the first ones */
    int64_t scored;             /* postings */
    int is_counted;             /* all lists are read */
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

/* Let a list go on with the first document of a window, from which on it may not have been read. */
static inline void list_enter(List *list, int64_t base) {
    if (list->range.at < list->range.end && low_bits(list->source.documents, list->range.at) < base)
        list->range.at = seek(list->source.documents, list->range.at, list->range.end, (uint16_t)base);
    list->window.at = list->window.end = list->range.at;
}

/* Remember a document that may be among the best. */
static inline void add_candidate(Union *u, int64_t place) { u->candidates[place >> 6] |= (uint64_t)1 << (place & 63); }

/* The number of the lowest bit that is set. */
static inline int lowest_bit(uint64_t flags) { return bit_count((flags & (0 - flags)) - 1); }

static inline int is_match(const Union *u, int64_t number) {
    return (!u->snapshot->living.width || u->snapshot->living.data[number]) && judge(u->conditions, number) == PASSES;
}

/* union_lists.c */
int list_open(const Union *u, int64_t s, int64_t i, int64_t block, List *list);
void union_mark(Union *u, List *list, const Window *window);
int union_score(Union *u, const Word *word, List *list, const Window *window);

/* union_candidates.c */
int union_candidates(Union *u, List *lists, const Window *window, Best *heap, int64_t *heap_count);

/* union_count.c */
int union_count(Union *u, const List *lists, const Window *window, int64_t postings);

/* union_threshold.c */
int guess_threshold(Union *u);

/* single_word.c */
int single_segment(Union *u, int64_t s, Best *heap, int64_t *heap_count);

/* union.c */
int union_search(Union *u, Best *heaps, int64_t *counts);

#endif
