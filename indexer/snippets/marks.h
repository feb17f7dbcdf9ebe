/* The marks of a text: where they start and end, and for which word or phrase they stand. */

#ifndef KERNEL_MARKS_H
#define KERNEL_MARKS_H

#include "common.h"

#define MAX_KEYS 256 /* different words and phrases of a page */

typedef struct {
    Py_ssize_t start, end;
    int key; /* the number of a phrase, or after those the number of a term among `keys` */
} Mark;

typedef struct {
    Mark *items;
    int count, room;
} Marks;

int marks_add(Marks *marks, Py_ssize_t start, Py_ssize_t end, int key);
void marks_join(Marks *marks, PyObject *const *keys, int first_key);
void marks_separate(Marks *marks);

#endif
