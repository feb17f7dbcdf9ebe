/* Examine the written forms of a term: see `TermFinder`. */

#include "functions.h"
#include "query.h"
#include "text.h"

#define MIN_SHARED_LETTERS 4 /* as in term_finder.py */

/* Whether a form consists of letters in lower case and digits in ASCII, without two vowels that may stand for an umlaut. */
static int is_exact(const unsigned char *letters, Py_ssize_t length) {
    for (Py_ssize_t i = 0; i < length; i++) {
        unsigned char c = letters[i], before = i ? letters[i - 1] : 0;
        if (c > 127 || ascii_classes[c] != LETTER || ascii_low(c) != c) return 0;
        if ((c == 'e' && (before == 'a' || before == 'o' || before == 'u')) || (c == 'a' && before == 'a')) return 0;
    }
    return length > 0;
}

/* exact_needle(forms, stop_words): the beginning that all these forms share, if each of them stands for its term however it is
 * capitalised. None: Python has to examine them. */
PyObject *kernel_exact_needle(PyObject *module, PyObject *arguments) {
    PyObject *forms, *stop_words;
    const unsigned char *first = NULL;
    Py_ssize_t shared = 0;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!O!", &PyTuple_Type, &forms, &PyFrozenSet_Type, &stop_words)) return NULL;
    Py_ssize_t count = PyTuple_Size(forms);
    int is_plain = count > 0 && count <= MAX_FORMS;
    for (Py_ssize_t i = 0; is_plain && i < count; i++) {
        PyObject *form = PyTuple_GetItem(forms, i);
        Py_ssize_t length, same = 0;
        const unsigned char *letters = (const unsigned char *)PyUnicode_AsUTF8AndSize(form, &length);
        if (!letters) PyErr_Clear(); /* lone surrogates */
        is_plain = letters && is_exact(letters, length);
        if (!is_plain) break;
        int is_stop_word = PySet_Contains(stop_words, form);
        if (is_stop_word < 0) return NULL;
        is_plain = !is_stop_word;
        if (!i) {
            first = letters;
            shared = length;
        }
        while (same < shared && same < length && letters[same] == first[same]) same++;
        shared = same;
    }
    if (is_plain && (count == 1 || shared >= MIN_SHARED_LETTERS)) return PyUnicode_Substring(PyTuple_GetItem(forms, 0), 0, shared);
    Py_IncRef(Py_None);
    return Py_None;
}
