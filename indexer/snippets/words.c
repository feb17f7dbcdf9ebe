/* Find the words of a query in a text: those that begin with a needle, or have one after an apostrophe or mark. */

#include "page.h"

#define MAX_PAGE_MARKS 2000 /* as in highlighter.py */
#define MAX_CHAIN (2 * MAX_WORD)
#define APART 0x1f /* as in term_finder.py: Python searches several texts together, with this character between them */
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
PyObject *part_of_word(Page *page, Term *term, Py_ssize_t start, Py_ssize_t end) {
    if (!term->parts && !(term->parts = PyObject_GetAttr(term->finder, page->state->page[PARTS]))) return NULL;
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

/* Mark one of the exact forms of a term. */
static int mark_form(Page *page, Term *term, Py_ssize_t start, Py_ssize_t end, Marks *marks) {
    if (!term->term) {
        if (!(term->term = PyObject_GetAttr(term->finder, page->state->page[TERM]))) return FAILED;
        term->key = key_of(&page->query, term->term);
    }
    return mark_add(page, marks, start, end, term->key);
}

/* Mark the word where a term or a part of it is among the wanted ones. */
static int mark_word(Page *page, Term *term, Py_ssize_t start, Py_ssize_t end, Marks *marks) {
    if (term->form_count && is_plain(&page->text, start, end))
        return has_form(&page->text, term, start, end - start) ? mark_form(page, term, start, end, marks) : DONE;
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

/* A short plain word of a text in ASCII. */
typedef struct {
    Py_ssize_t length; /* 0 for another word */
#if HAS_VECTORS
    Vector letters; /* in lower case, then zeros */
#endif
} PlainWord;

#if HAS_VECTORS
/* Return the word that begins at a letter or digit, if that can be decided by one vector. */
static inline PlainWord plain_word_at(const Text *text, Py_ssize_t at) {
    static const unsigned char masks[2 * VECTOR_SIZE] = {255, 255, 255, 255, 255, 255, 255, 255,
                                                         255, 255, 255, 255, 255, 255, 255, 255};
    PlainWord word = {0};
    if (!text->ascii || text->size - at < VECTOR_SIZE || (at && text->ascii[at - 1] == '\'')) return word;
    const Vector own = vector_at(text->ascii + at), low = own | CASE;
    const int length = first_flag((VectorWords)~((Vector)(low - 'a' < 26) | (Vector)(own - '0' < 10)), 0);
    if (length == VECTOR_SIZE || text->ascii[at + length] == '\'') return word;
    word.length = length;
    word.letters = low & vector_at(masks + VECTOR_SIZE - length);
    return word;
}

/* Whether a word is one of the exact forms of a term. */
static inline int is_form(const Term *term, const PlainWord *word) {
    int is_same = 0;
    for (int i = 0; i < term->form_count; i++) {
        const VectorWords differences = (VectorWords)(term->forms[i].vector ^ word->letters);
        is_same |= !(differences[0] | differences[1]);
    }
    return is_same;
}
#else
static inline PlainWord plain_word_at(const Text *text, Py_ssize_t at) {
    (void)text, (void)at;
    return (PlainWord){0};
}

static inline int is_form(const Term *term, const PlainWord *word) {
    (void)term, (void)word;
    return 0;
}
#endif

/* Examine the word at a letter that a needle may begin with, or that follows an apostrophe or a mark in it. */
static int find_word(Page *page, Py_ssize_t at) {
    const Text *text = &page->text;
    Query *query = &page->query;
    const PlainWord word = plain_word_at(text, at);
    unsigned char before = at && !word.length ? class_at(text, at - 1) : 0;
    Py_ssize_t start = before & (APOSTROPHE | MARK) ? compound_start(text, at) : before & LETTER ? -1 : at, end = -1;
    for (int i = 0; start >= 0 && i < query->word_count + query->phrase_count; i++) {
        int phrase = i - query->word_count, outcome;
        Term *term = &query->terms[phrase < 0 ? i : query->phrases[phrase].first_term];
        Marks *marks = phrase < 0 ? &page->marks : &query->phrases[phrase].starts;
        if (word.length && term->form_count) {
            if (!is_form(term, &word)) continue;
            outcome = mark_form(page, term, at, at + word.length, marks);
        } else {
            if (!begins_needle(text, term, at)) continue;
            if (end < 0) end = word_end(text, start, text->size);
            outcome = mark_word(page, term, start, end, marks);
        }
        if (outcome) return outcome;
    }
    return DONE;
}

#if HAS_VECTORS
/* Characters of a text, the one before each of them, and the two behind it. */
typedef struct {
    Vector before, own, next, third;
} Window;

static inline Window window_at(const unsigned char *text) {
    return (Window){vector_at(text - 1), vector_at(text), vector_at(text + 1), vector_at(text + 2)};
}

static inline Window first_window(const unsigned char *text) {
    return (Window){vector_behind(NO_CHARACTER, text), vector_at(text), vector_at(text + 1), vector_at(text + 2)};
}

static inline Window last_window(const unsigned char *text) {
    return (Window){vector_at(text - 1), vector_at(text), vector_at(text + 1), vector_before(text + 2)};
}

/* Return flags for the characters of `own` that have to be examined: those that only Python can treat, and those with which a needle
 * begins in any case, if no letter or digit is before them. */
static inline Vector flags_of(const Query *query, Window text) {
    const Vector before = text.before, own = text.own, own_low = own | CASE;
    Vector is_needle = {0};
    for (int i = 0; i < query->beginning_count; i++) {
        const Vector *letters = query->letters[i], *bits = query->bits[i];
        is_needle |= (Vector)(own_low == letters[0]) & (Vector)((text.next | bits[1]) == letters[1]) &
                     (Vector)((text.third | bits[2]) == letters[2]);
    }
    const Vector is_inner = (Vector)((before | CASE) - 'a' < 26) | (Vector)(before - '0' < 10);
    return (is_needle & ~is_inner) | (Vector)(own == APART);
}

/* Examine the characters that have flags, from number `first` on. `start`: where the first is in the text. */
static int find_all_flagged(Page *page, Py_ssize_t start, int first, VectorWords flags) {
    for (int word = 0; word < VECTOR_WORDS; word++) {
        uint64_t bytes = flags[word];
        while (bytes) {
            int byte = __builtin_ctzll(bytes) / 8;
            bytes &= ~((uint64_t)255 << 8 * byte);
            if (8 * word + byte < first) continue;
            Py_ssize_t at = start + 8 * word + byte;
            unsigned char class = class_at(&page->text, at);
            int outcome = class & LETTER ? find_word(page, at) : class & UNKNOWN ? PYTHON : DONE;
            if (outcome) return outcome;
        }
    }
    return DONE;
}

static inline int find_in_window(Page *page, Py_ssize_t start, int first, Window text) {
    VectorWords flags = (VectorWords)flags_of(&page->query, text);
    return flags[0] | flags[1] ? find_all_flagged(page, start, first, flags) : DONE;
}

static int find_words_in_bytes(Page *page) {
    const unsigned char *text = bytes_of(&page->text);
    const Py_ssize_t last = page->text.size - VECTOR_SIZE;
    Py_ssize_t at = VECTOR_SIZE;
    if (last <= 0) { /* what is behind the text is neither a letter nor white space */
        unsigned char copy[VECTOR_SIZE + 2];
        memset(copy, NO_CHARACTER, sizeof(copy));
        memcpy(copy, text, (size_t)page->text.size);
        return find_in_window(page, 0, 0, first_window(copy));
    }
    int outcome = find_in_window(page, 0, 0, first_window(text));
    for (; !outcome && at < last; at += VECTOR_SIZE) outcome = find_in_window(page, at, 0, window_at(text + at));
    return outcome ? outcome : find_in_window(page, last, (int)(at - last), last_window(text + last)); /* the last two may overlap */
}
#endif

/* Find the words that begin with a needle or have one after an apostrophe or mark, and the first words of phrases. PYTHON: there are
 * too many of them, or characters that only Python can treat. */
int find_words(Page *page) {
    const Text *text = &page->text;
#if HAS_VECTORS
    if (bytes_of(text) && page->query.beginning_count <= MAX_COMPARED) return find_words_in_bytes(page);
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
