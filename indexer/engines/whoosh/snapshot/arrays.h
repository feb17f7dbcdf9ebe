/* Arrays that are borrowed from Python. */

#ifndef KERNEL_ARRAYS_H
#define KERNEL_ARRAYS_H

#include "common.h"

typedef struct {
    Py_buffer view;
    const unsigned char *data;
    int64_t items;
    int width; /* bytes of an item; 0: there is no array */
} Array;

static inline uint64_t item(const Array *array, int64_t i) {
    switch (array->width) {
    case 1: return array->data[i];
    case 2: { uint16_t value; memcpy(&value, array->data + 2 * i, 2); return value; }
    case 4: { uint32_t value; memcpy(&value, array->data + 4 * i, 4); return value; }
    default: { uint64_t value; memcpy(&value, array->data + 8 * i, 8); return value; }
    }
}

/* `array_open` has checked that arrays are aligned. */
static inline uint16_t low_bits(const Array *array, int64_t i) { return ((const uint16_t *)array->data)[i]; }

static inline float real(const Array *array, int64_t i) { return ((const float *)array->data)[i]; }

int array_open(PyObject *object, Array *array, int widths);
void array_close(Array *array);

#endif
