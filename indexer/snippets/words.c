/* Find the words of a query in a text: those that begin with a needle, or have one after an apostrophe or mark. */

#include "page.h"

#define MAX_PAGE_MARKS 2000 /* as in highlighter.py */
#define MAX_CHAIN (2 * MAX_WORD)
#define NO_CHARACTER 0x7f /* in place of those before and behind a text; neither a letter nor white space */

int needle_matches(const Text *text, const Needle *needle, Py_ssize_t at, Py_ssize_t limit) {
    if (needle->length > limit - at) return 0;
    if (needle->ascii) return letters_match(text, at, needle->ascii, needle->length);
    return !text->ascii && memcmp(text->lows + at, needle->points, (size_t)needle->length * sizeof(uint32_t)) == 0;
}

static int begins_needle(const Text *text, const Term *term, Py_ssize_t at) {
    if (!term->first[low_byte_at(text, at)]) return 0;
    for (int i = 0; i < term->needle_count; i++)
        if (needle_matches(text, &term->needles[i], at, text->size)) return 1;
    return 0;
}

/* Look up what the word contributes to a term: None, the term, or a part of it. Return a new reference. */
PyObject *part_of_word(Page *page, const Term *term, Py_ssize_t start, Py_ssize_t end) {
    PyObject *word = PyUnicode_Substring(page->text.string, start, end);
    if (!word) return NULL;
    PyObject *part = PyDict_GetItemWithError(term->parts, word);
    if (part) Py_IncRef(part);
    else if (!PyErr_Occurred()) part = PyObject_CallMethodObjArgs(term->finder, page->state->page[PART_OF], word, NULL);
    Py_DecRef(word);
    return part;
}

/* Whether a plain word is one of the exact forms of a term. */
int has_form(const Text *text, const Term *term, Py_ssize_t start, Py_ssize_t length) {
    for (int i = 0; i < term->form_count; i++)
        if (term->forms[i].length == length && letters_match(text, start, term->forms[i].letters, length)) return length <= MAX_WORD;
    return 0;
}

static int mark_add(Page *page, Marks *marks, Py_ssize_t start, Py_ssize_t end, int key) {
    if (key < 0) return PYTHON;
    if (marks_add(marks, start, end, key) < 0) return FAILED;
    return ++page->total_marks >= MAX_PAGE_MARKS ? PYTHON : DONE;
}

/* Mark the word where a term or a part of it is among the wanted ones. */
static int mark_word(Page *page, Term *term, Py_ssize_t start, Py_ssize_t end, Marks *marks) {
    if (term->form_count && is_plain(&page->text, start, end)) {
        if (!has_form(&page->text, term, start, end - start)) return DONE;
        if (term->key < 0) term->key = key_of(&page->query, term->term);
        return mark_add(page, marks, start, end, term->key);
    }
    PyObject *part = part_of_word(page, term, start, end), *key = part;
    Py_ssize_t first = 0, last = end - start;
    int outcome = DONE;
    if (!part) return FAILED;
    if (part != Py_None) {
        if (PyTuple_Check(part) && !PyArg_ParseTuple(part, "nnO", &first, &last, &key)) outcome = FAILED;
        else if (first < 0 || last < first || last > end - start) outcome = PYTHON;
        else outcome = mark_add(page, marks, start + first, start + last, key_of(&page->query, key));
    }
    Py_DecRef(part);
    return outcome;
}

/* Return where the word begins that contains a letter after an apostrophe or a mark, -1 if that is too far before it. */
static Py_ssize_t compound_start(const Text *text, Py_ssize_t at) {
    Py_ssize_t first = at;
    while (first > 0 && class_at(text, first - 1) & (LETTER | MARK | APOSTROPHE))
        if (at - --first > MAX_CHAIN) return -1;
    while (first < at) {
        if (!(class_at(text, first) & LETTER)) {
            first++;
            continue;
        }
        Py_ssize_t end = word_end(text, first, at + 1);
        if (end > at) break;
        first = end;
    }
    return first;
}

/* Examine the word at a letter that a needle may begin with, or that follows an apostrophe or a mark in it. */
static int find_word(Page *page, Py_ssize_t at) {
    const Text *text = &page->text;
    Query *query = &page->query;
    unsigned char before = at ? class_at(text, at - 1) : 0;
    Py_ssize_t start = before & (APOSTROPHE | MARK) ? compound_start(text, at) : before & LETTER ? -1 : at, end = -1;
    for (int i = 0; start >= 0 && i < query->word_count + query->phrase_count; i++) {
        int phrase = i - query->word_count;
        Term *term = &query->terms[phrase < 0 ? i : query->phrases[phrase].first_term];
        if (!begins_needle(text, term, at)) continue;
        if (end < 0) end = word_end(text, start, text->size);
        int outcome = mark_word(page, term, start, end, phrase < 0 ? &page->marks : &query->phrases[phrase].starts);
        if (outcome) return outcome;
    }
    return DONE;
}

#if HAS_VECTORS
/* Return flags for the characters of `own` that have to be examined: white space that is not a single space, control characters, and
 * characters with which the first two letters of a needle begin in any case, if no letter or digit is before them. */
static inline Vector flags_of(const Query *query, Vector before, Vector own, Vector next) {
    const Vector own_low = own | CASE, next_low = next | CASE;
    Vector is_needle = {0};
    for (int i = 0; i < query->pair_count; i++)
        is_needle |= (Vector)(own_low == query->firsts[i]) & ((Vector)(next_low == query->seconds[i]) | query->any[i]);
    const Vector is_inner = (Vector)((before | CASE) - 'a' < 26) | (Vector)(before - '0' < 10);
    const Vector is_irregular = (Vector)(own < ' ') | ((Vector)(own == ' ') & (Vector)(before <= ' '));
    return (is_needle & ~is_inner) | is_irregular;
}

/* Examine a character that has a flag. */
static int find_flagged(Page *page, Py_ssize_t at) {
    Text *text = &page->text;
    unsigned char class = class_at(text, at);
    if (class & LETTER) return find_word(page, at);
    if (class & UNKNOWN) return PYTHON;
    if (!(class & SPACE)) return DONE;
    if (text->irregular_count < MAX_IRREGULAR) text->irregular[text->irregular_count] = at;
    text->irregular_count++;
    return DONE;
}

/* Examine the characters that have flags, from number `first` on. `start`: where the first is in the text. */
static int find_all_flagged(Page *page, Py_ssize_t start, int first, VectorWords flags) {
    for (int word = 0; word < VECTOR_WORDS; word++) {
        uint64_t bytes = flags[word];
        while (bytes) {
            int byte = __builtin_ctzll(bytes) / 8;
            bytes &= ~((uint64_t)255 << 8 * byte);
            int outcome = 8 * word + byte < first ? DONE : find_flagged(page, start + 8 * word + byte);
            if (outcome) return outcome;
        }
    }
    return DONE;
}

static inline int find_in_vectors(Page *page, Py_ssize_t start, int first, Vector before, Vector own, Vector next) {
    VectorWords flags = (VectorWords)flags_of(&page->query, before, own, next);
    return flags[0] | flags[1] ? find_all_flagged(page, start, first, flags) : DONE;
}

static int find_words_in_bytes(Page *page) {
    const unsigned char *text = bytes_of(&page->text);
    const Py_ssize_t last = page->text.size - VECTOR_SIZE;
    page->text.irregular_count = 0;
    if (last < 0) { /* what is behind the text is neither a letter nor white space */
        unsigned char copy[VECTOR_SIZE + 1];
        memset(copy, NO_CHARACTER, sizeof(copy));
        memcpy(copy, text, (size_t)page->text.size);
        return find_in_vectors(page, 0, 0, vector_behind(NO_CHARACTER, copy), vector_at(copy), vector_at(copy + 1));
    }
    int outcome = find_in_vectors(page, 0, 0, vector_behind(NO_CHARACTER, text), vector_at(text), vector_at(text + 1));
    for (Py_ssize_t at = VECTOR_SIZE; !outcome && at < page->text.size; at += VECTOR_SIZE) {
        Py_ssize_t start = at < last ? at : last; /* the last vectors overlap */
        const unsigned char *own = text + start;
        outcome = find_in_vectors(page, start, (int)(at - start), vector_at(own - 1), vector_at(own), vector_at(own + 1));
    }
    return outcome;
}
#endif

/* Find the words that begin with a needle or have one after an apostrophe or mark, and the first words of phrases. PYTHON: there are
 * too many of them, or control characters. */
int find_words(Page *page) {
    const Text *text = &page->text;
#if HAS_VECTORS
    if (bytes_of(text) && page->query.pair_count <= MAX_COMPARED) return find_words_in_bytes(page);
#endif
    unsigned char before = 0;
    for (Py_ssize_t at = 0; at < text->size; at++) {
        const unsigned char class = class_at(text, at);
        const int is_inner = (before & (LETTER | MARK | APOSTROPHE)) == LETTER;
        if (class & UNKNOWN) return PYTHON;
        before = class;
        if (!(class & LETTER & !is_inner & page->query.first[low_byte_at(text, at)])) continue; /* one branch, as few pass */
        int outcome = find_word(page, at);
        if (outcome) return outcome;
    }
    return DONE;
}
