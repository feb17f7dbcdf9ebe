/* The fragments of titles and snippets. */

#ifndef KERNEL_FRAGMENTS_H
#define KERNEL_FRAGMENTS_H

#include "passages.h"
#include "state.h"

#define MAX_SHARED_FRAGMENTS 8 /* of a page */

/* A fragment of a mark, and its text in UTF-8. */
typedef struct {
    PyObject *fragment; /* owned; NULL for none */
    Py_ssize_t size;    /* 0 for none */
    char text[MAX_WORD];
} SharedFragment;

typedef struct {
    const State *state;
    PyObject *class;   /* borrowed */
    PyObject *pending; /* the text of the next fragment so far; owned, NULL for none */
    PyObject **items;  /* of the text; owned */
    int count, room;
    SharedFragment shared[MAX_SHARED_FRAGMENTS];
    int next_shared; /* which is replaced next */
    char *out;       /* a part of a text in UTF-8, with single spaces */
    Py_ssize_t out_room;
} Fragments;

void fragments_free(Fragments *fragments);

/* Return these passages of a text as a tuple of fragments. */
PyObject *fragments_of(Fragments *fragments, const Text *text, const Marks *marks, const Passage *passages, int count);

#endif
