/* Look for a phrase in documents. */

#include "phrase.h"
#include "functions.h"

#define AHEAD 32 /* documents whose positions are fetched together */
#define LANES 4 /* positions that are compared together */

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

int phrase_search(Phrase *phrase, const int64_t *documents, int64_t count, float *xs) {
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
int phrase_read(PyObject *plan, Phrase *phrase) {
    phrase->count = PyTuple_Size(plan);
    if (phrase->count < 1 || phrase->count > MAX_WORDS || phrase->slop < 0 || phrase->slop > INT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "a phrase has too many words or an impossible slop");
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
        if (gap < 0 || gap > INT32_MAX) {
            PyErr_SetString(PyExc_ValueError, "a place of a phrase has an impossible gap");
            return -1;
        }
        phrase->places[i].gap = gap;
    }
    return 0;
}

void phrase_free(Phrase *phrase) {
    for (int64_t i = 0; phrase->places && i < phrase->count; i++) {
        free(phrase->places[i].rows);
        free(phrase->places[i].skip_counts);
        free(phrase->places[i].skip_starts);
    }
    free(phrase->places);
    free(phrase->norms);
}

PyObject *kernel_phrase(PyObject *module, PyObject *arguments) {
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
