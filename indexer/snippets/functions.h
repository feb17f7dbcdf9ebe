/* The functions of the module, each with the name that Python calls. */

#ifndef KERNEL_FUNCTIONS_H
#define KERNEL_FUNCTIONS_H

#include "common.h"

PyObject *kernel_exact_needle(PyObject *module, PyObject *arguments);
PyObject *kernel_missing_words(PyObject *module, PyObject *arguments);
PyObject *kernel_page(PyObject *module, PyObject *arguments);
PyObject *kernel_hits(PyObject *module, PyObject *arguments);
PyObject *kernel_json(PyObject *module, PyObject *hits);
PyObject *kernel_similar_pairs(PyObject *module, PyObject *arguments);

#endif
