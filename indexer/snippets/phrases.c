/* Find the phrases of a query in a text. */

#include "page.h"

#define MAX_PHRASE_STOP_WORDS 4

static int may_contain(const Text *text, const Term *term, Py_ssize_t start, Py_ssize_t limit) {
    for (Py_ssize_t at = start; at < limit; at++) {
        if (!term->first[low_byte_at(text, at)]) continue;
        for (int i = 0; i < term->needle_count; i++)
            if (needle_matches(text, &term->needles[i], at, limit)) return 1;
    }
    return 0;
}

/* Ask Python by analysis. Return -1 on an exception. */
static Py_ssize_t analyzed_end(Page *page, int number, Py_ssize_t start, Py_ssize_t limit) {
    PyObject *part = PyUnicode_Substring(page->text.string, start, limit);
    if (!part) return -1;
    PyObject *result = PyObject_CallFunction(page->phrase_end, "Oni", part, start, number);
    Py_DecRef(part);
    if (!result) return -1;
    Py_ssize_t end = PyLong_AsSsize_t(result);
    Py_DecRef(result);
    if (end == -1 && PyErr_Occurred()) return -1;
    return end > start && end <= limit ? end : 0;
}

/* Whether a plain word is a stop word, and not a name in capitals. */
static int is_left_out(const Page *page, Py_ssize_t start, Py_ssize_t end) {
    const Text *text = &page->text;
    char low[MAX_WORD];
    int has_upper = 0, has_lower = 0;
    for (Py_ssize_t at = start; at < end; at++) {
        unsigned char c = (unsigned char)point_at(text, at);
        low[at - start] = (char)low_byte_at(text, at);
        has_upper |= c >= 'A' && c <= 'Z';
        has_lower |= c >= 'a' && c <= 'z';
    }
    PyObject *word = PyUnicode_FromStringAndSize(low, end - start);
    int is_stop = word ? PySet_Contains(page->stop_words, word) : FAILED;
    Py_DecRef(word);
    return is_stop > 0 ? end - start == 1 || has_lower || !has_upper : is_stop;
}

/* Whether a plain word is one of the term's. */
static int holds(Page *page, Term *term, Py_ssize_t start, Py_ssize_t end) {
    if (term->form_count) return has_form(&page->text, term, start, end - start);
    PyObject *part = part_of_word(page, term, start, end);
    if (!part) return FAILED;
    int is_part = part != Py_None;
    Py_DecRef(part);
    return is_part;
}

/* Return where the phrase ends that begins at `start`, 0 if it does not begin there, -1 on an exception. */
static Py_ssize_t phrase_end(Page *page, int number, Py_ssize_t start, Py_ssize_t limit) {
    const Phrase *phrase = &page->query.phrases[number];
    const Text *text = &page->text;
    int matched = 0, position = 0;
    for (Py_ssize_t at = start; at < limit; position++) {
        while (at < limit && !(class_at(text, at) & (LETTER | PAIRED))) at++;
        if (at >= limit) return 0;
        if (class_at(text, at) & PAIRED) return analyzed_end(page, number, start, limit);
        Py_ssize_t first = at;
        at = word_end(text, first, limit);
        if (at - first > MAX_WORD || !is_plain(text, first, at)) return analyzed_end(page, number, start, limit);
        int is_next = holds(page, &page->query.terms[phrase->first_term + matched], first, at);
        if (is_next < 0) return -1;
        if (is_next) {
            if (position > phrase->count + MAX_PHRASE_STOP_WORDS) return 0;
            if (++matched == phrase->count) return at;
        } else {
            int left_out = is_left_out(page, first, at);
            if (left_out <= 0) return left_out;
        }
    }
    return 0;
}

/* Mark the phrases that begin at their first words, which `find_words` has found. */
int find_phrases(Page *page) {
    for (int i = 0; i < page->query.phrase_count; i++) {
        Phrase *phrase = &page->query.phrases[i];
        Py_ssize_t reach = (phrase->count + MAX_PHRASE_STOP_WORDS + 1) * (MAX_WORD + 1), size = page->text.size;
        for (int j = 0; j < phrase->starts.count; j++) {
            Py_ssize_t start = phrase->starts.items[j].start, limit = start + reach < size ? start + reach : size;
            if (phrase->count > 1 && !may_contain(&page->text, &page->query.terms[phrase->first_term + 1], start, limit)) continue;
            Py_ssize_t end = phrase_end(page, i, start, limit);
            if (end < 0) return FAILED;
            if (end && marks_add(&page->marks, start, end, i) < 0) return FAILED;
        }
    }
    return DONE;
}
