/* Look words up in the dictionaries of segments: see `Dictionary` in storage/segment.py. */

#include <math.h>
#include "postings.h"
#include "functions.h"

#define STRIDE 64 /* lines of a dictionary between two entries of its index */
#define CACHE_LINE 64 /* bytes */
#define PREFETCHED 512 /* bytes of a dictionary that are read soon */

static int frequency_in_segment(const Snapshot *snapshot, int64_t s, int64_t row, int is_surface, int64_t *total) {
    const Segment *segment = &snapshot->segments[s];
    const Array *starts = is_surface ? &segment->surface_starts : &segment->starts;
    const Array *documents = is_surface ? &segment->surface_documents : &segment->documents;
    for (int64_t block = 0; row >= 0 && block < segment->blocks; block++) {
        Range range;
        if (!block_range(starts, documents->items, segment->blocks, row, block, &range)) return DAMAGED;
        if (!snapshot->living.width) {
            *total += range.end - range.at;
            continue;
        }
        for (int64_t at = range.at; at < range.end; at++) {
            int64_t document = (block << snapshot->block_bits) + low_bits(documents, at);
            if (document >= segment->size) return DAMAGED;
            *total += snapshot->living.data[segment->offset + document] != 0;
        }
    }
    return SOUND;
}

/* Compare a word with the line that begins at `at`. The end of the line or of the text comes before all letters. */
static int compare_line(const Array *text, uint64_t at, const char *word, size_t size) {
    const unsigned char *line = text->data + at, *letters = (const unsigned char *)word;
    size_t room = at < (uint64_t)text->items ? (size_t)((uint64_t)text->items - at) : 0;
    for (size_t i = 0; i < size; i++) { /* most words differ in one of the first letters */
        if (i >= room || line[i] == '\n') return 1;
        if (letters[i] != line[i]) return letters[i] < line[i] ? -1 : 1;
    }
    return size < room && line[size] != '\n' ? -1 : 0;
}

/* The row of a word among the lines of a text, -1 if it is not there. `every`: where the line end before each STRIDE-th line is. `heads`:
 * the first letters of these lines. */
static int64_t dictionary_find(const Array *text, const Array *every, const uint64_t *heads, const char *word, size_t size) {
    const uint64_t head = head_of((const unsigned char *)word, size);
    int64_t low = 0, high = every->items;
    while (low < high) { /* the first of those that begin after the word */
        int64_t middle = low + ((high - low) >> 1);
        int is_after = heads[middle] == head ? compare_line(text, item(every, middle) + 1, word, size) < 0 : heads[middle] > head;
        if (is_after) high = middle;
        else low = middle + 1;
    }
    if (!low) return -1;
    uint64_t at = item(every, low - 1) + 1;
    for (uint64_t ahead = at; ahead < at + PREFETCHED && ahead < (uint64_t)text->items; ahead += CACHE_LINE) PREFETCH(text->data + ahead);
    for (int64_t i = 0; i < STRIDE && at < (uint64_t)text->items; i++) {
        const unsigned char *end = memchr(text->data + at, '\n', (size_t)((uint64_t)text->items - at));
        size_t length = end ? (size_t)(end - text->data) - at : 0;
        if (!end) return -1;
        if (length == size && memcmp(text->data + at, word, size) == 0) return (low - 1) * STRIDE + i;
        at += length + 1;
    }
    return -1;
}

/* Append the spellings of a term in a segment to `forms`, a text with a spelling on each line; NULL: there are none yet. */
static int append_forms(PyObject **forms, const Segment *segment, int64_t row) {
    int is_there = row < segment->form_starts.items - 1;
    uint64_t start = is_there ? item(&segment->form_starts, row) : 1, end = is_there ? item(&segment->form_starts, row + 1) : 0;
    if (start >= end || end > (uint64_t)segment->form_text.items) {
        raise_failure(DAMAGED);
        return -1;
    }
    PyObject *text = PyUnicode_DecodeUTF8((const char *)segment->form_text.data + start, (Py_ssize_t)(end - 1 - start), "replace");
    PyObject *joined = text && *forms ? PyUnicode_FromFormat("%U\n%U", *forms, text) : NULL;
    if (*forms) {
        Py_DecRef(*forms);
        Py_DecRef(text);
        text = joined;
    }
    *forms = text;
    return text ? 0 : -1;
}

/* Find a word in the dictionary of each segment: its rows, and of a term where the saturations of each row begin (-1: nowhere). Collect
 * the spellings of a term; `forms` is NULL for a word form. */
static int find_in_segments(const Snapshot *snapshot, const char *word, size_t size, int64_t *rows, int64_t *starts, PyObject **forms,
                            int64_t *total) {
    for (int64_t s = 0; s < snapshot->segment_count; s++) {
        const Segment *segment = &snapshot->segments[s];
        starts[s] = -1;
        rows[s] = forms ? dictionary_find(&segment->term_text, &segment->term_every, segment->term_heads, word, size)
                        : dictionary_find(&segment->surface_text, &segment->surface_every, segment->surface_heads, word, size);
        if (rows[s] < 0) continue;
        int failure = frequency_in_segment(snapshot, s, rows[s], !forms, total);
        if (failure) {
            raise_failure(failure);
            return -1;
        }
        if (!forms) continue;
        if (append_forms(forms, segment, rows[s]) < 0) return -1;
        if (!segment->first_saturations) continue;
        PyObject *number = PyLong_FromLongLong(rows[s]);
        PyObject *start = number ? PyDict_GetItemWithError(segment->first_saturations, number) : NULL;
        Py_DecRef(number);
        if (start) starts[s] = PyLong_AsLongLong(start);
        if (PyErr_Occurred()) return -1;
    }
    return 0;
}

/* A tuple of a number for each segment. Where all are -1, it is always the same one: many objects cost the garbage collector time. */
static PyObject *tuple_of(const Snapshot *snapshot, const int64_t *numbers) {
    int64_t s = 0, count = snapshot->segment_count;
    while (s < count && numbers[s] == -1) s++;
    if (s == count) {
        Py_IncRef(snapshot->nowhere);
        return snapshot->nowhere;
    }
    PyObject *tuple = PyTuple_New(count);
    for (s = 0; tuple && s < count; s++) {
        PyObject *number = PyLong_FromLongLong(numbers[s]);
        if (!number || PyTuple_SetItem(tuple, s, number) < 0) {
            Py_DecRef(tuple);
            return NULL;
        }
    }
    return tuple;
}

/* The inverse document frequency of a word, as `idf` in scoring.py computes it. */
static double rarity_of(const Snapshot *snapshot, int64_t frequency) {
    return snapshot->living_count ? log(1 + ((double)(snapshot->living_count - frequency) + 0.5) / ((double)frequency + 0.5)) : 0;
}

/* The place of a word: its rows, how many living documents contain it, its rarity, where the saturations of each row begin, and the
 * spellings of a term as lines. */
static PyObject *place_of(const Snapshot *snapshot, const char *word, Py_ssize_t size, int is_surface) {
    int64_t rows[MAX_SEGMENTS], starts[MAX_SEGMENTS], total = 0;
    PyObject *forms = NULL, *rows_tuple = NULL, *starts_tuple = NULL, *place = NULL;
    if (find_in_segments(snapshot, word, (size_t)size, rows, starts, is_surface ? NULL : &forms, &total) == 0 &&
        (rows_tuple = tuple_of(snapshot, rows)) && (starts_tuple = tuple_of(snapshot, starts)))
        place = Py_BuildValue("OLdOO", rows_tuple, (long long)total, rarity_of(snapshot, total), starts_tuple, forms ? forms : Py_None);
    Py_DecRef(rows_tuple);
    Py_DecRef(starts_tuple);
    Py_DecRef(forms);
    return place;
}

/* find(snapshot, word, is_surface): the place of a term or a word form */
PyObject *kernel_find(PyObject *module, PyObject *arguments) {
    PyObject *capsule;
    const char *word;
    Py_ssize_t size;
    int is_surface;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "Os#p", &capsule, &word, &size, &is_surface)) return NULL;
    const Snapshot *snapshot = PyCapsule_GetPointer(capsule, CAPSULE);
    return snapshot ? place_of(snapshot, word, size, is_surface) : NULL;
}

/* Whether the spellings of a place are in ASCII and include a word form. True if there are none. -1 is an error. */
static int is_plain(PyObject *place, const char *form, Py_ssize_t size) {
    PyObject *forms = PyTuple_GetItem(place, 4);
    Py_ssize_t length, start = 0;
    if (forms == Py_None) return 1;
    const char *lines = PyUnicode_AsUTF8AndSize(forms, &length);
    if (!lines) return -1;
    int has_form = 0;
    for (Py_ssize_t at = 0; at <= length; at++) {
        if (at < length && (unsigned char)lines[at] > 0x7f) return 0;
        if (at < length && lines[at] != '\n') continue;
        has_form |= at - start == size && memcmp(lines + start, form, (size_t)size) == 0;
        start = at + 1;
    }
    return has_form;
}

/* look_up(snapshot, terms, form): the places of the terms, that of a word form, and whether the terms are plain */
PyObject *kernel_look_up(PyObject *module, PyObject *arguments) {
    PyObject *capsule, *terms, *result = NULL;
    const char *form;
    Py_ssize_t form_size, term_size;
    int are_plain = 1;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OO!s#", &capsule, &PyTuple_Type, &terms, &form, &form_size)) return NULL;
    const Snapshot *snapshot = PyCapsule_GetPointer(capsule, CAPSULE);
    PyObject *places = snapshot ? PyTuple_New(PyTuple_Size(terms)) : NULL;
    PyObject *place_of_form = places ? place_of(snapshot, form, form_size, 1) : NULL;
    for (Py_ssize_t i = 0; place_of_form && i < PyTuple_Size(terms); i++) {
        const char *term = PyUnicode_AsUTF8AndSize(PyTuple_GetItem(terms, i), &term_size);
        PyObject *place = term ? place_of(snapshot, term, term_size, 0) : NULL;
        int plain = place ? is_plain(place, form, form_size) : -1;
        if (!place || PyTuple_SetItem(places, i, place) < 0 || plain < 0) goto done;
        are_plain &= plain;
    }
    if (place_of_form) result = Py_BuildValue("OOO", places, place_of_form, are_plain ? Py_True : Py_False);
done:
    Py_DecRef(places);
    Py_DecRef(place_of_form);
    return result;
}

/* has_any(snapshot, word forms): whether living documents contain any of them */
PyObject *kernel_has_any(PyObject *module, PyObject *arguments) {
    PyObject *capsule, *forms;
    int64_t total = 0;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OO!", &capsule, &PyList_Type, &forms)) return NULL;
    const Snapshot *snapshot = PyCapsule_GetPointer(capsule, CAPSULE);
    for (Py_ssize_t i = 0; snapshot && !total && i < PyList_Size(forms); i++) {
        Py_ssize_t size;
        const char *form = PyUnicode_AsUTF8AndSize(PyList_GetItem(forms, i), &size);
        if (!form) return NULL;
        for (int64_t s = 0; s < snapshot->segment_count; s++) {
            const Segment *segment = &snapshot->segments[s];
            int64_t row = dictionary_find(&segment->surface_text, &segment->surface_every, segment->surface_heads, form, (size_t)size);
            if (frequency_in_segment(snapshot, s, row, 1, &total)) return raise_failure(DAMAGED);
        }
    }
    return snapshot ? PyBool_FromLong(total > 0) : NULL;
}
