/* Search for all of some words. */

#include "conjunction.h"
#include "functions.h"

#define MIN_RANKED 256 /* documents that are worth counting bits for */
#define MIN_DENSE 64 /* postings of a list that is marked as a whole */
#define MAX_DENSE_RATIO 16 /* postings of a list that are marked, for each document that is looked up in it */

static int hits_grow(Hits *hits) {
    if (hits->count < hits->room) return 1;
    int64_t room = hits->room ? 2 * hits->room : 1024;
    int64_t *documents = realloc(hits->documents, (size_t)room * sizeof(int64_t));
    if (!documents) return 0;
    hits->documents = documents;
    float *values = realloc(hits->values, (size_t)(room * hits->columns + 1) * sizeof(float));
    if (!values) return 0;
    hits->values = values;
    if (hits->columns) {
        int64_t *scored = realloc(hits->scored, (size_t)room * sizeof(int64_t));
        if (!scored) return 0;
        hits->scored = scored;
    }
    if (hits->wants_postings) {
        int64_t *postings = realloc(hits->postings, (size_t)(room * hits->wants_postings) * sizeof(int64_t));
        if (!postings) return 0;
        hits->postings = postings;
    }
    hits->room = room;
    return 1;
}

void hits_free(Hits *hits) {
    free(hits->documents);
    free(hits->values);
    free(hits->scored);
    free(hits->postings);
    free(hits->best);
    free(hits->common);
    free(hits->bitmaps);
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

/* Score a hit of a block: its words, and their sum. It gets no score if it cannot be among the best even if it has all exact forms and
 * the phrase, so that these need not be searched for. */
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
    if (most + most_of_phrase < least) return SOUND;
    for (int64_t i = 0; i < count; i++) {
        const float value = weighted(snapshot, segment, &words[i], saturations[i], number, low, forms[i]);
        score = i ? score + value : value;
        if (hits->columns > 1) row[1 + i] = value;
    }
    row[0] = score;
    hits->scored[hits->scored_count++] = hit;
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

int conjunction_search(const Snapshot *snapshot, const Word *words, int64_t count, Hits *hits) {
    int failure = SOUND;
    for (int64_t s = 0; s < snapshot->segment_count && !failure; s++)
        for (int64_t block = 0; block < snapshot->segments[s].blocks && !failure; block++)
            failure = conjunction_in_block(snapshot, s, block, words, count, hits);
    return failure;
}

PyObject *kernel_conjunction(PyObject *module, PyObject *arguments) {
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
