/* The words of a query. */

#ifndef KERNEL_WORDS_H
#define KERNEL_WORDS_H

#include "postings.h"

#define MAX_WORDS 64
#define MAX_FORMS 4 /* exact forms of a word */

typedef struct {
    float value;
    int64_t *rows; /* of each segment, -1 where it does not occur */
} Form;

typedef struct {
    float unit;
    int64_t *rows, *saturations; /* of each segment */
    int form_count;
    Form forms[MAX_FORMS];
    int is_merged; /* from the lists of several terms: then it has arrays of its own, for all blocks of all segments */
    Array starts, documents, merged_saturations;
} Word;

/* Where the documents and saturations of a word are, in one segment. A posting has its saturation at the same index plus `shift`. */
typedef struct {
    const Array *documents, *saturations;
    int64_t shift;
    int has_saturations;
} Source;

/* The range of one block of the list of a word, 0 if it is damaged. */
static inline int word_range(const Segment *segment, int64_t s, const Word *word, int64_t block, Range *range) {
    if (word->is_merged) return block_range(&word->starts, word->documents.items, 1, segment->first_block + block, 0, range);
    return block_range(&segment->starts, segment->documents.items, segment->blocks, word->rows[s], block, range);
}

/* `list_start`: the first posting of the word in the segment. */
static inline Source source_of(const Segment *segment, int64_t s, const Word *word, int64_t list_start) {
    if (word->is_merged) return (Source){&word->documents, &word->merged_saturations, 0, 1};
    int64_t first = word->saturations[s];
    return (Source){&segment->documents, &segment->saturations, first - list_start, first >= 0};
}

int read_rows(PyObject *values, int64_t *rows, int64_t count);
int64_t *new_rows(PyObject *values, int64_t count);
Word *read_words(PyObject *values, int64_t segment_count, int64_t *count);
void words_free(Word *words, int64_t count);
int form_ranges(const Segment *segment, int64_t s, const Word *word, int64_t block, Range *ranges);

#endif
