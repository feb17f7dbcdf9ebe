/* Phrases, and words that stand near each other. */

#ifndef KERNEL_PHRASE_H
#define KERNEL_PHRASE_H

#include "positions.h"

typedef struct {
    const Snapshot *snapshot;
    Place *places;
    int64_t count, slop;
    float *norms; /* of the occurrences in one document */
    int64_t room;
    const int64_t *postings; /* of each of `word_count` words in each of the documents; NULL: they are searched for */
    int64_t word_count;
} Phrase;

int phrase_read(PyObject *plan, Phrase *phrase);
void phrase_free(Phrase *phrase);
int phrase_search(Phrase *phrase, const int64_t *documents, int64_t count, float *xs);

#endif
