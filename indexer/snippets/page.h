/* A page of results: what is searched for, and the text that is being shown. */

#ifndef KERNEL_PAGE_H
#define KERNEL_PAGE_H

#include "fragments.h"
#include "query.h"
#include "text.h"

typedef struct {
    const State *state;
    PyObject *stop_words, *phrase_end; /* borrowed */
    Query query;
    Text text;
    Marks marks; /* of the text */
    int total_marks;
    Py_ssize_t characters; /* of all texts so far */
    Fragments fragments;
} Page;

int needle_matches(const Text *text, const Needle *needle, Py_ssize_t at, Py_ssize_t limit);
PyObject *part_of_word(Page *page, Term *term, Py_ssize_t start, Py_ssize_t end);
int has_form(const Text *text, const Term *term, Py_ssize_t start, Py_ssize_t length);
int find_words(Page *page);
int find_phrases(Page *page);

#endif
