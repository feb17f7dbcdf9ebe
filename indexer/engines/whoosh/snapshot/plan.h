/* The plan of a search: words, filters, and a phrase that is required or preferred. */

#ifndef KERNEL_PLAN_H
#define KERNEL_PLAN_H

#include "conjunction.h"
#include "phrase.h"

/* All of some words or any of them, what documents must fulfil, and a phrase: required if there is no other score, or preferred. */
typedef struct {
    const Snapshot *snapshot;
    Word *words;
    int64_t word_count, k, total;
    int is_any, is_phrase; /* is_phrase: the score is that of the phrase alone */
    int is_counted;        /* the total is wanted; otherwise it may be too low */
    Conditions conditions;
    Phrase phrase; /* without places: none */
    int places_are_words; /* each place has the postings of one of the words */
    float phrase_unit, bound_ratio; /* what the phrase adds at most, to what the word at its first place adds */
    int64_t bound_word;             /* the number of this word */
    Hits hits;
    Best *heaps; /* the best of each segment */
    int64_t *counts;
    unsigned char *matching; /* of a union: a byte a document where wanted */
    const Best *found; /* documents that a union leaves out where it is not counted; borrowed */
    int64_t found_count;
} Plan;

/* phrase_score.c */
int require_phrase(Plan *plan);
int require_phrase_sideways(Plan *plan, Condition *condition);
int prefer_phrase(Plan *plan);

/* plan.c */
int plan_allocate(Plan *plan, int wants_documents);
int plan_search(Plan *plan);
PyObject *documents_result(const Plan *plan);
PyObject *sideways_result(const Conditions *conditions);
void plan_free(Plan *plan);

#endif
