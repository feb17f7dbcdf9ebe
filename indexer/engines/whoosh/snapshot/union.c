/* Search for any of some words, window by window. Lists whose words cannot bring a document among the best are not scored. */

#include "union.h"

#define LOOKUP_COST 4 /* postings that are scored in the time of a look-up */

/* Looking a candidate up in a list takes as long as scoring some postings of it, so a list that is not much longer than all
 * before it is scored as well. Return how many lists are. */
static int64_t worth_scoring(const Union *u, const List *lists, const Window *window, int64_t essential) {
    int64_t postings = 0;
    for (int64_t i = 0; i < u->count; i++) {
        int64_t length = u->words[i].rows[window->segment] < 0 ? 0 : lists[i].length;
        if (i >= essential && length > LOOKUP_COST * postings) return i;
        postings += length;
    }
    return u->count;
}

/* Choose the lists that are scored: the others cannot bring a document among the best without them. Before there is a threshold, all are
 * scored, and all documents are counted. */
static void choose_essential(Union *u, const List *lists, Window *window) {
    int64_t essential = u->count;
    while (essential > 0 && u->rest[essential - 1] * window->recency < u->threshold / ROUNDING_MARGIN) essential--;
    if (essential) essential = worth_scoring(u, lists, window, essential);
    window->essential = essential;
    window->rest = u->rest[essential] * window->recency;
    u->lowest = lowest_score(u, window);
    window->is_counted = u->is_counted || u->lowest <= 0;
}

/* Let the lists of a window that are read begin with its first document. Return whether they have any document in it. */
static int lists_enter(const Union *u, List *lists, const Window *window) {
    int any = 0;
    for (int64_t i = 0; i < (window->is_counted ? u->count : window->essential); i++) {
        if (u->words[i].rows[window->segment] < 0) continue;
        list_enter(&lists[i], window->base);
        any |= lists[i].range.at < lists[i].range.end &&
               low_bits(lists[i].source.documents, lists[i].range.at) < window->base + window->limit;
    }
    return any;
}

/* Score the lists that are essential, and find the candidates. Return a failure. */
static int score_essential(Union *u, List *lists, Window *window) {
    int failure = SOUND;
    for (int64_t i = 0; i < window->essential && !failure; i++) {
        if (u->words[i].rows[window->segment] < 0) continue;
        failure = union_score(u, &u->words[i], &lists[i], window);
        window->scored += lists[i].window.end - lists[i].window.at;
    }
    return failure;
}

/* Mark the documents of the other lists. Return how many postings these are. */
static int64_t mark_others(Union *u, List *lists, const Window *window) {
    int64_t marked = 0;
    for (int64_t i = window->essential; i < u->count; i++) {
        if (u->words[i].rows[window->segment] < 0) continue;
        union_mark(u, &lists[i], window);
        marked += lists[i].window.end - lists[i].window.at;
    }
    return marked;
}

/* Forget the scores of a window. */
static void clear_scores(Union *u, const List *lists, const Window *window) {
    if (window->scored > MAX_SPARSE) {
        memset(u->scores, 0, sizeof(u->scores));
        return;
    }
    for (int64_t i = 0; i < window->essential; i++) {
        if (u->words[i].rows[window->segment] < 0) continue;
        const uint16_t *documents = (const uint16_t *)lists[i].source.documents->data;
        for (int64_t at = lists[i].window.at; at < lists[i].window.end; at++)
            u->scores[(uint16_t)(documents[at] - window->base) & (WINDOW - 1)] = 0;
    }
}

/* Where documents are not counted, the candidates are looked up in what remains of the lists that are not read. */
static int union_window(Union *u, List *lists, Window *window, Best *heap, int64_t *heap_count) {
    choose_essential(u, lists, window);
    if (!lists_enter(u, lists, window)) return SOUND;
    int failure = score_essential(u, lists, window);
    if (!failure && window->is_counted) failure = union_count(u, lists, window, window->scored + mark_others(u, lists, window));
    if (failure) return failure;
    for (int64_t i = window->essential; i < u->count && !window->is_counted; i++) lists[i].window = lists[i].range;
    failure = union_candidates(u, lists, window, heap, heap_count);
    for (int64_t i = window->essential; i < u->count && !window->is_counted; i++) lists[i].range = lists[i].window;
    clear_scores(u, lists, window);
    return failure;
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
        for (int64_t base = 0; base < documents; base += WINDOW) {
            const int64_t document = (block << u->snapshot->block_bits) + base;
            Window window = {.segment = s, .block = block, .document = document, .base = base};
            window.limit = documents - base < WINDOW ? documents - base : WINDOW;
            window.recency = segment->recency[document / WINDOW] * ROUNDING_MARGIN;
            int failure = union_window(u, lists, &window, heap, heap_count);
            if (failure) return failure;
        }
        for (int64_t i = 0; u->is_counted && i < u->count; i++)
            if (u->words[i].rows[s] >= 0 && lists[i].range.at != lists[i].range.end) return DAMAGED; /* documents beyond the size */
    }
    return SOUND;
}

/* Search all segments. `heaps` has room for the best of each; their numbers are in `counts`. */
int union_search(Union *u, Best *heaps, int64_t *counts) {
    const Snapshot *snapshot = u->snapshot;
    int failure = SOUND;
    u->threshold = u->k ? -1 : INFINITY; /* nothing is scored if only the documents are wanted */
    for (int64_t i = u->count - 1; i >= 0; i--) u->rest[i] = u->rest[i + 1] + u->words[i].bound;
    if (u->k && u->count > 1 && !guess_threshold(u)) return DAMAGED;
    for (int64_t s = 0; s < snapshot->segment_count && !failure; s++) {
        counts[s] = 0;
        failure = u->count == 1 && !u->matching ? single_segment(u, s, heaps + s * u->k, &counts[s])
                                                : union_segment(u, s, heaps + s * u->k, &counts[s]);
    }
    return failure;
}
