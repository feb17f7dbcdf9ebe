/* Score the documents of a window that may be among the best. */

#include "union.h"

#define GROUP_BITS 64 /* documents that are tested together */
#define GROUPS (UNION_WINDOW / GROUP_BITS)
#define AHEAD 8 /* candidates whose postings are found together, so that the processor fetches meanwhile what their scores need */
#define STEP_BACK 8 /* postings */

typedef struct {
    int64_t place;
    int64_t postings[MAX_WORDS]; /* in the lists that are read, -1 for none */
} Candidate;

typedef struct {
    Candidate items[AHEAD];
    int64_t count;
} Candidates;

/* The number of the lowest bit that is set. */
static inline int lowest_bit(uint64_t flags) { return bit_count((flags & (0 - flags)) - 1); }

/* The lowest number of steps of a document that may be among the best; more than MAX_STEPS if there is none. */
static int lowest_steps(const Union *u, const Window *window) {
    const float steps = (u->threshold / ROUNDING_MARGIN - window->rest) / window->recency * u->scale;
    if (!(steps >= 1)) return 1;
    return steps < MAX_STEPS ? (int)steps + 1 : MAX_STEPS + 1;
}

/* About where the list of a form has the document of a posting of the word: both are spread evenly. The list is not empty. */
static inline int64_t form_guess(const List *list, int form, int64_t posting) {
    const Range *range = &list->forms[form];
    const int64_t guess = range->end - (int64_t)((float)(list->range.end - posting) * list->form_ratios[form]);
    return guess < range->at ? range->at : guess < range->end ? guess : range->end - 1;
}

/* What remains of the list of a form from shortly before a document on. */
static inline Range form_near(const Segment *segment, const List *list, int form, int64_t posting, uint16_t low) {
    const uint16_t *documents = (const uint16_t *)segment->surface_documents.data;
    Range range = list->forms[form];
    if (range.at >= range.end) return range;
    int64_t at = form_guess(list, form, posting);
    for (int64_t step = STEP_BACK; at > range.at && documents[at] > low; step *= 2) at -= step;
    if (at > range.at) range.at = at;
    return range;
}

/* Find the posting of a document; -1 if there is none. */
static inline int64_t list_seek(List *list, int64_t end, uint16_t low) {
    list->next = seek(list->source.documents, list->next, end, low);
    return list->next < end && low_bits(list->source.documents, list->next) == low ? list->next : -1;
}

/* Find the postings of a document in the lists that are read, and let the processor fetch what is stored about them elsewhere. */
static void find_postings(const Union *u, List *lists, const Window *window, Candidate *candidate) {
    const Segment *segment = &u->snapshot->segments[window->segment];
    const int64_t number = segment->offset + window->document + candidate->place;
    int left = u->most[candidate->place];
    PREFETCH((const float *)u->snapshot->recency.data + number);
    for (int64_t i = 0; i < window->essential; i++) {
        List *list = &lists[i];
        const int is_searched = left > 0 && u->words[i].rows[window->segment] >= 0;
        const int64_t at = is_searched ? list_seek(list, list->window.end, (uint16_t)(window->base + candidate->place)) : -1;
        candidate->postings[i] = at;
        if (at < 0) continue;
        left -= steps_at(u, segment, list, at, number);
        if (list->source.has_saturations) PREFETCH((const float *)list->source.saturations->data + list->source.shift + at);
        else PREFETCH((const float *)u->snapshot->norms.data + BODY * u->snapshot->size + number);
        for (int form = 0; form < u->words[i].form_count; form++)
            if (list->forms[form].at < list->forms[form].end)
                PREFETCH((const uint16_t *)segment->surface_documents.data + form_guess(list, form, at));
    }
}

/* What the word of a list with this saturation adds to a document. */
static inline float list_value(const Union *u, const Window *window, const List *lists, int64_t i, int64_t posting, int64_t place,
                               float saturation) {
    const Segment *segment = &u->snapshot->segments[window->segment];
    const uint16_t low = (uint16_t)(window->base + place);
    Range forms[MAX_FORMS];
    for (int form = 0; form < u->words[i].form_count; form++) forms[form] = form_near(segment, &lists[i], form, posting, low);
    return weighted(u->snapshot, segment, &u->words[i], saturation, segment->offset + window->document + place, low, forms);
}

/* Score a document by the lists that are read. Return a failure; the score is -1 if it cannot be among the best. */
static int score_postings(const Union *u, const List *lists, const Window *window, const Candidate *candidate, float *score) {
    const Segment *segment = &u->snapshot->segments[window->segment];
    const int64_t number = segment->offset + window->document + candidate->place, *postings = candidate->postings;
    const float recency = real(&u->snapshot->recency, number);
    float saturations[MAX_WORDS], most = window->rest;
    for (int64_t i = 0; i < window->essential; i++) {
        if (postings[i] < 0) continue;
        if (!saturation_at(u->snapshot, segment, &lists[i].source, postings[i], number, &saturations[i])) return DAMAGED;
        most += weighted_at_most(&u->words[i], saturations[i], recency);
    }
    *score = -1;
    if (most < u->threshold / ROUNDING_MARGIN) return SOUND;
    *score = 0;
    for (int64_t i = 0; i < window->essential; i++)
        if (postings[i] >= 0) *score += list_value(u, window, lists, i, postings[i], candidate->place, saturations[i]);
    return SOUND;
}

/* Complete the score of a document by the lists that are not read. Stop as soon as those that are left cannot add enough. */
static int score_document(Union *u, List *lists, const Window *window, const Candidate *candidate, Best *heap, int64_t *heap_count) {
    const Segment *segment = &u->snapshot->segments[window->segment];
    const int64_t number = segment->offset + window->document + candidate->place;
    float score, saturation;
    if (!is_match(u, number)) return SOUND;
    int failure = score_postings(u, lists, window, candidate, &score);
    if (failure || score < 0) return failure;
    for (int64_t i = window->essential; i < u->count; i++) {
        if (score < u->threshold / ROUNDING_MARGIN - u->rest[i] * window->recency) return SOUND;
        if (u->words[i].rows[window->segment] < 0) continue;
        const int64_t at = list_seek(&lists[i], lists[i].range.end, (uint16_t)(window->base + candidate->place));
        if (at < 0) continue;
        if (!saturation_at(u->snapshot, segment, &lists[i].source, at, number, &saturation)) return DAMAGED;
        score += list_value(u, window, lists, i, at, candidate->place, saturation);
    }
    best_add(u, heap, heap_count, (Best){score, number});
    return SOUND;
}

/* Find the highest number of steps in each group. */
static void find_highest(const Union *u, unsigned char *highest) {
    for (int group = 0; group < GROUPS; group++) {
        const unsigned char *most = u->most + group * GROUP_BITS;
        unsigned char own = 0;
        for (int i = 0; i < GROUP_BITS; i++) own = most[i] > own ? most[i] : own;
        highest[group] = own;
    }
}

/* The highest number of steps that the best documents of `k` groups reach; 0 if there are fewer groups. */
static int steps_of_best(const unsigned char *highest, int64_t k) {
    int counts[MAX_STEPS + 1] = {0}, steps = MAX_STEPS;
    for (int group = 0; group < GROUPS; group++) counts[highest[group]]++;
    for (int64_t count = counts[steps]; steps > 0 && count < k; count += counts[steps]) steps--;
    return steps;
}

/* Flag the documents of a group that have so many steps: a bit each. */
static inline uint64_t flag_documents(const unsigned char *most, int steps) {
    unsigned char flags[GROUP_BITS];
    uint64_t result = 0;
    if (steps > MAX_STEPS) return 0;
    for (int i = 0; i < GROUP_BITS; i++) flags[i] = most[i] >= (unsigned char)steps;
    for (int i = 0; i < GROUP_BITS; i += 8) {
        uint64_t eight;
        memcpy(&eight, flags + i, 8);
        result |= (eight * 0x0102040810204080 >> 56) << i;
    }
    return result;
}

static int score_candidates(Union *u, List *lists, const Window *window, Candidates *candidates, Best *heap, int64_t *heap_count) {
    int failure = SOUND;
    for (int64_t i = 0; i < candidates->count && !failure; i++)
        failure = score_document(u, lists, window, &candidates->items[i], heap, heap_count);
    candidates->count = 0;
    return failure;
}

/* Score the documents that may be among the best and have from `least` steps to before `end`. They are in their order, in which the lists
 * are searched. */
static int score_documents(Union *u, List *lists, const Window *window, const unsigned char *highest, int least, int end, Best *heap,
                           int64_t *heap_count) {
    int failure = SOUND, lowest = lowest_steps(u, window);
    Candidates candidates;
    candidates.count = 0;
    for (int64_t i = 0; i < u->count; i++) lists[i].next = i < window->essential ? lists[i].window.at : lists[i].range.at;
    for (int64_t group = 0; group < GROUPS && !failure; group++) {
        const unsigned char *most = u->most + group * GROUP_BITS;
        if (lowest < least) lowest = least;
        if (highest[group] < lowest) continue;
        for (uint64_t flags = flag_documents(most, lowest) & ~flag_documents(most, end); flags && !failure; flags &= flags - 1) {
            Candidate *candidate = &candidates.items[candidates.count++];
            candidate->place = group * GROUP_BITS + lowest_bit(flags);
            if (candidate->place >= window->limit) return DAMAGED;
            find_postings(u, lists, window, candidate);
            if (candidates.count < AHEAD) continue;
            failure = score_candidates(u, lists, window, &candidates, heap, heap_count);
            lowest = lowest_steps(u, window);
        }
    }
    return failure ? failure : score_candidates(u, lists, window, &candidates, heap, heap_count);
}

/* Score the candidates of a window. Before there is a threshold, those with the most steps are first. */
int union_candidates(Union *u, List *lists, const Window *window, Best *heap, int64_t *heap_count) {
    unsigned char highest[GROUPS];
    int failure = SOUND, end = MAX_STEPS + 1;
    find_highest(u, highest);
    const int best = u->threshold < 0 ? steps_of_best(highest, u->k) : 0;
    if (best > 1) {
        end = best;
        failure = score_documents(u, lists, window, highest, end, MAX_STEPS + 1, heap, heap_count);
    }
    if (!failure) failure = score_documents(u, lists, window, highest, 1, end, heap, heap_count);
    for (int64_t i = window->essential; i < u->count; i++) lists[i].range.at = lists[i].next;
    return failure;
}
