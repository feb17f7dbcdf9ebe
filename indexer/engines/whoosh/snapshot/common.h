/* What all files of the kernel include: the stable interface of Python, and how a search fails. */

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

#if defined(__GNUC__)
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define PREFETCH(address) ((void)(address))
#endif

enum { SOUND = 0, DAMAGED = 1, NO_MEMORY = 2 };

/* Set the exception that says how a search failed, and return NULL. */
PyObject *raise_failure(int failure);

#endif
