/* Read stored documents: see storage/layout.py. */

#include "arrays.h"
#include "functions.h"

#ifndef _WIN32
#include <unistd.h>

#define MAX_DOCUMENT_FIELDS 64
#define OWN_EXTENTS 20   /* documents that are read without asking for memory */
#define OWN_BYTES 16384 /* in all */
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
    PyObject *class, *moment, *new_decompress;
    PyObject *decompress; /* which no call uses now; NULL for none, as it is not safe to share between threads */
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
    Py_DecRef(documents->new_decompress);
    Py_DecRef(documents->decompress);
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

/* open_documents(class, names, kinds, least number of fields, moment, new_decompress, places): see `layout.unpack_document`.
 * `new_decompress` returns what decompresses documents that do not begin with a p, without their first byte. A place is a file, an
 * offset in it, a size, and where each document ends. */
PyObject *kernel_open_documents(PyObject *module, PyObject *arguments) {
    PyObject *class, *names, *moment, *new_decompress, *places;
    const char *kinds;
    Py_ssize_t kind_count, least;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!O!y#nOOO!", &PyType_Type, &class, &PyTuple_Type, &names, &kinds, &kind_count, &least, &moment,
                          &new_decompress, &PyTuple_Type, &places))
        return NULL;
    if (kind_count != PyTuple_Size(names) || kind_count > MAX_DOCUMENT_FIELDS)
        return PyErr_Format(PyExc_ValueError, "each of at most %d fields needs a kind", MAX_DOCUMENT_FIELDS);
    Documents *documents = calloc(1, sizeof(Documents));
    if (!documents) return PyErr_NoMemory();
    documents->class = class;
    documents->moment = moment;
    documents->new_decompress = new_decompress;
    documents->least = least;
    Py_IncRef(class);
    Py_IncRef(moment);
    Py_IncRef(new_decompress);
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

/* Find the fields of a stored document. Return 0 if there are too many or too few. */
static int record_open(const Documents *documents, const char *start, Py_ssize_t size, Record *record) {
    const char *at = start, *end = start + size;
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

/* Decompress a document. */
static PyObject *document_decompress(Documents *documents, const char *compressed, Py_ssize_t size) {
    PyObject *decompress = documents->decompress, *plain = NULL;
    documents->decompress = NULL;
    if (!decompress && !(decompress = PyObject_CallNoArgs(documents->new_decompress))) return NULL;
    PyObject *bytes = PyBytes_FromStringAndSize(compressed, size);
    if (bytes) plain = PyObject_CallFunctionObjArgs(decompress, bytes, NULL);
    Py_DecRef(bytes);
    if (documents->decompress) Py_DecRef(decompress); /* that of another thread */
    else documents->decompress = decompress;
    return plain;
}

/* Make an object of a packed document. `decompressed` becomes what `record` refers to, if that is not `packed`. */
static PyObject *document_unpack(Documents *documents, const char *packed, Py_ssize_t size, Record *record, const Record *before,
                                 PyObject **decompressed) {
    *decompressed = NULL;
    const int has_mark = size > 0, is_plain = has_mark && *packed == 'p';
    packed += has_mark;
    size -= has_mark;
    if (!is_plain) {
        char *plain;
        *decompressed = document_decompress(documents, packed, size);
        if (!*decompressed || PyBytes_AsStringAndSize(*decompressed, &plain, &size) < 0) return NULL;
        packed = plain;
    }
    return record_open(documents, packed, size, record) ? document_of(documents, record, before) : NULL;
}

typedef struct {
    int file;
    int64_t at, size; /* in the file, in bytes */
    const char *bytes; /* that were read */
} Extent;

/* Matches to be made: of a class, with a score each and the same parts of it; borrowed. */
typedef struct {
    PyObject *class, *scores, *parts;
} Wanted;

/* Make a match of a document. Steals it; it may be NULL with an exception. */
static PyObject *match_of(const Wanted *wanted, Py_ssize_t i, PyObject *document) {
    PyObject *match = document ? PyType_GenericAlloc((PyTypeObject *)wanted->class, 3) : NULL;
    if (!match) {
        Py_DecRef(document);
        return NULL;
    }
    PyObject *score = PyList_GetItem(wanted->scores, i);
    Py_IncRef(score);
    Py_IncRef(wanted->parts);
    PyTuple_SetItem(match, 0, document); /* cannot fail: the match is new */
    PyTuple_SetItem(match, 1, score);
    PyTuple_SetItem(match, 2, wanted->parts);
    if (score) return match;
    Py_DecRef(match);
    return NULL;
}

/* Make a list of packed documents, or a tuple of matches. */
static PyObject *documents_unpack(Documents *documents, const Extent *extents, Py_ssize_t count, const Wanted *wanted) {
    Record records[2] = {{.count = 0}, {.count = 0}};
    PyObject *decompressed[2] = {NULL, NULL}, *all = wanted ? PyTuple_New(count) : PyList_New(count);
    for (Py_ssize_t i = 0; all && i < count; i++) {
        int own = i & 1;
        Py_DecRef(decompressed[own]);
        PyObject *document = document_unpack(documents, extents[i].bytes, (Py_ssize_t)extents[i].size, &records[own], &records[!own],
                                             &decompressed[own]);
        if (wanted) document = match_of(wanted, i, document);
        if (!document || (wanted ? PyTuple_SetItem(all, i, document) : PyList_SetItem(all, i, document)) < 0) {
            Py_DecRef(all);
            all = NULL;
        }
    }
    Py_DecRef(decompressed[0]);
    Py_DecRef(decompressed[1]);
    return all;
}

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
    if (start > end || place->size < 0 || end > (uint64_t)place->size || end - start > INT32_MAX) return 0;
    *extent = (Extent){place->file, place->offset + (int64_t)start, (int64_t)(end - start), NULL};
    return 1;
}

/* Find where these documents are. Return their size in bytes, -1 with an exception. */
static int64_t extents_find(const Documents *documents, PyObject *numbers, Py_ssize_t count, Extent *extents) {
    int64_t size = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        long long number = PyLong_AsLongLong(PyList_GetItem(numbers, i));
        if (number == -1 && PyErr_Occurred()) return -1;
        if (!extent_of(documents, number, &extents[i])) {
            raise_failure(DAMAGED);
            return -1;
        }
        size += extents[i].size;
    }
    return size;
}

/* Read all of them into one buffer, one after the other. Return 0 if a file is too short. */
static int extents_read(Extent *extents, Py_ssize_t count, char *buffer) {
    int is_short = 0;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < count; i++) {
        is_short |= pread(extents[i].file, buffer, (size_t)extents[i].size, (off_t)extents[i].at) != (ssize_t)extents[i].size;
        extents[i].bytes = buffer;
        buffer += extents[i].size;
    }
    Py_END_ALLOW_THREADS
    return !is_short;
}

/* Return the documents with these numbers as a list, or matches of them as a tuple. */
static PyObject *documents_read(PyObject *capsule, PyObject *numbers, const Wanted *wanted) {
    Documents *documents = PyCapsule_GetPointer(capsule, DOCUMENTS_CAPSULE);
    if (!documents) return NULL;
    const Py_ssize_t count = PyList_Size(numbers);
    Extent own_extents[OWN_EXTENTS], *extents = own_extents;
    char own_bytes[OWN_BYTES], *buffer = own_bytes;
    PyObject *all = NULL;
    if (count > OWN_EXTENTS && !(extents = malloc((size_t)count * sizeof(Extent)))) return PyErr_NoMemory();
    const int64_t size = extents_find(documents, numbers, count, extents);
    if (size > OWN_BYTES && !(buffer = malloc((size_t)size))) PyErr_NoMemory();
    else if (size >= 0 && !extents_read(extents, count, buffer)) raise_failure(DAMAGED);
    else if (size >= 0) all = documents_unpack(documents, extents, count, wanted);
    if (buffer != own_bytes) free(buffer);
    if (extents != own_extents) free(extents);
    return all;
}

/* read_documents(opened, numbers): the documents with these numbers */
PyObject *kernel_read_documents(PyObject *module, PyObject *arguments) {
    PyObject *capsule, *numbers;
    (void)module;
    return PyArg_ParseTuple(arguments, "OO!", &capsule, &PyList_Type, &numbers) ? documents_read(capsule, numbers, NULL) : NULL;
}

/* read_matches(opened, class, parts, numbers, scores): a match (document, score, parts) of each document */
PyObject *kernel_read_matches(PyObject *module, PyObject *arguments) {
    PyObject *capsule, *numbers;
    Wanted wanted;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OO!OO!O!", &capsule, &PyType_Type, &wanted.class, &wanted.parts, &PyList_Type, &numbers,
                          &PyList_Type, &wanted.scores))
        return NULL;
    if (!PyType_IsSubtype((PyTypeObject *)wanted.class, &PyTuple_Type) || PyList_Size(wanted.scores) != PyList_Size(numbers))
        return PyErr_Format(PyExc_ValueError, "matches must be tuples, and each has a score");
    return documents_read(capsule, numbers, &wanted);
}
#endif
