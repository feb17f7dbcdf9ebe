/* Which passages of a text a snippet shows. */

#ifndef KERNEL_PASSAGES_H
#define KERNEL_PASSAGES_H

#include "marks.h"
#include "text.h"

#define MAX_PASSAGES 2

typedef struct {
    Py_ssize_t start, end;
} Passage;

/* Choose one or two passages; return how many. `keys`: how many keys there are. */
int choose_passages(const Text *text, const Marks *marks, int keys, Py_ssize_t length, Passage *chosen);

#endif
