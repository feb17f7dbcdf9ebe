/* Score the matches of a plan by its phrase. */

#include "plan.h"

#define MIN_PROBES 48 /* documents whose phrase is looked for first */

/* Return the documents of these hits, and behind them the postings of each word in them. The caller frees them. */
static int64_t *phrase_documents(const Plan *plan, const int64_t *indices, int64_t count) {
    const int64_t words = plan->word_count;
    int64_t *documents = malloc((size_t)(count * (words + 1) + 1) * sizeof(int64_t)), *postings = documents + count;
    for (int64_t i = 0; documents && i < count; i++) {
        documents[i] = plan->hits.documents[indices[i]];
        for (int64_t word = 0; word < words; word++) postings[i * words + word] = plan->hits.postings[indices[i] * words + word];
    }
    return documents;
}

/* What the phrase adds to these hits, given by their indices in ascending order (NULL: to all); -1 where it does not occur. */
static int phrase_bonus(Plan *plan, const int64_t *indices, int64_t count, float *bonuses) {
    int64_t *copies = indices ? phrase_documents(plan, indices, count) : NULL;
    const int64_t *documents = indices ? copies : plan->hits.documents, *postings = indices ? copies + count : plan->hits.postings;
    if (indices && !copies) return NO_MEMORY;
    plan->phrase.postings = plan->places_are_words ? postings : NULL;
    int failure = phrase_search(&plan->phrase, documents, count, bonuses);
    for (int64_t i = 0; i < count && !failure; i++) {
        if (bonuses[i] < 0) continue;
        float saturation = bonuses[i] / (bonuses[i] + plan->snapshot->k1);
        bonuses[i] = saturation * real(&plan->snapshot->recency, documents[i]) * plan->phrase_unit;
    }
    free(copies);
    return failure;
}

/* Keep the hits that have the phrase, with its score. */
int require_phrase(Plan *plan) {
    Hits *hits = &plan->hits;
    int64_t count = 0;
    float *scores = malloc((size_t)(hits->count + 1) * sizeof(float));
    int failure = scores ? phrase_bonus(plan, NULL, hits->count, scores) : NO_MEMORY;
    for (int64_t i = 0; i < hits->count && !failure; i++) {
        if (scores[i] < 0) continue;
        hits->documents[count] = hits->documents[i];
        scores[count++] = scores[i];
    }
    if (failure) free(scores);
    else {
        free(hits->values);
        hits->values = scores;
        hits->columns = 1;
        hits->count = count;
    }
    return failure;
}

/* Keep the documents that fail a condition alone if they have the phrase. */
int require_phrase_sideways(Plan *plan, Condition *condition) {
    float *x = malloc((size_t)(condition->count + 1) * sizeof(float));
    if (!x) return NO_MEMORY;
    plan->phrase.postings = NULL;
    int failure = phrase_search(&plan->phrase, condition->documents, condition->count, x);
    int64_t count = 0;
    for (int64_t i = 0; i < condition->count && !failure; i++)
        if (x[i] >= 0) condition->documents[count++] = condition->documents[i];
    condition->count = count;
    free(x);
    return failure;
}

/* Add the phrase to the score of these hits. */
static int add_phrase(Plan *plan, const int64_t *indices, int64_t count) {
    float *bonuses = malloc((size_t)(count ? count : 1) * sizeof(float));
    int failure = bonuses ? phrase_bonus(plan, indices, count, bonuses) : NO_MEMORY;
    for (int64_t i = 0; i < count && !failure; i++)
        if (bonuses[i] >= 0) plan->hits.values[indices[i] * plan->hits.columns] += bonuses[i];
    free(bonuses);
    return failure;
}

/* Return the k-th highest of some values, using a heap with room for k entries. There are at least k. */
static float kth_highest(const float *values, int64_t step, const int64_t *indices, int64_t count, int64_t k, Best *heap) {
    int64_t room = 0;
    heap[0].score = -1;
    for (int64_t i = 0; i < count; i++) heap_add(heap, &room, k, (Best){values[(indices ? indices[i] : i) * step], 0});
    return heap[0].score;
}

/* Forget the scores of hits that cannot be among the best even with the phrase, and return the bounds of the others. */
static void leave_out_low_bounds(const Plan *plan, Hits *hits, float *bounds) {
    const float least = least_of_best(hits);
    int64_t count = 0;
    for (int64_t i = 0; i < hits->scored_count; i++) {
        const float *row = hits->values + hits->scored[i] * hits->columns, bound = row[0] + row[1 + plan->bound_word] * plan->bound_ratio;
        hits->scored[count] = hits->scored[i];
        bounds[count] = bound;
        count += bound >= least;
    }
    hits->scored_count = count;
}

/* Prefer the phrase where it can matter: in the hits with the highest bounds, then in those whose bound reaches the k-th of these.
 * A phrase occurs at most as often as its first word, so what it adds is bounded by what the word adds. */
int prefer_phrase(Plan *plan) {
    Hits *hits = &plan->hits;
    const int64_t probes = plan->k > MIN_PROBES ? plan->k : MIN_PROBES;
    int64_t count = 0, first = 0;
    int64_t *indices = malloc((size_t)(hits->scored_count + 1) * sizeof(int64_t));
    float *bounds = calloc((size_t)hits->scored_count + 1, sizeof(float));
    unsigned char *is_final = calloc((size_t)hits->scored_count + 1, 1);
    Best *heap = malloc((size_t)probes * sizeof(Best));
    int failure = indices && bounds && is_final && heap ? SOUND : NO_MEMORY;
    if (failure) goto done;
    leave_out_low_bounds(plan, hits, bounds);
    if (hits->scored_count <= 4 * probes) {
        failure = add_phrase(plan, hits->scored, hits->scored_count);
        goto done;
    }
    float lowest = kth_highest(bounds, 1, NULL, hits->scored_count, probes, heap);
    for (int64_t i = 0; i < hits->scored_count && count < 4 * probes; i++)
        if (bounds[i] >= lowest) {
            indices[count++] = hits->scored[i];
            is_final[i] = 1;
        }
    if ((failure = add_phrase(plan, indices, count))) goto done;
    lowest = kth_highest(hits->values, hits->columns, indices, count, plan->k, heap);
    for (int64_t i = 0; i < hits->scored_count; i++)
        if (!is_final[i] && bounds[i] >= lowest) indices[first++] = hits->scored[i];
    failure = add_phrase(plan, indices, first);
done:
    free(indices);
    free(bounds);
    free(is_final);
    free(heap);
    return failure;
}
