/* Read the words of a query. */

#include "words.h"

int read_rows(PyObject *values, int64_t *rows, int64_t count) {
    if (!PyTuple_Check(values) || PyTuple_Size(values) != count) {
        PyErr_SetString(PyExc_ValueError, "a word needs a row for each segment");
        return -1;
    }
    for (int64_t s = 0; s < count; s++) {
        rows[s] = PyLong_AsLongLong(PyTuple_GetItem(values, s));
        if (rows[s] == -1 && PyErr_Occurred()) return -1;
    }
    return 0;
}

/* Do the same into an array that the caller frees. */
int64_t *new_rows(PyObject *values, int64_t count) {
    int64_t *rows = malloc((size_t)(count + 1) * sizeof(int64_t));
    if (!rows) PyErr_NoMemory();
    else if (read_rows(values, rows, count) < 0) {
        free(rows);
        return NULL;
    }
    return rows;
}

static int read_merged(PyObject *values, Word *word) {
    PyObject *starts, *documents, *saturations;
    if (!PyArg_ParseTuple(values, "OOO", &starts, &documents, &saturations) || array_open(starts, &word->starts, 8) < 0 ||
        array_open(documents, &word->documents, 2) < 0 || array_open(saturations, &word->merged_saturations, 4) < 0)
        return -1;
    if (!word->starts.width || !word->documents.width || word->merged_saturations.items != word->documents.items) {
        PyErr_SetString(PyExc_ValueError, "a merged list needs a saturation for each document");
        return -1;
    }
    word->is_merged = 1;
    return 0;
}

void words_free(Word *words, int64_t count) {
    for (int64_t i = 0; words && i < count; i++) {
        array_close(&words[i].starts);
        array_close(&words[i].documents);
        array_close(&words[i].merged_saturations);
        free(words[i].rows);
        free(words[i].saturations);
        for (int form = 0; form < MAX_FORMS; form++) free(words[i].forms[form].rows);
    }
    free(words);
}

static int read_word(PyObject *values, Word *word, int64_t segment_count) {
    PyObject *rows, *saturations, *forms, *merged;
    if (!PyArg_ParseTuple(values, "fOOO!O", &word->unit, &rows, &saturations, &PyTuple_Type, &forms, &merged)) return -1;
    if (merged != Py_None && read_merged(merged, word) < 0) return -1;
    if (!(word->rows = new_rows(rows, segment_count)) || !(word->saturations = new_rows(saturations, segment_count))) return -1;
    word->form_count = (int)PyTuple_Size(forms);
    if (word->form_count > MAX_FORMS) {
        PyErr_SetString(PyExc_ValueError, "a word has too many exact forms");
        return -1;
    }
    for (int form = 0; form < word->form_count; form++) {
        PyObject *form_rows;
        if (!PyArg_ParseTuple(PyTuple_GetItem(forms, form), "fO", &word->forms[form].value, &form_rows) ||
            !(word->forms[form].rows = new_rows(form_rows, segment_count)))
            return -1;
    }
    return 0;
}

Word *read_words(PyObject *values, int64_t segment_count, int64_t *count) {
    *count = PyTuple_Size(values);
    if (*count < 1 || *count > MAX_WORDS) {
        PyErr_SetString(PyExc_ValueError, "there are too many words");
        return NULL;
    }
    Word *words = calloc((size_t)*count, sizeof(Word));
    if (!words) {
        PyErr_NoMemory();
        return NULL;
    }
    for (int64_t i = 0; i < *count; i++)
        if (read_word(PyTuple_GetItem(values, i), &words[i], segment_count) < 0) {
            words_free(words, *count);
            return NULL;
        }
    return words;
}

int form_ranges(const Segment *segment, int64_t s, const Word *word, int64_t block, Range *ranges) {
    for (int form = 0; form < word->form_count; form++) {
        ranges[form].at = ranges[form].end = 0;
        int64_t row = word->forms[form].rows[s];
        if (row >= 0 && !block_range(&segment->surface_starts, segment->surface_documents.items, segment->blocks, row, block,
                                     &ranges[form]))
            return 0;
    }
    return 1;
}
