/* Find the best documents of a plan. */

#include "plan.h"
#include "union.h"
#include "functions.h"

/* Find the word of a plan whose postings are those of a place. Words from several lists have others. */
static int find_word_of_place(const Plan *plan, Place *place) {
    size_t size = (size_t)plan->snapshot->segment_count * sizeof(int64_t);
    for (place->word = 0; place->word < plan->word_count; place->word++) {
        const Word *word = &plan->words[place->word];
        if (!word->is_merged && memcmp(word->rows, place->rows, size) == 0) return 1;
    }
    return 0;
}

/* Choose the best hits of each segment. With a required phrase, all hits have scores. */
static void choose_best(Plan *plan) {
    const Hits *hits = &plan->hits;
    const int64_t count = plan->is_phrase ? hits->count : hits->scored_count;
    for (int64_t s = 0, i = 0; s < plan->snapshot->segment_count; s++) {
        const int64_t end = plan->snapshot->segments[s].offset + plan->snapshot->segments[s].size;
        for (plan->counts[s] = 0; i < count; i++) {
            const int64_t hit = plan->is_phrase ? i : hits->scored[i];
            if (hits->documents[hit] >= end) break;
            heap_add(plan->heaps + s * plan->k, &plan->counts[s], plan->k, (Best){hits->values[hit * hits->columns], hits->documents[hit]});
        }
    }
}

int plan_search(Plan *plan) {
    const Snapshot *snapshot = plan->snapshot;
    if (plan->is_any) {
        Union *u = calloc(1, sizeof(Union));
        if (!u) return NO_MEMORY;
        u->snapshot = snapshot;
        u->conditions = &plan->conditions;
        u->words = plan->words;
        u->count = plan->word_count;
        u->k = plan->k;
        u->matching = plan->matching;
        u->is_counted = plan->is_counted || plan->matching;
        u->found = plan->found;
        u->found_count = plan->found_count;
        int failure = union_search(u, plan->heaps, plan->counts);
        plan->total = u->total;
        free(u);
        return failure;
    }
    Hits *hits = &plan->hits;
    hits->conditions = &plan->conditions;
    hits->columns = plan->is_phrase || !plan->k ? 0 : plan->phrase.places ? plan->word_count + 1 : 1;
    hits->wants_postings = hits->columns || plan->phrase.places ? plan->word_count : 0;
    hits->k = hits->columns ? plan->k : 0;
    hits->bound_word = plan->phrase.places ? plan->bound_word : -1;
    hits->bound_ratio = plan->bound_ratio;
    if (!(hits->best = malloc((size_t)(hits->k + 1) * sizeof(Best)))) return NO_MEMORY;
    plan->phrase.word_count = plan->word_count;
    plan->places_are_words = 1;
    for (int64_t place = 0; place < plan->phrase.count; place++) plan->places_are_words &= find_word_of_place(plan, &plan->phrase.places[place]);
    int failure = conjunction_search(snapshot, plan->words, plan->word_count, hits);
    for (int64_t i = 0; i < plan->conditions.count && !failure && plan->is_phrase; i++)
        if (plan->conditions.items[i].count) failure = require_phrase_sideways(plan, &plan->conditions.items[i]);
    if (!failure && plan->is_phrase) failure = require_phrase(plan);
    else if (!failure && plan->k && plan->phrase.places) failure = prefer_phrase(plan);
    plan->total = hits->count;
    if (!failure && plan->k) choose_best(plan);
    return failure;
}

/* Return for each sideways condition the documents that fail it alone, as bytes. */
PyObject *sideways_result(const Conditions *conditions) {
    PyObject *result = PyList_New(0);
    for (int64_t i = 0; result && i < conditions->count; i++) {
        const Condition *condition = &conditions->items[i];
        if (!condition->is_sideways) continue;
        PyObject *bytes = PyBytes_FromStringAndSize((const char *)condition->documents, condition->count * (Py_ssize_t)sizeof(int64_t));
        if (!bytes || PyList_Append(result, bytes) < 0) {
            Py_DecRef(result);
            result = NULL;
        }
        Py_DecRef(bytes);
    }
    return result;
}

/* All documents as bytes: their numbers, or a mask of a union. */
PyObject *documents_result(const Plan *plan) {
    if (plan->matching) return PyBytes_FromStringAndSize((const char *)plan->matching, (Py_ssize_t)plan->snapshot->size);
    const int64_t count = plan->hits.documents ? plan->hits.count : 0;
    return PyBytes_FromStringAndSize((const char *)plan->hits.documents, (Py_ssize_t)(count * (int64_t)sizeof(int64_t)));
}

/* The total, all documents (empty where they are not wanted), and the best of each segment as lists of numbers and scores: the highest
 * scores first, equal ones by number. The last item is for sideways conditions. */
static PyObject *plan_result(Plan *plan, int wants_documents) {
    PyObject *numbers = PyList_New(0), *scores = PyList_New(0), *documents = NULL, *sideways = NULL, *result = NULL;
    if (!numbers || !scores) goto done;
    for (int64_t s = 0; s < plan->snapshot->segment_count; s++) {
        Best *heap = plan->heaps + s * plan->k;
        qsort(heap, (size_t)plan->counts[s], sizeof(Best), by_rank);
        for (int64_t i = 0; i < plan->counts[s]; i++) {
            PyObject *number = PyLong_FromLongLong(heap[i].number), *score = PyFloat_FromDouble(heap[i].score);
            int failed = !number || !score || PyList_Append(numbers, number) < 0 || PyList_Append(scores, score) < 0;
            Py_DecRef(number);
            Py_DecRef(score);
            if (failed) goto done;
        }
    }
    documents = wants_documents ? documents_result(plan) : PyBytes_FromStringAndSize(NULL, 0);
    if (documents && (sideways = sideways_result(&plan->conditions)))
        result = Py_BuildValue("LOOOO", (long long)plan->total, numbers, scores, documents, sideways);
done:
    Py_DecRef(documents);
    Py_DecRef(sideways);
    Py_DecRef(numbers);
    Py_DecRef(scores);
    return result;
}

int plan_allocate(Plan *plan, int wants_documents) {
    int64_t segments = plan->snapshot->segment_count ? plan->snapshot->segment_count : 1;
    plan->heaps = malloc(((size_t)segments * (size_t)plan->k + 1) * sizeof(Best));
    plan->counts = calloc((size_t)segments, sizeof(int64_t));
    if (plan->is_any && wants_documents) plan->matching = calloc(plan->snapshot->size ? (size_t)plan->snapshot->size : 1, 1);
    if (plan->heaps && plan->counts && (plan->matching || !plan->is_any || !wants_documents)) return 0;
    PyErr_NoMemory();
    return -1;
}

void plan_free(Plan *plan) {
    words_free(plan->words, plan->word_count);
    conditions_free(&plan->conditions);
    phrase_free(&plan->phrase);
    hits_free(&plan->hits);
    free(plan->heaps);
    free(plan->counts);
    free(plan->matching);
    free(plan);
}

/* best(snapshot, words, is_any, conditions, (places, slop, unit, ratio, word) or (), k, wants_documents, wants_total) */
PyObject *kernel_best(PyObject *module, PyObject *arguments) {
    PyObject *capsule, *words, *conditions, *phrase, *places, *result = NULL;
    int is_any, wants_documents, wants_total;
    long long k, slop, bound_word;
    (void)module;
    Plan *plan = calloc(1, sizeof(Plan));
    if (!plan) return PyErr_NoMemory();
    if (!PyArg_ParseTuple(arguments, "OO!pO!O!Lpp", &capsule, &PyTuple_Type, &words, &is_any, &PyTuple_Type, &conditions, &PyTuple_Type,
                          &phrase, &k, &wants_documents, &wants_total) ||
        !(plan->snapshot = PyCapsule_GetPointer(capsule, CAPSULE)) ||
        !(plan->words = read_words(words, plan->snapshot->segment_count, &plan->word_count)) ||
        conditions_read(conditions, plan->snapshot->size, &plan->conditions) < 0)
        goto done;
    plan->is_any = is_any;
    plan->is_counted = wants_total;
    plan->k = k;
    if (PyTuple_Size(phrase)) {
        if (!PyArg_ParseTuple(phrase, "O!LffL", &PyTuple_Type, &places, &slop, &plan->phrase_unit, &plan->bound_ratio, &bound_word))
            goto done;
        plan->phrase.snapshot = plan->snapshot;
        plan->phrase.slop = slop;
        plan->is_phrase = bound_word < 0;
        plan->bound_word = bound_word;
        if (phrase_read(places, &plan->phrase) < 0) goto done;
    }
    if (k < 0 || k > MAX_BEST || (plan->phrase.places && (is_any || plan->bound_word >= plan->word_count))) {
        PyErr_SetString(PyExc_ValueError, "an impossible number of documents or an impossible phrase");
        goto done;
    }
    if (plan_allocate(plan, wants_documents) < 0) goto done;
    int failure;
    Py_BEGIN_ALLOW_THREADS
    failure = plan_search(plan);
    Py_END_ALLOW_THREADS
    result = failure ? raise_failure(failure) : plan_result(plan, wants_documents);
done:
    plan_free(plan);
    return result;
}
