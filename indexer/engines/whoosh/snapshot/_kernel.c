/* An optional kernel for the searches that occur most: all of some words, or any of them.
 *
 * It computes the same documents, order and bits of scores as the numpy code in this package, which specifies it and replaces
 * it where it is not built. `search/kernel_queries.py` decides which queries it can answer.
 *
 *     open(arrays…)                 -> a snapshot: borrowed views of the arrays of its segments
 *     conjunction(snapshot, words…) -> all documents with all words, and their scores
 *     best(snapshot, words, …)      -> the number of documents with all or any of the words, and the best of each segment, under
 *                                      conditions (filters) and with a phrase that is required or preferred
 *     first_page(snapshot, words, …) -> the best documents with all of the words, then with some, and what those lack
 *     phrase(snapshot, places…)     -> the weighted frequency of a phrase in each of some documents
 *     skips(snapshot, rows)         -> where positions begin in a posting list, which makes `phrase` faster
 *     contains(snapshot, rows…, documents) -> which of some documents are in each of some posting lists
 *     most_frequent(ordinals, …)    -> the most frequent values of some documents
 *     open_documents(class, …, places) -> where the documents of a snapshot are stored, and what objects are made of them
 *     read_documents(opened, numbers)  -> these documents as objects
 *     read_matches(opened, numbers, scores, …) -> matches of these documents
 *     near(text, …, form, distance) -> which word forms are nearly the same
 *     find(snapshot, word, …)       -> the place of a term or a word form: its rows, the number of its living documents and more
 *     look_up(snapshot, terms, form) -> the places of some terms and of a word form at once
 *     has_any(snapshot, forms)      -> whether living documents contain any of some word forms
 *
 * A damaged file must never cause a read outside of an array. So each index that comes from an array is compared with the length
 * of the array that it addresses, and a wrong one raises ValueError. There is no global state, and the interpreter lock is released
 * during each search.
 */

#define PY_SSIZE_T_CLEAN
#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030b0000
#endif
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifndef _WIN32
#include <unistd.h>
#endif

#define FIELDS 5
#define BODY 2
#define MAX_CODE_FIELDS 3 /* that are weighed without a loop; hardly any code has more */
#define WINDOW 4096
#define LOOKUP_COST 8
#define AHEAD 32 /* documents whose positions are fetched together */
#define MIN_RANKED 256 /* documents that are worth counting bits for */
#define MIN_DENSE 64 /* postings of a list that is marked as a whole */
#define MAX_DENSE_RATIO 16 /* postings of a list that are marked, for each document that is looked up in it */
#define STRIDE 64 /* lines of a dictionary between two entries of its index */
#define SKIP 32 /* postings */
#define CACHE_LINE 64 /* bytes */
#define PREFETCHED 512 /* bytes of a dictionary that are read soon */
#define LANES 4 /* positions that are compared together */
#define MIN_SKIPPED 1024 /* postings of a list */
#define MAX_SPARSE 256 /* postings of a window that are visited one by one */
#define MAX_COUNTED_GROUPS 8 /* of a list in a window, before it is searched for the end of the window */
#define MAX_CLEARED 64 /* documents whose flags are cleared one by one */
#define GROUP 32 /* postings that are compared together */
#define MAX_NEAR 64 /* postings that a search skips before it makes a guess */
#define MAX_INSERTED 48 /* candidates of a window that are sorted one by one */
#define MAX_GUESSED 64 /* of the best documents, so that the lowest of their scores is guessed in the first window */
#define CHUNK 256 /* postings whose saturations are computed together */
#define MAX_WORDS 64
#define MAX_FORMS 4
#define MAX_SEGMENTS 256
#define MAX_CONDITIONS 16
#define MAX_FORM 64 /* letters */
#define MAX_DISTANCE 3
#define MIN_FORM_WITH_EDGES 5 /* letters: one error in a form leaves its first two letters or its last two */
#define MAX_BEST 100000
#define MAX_DOCUMENT_FIELDS 64
#define MIN_PROBES 48 /* documents whose phrase is looked for first */
#define ROUNDING_MARGIN 1.0001f
#define UNSCORED (-INFINITY)
#if defined(__GNUC__)
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define PREFETCH(address) ((void)(address))
#endif
#define CAPSULE "indexer.engines.whoosh.snapshot._kernel.snapshot"
#define DOCUMENTS_CAPSULE "indexer.engines.whoosh.snapshot._kernel.documents"

typedef struct {
    Py_buffer view;
    const unsigned char *data;
    int64_t items;
    int width; /* bytes of an item; 0: there is no array */
} Array;

typedef struct {
    int64_t offset, size, blocks, first_block; /* the first of its blocks among those of all segments */
    float *recency; /* the highest recency factor in each window */
    float *later;   /* the highest recency factor in each window and all windows after it */
    PyObject *first_saturations; /* a dictionary: the index of the first saturation of a row; NULL: there are none */
    uint64_t *term_heads, *surface_heads; /* of each line in the index of a dictionary: see `head_of` */
    int has_sound_counts; /* `counts` has no number that a sum could not hold */
    uint32_t count_of_code[256]; /* the same numbers of codes of one byte; UINT32_MAX for a damaged one */
    Array starts, documents, codes, recode, saturations, surface_starts, surface_documents, position_starts, positions, counts;
    Array term_text, term_every, surface_text, surface_every, form_text, form_starts;
} Segment;

/* The fields in which a code has occurrences, as no other norms are read. With fewer than MAX_CODE_FIELDS, the first one stands again
 * with a weight of 0: a loop over all of them would be predicted wrongly. */
typedef struct {
    float weights[MAX_CODE_FIELDS];
    unsigned char fields[MAX_CODE_FIELDS], has_more;
} CodeFields;

typedef struct {
    int64_t size, living_count, code_count, body_codes, segment_count, block_count;
    int block_bits; /* a block of a list has 1 << block_bits documents, 16 but in tests */
    float k1;
    Array table, norms, recency, living, field_starts;
    PyObject *nowhere; /* the rows of a word that no segment has */
    CodeFields *code_fields; /* of each code */
    Segment *segments;
} Snapshot;

typedef struct {
    float value;
    int64_t *rows; /* of each segment, -1 where it does not occur */
} Form;

typedef struct {
    float unit, bound;
    int64_t *rows, *saturations; /* of each segment */
    int form_count;
    Form forms[MAX_FORMS];
    int is_merged; /* from the lists of several terms: then it has arrays of its own, for all blocks of all segments */
    Array starts, documents, merged_saturations;
} Word;

/* Where the documents and saturations of a word are, in one segment. A posting has its saturation at the same index plus `shift`. */
typedef struct {
    const Array *documents, *saturations;
    int64_t shift;
    int has_saturations;
} Source;

typedef struct {
    int64_t at, end; /* within the documents of a list */
} Range;

/* -- arrays ------------------------------------------------------------------------------------------------------------- */

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

/* Borrow an array. `widths` has a bit for each allowed number of bytes of an item. None is no array. */
static int array_open(PyObject *object, Array *array, int widths) {
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

static void array_close(Array *array) {
    if (array->width) PyBuffer_Release(&array->view);
    array->width = 0;
}

static void snapshot_free(Snapshot *snapshot) {
    if (!snapshot) return;
    Array *shared[] = {&snapshot->table, &snapshot->norms, &snapshot->recency, &snapshot->living, &snapshot->field_starts};
    for (int i = 0; i < 5; i++) array_close(shared[i]);
    for (int64_t s = 0; snapshot->segments && s < snapshot->segment_count; s++) {
        Segment *each = &snapshot->segments[s];
        Array *own[] = {&each->starts, &each->documents, &each->codes, &each->recode, &each->saturations,
                        &each->surface_starts, &each->surface_documents, &each->position_starts, &each->positions,
                        &each->counts, &each->term_text, &each->term_every, &each->surface_text, &each->surface_every,
                        &each->form_text, &each->form_starts};
        for (int i = 0; i < 16; i++) array_close(own[i]);
        free(each->recency);
        free(each->later);
        Py_DecRef(each->first_saturations);
        free(each->term_heads);
        free(each->surface_heads);
    }
    Py_DecRef(snapshot->nowhere);
    free(snapshot->code_fields);
    free(snapshot->segments);
    free(snapshot);
}

static void capsule_free(PyObject *capsule) { snapshot_free(PyCapsule_GetPointer(capsule, CAPSULE)); }

static int segment_open(PyObject *values, Segment *segment, int block_bits, int64_t *next, int64_t *next_block) {
    PyObject *starts, *documents, *codes, *recode, *saturations, *surface_starts, *surface_documents, *position_starts;
    PyObject *positions, *counts, *term_text, *term_every, *surface_text, *surface_every, *form_text, *form_starts, *first_saturations;
    long long size;
    if (!PyArg_ParseTuple(values, "LOOOOOOOOOOOOOOOOO", &size, &starts, &documents, &codes, &recode, &saturations, &first_saturations,
                          &surface_starts, &surface_documents, &position_starts, &positions, &counts, &term_text, &term_every, &surface_text,
                          &surface_every, &form_text, &form_starts))
        return -1;
    segment->offset = *next;
    segment->size = size;
    segment->blocks = size > 0 ? (size + (1 << block_bits) - 1) >> block_bits : 1;
    if (size < 0 || size > (1 << 24)) {
        PyErr_SetString(PyExc_ValueError, "a segment has an impossible size");
        return -1;
    }
    *next += size;
    segment->first_block = *next_block;
    *next_block += segment->blocks;
    if (array_open(starts, &segment->starts, 1 | 2 | 4 | 8) < 0 || array_open(documents, &segment->documents, 2) < 0 ||
        array_open(codes, &segment->codes, 1 | 2 | 4 | 8) < 0 || array_open(recode, &segment->recode, 1 | 2 | 4 | 8) < 0 ||
        array_open(saturations, &segment->saturations, 4) < 0 ||
        array_open(surface_starts, &segment->surface_starts, 1 | 2 | 4 | 8) < 0 ||
        array_open(surface_documents, &segment->surface_documents, 2) < 0 ||
        array_open(position_starts, &segment->position_starts, 1 | 2 | 4 | 8) < 0 ||
        array_open(positions, &segment->positions, 1 | 2 | 4 | 8) < 0 || array_open(counts, &segment->counts, 8) < 0)
        return -1;
    if (array_open(term_text, &segment->term_text, 1) < 0 || array_open(term_every, &segment->term_every, 4) < 0 ||
        array_open(surface_text, &segment->surface_text, 1) < 0 || array_open(surface_every, &segment->surface_every, 4) < 0 ||
        array_open(form_text, &segment->form_text, 1) < 0 || array_open(form_starts, &segment->form_starts, 1 | 2 | 4 | 8) < 0)
        return -1;
    if (PyDict_Check(first_saturations)) Py_IncRef(segment->first_saturations = first_saturations);
    segment->has_sound_counts = 1;
    const int64_t *each = (const int64_t *)segment->counts.data;
    for (int64_t i = 0; i < segment->counts.items; i++) segment->has_sound_counts &= each[i] >= 0 && each[i] < INT32_MAX;
    for (int64_t i = 0; i < 256; i++)
        segment->count_of_code[i] = segment->has_sound_counts && i < segment->counts.items ? (uint32_t)each[i] : UINT32_MAX;
    return 0;
}

/* Documents are in the order of their dates, so the factors of a window are close to each other. */
static int highest_recency(const Snapshot *snapshot, Segment *segment) {
    int64_t windows = segment->size / WINDOW + 1;
    segment->recency = calloc((size_t)windows, sizeof(float));
    segment->later = calloc((size_t)windows, sizeof(float));
    if (!segment->recency || !segment->later) return 0;
    for (int64_t document = 0; document < segment->size; document++) {
        float factor = real(&snapshot->recency, segment->offset + document), *highest = &segment->recency[document / WINDOW];
        if (factor > *highest) *highest = factor;
    }
    for (int64_t i = windows - 1; i >= 0; i--) {
        float after = i + 1 < windows ? segment->later[i + 1] : 0;
        segment->later[i] = segment->recency[i] > after ? segment->recency[i] : after;
    }
    return 1;
}

/* The first eight letters of a word or a line as a number, so that a comparison of two numbers orders most words. */
static uint64_t head_of(const unsigned char *letters, size_t size) {
    uint64_t head = 0;
    for (size_t i = 0; i < 8; i++) head = head << 8 | (i < size && letters[i] != '\n' ? letters[i] : (size = 0));
    return head;
}

static uint64_t *heads_of(const Array *text, const Array *every) {
    uint64_t *heads = malloc((size_t)(every->items + 1) * sizeof(uint64_t));
    for (int64_t i = 0; heads && i < every->items; i++) {
        uint64_t at = item(every, i) + 1;
        heads[i] = at < (uint64_t)text->items ? head_of(text->data + at, (size_t)((uint64_t)text->items - at)) : 0;
    }
    return heads;
}

/* A search in the texts themselves would read another page of memory at each step. */
static int dictionary_heads(Segment *segment) {
    segment->term_heads = heads_of(&segment->term_text, &segment->term_every);
    segment->surface_heads = heads_of(&segment->surface_text, &segment->surface_every);
    return segment->term_heads && segment->surface_heads;
}

static int fields_of_codes(Snapshot *snapshot) {
    snapshot->code_fields = calloc((size_t)snapshot->code_count + 1, sizeof(CodeFields));
    for (int64_t code = 0; snapshot->code_fields && code < snapshot->code_count; code++) {
        CodeFields *own = &snapshot->code_fields[code];
        int count = 0;
        for (unsigned char field = 0; field < FIELDS; field++) {
            const float weight = real(&snapshot->table, field * snapshot->code_count + code);
            if (weight == 0) continue;
            if (count < MAX_CODE_FIELDS) {
                own->fields[count] = field;
                own->weights[count] = weight;
            }
            count++;
        }
        for (int i = count; i < MAX_CODE_FIELDS; i++) own->fields[i] = own->fields[0];
        own->has_more = count > MAX_CODE_FIELDS;
    }
    return snapshot->code_fields != NULL;
}

static PyObject *kernel_open(PyObject *module, PyObject *arguments) {
    PyObject *segments, *table, *norms, *recency, *living, *field_starts;
    double k1;
    long long body_codes;
    int block_bits;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!OOOOOdLi", &PyTuple_Type, &segments, &table, &norms, &recency, &living, &field_starts, &k1,
                          &body_codes, &block_bits))
        return NULL;
    if (block_bits < 1 || block_bits > 16) {
        PyErr_SetString(PyExc_ValueError, "blocks have an impossible size");
        return NULL;
    }
    Snapshot *snapshot = calloc(1, sizeof(Snapshot));
    if (!snapshot) return PyErr_NoMemory();
    int64_t count = PyTuple_Size(segments);
    if (count > MAX_SEGMENTS) {
        PyErr_SetString(PyExc_ValueError, "there are too many segments");
        goto failed;
    }
    snapshot->segments = calloc(count ? (size_t)count : 1, sizeof(Segment));
    if (!snapshot->segments) {
        PyErr_NoMemory();
        goto failed;
    }
    snapshot->segment_count = count;
    if (!(snapshot->nowhere = PyTuple_New(count))) goto failed;
    for (int64_t s = 0; s < count; s++)
        if (PyTuple_SetItem(snapshot->nowhere, s, PyLong_FromLong(-1)) < 0) goto failed;
    snapshot->k1 = (float)k1;
    snapshot->body_codes = body_codes;
    snapshot->block_bits = block_bits;
    for (int64_t s = 0; s < count; s++)
        if (segment_open(PyTuple_GetItem(segments, s), &snapshot->segments[s], block_bits, &snapshot->size, &snapshot->block_count) < 0)
            goto failed;
    if (array_open(table, &snapshot->table, 4) < 0 || array_open(norms, &snapshot->norms, 4) < 0 ||
        array_open(recency, &snapshot->recency, 4) < 0 || array_open(living, &snapshot->living, 1) < 0 ||
        array_open(field_starts, &snapshot->field_starts, 4) < 0)
        goto failed;
    snapshot->code_count = snapshot->table.items / FIELDS;
    if (snapshot->norms.items != snapshot->size * FIELDS || snapshot->table.items != snapshot->code_count * FIELDS ||
        snapshot->recency.items != snapshot->size || snapshot->field_starts.items != snapshot->size * (FIELDS - 1) ||
        (snapshot->living.width && snapshot->living.items != snapshot->size)) {
        PyErr_SetString(PyExc_ValueError, "an array has another length than the number of documents");
        goto failed;
    }
    snapshot->living_count = snapshot->living.width ? 0 : snapshot->size;
    for (int64_t i = 0; i < snapshot->living.items; i++) snapshot->living_count += snapshot->living.data[i] != 0;
    if (!fields_of_codes(snapshot)) {
        PyErr_NoMemory();
        goto failed;
    }
    for (int64_t s = 0; s < count; s++)
        if (!highest_recency(snapshot, &snapshot->segments[s]) || !dictionary_heads(&snapshot->segments[s])) {
            PyErr_NoMemory();
            goto failed;
        }
    PyObject *capsule = PyCapsule_New(snapshot, CAPSULE, capsule_free);
    if (capsule) return capsule;
failed:
    snapshot_free(snapshot);
    return NULL;
}

/* -- posting lists ------------------------------------------------------------------------------------------------------ */

/* The range of one block of a list, 0 if the row or its borders are outside of the arrays. */
static inline int block_range(const Array *starts, int64_t length, int64_t blocks, int64_t row, int64_t block, Range *range) {
    int64_t at = row * blocks + block;
    if (row < 0 || row > (INT64_MAX >> 20) || at + 1 >= starts->items) return 0;
    uint64_t first = item(starts, at), last = item(starts, at + 1);
    if (first > last || last > (uint64_t)length) return 0;
    range->at = (int64_t)first;
    range->end = (int64_t)last;
    return 1;
}

/* How many of GROUP documents are below this one; in vectors, so the result has the size of a document. */
static inline uint16_t count_below(const uint16_t *documents, uint16_t document) {
    uint16_t count = 0;
    for (int i = 0; i < GROUP; i++) count += documents[i] < document;
    return count;
}

/* Narrow a long range in which a document is searched for. Documents are spread evenly, so the search gallops from where it would be
 * then: each step may have to wait for the memory. */
static inline Range narrow(const uint16_t *documents, Range range, uint16_t document) {
    const int64_t first = documents[range.at], last = documents[range.end - 1];
    if (first >= document) return (Range){range.at, range.at};
    if (last < document) return (Range){range.end, range.end};
    const int64_t guess = range.at + (range.end - 1 - range.at) * (document - first) / (last - first);
    int64_t step = GROUP;
    if (documents[guess] < document) {
        range.at = guess + 1;
        for (; range.end - range.at > step && documents[range.at + step - 1] < document; step *= 2) range.at += step;
        if (range.end - range.at > step) range.end = range.at + step;
    } else {
        range.end = guess;
        for (; range.end - range.at > step && documents[range.end - step] >= document; step *= 2) range.end -= step;
        if (range.end - range.at > step) range.at = range.end - step;
    }
    return range;
}

/* The first place in the range whose document is not below this one. It is usually near, so a group is counted as a whole before the
 * search gallops: the processor predicts the steps of a search wrongly. */
static inline int64_t seek(const Array *array, int64_t at, int64_t end, uint16_t document) {
    const uint16_t *documents = (const uint16_t *)array->data;
    for (int i = 0; i < 2; i++, at++)
        if (at >= end || documents[at] >= document) return at;
    if (end - at >= GROUP) {
        const uint16_t below = count_below(documents + at, document);
        at += below;
        if (below < GROUP) return at;
    }
    int64_t step = GROUP;
    for (; end - at > step && documents[at + step - 1] < document && step <= MAX_NEAR; step *= 2) at += step;
    if (end - at > step && step <= MAX_NEAR) end = at + step;
    else if (end - at > step) {
        Range range = narrow(documents, (Range){at, end}, document);
        at = range.at;
        end = range.end;
    }
    while (end - at > GROUP) {
        const int64_t half = (end - at) >> 1;
        if (documents[at + half - 1] < document) at += half;
        else end = at + half;
    }
    for (int64_t size = end - at; size > 0;) {
        const int64_t half = (size + 1) >> 1, is_below = documents[at + half - 1] < document;
        at += half & -is_below;
        size -= half;
    }
    return at;
}

/* The range of one block of the list of a word, 0 if it is damaged. */
static inline int word_range(const Segment *segment, int64_t s, const Word *word, int64_t block, Range *range) {
    if (word->is_merged) return block_range(&word->starts, word->documents.items, 1, segment->first_block + block, 0, range);
    return block_range(&segment->starts, segment->documents.items, segment->blocks, word->rows[s], block, range);
}

/* `list_start`: the first posting of the word in the segment. */
static inline Source source_of(const Segment *segment, int64_t s, const Word *word, int64_t list_start) {
    if (word->is_merged) return (Source){&word->documents, &word->merged_saturations, 0, 1};
    int64_t first = word->saturations[s];
    return (Source){&segment->documents, &segment->saturations, first - list_start, first >= 0};
}

/* X of the codes of a segment in a document: what the occurrences in each field add, by their numbers and the field's length. */
static inline float weighted_frequency(const Snapshot *snapshot, uint64_t code, int64_t number) {
    const float *table = (const float *)snapshot->table.data, *norms = (const float *)snapshot->norms.data;
    if (code < (uint64_t)snapshot->body_codes) /* all other products are 0 */
        return table[BODY * snapshot->code_count + (int64_t)code] * norms[BODY * snapshot->size + number];
    const CodeFields *own = &snapshot->code_fields[code];
    float x = own->weights[0] * norms[own->fields[0] * snapshot->size + number];
    for (int i = 1; i < MAX_CODE_FIELDS; i++) x += own->weights[i] * norms[own->fields[i] * snapshot->size + number];
    for (int64_t field = own->has_more ? own->fields[MAX_CODE_FIELDS - 1] + 1 : FIELDS; field < FIELDS; field++) {
        const float weight = table[field * snapshot->code_count + (int64_t)code];
        if (weight != 0) x += weight * norms[field * snapshot->size + number];
    }
    return x;
}

/* The code of a posting among those of all segments; UINT64_MAX if it is damaged. */
static inline uint64_t code_of(const Snapshot *snapshot, const Segment *segment, int64_t posting) {
    if (posting >= segment->codes.items) return UINT64_MAX;
    uint64_t code = item(&segment->codes, posting);
    if (segment->recode.width) {
        if (code >= (uint64_t)segment->recode.items) return UINT64_MAX;
        code = item(&segment->recode, (int64_t)code);
    }
    return code < (uint64_t)snapshot->code_count ? code : UINT64_MAX;
}

/* What a word with this saturation adds to a document: the numpy code does the same operations in the same order. */
static inline float weighted(const Snapshot *snapshot, const Segment *segment, const Word *word, float saturation, int64_t number,
                             uint16_t low, Range *forms) {
    float value = saturation * word->unit;
    for (int form = 0; form < word->form_count; form++) {
        Range *range = &forms[form];
        const float added[2] = {0, word->forms[form].value}; /* without a branch, which the processor would predict wrongly */
        range->at = seek(&segment->surface_documents, range->at, range->end, low);
        if (range->at < range->end) value += added[low_bits(&segment->surface_documents, range->at) == low];
    }
    return value * real(&snapshot->recency, number);
}

/* What a word with this saturation adds at most: where the document has all of the exact forms. */
static inline float weighted_at_most(const Word *word, float saturation, float recency) {
    float value = saturation * word->unit;
    for (int form = 0; form < word->form_count; form++) value += word->forms[form].value;
    return value * recency;
}

/* The saturation of a posting of a document; 0 if it is damaged. */
static inline int saturation_at(const Snapshot *snapshot, const Segment *segment, const Source *source, int64_t posting, int64_t number,
                                float *saturation) {
    if (source->has_saturations) {
        int64_t at = posting + source->shift;
        if (at < 0 || at >= source->saturations->items) return 0;
        *saturation = real(source->saturations, at);
        return 1;
    }
    uint64_t code = code_of(snapshot, segment, posting);
    if (code == UINT64_MAX) return 0;
    float x = weighted_frequency(snapshot, code, number);
    *saturation = x / (x + snapshot->k1);
    return 1;
}

static inline int contribution(const Snapshot *snapshot, const Segment *segment, const Word *word, const Source *source,
                               int64_t posting, int64_t document, uint16_t low, Range *forms, float *result) {
    int64_t number = segment->offset + document;
    float saturation;
    if (!saturation_at(snapshot, segment, source, posting, number, &saturation)) return 0;
    *result = weighted(snapshot, segment, word, saturation, number, low, forms);
    return 1;
}

/* Compute the saturations of at most CHUNK postings of a block; 0 if one is damaged. Most segments have codes of one byte, and most
 * codes occurrences in the body alone; a test for others between them would be predicted wrongly. */
static int saturations_of(const Snapshot *snapshot, const Segment *segment, int64_t block, int64_t first, int64_t end,
                          float *values) {
    const uint16_t *documents = (const uint16_t *)segment->documents.data + first;
    const float *table = (const float *)snapshot->table.data + BODY * snapshot->code_count;
    const float *norms = (const float *)snapshot->norms.data + BODY * snapshot->size;
    const int64_t base = segment->offset + (block << snapshot->block_bits);
    const uint64_t code_count = (uint64_t)snapshot->code_count, body_codes = (uint64_t)snapshot->body_codes;
    const int is_narrow = segment->codes.width == 1 && !segment->recode.width;
    const unsigned char *codes = segment->codes.data + first;
    const float k1 = snapshot->k1;
    uint16_t others[CHUNK];
    int64_t other_count = 0;
    if (end > segment->codes.items) return 0;
    for (int64_t i = 0; i < end - first; i++) {
        const uint64_t code = is_narrow ? codes[i] : code_of(snapshot, segment, first + i);
        const int64_t number = base + documents[i];
        if (code >= code_count || number >= snapshot->size) return 0;
        values[i] = table[code] * norms[number];
        others[other_count] = (uint16_t)i;
        other_count += code >= body_codes;
    }
    for (int64_t other = 0; other < other_count; other++) {
        const int64_t i = others[other];
        values[i] = weighted_frequency(snapshot, is_narrow ? codes[i] : code_of(snapshot, segment, first + i), base + documents[i]);
    }
    for (int64_t i = 0; i < end - first; i++) values[i] /= values[i] + k1; /* apart, so that compilers make vectors of it */
    return 1;
}

static int form_ranges(const Segment *segment, int64_t s, const Word *word, int64_t block, Range *ranges) {
    for (int form = 0; form < word->form_count; form++) {
        ranges[form].at = ranges[form].end = 0;
        int64_t row = word->forms[form].rows[s];
        if (row >= 0 && !block_range(&segment->surface_starts, segment->surface_documents.items, segment->blocks, row, block,
                                     &ranges[form]))
            return 0;
    }
    return 1;
}

/* -- reading the words of a query --------------------------------------------------------------------------------------- */

static int read_rows(PyObject *values, int64_t *rows, int64_t count) {
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
static int64_t *new_rows(PyObject *values, int64_t count) {
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

static void words_free(Word *words, int64_t count) {
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
    if (!PyArg_ParseTuple(values, "ffOOO!O", &word->unit, &word->bound, &rows, &saturations, &PyTuple_Type, &forms, &merged))
        return -1;
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

static Word *read_words(PyObject *values, int64_t segment_count, int64_t *count) {
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

enum { SOUND = 0, DAMAGED = 1, NO_MEMORY = 2 };
enum { PASSES = -1, FAILS = -2 }; /* what `judge` says; otherwise the number of a condition */

static PyObject *raise_failure(int failure) {
    if (failure == NO_MEMORY) return PyErr_NoMemory();
    PyErr_SetString(PyExc_ValueError, "an array of the index is damaged");
    return NULL;
}

/* -- filters ------------------------------------------------------------------------------------------------------------ */

/* What a document must fulfil: a number from `low` to before `high`, or a number whose byte in `table` is not 0. A sideways condition
 * collects the documents that fail it alone, as some facets are counted without it (drill sideways). */
typedef struct {
    Array values, table;
    int64_t low, high;
    int is_sideways;
    int64_t count, room;
    int64_t *documents;
} Condition;

typedef struct {
    int64_t count;
    Condition items[MAX_CONDITIONS];
} Conditions;

static void conditions_free(Conditions *conditions) {
    for (int64_t i = 0; i < conditions->count; i++) {
        array_close(&conditions->items[i].values);
        array_close(&conditions->items[i].table);
        free(conditions->items[i].documents);
    }
    conditions->count = 0;
}

/* Read (values, low, high, table, is_sideways) of each condition. There must be a value for each document. */
static int conditions_read(PyObject *values, int64_t size, Conditions *conditions) {
    int64_t count = PyTuple_Size(values);
    if (count > MAX_CONDITIONS) {
        PyErr_SetString(PyExc_ValueError, "there are too many conditions");
        return -1;
    }
    for (int64_t i = 0; i < count; i++) {
        Condition *condition = &conditions->items[conditions->count++];
        PyObject *array, *table;
        long long low, high;
        if (!PyArg_ParseTuple(PyTuple_GetItem(values, i), "OLLOp", &array, &low, &high, &table,
                              &condition->is_sideways) ||
            array_open(array, &condition->values, 1 | 2 | 4 | 8) < 0 || array_open(table, &condition->table, 1) < 0)
            return -1;
        if (!condition->values.width || condition->values.items != size) {
            PyErr_SetString(PyExc_ValueError, "a condition needs a value for each document");
            return -1;
        }
        condition->low = low;
        condition->high = high;
    }
    return 0;
}

static inline int meets(const Condition *condition, int64_t number) {
    uint64_t value = item(&condition->values, number);
    if (condition->table.width) return value < (uint64_t)condition->table.items && condition->table.data[value];
    return (int64_t)value >= condition->low && (int64_t)value < condition->high;
}

/* Return the number of the only condition that a document fails if that is a sideways one, or PASSES or FAILS. */
static inline int64_t judge(const Conditions *conditions, int64_t number) {
    int64_t verdict = PASSES;
    for (int64_t i = 0; i < conditions->count; i++) {
        if (meets(&conditions->items[i], number)) continue;
        if (verdict != PASSES || !conditions->items[i].is_sideways) return FAILS;
        verdict = i;
    }
    return verdict;
}

/* Collect a document that fails this condition alone. */
static int collect(Condition *condition, int64_t number) {
    if (condition->count == condition->room) {
        int64_t room = condition->room ? 2 * condition->room : 1024;
        int64_t *documents = realloc(condition->documents, (size_t)room * sizeof(int64_t));
        if (!documents) return 0;
        condition->documents = documents;
        condition->room = room;
    }
    condition->documents[condition->count++] = number;
    return 1;
}

/* -- the best documents ------------------------------------------------------------------------------------------------- */

typedef struct {
    float score;
    int64_t number;
} Best; /* a heap whose first element is the worst: the lowest score, then the highest number */

static inline int is_worse(const Best *a, const Best *b) {
    return a->score < b->score || (a->score == b->score && a->number > b->number);
}

static void heap_push(Best *heap, int64_t at, Best entry) {
    while (at > 0 && is_worse(&entry, &heap[(at - 1) / 2])) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = entry;
}

static void heap_replace(Best *heap, int64_t room, Best entry) {
    int64_t at = 0;
    for (;;) {
        int64_t child = 2 * at + 1;
        if (child >= room) break;
        if (child + 1 < room && is_worse(&heap[child + 1], &heap[child])) child++;
        if (!is_worse(&heap[child], &entry)) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = entry;
}

static inline void heap_add(Best *heap, int64_t *count, int64_t room, Best entry) {
    if (*count < room) heap_push(heap, (*count)++, entry);
    else if (is_worse(&heap[0], &entry)) heap_replace(heap, room, entry);
}

/* -- all of some words -------------------------------------------------------------------------------------------------- */

/* The documents of a list in a block, and how many come before each group of 64. */
typedef struct {
    uint64_t bits[1 << 10];
    uint16_t before[1 << 10];
    int is_filled, is_counted;
} Bitmap;

typedef struct {
    Conditions *conditions;
    int64_t count, room;
    int64_t *documents;
    float *values; /* the scores, and what each word adds */
    int64_t columns; /* 0: neither; 1: the scores alone */
    int64_t *postings; /* of each word in each document */
    int64_t wants_postings; /* the number of words if the postings are wanted, otherwise 0 */
    int64_t k;    /* how many of the best are wanted; 0: all scores are */
    Best *best;   /* the best so far, without phrases */
    int64_t best_count, bound_word; /* a phrase adds at most `bound_ratio` times what this word does */
    float bound_ratio;
    uint32_t *common; /* the postings of the shortest list of a block whose documents other lists have as well */
    int64_t common_room;
    Bitmap *bitmaps; /* of the words' lists in a block */
} Hits;

static int hits_grow(Hits *hits) {
    if (hits->count < hits->room) return 1;
    int64_t room = hits->room ? 2 * hits->room : 1024;
    int64_t *documents = realloc(hits->documents, (size_t)room * sizeof(int64_t));
    if (!documents) return 0;
    hits->documents = documents;
    float *values = realloc(hits->values, (size_t)(room * hits->columns + 1) * sizeof(float));
    if (!values) return 0;
    hits->values = values;
    if (hits->wants_postings) {
        int64_t *postings = realloc(hits->postings, (size_t)(room * hits->wants_postings) * sizeof(int64_t));
        if (!postings) return 0;
        hits->postings = postings;
    }
    hits->room = room;
    return 1;
}

static void hits_free(Hits *hits) {
    free(hits->documents);
    free(hits->values);
    free(hits->postings);
    free(hits->best);
    free(hits->common);
    free(hits->bitmaps);
}

static inline int bit_count(uint64_t bits) { /* without the instruction, which not every processor has */
    bits -= bits >> 1 & 0x5555555555555555;
    bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0f;
    return (int)(bits * 0x0101010101010101 >> 56);
}

static inline void bitmap_set(Bitmap *bitmap, uint16_t low) { bitmap->bits[low >> 6] |= (uint64_t)1 << (low & 63); }

/* Four parts of the list are read side by side: the bits of neighbours would wait for each other. */
static void bitmap_fill(Bitmap *bitmap, const uint16_t *documents, int64_t count) {
    const int64_t part = count / 4;
    memset(bitmap->bits, 0, sizeof(bitmap->bits));
    for (int64_t at = 0; at < part; at++) {
        bitmap_set(bitmap, documents[at]);
        bitmap_set(bitmap, documents[at + part]);
        bitmap_set(bitmap, documents[at + 2 * part]);
        bitmap_set(bitmap, documents[at + 3 * part]);
    }
    for (int64_t at = 4 * part; at < count; at++) bitmap_set(bitmap, documents[at]);
    bitmap->is_filled = 1;
}

static void bitmap_count(Bitmap *bitmap) {
    int before = 0;
    for (int group = 0; group < 1 << 10; group++) {
        bitmap->before[group] = (uint16_t)before;
        before += bit_count(bitmap->bits[group]);
    }
    bitmap->is_counted = 1;
}

/* How many documents of the list come before this one. */
static inline int64_t bitmap_rank(const Bitmap *bitmap, uint16_t low) {
    return bitmap->before[low >> 6] + bit_count(bitmap->bits[low >> 6] & (((uint64_t)1 << (low & 63)) - 1));
}

/* Find the postings of the shortest list of a block whose documents are also in the other lists that are not much longer. Return how
 * many there are, -1 without memory. A bit a document takes less time than a search in each list: where lengths are similar, the
 * processor predicts its steps wrongly. */
static int64_t common_postings(Hits *hits, const Range *ranges, const Source *sources, int64_t count, int64_t driver) {
    const uint16_t *own = (const uint16_t *)sources[driver].documents->data;
    int64_t first = ranges[driver].at, size = ranges[driver].end - first, found = size;
    if (!hits->bitmaps && !(hits->bitmaps = malloc((size_t)count * sizeof(Bitmap)))) return -1;
    if (size > hits->common_room) {
        free(hits->common);
        hits->common_room = 0;
        if (!(hits->common = malloc((size_t)size * sizeof(uint32_t)))) return -1;
        hits->common_room = size;
    }
    uint32_t *common = hits->common;
    for (int64_t at = 0; at < size; at++) common[at] = (uint32_t)at;
    for (int64_t i = 0; i < count; i++) hits->bitmaps[i].is_filled = hits->bitmaps[i].is_counted = 0;
    for (int64_t i = 0; i < count && found; i++) {
        int64_t length = ranges[i].end - ranges[i].at;
        Bitmap *bitmap = &hits->bitmaps[i];
        if (i == driver || length < MIN_DENSE || length > MAX_DENSE_RATIO * found) continue;
        bitmap_fill(bitmap, (const uint16_t *)sources[i].documents->data + ranges[i].at, length);
        int64_t kept = 0;
        for (int64_t at = 0; at < found; at++) {
            uint32_t posting = common[at];
            uint16_t low = own[first + posting];
            common[kept] = posting;
            kept += (int64_t)(bitmap->bits[low >> 6] >> (low & 63) & 1);
        }
        found = kept;
    }
    for (int64_t i = 0; i < count && found >= MIN_RANKED; i++)
        if (hits->bitmaps[i].is_filled) bitmap_count(&hits->bitmaps[i]);
    return found;
}

/* Find the documents of a block that all lists have, and where each list has them. */
static int conjunction_match(const Snapshot *snapshot, const Segment *segment, int64_t block, Range *ranges, const Source *sources,
                             int64_t count, int64_t driver, Hits *hits) {
    const int64_t first = ranges[driver].at, common = common_postings(hits, ranges, sources, count, driver);
    int64_t firsts[MAX_WORDS];
    if (common < 0) return NO_MEMORY;
    for (int64_t i = 0; i < count; i++) firsts[i] = ranges[i].at;
    for (int64_t next = 0; next < common; next++) {
        int64_t at = first + hits->common[next];
        uint16_t low = low_bits(sources[driver].documents, at);
        int64_t document = (block << snapshot->block_bits) + low, number = segment->offset + document;
        if (document >= segment->size) return DAMAGED;
        int matches = 1;
        ranges[driver].at = at;
        for (int64_t i = 0; i < count && matches; i++) {
            if (i == driver) continue;
            if (hits->bitmaps[i].is_counted) {
                ranges[i].at = firsts[i] + bitmap_rank(&hits->bitmaps[i], low);
                continue;
            }
            ranges[i].at = seek(sources[i].documents, ranges[i].at, ranges[i].end, low);
            if (ranges[i].at >= ranges[i].end) return SOUND;
            matches = low_bits(sources[i].documents, ranges[i].at) == low;
        }
        if (!matches || (snapshot->living.width && !snapshot->living.data[number])) continue;
        int64_t verdict = judge(hits->conditions, number);
        if (verdict >= 0 && !collect(&hits->conditions->items[verdict], number)) return NO_MEMORY;
        if (verdict != PASSES) continue;
        if (!hits_grow(hits)) return NO_MEMORY;
        for (int64_t i = 0; i < hits->wants_postings; i++) hits->postings[hits->count * count + i] = ranges[i].at;
        hits->documents[hits->count++] = number;
    }
    return SOUND;
}

/* The lowest score that may be among the best. */
static inline float least_of_best(const Hits *hits) { return hits->k && hits->best_count == hits->k ? hits->best[0].score : -INFINITY; }

/* Score a hit of a block: its words, and their sum. The sum is UNSCORED if the hit cannot be among the best even if it has all exact
 * forms and the phrase, so that these need not be searched for. */
static int hit_score(const Snapshot *snapshot, const Segment *segment, int64_t block, const Word *words, int64_t count,
                     const Source *sources, Range (*forms)[MAX_FORMS], int64_t hit, Hits *hits) {
    const int64_t number = hits->documents[hit], *postings = hits->postings + hit * count;
    const uint16_t low = (uint16_t)(number - segment->offset - (block << snapshot->block_bits));
    const float recency = real(&snapshot->recency, number), least = least_of_best(hits);
    float saturations[MAX_WORDS], *row = hits->values + hit * hits->columns, most = 0, most_of_phrase = 0, score = 0;
    for (int64_t i = 0; i < count; i++) {
        if (!saturation_at(snapshot, segment, &sources[i], postings[i], number, &saturations[i])) return DAMAGED;
        const float value = weighted_at_most(&words[i], saturations[i], recency);
        most = i ? most + value : value;
        if (i == hits->bound_word) most_of_phrase = value * hits->bound_ratio;
    }
    row[0] = UNSCORED;
    if (most + most_of_phrase < least) return SOUND;
    for (int64_t i = 0; i < count; i++) {
        const float value = weighted(snapshot, segment, &words[i], saturations[i], number, low, forms[i]);
        score = i ? score + value : value;
        if (hits->columns > 1) row[1 + i] = value;
    }
    row[0] = score;
    if (hits->k) heap_add(hits->best, &hits->best_count, hits->k, (Best){score, number});
    return SOUND;
}

static int conjunction_in_block(const Snapshot *snapshot, int64_t s, int64_t block, const Word *words, int64_t count,
                                Hits *hits) {
    const Segment *segment = &snapshot->segments[s];
    Range ranges[MAX_WORDS] = {{0, 0}}, forms[MAX_WORDS][MAX_FORMS];
    Source sources[MAX_WORDS];
    int64_t driver = 0;
    for (int64_t i = 0; i < count; i++) {
        Range first;
        if (words[i].rows[s] < 0) return SOUND;
        if (!word_range(segment, s, &words[i], 0, &first) || !word_range(segment, s, &words[i], block, &ranges[i]) ||
            !form_ranges(segment, s, &words[i], block, forms[i]))
            return DAMAGED;
        sources[i] = source_of(segment, s, &words[i], first.at);
        if (ranges[i].end - ranges[i].at < ranges[driver].end - ranges[driver].at) driver = i;
    }
    const int64_t first = hits->count;
    int failure = conjunction_match(snapshot, segment, block, ranges, sources, count, driver, hits);
    for (int64_t hit = first; hit < hits->count && !failure && hits->columns; hit++)
        failure = hit_score(snapshot, segment, block, words, count, sources, forms, hit, hits);
    return failure;
}

static int conjunction_search(const Snapshot *snapshot, const Word *words, int64_t count, Hits *hits) {
    int failure = SOUND;
    for (int64_t s = 0; s < snapshot->segment_count && !failure; s++)
        for (int64_t block = 0; block < snapshot->segments[s].blocks && !failure; block++)
            failure = conjunction_in_block(snapshot, s, block, words, count, hits);
    return failure;
}

static PyObject *kernel_conjunction(PyObject *module, PyObject *arguments) {
    PyObject *capsule, *plan, *result = NULL;
    int wants_scores, wants_columns;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OO!pp", &capsule, &PyTuple_Type, &plan, &wants_scores, &wants_columns)) return NULL;
    const Snapshot *snapshot = PyCapsule_GetPointer(capsule, CAPSULE);
    if (!snapshot) return NULL;
    int64_t count;
    Word *words = read_words(plan, snapshot->segment_count, &count);
    if (!words) return NULL;
    Conditions none = {0};
    Hits hits = {0};
    hits.conditions = &none;
    hits.columns = wants_columns ? count + 1 : wants_scores;
    hits.wants_postings = hits.columns ? count : 0;
    int failure = SOUND;
    Py_BEGIN_ALLOW_THREADS
    failure = conjunction_search(snapshot, words, count, &hits);
    Py_END_ALLOW_THREADS
    if (failure) raise_failure(failure);
    else
        result = Py_BuildValue("y#y#", hits.documents ? (const char *)hits.documents : "", hits.count * (Py_ssize_t)sizeof(int64_t),
                               hits.values ? (const char *)hits.values : "",
                               hits.count * hits.columns * (Py_ssize_t)sizeof(float));
    hits_free(&hits);
    words_free(words, count);
    return result;
}

/* -- any of some words -------------------------------------------------------------------------------------------------- */

typedef struct {
    const Snapshot *snapshot;
    Conditions *conditions;
    const Word *words; /* the highest bounds first */
    int64_t count, k, total;
    int is_counted; /* whether the total is wanted */
    float rest[MAX_WORDS + 1]; /* what the words from this one on add at most */
    float threshold;           /* the k-th best score so far; -1 before there is one */
    unsigned char *matching;   /* a byte a document where wanted */
    float lowest;              /* a score from which on a document of the window may be among the best */
    float scores[WINDOW];
    unsigned char seen[WINDOW];         /* 1 for documents with some word; 0 in the end where a condition is not met */
    unsigned char has_form[WINDOW];     /* 1 for documents with the exact form of the word that is scored; 0 in the end */
    unsigned char is_candidate[WINDOW]; /* 1 for documents whose score has reached the lowest */
    uint16_t candidates[WINDOW + 1];    /* their places, in no order */
    int64_t candidate_count;
} Union;

typedef struct {
    Range range;       /* what remains of the list in this block */
    Range window;      /* what lies in this window */
    int64_t length;
    Source source;
    Range forms[MAX_FORMS], forms_of_candidates[MAX_FORMS];
} List;

/* Return where the part of a list that lies in a window ends. Most parts are short, so groups are counted before a search begins, whose
 * steps the processor predicts wrongly. */
static inline int64_t end_in_window(const List *list, Range window) {
    const uint16_t *documents = (const uint16_t *)list->source.documents->data, limit = (uint16_t)window.end;
    int64_t at = list->range.at;
    if (window.end > UINT16_MAX) return list->range.end;
    for (int group = 0; group < MAX_COUNTED_GROUPS && at + GROUP <= list->range.end; group++) {
        const uint16_t before = count_below(documents + at, limit);
        at += before;
        if (before < GROUP) return at;
    }
    return seek(list->source.documents, at, list->range.end, limit);
}

/* Mark the documents of a list in a window. A damaged list marks wrong ones, but none outside of the array. */
static void union_mark(Union *u, List *list, Range window) {
    const uint16_t *documents = (const uint16_t *)list->source.documents->data;
    unsigned char *seen = u->seen;
    const uint16_t base = (uint16_t)window.at;
    const int64_t end = list->range.end;
    int64_t at = list->range.at;
    for (; at < end && documents[at] < window.end; at++) seen[(uint16_t)(documents[at] - base) & (WINDOW - 1)] = 1;
    list->range.at = list->window.end = at;
}

/* Remember a document that may be among the best. */
static inline void add_candidate(Union *u, uint16_t place) {
    u->candidates[u->candidate_count] = place;
    u->candidate_count += !u->is_candidate[place];
    u->is_candidate[place] = 1;
}

/* Flag the documents of a window that have the exact form of a word. A test in the loop over postings would make each step wait for
 * the one before. Return how many there are. */
static int64_t flag_form(Union *u, const Segment *segment, const Range *form, Range window) {
    const uint16_t *users = (const uint16_t *)segment->surface_documents.data;
    const uint16_t base = (uint16_t)window.at;
    const int64_t end = form->end;
    unsigned char *flags = u->has_form;
    int64_t at = form->at;
    for (; at < end && users[at] < window.end; at++) flags[(uint16_t)(users[at] - base) & (WINDOW - 1)] = 1;
    return at - form->at;
}

/* Clear the flags of so many documents. */
static void clear_form(Union *u, const Segment *segment, const Range *form, Range window, int64_t count) {
    if (count > MAX_CLEARED) {
        memset(u->has_form, 0, sizeof(u->has_form));
        return;
    }
    for (int64_t at = form->at; at < form->at + count; at++)
        u->has_form[(uint16_t)(low_bits(&segment->surface_documents, at) - window.at) & (WINDOW - 1)] = 0;
}

/* Score some postings of a window with their saturations, of a word with at most one exact form. */
static int union_add(Union *u, const Word *word, const uint16_t *documents, int64_t count, const float *recency, Range window,
                     const float *saturations) {
    const uint16_t base = (uint16_t)window.at;
    const int64_t limit = window.end - window.at;
    const float unit = word->unit, lowest = u->lowest, exact_or_none[2] = {0, word->form_count ? word->forms[0].value : 0};
    const unsigned char *has_form = u->has_form;
    float *scores = u->scores;
    unsigned char *seen = u->seen;
    for (int64_t i = 0; i < count; i++) {
        uint16_t place = (uint16_t)(documents[i] - base);
        if (place >= limit) return DAMAGED; /* they do not ascend */
        float score = scores[place] + (saturations[i] * unit + exact_or_none[has_form[place]]) * recency[place];
        scores[place] = score;
        seen[place] = 1;
        if (score >= lowest) add_candidate(u, place);
    }
    return SOUND;
}

/* Score the documents of a list in a window. Long lists have stored saturations, and most words at most one exact form. */
static int union_score(Union *u, int64_t s, const Word *word, List *list, int64_t block, Range window) {
    const Segment *segment = &u->snapshot->segments[s];
    const uint16_t *documents = (const uint16_t *)list->source.documents->data;
    int64_t at = list->range.at, last = end_in_window(list, window);
    int failure = SOUND;
    if (word->form_count <= 1) {
        int64_t shift = list->source.shift, is_stored = list->source.has_saturations;
        if (is_stored && (at + shift < 0 || list->range.end + shift > list->source.saturations->items)) return DAMAGED;
        const float *stored = is_stored ? (const float *)list->source.saturations->data + shift : NULL;
        const float *recency =
            (const float *)u->snapshot->recency.data + segment->offset + (block << u->snapshot->block_bits) + window.at;
        float computed[CHUNK];
        Range *form = &list->forms[0];
        int64_t flagged = 0;
        if (word->form_count) {
            form->at = seek(&segment->surface_documents, form->at, form->end, (uint16_t)window.at);
            flagged = flag_form(u, segment, form, window);
        }
        for (int64_t stop; at < last && !failure; at = stop) {
            stop = is_stored || last - at < CHUNK ? last : at + CHUNK;
            if (!is_stored && !saturations_of(u->snapshot, segment, block, at, stop, computed)) failure = DAMAGED;
            else failure = union_add(u, word, documents + at, stop - at, recency, window, is_stored ? stored + at : computed);
        }
        clear_form(u, segment, form, window, flagged);
        if (word->form_count) form->at += flagged;
    } else {
        for (; at < last; at++) {
            uint16_t low = documents[at];
            float value;
            int64_t document = (block << u->snapshot->block_bits) + low;
            if (low < window.at || low >= window.end ||
                !contribution(u->snapshot, segment, word, &list->source, at, document, low, list->forms, &value))
                return DAMAGED;
            uint16_t place = (uint16_t)(low - window.at);
            u->seen[place] = 1;
            u->scores[place] += value;
            if (u->scores[place] >= u->lowest) add_candidate(u, place);
        }
    }
    list->range.at = list->window.end = last;
    return failure;
}

/* Add up the lowest bits of 8 bytes each, in groups that cannot overflow a byte. */
static int64_t count_seen(const unsigned char *seen, const unsigned char *living, int64_t limit) {
    const uint64_t lowest = 0x0101010101010101, pairs = 0x00ff00ff00ff00ff;
    int64_t total = 0, at = 0;
    while (at + 8 <= limit) {
        int64_t end = at + 8 * 128 < limit - 7 ? at + 8 * 128 : limit - 7;
        uint64_t sum = 0;
        for (; at < end; at += 8) {
            uint64_t flags, alive = lowest;
            memcpy(&flags, seen + at, 8);
            if (living) memcpy(&alive, living + at, 8);
            sum += flags & alive & lowest;
        }
        total += (int64_t)((((sum & pairs) + ((sum >> 8) & pairs)) * 0x0001000100010001) >> 48);
    }
    for (; at < limit; at++) total += seen[at] & 1 & (living ? living[at] : 1);
    return total;
}

/* Forget the documents of a window that do not meet the conditions. */
static int union_filter(Union *u, int64_t first, int64_t limit) {
    for (int64_t place = 0; place < limit; place++) {
        if (!u->seen[place]) continue;
        int64_t number = first + place, verdict = judge(u->conditions, number);
        if (verdict == PASSES) continue;
        u->seen[place] = 0;
        if (verdict >= 0 && !(u->snapshot->living.width && !u->snapshot->living.data[number]) &&
            !collect(&u->conditions->items[verdict], number))
            return NO_MEMORY;
    }
    return SOUND;
}

/* Count the documents that were seen in a window and meet the conditions. */
static int union_count(Union *u, int64_t first, int64_t limit) {
    int failure = u->conditions->count ? union_filter(u, first, limit) : SOUND;
    const unsigned char *living = u->snapshot->living.width ? u->snapshot->living.data + first : NULL;
    u->total += count_seen(u->seen, living, limit);
    if (u->matching)
        for (int64_t place = 0; place < limit; place++)
            u->matching[first + place] = (u->seen[place] != 0) & (!living || living[place] != 0);
    return failure;
}

/* Looking a candidate up in a list takes as long as scoring some postings of it, so a list that is not much longer than all
 * before it is scored as well. Return how many lists are. */
static int64_t worth_scoring(const Union *u, int64_t s, const List *lists, int64_t essential) {
    int64_t postings = 0;
    for (int64_t i = 0; i < u->count; i++) {
        int64_t length = u->words[i].rows[s] < 0 ? 0 : lists[i].length;
        if (i >= essential && length > LOOKUP_COST * postings) return i;
        postings += length;
    }
    return u->count;
}

static void best_add(Union *u, Best *heap, int64_t *heap_count, Best entry) {
    if (!u->k) return;
    heap_add(heap, heap_count, u->k, entry);
    if (*heap_count == u->k && heap[0].score > u->threshold) u->threshold = heap[0].score;
}

typedef struct {
    int64_t segment, essential, read; /* the lists that were scored, and those that were read as a whole */
    int64_t document;           /* the first of the window within the segment */
    int64_t base, limit;        /* the first within its block, and how many there are */
    float recency;              /* the highest factor, and a little more */
    float rest;                 /* what the lists that were not scored add at most */
} Window;

/* The lowest score of a document that may be among the best, as far as its scored words go. */
static inline float lowest_score(const Union *u, const Window *window) { return u->threshold / ROUNDING_MARGIN - window->rest; }

/* Complete the score of a document that may be among the best. Stop as soon as the lists that are left cannot add enough. */
static int union_complete(Union *u, List *lists, const Window *window, int64_t place, Best *heap, int64_t *heap_count) {
    const Segment *segment = &u->snapshot->segments[window->segment];
    const int64_t document = window->document + place;
    const uint16_t low = (uint16_t)(window->base + place);
    const float least = u->threshold / ROUNDING_MARGIN;
    float score = u->scores[place], value;
    if (score < lowest_score(u, window)) return SOUND;
    for (int64_t i = window->essential; i < u->count; i++) {
        List *list = &lists[i];
        if (score < least - u->rest[i] * window->recency) return SOUND;
        if (u->words[i].rows[window->segment] < 0) continue;
        list->window.at = seek(list->source.documents, list->window.at, list->window.end, low);
        if (list->window.at >= list->window.end || low_bits(list->source.documents, list->window.at) != low) continue;
        if (!contribution(u->snapshot, segment, &u->words[i], &list->source, list->window.at, document, low, list->forms_of_candidates,
                          &value))
            return DAMAGED;
        score += value;
    }
    best_add(u, heap, heap_count, (Best){score, segment->offset + document});
    return SOUND;
}

/* Put the places of the candidates in their order, in which the other lists are searched. */
static void sort_candidates(Union *u) {
    int64_t count = 0;
    if (u->candidate_count <= MAX_INSERTED) {
        for (int64_t i = 1; i < u->candidate_count; i++) {
            uint16_t place = u->candidates[i];
            int64_t at = i;
            for (; at && u->candidates[at - 1] > place; at--) u->candidates[at] = u->candidates[at - 1];
            u->candidates[at] = place;
        }
        return;
    }
    for (int64_t group = 0; group < WINDOW; group += 8) {
        uint64_t flags;
        memcpy(&flags, u->is_candidate + group, 8);
        for (; flags; flags &= flags - 1) /* a bit in the byte of each candidate */
            u->candidates[count++] = (uint16_t)(group + bit_count((flags & (0 - flags)) - 1) / 8);
    }
}

/* Complete the scores of the candidates of a window that meet the conditions, and forget them. */
static int union_candidates(Union *u, List *lists, const Window *window, Best *heap, int64_t *heap_count) {
    int64_t first = u->snapshot->segments[window->segment].offset + window->document;
    const unsigned char *living = u->snapshot->living.width ? u->snapshot->living.data + first : NULL;
    int failure = SOUND;
    sort_candidates(u);
    for (int64_t i = 0; i < u->candidate_count; i++) {
        int64_t place = u->candidates[i];
        u->is_candidate[place] = 0;
        if (!failure && u->seen[place] && (!living || living[place]))
            failure = union_complete(u, lists, window, place, heap, heap_count);
    }
    u->candidate_count = 0;
    return failure;
}

/* Do the same, and count, in a window with few postings: visit these instead of all documents. */
static int union_sparse(Union *u, List *lists, const Window *window, Best *heap, int64_t *heap_count) {
    const Snapshot *snapshot = u->snapshot;
    int64_t first = snapshot->segments[window->segment].offset + window->document, count = 0;
    uint16_t places[MAX_SPARSE];
    for (int64_t i = 0; i < window->read; i++) {
        if (u->words[i].rows[window->segment] < 0) continue;
        for (int64_t at = lists[i].window.at; at < lists[i].window.end; at++) {
            uint16_t place = (uint16_t)(low_bits(lists[i].source.documents, at) - window->base) & (WINDOW - 1);
            if (place >= window->limit) return DAMAGED;
            if (u->seen[place] != 1) continue; /* another list has it as well */
            int64_t number = first + place;
            int is_match = (!snapshot->living.width || snapshot->living.data[number]) && judge(u->conditions, number) == PASSES;
            u->seen[place] = is_match ? 2 : 0;
            u->total += is_match;
            places[count++] = place;
        }
    }
    int failure = union_candidates(u, lists, window, heap, heap_count);
    for (int64_t i = 0; i < count; i++) {
        u->seen[places[i]] = 0;
        u->scores[places[i]] = 0;
    }
    return failure;
}

/* Let a list go on behind a window without reading what lies in it. */
static void list_skip(List *list, Range window) {
    list->window = (Range){list->range.at, end_in_window(list, window)};
    list->range.at = list->window.end;
}

/* Choose which lists are scored: the others cannot bring a document among the best without them. */
static void choose_essential(const Union *u, const List *lists, Window *window) {
    while (window->essential > 0 && u->rest[window->essential - 1] * window->recency < u->threshold) window->essential--;
    if (window->essential) window->essential = worth_scoring(u, window->segment, lists, window->essential);
    window->rest = u->rest[window->essential] * window->recency;
}

/* Raise the threshold, before there is one, to the k-th highest score that the lists so far give the documents of a window. */
static void raise_threshold(Union *u, const Window *window) {
    const int64_t first = u->snapshot->segments[window->segment].offset + window->document;
    const unsigned char *living = u->snapshot->living.width ? u->snapshot->living.data + first : NULL;
    Best best[MAX_GUESSED];
    int64_t count = 0;
    if (u->candidate_count < u->k || u->k > MAX_GUESSED) return;
    for (int64_t i = 0; i < u->candidate_count; i++) {
        const uint16_t place = u->candidates[i];
        if ((living && !living[place]) || judge(u->conditions, first + place) != PASSES) continue;
        heap_add(best, &count, u->k, (Best){u->scores[place], 0});
    }
    if (count == u->k) u->threshold = best[0].score;
}

/* Read the lists of a window, and score those that are essential. Return a failure. */
static int union_read(Union *u, List *lists, int64_t block, Window *window, int64_t *postings) {
    const Range range = {window->base, window->base + window->limit};
    int failure = SOUND;
    u->lowest = lowest_score(u, window);
    for (int64_t i = 0; i < window->read && !failure; i++) {
        if (u->words[i].rows[window->segment] < 0) continue;
        if (i < window->essential) failure = union_score(u, window->segment, &u->words[i], &lists[i], block, range);
        else if (u->is_counted) union_mark(u, &lists[i], range);
        else list_skip(&lists[i], range);
        if (i < window->essential || u->is_counted) *postings += lists[i].window.end - lists[i].window.at;
        if (u->threshold >= 0 || i + 1 >= window->essential) continue;
        raise_threshold(u, window);
        if (u->threshold < 0) continue;
        const int64_t before = window->essential;
        choose_essential(u, lists, window);
        if (window->essential <= i) window->essential = i + 1;
        if (window->essential > before) window->essential = before;
        window->rest = u->rest[window->essential] * window->recency;
        u->lowest = lowest_score(u, window);
    }
    if (!u->is_counted) window->read = window->essential;
    return failure;
}

static int union_window(Union *u, int64_t s, List *lists, int64_t block, int64_t base, int64_t limit, Best *heap,
                        int64_t *heap_count) {
    const Segment *segment = &u->snapshot->segments[s];
    const int64_t document = (block << u->snapshot->block_bits) + base;
    Window window = {s, u->count, u->count, document, base, limit, segment->recency[document / WINDOW] * ROUNDING_MARGIN, 0};
    int64_t any = 0, postings = 0;
    choose_essential(u, lists, &window);
    if (!u->is_counted) window.read = window.essential;
    for (int64_t i = window.read; i < u->count; i++)
        if (u->words[i].rows[s] >= 0) list_skip(&lists[i], (Range){base, base + limit});
    for (int64_t i = 0; i < window.read; i++) {
        if (u->words[i].rows[s] < 0) continue;
        lists[i].window.at = lists[i].window.end = lists[i].range.at;
        any |= lists[i].range.at < lists[i].range.end && low_bits(lists[i].source.documents, lists[i].range.at) < base + limit;
    }
    if (!any) return SOUND;
    int failure = union_read(u, lists, block, &window, &postings);
    if (failure) return failure;
    if (postings <= MAX_SPARSE && !u->matching) return union_sparse(u, lists, &window, heap, heap_count);
    failure = union_count(u, segment->offset + window.document, limit);
    if (!failure) failure = union_candidates(u, lists, &window, heap, heap_count);
    if (window.essential) memset(u->scores, 0, (size_t)limit * sizeof(float));
    memset(u->seen, 0, sizeof(u->seen));
    return failure;
}

/* Open the part of a word's list that lies in a block. */
static int list_open(const Union *u, int64_t s, int64_t i, int64_t block, List *list) {
    const Segment *segment = &u->snapshot->segments[s];
    Range first;
    const Word *word = &u->words[i];
    if (!word_range(segment, s, word, 0, &first) || !word_range(segment, s, word, block, &list->range) ||
        !form_ranges(segment, s, word, block, list->forms))
        return 0;
    list->source = source_of(segment, s, word, first.at);
    list->length = list->range.end - list->range.at;
    memcpy(list->forms_of_candidates, list->forms, sizeof(list->forms));
    return 1;
}

static int union_segment(Union *u, int64_t s, Best *heap, int64_t *heap_count) {
    const Segment *segment = &u->snapshot->segments[s];
    List lists[MAX_WORDS];
    for (int64_t block = 0; block < segment->blocks; block++) {
        for (int64_t i = 0; i < u->count; i++) {
            if (u->words[i].rows[s] >= 0 && !list_open(u, s, i, block, &lists[i])) return DAMAGED;
        }
        int64_t documents = segment->size - (block << u->snapshot->block_bits);
        if (documents > 1 << u->snapshot->block_bits) documents = 1 << u->snapshot->block_bits;
        for (int64_t base = 0; base < documents; base += WINDOW) {
            int64_t limit = documents - base < WINDOW ? documents - base : WINDOW;
            int failure = union_window(u, s, lists, block, base, limit, heap, heap_count);
            if (failure) return failure;
        }
        for (int64_t i = 0; i < u->count; i++)
            if (u->words[i].rows[s] >= 0 && lists[i].range.at != lists[i].range.end) return DAMAGED; /* documents beyond the size */
    }
    return SOUND;
}

/* The highest of at most GROUP values; four at a time, so that compilers make vectors of it. */
static inline float highest_of(const float *values, int64_t count) {
    float highest[4] = {0, 0, 0, 0};
    int64_t i = 0;
    for (; i + 4 <= count; i += 4)
        for (int lane = 0; lane < 4; lane++) highest[lane] = values[i + lane] > highest[lane] ? values[i + lane] : highest[lane];
    for (; i < count; i++) highest[0] = values[i] > highest[0] ? values[i] : highest[0];
    for (int lane = 1; lane < 4; lane++) highest[0] = highest[lane] > highest[0] ? highest[lane] : highest[0];
    return highest[0];
}

/* One word needs no windows: the documents of its list are those of the answer. Saturations are stored for long lists, and a group
 * of them whose highest cannot be among the best is skipped. */
static int single_block(Union *u, int64_t s, List *list, int64_t block, Best *heap, int64_t *heap_count) {
    const Snapshot *snapshot = u->snapshot;
    const Segment *segment = &snapshot->segments[s];
    const Word *word = &u->words[0];
    const unsigned char *living = snapshot->living.width ? snapshot->living.data + segment->offset : NULL;
    const Source *source = &list->source;
    int64_t base = block << snapshot->block_bits, shift = source->shift;
    if (source->has_saturations &&
        (list->range.at + shift < 0 || list->range.end + shift > source->saturations->items))
        return DAMAGED;
    for (int64_t at = list->range.at; at < list->range.end;) {
        int64_t end = at + GROUP < list->range.end ? at + GROUP : list->range.end, first = base + low_bits(source->documents, at);
        float computed[GROUP];
        const float *saturations = computed;
        if (first >= segment->size) return DAMAGED;
        if (source->has_saturations) saturations = (const float *)source->saturations->data + shift + at;
        else if (u->k && !saturations_of(snapshot, segment, block, at, end, computed)) return DAMAGED;
        int is_skipped = !u->k;
        if (u->threshold >= 0 && !is_skipped)
            is_skipped = weighted_at_most(word, highest_of(saturations, end - at), segment->later[first / WINDOW]) < u->threshold;
        if (is_skipped && !living && !u->conditions->count) {
            u->total += end - at;
            at = end;
            continue;
        }
        for (; at < end; at++, saturations++) {
            uint16_t low = low_bits(source->documents, at);
            int64_t document = base + low, number = segment->offset + document;
            if (document >= segment->size) return DAMAGED;
            if ((living && !living[document]) || judge(u->conditions, number) != PASSES) continue;
            u->total++;
            if (is_skipped || weighted_at_most(word, *saturations, real(&snapshot->recency, number)) < u->threshold) continue;
            best_add(u, heap, heap_count, (Best){weighted(snapshot, segment, word, *saturations, number, low, list->forms), number});
        }
    }
    return SOUND;
}

static int single_segment(Union *u, int64_t s, Best *heap, int64_t *heap_count) {
    const Segment *segment = &u->snapshot->segments[s];
    int failure = SOUND;
    if (u->words[0].rows[s] < 0) return SOUND;
    for (int64_t block = 0; block < segment->blocks && !failure; block++) {
        List list;
        failure = list_open(u, s, 0, block, &list) ? single_block(u, s, &list, block, heap, heap_count) : DAMAGED;
    }
    return failure;
}

/* Search all segments. `heaps` has room for the best of each; their numbers are in `counts`. */
static int union_search(Union *u, Best *heaps, int64_t *counts) {
    const Snapshot *snapshot = u->snapshot;
    int failure = SOUND;
    u->threshold = u->k ? -1 : INFINITY; /* nothing is scored if only the documents are wanted */
    for (int64_t i = u->count - 1; i >= 0; i--) u->rest[i] = u->rest[i + 1] + u->words[i].bound;
    for (int64_t s = 0; s < snapshot->segment_count && !failure; s++) {
        counts[s] = 0;
        failure = u->count == 1 && !u->matching ? single_segment(u, s, heaps + s * u->k, &counts[s])
                                                : union_segment(u, s, heaps + s * u->k, &counts[s]);
    }
    return failure;
}

/* -- phrases ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    int64_t *rows, *skip_counts;  /* of each segment */
    const uint32_t **skip_starts; /* where the positions of each SKIP-th posting begin; borrowed */
    int64_t gap;
    int64_t word; /* its number among the words of the plan */
    /* in one segment */
    Range range; /* what remains of the list in a block, where postings are searched for */
    int64_t block, first_posting, first_position, end, skip_count; /* `end`: where the positions of the row end */
    const uint32_t *skip;
    int64_t group, position; /* the group of SKIP postings that was read last, -1 for none, and where its positions begin */
    uint32_t before[SKIP + 1]; /* how many positions of the group come before those of each posting */
    int64_t group_size;
} Place;

typedef struct {
    const Snapshot *snapshot;
    Place *places;
    int64_t count, slop;
    float *norms; /* of the occurrences in one document */
    int64_t room;
    const int64_t *postings; /* of each of `word_count` words in each of the documents; NULL: they are searched for */
    int64_t word_count;
} Phrase;

/* numpy sums in pairs: np.add.reduceat is the first value plus this sum of the others. */
static float pairwise_sum(const float *values, int64_t count) {
    if (count < 8) {
        float sum = -0.0f;
        for (int64_t i = 0; i < count; i++) sum += values[i];
        return sum;
    }
    if (count <= 128) {
        float parts[8];
        int64_t i;
        for (int j = 0; j < 8; j++) parts[j] = values[j];
        for (i = 8; i < count - (count % 8); i += 8)
            for (int j = 0; j < 8; j++) parts[j] += values[i + j];
        float sum = ((parts[0] + parts[1]) + (parts[2] + parts[3])) + ((parts[4] + parts[5]) + (parts[6] + parts[7]));
        for (; i < count; i++) sum += values[i];
        return sum;
    }
    int64_t half = count / 2;
    half -= half % 8;
    return pairwise_sum(values, half) + pairwise_sum(values + half, count - half);
}

/* Let a place begin with the first posting of its row in a segment. */
static int place_begin(const Segment *segment, int64_t s, Place *place) {
    Range range;
    int64_t row = place->rows[s];
    if (!block_range(&segment->starts, segment->documents.items, segment->blocks, row, 0, &range)) return DAMAGED;
    if (row + 1 >= segment->position_starts.items) return DAMAGED;
    uint64_t first = item(&segment->position_starts, row), last = item(&segment->position_starts, row + 1);
    if (first > last || last > (uint64_t)segment->positions.items) return DAMAGED;
    place->first_posting = range.at;
    place->first_position = (int64_t)first;
    place->end = (int64_t)last;
    place->skip = place->skip_starts[s];
    place->skip_count = place->skip_counts[s];
    place->group = place->block = -1;
    return SOUND;
}

/* The number of positions of some postings of a segment, -1 if one is damaged. */
static inline int64_t count_positions(const Segment *segment, int64_t first, int64_t end) {
    const int64_t *counts = (const int64_t *)segment->counts.data, code_count = segment->counts.items;
    int64_t sum = 0;
    if (end > segment->codes.items || !segment->has_sound_counts) return -1;
    if (segment->codes.width == 1) {
        const unsigned char *codes = segment->codes.data;
        for (int64_t at = first; at < end; at++) {
            if (codes[at] >= code_count) return -1;
            sum += counts[codes[at]];
        }
        return sum;
    }
    for (int64_t at = first; at < end; at++) {
        uint64_t code = item(&segment->codes, at);
        if (code >= (uint64_t)code_count) return -1;
        sum += counts[code];
    }
    return sum;
}

/* Find where the positions of a group begin: by skips, or by those of a group before it. */
static int64_t group_position(const Segment *segment, const Place *place, int64_t group) {
    int64_t near = group < place->skip_count ? group : place->skip_count - 1, position = place->first_position;
    if (near > 0) position += place->skip[near];
    else near = 0;
    if (place->group > near) {
        if (place->group > group) return -1; /* postings that do not ascend */
        near = place->group;
        position = place->position;
    }
    int64_t count = count_positions(segment, place->first_posting + near * SKIP, place->first_posting + group * SKIP);
    return count < 0 || position > place->end - count ? -1 : position + count;
}

/* Add up the positions of a group of postings. Most segments have codes of one byte. */
static int group_read(const Segment *segment, Place *place, int64_t group) {
    const int64_t *counts = (const int64_t *)segment->counts.data, first = place->first_posting + group * SKIP;
    const uint64_t code_count = (uint64_t)segment->counts.items;
    uint64_t sum = 0;
    if (first >= segment->codes.items || (place->position = group_position(segment, place, group)) < 0) return DAMAGED;
    place->group = group;
    place->group_size = segment->codes.items - first < SKIP ? segment->codes.items - first : SKIP;
    if (segment->codes.width == 1) {
        const unsigned char *codes = segment->codes.data + first;
        for (int64_t i = 0; i < place->group_size; i++) {
            place->before[i] = (uint32_t)sum;
            sum += segment->count_of_code[codes[i]];
        }
    } else {
        for (int64_t i = 0; i < place->group_size; i++) {
            uint64_t code = item(&segment->codes, first + i);
            place->before[i] = (uint32_t)sum;
            if (code >= code_count) return DAMAGED;
            sum += (uint64_t)counts[code];
        }
    }
    place->before[place->group_size] = (uint32_t)sum;
    return sum >= UINT32_MAX ? DAMAGED : SOUND;
}

/* Find the positions of a posting. */
static inline int place_move(const Segment *segment, Place *place, int64_t posting, Range *span) {
    if (posting < place->first_posting) return DAMAGED;
    const uint64_t index = (uint64_t)(posting - place->first_posting);
    const int64_t group = (int64_t)(index / SKIP), within = (int64_t)(index % SKIP);
    if (group != place->group && group_read(segment, place, group)) return DAMAGED;
    if (within >= place->group_size) return DAMAGED;
    span->at = place->position + place->before[within];
    span->end = place->position + place->before[within + 1];
    return span->end > place->end ? DAMAGED : SOUND; /* positions of another word */
}

/* Search for the posting of a document of the segment; -1 if there is none. */
static int64_t place_seek(const Snapshot *snapshot, const Segment *segment, int64_t s, Place *place, int64_t document, int *failure) {
    const uint16_t low = (uint16_t)(document & (((int64_t)1 << snapshot->block_bits) - 1));
    if (document >> snapshot->block_bits != place->block) {
        place->block = document >> snapshot->block_bits;
        if (!block_range(&segment->starts, segment->documents.items, segment->blocks, place->rows[s], place->block, &place->range)) {
            *failure = DAMAGED;
            return -1;
        }
    }
    place->range.at = seek(&segment->documents, place->range.at, place->range.end, low);
    return place->range.at < place->range.end && low_bits(&segment->documents, place->range.at) == low ? place->range.at : -1;
}

/* The first position from `at` to `end` that is not below this one. */
static inline int64_t next_position(const Segment *segment, int64_t end, int64_t at, int64_t position) {
    if (segment->positions.width == 2) {
        while (at < end && low_bits(&segment->positions, at) < position) at++;
        return at;
    }
    while (at < end && (int64_t)item(&segment->positions, at) < position) at++;
    return at;
}

/* X of the phrase in a document, where each place has these positions; -1 where it does not occur. */
static int phrase_in_document(Phrase *phrase, const Segment *segment, int64_t number, const Range *spans, float *x) {
    const Snapshot *snapshot = phrase->snapshot;
    int64_t cursors[MAX_WORDS], occurrences = 0;
    for (int64_t i = 0; i < phrase->count; i++) cursors[i] = spans[i].at;
    *x = -1;
    for (int64_t at = spans[0].at; at < spans[0].end; at++) {
        int64_t start = (int64_t)item(&segment->positions, at), here = start, i;
        for (i = 1; i < phrase->count; i++) {
            const Place *place = &phrase->places[i];
            cursors[i] = next_position(segment, spans[i].end, cursors[i], here + place->gap - phrase->places[i - 1].gap);
            if (cursors[i] >= spans[i].end) goto done;
            here = (int64_t)item(&segment->positions, cursors[i]);
            if (here - start - (place->gap - phrase->places[0].gap) > phrase->slop) break;
        }
        if (i < phrase->count) continue;
        if (occurrences >= phrase->room) {
            int64_t room = phrase->room ? 2 * phrase->room : 64;
            float *norms = realloc(phrase->norms, (size_t)room * sizeof(float));
            if (!norms) return NO_MEMORY;
            phrase->norms = norms;
            phrase->room = room;
        }
        int64_t field = 0;
        for (int64_t f = 0; f < FIELDS - 1; f++)
            field += (int64_t)item(&snapshot->field_starts, f * snapshot->size + number) <= start;
        phrase->norms[occurrences++] = real(&snapshot->norms, field * snapshot->size + number);
    }
done:
    if (occurrences == 1) *x = phrase->norms[0];
    else if (occurrences) *x = phrase->norms[0] + pairwise_sum(phrase->norms + 1, occurrences - 1);
    return SOUND;
}

/* Read LANES positions, of which only `count` belong to the document. The others become `other`. */
static inline uint64_t lanes_of(const Segment *segment, int64_t at, int64_t count, uint64_t other) {
    static const uint16_t flags[2 * LANES] = {0, 0, 0, 0, UINT16_MAX, UINT16_MAX, UINT16_MAX, UINT16_MAX};
    uint64_t positions, others;
    memcpy(&positions, segment->positions.data + 2 * at, sizeof(positions));
    memcpy(&others, flags + LANES - (count < LANES ? count : LANES), sizeof(others));
    return (positions & ~others) | (other & others);
}

/* Whether the first two places of an exact phrase may be side by side in a document. All pairs of four positions each are compared
 * without branches, which the processor would predict wrongly: the difference of two equal ones is a lane of 0 (Mycroft 1987). */
static inline int may_occur(const Phrase *phrase, const Segment *segment, const Range *spans) {
    const uint64_t ones = 0x0001000100010001, highest = 0x8000800080008000, no_first = 0xffffffffffffffff, no_second = 0xfffefffefffefffe;
    const uint64_t gap = (uint16_t)(phrase->places[1].gap - phrase->places[0].gap) * ones;
    const int64_t last = segment->positions.items - LANES;
    uint64_t equal = 0;
    if (phrase->slop || segment->positions.width != 2 || spans[0].end > last || spans[1].end > last) return 1;
    for (int64_t second = spans[1].at; second < spans[1].end; second += LANES) {
        const uint64_t positions = lanes_of(segment, second, spans[1].end - second, no_second);
        for (int64_t first = spans[0].at; first < spans[0].end; first += LANES) {
            uint64_t wanted = lanes_of(segment, first, spans[0].end - first, no_first - gap);
            wanted = ((wanted & ~highest) + (gap & ~highest)) ^ ((wanted ^ gap) & highest); /* adds each lane for itself */
            for (int i = 0; i < LANES; i++) {
                const uint64_t difference = positions ^ wanted;
                equal |= (difference - ones) & ~difference;
                wanted = wanted << 16 | wanted >> 48;
            }
        }
    }
    return (equal & highest) != 0;
}

/* Let the processor fetch where the fields of a document begin, and its norms. */
static inline void prefetch_norms(const Snapshot *snapshot, int64_t number) {
    for (int64_t field = 0; field < FIELDS - 1; field++)
        PREFETCH(snapshot->field_starts.data + (size_t)(field * snapshot->size + number) * 4);
    PREFETCH(snapshot->norms.data + (size_t)(BODY * snapshot->size + number) * 4);
}

/* Let the places of a phrase begin with a segment; 0 where one of its words does not occur. */
static int phrase_begin(Phrase *phrase, int64_t s, int *failure) {
    for (int64_t i = 0; i < phrase->count; i++) {
        if (phrase->places[i].rows[s] < 0) return 0;
        if ((*failure = place_begin(&phrase->snapshot->segments[s], s, &phrase->places[i]))) return 0;
    }
    return 1;
}

/* Find the positions of all places in at most AHEAD documents, the first of which has this number among all documents. Clear the flag of
 * a document in which one of the places does not occur. */
static int phrase_move(Phrase *phrase, int64_t s, int64_t first, const int64_t *documents, int64_t count, Range *spans,
                       unsigned char *occurs) {
    const Segment *segment = &phrase->snapshot->segments[s];
    const size_t width = (size_t)segment->positions.width;
    int failure = SOUND;
    memset(occurs, 1, AHEAD);
    for (int64_t p = 0; p < phrase->count; p++) {
        Place *place = &phrase->places[p];
        const int64_t *postings = phrase->postings ? phrase->postings + first * phrase->word_count + place->word : NULL;
        for (int64_t i = 0; i < count; i++) {
            Range *span = &spans[i * phrase->count + p];
            int64_t posting = postings ? postings[i * phrase->word_count]
                                       : place_seek(phrase->snapshot, segment, s, place, documents[i] - segment->offset, &failure);
            if (posting < 0) occurs[i] = 0;
            else failure |= place_move(segment, place, posting, span);
            if (failure) return failure;
            if (posting >= 0) PREFETCH(segment->positions.data + (size_t)span->at * width);
        }
    }
    return SOUND;
}

/* `first`: the number of the first of these documents among all documents. The positions of several documents are found before they
 * are read, so that the processor can fetch them meanwhile. */
static int phrase_in_segment(Phrase *phrase, int64_t s, int64_t first, const int64_t *documents, int64_t count, float *xs) {
    const Segment *segment = &phrase->snapshot->segments[s];
    int failure = SOUND;
    if (!phrase_begin(phrase, s, &failure)) return failure;
    Range *spans = malloc((size_t)(AHEAD * phrase->count) * sizeof(Range));
    if (!spans) return NO_MEMORY;
    for (int64_t d = 0; d < count && !failure; d += AHEAD) {
        int64_t size = count - d < AHEAD ? count - d : AHEAD;
        unsigned char occurs[AHEAD];
        failure = phrase_move(phrase, s, first + d, documents + d, size, spans, occurs);
        for (int64_t i = 0; i < size && !failure; i++) {
            occurs[i] = occurs[i] && (phrase->count == 1 || may_occur(phrase, segment, spans + i * phrase->count));
            if (occurs[i]) prefetch_norms(phrase->snapshot, documents[d + i]);
        }
        for (int64_t i = 0; i < size && !failure; i++)
            if (occurs[i]) failure = phrase_in_document(phrase, segment, documents[d + i], spans + i * phrase->count, &xs[d + i]);
    }
    free(spans);
    return failure;
}

static int phrase_search(Phrase *phrase, const int64_t *documents, int64_t count, float *xs) {
    const Snapshot *snapshot = phrase->snapshot;
    int64_t d = 0, last = -1;
    for (int64_t i = 0; i < count; i++) {
        if (documents[i] <= last || documents[i] >= snapshot->size) return DAMAGED; /* they must ascend */
        last = documents[i];
        xs[i] = -1;
    }
    for (int64_t s = 0; s < snapshot->segment_count; s++) {
        int64_t first = d, end = snapshot->segments[s].offset + snapshot->segments[s].size;
        while (d < count && documents[d] < end) d++;
        int failure = d > first ? phrase_in_segment(phrase, s, first, documents + first, d - first, xs + first) : SOUND;
        if (failure) return failure;
    }
    return SOUND;
}

static int read_skips(PyObject *values, Place *place, int64_t count) {
    if (PyTuple_Size(values) != count) {
        PyErr_SetString(PyExc_ValueError, "a place needs skips for each segment");
        return -1;
    }
    place->skip_starts = calloc((size_t)count + 1, sizeof(*place->skip_starts));
    place->skip_counts = calloc((size_t)count + 1, sizeof(int64_t));
    if (!place->skip_starts || !place->skip_counts) {
        PyErr_NoMemory();
        return -1;
    }
    for (int64_t s = 0; s < count; s++) {
        char *bytes;
        Py_ssize_t size;
        if (PyBytes_AsStringAndSize(PyTuple_GetItem(values, s), &bytes, &size) < 0) return -1;
        if ((uintptr_t)bytes % sizeof(uint32_t)) size = 0;
        place->skip_starts[s] = (const uint32_t *)(uintptr_t)bytes;
        place->skip_counts[s] = size / (Py_ssize_t)sizeof(uint32_t);
    }
    return 0;
}

/* Read (gap, rows, skips) of each place of a phrase. */
static int phrase_read(PyObject *plan, Phrase *phrase) {
    phrase->count = PyTuple_Size(plan);
    if (phrase->count < 1 || phrase->count > MAX_WORDS) {
        PyErr_SetString(PyExc_ValueError, "a phrase has too many words");
        return -1;
    }
    phrase->places = calloc((size_t)phrase->count, sizeof(Place));
    if (!phrase->places) {
        PyErr_NoMemory();
        return -1;
    }
    for (int64_t i = 0; i < phrase->count; i++) {
        PyObject *rows, *skips;
        long long gap;
        if (!PyArg_ParseTuple(PyTuple_GetItem(plan, i), "LOO!", &gap, &rows, &PyTuple_Type, &skips) ||
            !(phrase->places[i].rows = new_rows(rows, phrase->snapshot->segment_count)) ||
            read_skips(skips, &phrase->places[i], phrase->snapshot->segment_count) < 0)
            return -1;
        phrase->places[i].gap = gap;
    }
    return 0;
}

static void phrase_free(Phrase *phrase) {
    for (int64_t i = 0; phrase->places && i < phrase->count; i++) {
        free(phrase->places[i].rows);
        free(phrase->places[i].skip_counts);
        free(phrase->places[i].skip_starts);
    }
    free(phrase->places);
    free(phrase->norms);
}

static PyObject *kernel_phrase(PyObject *module, PyObject *arguments) {
    PyObject *capsule, *plan, *documents_object, *result = NULL;
    long long slop;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OO!LO", &capsule, &PyTuple_Type, &plan, &slop, &documents_object)) return NULL;
    Phrase phrase = {.snapshot = PyCapsule_GetPointer(capsule, CAPSULE), .slop = slop};
    Array documents = {0};
    float *xs = NULL;
    if (!phrase.snapshot || phrase_read(plan, &phrase) < 0 || array_open(documents_object, &documents, 8) < 0) goto done;
    xs = malloc((size_t)(documents.items ? documents.items : 1) * sizeof(float));
    if (!xs) {
        PyErr_NoMemory();
        goto done;
    }
    int failure;
    Py_BEGIN_ALLOW_THREADS
    failure = phrase_search(&phrase, (const int64_t *)documents.data, documents.items, xs);
    Py_END_ALLOW_THREADS
    result = failure ? raise_failure(failure) : PyBytes_FromStringAndSize((const char *)xs, documents.items * (Py_ssize_t)sizeof(float));
done:
    phrase_free(&phrase);
    free(xs);
    array_close(&documents);
    return result;
}

/* -- the best documents of a plan --------------------------------------------------------------------------------------- */

/* All of some words or any of them, what documents must fulfil, and a phrase: required if there is no other score, or preferred. */
typedef struct {
    const Snapshot *snapshot;
    Word *words;
    int64_t word_count, k, total;
    int is_any, is_phrase; /* is_phrase: the score is that of the phrase alone */
    int is_counted;        /* the total is wanted; otherwise it may be too low */
    Conditions conditions;
    Phrase phrase; /* without places: none */
    int places_are_words; /* each place has the postings of one of the words */
    float phrase_unit, bound_ratio; /* what the phrase adds at most, to what the word at its first place adds */
    int64_t bound_word;             /* the number of this word */
    Hits hits;
    Best *heaps; /* the best of each segment */
    int64_t *counts;
    unsigned char *matching; /* of a union: a byte a document where wanted */
} Plan;

static int by_rank(const void *a, const void *b) { return is_worse(a, b) - is_worse(b, a); }

/* Return the documents of these hits, and behind them the postings of each word in them. The caller frees them. */
static int64_t *phrase_documents(const Plan *plan, const int64_t *indices, int64_t count) {
    const int64_t words = plan->word_count;
    int64_t *documents = malloc((size_t)(count * (words + 1) + 1) * sizeof(int64_t)), *postings = documents + count;
    for (int64_t i = 0; documents && i < count; i++) {
        documents[i] = plan->hits.documents[indices[i]];
        for (int64_t word = 0; word < words; word++) postings[i * words + word] = plan->hits.postings[indices[i] * words + word];
    }
    return documents;
}

/* What the phrase adds to these hits, given by their indices in ascending order (NULL: to all); -1 where it does not occur. */
static int phrase_bonus(Plan *plan, const int64_t *indices, int64_t count, float *bonuses) {
    int64_t *copies = indices ? phrase_documents(plan, indices, count) : NULL;
    const int64_t *documents = indices ? copies : plan->hits.documents, *postings = indices ? copies + count : plan->hits.postings;
    if (indices && !copies) return NO_MEMORY;
    plan->phrase.postings = plan->places_are_words ? postings : NULL;
    int failure = phrase_search(&plan->phrase, documents, count, bonuses);
    for (int64_t i = 0; i < count && !failure; i++) {
        if (bonuses[i] < 0) continue;
        float saturation = bonuses[i] / (bonuses[i] + plan->snapshot->k1);
        bonuses[i] = saturation * real(&plan->snapshot->recency, documents[i]) * plan->phrase_unit;
    }
    free(copies);
    return failure;
}

/* Keep the hits that have the phrase, with its score. */
static int require_phrase(Plan *plan) {
    Hits *hits = &plan->hits;
    int64_t count = 0;
    float *scores = malloc((size_t)(hits->count + 1) * sizeof(float));
    int failure = scores ? phrase_bonus(plan, NULL, hits->count, scores) : NO_MEMORY;
    for (int64_t i = 0; i < hits->count && !failure; i++) {
        if (scores[i] < 0) continue;
        hits->documents[count] = hits->documents[i];
        scores[count++] = scores[i];
    }
    if (failure) free(scores);
    else {
        free(hits->values);
        hits->values = scores;
        hits->columns = 1;
        hits->count = count;
    }
    return failure;
}

/* Keep the documents that fail a condition alone if they have the phrase. */
static int require_phrase_sideways(Plan *plan, Condition *condition) {
    float *x = malloc((size_t)(condition->count + 1) * sizeof(float));
    if (!x) return NO_MEMORY;
    plan->phrase.postings = NULL;
    int failure = phrase_search(&plan->phrase, condition->documents, condition->count, x);
    int64_t count = 0;
    for (int64_t i = 0; i < condition->count && !failure; i++)
        if (x[i] >= 0) condition->documents[count++] = condition->documents[i];
    condition->count = count;
    free(x);
    return failure;
}

/* Add the phrase to the score of these hits. */
static int add_phrase(Plan *plan, const int64_t *indices, int64_t count) {
    float *bonuses = malloc((size_t)(count ? count : 1) * sizeof(float));
    int failure = bonuses ? phrase_bonus(plan, indices, count, bonuses) : NO_MEMORY;
    for (int64_t i = 0; i < count && !failure; i++)
        if (bonuses[i] >= 0) plan->hits.values[indices[i] * plan->hits.columns] += bonuses[i];
    free(bonuses);
    return failure;
}

/* Return the k-th highest of some values, using a heap with room for k entries. There are at least k. */
static float kth_highest(const float *values, int64_t step, const int64_t *indices, int64_t count, int64_t k, Best *heap) {
    int64_t room = 0;
    heap[0].score = -1;
    for (int64_t i = 0; i < count; i++) heap_add(heap, &room, k, (Best){values[(indices ? indices[i] : i) * step], 0});
    return heap[0].score;
}

/* Prefer the phrase where it can matter: in the hits with the highest bounds, then in those whose bound reaches the k-th of these.
 * A phrase occurs at most as often as its first word, so what it adds is bounded by what the word adds. */
static int prefer_phrase(Plan *plan) {
    Hits *hits = &plan->hits;
    int64_t probes = plan->k > MIN_PROBES ? plan->k : MIN_PROBES, count = 0, first = 0;
    int64_t *indices = calloc((size_t)hits->count + 1, sizeof(int64_t));
    float *bounds = malloc((size_t)(hits->count + 1) * sizeof(float));
    unsigned char *is_final = calloc((size_t)hits->count + 1, 1);
    Best *heap = malloc((size_t)probes * sizeof(Best));
    int failure = indices && bounds && is_final && heap ? SOUND : NO_MEMORY;
    if (failure) goto done;
    for (int64_t i = 0; i < hits->count; i++) {
        const float *row = hits->values + i * hits->columns;
        bounds[i] = UNSCORED;
        if (row[0] == UNSCORED) continue;
        bounds[i] = row[0] + row[1 + plan->bound_word] * plan->bound_ratio;
        indices[count++] = i;
    }
    if (count <= 4 * probes) {
        failure = add_phrase(plan, indices, count);
        goto done;
    }
    count = 0;
    float lowest = kth_highest(bounds, 1, NULL, hits->count, probes, heap);
    for (int64_t i = 0; i < hits->count && count < 4 * probes; i++)
        if (bounds[i] >= lowest) {
            indices[count++] = i;
            is_final[i] = 1;
        }
    if ((failure = add_phrase(plan, indices, count))) goto done;
    lowest = kth_highest(hits->values, hits->columns, indices, count, plan->k, heap);
    for (int64_t i = 0; i < hits->count; i++)
        if (!is_final[i] && bounds[i] >= lowest) indices[first++] = i;
    failure = add_phrase(plan, indices, first);
done:
    free(indices);
    free(bounds);
    free(is_final);
    free(heap);
    return failure;
}

/* Find the word of a plan whose postings are those of a place. Words from several lists have others. */
static int find_word_of_place(const Plan *plan, Place *place) {
    size_t size = (size_t)plan->snapshot->segment_count * sizeof(int64_t);
    for (place->word = 0; place->word < plan->word_count; place->word++) {
        const Word *word = &plan->words[place->word];
        if (!word->is_merged && memcmp(word->rows, place->rows, size) == 0) return 1;
    }
    return 0;
}

static int plan_search(Plan *plan) {
    const Snapshot *snapshot = plan->snapshot;
    if (plan->is_any) {
        Union *u = calloc(1, sizeof(Union));
        if (!u) return NO_MEMORY;
        u->snapshot = snapshot;
        u->conditions = &plan->conditions;
        u->words = plan->words;
        u->count = plan->word_count;
        u->k = plan->k;
        u->matching = plan->matching;
        u->is_counted = plan->is_counted || plan->matching;
        int failure = union_search(u, plan->heaps, plan->counts);
        plan->total = u->total;
        free(u);
        return failure;
    }
    Hits *hits = &plan->hits;
    hits->conditions = &plan->conditions;
    hits->columns = plan->is_phrase || !plan->k ? 0 : plan->phrase.places ? plan->word_count + 1 : 1;
    hits->wants_postings = hits->columns || plan->phrase.places ? plan->word_count : 0;
    hits->k = hits->columns ? plan->k : 0;
    hits->bound_word = plan->phrase.places ? plan->bound_word : -1;
    hits->bound_ratio = plan->bound_ratio;
    if (!(hits->best = malloc((size_t)(hits->k + 1) * sizeof(Best)))) return NO_MEMORY;
    plan->phrase.word_count = plan->word_count;
    plan->places_are_words = 1;
    for (int64_t place = 0; place < plan->phrase.count; place++) plan->places_are_words &= find_word_of_place(plan, &plan->phrase.places[place]);
    int failure = conjunction_search(snapshot, plan->words, plan->word_count, hits);
    for (int64_t i = 0; i < plan->conditions.count && !failure && plan->is_phrase; i++)
        if (plan->conditions.items[i].count) failure = require_phrase_sideways(plan, &plan->conditions.items[i]);
    if (!failure && plan->is_phrase) failure = require_phrase(plan);
    else if (!failure && plan->k && plan->phrase.places) failure = prefer_phrase(plan);
    plan->total = hits->count;
    for (int64_t s = 0, i = 0; plan->k && s < snapshot->segment_count && !failure; s++) {
        int64_t end = snapshot->segments[s].offset + snapshot->segments[s].size;
        for (plan->counts[s] = 0; i < hits->count && hits->documents[i] < end; i++) {
            const Best hit = {hits->values[i * hits->columns], hits->documents[i]};
            if (hit.score != UNSCORED) heap_add(plan->heaps + s * plan->k, &plan->counts[s], plan->k, hit);
        }
    }
    return failure;
}

/* Return for each sideways condition the documents that fail it alone, as bytes. */
static PyObject *sideways_result(const Conditions *conditions) {
    PyObject *result = PyList_New(0);
    for (int64_t i = 0; result && i < conditions->count; i++) {
        const Condition *condition = &conditions->items[i];
        if (!condition->is_sideways) continue;
        PyObject *bytes = PyBytes_FromStringAndSize((const char *)condition->documents, condition->count * (Py_ssize_t)sizeof(int64_t));
        if (!bytes || PyList_Append(result, bytes) < 0) {
            Py_DecRef(result);
            result = NULL;
        }
        Py_DecRef(bytes);
    }
    return result;
}

/* The total, all documents as bytes (or a mask of a union; empty where they are not wanted), and the best of each segment as lists
 * of numbers and scores: the highest scores first, equal ones by number. The last item is for sideways conditions. */
static PyObject *plan_result(Plan *plan, int wants_documents) {
    PyObject *numbers = PyList_New(0), *scores = PyList_New(0), *sideways = NULL, *result = NULL;
    const char *all = "";
    Py_ssize_t size = 0;
    if (!numbers || !scores) goto done;
    for (int64_t s = 0; s < plan->snapshot->segment_count; s++) {
        Best *heap = plan->heaps + s * plan->k;
        qsort(heap, (size_t)plan->counts[s], sizeof(Best), by_rank);
        for (int64_t i = 0; i < plan->counts[s]; i++) {
            PyObject *number = PyLong_FromLongLong(heap[i].number), *score = PyFloat_FromDouble(heap[i].score);
            int failed = !number || !score || PyList_Append(numbers, number) < 0 || PyList_Append(scores, score) < 0;
            Py_DecRef(number);
            Py_DecRef(score);
            if (failed) goto done;
        }
    }
    if (wants_documents && plan->matching) {
        all = (const char *)plan->matching;
        size = (Py_ssize_t)plan->snapshot->size;
    } else if (wants_documents && plan->hits.documents) {
        all = (const char *)plan->hits.documents;
        size = (Py_ssize_t)(plan->hits.count * (int64_t)sizeof(int64_t));
    }
    if ((sideways = sideways_result(&plan->conditions)))
        result = Py_BuildValue("LOOy#O", (long long)plan->total, numbers, scores, all, size, sideways);
done:
    Py_DecRef(sideways);
    Py_DecRef(numbers);
    Py_DecRef(scores);
    return result;
}

static int plan_allocate(Plan *plan, int wants_documents) {
    int64_t segments = plan->snapshot->segment_count ? plan->snapshot->segment_count : 1;
    plan->heaps = malloc(((size_t)segments * (size_t)plan->k + 1) * sizeof(Best));
    plan->counts = calloc((size_t)segments, sizeof(int64_t));
    if (plan->is_any && wants_documents) plan->matching = calloc(plan->snapshot->size ? (size_t)plan->snapshot->size : 1, 1);
    if (plan->heaps && plan->counts && (plan->matching || !plan->is_any || !wants_documents)) return 0;
    PyErr_NoMemory();
    return -1;
}

static void plan_free(Plan *plan) {
    words_free(plan->words, plan->word_count);
    conditions_free(&plan->conditions);
    phrase_free(&plan->phrase);
    hits_free(&plan->hits);
    free(plan->heaps);
    free(plan->counts);
    free(plan->matching);
    free(plan);
}

/* best(snapshot, words, is_any, conditions, (places, slop, unit, ratio, word) or (), k, wants_documents, wants_total) */
static PyObject *kernel_best(PyObject *module, PyObject *arguments) {
    PyObject *capsule, *words, *conditions, *phrase, *places, *result = NULL;
    int is_any, wants_documents, wants_total;
    long long k, slop, bound_word;
    (void)module;
    Plan *plan = calloc(1, sizeof(Plan));
    if (!plan) return PyErr_NoMemory();
    if (!PyArg_ParseTuple(arguments, "OO!pO!O!Lpp", &capsule, &PyTuple_Type, &words, &is_any, &PyTuple_Type, &conditions, &PyTuple_Type,
                          &phrase, &k, &wants_documents, &wants_total) ||
        !(plan->snapshot = PyCapsule_GetPointer(capsule, CAPSULE)) ||
        !(plan->words = read_words(words, plan->snapshot->segment_count, &plan->word_count)) ||
        conditions_read(conditions, plan->snapshot->size, &plan->conditions) < 0)
        goto done;
    plan->is_any = is_any;
    plan->is_counted = wants_total;
    plan->k = k;
    if (PyTuple_Size(phrase)) {
        if (!PyArg_ParseTuple(phrase, "O!LffL", &PyTuple_Type, &places, &slop, &plan->phrase_unit, &plan->bound_ratio, &bound_word))
            goto done;
        plan->phrase.snapshot = plan->snapshot;
        plan->phrase.slop = slop;
        plan->is_phrase = bound_word < 0;
        plan->bound_word = bound_word;
        if (phrase_read(places, &plan->phrase) < 0) goto done;
    }
    if (k < 0 || k > MAX_BEST || (plan->phrase.places && (is_any || plan->bound_word >= plan->word_count))) {
        PyErr_SetString(PyExc_ValueError, "an impossible number of documents or an impossible phrase");
        goto done;
    }
    if (plan_allocate(plan, wants_documents) < 0) goto done;
    int failure;
    Py_BEGIN_ALLOW_THREADS
    failure = plan_search(plan);
    Py_END_ALLOW_THREADS
    result = failure ? raise_failure(failure) : plan_result(plan, wants_documents);
done:
    plan_free(plan);
    return result;
}

/* Where the positions of each SKIP-th posting of a list begin, counted from its first one. Short lists need none. */
static PyObject *skips_in_segment(const Snapshot *snapshot, int64_t s, int64_t row) {
    const Segment *segment = &snapshot->segments[s];
    Range first, last;
    if (row < 0) return PyBytes_FromStringAndSize("", 0);
    if (!block_range(&segment->starts, segment->documents.items, segment->blocks, row, 0, &first) ||
        !block_range(&segment->starts, segment->documents.items, segment->blocks, row, segment->blocks - 1, &last) ||
        last.end < first.at)
        return raise_failure(DAMAGED);
    int64_t size = last.end - first.at, position = 0;
    if (size < MIN_SKIPPED) return PyBytes_FromStringAndSize("", 0);
    PyObject *result = PyBytes_FromStringAndSize(NULL, (size / SKIP + 1) * (Py_ssize_t)sizeof(uint32_t));
    if (!result) return NULL;
    uint32_t *skips = (uint32_t *)(uintptr_t)PyBytes_AsString(result);
    memset(skips, 0, (size_t)(size / SKIP + 1) * sizeof(uint32_t));
    for (int64_t i = 0; i < size; i += SKIP) {
        int64_t end = i + SKIP < size ? i + SKIP : size, count = count_positions(segment, first.at + i, first.at + end);
        skips[i / SKIP] = (uint32_t)position;
        if (count < 0 || count > UINT32_MAX - position) {
            Py_DecRef(result);
            return raise_failure(DAMAGED);
        }
        position += count;
    }
    return result;
}

static PyObject *kernel_skips(PyObject *module, PyObject *arguments) {
    PyObject *capsule, *values;
    int64_t rows[MAX_SEGMENTS];
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OO", &capsule, &values)) return NULL;
    const Snapshot *snapshot = PyCapsule_GetPointer(capsule, CAPSULE);
    if (!snapshot || read_rows(values, rows, snapshot->segment_count) < 0) return NULL;
    PyObject *result = PyTuple_New(snapshot->segment_count);
    for (int64_t s = 0; result && s < snapshot->segment_count; s++) {
        PyObject *skips = skips_in_segment(snapshot, s, rows[s]);
        if (!skips || PyTuple_SetItem(result, s, skips) < 0) {
            Py_DecRef(result);
            return NULL;
        }
    }
    return result;
}

/* -- membership --------------------------------------------------------------------------------------------------------- */

/* Set a flag for each of the documents of a segment, which ascend, that is in a list. */
static int list_contains(const Snapshot *snapshot, int64_t s, int64_t row, const int64_t *documents, int64_t count,
                         unsigned char *flags) {
    const Segment *segment = &snapshot->segments[s];
    Range range = {0, 0};
    int64_t block = -1;
    for (int64_t d = 0; row >= 0 && d < count; d++) {
        int64_t document = documents[d] - segment->offset;
        if (document >> snapshot->block_bits != block) {
            block = document >> snapshot->block_bits;
            if (!block_range(&segment->starts, segment->documents.items, segment->blocks, row, block, &range)) return DAMAGED;
        }
        uint16_t low = (uint16_t)(document - (block << snapshot->block_bits));
        range.at = seek(&segment->documents, range.at, range.end, low);
        flags[d] = range.at < range.end && low_bits(&segment->documents, range.at) == low;
    }
    return SOUND;
}

static int lists_contain(const Snapshot *snapshot, const int64_t *rows, const int64_t *documents, int64_t count,
                         unsigned char *flags) {
    int64_t d = 0;
    for (int64_t s = 0; s < snapshot->segment_count; s++) {
        int64_t first = d, end = snapshot->segments[s].offset + snapshot->segments[s].size;
        while (d < count && documents[d] < end) d++;
        int failure = d > first ? list_contains(snapshot, s, rows[s], documents + first, d - first, flags + first) : SOUND;
        if (failure) return failure;
    }
    return SOUND;
}

static PyObject *kernel_contains(PyObject *module, PyObject *arguments) {
    PyObject *capsule, *lists, *documents_object, *result = NULL;
    int64_t rows[MAX_SEGMENTS], last = -1;
    unsigned char *flags = NULL;
    Array documents = {0};
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OO!O", &capsule, &PyTuple_Type, &lists, &documents_object)) return NULL;
    const Snapshot *snapshot = PyCapsule_GetPointer(capsule, CAPSULE);
    int64_t count = PyTuple_Size(lists);
    if (!snapshot || array_open(documents_object, &documents, 8) < 0) goto done;
    const int64_t *numbers = (const int64_t *)documents.data;
    for (int64_t d = 0; d < documents.items; last = numbers[d++])
        if (numbers[d] <= last || numbers[d] >= snapshot->size) {
            PyErr_SetString(PyExc_ValueError, "documents must ascend and be there");
            goto done;
        }
    if (count > 100000 || !(flags = calloc((size_t)(count * documents.items + 1), 1))) {
        PyErr_NoMemory();
        goto done;
    }
    for (int64_t i = 0; i < count; i++) {
        if (read_rows(PyTuple_GetItem(lists, i), rows, snapshot->segment_count) < 0) goto done;
        if (lists_contain(snapshot, rows, numbers, documents.items, flags + i * documents.items)) {
            raise_failure(DAMAGED);
            goto done;
        }
    }
    result = PyBytes_FromStringAndSize((const char *)flags, count * documents.items);
done:
    free(flags);
    array_close(&documents);
    return result;
}

/* -- the first page of a few words ---------------------------------------------------------------------------------------- */

/* The items of a planned word, see `kernel_queries.PlannedWord`. */
enum { WORD_FREQUENCY = 1, WORD_RARITY, WORD_UNIT, WORD_BOUND, WORD_ROWS, WORD_ARGUMENTS, WORD_ITEMS = 9 };

/* The documents with all words, and behind them those with some of them. */
typedef struct {
    const Snapshot *snapshot;
    PyObject *words; /* planned words as typed */
    PyObject *conditions;
    int64_t word_count, k, total, count, full_count;
    double values[MAX_WORDS][WORD_ITEMS]; /* the numbers among the items */
    Best *best;
    int is_relaxed, has_ties;
} FirstPage;

static int words_check(FirstPage *page) {
    page->word_count = PyTuple_Size(page->words);
    if (page->word_count < 1 || page->word_count > MAX_WORDS || page->k < 1 || page->k > MAX_BEST) {
        PyErr_SetString(PyExc_ValueError, "an impossible number of words or documents");
        return -1;
    }
    for (int64_t i = 0; i < page->word_count; i++) {
        PyObject *word = PyTuple_GetItem(page->words, i);
        if (!PyTuple_Check(word) || PyTuple_Size(word) != WORD_ITEMS) {
            PyErr_SetString(PyExc_ValueError, "a word is not planned");
            return -1;
        }
        for (int value = WORD_FREQUENCY; value <= WORD_BOUND; value++)
            page->values[i][value] = PyFloat_AsDouble(PyTuple_GetItem(word, value));
    }
    return PyErr_Occurred() ? -1 : 0;
}

/* Sort the words: the rarest first, equal ones as typed. With `is_any`, those with the highest bounds first, equal ones in reverse, and
 * leave out those without documents. The last bit of a score depends on this order, which is that of `kernel_queries.best_of_plan`.
 * Return how many they are. */
static int64_t words_order(const FirstPage *page, int is_any, int64_t *order) {
    const int value = is_any ? WORD_BOUND : WORD_FREQUENCY;
    int64_t count = 0;
    for (int64_t i = 0; i < page->word_count; i++) {
        const double own = page->values[i][value];
        if (is_any && page->values[i][WORD_FREQUENCY] <= 0) continue;
        int64_t at = count++;
        for (; at > 0; at--) {
            const double before = page->values[order[at - 1]][value];
            if (is_any ? before > own : before <= own) break;
            order[at] = order[at - 1];
        }
        order[at] = i;
    }
    return count;
}

static Word *words_in_order(const FirstPage *page, const int64_t *order, int64_t count, int64_t *word_count) {
    PyObject *arguments = PyTuple_New(count);
    if (!arguments) return NULL;
    for (int64_t i = 0; i < count; i++) {
        PyObject *own = PyTuple_GetItem(PyTuple_GetItem(page->words, order[i]), WORD_ARGUMENTS);
        Py_IncRef(own);
        PyTuple_SetItem(arguments, i, own); /* cannot fail: the tuple is new */
    }
    Word *words = read_words(arguments, page->snapshot->segment_count, word_count);
    Py_DecRef(arguments);
    return words;
}

/* Add the best documents of a search that are not there yet, up to `k` in all. */
static void page_add(FirstPage *page, Plan *plan) {
    int64_t count = 0, first = page->count;
    for (int64_t s = 0; s < page->snapshot->segment_count; s++) {
        memmove(plan->heaps + count, plan->heaps + s * plan->k, (size_t)plan->counts[s] * sizeof(Best));
        count += plan->counts[s];
    }
    qsort(plan->heaps, (size_t)count, sizeof(Best), by_rank);
    /* In several segments, dates and ids decide between equal scores: then the caller has to sort. */
    for (int64_t i = 1; page->snapshot->segment_count > 1 && i < count && i <= plan->k; i++)
        if (plan->heaps[i].score == plan->heaps[i - 1].score) page->has_ties = 1;
    for (int64_t i = 0; i < count && i < plan->k && page->count < page->k; i++) {
        int is_new = 1;
        for (int64_t j = 0; j < first; j++) is_new &= page->best[j].number != plan->heaps[i].number;
        if (is_new) page->best[page->count++] = plan->heaps[i];
    }
}

/* Search for all of the words, or for any of them. */
static int page_search(FirstPage *page, int is_any, PyObject *places, long long slop, double phrase_factor) {
    int64_t order[MAX_WORDS], count = words_order(page, is_any, order);
    if (!count) return 0;
    Plan *plan = calloc(1, sizeof(Plan));
    int failure = NO_MEMORY, result = -1;
    if (!plan) {
        PyErr_NoMemory();
        return -1;
    }
    plan->snapshot = page->snapshot;
    plan->is_any = is_any;
    plan->is_counted = !page->total;
    plan->k = page->k;
    if (!(plan->words = words_in_order(page, order, count, &plan->word_count))) goto done;
    if (conditions_read(page->conditions, page->snapshot->size, &plan->conditions) < 0) goto done;
    if (!is_any && PyTuple_Size(places)) {
        double rarity = 0;
        for (int64_t i = 0; i < page->word_count; i++) rarity += page->values[i][WORD_RARITY];
        plan->phrase.snapshot = page->snapshot;
        plan->phrase.slop = slop;
        plan->phrase_unit = (float)(phrase_factor * rarity);
        plan->bound_ratio = (float)((double)ROUNDING_MARGIN * (phrase_factor * rarity) / page->values[0][WORD_UNIT]);
        while (order[plan->bound_word]) plan->bound_word++;
        if (phrase_read(places, &plan->phrase) < 0) goto done;
    }
    if (plan_allocate(plan, 0) < 0) goto done;
    Py_BEGIN_ALLOW_THREADS
    failure = plan_search(plan);
    Py_END_ALLOW_THREADS
    if (failure) raise_failure(failure);
    else {
        if (!page->total) page->total = plan->total;
        page_add(page, plan);
        result = 0;
    }
done:
    plan_free(plan);
    return result;
}

static int by_number(const void *a, const void *b) {
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
    return (one > other) - (one < other);
}

/* Set a flag for each word and each of the partial documents, which are sorted. */
static int page_presence(const FirstPage *page, int64_t *documents, unsigned char *flags) {
    int64_t count = page->count - page->full_count, rows[MAX_SEGMENTS];
    for (int64_t i = 0; i < count; i++) documents[i] = page->best[page->full_count + i].number;
    qsort(documents, (size_t)count, sizeof(int64_t), by_number);
    for (int64_t i = 0; i < page->word_count; i++) {
        PyObject *word = PyTuple_GetItem(page->words, i);
        if (read_rows(PyTuple_GetItem(word, WORD_ROWS), rows, page->snapshot->segment_count) < 0) return -1;
        if (lists_contain(page->snapshot, rows, documents, count, flags + i * count)) {
            raise_failure(DAMAGED);
            return -1;
        }
    }
    return 0;
}

/* Return the numbers of the words whose flag of a document is not set. */
static PyObject *words_lacking(const FirstPage *page, const unsigned char *flags, int64_t count) {
    int64_t lacking = 0, at = 0;
    for (int64_t i = 0; i < page->word_count; i++) lacking += !flags[i * count];
    PyObject *numbers = PyTuple_New(lacking);
    for (int64_t i = 0; numbers && i < page->word_count; i++) {
        if (flags[i * count]) continue;
        PyObject *number = PyLong_FromLongLong(i);
        if (!number || PyTuple_SetItem(numbers, at++, number) < 0) {
            Py_DecRef(numbers);
            return NULL;
        }
    }
    return numbers;
}

/* Return for each partial document the numbers of the words that it lacks. */
static PyObject *page_lacks(const FirstPage *page) {
    int64_t count = page->count - page->full_count;
    int64_t *documents = malloc((size_t)(count + 1) * sizeof(int64_t));
    unsigned char *flags = calloc((size_t)(count * page->word_count + 1), 1);
    PyObject *lacks = documents && flags ? PyTuple_New(count) : PyErr_NoMemory();
    if (lacks && page_presence(page, documents, flags) < 0) {
        Py_DecRef(lacks);
        lacks = NULL;
    }
    for (int64_t i = 0; lacks && i < count; i++) {
        int64_t *place = bsearch(&page->best[page->full_count + i].number, documents, (size_t)count, sizeof(int64_t), by_number);
        PyObject *own = words_lacking(page, flags + (place - documents), count);
        if (!own || PyTuple_SetItem(lacks, i, own) < 0) {
            Py_DecRef(lacks);
            lacks = NULL;
        }
    }
    free(documents);
    free(flags);
    return lacks;
}

static PyObject *page_result(const FirstPage *page) {
    PyObject *numbers = PyList_New(page->count), *scores = PyList_New(page->count), *lacks = page_lacks(page), *result = NULL;
    int failed = !numbers || !scores || !lacks;
    for (int64_t i = 0; !failed && i < page->count; i++) {
        PyObject *number = PyLong_FromLongLong(page->best[i].number), *score = PyFloat_FromDouble(page->best[i].score);
        failed = !number || !score;
        PyList_SetItem(numbers, i, number); /* cannot fail: the list is new */
        PyList_SetItem(scores, i, score);
    }
    if (!failed)
        result = Py_BuildValue("LLOOOi", (long long)page->total, (long long)page->full_count, numbers, scores, lacks, page->is_relaxed);
    Py_DecRef(numbers);
    Py_DecRef(scores);
    Py_DecRef(lacks);
    return result;
}

/* first_page(snapshot, planned words, conditions, places of the phrase that they are preferred in or (), slop, factor of its rarity, k)
 */
static PyObject *kernel_first_page(PyObject *module, PyObject *arguments) {
    PyObject *capsule, *places, *result = NULL;
    FirstPage page = {0};
    long long slop, k;
    double factor;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OO!O!O!LdL", &capsule, &PyTuple_Type, &page.words, &PyTuple_Type, &page.conditions, &PyTuple_Type,
                          &places, &slop, &factor, &k) ||
        !(page.snapshot = PyCapsule_GetPointer(capsule, CAPSULE)))
        return NULL;
    page.k = k;
    if (words_check(&page) < 0) return NULL;
    if (!(page.best = malloc((size_t)k * sizeof(Best)))) return PyErr_NoMemory();
    if (page_search(&page, page.word_count == 1, places, slop, factor) < 0) goto done;
    page.full_count = page.count;
    if (page.word_count > 1 && page.total < k) {
        page.is_relaxed = !page.total;
        if (page_search(&page, 1, places, slop, factor) < 0) goto done;
        page.is_relaxed &= page.total > 0;
    }
    if (!page.has_ties) result = page_result(&page);
    else {
        Py_IncRef(Py_None);
        result = Py_None;
    }
done:
    free(page.best);
    return result;
}

/* -- document frequencies ----------------------------------------------------------------------------------------------- */

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

/* -- dictionaries: see `Dictionary` in storage/segment.py ---------------------------------------------------------------- */

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
static PyObject *kernel_find(PyObject *module, PyObject *arguments) {
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
static PyObject *kernel_look_up(PyObject *module, PyObject *arguments) {
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
static PyObject *kernel_has_any(PyObject *module, PyObject *arguments) {
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

/* -- facets --------------------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t value, count;
} ValueCount;

static int by_count(const void *a, const void *b) {
    const ValueCount *one = a, *other = b;
    if (one->count != other->count) return one->count < other->count ? 1 : -1;
    return one->value < other->value ? -1 : one->value > other->value;
}

typedef struct {
    Array ordinals, starts, numbers; /* the values of ordinal i are numbers[starts[i]] to before numbers[starts[i + 1]] */
    ValueCount *counts;
    int64_t value_count;
} ValueCounts;

/* Count the values of these documents, or of all if the array is not open. */
static int count_values(ValueCounts *values, const Array *documents) {
    int is_all = !documents->width;
    int64_t count = is_all ? values->ordinals.items : documents->items;
    for (int64_t i = 0; i < count; i++) {
        uint64_t document = is_all ? (uint64_t)i : item(documents, i);
        if (document >= (uint64_t)values->ordinals.items) return DAMAGED;
        uint64_t ordinal = item(&values->ordinals, (int64_t)document);
        if (ordinal + 1 >= (uint64_t)values->starts.items) return DAMAGED;
        uint64_t first = item(&values->starts, (int64_t)ordinal), last = item(&values->starts, (int64_t)ordinal + 1);
        if (last > (uint64_t)values->numbers.items) return DAMAGED;
        for (uint64_t at = first; at < last; at++) {
            uint64_t number = item(&values->numbers, (int64_t)at);
            if (number >= (uint64_t)values->value_count) return DAMAGED;
            values->counts[number].count++;
        }
    }
    return SOUND;
}

/* Make an object of the class: a value and how many documents have it. */
static PyObject *facet_value(PyTypeObject *class, PyObject *names, PyObject *value, int64_t count) {
    PyObject *facet = PyType_GenericAlloc(class, 0), *number = PyLong_FromLongLong(count);
    int failed = !facet || !number || PyObject_GenericSetAttr(facet, PyTuple_GetItem(names, 0), value) < 0 ||
                 PyObject_GenericSetAttr(facet, PyTuple_GetItem(names, 1), number) < 0;
    Py_DecRef(number);
    if (!failed) return facet;
    Py_DecRef(facet);
    return NULL;
}

static PyObject *most_frequent(ValueCounts *counts, int64_t most, PyObject *values, PyTypeObject *class, PyObject *names) {
    int64_t present = 0;
    for (int64_t i = 0; i < counts->value_count; i++)
        if (counts->counts[i].count) counts->counts[present++] = (ValueCount){i, counts->counts[i].count};
    qsort(counts->counts, (size_t)present, sizeof(ValueCount), by_count);
    if (present > most) present = most;
    PyObject *result = PyTuple_New((Py_ssize_t)present);
    for (int64_t i = 0; result && i < present; i++) {
        PyObject *value = PyList_GetItem(values, (Py_ssize_t)counts->counts[i].value);
        PyObject *facet = value ? facet_value(class, names, value, counts->counts[i].count) : NULL;
        if (!facet || PyTuple_SetItem(result, (Py_ssize_t)i, facet) < 0) {
            Py_DecRef(result);
            result = NULL;
        }
    }
    return result;
}

/* most_frequent(class, names, values, ordinals, starts, numbers, documents, more, most): the values that most of the documents and of
 * `more` have, the highest counts first, equal ones by value; None for all documents. Each is an object of the class with two
 * attributes of these names. */
static PyObject *kernel_most_frequent(PyObject *module, PyObject *arguments) {
    PyObject *class, *names, *values, *ordinals, *starts, *numbers, *documents_object, *more_object, *result = NULL;
    long long most;
    int failure;
    (void)module;
    ValueCounts counts = {0};
    Array documents = {0}, more = {0};
    if (!PyArg_ParseTuple(arguments, "O!O!O!OOOOOL", &PyType_Type, &class, &PyTuple_Type, &names, &PyList_Type, &values, &ordinals,
                          &starts, &numbers, &documents_object, &more_object, &most))
        return NULL;
    if (PyTuple_Size(names) != 2 || most < 0) return PyErr_Format(PyExc_ValueError, "an object of two attributes is needed");
    counts.value_count = PyList_Size(values);
    if (array_open(ordinals, &counts.ordinals, 1 | 2 | 4 | 8) < 0 || array_open(starts, &counts.starts, 8) < 0 ||
        array_open(numbers, &counts.numbers, 8) < 0 || array_open(documents_object, &documents, 8) < 0 ||
        array_open(more_object, &more, 8) < 0)
        goto done;
    counts.counts = calloc((size_t)counts.value_count + 1, sizeof(ValueCount));
    if (!counts.counts) {
        PyErr_NoMemory();
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    failure = count_values(&counts, &documents);
    if (!failure && more.width) failure = count_values(&counts, &more);
    Py_END_ALLOW_THREADS
    result = failure ? raise_failure(failure) : most_frequent(&counts, most, values, (PyTypeObject *)class, names);
done:
    array_close(&counts.ordinals);
    array_close(&counts.starts);
    array_close(&counts.numbers);
    array_close(&documents);
    array_close(&more);
    free(counts.counts);
    return result;
}

/* -- word forms that are nearly the same ---------------------------------------------------------------------------------- */

/* As `spelling.within_distance`: at most `distance` letters are wrong, missing, additional or swapped with their neighbour. */
static int within_distance(const uint32_t *a, int64_t a_size, const uint32_t *b, int64_t b_size, int distance) {
    int64_t i = 0, shortest = a_size < b_size ? a_size : b_size;
    if (a_size - b_size > distance || b_size - a_size > distance) return 0;
    while (i < shortest && a[i] == b[i]) i++;
    if (i == shortest) return 1; /* the rest is at most `distance` letters long */
    if (!distance) return 0;
    a += i;
    b += i;
    a_size -= i;
    b_size -= i;
    return within_distance(a + 1, a_size - 1, b + 1, b_size - 1, distance - 1) ||
           within_distance(a + 1, a_size - 1, b, b_size, distance - 1) ||
           within_distance(a, a_size, b + 1, b_size - 1, distance - 1) ||
           (a_size > 1 && b_size > 1 && a[0] == b[1] && a[1] == b[0] &&
            within_distance(a + 2, a_size - 2, b + 2, b_size - 2, distance - 1));
}

typedef struct {
    Array text, ends; /* all word forms as lines, and where they end */
    /* The forms by length and by the number of their documents, the most first: their rows, signatures and numbers of documents,
       and where those of each length begin. */
    Array rows, letters, edges, counts, starts;
    uint32_t form[MAX_FORM + 1], own_letters, own_edges;
    int64_t size;
    uint64_t least;
    int distance, has_edges;
} Near;

typedef struct {
    uint64_t count;
    int64_t row;
} NearForm;

static int by_documents(const void *a, const void *b) {
    const NearForm *one = a, *other = b;
    if (one->count != other->count) return one->count > other->count ? -1 : 1;
    return (one->row > other->row) - (one->row < other->row);
}

/* As `form_signatures.signatures_of`: the set of the letters, and the first two and the last two of them. */
static void set_signature(Near *near) {
    const uint32_t *form = near->form;
    const int64_t size = near->size;
    for (int64_t i = 0; i < size; i++) near->own_letters |= (uint32_t)1 << (form[i] & 31);
    if (size > 1) near->own_edges = ((form[0] * 257 ^ form[1]) & 0xffff) | (form[size - 2] * 257 ^ form[size - 1]) << 16;
}

/* Whether at most `most` bits are set. Each step clears the lowest one, which is quicker than counting up to six of them. */
static inline int has_few_bits(uint32_t value, int most) {
    for (int i = 0; i < most; i++) value &= value - 1;
    return !value;
}

/* Whether the form of a row is near: 1 or 0, -1 on an exception. */
static int row_is_near(const Near *near, int64_t row) {
    uint32_t points[MAX_FORM + MAX_DISTANCE + 1];
    if (row >= near->ends.items) {
        raise_failure(DAMAGED);
        return -1;
    }
    uint64_t start = row ? item(&near->ends, row - 1) + 1 : 0, end = item(&near->ends, row);
    if (start > end || end > (uint64_t)near->text.items) {
        raise_failure(DAMAGED);
        return -1;
    }
    const unsigned char *letters = near->text.data + start;
    int64_t size = (int64_t)(end - start), ascii = 0;
    if (size <= MAX_FORM + MAX_DISTANCE) {
        for (; ascii < size && letters[ascii] < 0x80; ascii++) points[ascii] = letters[ascii];
        if (ascii == size) return within_distance(points, size, near->form, near->size, near->distance);
    }
    PyObject *form = PyUnicode_DecodeUTF8((const char *)letters, (Py_ssize_t)size, "replace");
    if (!form) return -1;
    int result = 0;
    size = PyUnicode_GetLength(form);
    if (size <= near->size + near->distance) {
        if (PyUnicode_AsUCS4(form, points, MAX_FORM + MAX_DISTANCE + 1, 0)) result = within_distance(points, size, near->form, near->size, near->distance);
        else result = -1;
    }
    Py_DecRef(form);
    return result;
}

/* Flag the forms whose signatures allow the distance. Compilers turn this loop into vector instructions. */
static inline void flag_forms(const Near *near, int64_t first, int64_t count, unsigned char *flags, int distance, int has_edges) {
    const uint32_t *letters = (const uint32_t *)near->letters.data + first, *edges = (const uint32_t *)near->edges.data + first;
    const uint32_t own_letters = near->own_letters, own_edges = near->own_edges;
    for (int64_t i = 0; i < count; i++) {
        uint32_t other = edges[i] ^ own_edges;
        flags[i] = (unsigned char)(has_few_bits(letters[i] ^ own_letters, 2 * distance) & (!has_edges | !(other & 0xffff) | !(other >> 16)));
    }
}

/* Append the places of the forms in a range whose signatures allow the distance. Return how many there are then. */
static int64_t select_forms(const Near *near, Range range, int64_t *places, int64_t count) {
    unsigned char flags[CHUNK];
    for (int64_t first = range.at; first < range.end; first += CHUNK) {
        int64_t size = range.end - first < CHUNK ? range.end - first : CHUNK;
        if (near->distance == 1 && near->has_edges) flag_forms(near, first, size, flags, 1, 1);
        else flag_forms(near, first, size, flags, near->distance, near->has_edges);
        memset(flags + size, 0, (size_t)(CHUNK - size));
        for (int64_t i = 0; i < size; i += 8) {
            uint64_t eight;
            memcpy(&eight, flags + i, 8);
            for (int64_t j = i; eight && j < i + 8; j++) {
                if (flags[j]) places[count++] = first + j;
            }
        }
    }
    return count;
}

/* The places of the forms of one length that enough documents contain. */
static int forms_of_length(const Near *near, int64_t length, Range *range) {
    uint64_t start = item(&near->starts, length), end = item(&near->starts, length + 1);
    if (start > end || end > (uint64_t)near->rows.items) return DAMAGED;
    int64_t low = (int64_t)start, high = (int64_t)end;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (item(&near->counts, middle) >= near->least) low = middle + 1;
        else high = middle;
    }
    *range = (Range){(int64_t)start, low};
    return 0;
}

/* Select the forms that may be near. Return their number, -1 on an exception. */
static int64_t forms_to_compare(const Near *near, int64_t **places) {
    int64_t count = 0, first = near->size - near->distance, last = near->size + near->distance;
    for (int64_t length = first > 0 ? first : 0; length <= last && length + 1 < near->starts.items; length++) {
        Range range;
        if (forms_of_length(near, length, &range)) {
            raise_failure(DAMAGED);
            return -1;
        }
        int64_t *more = realloc(*places, (size_t)(count + range.end - range.at + 1) * sizeof(int64_t));
        if (!more) {
            PyErr_NoMemory();
            return -1;
        }
        *places = more;
        count = select_forms(near, range, more, count);
    }
    return count;
}

/* The first of these forms with the numbers of their documents, and how many forms there are. */
static PyObject *forms_result(const Near *near, const NearForm *forms, int64_t count, int64_t limit) {
    PyObject *list = PyList_New(0);
    for (int64_t i = 0; list && i < count && i < limit; i++) {
        int64_t row = forms[i].row;
        uint64_t start = row ? item(&near->ends, row - 1) + 1 : 0, end = item(&near->ends, row);
        PyObject *form = PyUnicode_DecodeUTF8((const char *)near->text.data + start, (Py_ssize_t)(end - start), "replace");
        PyObject *pair = form ? Py_BuildValue("(NK)", form, (unsigned long long)forms[i].count) : NULL;
        if (!pair || PyList_Append(list, pair) < 0) {
            Py_DecRef(list);
            list = NULL;
        }
        if (pair) Py_DecRef(pair);
    }
    return list ? Py_BuildValue("(NL)", list, (long long)count) : NULL;
}

static PyObject *near_forms(const Near *near, int64_t most, int64_t limit) {
    int64_t *places = NULL, near_count = 0, count = forms_to_compare(near, &places);
    NearForm *forms = NULL;
    PyObject *result = NULL;
    if (count < 0) goto done;
    if (count > most) {
        Py_IncRef(Py_None);
        result = Py_None;
        goto done;
    }
    forms = malloc((size_t)(count + 1) * sizeof(NearForm));
    if (!forms) {
        PyErr_NoMemory();
        goto done;
    }
    for (int64_t i = 0; i < count; i++) {
        int64_t row = (int64_t)item(&near->rows, places[i]);
        int is_near = row_is_near(near, row);
        if (is_near < 0) goto done;
        if (is_near) forms[near_count++] = (NearForm){item(&near->counts, places[i]), row};
    }
    qsort(forms, (size_t)near_count, sizeof(NearForm), by_documents);
    result = forms_result(near, forms, near_count, limit);
done:
    free(places);
    free(forms);
    return result;
}

/* near(text, ends, rows, letters, edges, counts, starts, form, distance, least, most, limit): the first `limit` of the forms that at
   least `least` documents contain, and how many they are; None if more than `most` of them must be compared */
static PyObject *kernel_near(PyObject *module, PyObject *arguments) {
    PyObject *values[7], *form, *result = NULL;
    unsigned long long least;
    long long most, limit;
    (void)module;
    Near near = {0};
    Array *arrays[] = {&near.text, &near.ends, &near.rows, &near.letters, &near.edges, &near.counts, &near.starts};
    const int widths[] = {1, 8, 4, 4, 4, 4, 8};
    if (!PyArg_ParseTuple(arguments, "OOOOOOOUiKLL", values, values + 1, values + 2, values + 3, values + 4, values + 5, values + 6, &form, &near.distance, &least, &most, &limit))
        return NULL;
    near.least = least;
    near.size = PyUnicode_GetLength(form);
    if (near.size > MAX_FORM || near.distance < 0 || near.distance > MAX_DISTANCE) {
        PyErr_SetString(PyExc_ValueError, "the form is too long or too different");
        return NULL;
    }
    for (int i = 0; i < 7; i++) {
        if (array_open(values[i], arrays[i], widths[i]) < 0) goto done;
    }
    if (!PyUnicode_AsUCS4(form, near.form, MAX_FORM + 1, 0)) goto done;
    set_signature(&near);
    near.has_edges = near.distance <= 1 && near.size >= MIN_FORM_WITH_EDGES;
    if (near.letters.items != near.rows.items || near.edges.items != near.rows.items || near.counts.items != near.rows.items) raise_failure(DAMAGED);
    else result = near_forms(&near, most, limit);
done:
    for (int i = 0; i < 7; i++) array_close(arrays[i]);
    return result;
}

/* -- stored documents: see storage/layout.py ------------------------------------------------------------------------------ */

#ifndef _WIN32
enum { TEXT = 0, OPTIONAL_TEXT = 1, TEXTS = 2, MOMENT = 3 };

#define SEPARATOR 0x1f
#define ITEM_SEPARATOR 0x1e

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
static PyObject *kernel_open_documents(PyObject *module, PyObject *arguments) {
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
static PyObject *kernel_read_documents(PyObject *module, PyObject *arguments) {
    PyObject *capsule, *numbers;
    (void)module;
    return PyArg_ParseTuple(arguments, "OO!", &capsule, &PyList_Type, &numbers) ? documents_read(capsule, numbers) : NULL;
}

/* read_matches(opened, numbers, scores, class, parts): a match (document, score, parts) of each document */
static PyObject *kernel_read_matches(PyObject *module, PyObject *arguments) {
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

static PyMethodDef methods[] = {
    {"open", kernel_open, METH_VARARGS, "Borrow the arrays of a snapshot."},
    {"conjunction", kernel_conjunction, METH_VARARGS, "Return the documents with all words, and their scores, as bytes."},
    {"best", kernel_best, METH_VARARGS, "Return the total, all documents, and the best ones of each segment with their scores."},
    {"first_page", kernel_first_page, METH_VARARGS, "Return the best documents with all words, then with some, and what those lack."},
    {"phrase", kernel_phrase, METH_VARARGS, "Return X of a phrase in each of the documents, -1 where it does not occur, as bytes."},
    {"skips", kernel_skips, METH_VARARGS, "Return where the positions of some postings begin, for each segment as bytes."},
    {"contains", kernel_contains, METH_VARARGS, "Return for each list a flag for each of the documents, as bytes."},
    {"most_frequent", kernel_most_frequent, METH_VARARGS, "Return the most frequent values of some documents with their counts."},
#ifndef _WIN32
    {"open_documents", kernel_open_documents, METH_VARARGS, "Borrow the arrays that say where documents are stored."},
    {"read_matches", kernel_read_matches, METH_VARARGS, "Return matches of the documents with these numbers, and their scores."},
    {"read_documents", kernel_read_documents, METH_VARARGS, "Return objects made of the documents with these numbers."},
#endif
    {"near", kernel_near, METH_VARARGS, "Return the most frequent word forms within an edit distance, or None if there are too many."},
    {"find", kernel_find, METH_VARARGS, "Return the rows and the number of living documents of a word, and the spellings of a term."},
    {"has_any", kernel_has_any, METH_VARARGS, "Return whether living documents contain any of some word forms."},
    {"look_up", kernel_look_up, METH_VARARGS, "Return the same of some terms and of a word form."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_kernel", "An optional kernel for searches by words.", 0, methods, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__kernel(void) { return PyModuleDef_Init(&definition); }
