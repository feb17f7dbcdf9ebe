/* Open and free a snapshot. */

#include "snapshot.h"
#include "functions.h"

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
    classes_free(snapshot);
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
    if (size < 0 || size > (1 << 24)) {
        PyErr_SetString(PyExc_ValueError, "a segment has an impossible size");
        return -1;
    }
    segment->offset = *next;
    segment->size = size;
    segment->blocks = size > 0 ? (size + (1 << block_bits) - 1) >> block_bits : 1;
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
uint64_t head_of(const unsigned char *letters, size_t size) {
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

/* Borrow the arrays of the documents of all segments. */
static int shared_open(Snapshot *snapshot, PyObject *table, PyObject *norms, PyObject *recency, PyObject *living, PyObject *field_starts) {
    if (array_open(table, &snapshot->table, 4) < 0 || array_open(norms, &snapshot->norms, 4) < 0 ||
        array_open(recency, &snapshot->recency, 4) < 0 || array_open(living, &snapshot->living, 1) < 0 ||
        array_open(field_starts, &snapshot->field_starts, 4) < 0)
        return -1;
    snapshot->code_count = snapshot->table.items / FIELDS;
    if (snapshot->norms.items != snapshot->size * FIELDS || snapshot->table.items != snapshot->code_count * FIELDS ||
        snapshot->recency.items != snapshot->size || snapshot->field_starts.items != snapshot->size * (FIELDS - 1) ||
        (snapshot->living.width && snapshot->living.items != snapshot->size)) {
        PyErr_SetString(PyExc_ValueError, "an array has another length than the number of documents");
        return -1;
    }
    snapshot->living_count = snapshot->living.width ? 0 : snapshot->size;
    for (int64_t i = 0; i < snapshot->living.items; i++) snapshot->living_count += snapshot->living.data[i] != 0;
    return 0;
}

PyObject *kernel_open(PyObject *module, PyObject *arguments) {
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
    if (shared_open(snapshot, table, norms, recency, living, field_starts) < 0) goto failed;
    if (!fields_of_codes(snapshot) || !classes_open(snapshot)) {
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
