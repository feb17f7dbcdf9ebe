/* Read the words and phrases of a query from a `TermFinder` for each term. */

#include "query.h"

/* Return whether the needle has any characters, or FAILED. */
static int needle_read(PyObject *text, Needle *needle) {
    Py_ssize_t bytes;
    needle->length = PyUnicode_GetLength(text);
    const char *utf8 = needle->length > 0 ? PyUnicode_AsUTF8AndSize(text, &bytes) : NULL;
    if (!utf8) return needle->length ? FAILED : 0;
    if (bytes == needle->length) {
        needle->ascii = (const unsigned char *)utf8;
        return 1;
    }
    needle->points = malloc((size_t)(needle->length + 1) * sizeof(uint32_t));
    if (!needle->points) return out_of_memory();
    return PyUnicode_AsUCS4(text, needle->points, needle->length + 1, 1) ? 1 : FAILED;
}

static int forms_read(Term *term) {
    int count = (int)PyTuple_Size(term->form_texts);
    if (count > MAX_FORMS) return PYTHON;
    for (int i = 0; i < count; i++) {
        Form *form = &term->forms[i];
        form->letters = (const unsigned char *)PyUnicode_AsUTF8AndSize(PyTuple_GetItem(term->form_texts, i), &form->length);
        if (!form->letters) return FAILED;
#if HAS_VECTORS
        memcpy(&form->vector, form->letters, (size_t)(form->length < VECTOR_SIZE ? form->length : VECTOR_SIZE));
#endif
        term->form_count = i + 1;
    }
    return DONE;
}

static int needles_read(Term *term) {
    Py_ssize_t count = PyTuple_Size(term->needle_texts);
    if (count > MAX_NEEDLES) return PYTHON;
    for (Py_ssize_t i = 0; i < count; i++) {
        Needle *needle = &term->needles[term->needle_count++];
        int outcome = needle_read(PyTuple_GetItem(term->needle_texts, i), needle);
        if (outcome < 1) return outcome ? FAILED : PYTHON;
        term->first[needle->ascii ? needle->ascii[0] : needle->points[0] & 255] = 1;
    }
    return DONE;
}

/* Read a `TermFinder`. PYTHON: only Python can find its words. */
static int term_read(PyObject *finder, PyObject *const *names, Term *term) {
    PyObject *flag = PyObject_GetAttr(finder, names[IS_COMPILED]);
    int is_compiled = flag ? PyObject_IsTrue(flag) : FAILED;
    Py_DecRef(flag);
    if (is_compiled <= 0) return is_compiled ? FAILED : PYTHON;
    term->finder = finder;
    term->needle_texts = PyObject_GetAttr(finder, names[NEEDLES]);
    term->form_texts = term->needle_texts ? PyObject_GetAttr(finder, names[EXACT_FORMS]) : NULL;
    if (!term->form_texts) return FAILED;
    if (!PyTuple_Check(term->needle_texts) || !PyTuple_Check(term->form_texts)) {
        PyErr_SetString(PyExc_TypeError, "a term must be a TermFinder");
        return FAILED;
    }
    int outcome = forms_read(term);
    return outcome ? outcome : needles_read(term);
}

static void beginning_add(Query *query, Beginning own) {
    for (int i = 0; i < query->beginning_count; i++)
        if (memcmp(&query->beginnings[i], &own, sizeof(own)) == 0) return;
    int i = query->beginning_count++;
    if (i >= MAX_COMPARED) return;
    query->beginnings[i] = own;
#if HAS_VECTORS
    for (int j = 0; j < COMPARED; j++) {
        query->letters[i][j] = vector_of(own.letters[j]);
        query->bits[i][j] = vector_of(own.bits[j]);
    }
#endif
}

/* Add the first letters of a term's needles. Those with other characters than ASCII cannot begin a word of a text in ASCII. */
static void firsts_add(Query *query, const Term *term) {
    for (int byte = 0; byte < 256; byte++) query->first[byte] |= term->first[byte];
    for (int i = 0; i < term->needle_count && query->beginning_count <= MAX_COMPARED; i++) {
        const Needle *needle = &term->needles[i];
        if (!needle->ascii) {
            query->is_ascii = 0;
            continue;
        }
        Beginning own;
        for (int j = 0; j < COMPARED; j++) {
            own.bits[j] = j < needle->length ? CASE : 255;
            own.letters[j] = j < needle->length ? needle->ascii[j] | CASE : 255;
        }
        beginning_add(query, own);
    }
}

/* Count the terms of all phrases; FAILED if one is not a tuple of terms. */
static Py_ssize_t places_of(PyObject *phrases) {
    Py_ssize_t count = 0;
    for (Py_ssize_t i = 0; i < PyTuple_Size(phrases); i++) {
        PyObject *phrase = PyTuple_GetItem(phrases, i);
        if (!PyTuple_Check(phrase) || !PyTuple_Size(phrase)) {
            PyErr_SetString(PyExc_ValueError, "a phrase needs a tuple of terms");
            return FAILED;
        }
        count += PyTuple_Size(phrase);
    }
    return count;
}

/* Read the words and phrases. The query has to be freed in any case. */
int query_read(Query *query, PyObject *words, PyObject *phrases, const State *state) {
    Py_ssize_t count = PyTuple_Size(words), phrase_count = PyTuple_Size(phrases), places = places_of(phrases);
    if (places < 0) return FAILED;
    if (count + places > MAX_TERMS) return PYTHON;
    query->terms = calloc((size_t)(count + places) + 1, sizeof(Term));
    query->phrases = calloc((size_t)phrase_count + 1, sizeof(Phrase));
    if (!query->terms || !query->phrases) return out_of_memory();
    query->word_count = (int)count;
    query->phrase_count = (int)phrase_count;
    for (Py_ssize_t i = 0; i < count; i++) {
        int outcome = term_read(PyTuple_GetItem(words, i), state->page, &query->terms[query->term_count++]);
        if (outcome) return outcome;
    }
    for (Py_ssize_t i = 0; i < phrase_count; i++) {
        PyObject *phrase = PyTuple_GetItem(phrases, i);
        query->phrases[i].first_term = query->term_count;
        query->phrases[i].count = (int)PyTuple_Size(phrase);
        for (int place = 0; place < query->phrases[i].count; place++) {
            int outcome = term_read(PyTuple_GetItem(phrase, place), state->page, &query->terms[query->term_count++]);
            if (outcome) return outcome;
        }
    }
    query->is_ascii = 1;
    for (int i = 0; i < query->word_count; i++) firsts_add(query, &query->terms[i]);
    for (int i = 0; i < query->phrase_count; i++) firsts_add(query, &query->terms[query->phrases[i].first_term]);
    return DONE;
}

void query_free(Query *query) {
    for (int i = 0; i < query->term_count; i++) {
        Term *term = &query->terms[i];
        for (int j = 0; j < term->needle_count; j++) free(term->needles[j].points);
        Py_DecRef(term->term);
        Py_DecRef(term->parts);
        Py_DecRef(term->needle_texts);
        Py_DecRef(term->form_texts);
    }
    for (int i = 0; i < query->phrase_count && query->phrases; i++) free(query->phrases[i].starts.items);
    for (int i = 0; i < query->key_count; i++) Py_DecRef(query->keys[i]);
    free(query->terms);
    free(query->phrases);
}

/* Return the number of a term, -1 if there are too many. */
int key_of(Query *query, PyObject *term) {
    for (int i = 0; i < query->key_count; i++)
        if (query->keys[i] == term || (PyUnicode_Check(term) && PyUnicode_Compare(query->keys[i], term) == 0))
            return query->phrase_count + i;
    if (key_limit(query) >= MAX_KEYS || !PyUnicode_Check(term)) return -1;
    Py_IncRef(term);
    query->keys[query->key_count] = term;
    return query->phrase_count + query->key_count++;
}
