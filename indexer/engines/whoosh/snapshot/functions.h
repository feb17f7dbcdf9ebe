/* The functions of the module, each with the name that Python calls. */

#ifndef KERNEL_FUNCTIONS_H
#define KERNEL_FUNCTIONS_H

#include "common.h"

PyObject *kernel_open(PyObject *module, PyObject *arguments);
PyObject *kernel_conjunction(PyObject *module, PyObject *arguments);
PyObject *kernel_phrase(PyObject *module, PyObject *arguments);
PyObject *kernel_best(PyObject *module, PyObject *arguments);
PyObject *kernel_skips(PyObject *module, PyObject *arguments);
PyObject *kernel_contains(PyObject *module, PyObject *arguments);
PyObject *kernel_first_page(PyObject *module, PyObject *arguments);
PyObject *kernel_find(PyObject *module, PyObject *arguments);
PyObject *kernel_look_up(PyObject *module, PyObject *arguments);
PyObject *kernel_has_any(PyObject *module, PyObject *arguments);
PyObject *kernel_most_frequent(PyObject *module, PyObject *arguments);
PyObject *kernel_near(PyObject *module, PyObject *arguments);
#ifndef _WIN32
PyObject *kernel_open_documents(PyObject *module, PyObject *arguments);
PyObject *kernel_read_documents(PyObject *module, PyObject *arguments);
PyObject *kernel_read_matches(PyObject *module, PyObject *arguments);
#endif

#endif
