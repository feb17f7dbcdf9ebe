/* Search for any of some words, window by window. Lists whose words cannot bring a document among the best are read to count, or else only
 * searched for the documents that the other lists bring. */

#include "union.h"

#define LOOKUP_COST 16 /* postings that are read in the time of a look-up */
#define MIN_SCALED 1e-30f /* a sum of bounds: the steps in a score of 1 could be infinite for less */

/* Looking a candidate up in a list takes as long as reading some postings of it, so a list that is not much longer than all
 * before it is read as well. Return how many lists are. */
static int64_t worth_reading(const Union *u, const List *lists, const Window *window, int64_t essential) {
    int64_t postings = 0;
    for (int64_t i = 0; i < u->count; i++) {
        int64_t length = u->words[i].rows[window->segment] < 0 ? 0 : lists[i].length;
        if (i >= essential && length > LOOKUP_COST * postings) return i;
        postings += length;
    }
    return u->count;
}

/* Choose the lists that are read: the others cannot bring a document among the best without them. Where documents are counted, and
 * before there is a threshold, all are. */
static void choose_essential(const Union *u, const List *lists, Window *window) {
    int64_t essential = u->count;
    while (!u->is_counted && essential > 0 && u->rest[essential - 1] * window->recency < u->threshold / ROUNDING_MARGIN) essential--;
    if (essential) essential = worth_reading(u, lists, window, essential);
    window->essential = essential;
    window->rest = u->rest[essential] * window->recency;
}

/* Let the lists of a window that are read begin with its first document, from which on they may not have been read. Return whether they
 * have any document in it. */
static int lists_enter(const Union *u, List *lists, const Window *window) {
    int any = 0;
    for (int64_t i = 0; i < window->essential; i++) {
        Range *range = &lists[i].range;
        if (u->words[i].rows[window->segment] < 0) continue;
        range->at = seek(lists[i].source.documents, range->at, range->end, (uint16_t)window->base);
        any |= range->at < range->end && low_bits(lists[i].source.documents, range->at) < window->base + window->limit;
    }
    return any;
}

/* Leave out the documents of a window that have been found before. */
static void forget_found(Union *u, const Window *window) {
    const int64_t first = u->snapshot->segments[window->segment].offset + window->document;
    for (int64_t i = 0; i < u->found_count; i++)
        if (u->found[i].number >= first && u->found[i].number < first + window->limit) u->most[u->found[i].number - first] = 0;
}

static int union_window(Union *u, List *lists, Window *window, Best *heap, int64_t *heap_count) {
    int failure = SOUND;
    choose_essential(u, lists, window);
    if (!lists_enter(u, lists, window)) return SOUND;
    for (int64_t i = 0; i < window->essential; i++)
        if (u->words[i].rows[window->segment] >= 0) union_mark(u, &lists[i], window);
    forget_found(u, window);
    if (u->is_counted) failure = union_count(u, u->snapshot->segments[window->segment].offset + window->document, window->limit);
    if (!failure) failure = union_candidates(u, lists, window, heap, heap_count);
    memset(u->most, 0, sizeof(u->most));
    return failure;
}

/* The highest factor of some documents. */
static float highest_recency(const Segment *segment, int64_t document, int64_t limit) {
    float highest = 0;
    for (int64_t i = document / WINDOW; i * WINDOW < document + limit; i++)
        highest = segment->recency[i] > highest ? segment->recency[i] : highest;
    return highest;
}

static int union_segment(Union *u, int64_t s, Best *heap, int64_t *heap_count) {
    const Segment *segment = &u->snapshot->segments[s];
    List lists[MAX_WORDS];
    for (int64_t block = 0; block < segment->blocks; block++) {
        for (int64_t i = 0; i < u->count; i++) {
            lists[i].range = (Range){0, 0};
            if (u->words[i].rows[s] >= 0 && !list_open(u, s, i, block, &lists[i])) return DAMAGED;
        }
        int64_t documents = segment->size - (block << u->snapshot->block_bits);
        if (documents > 1 << u->snapshot->block_bits) documents = 1 << u->snapshot->block_bits;
        for (int64_t base = 0; base < documents; base += UNION_WINDOW) {
            const int64_t document = (block << u->snapshot->block_bits) + base;
            Window window = {.segment = s, .document = document, .base = base};
            window.limit = documents - base < UNION_WINDOW ? documents - base : UNION_WINDOW;
            window.recency = highest_recency(segment, document, window.limit) * ROUNDING_MARGIN;
            int failure = union_window(u, lists, &window, heap, heap_count);
            if (failure) return failure;
        }
        for (int64_t i = 0; u->is_counted && i < u->count; i++)
            if (u->words[i].rows[s] >= 0 && lists[i].range.at != lists[i].range.end) return DAMAGED; /* documents beyond the size */
    }
    return SOUND;
}

/* Bound what the words add. The steps of all words together fit into a byte. Where bounds are hardly more than 0, each word adds one
 * step, and all documents are scored. */
static int set_bounds(Union *u) {
    for (int64_t i = u->count - 1; i >= 0; i--) u->rest[i] = u->rest[i + 1] + weighted_at_most(&u->words[i], 1, ROUNDING_MARGIN);
    u->scale = u->rest[0] > MIN_SCALED ? (float)(MAX_STEPS - 1 - u->count) / u->rest[0] : 0;
    if (!(u->steps = malloc((size_t)u->count * sizeof(Steps)))) return 0;
    for (int64_t i = 0; i < u->count; i++) {
        Steps *own = &u->steps[i];
        own->slope = u->words[i].unit * ROUNDING_MARGIN * u->scale;
        own->least = weighted_at_most(&u->words[i], 0, ROUNDING_MARGIN) * u->scale + 1;
        own->most = own->slope + own->least;
        own->most = own->most < MAX_STEPS ? own->most : MAX_STEPS;
        for (int pair = 0; pair < CLASSES * CLASSES; pair++) own->of_classes[pair] = steps_of(own, u->snapshot->highest_saturations[pair]);
    }
    return 1;
}

/* Search all segments. `heaps` has room for the best of each; their numbers are in `counts`. */
int union_search(Union *u, Best *heaps, int64_t *counts) {
    const Snapshot *snapshot = u->snapshot;
    const int is_single = u->count == 1 && !u->matching;
    int failure = is_single || set_bounds(u) ? SOUND : NO_MEMORY;
    u->threshold = u->k ? -1 : INFINITY; /* nothing is scored if only the documents are wanted */
    for (int64_t s = 0; s < snapshot->segment_count && !failure; s++) {
        counts[s] = 0;
        failure = is_single ? single_segment(u, s, heaps + s * u->k, &counts[s]) : union_segment(u, s, heaps + s * u->k, &counts[s]);
    }
    free(u->steps);
    return failure;
}
