/* Find the positions of a word in a document. */

#include "positions.h"
#include "functions.h"

#define MIN_SKIPPED 1024 /* postings of a list */

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

/* The number of positions of some postings of a segment, -1 if one is damaged. */
static int64_t count_positions(const Segment *segment, int64_t first, int64_t end) {
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
int place_move(const Segment *segment, Place *place, int64_t posting, Range *span) {
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
int64_t place_seek(const Snapshot *snapshot, const Segment *segment, int64_t s, Place *place, int64_t document, int *failure) {
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
