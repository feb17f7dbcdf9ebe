/* What a module keeps between calls: names of attributes, and texts that snippets contain. */

#ifndef KERNEL_STATE_H
#define KERNEL_STATE_H

#include "common.h"

/* The attributes of a `TermFinder`, then those of a document that are shown. */
enum { IS_COMPILED, NEEDLES, EXACT_FORMS, TERM, PARTS, PART_OF, LANGUAGE, TITLE, TEXT, SUMMARY, PAGE_NAMES };

/* What JSON has of a document in the order of writing, then what moments need to be written. */
enum { ID, URL, OWN_TITLE, DATE, SOURCE, CATEGORIES, AUTHORS, OWN_LANGUAGE, IMAGE, ALSO, ISOFORMAT, ISO_SEPARATOR, ISO_PRECISION, OFFSET,
       YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, JSON_NAMES };

/* The signs of omission: before the first passage, between two, and behind the last. */
enum { BEFORE, BETWEEN, BEHIND, ELLIPSES };

typedef struct {
    PyObject *page[PAGE_NAMES], *json[JSON_NAMES]; /* interned */
    PyObject *ellipses[ELLIPSES];
    PyObject *nothing; /* the empty tuple */
} State;

static inline const State *state_of(PyObject *module) { return PyModule_GetState(module); }

int state_fill(PyObject *module);
void state_free(void *module);

#endif
