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
#define MAX_COMPARED 16 /* beginnings of needles that are compared in vectors */

typedef struct {
    const unsigned char *ascii; /* of a string that lives as long as the page; NULL if it has other characters */
    uint32_t *points;           /* NULL if it is in ASCII */
    Py_ssize_t length;
} Needle;

typedef struct {
    const unsigned char *letters; /* in ASCII, of a string that lives as long as the page */
    Py_ssize_t length;
#if HAS_VECTORS
    Vector vector; /* the first letters, then zeros */
#endif
} Form;

typedef struct {
    PyObject *finder;                    /* borrowed */
    PyObject *needle_texts, *form_texts; /* owned, NULL before they are read */
    PyObject *term, *parts;              /* the same, but read when a word needs them, as few need both */
    Needle needles[MAX_NEEDLES];
    int needle_count, form_count, key; /* the number of `term`, -1 for none */
    Form forms[MAX_FORMS];
    unsigned char first[256]; /* whether a needle begins with a character that has this low byte */
} Term;

#define COMPARED 3 /* letters of a needle that are compared in vectors */

/* The first letters of a needle, and bits that are set in it and in a text before they are compared: the one that distinguishes lower
 * case, and all of them where the needle has no letter. */
typedef struct {
    unsigned char letters[COMPARED], bits[COMPARED];
} Beginning;

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
    Beginning beginnings[MAX_COMPARED]; /* the same with more letters */
    int beginning_count;                /* may be more than there is room for */
    int is_ascii;                       /* whether all needles are */
#if HAS_VECTORS
    Vector letters[MAX_COMPARED][COMPARED], bits[MAX_COMPARED][COMPARED]; /* of the beginnings */
#endif
} Query;

int query_read(Query *query, PyObject *words, PyObject *phrases, const State *state);
void query_free(Query *query);
int key_of(Query *query, PyObject *term);

/* Return the number of keys that marks can have. */
static inline int key_limit(const Query *query) { return query->phrase_count + query->key_count; }

#endif
