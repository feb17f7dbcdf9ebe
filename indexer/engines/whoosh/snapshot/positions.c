/* Find the positions of a word in a document. */

#include "positions.h"
#include "functions.h"

/* Let a place begin with the first posting of its row in a segment. */
int place_begin(const Segment *segment, int64_t s, Place *place) {
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

/* Where the positions of each SKIP-th posting of a list begin, counted from its first one. The caller asks for those of long
 * lists. */
static PyObject *skips_in_segment(const Snapshot *snapshot, int64_t s, int64_t row) {
    const Segment *segment = &snapshot->segments[s];
    Range first, last;
    if (row < 0) return PyBytes_FromStringAndSize("", 0);
    if (!block_range(&segment->starts, segment->documents.items, segment->blocks, row, 0, &first) ||
        !block_range(&segment->starts, segment->documents.items, segment->blocks, row, segment->blocks - 1, &last) ||
        last.end < first.at)
        return raise_failure(DAMAGED);
    int64_t size = last.end - first.at, position = 0;
    if (size <= SKIP) return PyBytes_FromStringAndSize("", 0);
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

PyObject *kernel_skips(PyObject *module, PyObject *arguments) {
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
