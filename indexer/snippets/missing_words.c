/* Say which words documents lack: see search/matching.py. */

#include "functions.h"

#define MAX_WORDS 64
#define MAX_KNOWN 16 /* sets of numbers that are remembered */

/* The words with some numbers, of which each is a bit. */
typedef struct {
    uint64_t numbers;
    PyObject *words; /* borrowed */
} Known;

/* Set the bits of the numbers. Return 0, or -1 with an exception. */
static int bits_of(PyObject *numbers, Py_ssize_t words, uint64_t *bits) {
    *bits = 0;
    if (!PyTuple_Check(numbers)) {
        PyErr_SetString(PyExc_TypeError, "the numbers must be a tuple");
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyTuple_Size(numbers); i++) {
        Py_ssize_t number = PyLong_AsSsize_t(PyTuple_GetItem(numbers, i));
        if (number == -1 && PyErr_Occurred()) return -1;
        if (number < 0 || number >= words) {
            PyErr_SetString(PyExc_ValueError, "there is no word with this number");
            return -1;
        }
        *bits |= (uint64_t)1 << number;
    }
    return 0;
}

/* Return the words of these bits in their order as a new tuple. */
static PyObject *words_of(uint64_t bits, PyObject *words) {
    Py_ssize_t count = 0;
    for (uint64_t rest = bits; rest; rest &= rest - 1) count++;
    PyObject *tuple = PyTuple_New(count);
    for (Py_ssize_t number = 0, at = 0; tuple && at < count; number++) {
        if (!(bits >> number & 1)) continue;
        PyObject *word = PyTuple_GetItem(words, number);
        Py_IncRef(word);
        PyTuple_SetItem(tuple, at++, word); /* cannot fail: the tuple is new */
    }
    return tuple;
}

/* missing_words(words, lacks): the words that documents lack by their numbers, which ascend. Equal tuples are the same. */
PyObject *kernel_missing_words(PyObject *module, PyObject *arguments) {
    PyObject *words, *lacks;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!O!", &PyTuple_Type, &words, &PyTuple_Type, &lacks)) return NULL;
    if (PyTuple_Size(words) > MAX_WORDS) return PyErr_Format(PyExc_ValueError, "there are too many words");
    Py_ssize_t count = PyTuple_Size(lacks);
    Known known[MAX_KNOWN];
    int known_count = 0;
    PyObject *result = PyTuple_New(count);
    for (Py_ssize_t i = 0; result && i < count; i++) {
        uint64_t bits;
        PyObject *missing = NULL;
        if (bits_of(PyTuple_GetItem(lacks, i), PyTuple_Size(words), &bits) < 0) {
            Py_DecRef(result);
            return NULL;
        }
        for (int j = 0; j < known_count && !missing; j++)
            if (known[j].numbers == bits) missing = known[j].words;
        if (missing) Py_IncRef(missing);
        else if ((missing = words_of(bits, words)) && known_count < MAX_KNOWN) known[known_count++] = (Known){bits, missing};
        if (!missing || PyTuple_SetItem(result, i, missing) < 0) {
            Py_DecRef(result);
            return NULL;
        }
    }
    return result;
}
