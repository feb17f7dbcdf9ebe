/* Borrow arrays from Python, and report damaged ones. */

#include "arrays.h"

/* Borrow an array. `widths` has a bit for each allowed number of bytes of an item. None is no array. */
int array_open(PyObject *object, Array *array, int widths) {
    if (object == Py_None) return 0;
    if (PyObject_GetBuffer(object, &array->view, PyBUF_C_CONTIGUOUS) < 0) return -1;
    array->data = array->view.buf;
    array->width = (int)array->view.itemsize;
    array->items = array->width > 0 ? array->view.len / array->width : 0;
    /* An empty `array.array` has an arbitrary address. */
    int is_misaligned = array->items && (uintptr_t)array->data % (uintptr_t)array->width;
    if (array->width <= 0 || array->width > 8 || !(widths & array->width) || is_misaligned) {
        array->width = array->width > 0 ? array->width : 1;
        PyErr_SetString(PyExc_ValueError, "an array has items of another size or is not aligned");
        return -1;
    }
    return 0;
}

void array_close(Array *array) {
    if (array->width) PyBuffer_Release(&array->view);
    array->width = 0;
}

PyObject *raise_failure(int failure) {
    if (failure == NO_MEMORY) return PyErr_NoMemory();
    PyErr_SetString(PyExc_ValueError, "an array of the index is damaged");
    return NULL;
}
