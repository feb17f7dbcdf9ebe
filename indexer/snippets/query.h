/* The words and phrases of a query. */

#ifndef KERNEL_QUERY_H
#define KERNEL_QUERY_H

#include "marks.h"
#include "state.h"
#include "vectors.h"

#define MAX_TERMS 128  /* of a query, including those of phrases */
#define MAX_NEEDLES 48 /* of a term */
#define MAX_FORMS 8    /* of a term */
#define CASE 32 /* the bit that distinguishes lower case in ASCII */
#define MAX_COMPARED 16 /* pairs of first letters that are compared in vectors */

typedef struct {
    const unsigned char *ascii; /* of a string that lives as long as the page; NULL if it has other characters */
    uint32_t *points;           /* NULL if it is in ASCII */
    Py_ssize_t length;
} Needle;

typedef struct {
    const unsigned char *letters; /* in ASCII, of a string that lives as long as the page */
    Py_ssize_t length;
} Form;

typedef struct {
    PyObject *finder;                                   /* borrowed */
    PyObject *term, *parts, *needle_texts, *form_texts; /* owned, NULL before they are read */
    Needle needles[MAX_NEEDLES];
    int needle_count, form_count, key; /* -1 before the term has a key */
    Form forms[MAX_FORMS];
    unsigned char first[256]; /* whether a needle begins with a character that has this low byte */
} Term;

/* The first two letters of a needle, each with the bit that distinguishes lower case. `any` has all bits if there is no second one. */
typedef struct {
    unsigned char first, second, any;
} Pair;

typedef struct {
    int first_term, count; /* its terms within `terms` */
    Marks starts;
} Phrase;

typedef struct {
    Term *terms;
    int term_count, word_count; /* those before `word_count` are words, the others belong to phrases */
    Phrase *phrases;
    int phrase_count;
    PyObject *keys[MAX_KEYS]; /* the terms, as phrases have their own numbers before them */
    int key_count;
    unsigned char first[256]; /* of any word and any first word of a phrase */
    Pair pairs[MAX_COMPARED]; /* the same with the second letters */
    int pair_count;           /* may be more than there is room for */
    int is_ascii;             /* whether all needles are */
#if HAS_VECTORS
    Vector firsts[MAX_COMPARED], seconds[MAX_COMPARED], any[MAX_COMPARED]; /* of the pairs */
#endif
} Query;

int query_read(Query *query, PyObject *words, PyObject *phrases, const State *state);
void query_free(Query *query);
int key_of(Query *query, PyObject *term);

/* Return the number of keys that marks can have. */
static inline int key_limit(const Query *query) { return query->phrase_count + query->key_count; }

#endif
