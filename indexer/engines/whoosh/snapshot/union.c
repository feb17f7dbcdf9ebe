/* Search for any of some words, window by window. Lists whose words cannot bring a document among the best are not scored. */

#include "union.h"

#define LOOKUP_COST 8 /* postings that are scored in the time of a look-up */

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

/* Choose which lists are scored: the others cannot bring a document among the best without them. */
static void choose_essential(const Union *u, const List *lists, Window *window) {
    while (window->essential > 0 && u->rest[window->essential - 1] * window->recency < u->threshold) window->essential--;
    if (window->essential) window->essential = worth_scoring(u, window->segment, lists, window->essential);
    window->rest = u->rest[window->essential] * window->recency;
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

/* Search all segments. `heaps` has room for the best of each; their numbers are in `counts`. */
int union_search(Union *u, Best *heaps, int64_t *counts) {
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
