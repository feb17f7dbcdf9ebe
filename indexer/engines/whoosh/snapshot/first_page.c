/* Find the first page of a few words: the documents with all of them, then those with some. */

#include "plan.h"
#include "membership.h"
#include "functions.h"

/* The items of a planned word, see `kernel_queries.PlannedWord`. */
enum { WORD_FREQUENCY = 1, WORD_RARITY, WORD_UNIT, WORD_BOUND, WORD_ROWS, WORD_ARGUMENTS, WORD_ITEMS = 9 };

/* The documents with all words, and behind them those with some of them. */
typedef struct {
    const Snapshot *snapshot;
    PyObject *words; /* planned words as typed */
    PyObject *conditions;
    PyObject *places; /* of the words in a phrase, () for none */
    long long slop;
    double phrase_factor;
    int is_phrase; /* the phrase is required, otherwise preferred */
    int wants_documents;
    PyObject *documents, *sideways; /* of all matches, see `documents_result` and `sideways_result` */
    int64_t word_count, k, total, count, full_count;
    double values[MAX_WORDS][WORD_ITEMS]; /* the numbers among the items */
    Best *best;
    int is_relaxed, has_ties;
} FirstPage;

static int words_check(FirstPage *page) {
    page->word_count = PyTuple_Size(page->words);
    if (page->word_count < 1 || page->word_count > MAX_WORDS || page->k < 1 || page->k > MAX_BEST) {
        PyErr_SetString(PyExc_ValueError, "an impossible number of words or documents");
        return -1;
    }
    for (int64_t i = 0; i < page->word_count; i++) {
        PyObject *word = PyTuple_GetItem(page->words, i);
        if (!PyTuple_Check(word) || PyTuple_Size(word) != WORD_ITEMS) {
            PyErr_SetString(PyExc_ValueError, "a word is not planned");
            return -1;
        }
        for (int value = WORD_FREQUENCY; value <= WORD_BOUND; value++)
            page->values[i][value] = PyFloat_AsDouble(PyTuple_GetItem(word, value));
    }
    return PyErr_Occurred() ? -1 : 0;
}

/* Sort the words: the rarest first, equal ones as typed. With `is_any`, those with the highest bounds first, equal ones in reverse, and
 * leave out those without documents. The last bit of a score depends on this order, which is that of `kernel_queries.best_of_plan`.
 * Return how many they are. */
static int64_t words_order(const FirstPage *page, int is_any, int64_t *order) {
    const int value = is_any ? WORD_BOUND : WORD_FREQUENCY;
    int64_t count = 0;
    for (int64_t i = 0; i < page->word_count; i++) {
        const double own = page->values[i][value];
        if (is_any && page->values[i][WORD_FREQUENCY] <= 0) continue;
        int64_t at = count++;
        for (; at > 0; at--) {
            const double before = page->values[order[at - 1]][value];
            if (is_any ? before > own : before <= own) break;
            order[at] = order[at - 1];
        }
        order[at] = i;
    }
    return count;
}

static Word *words_in_order(const FirstPage *page, const int64_t *order, int64_t count, int64_t *word_count) {
    PyObject *arguments = PyTuple_New(count);
    if (!arguments) return NULL;
    for (int64_t i = 0; i < count; i++) {
        PyObject *own = PyTuple_GetItem(PyTuple_GetItem(page->words, order[i]), WORD_ARGUMENTS);
        Py_IncRef(own);
        PyTuple_SetItem(arguments, i, own); /* cannot fail: the tuple is new */
    }
    Word *words = read_words(arguments, page->snapshot->segment_count, word_count);
    Py_DecRef(arguments);
    return words;
}

/* Add the best documents of a search. */
static void page_add(FirstPage *page, Plan *plan) {
    int64_t count = 0;
    for (int64_t s = 0; s < page->snapshot->segment_count; s++) {
        memmove(plan->heaps + count, plan->heaps + s * plan->k, (size_t)plan->counts[s] * sizeof(Best));
        count += plan->counts[s];
    }
    qsort(plan->heaps, (size_t)count, sizeof(Best), by_rank);
    /* In several segments, dates and ids decide between equal scores: then the caller has to sort. */
    for (int64_t i = 1; page->snapshot->segment_count > 1 && i < count && i <= plan->k; i++)
        if (plan->heaps[i].score == plan->heaps[i - 1].score) page->has_ties = 1;
    for (int64_t i = 0; i < count && i < plan->k; i++) page->best[page->count++] = plan->heaps[i];
}

/* Remember all documents of a search. */
static int page_remember(FirstPage *page, const Plan *plan) {
    Py_DecRef(page->documents);
    Py_DecRef(page->sideways);
    page->documents = documents_result(plan);
    page->sideways = sideways_result(&plan->conditions);
    return page->documents && page->sideways ? 0 : -1;
}

/* Search for all of the words, or for any of them. Facets count the documents with all words, or with any if there are none. */
static int page_search(FirstPage *page, int is_any) {
    int64_t order[MAX_WORDS], count = words_order(page, is_any, order);
    if (!count) return 0;
    Plan *plan = calloc(1, sizeof(Plan));
    int failure = NO_MEMORY, result = -1;
    if (!plan) {
        PyErr_NoMemory();
        return -1;
    }
    plan->snapshot = page->snapshot;
    plan->is_any = is_any;
    plan->is_counted = !page->total;
    plan->k = page->k - page->count;
    plan->found = page->best;
    plan->found_count = page->count;
    const int wants_documents = page->wants_documents && !page->total;
    if (!(plan->words = words_in_order(page, order, count, &plan->word_count))) goto done;
    if (conditions_read(page->conditions, page->snapshot->size, &plan->conditions) < 0) goto done;
    if (!is_any && PyTuple_Size(page->places)) {
        double rarity = 0;
        for (int64_t i = 0; i < page->word_count; i++) rarity += page->values[i][WORD_RARITY];
        plan->phrase.snapshot = page->snapshot;
        plan->phrase.slop = page->slop;
        plan->phrase_unit = (float)(page->phrase_factor * rarity);
        plan->bound_ratio = (float)((double)ROUNDING_MARGIN * (page->phrase_factor * rarity) / page->values[0][WORD_UNIT]);
        while (order[plan->bound_word]) plan->bound_word++;
        if ((plan->is_phrase = page->is_phrase)) plan->bound_word = -1;
        if (phrase_read(page->places, &plan->phrase) < 0) goto done;
    }
    for (int64_t i = 0; i < plan->conditions.count; i++) plan->conditions.items[i].is_sideways &= wants_documents;
    if (plan_allocate(plan, wants_documents) < 0) goto done;
    Py_BEGIN_ALLOW_THREADS
    failure = plan_search(plan);
    Py_END_ALLOW_THREADS
    if (failure) raise_failure(failure);
    else {
        if (!page->total) page->total = plan->total;
        page_add(page, plan);
        const int is_remembered = wants_documents && (plan->total || !page->documents);
        result = is_remembered ? page_remember(page, plan) : 0;
    }
done:
    plan_free(plan);
    return result;
}

static int by_number(const void *a, const void *b) {
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
    return (one > other) - (one < other);
}

/* Set a flag for each word and each of the partial documents, which are sorted. */
static int page_presence(const FirstPage *page, int64_t *documents, unsigned char *flags) {
    int64_t count = page->count - page->full_count, rows[MAX_SEGMENTS];
    for (int64_t i = 0; i < count; i++) documents[i] = page->best[page->full_count + i].number;
    qsort(documents, (size_t)count, sizeof(int64_t), by_number);
    for (int64_t i = 0; i < page->word_count; i++) {
        PyObject *word = PyTuple_GetItem(page->words, i);
        if (read_rows(PyTuple_GetItem(word, WORD_ROWS), rows, page->snapshot->segment_count) < 0) return -1;
        if (lists_contain(page->snapshot, rows, documents, count, flags + i * count)) {
            raise_failure(DAMAGED);
            return -1;
        }
    }
    return 0;
}

/* Return the numbers of the words whose flag of a document is not set. */
static PyObject *words_lacking(const FirstPage *page, const unsigned char *flags, int64_t count) {
    int64_t lacking = 0, at = 0;
    for (int64_t i = 0; i < page->word_count; i++) lacking += !flags[i * count];
    PyObject *numbers = PyTuple_New(lacking);
    for (int64_t i = 0; numbers && i < page->word_count; i++) {
        if (flags[i * count]) continue;
        PyObject *number = PyLong_FromLongLong(i);
        if (!number || PyTuple_SetItem(numbers, at++, number) < 0) {
            Py_DecRef(numbers);
            return NULL;
        }
    }
    return numbers;
}

/* Return for each partial document the numbers of the words that it lacks. */
static PyObject *page_lacks(const FirstPage *page) {
    int64_t count = page->count - page->full_count;
    int64_t *documents = malloc((size_t)(count + 1) * sizeof(int64_t));
    unsigned char *flags = calloc((size_t)(count * page->word_count + 1), 1);
    PyObject *lacks = documents && flags ? PyTuple_New(count) : PyErr_NoMemory();
    if (lacks && page_presence(page, documents, flags) < 0) {
        Py_DecRef(lacks);
        lacks = NULL;
    }
    for (int64_t i = 0; lacks && i < count; i++) {
        int64_t *place = bsearch(&page->best[page->full_count + i].number, documents, (size_t)count, sizeof(int64_t), by_number);
        PyObject *own = words_lacking(page, flags + (place - documents), count);
        if (!own || PyTuple_SetItem(lacks, i, own) < 0) {
            Py_DecRef(lacks);
            lacks = NULL;
        }
    }
    free(documents);
    free(flags);
    return lacks;
}

static PyObject *page_result(const FirstPage *page) {
    PyObject *numbers = PyList_New(page->count), *scores = PyList_New(page->count), *lacks = page_lacks(page), *result = NULL;
    int failed = !numbers || !scores || !lacks;
    for (int64_t i = 0; !failed && i < page->count; i++) {
        PyObject *number = PyLong_FromLongLong(page->best[i].number), *score = PyFloat_FromDouble(page->best[i].score);
        failed = !number || !score;
        PyList_SetItem(numbers, i, number); /* cannot fail: the list is new */
        PyList_SetItem(scores, i, score);
    }
    if (!failed)
        result = Py_BuildValue("LLOOOiOO", (long long)page->total, (long long)page->full_count, numbers, scores, lacks, page->is_relaxed,
                               page->documents ? page->documents : Py_None, page->sideways ? page->sideways : Py_None);
    Py_DecRef(numbers);
    Py_DecRef(scores);
    Py_DecRef(lacks);
    return result;
}

/* first_page(snapshot, planned words, conditions, places of their phrase or (), slop, factor of its rarity, whether it is required, k,
 * whether all documents are wanted) */
PyObject *kernel_first_page(PyObject *module, PyObject *arguments) {
    PyObject *capsule, *result = NULL;
    FirstPage page = {0};
    long long k;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OO!O!O!LdpLp", &capsule, &PyTuple_Type, &page.words, &PyTuple_Type, &page.conditions, &PyTuple_Type,
                          &page.places, &page.slop, &page.phrase_factor, &page.is_phrase, &k, &page.wants_documents) ||
        !(page.snapshot = PyCapsule_GetPointer(capsule, CAPSULE)))
        return NULL;
    page.k = k;
    if (words_check(&page) < 0) return NULL;
    if (!(page.best = malloc((size_t)k * sizeof(Best)))) return PyErr_NoMemory();
    if (page_search(&page, page.word_count == 1 && !page.is_phrase && !page.wants_documents) < 0) goto done;
    page.full_count = page.count;
    if (page.word_count > 1 && !page.is_phrase && page.total < k) {
        page.is_relaxed = !page.total;
        if (page_search(&page, 1) < 0) goto done;
        page.is_relaxed &= page.total > 0;
    }
    if (!page.has_ties) result = page_result(&page);
    else {
        Py_IncRef(Py_None);
        result = Py_None;
    }
done:
    Py_DecRef(page.documents);
    Py_DecRef(page.sideways);
    free(page.best);
    return result;
}
