/* Make a page of results: the title and the snippet of each text, or a hit for each match. */

#include "functions.h"
#include "page.h"

#define HIT_PARTS 8

static int find_marks(Page *page) {
    Query *query = &page->query;
    page->marks.count = 0;
    for (int i = 0; i < query->phrase_count; i++) query->phrases[i].starts.count = 0;
    int outcome = find_words(page);
    if (outcome) return outcome;
    marks_join(&page->marks, query->keys, query->phrase_count);
    if (!query->phrase_count) return DONE;
    outcome = find_phrases(page);
    marks_separate(&page->marks);
    return outcome;
}

/* Return the fragments of a text: of all of it, or of the best passages of `length` characters. */
static int show(Page *page, PyObject *string, Py_ssize_t length, PyObject **shown) {
    int outcome = text_read(&page->text, string, page->query.is_ascii);
    if (!outcome) outcome = find_marks(page);
    if (outcome) return outcome;
    Passage chosen[MAX_PASSAGES] = {{0, page->text.size}};
    int count = length ? choose_passages(&page->text, &page->marks, key_limit(&page->query), length, chosen) : 1;
    *shown = fragments_of(&page->fragments, &page->text, &page->marks, chosen, count);
    return *shown ? DONE : FAILED;
}

/* Show the title and the snippet of a hit. */
static int show_both(Page *page, PyObject *title, PyObject *text, Py_ssize_t length, PyObject **heading, PyObject **snippet) {
    *heading = *snippet = NULL;
    if (!PyUnicode_Check(title) || !PyUnicode_Check(text)) {
        PyErr_SetString(PyExc_TypeError, "titles and texts must be strings");
        return FAILED;
    }
    page->characters += PyUnicode_GetLength(title) + PyUnicode_GetLength(text) + 2;
    if (page->characters > MAX_PAGE_CHARACTERS) return PYTHON;
    int outcome = show(page, title, 0, heading);
    if (!outcome) outcome = show(page, text, length, snippet);
    if (!outcome) return DONE;
    Py_DecRef(*heading);
    *heading = NULL;
    return outcome;
}

static int show_texts(Page *page, PyObject *texts, Py_ssize_t length, PyObject *shown) {
    for (Py_ssize_t i = 0; i < PyList_Size(texts); i++) {
        PyObject *pair = PyList_GetItem(texts, i), *heading, *snippet;
        if (!PyTuple_Check(pair) || PyTuple_Size(pair) != 2) {
            PyErr_SetString(PyExc_TypeError, "texts must be pairs of a title and a text");
            return FAILED;
        }
        int outcome = show_both(page, PyTuple_GetItem(pair, 0), PyTuple_GetItem(pair, 1), length, &heading, &snippet);
        if (outcome) return outcome;
        pair = PyTuple_Pack(2, heading, snippet);
        Py_DecRef(heading);
        Py_DecRef(snippet);
        if (!pair || PyList_SetItem(shown, i, pair) < 0) return FAILED;
    }
    return DONE;
}

/* Get what is shown of a document: new references, also if it fails. The summary only if there is no text. */
static int document_read(const Page *page, PyObject *document, PyObject **values) {
    for (int i = LANGUAGE; i <= SUMMARY; i++) {
        if (i == SUMMARY && PyUnicode_GetLength(values[TEXT])) break;
        if (!(values[i] = PyObject_GetAttr(document, page->state->page[i]))) return FAILED;
    }
    return DONE;
}

/* What is made of matches: hits of a class, for documents of a language. */
typedef struct {
    PyObject *matches, *missing, *language, *class; /* borrowed; `missing` may be None */
    Py_ssize_t length; /* of snippets */
} Wanted;

/* Make a hit: (document, score, title, snippet, parts, missing, pinned, similar). Steals the title and the snippet. */
static PyObject *hit_of(const Page *page, const Wanted *wanted, Py_ssize_t i, PyObject *heading, PyObject *snippet) {
    PyObject *match = PyTuple_GetItem(wanted->matches, i), *nothing = page->state->nothing;
    PyObject *missing = wanted->missing == Py_None ? nothing : PyTuple_GetItem(wanted->missing, i);
    PyObject *values[HIT_PARTS] = {PyTuple_GetItem(match, 0), PyTuple_GetItem(match, 1), heading, snippet, PyTuple_GetItem(match, 2),
                                   missing, Py_False, nothing};
    PyObject *hit = PyType_GenericAlloc((PyTypeObject *)wanted->class, HIT_PARTS);
    for (int part = 0; hit && part < HIT_PARTS; part++) {
        if (part != 2 && part != 3) Py_IncRef(values[part]);
        PyTuple_SetItem(hit, part, values[part]); /* cannot fail: the hit is new */
    }
    if (!hit) {
        Py_DecRef(heading);
        Py_DecRef(snippet);
    }
    return hit;
}

static int show_match(Page *page, const Wanted *wanted, Py_ssize_t i, PyObject **hit) {
    PyObject *match = PyTuple_GetItem(wanted->matches, i), *values[PAGE_NAMES] = {NULL}, *heading, *snippet;
    if (!PyTuple_Check(match) || PyTuple_Size(match) != 3) {
        PyErr_SetString(PyExc_ValueError, "a match must have three parts");
        return FAILED;
    }
    int outcome = document_read(page, PyTuple_GetItem(match, 0), values);
    if (!outcome && PyUnicode_Compare(values[LANGUAGE], wanted->language) != 0) outcome = PyErr_Occurred() ? FAILED : PYTHON;
    if (!outcome) {
        PyObject *text = values[SUMMARY] ? values[SUMMARY] : values[TEXT];
        outcome = show_both(page, values[TITLE], text, wanted->length, &heading, &snippet);
    }
    if (!outcome && !(*hit = hit_of(page, wanted, i, heading, snippet))) outcome = FAILED;
    for (int part = LANGUAGE; part <= SUMMARY; part++) Py_DecRef(values[part]);
    return outcome;
}

static int show_matches(Page *page, const Wanted *wanted, PyObject *hits) {
    int outcome = DONE;
    for (Py_ssize_t i = 0; !outcome && i < PyTuple_Size(wanted->matches); i++) {
        PyObject *hit = NULL;
        outcome = show_match(page, wanted, i, &hit);
        if (!outcome && PyTuple_SetItem(hits, i, hit) < 0) outcome = FAILED;
    }
    return outcome;
}

/* Read the query. The page has to be closed in any case. */
static int page_open(Page *page, PyObject *words, PyObject *phrases, Py_ssize_t length) {
    if (!PyType_IsSubtype((PyTypeObject *)page->fragments.class, &PyTuple_Type) || length < 1 || length > MAX_PAGE_CHARACTERS) {
        PyErr_SetString(PyExc_ValueError, "fragments must be tuples, and snippets have a length");
        return FAILED;
    }
    page->fragments.state = page->state;
    return query_read(&page->query, words, phrases, page->state);
}

static PyObject *page_close(Page *page, int outcome, PyObject *shown) {
    query_free(&page->query);
    text_free(&page->text);
    fragments_free(&page->fragments);
    free(page->marks.items);
    if (outcome == DONE) return shown;
    Py_DecRef(shown);
    if (outcome == FAILED) return NULL;
    Py_IncRef(Py_None);
    return Py_None;
}

PyObject *kernel_page(PyObject *module, PyObject *arguments) {
    PyObject *words, *phrases, *texts, *shown = NULL;
    Py_ssize_t length;
    Page page = {.state = state_of(module)};
    if (!PyArg_ParseTuple(arguments, "O!O!O!nO!OO!O", &PyTuple_Type, &words, &PyTuple_Type, &phrases, &PyList_Type, &texts, &length,
                          &PyType_Type, &page.fragments.class, &page.text.tables, &PyFrozenSet_Type, &page.stop_words, &page.phrase_end))
        return NULL;
    int outcome = page_open(&page, words, phrases, length);
    if (!outcome) outcome = (shown = PyList_New(PyList_Size(texts))) ? show_texts(&page, texts, length, shown) : FAILED;
    return page_close(&page, outcome, shown);
}

PyObject *kernel_hits(PyObject *module, PyObject *arguments) {
    PyObject *words, *phrases, *hits = NULL;
    Wanted wanted;
    Page page = {.state = state_of(module)};
    if (!PyArg_ParseTuple(arguments, "O!O!O!OUnO!O!OO!O", &PyTuple_Type, &words, &PyTuple_Type, &phrases, &PyTuple_Type, &wanted.matches,
                          &wanted.missing, &wanted.language, &wanted.length, &PyType_Type, &wanted.class, &PyType_Type,
                          &page.fragments.class, &page.text.tables, &PyFrozenSet_Type, &page.stop_words, &page.phrase_end))
        return NULL;
    if (!PyType_IsSubtype((PyTypeObject *)wanted.class, &PyTuple_Type))
        return PyErr_Format(PyExc_ValueError, "hits must be tuples");
    Py_ssize_t count = PyTuple_Size(wanted.matches);
    if (wanted.missing != Py_None && (!PyTuple_Check(wanted.missing) || PyTuple_Size(wanted.missing) != count))
        return PyErr_Format(PyExc_ValueError, "missing words must be a tuple with an item for each match, or None");
    int outcome = page_open(&page, words, phrases, wanted.length);
    if (!outcome) outcome = (hits = PyTuple_New(count)) ? show_matches(&page, &wanted, hits) : FAILED;
    return page_close(&page, outcome, hits);
}
