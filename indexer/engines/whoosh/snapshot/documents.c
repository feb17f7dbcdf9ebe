/* Read stored documents: see storage/layout.py. */

#include "arrays.h"
#include "functions.h"

#ifndef _WIN32
#include <unistd.h>

#define MAX_DOCUMENT_FIELDS 64
#define DOCUMENTS_CAPSULE "indexer.engines.whoosh.snapshot._kernel.documents"

#define SEPARATOR 0x1f
#define ITEM_SEPARATOR 0x1e

enum { TEXT = 0, OPTIONAL_TEXT = 1, TEXTS = 2, MOMENT = 3 };

static PyObject *new_none(void) {
    Py_IncRef(Py_None);
    return Py_None;
}

/* The texts between separators as a tuple; none for an empty text. */
static PyObject *texts_of(const char *start, const char *end) {
    Py_ssize_t count = start < end;
    for (const char *at = start; at < end; at++) count += *at == ITEM_SEPARATOR;
    PyObject *texts = PyTuple_New(count);
    for (Py_ssize_t i = 0; texts && i < count; i++) {
        const char *stop = memchr(start, ITEM_SEPARATOR, (size_t)(end - start));
        PyObject *text = PyUnicode_DecodeUTF8(start, (stop ? stop : end) - start, NULL);
        if (!text || PyTuple_SetItem(texts, i, text) < 0) {
            Py_DecRef(texts);
            return NULL;
        }
        start = stop ? stop + 1 : end;
    }
    return texts;
}

static PyObject *value_of(const char *start, const char *end, int kind, PyObject *moment) {
    if (kind == TEXTS) return texts_of(start, end);
    if (kind != TEXT && start == end) return new_none();
    PyObject *text = PyUnicode_DecodeUTF8(start, end - start, NULL);
    if (!text || kind != MOMENT) return text;
    PyObject *value = PyObject_CallFunctionObjArgs(moment, text, NULL);
    Py_DecRef(text);
    return value;
}

typedef struct {
    int64_t first; /* the number of its first document among those of all segments */
    int file;
    int64_t offset, size; /* of its documents in the file */
    Array ends;           /* of each document */
} Storage;

typedef struct {
    PyObject *class, *moment, *plain;
    Py_ssize_t least, count; /* of the fields of a document */
    PyObject *names[MAX_DOCUMENT_FIELDS], *slots[MAX_DOCUMENT_FIELDS];
    descrsetfunc setters[MAX_DOCUMENT_FIELDS];
    char kinds[MAX_DOCUMENT_FIELDS];
    Py_ssize_t place_count;
    Storage *places;
} Documents;

/* The fields of a document, and what they were made into. */
typedef struct {
    const char *starts[MAX_DOCUMENT_FIELDS], *ends[MAX_DOCUMENT_FIELDS];
    PyObject *values[MAX_DOCUMENT_FIELDS]; /* borrowed */
    Py_ssize_t count; /* 0: there is no document */
} Record;

static void documents_free(Documents *documents) {
    if (!documents) return;
    for (Py_ssize_t i = 0; documents->places && i < documents->place_count; i++) array_close(&documents->places[i].ends);
    for (Py_ssize_t i = 0; i < documents->count; i++) {
        Py_DecRef(documents->names[i]);
        Py_DecRef(documents->slots[i]);
    }
    Py_DecRef(documents->class);
    Py_DecRef(documents->moment);
    Py_DecRef(documents->plain);
    free(documents->places);
    free(documents);
}

static void documents_capsule_free(PyObject *capsule) { documents_free(PyCapsule_GetPointer(capsule, DOCUMENTS_CAPSULE)); }

/* Look up once where the class keeps each field. */
static int fields_open(Documents *documents, PyObject *names, const char *kinds) {
    for (Py_ssize_t i = 0; i < PyTuple_Size(names); i++) {
        PyObject *name = PyTuple_GetItem(names, i), *slot = PyObject_GetAttr(documents->class, name);
        if (!slot) return -1;
        Py_IncRef(name);
        documents->names[i] = name;
        documents->slots[i] = slot;
        documents->setters[i] = (descrsetfunc)PyType_GetSlot(Py_TYPE(slot), Py_tp_descr_set);
        documents->kinds[i] = kinds[i];
        documents->count = i + 1;
    }
    return 0;
}

static int storage_open(PyObject *values, Storage *place, int64_t first) {
    long long file, offset, size;
    PyObject *ends;
    if (!PyArg_ParseTuple(values, "LLLO", &file, &offset, &size, &ends)) return -1;
    *place = (Storage){.first = first, .file = (int)file, .offset = offset, .size = size};
    return array_open(ends, &place->ends, 1 | 2 | 4 | 8);
}

/* open_documents(class, names, kinds, least number of fields, moment, plain, places): see `layout.unpack_document`. `plain`
 * decompresses a document that does not begin with a p. A place is a file, an offset in it, a size, and where each document ends. */
PyObject *kernel_open_documents(PyObject *module, PyObject *arguments) {
    PyObject *class, *names, *moment, *plain, *places;
    const char *kinds;
    Py_ssize_t kind_count, least;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!O!y#nOOO!", &PyType_Type, &class, &PyTuple_Type, &names, &kinds, &kind_count, &least, &moment,
                          &plain, &PyTuple_Type, &places))
        return NULL;
    if (kind_count != PyTuple_Size(names) || kind_count > MAX_DOCUMENT_FIELDS)
        return PyErr_Format(PyExc_ValueError, "each of at most %d fields needs a kind", MAX_DOCUMENT_FIELDS);
    Documents *documents = calloc(1, sizeof(Documents));
    if (!documents) return PyErr_NoMemory();
    documents->class = class;
    documents->moment = moment;
    documents->plain = plain;
    documents->least = least;
    Py_IncRef(class);
    Py_IncRef(moment);
    Py_IncRef(plain);
    int64_t first = 0;
    Py_ssize_t place_count = PyTuple_Size(places);
    if (fields_open(documents, names, kinds) < 0) goto failed;
    if (!(documents->places = calloc((size_t)place_count + 1, sizeof(Storage)))) {
        PyErr_NoMemory();
        goto failed;
    }
    for (; documents->place_count < place_count; documents->place_count++) {
        Storage *place = &documents->places[documents->place_count];
        if (storage_open(PyTuple_GetItem(places, documents->place_count), place, first) < 0) {
            array_close(&place->ends);
            goto failed;
        }
        first += place->ends.items;
    }
    PyObject *capsule = PyCapsule_New(documents, DOCUMENTS_CAPSULE, documents_capsule_free);
    if (capsule) return capsule;
failed:
    documents_free(documents);
    return NULL;
}

/* Find the fields of a stored document, which begins after one byte. Return 0 if there are too many or too few. */
static int record_open(const Documents *documents, const char *start, Py_ssize_t size, Record *record) {
    const char *at = start + (size > 0), *end = start + size;
    Py_ssize_t fields = 0;
    for (;; fields++) {
        const char *stop = memchr(at, SEPARATOR, (size_t)(end - at));
        if (fields < documents->count) {
            record->starts[fields] = at;
            record->ends[fields] = stop ? stop : end;
        }
        if (!stop) break;
        at = stop + 1;
    }
    if (++fields < documents->least || fields > documents->count) {
        PyErr_Format(PyExc_ValueError, "a stored document has %zd fields", fields);
        return 0;
    }
    for (; fields < documents->count; fields++) record->starts[fields] = record->ends[fields] = end;
    return 1;
}

/* Make an object of a record. A value that is that of the record before it is shared, as many documents have the same source. */
static PyObject *document_of(const Documents *documents, Record *record, const Record *before) {
    PyObject *document = PyType_GenericAlloc((PyTypeObject *)documents->class, 0);
    for (Py_ssize_t i = 0; document && i < documents->count; i++) {
        const char *start = record->starts[i];
        Py_ssize_t size = record->ends[i] - start;
        PyObject *value = NULL;
        if (before->count && before->ends[i] - before->starts[i] == size && memcmp(start, before->starts[i], (size_t)size) == 0) {
            value = before->values[i];
            Py_IncRef(value);
        } else value = value_of(start, start + size, documents->kinds[i], documents->moment);
        int failed = !value || (documents->setters[i] ? documents->setters[i](documents->slots[i], document, value)
                                                      : PyObject_GenericSetAttr(document, documents->names[i], value)) < 0;
        record->values[i] = value;
        Py_DecRef(value);
        if (failed) {
            Py_DecRef(document);
            return NULL;
        }
    }
    record->count = document ? documents->count : 0;
    return document;
}

/* Make an object of a packed document. `compressed` becomes what `record` refers to, if that is not `packed`. */
static PyObject *document_unpack(const Documents *documents, const char *packed, Py_ssize_t size, Record *record, const Record *before,
                                 PyObject **decompressed) {
    *decompressed = NULL;
    if (!size || *packed != 'p') {
        PyObject *bytes = PyBytes_FromStringAndSize(packed, size);
        *decompressed = bytes ? PyObject_CallFunctionObjArgs(documents->plain, bytes, NULL) : NULL;
        Py_DecRef(bytes);
        char *plain;
        if (!*decompressed || PyBytes_AsStringAndSize(*decompressed, &plain, &size) < 0) return NULL;
        packed = plain;
    }
    return record_open(documents, packed, size, record) ? document_of(documents, record, before) : NULL;
}

/* Make objects of `count` packed documents. */
static PyObject *documents_unpack(const Documents *documents, const char **packed, const int64_t *sizes, Py_ssize_t count) {
    Record records[2] = {{.count = 0}, {.count = 0}};
    PyObject *decompressed[2] = {NULL, NULL}, *list = PyList_New(count);
    for (Py_ssize_t i = 0; list && i < count; i++) {
        int own = i & 1;
        Py_DecRef(decompressed[own]);
        PyObject *document = document_unpack(documents, packed[i], (Py_ssize_t)sizes[i], &records[own], &records[!own], &decompressed[own]);
        if (!document || PyList_SetItem(list, i, document) < 0) {
            Py_DecRef(list);
            list = NULL;
        }
    }
    Py_DecRef(decompressed[0]);
    Py_DecRef(decompressed[1]);
    return list;
}

typedef struct {
    int file;
    int64_t at, size; /* in the file, in bytes */
} Extent;

/* Find where a document is. Return 0 if it is nowhere. */
static int extent_of(const Documents *documents, long long number, Extent *extent) {
    Py_ssize_t i = documents->place_count;
    if (number < 0) return 0;
    while (i > 0 && documents->places[i - 1].first > number) i--;
    if (!i) return 0;
    const Storage *place = &documents->places[i - 1];
    int64_t local = number - place->first;
    if (local >= place->ends.items) return 0;
    uint64_t start = local ? item(&place->ends, local - 1) : 0, end = item(&place->ends, local);
    if (start > end || place->size < 0 || end > (uint64_t)place->size) return 0;
    *extent = (Extent){place->file, place->offset + (int64_t)start, (int64_t)(end - start)};
    return 1;
}

/* Read all of them into one buffer, one after the other. Return 0 if a file is too short. */
static int extents_read(const Extent *extents, Py_ssize_t count, char *buffer, const char **starts, int64_t *sizes) {
    int is_short = 0;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < count; i++) {
        is_short |= pread(extents[i].file, buffer, (size_t)extents[i].size, (off_t)extents[i].at) != (ssize_t)extents[i].size;
        starts[i] = buffer;
        sizes[i] = extents[i].size;
        buffer += extents[i].size;
    }
    Py_END_ALLOW_THREADS
    return !is_short;
}

/* Return the documents with these numbers as a list. */
static PyObject *documents_read(PyObject *capsule, PyObject *numbers) {
    PyObject *list = NULL;
    const Documents *documents = PyCapsule_GetPointer(capsule, DOCUMENTS_CAPSULE);
    if (!documents) return NULL;
    Py_ssize_t count = PyList_Size(numbers), i = 0;
    char *buffer = NULL;
    const char **starts = calloc((size_t)count + 1, sizeof(char *) + sizeof(int64_t) + sizeof(Extent));
    if (!starts) return PyErr_NoMemory();
    int64_t *sizes = (int64_t *)(starts + count + 1), all = 0;
    Extent *extents = (Extent *)(sizes + count + 1);
    for (; i < count; i++) {
        long long number = PyLong_AsLongLong(PyList_GetItem(numbers, i));
        if (number == -1 && PyErr_Occurred()) break;
        if (!extent_of(documents, number, &extents[i]) || extents[i].size > INT32_MAX) {
            raise_failure(DAMAGED);
            break;
        }
        all += extents[i].size;
    }
    if (i == count) {
        buffer = malloc((size_t)all + 1);
        if (!buffer) PyErr_NoMemory();
        else if (!extents_read(extents, count, buffer, starts, sizes)) raise_failure(DAMAGED);
        else list = documents_unpack(documents, starts, sizes, count);
    }
    free(buffer);
    free(starts);
    return list;
}

/* read_documents(opened, numbers): the documents with these numbers */
PyObject *kernel_read_documents(PyObject *module, PyObject *arguments) {
    PyObject *capsule, *numbers;
    (void)module;
    return PyArg_ParseTuple(arguments, "OO!", &capsule, &PyList_Type, &numbers) ? documents_read(capsule, numbers) : NULL;
}

/* read_matches(opened, numbers, scores, class, parts): a match (document, score, parts) of each document */
PyObject *kernel_read_matches(PyObject *module, PyObject *arguments) {
    PyObject *capsule, *numbers, *scores, *class, *parts;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OO!O!O!O", &capsule, &PyList_Type, &numbers, &PyList_Type, &scores, &PyType_Type, &class, &parts))
        return NULL;
    if (!PyType_IsSubtype((PyTypeObject *)class, &PyTuple_Type) || PyList_Size(scores) != PyList_Size(numbers))
        return PyErr_Format(PyExc_ValueError, "matches must be tuples, and each has a score");
    PyObject *documents = documents_read(capsule, numbers), *matches = documents ? PyTuple_New(PyList_Size(numbers)) : NULL;
    for (Py_ssize_t i = 0; matches && i < PyList_Size(numbers); i++) {
        PyObject *values[] = {PyList_GetItem(documents, i), PyList_GetItem(scores, i), parts};
        PyObject *match = PyType_GenericAlloc((PyTypeObject *)class, 3);
        for (int j = 0; match && j < 3; j++) {
            Py_IncRef(values[j]);
            PyTuple_SetItem(match, j, values[j]); /* cannot fail: the match is new */
        }
        if (!match || PyTuple_SetItem(matches, i, match) < 0) {
            Py_DecRef(matches);
            matches = NULL;
        }
    }
    Py_DecRef(documents);
    return matches;
}
#endif
