/* Find out which of some documents are in posting lists. */

#include "membership.h"
#include "words.h"
#include "functions.h"

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

int lists_contain(const Snapshot *snapshot, const int64_t *rows, const int64_t *documents, int64_t count,
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

PyObject *kernel_contains(PyObject *module, PyObject *arguments) {
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
