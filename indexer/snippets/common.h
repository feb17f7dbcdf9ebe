/* What all files of the kernel include: the stable interface of Python, and what a step of a page returns. */

#ifndef KERNEL_COMMON_H
#define KERNEL_COMMON_H

#define PY_SSIZE_T_CLEAN
#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030b0000
#endif
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* PYTHON means that Python has to do the page, FAILED that there is an exception. */
enum { DONE = 0, PYTHON = 1, FAILED = -1 };

static inline int out_of_memory(void) {
    PyErr_NoMemory();
    return FAILED;
}

#endif
