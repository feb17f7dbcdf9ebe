/* An optional kernel that marks the words of a query in the titles and texts of a result page, and cuts the snippets.
 *
 *     similar_pairs(texts, shortest, longest, ratio, sample) -> [(first, second), …]: texts that may be nearly the same
 *     page(terms, phrases, texts, length, fragment, tables, is_left_out, phrase_end) -> [(title, snippet), …], or None
 *     hits(terms, phrases, matches, language, length, hit, fragment, …) -> [hit, …], or None
 *     json(hits) -> the JSON of the hits as bytes, or None
 *
 * It gives the same fragments as the Python code in this package, which specifies it and replaces it where it is not built.
 * None means that Python has to do the page: it is long, or has marks without end, or characters that the tables lack, or
 * texts of another language.
 *
 *     terms        a `TermFinder` for each. A plain word in ASCII is its term if it is one of the exact forms. If there are none, and
 *                  for all other words, `part_of(word)` tells, and fills `parts`
 *     phrases      ((term, …), …), by place
 *     texts        [(title, text), …]
 *     matches      ((document, score, parts), …)
 *     tables       returns the classes and the lower case of all characters of the Basic Multilingual Plane (`character_tables`)
 *     is_left_out  whether a word is not indexed
 *     phrase_end   (text, start, number of the phrase) -> where it ends, by analysis; 0: it does not
 *
 * Texts are handled as arrays of bytes if they are in ASCII, otherwise as arrays of code points. Each index is compared with their
 * lengths. There is no global state.
 */

#define PY_SSIZE_T_CLEAN
#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030b0000
#endif
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PAGE_CHARACTERS 50000 /* with more, searching for needles is as fast */
#define MAX_PAGE_MARKS 2000       /* as in highlighter.py */
#define MAX_COUNTED_MARKS 9
#define MAX_WORD 64
#define MAX_CHAIN (2 * MAX_WORD)
#define MAX_PHRASE_STOP_WORDS 4
#define MAX_TERMS 128  /* of a query, including those of phrases */
#define MAX_NEEDLES 48 /* of a term */
#define MAX_FORMS 8 /* of a term */
#define MAX_KEYS 256
#define MAX_SHARED_FRAGMENTS 8 /* of a page */
#define MAX_COMPARED 16 /* pairs of first letters that are compared one by one, in vectors */
#define GROUP 32       /* characters of which some may begin a word */
#define SIGNS 0x8080808080808080 /* SIGN of eight characters */
#define TABLE_SIZE 0x10000

/* The classes of characters, as in `character_tables`. */
enum { LETTER = 1, MARK = 2, APOSTROPHE = 4, SPACE = 8, PAIRED = 16, UNKNOWN = 32 };
/* Only in texts in ASCII: white space but not a space, and all but letters, digits, spaces and apostrophes. */
enum { OTHER_SPACE = 64, SIGN = 128 };

typedef struct {
    const unsigned char *ascii; /* of a string that lives as long as the page; NULL if it has other characters */
    uint32_t *points;           /* NULL if it is in ASCII */
    Py_ssize_t length;
} Needle;

typedef struct {
    const char *letters; /* in ASCII, of a string that lives as long as the page */
    Py_ssize_t length;
} Form;

typedef struct {
    PyObject *finder;                                          /* borrowed */
    PyObject *term, *parts, *needle_texts, *form_texts; /* owned, NULL before they are read */
    Needle needles[MAX_NEEDLES];
    int needle_count, form_count, key; /* -1 before the term has a key */
    Form forms[MAX_FORMS];
    unsigned char first[256]; /* whether a needle begins with a character that has this low byte */
} Term;

/* The first two letters of a needle, as bytes. `mask` is 0 if the needle has only one letter. */
typedef struct {
    unsigned char first, second, mask;
} Pair;

typedef struct {
    Py_ssize_t start, end;
    int key;
} Mark;

typedef struct {
    Mark *items;
    int count, room;
} Marks;

typedef struct {
    int first_term, count; /* its terms within `terms` */
    Marks starts;
} Phrase;

typedef struct {
    Py_ssize_t start, end;
} Passage;

/* A fragment of a mark, and its text in UTF-8. */
typedef struct {
    PyObject *fragment; /* owned; NULL for none */
    Py_ssize_t size;    /* 0 for none */
    char text[MAX_WORD];
} SharedFragment;

typedef struct {
    PyObject *fragment, *tables, *is_left_out, *phrase_end; /* borrowed */
    PyObject *part_of; /* the name of a method; owned */
    Term *terms;
    int term_count, word_count; /* those before `word_count` are words, the others belong to phrases */
    Phrase *phrases;
    int phrase_count;
    PyObject *keys[MAX_KEYS]; /* the terms, as phrases have their own numbers after them */
    int key_count;
    unsigned char first[256]; /* of any word and any first word of a phrase */
    Pair pairs[MAX_COMPARED]; /* the same with the second letters */
    int pair_count;           /* may be more than there is room for */
    Py_buffer classes, lows;
    int has_tables;
    /* the text */
    PyObject *text; /* borrowed */
    const unsigned char *ascii; /* NULL if it has other characters; otherwise `points` and `low` are not used */
    uint32_t *points, *low;
    unsigned char *bytes, *ascii_low, *class; /* `class` has a 0 before it; both have GROUP behind a text in ASCII */
    Py_ssize_t size, room;
    Marks marks;
    int total_marks;
    Py_ssize_t characters; /* of all texts so far */
    char *out; /* a fragment in UTF-8 */
    Py_ssize_t out_size, out_room;
    PyObject **fragments; /* of the text; owned */
    int fragment_count, fragment_room;
    SharedFragment shared[MAX_SHARED_FRAGMENTS];
    int next_shared; /* which is replaced next */
} Page;

/* What a step of a page returns: PYTHON means that Python has to do it, FAILED that there is an exception. */
enum { DONE = 0, PYTHON = 1, FAILED = -1 };

static int out_of_memory(void) {
    PyErr_NoMemory();
    return FAILED;
}

static int intern(const char *const *texts, PyObject **names, int count) {
    for (int i = 0; i < count; i++)
        if (!(names[i] = PyUnicode_InternFromString(texts[i]))) return FAILED;
    return DONE;
}

/* -- characters ----------------------------------------------------------------------------------------------------------- */

static int load_tables(Page *page) {
    PyObject *pair = PyObject_CallNoArgs(page->tables);
    int outcome = FAILED;
    if (!pair) return FAILED;
    if (!PyTuple_Check(pair) || PyTuple_Size(pair) != 2) PyErr_SetString(PyExc_ValueError, "there must be two tables");
    else if (PyObject_GetBuffer(PyTuple_GetItem(pair, 0), &page->classes, PyBUF_SIMPLE) == 0) {
        if (PyObject_GetBuffer(PyTuple_GetItem(pair, 1), &page->lows, PyBUF_SIMPLE) < 0) PyBuffer_Release(&page->classes);
        else if (page->classes.len != TABLE_SIZE || page->lows.len != 2 * TABLE_SIZE) {
            PyBuffer_Release(&page->classes);
            PyBuffer_Release(&page->lows);
            PyErr_SetString(PyExc_ValueError, "a table has another size");
        } else {
            page->has_tables = 1;
            outcome = DONE;
        }
    }
    Py_DecRef(pair);
    return outcome;
}

/* Read a text in ASCII; without branches, so that compilers make vectors of it. Return whether all characters are known. */
static int read_ascii(const unsigned char *text, Py_ssize_t size, unsigned char *restrict low, unsigned char *restrict class) {
    unsigned char unknown = 0;
    for (Py_ssize_t i = 0; i < size; i++) {
        unsigned char c = text[i], is_upper = (unsigned char)(c - 'A') < 26;
        unsigned char is_letter = ((unsigned char)((c | 32) - 'a') < 26) | ((unsigned char)(c - '0') < 10);
        unsigned char is_other = (c == '\n') | (c == '\t'), is_space = (c == ' ') | is_other;
        unsigned char is_sign = !(is_letter | (c == ' ') | (c == '\''));
        unknown |= (c < ' ') & !is_other; /* documents contain no other control characters */
        class[i] = (unsigned char)(is_letter * LETTER | (c == '\'') * APOSTROPHE | is_space * SPACE | is_other * OTHER_SPACE |
                                   is_sign * SIGN);
        low[i] = (unsigned char)(c + is_upper * 32);
    }
    return !unknown;
}

/* Make room for a text of this size. */
static int text_reserve(Page *page, Py_ssize_t size) {
    if (size + 1 <= page->room) return DONE;
    Py_ssize_t room = 2 * size + 2048;
    free(page->bytes);
    page->room = 0;
    page->bytes = malloc(2 * ((size_t)room + GROUP) + 1); /* both arrays are read in groups */
    if (!page->bytes) return out_of_memory();
    page->class = page->bytes + 1;
    page->class[-1] = 0;
    page->ascii_low = page->class + room + GROUP;
    page->room = room;
    return DONE;
}

static int points_reserve(Page *page) {
    free(page->points);
    free(page->low);
    page->points = malloc((size_t)page->room * sizeof(uint32_t));
    page->low = malloc((size_t)page->room * sizeof(uint32_t));
    return page->points && page->low ? DONE : out_of_memory();
}

static inline uint32_t point(const Page *page, Py_ssize_t at) { return page->ascii ? page->ascii[at] : page->points[at]; }

static inline unsigned char low_byte(const Page *page, Py_ssize_t at) {
    return page->ascii ? page->ascii_low[at] : (unsigned char)page->low[at];
}

/* Pictographs have no letters among them. */
static inline int is_pictograph(uint32_t c) { return c >= 0x1f300 && c <= 0x1f6ff; }

/* Read a text: its code points, their lower case and their classes. */
static int text_read(Page *page, PyObject *text) {
    Py_ssize_t size = PyUnicode_GetLength(text);
    if (size < 0) return FAILED;
    if (size > MAX_PAGE_CHARACTERS) return PYTHON;
    if (text_reserve(page, size) < 0) return FAILED;
    page->text = text;
    page->size = size;
    Py_ssize_t bytes;
    const char *utf8 = PyUnicode_AsUTF8AndSize(text, &bytes);
    if (!utf8) return FAILED;
    page->ascii = bytes == size ? (const unsigned char *)utf8 : NULL;
    memset(page->class + size, 0, GROUP);
    memset(page->ascii_low + size, 0, GROUP);
    if (page->ascii) return read_ascii(page->ascii, size, page->ascii_low, page->class) ? DONE : PYTHON;
    if (points_reserve(page) < 0) return FAILED;
    if (!PyUnicode_AsUCS4(text, page->points, page->room, 0)) return FAILED;
    if (!page->has_tables && load_tables(page) < 0) return FAILED;
    const unsigned char *classes = page->classes.buf;
    unsigned char seen = 0;
    for (Py_ssize_t i = 0; i < size; i++) {
        uint32_t c = point(page, i);
        uint16_t low = 0;
        if (c < TABLE_SIZE) memcpy(&low, (const char *)page->lows.buf + 2 * c, 2);
        page->class[i] = c < TABLE_SIZE ? classes[c] : is_pictograph(c) ? 0 : UNKNOWN;
        page->low[i] = c < TABLE_SIZE ? low : c;
        seen |= page->class[i];
    }
    return seen & UNKNOWN ? PYTHON : DONE;
}

/* Return where the word ends that begins at `start` with a letter: RUN(?:['’]RUN)*, RUN = LETTER+(?:MARK+LETTER*)*. */
static Py_ssize_t word_end(const Page *page, Py_ssize_t start, Py_ssize_t limit) {
    Py_ssize_t at = start;
    for (;;) {
        while (at < limit && page->class[at] & (LETTER | MARK)) at++;
        if (at + 1 >= limit || page->class[at] != APOSTROPHE || !(page->class[at + 1] & LETTER)) return at;
        at++;
    }
}

/* -- marks ---------------------------------------------------------------------------------------------------------------- */

static int marks_add(Marks *marks, Py_ssize_t start, Py_ssize_t end, int key) {
    if (marks->count == marks->room) {
        int room = marks->room ? 2 * marks->room : 64;
        Mark *items = realloc(marks->items, (size_t)room * sizeof(Mark));
        if (!items) return out_of_memory();
        marks->items = items;
        marks->room = room;
    }
    marks->items[marks->count++] = (Mark){start, end, key};
    return DONE;
}

static int key_of(Page *page, PyObject *term) {
    for (int i = 0; i < page->key_count; i++)
        if (page->keys[i] == term || (PyUnicode_Check(term) && PyUnicode_Compare(page->keys[i], term) == 0)) return i;
    if (page->key_count + page->phrase_count >= MAX_KEYS || !PyUnicode_Check(term)) return -1;
    Py_IncRef(term);
    page->keys[page->key_count] = term;
    return page->key_count++;
}

/* Whether characters of a text in lower case, which is not in ASCII, are these. */
static int points_match(const uint32_t *points, const unsigned char *ascii, Py_ssize_t length) {
    for (Py_ssize_t i = 0; i < length; i++)
        if (points[i] != ascii[i]) return 0;
    return 1;
}

static inline int needle_matches(const Page *page, const Needle *needle, Py_ssize_t at, Py_ssize_t limit) {
    if (needle->length > limit - at) return 0;
    if (page->ascii) /* the first letter is compared here, as most needles have another one */
        return needle->ascii && page->ascii_low[at] == needle->ascii[0] &&
               memcmp(page->ascii_low + at, needle->ascii, (size_t)needle->length) == 0;
    if (needle->ascii) return points_match(page->low + at, needle->ascii, needle->length);
    return memcmp(page->low + at, needle->points, (size_t)needle->length * sizeof(uint32_t)) == 0;
}

static int begins_needle(const Page *page, const Term *term, Py_ssize_t at) {
    if (!term->first[low_byte(page, at)]) return 0;
    for (int i = 0; i < term->needle_count; i++)
        if (needle_matches(page, &term->needles[i], at, page->size)) return 1;
    return 0;
}

/* Look up what the word contributes to a term: None, the term, or a part of it. Return a new reference. */
static PyObject *part_of_word(Page *page, const Term *term, Py_ssize_t start, Py_ssize_t end) {
    PyObject *word = PyUnicode_Substring(page->text, start, end);
    if (!word) return NULL;
    PyObject *part = PyDict_GetItemWithError(term->parts, word);
    if (part) Py_IncRef(part);
    else if (!PyErr_Occurred()) part = PyObject_CallMethodObjArgs(term->finder, page->part_of, word, NULL);
    Py_DecRef(word);
    return part;
}

/* Whether a word is plain: letters and digits in ASCII. */
static int is_plain(const Page *page, Py_ssize_t start, Py_ssize_t end) {
    for (Py_ssize_t at = start; at < end; at++)
        if (page->class[at] != LETTER || (!page->ascii && page->points[at] > 127)) return 0;
    return 1;
}

static int has_form(const Page *page, const Term *term, Py_ssize_t start, Py_ssize_t length) {
    for (int i = 0; i < term->form_count; i++) {
        const Form *form = &term->forms[i];
        if (form->length != length) continue;
        if (page->ascii) {
            if (memcmp(page->ascii_low + start, form->letters, (size_t)length) == 0) return length <= MAX_WORD;
            continue;
        }
        if (points_match(page->low + start, (const unsigned char *)form->letters, length)) return length <= MAX_WORD;
    }
    return 0;
}

static int mark_add(Page *page, Marks *marks, Py_ssize_t start, Py_ssize_t end, int key) {
    if (key < 0) return PYTHON;
    if (marks_add(marks, start, end, key) < 0) return FAILED;
    return ++page->total_marks >= MAX_PAGE_MARKS ? PYTHON : DONE;
}

/* Mark the word where a term or a part of it is among the wanted ones. */
static int mark_word(Page *page, Term *term, Py_ssize_t start, Py_ssize_t end, Marks *marks) {
    if (term->form_count && is_plain(page, start, end)) {
        if (!has_form(page, term, start, end - start)) return DONE;
        if (term->key < 0) term->key = key_of(page, term->term);
        return mark_add(page, marks, start, end, term->key);
    }
    PyObject *part = part_of_word(page, term, start, end), *key = part;
    Py_ssize_t first = 0, last = end - start;
    int outcome = DONE;
    if (!part) return FAILED;
    if (part != Py_None) {
        if (PyTuple_Check(part) && !PyArg_ParseTuple(part, "nnO", &first, &last, &key)) outcome = FAILED;
        else if (first < 0 || last < first || last > end - start) outcome = PYTHON;
        else outcome = mark_add(page, marks, start + first, start + last, key_of(page, key));
    }
    Py_DecRef(part);
    return outcome;
}

/* Return where the word begins that contains a letter after an apostrophe or a mark, -1 if that is too far before it. */
static Py_ssize_t compound_start(const Page *page, Py_ssize_t at) {
    Py_ssize_t first = at;
    while (first > 0 && page->class[first - 1] & (LETTER | MARK | APOSTROPHE))
        if (at - --first > MAX_CHAIN) return -1;
    while (first < at) {
        if (!(page->class[first] & LETTER)) {
            first++;
            continue;
        }
        Py_ssize_t end = word_end(page, first, at + 1);
        if (end > at) break;
        first = end;
    }
    return first;
}

/* Examine the word at a letter that a needle may begin with, or that follows an apostrophe or a mark in it. */
static int find_word(Page *page, Py_ssize_t at) {
    unsigned char before = at ? page->class[at - 1] : 0;
    Py_ssize_t start = before & (APOSTROPHE | MARK) ? compound_start(page, at) : before & LETTER ? -1 : at, end = -1;
    for (int i = 0; start >= 0 && i < page->word_count + page->phrase_count; i++) {
        int phrase = i - page->word_count;
        Term *term = &page->terms[phrase < 0 ? i : page->phrases[phrase].first_term];
        if (!begins_needle(page, term, at)) continue;
        if (end < 0) end = word_end(page, start, page->size);
        int outcome = mark_word(page, term, start, end, phrase < 0 ? &page->marks : &page->phrases[phrase].starts);
        if (outcome) return outcome;
    }
    return DONE;
}

/* Set a flag for each of GROUP letters that is the first of a needle, is followed by its second one, and is not within a run of
 * letters; in vectors, as `read_ascii`. */
static inline void find_candidates(const Page *page, Py_ssize_t group, unsigned char *restrict flags) {
    const unsigned char *low = page->ascii_low + group, *class = page->class + group;
    const int count = page->pair_count;
    memset(flags, 0, GROUP);
    for (int i = 0; i < count; i++) {
        const unsigned char first = page->pairs[i].first, second = page->pairs[i].second, mask = page->pairs[i].mask;
        for (int at = 0; at < GROUP; at++) {
            const unsigned char differs = (unsigned char)((low[at] ^ first) | ((low[at + 1] ^ second) & mask));
            flags[at] |= (unsigned char)(differs == 0);
        }
    }
    for (int at = 0; at < GROUP; at++) flags[at] &= (unsigned char)(class[at] & ~class[at - 1]); /* LETTER is the lowest bit */
}

static int find_words_in_ascii(Page *page) {
    for (Py_ssize_t group = 0; group < page->size; group += GROUP) {
        unsigned char flags[GROUP];
        uint64_t words[GROUP / 8];
        find_candidates(page, group, flags);
        memcpy(words, flags, GROUP);
        if (!(words[0] | words[1] | words[2] | words[3])) continue;
        for (int at = 0; at < GROUP; at++) {
            if (!words[at / 8]) at += 7;
            else if (flags[at]) {
                int outcome = find_word(page, group + at);
                if (outcome) return outcome;
            }
        }
    }
    return DONE;
}

/* Find the words that begin with a needle or have one after an apostrophe or mark, and the first words of phrases. */
static int find_words(Page *page) {
    if (page->ascii && page->pair_count <= MAX_COMPARED) return find_words_in_ascii(page);
    for (Py_ssize_t at = 0; at < page->size; at++) {
        if (!page->first[low_byte(page, at)] || !(page->class[at] & LETTER)) continue;
        int outcome = find_word(page, at);
        if (outcome) return outcome;
    }
    return DONE;
}

/* Sort by start, end and term: insertion, as they are nearly sorted. */
static void marks_sort(Page *page, Marks *marks) {
    for (int i = 1; i < marks->count; i++) {
        Mark mark = marks->items[i];
        int at = i;
        for (; at > 0; at--) {
            const Mark *before = &marks->items[at - 1];
            if (before->start != mark.start ? before->start < mark.start : before->end != mark.end ? before->end < mark.end
                : before->key == mark.key || PyUnicode_Compare(page->keys[before->key], page->keys[mark.key]) < 0)
                break;
            marks->items[at] = *before;
        }
        marks->items[at] = mark;
    }
}

/* Merge overlapping marks and drop repeated ones. */
static void marks_join(Page *page, Marks *marks) {
    int count = 0;
    marks_sort(page, marks);
    for (int i = 0; i < marks->count; i++) {
        Mark mark = marks->items[i], *last = count ? &marks->items[count - 1] : NULL;
        if (!last || mark.start >= last->end) marks->items[count++] = mark;
        else if (mark.start > last->start && mark.end > last->end) last->end = mark.end;
    }
    marks->count = count;
}

/* Keep one of overlapping marks: the first, and at the same start the longest. Of equal ones the first that was added. */
static void marks_separate(Marks *marks) {
    int count = 0;
    for (int i = 1; i < marks->count; i++) {
        Mark mark = marks->items[i];
        int at = i;
        while (at > 0 && (marks->items[at - 1].start > mark.start ||
                          (marks->items[at - 1].start == mark.start && marks->items[at - 1].end < mark.end))) {
            marks->items[at] = marks->items[at - 1];
            at--;
        }
        marks->items[at] = mark;
    }
    for (int i = 0; i < marks->count; i++)
        if (!count || marks->items[i].start >= marks->items[count - 1].end) marks->items[count++] = marks->items[i];
    marks->count = count;
}

/* -- phrases -------------------------------------------------------------------------------------------------------------- */

static int may_contain(const Page *page, const Term *term, Py_ssize_t start, Py_ssize_t limit) {
    for (Py_ssize_t at = start; at < limit; at++) {
        if (!term->first[low_byte(page, at)]) continue;
        for (int i = 0; i < term->needle_count; i++)
            if (needle_matches(page, &term->needles[i], at, limit)) return 1;
    }
    return 0;
}

/* Ask Python by analysis. Return -1 on an exception. */
static Py_ssize_t analyzed_end(Page *page, int number, Py_ssize_t start, Py_ssize_t limit) {
    PyObject *part = PyUnicode_Substring(page->text, start, limit);
    if (!part) return -1;
    PyObject *result = PyObject_CallFunction(page->phrase_end, "Oni", part, start, number);
    Py_DecRef(part);
    if (!result) return -1;
    Py_ssize_t end = PyLong_AsSsize_t(result);
    Py_DecRef(result);
    if (end == -1 && PyErr_Occurred()) return -1;
    return end > start && end <= limit ? end : 0;
}

static int is_left_out(Page *page, Py_ssize_t start, Py_ssize_t end) {
    PyObject *word = PyUnicode_Substring(page->text, start, end);
    if (!word) return FAILED;
    PyObject *result = PyObject_CallFunctionObjArgs(page->is_left_out, word, NULL);
    Py_DecRef(word);
    if (!result) return FAILED;
    int truth = PyObject_IsTrue(result);
    Py_DecRef(result);
    return truth;
}

/* Whether a plain word is one of the term's. */
static int holds(Page *page, const Term *term, Py_ssize_t start, Py_ssize_t end) {
    if (term->form_count) return has_form(page, term, start, end - start);
    PyObject *part = part_of_word(page, term, start, end);
    if (!part) return FAILED;
    int is_part = part != Py_None;
    Py_DecRef(part);
    return is_part;
}

/* Return where the phrase ends that begins at `start`, 0 if it does not begin there, -1 on an exception. */
static Py_ssize_t phrase_end(Page *page, int number, Py_ssize_t start, Py_ssize_t limit) {
    const Phrase *phrase = &page->phrases[number];
    int matched = 0, position = 0;
    for (Py_ssize_t at = start; at < limit; position++) {
        while (at < limit && !(page->class[at] & (LETTER | PAIRED))) at++;
        if (at >= limit) return 0;
        if (page->class[at] & PAIRED) return analyzed_end(page, number, start, limit);
        Py_ssize_t first = at;
        at = word_end(page, first, limit);
        if (at - first > MAX_WORD || !is_plain(page, first, at)) return analyzed_end(page, number, start, limit);
        int is_next = holds(page, &page->terms[phrase->first_term + matched], first, at);
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

static int find_phrases(Page *page) {
    for (int i = 0; i < page->phrase_count; i++) {
        Phrase *phrase = &page->phrases[i];
        Py_ssize_t reach = (phrase->count + MAX_PHRASE_STOP_WORDS + 1) * (MAX_WORD + 1);
        for (int j = 0; j < phrase->starts.count; j++) {
            Py_ssize_t start = phrase->starts.items[j].start, limit = start + reach < page->size ? start + reach : page->size;
            if (phrase->count > 1 && !may_contain(page, &page->terms[phrase->first_term + 1], start, limit)) continue;
            Py_ssize_t end = phrase_end(page, i, start, limit);
            if (end < 0) return FAILED;
            if (end && marks_add(&page->marks, start, end, MAX_KEYS - page->phrase_count + i) < 0) return FAILED;
        }
    }
    return DONE;
}

static int find_marks(Page *page) {
    page->marks.count = 0;
    for (int i = 0; i < page->phrase_count; i++) page->phrases[i].starts.count = 0;
    int outcome = find_words(page);
    if (outcome) return outcome;
    marks_join(page, &page->marks);
    if (!page->phrase_count) return DONE;
    outcome = find_phrases(page);
    marks_separate(&page->marks);
    return outcome;
}

/* -- passages: see highlighter.py ----------------------------------------------------------------------------------------- */

static inline int is_space(const Page *page, Py_ssize_t at) { return page->class[at] & SPACE; }

/* Return the last end of a sentence in a part of the text, -1 if there is none. */
static Py_ssize_t sentence_end(const Page *page, Py_ssize_t start, Py_ssize_t limit) {
    for (Py_ssize_t at = limit - 1; at >= start; at--) {
        if (page->ascii && at - start >= 7) { /* eight characters that end no sentence are skipped together */
            uint64_t classes;
            memcpy(&classes, page->class + at - 7, sizeof(classes));
            if (!(classes & SIGNS)) {
                at -= 7;
                continue;
            }
        }
        switch (point(page, at)) {
        case 0x3002: case 0xff01: case 0xff1f: case '\n': return at + 1;
        case '.': case '!': case '?': case 0x2026: {
            Py_ssize_t end = at + 1;
            while (end < limit) {
                uint32_t c = point(page, end);
                if (c != '"' && c != '\'' && c != 0x201d && c != 0x2019 && c != 0xbb && c != ')' && c != ']') break;
                end++;
            }
            if (end < limit && is_space(page, end)) return end;
        }
        }
    }
    return -1;
}

static Py_ssize_t next_word_start(const Page *page, Py_ssize_t start, Py_ssize_t latest) {
    if (start == 0 || is_space(page, start - 1)) return start;
    for (Py_ssize_t at = start; at < latest; at++)
        if (is_space(page, at)) return at + 1;
    return start;
}

static Py_ssize_t last_word_end(const Page *page, Py_ssize_t earliest, Py_ssize_t end) {
    if (is_space(page, end)) return end;
    for (Py_ssize_t at = end - 1; at >= earliest && at > 0; at--)
        if (point(page, at) == ' ' || point(page, at) == '\n') return at;
    return end;
}

static Passage cut(const Page *page, Py_ssize_t first, Py_ssize_t last, Py_ssize_t length) {
    if (last > first + length) last = first + length;
    Py_ssize_t start = first, size = page->size, end;
    if (first > 0) {
        Py_ssize_t spare = length - (last - first), most = length / 2 > 40 ? length / 2 : 40;
        start = first - (spare < most ? spare : most);
        if (start < 0) start = 0;
        Py_ssize_t sentence = sentence_end(page, start, first);
        if (sentence >= 0) start = sentence;
        else if (start > 0) {
            Py_ssize_t from = first - (spare < length / 4 ? spare : length / 4);
            start = next_word_start(page, from > 0 ? from : 0, first);
        }
        while (start < first && is_space(page, start)) start++;
    }
    end = start + length > last ? start + length : last;
    if (end >= size) end = size;
    else {
        Py_ssize_t earliest = start + length * 3 / 5 > last ? start + length * 3 / 5 : last;
        Py_ssize_t sentence = sentence_end(page, earliest, end);
        end = sentence >= 0 ? sentence : last_word_end(page, start + 1 > last ? start + 1 : last, end);
    }
    while (end > start && is_space(page, end - 1)) end--;
    return (Passage){start, end};
}

typedef struct {
    int first, last;
} Window;

static inline Py_ssize_t room_of(Py_ssize_t length) { return length * 9 / 10; }

static int fits(const Mark *marks, Window window, Py_ssize_t length) {
    return marks[window.last].end - marks[window.first].start <= room_of(length);
}

static Window densest(const Mark *marks, int count, Py_ssize_t room) {
    int first = 0, most = 0;
    Window chosen = {0, 0};
    for (int last = 0; last < count; last++) {
        while (marks[first].start < marks[last].end - room && first < last) first++;
        if (last - first > most) {
            most = last - first;
            chosen = (Window){first, last};
            if (most == MAX_COUNTED_MARKS) break;
        }
    }
    return chosen;
}

/* Set a flag for each key in the window and return how many keys it has. */
static int keys_in(const Mark *marks, Window window, unsigned char *keys) {
    int count = 0;
    for (int i = window.first; i <= window.last; i++) {
        count += !keys[marks[i].key];
        keys[marks[i].key] = 1;
    }
    return count;
}

static Window best_window(const Mark *marks, int count, Py_ssize_t length, const unsigned char *known) {
    Window all = {0, count - 1}, chosen = {0, 0};
    if (fits(marks, all, length)) return all;
    Py_ssize_t room = room_of(length);
    int inside[MAX_KEYS] = {0}, best[3] = {-1, -1, -1}, first = 0, new = 0, different = 0;
    for (int last = 0; last < count; last++) {
        int key = marks[last].key;
        if (++inside[key] == 1) {
            different++;
            new += !known[key];
        }
        while (first < last && marks[last].end - marks[first].start > room) {
            int gone = marks[first++].key;
            if (--inside[gone] == 0) {
                different--;
                new -= !known[gone];
            }
        }
        int dense = last - first < MAX_COUNTED_MARKS ? last - first : MAX_COUNTED_MARKS;
        if (new > best[0] || (new == best[0] && (different > best[1] || (different == best[1] && dense > best[2])))) {
            best[0] = new;
            best[1] = different;
            best[2] = dense;
            chosen = (Window){first, last};
        }
    }
    return chosen;
}

static Passage cut_window(const Page *page, Window window, Py_ssize_t length) {
    return cut(page, page->marks.items[window.first].start, page->marks.items[window.last].end, length);
}

/* Choose one or two passages; return how many. */
static int choose_passages(const Page *page, Py_ssize_t length, Passage *chosen) {
    const Mark *marks = page->marks.items;
    int count = page->marks.count;
    if (!count || page->size <= length) {
        chosen[0] = cut(page, 0, 0, length);
        return 1;
    }
    Window all = {0, count - 1};
    unsigned char keys[MAX_KEYS] = {0}, none[MAX_KEYS] = {0}, best_keys[MAX_KEYS] = {0}, known[MAX_KEYS] = {0};
    if (fits(marks, all, length)) {
        chosen[0] = cut_window(page, all, length);
        return 1;
    }
    int key_count = keys_in(marks, all, keys);
    if (key_count == 1) {
        chosen[0] = cut_window(page, densest(marks, count, room_of(length)), length);
        return 1;
    }
    Window best = best_window(marks, count, length, none);
    int best_count = keys_in(marks, best, best_keys);
    if (best_count < key_count) {
        Window one = fits(marks, best, length / 2) ? best : best_window(marks, count, length / 2, none);
        int known_count = keys_in(marks, one, known);
        Window other = best_window(marks, count, length / 2, known);
        if (known_count + keys_in(marks, other, known) > best_count) {
            Passage a = cut_window(page, one, length / 2), b = cut_window(page, other, length / 2);
            int is_after = a.start > b.start || (a.start == b.start && a.end > b.end);
            chosen[0] = is_after ? b : a;
            chosen[1] = is_after ? a : b;
            if (chosen[0].end <= chosen[1].start) return 2;
        }
    }
    chosen[0] = cut_window(page, best, length);
    return 1;
}

/* -- fragments ------------------------------------------------------------------------------------------------------------ */

static int out_reserve(Page *page, Py_ssize_t more) {
    if (page->out_size + more <= page->out_room) return DONE;
    Py_ssize_t room = page->out_size + more + 4096;
    char *out = realloc(page->out, (size_t)room);
    if (!out) return out_of_memory();
    page->out = out;
    page->out_room = room;
    return DONE;
}

static int out_literal(Page *page, const char *text) {
    Py_ssize_t size = (Py_ssize_t)strlen(text);
    if (out_reserve(page, size) < 0) return FAILED;
    memcpy(page->out + page->out_size, text, (size_t)size);
    page->out_size += size;
    return DONE;
}

/* Whether a part of an ASCII text has only single spaces as white space, as most have; in vectors, as `read_ascii`. */
static int is_tidy(const Page *page, Py_ssize_t start, Py_ssize_t end) {
    const unsigned char *class = page->class;
    unsigned char untidy = class[start] & OTHER_SPACE;
    for (Py_ssize_t at = start + 1; at < end; at++)
        untidy |= (unsigned char)((class[at] & OTHER_SPACE) | (class[at] & class[at - 1] & SPACE));
    return !untidy;
}

/* Add a part of the text, each run of white space as one space. */
static int out_text(Page *page, Py_ssize_t start, Py_ssize_t end) {
    if (end <= start) return DONE;
    if (out_reserve(page, 4 * (end - start)) < 0) return FAILED;
    if (page->ascii && is_tidy(page, start, end)) {
        memcpy(page->out + page->out_size, page->ascii + start, (size_t)(end - start));
        page->out_size += end - start;
        return DONE;
    }
    unsigned char *out = (unsigned char *)page->out + page->out_size;
    for (Py_ssize_t at = start; at < end; at++) {
        uint32_t c = point(page, at);
        if (page->class[at] & SPACE) {
            if (at == start || !(page->class[at - 1] & SPACE)) *out++ = ' ';
        } else if (c < 0x80) *out++ = (unsigned char)c;
        else if (c < 0x800) {
            *out++ = (unsigned char)(0xc0 | c >> 6);
            *out++ = (unsigned char)(0x80 | (c & 63));
        } else if (c < 0x10000) {
            *out++ = (unsigned char)(0xe0 | c >> 12);
            *out++ = (unsigned char)(0x80 | (c >> 6 & 63));
            *out++ = (unsigned char)(0x80 | (c & 63));
        } else {
            *out++ = (unsigned char)(0xf0 | c >> 18);
            *out++ = (unsigned char)(0x80 | (c >> 12 & 63));
            *out++ = (unsigned char)(0x80 | (c >> 6 & 63));
            *out++ = (unsigned char)(0x80 | (c & 63));
        }
    }
    page->out_size = (char *)out - page->out;
    return DONE;
}

static int fragments_reserve(Page *page) {
    if (page->fragment_count < page->fragment_room) return DONE;
    int room = 2 * page->fragment_room + 32;
    PyObject **fragments = realloc(page->fragments, (size_t)room * sizeof(PyObject *));
    if (!fragments) return out_of_memory();
    page->fragments = fragments;
    page->fragment_room = room;
    return DONE;
}

/* Return a fragment of what was written; a new reference. */
static PyObject *fragment_new(Page *page, int is_marked) {
    PyObject *text = PyUnicode_FromStringAndSize(page->out, page->out_size), *flag = is_marked ? Py_True : Py_False;
    PyObject *fragment = text ? PyType_GenericAlloc((PyTypeObject *)page->fragment, 2) : NULL;
    if (!fragment) {
        Py_DecRef(text);
        return NULL;
    }
    Py_IncRef(flag);
    PyTuple_SetItem(fragment, 0, text); /* cannot fail: the fragment is new */
    PyTuple_SetItem(fragment, 1, flag);
    PyObject_GC_UnTrack(fragment); /* a text and a flag cannot be part of a cycle */
    return fragment;
}

/* Return a fragment of a mark; a new reference. The same few words are marked again and again, so their fragments are shared. */
static PyObject *fragment_of_mark(Page *page) {
    for (int i = 0; i < MAX_SHARED_FRAGMENTS; i++) {
        SharedFragment *shared = &page->shared[i];
        if (shared->size != page->out_size || memcmp(shared->text, page->out, (size_t)page->out_size) != 0) continue;
        Py_IncRef(shared->fragment);
        return shared->fragment;
    }
    PyObject *fragment = fragment_new(page, 1);
    if (!fragment || page->out_size > MAX_WORD) return fragment;
    SharedFragment *shared = &page->shared[page->next_shared];
    page->next_shared = (page->next_shared + 1) % MAX_SHARED_FRAGMENTS;
    Py_DecRef(shared->fragment);
    Py_IncRef(fragment);
    memcpy(shared->text, page->out, (size_t)page->out_size);
    shared->size = page->out_size;
    shared->fragment = fragment;
    return fragment;
}

/* Add what was written as a fragment, if it is anything. */
static int fragment_end(Page *page, int is_marked) {
    if (!page->out_size) return DONE;
    if (fragments_reserve(page) < 0) return FAILED;
    PyObject *fragment = is_marked ? fragment_of_mark(page) : fragment_new(page, 0);
    page->out_size = 0;
    if (!fragment) return FAILED;
    page->fragments[page->fragment_count++] = fragment;
    return DONE;
}

static int is_blank(const Page *page, Py_ssize_t start) {
    while (start < page->size && is_space(page, start)) start++;
    return start == page->size;
}

static int write_passages(Page *page, const Passage *chosen, int count) {
    page->out_size = 0;
    if (chosen[0].start > 0 && out_literal(page, "\xe2\x80\xa6 ") < 0) return FAILED;
    for (int number = 0; number < count; number++) {
        if (number && out_literal(page, " \xe2\x80\xa6 ") < 0) return FAILED;
        Py_ssize_t at = chosen[number].start, end = chosen[number].end;
        for (int i = 0; i < page->marks.count; i++) {
            Mark mark = page->marks.items[i];
            if (mark.start < at) continue;
            if (mark.start >= end) break;
            if (mark.end > end) mark.end = end;
            if (out_text(page, at, mark.start) < 0 || fragment_end(page, 0) < 0 ||
                out_text(page, mark.start, mark.end) < 0 || fragment_end(page, 1) < 0)
                return FAILED;
            at = mark.end;
        }
        if (out_text(page, at, end) < 0) return FAILED;
    }
    if (!is_blank(page, chosen[count - 1].end) && out_literal(page, " \xe2\x80\xa6") < 0) return FAILED;
    return fragment_end(page, 0);
}

static void fragments_drop(Page *page) {
    while (page->fragment_count) Py_DecRef(page->fragments[--page->fragment_count]);
}

/* Return the fragments of a text as a tuple: of all of it, or of the best passages of `length` characters. */
static PyObject *fragments_of(Page *page, Py_ssize_t length) {
    Passage chosen[2] = {{0, page->size}};
    int count = length ? choose_passages(page, length, chosen) : 1;
    PyObject *tuple = write_passages(page, chosen, count) == 0 ? PyTuple_New(page->fragment_count) : NULL;
    for (int i = 0; tuple && i < page->fragment_count; i++) {
        Py_IncRef(page->fragments[i]);
        PyTuple_SetItem(tuple, i, page->fragments[i]); /* cannot fail: the tuple is new */
    }
    fragments_drop(page);
    return tuple;
}

/* -- the page ------------------------------------------------------------------------------------------------------------- */

/* The attributes of a `TermFinder`. */
enum { NEEDLES, EXACT_FORMS, TERM, PARTS, TERM_ATTRIBUTES };

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
    if (PyTuple_Size(term->form_texts) > MAX_FORMS) return PYTHON;
    for (int i = 0; i < PyTuple_Size(term->form_texts); i++) {
        Form *form = &term->forms[i];
        form->letters = PyUnicode_AsUTF8AndSize(PyTuple_GetItem(term->form_texts, i), &form->length);
        if (!form->letters) return FAILED;
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

static int term_read(PyObject *finder, PyObject **names, Term *term) {
    term->finder = finder;
    term->key = -1;
    term->needle_texts = PyObject_GetAttr(finder, names[NEEDLES]);
    term->form_texts = term->needle_texts ? PyObject_GetAttr(finder, names[EXACT_FORMS]) : NULL;
    term->term = term->form_texts ? PyObject_GetAttr(finder, names[TERM]) : NULL;
    term->parts = term->term ? PyObject_GetAttr(finder, names[PARTS]) : NULL;
    if (!term->parts) return FAILED;
    if (!PyTuple_Check(term->needle_texts) || !PyTuple_Check(term->form_texts) || !PyDict_Check(term->parts)) {
        PyErr_SetString(PyExc_TypeError, "a term must be a TermFinder");
        return FAILED;
    }
    int outcome = forms_read(term);
    return outcome ? outcome : needles_read(term);
}

/* Add the first letters of a term's needles. Those with other characters than ASCII cannot begin a word of a text in ASCII. */
static void firsts_add(Page *page, const Term *term) {
    for (int byte = 0; byte < 256; byte++) page->first[byte] |= term->first[byte];
    for (int i = 0; i < term->needle_count && page->pair_count <= MAX_COMPARED; i++) {
        const Needle *needle = &term->needles[i];
        if (!needle->ascii) continue;
        Pair own = {needle->ascii[0], needle->length > 1 ? needle->ascii[1] : 0, needle->length > 1 ? 255 : 0};
        int known = 0;
        for (int j = 0; j < page->pair_count; j++) known |= memcmp(&page->pairs[j], &own, sizeof(own)) == 0;
        if (known) continue;
        if (page->pair_count < MAX_COMPARED) page->pairs[page->pair_count] = own;
        page->pair_count++;
    }
}

static int terms_read(Page *page, PyObject *words, PyObject *phrases, PyObject **names) {
    Py_ssize_t count = PyTuple_Size(words), phrase_count = PyTuple_Size(phrases), all = count;
    for (Py_ssize_t i = 0; i < phrase_count; i++) {
        PyObject *phrase = PyTuple_GetItem(phrases, i);
        if (!PyTuple_Check(phrase) || !PyTuple_Size(phrase)) {
            PyErr_SetString(PyExc_ValueError, "a phrase needs a tuple of terms");
            return FAILED;
        }
        all += PyTuple_Size(phrase);
    }
    if (all > MAX_TERMS) return PYTHON;
    page->terms = calloc((size_t)all + 1, sizeof(Term));
    page->phrases = calloc((size_t)phrase_count + 1, sizeof(Phrase));
    if (!page->terms || !page->phrases) return out_of_memory();
    page->word_count = (int)count;
    page->phrase_count = (int)phrase_count;
    for (Py_ssize_t i = 0; i < count; i++) {
        int outcome = term_read(PyTuple_GetItem(words, i), names, &page->terms[page->term_count++]);
        if (outcome) return outcome;
    }
    for (Py_ssize_t i = 0; i < phrase_count; i++) {
        PyObject *phrase = PyTuple_GetItem(phrases, i);
        page->phrases[i].first_term = page->term_count;
        page->phrases[i].count = (int)PyTuple_Size(phrase);
        for (int place = 0; place < page->phrases[i].count; place++) {
            int outcome = term_read(PyTuple_GetItem(phrase, place), names, &page->terms[page->term_count++]);
            if (outcome) return outcome;
        }
    }
    for (int i = 0; i < page->word_count; i++) firsts_add(page, &page->terms[i]);
    for (int i = 0; i < page->phrase_count; i++) firsts_add(page, &page->terms[page->phrases[i].first_term]);
    return DONE;
}

static int show(Page *page, PyObject *text, Py_ssize_t length, PyObject **fragments) {
    int outcome = text_read(page, text);
    if (!outcome) outcome = find_marks(page);
    if (outcome) return outcome;
    *fragments = fragments_of(page, length);
    return *fragments ? DONE : FAILED;
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
        PyObject *title, *text, *heading, *snippet;
        if (!PyArg_ParseTuple(PyList_GetItem(texts, i), "UU", &title, &text)) return FAILED;
        int outcome = show_both(page, title, text, length, &heading, &snippet);
        if (outcome) return outcome;
        PyObject *pair = PyTuple_Pack(2, heading, snippet);
        Py_DecRef(heading);
        Py_DecRef(snippet);
        if (!pair || PyList_SetItem(shown, i, pair) < 0) return FAILED;
    }
    return DONE;
}

/* The attributes of documents that are shown. */
enum { LANGUAGE, TITLE, TEXT, SUMMARY, ATTRIBUTES };

/* Get what is shown of a document: new references, also if it fails. The summary only if there is no text. */
static int document_read(PyObject *document, PyObject **names, PyObject **values) {
    for (int i = 0; i < ATTRIBUTES; i++) {
        if (i == SUMMARY && PyUnicode_GetLength(values[TEXT])) break;
        if (!(values[i] = PyObject_GetAttr(document, names[i]))) return FAILED;
    }
    return DONE;
}

/* Make a hit: (document, score, title, snippet, parts, missing, pinned, similar). Steals the title and the snippet. */
static PyObject *hit_of(PyObject *class, PyObject *match, PyObject *heading, PyObject *snippet, PyObject *nothing) {
    PyObject *values[] = {PyTuple_GetItem(match, 0), PyTuple_GetItem(match, 1), heading, snippet, PyTuple_GetItem(match, 2),
                          nothing, Py_False, nothing};
    PyObject *hit = PyType_GenericAlloc((PyTypeObject *)class, 8);
    for (int i = 0; hit && i < 8; i++) {
        Py_IncRef(values[i]);
        PyTuple_SetItem(hit, i, values[i]); /* cannot fail: the hit is new */
    }
    Py_DecRef(heading);
    Py_DecRef(snippet);
    return hit;
}

static int show_match(Page *page, PyObject *match, PyObject *language, Py_ssize_t length, PyObject *class, PyObject **names,
                      PyObject *nothing, PyObject **hit) {
    PyObject *values[ATTRIBUTES] = {NULL}, *heading, *snippet;
    if (!PyTuple_Check(match) || PyTuple_Size(match) != 3) {
        PyErr_SetString(PyExc_ValueError, "a match must have three parts");
        return FAILED;
    }
    int outcome = document_read(PyTuple_GetItem(match, 0), names, values);
    if (!outcome && PyUnicode_Compare(values[LANGUAGE], language) != 0) outcome = PyErr_Occurred() ? FAILED : PYTHON;
    if (!outcome) {
        PyObject *text = values[SUMMARY] ? values[SUMMARY] : values[TEXT];
        outcome = show_both(page, values[TITLE], text, length, &heading, &snippet);
    }
    if (!outcome && !(*hit = hit_of(class, match, heading, snippet, nothing))) outcome = FAILED;
    for (int i = 0; i < ATTRIBUTES; i++) Py_DecRef(values[i]);
    return outcome;
}

static int show_matches(Page *page, PyObject *matches, PyObject *language, Py_ssize_t length, PyObject *class, PyObject *hits) {
    const char *attributes[] = {"language", "title", "text", "summary"};
    PyObject *names[ATTRIBUTES] = {NULL}, *nothing = PyTuple_New(0);
    int outcome = nothing ? intern(attributes, names, ATTRIBUTES) : FAILED;
    for (Py_ssize_t i = 0; !outcome && i < PyTuple_Size(matches); i++) {
        PyObject *hit = NULL;
        outcome = show_match(page, PyTuple_GetItem(matches, i), language, length, class, names, nothing, &hit);
        if (!outcome && PyTuple_SetItem(hits, i, hit) < 0) outcome = FAILED;
    }
    for (int i = 0; i < ATTRIBUTES; i++) Py_DecRef(names[i]);
    Py_DecRef(nothing);
    return outcome;
}

static void page_free(Page *page) {
    for (int i = 0; i < page->term_count; i++) {
        for (int j = 0; j < page->terms[i].needle_count; j++) free(page->terms[i].needles[j].points);
        Py_DecRef(page->terms[i].term);
        Py_DecRef(page->terms[i].parts);
        Py_DecRef(page->terms[i].needle_texts);
        Py_DecRef(page->terms[i].form_texts);
    }
    Py_DecRef(page->part_of);
    for (int i = 0; i < page->phrase_count && page->phrases; i++) free(page->phrases[i].starts.items);
    for (int i = 0; i < page->key_count; i++) Py_DecRef(page->keys[i]);
    if (page->has_tables) {
        PyBuffer_Release(&page->classes);
        PyBuffer_Release(&page->lows);
    }
    free(page->terms);
    free(page->phrases);
    free(page->points);
    free(page->low);
    free(page->bytes);
    free(page->marks.items);
    free(page->out);
    fragments_drop(page);
    free(page->fragments);
    for (int i = 0; i < MAX_SHARED_FRAGMENTS; i++) Py_DecRef(page->shared[i].fragment);
}

static int page_open(Page *page, PyObject *words, PyObject *phrases, Py_ssize_t length) {
    if (!PyType_IsSubtype((PyTypeObject *)page->fragment, &PyTuple_Type) || length < 1 || length > MAX_PAGE_CHARACTERS) {
        PyErr_SetString(PyExc_ValueError, "fragments must be tuples, and snippets have a length");
        return FAILED;
    }
    const char *attributes[] = {"needles", "exact_forms", "term", "parts"};
    PyObject *names[TERM_ATTRIBUTES] = {NULL};
    int outcome = intern(attributes, names, TERM_ATTRIBUTES);
    if (!outcome && !(page->part_of = PyUnicode_InternFromString("part_of"))) outcome = FAILED;
    if (!outcome) outcome = terms_read(page, words, phrases, names);
    for (int i = 0; i < TERM_ATTRIBUTES; i++) Py_DecRef(names[i]);
    return outcome;
}

static PyObject *page_close(Page *page, int outcome, PyObject *shown) {
    page_free(page);
    if (outcome == DONE) return shown;
    Py_DecRef(shown);
    if (outcome == FAILED) return NULL;
    Py_IncRef(Py_None);
    return Py_None;
}

static PyObject *kernel_page(PyObject *module, PyObject *arguments) {
    PyObject *words, *phrases, *texts, *shown = NULL;
    Py_ssize_t length;
    Page page = {0};
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!O!O!nO!OOO", &PyTuple_Type, &words, &PyTuple_Type, &phrases, &PyList_Type, &texts, &length,
                          &PyType_Type, &page.fragment, &page.tables, &page.is_left_out, &page.phrase_end))
        return NULL;
    int outcome = page_open(&page, words, phrases, length);
    if (!outcome) outcome = (shown = PyList_New(PyList_Size(texts))) ? show_texts(&page, texts, length, shown) : FAILED;
    return page_close(&page, outcome, shown);
}

static PyObject *kernel_hits(PyObject *module, PyObject *arguments) {
    PyObject *words, *phrases, *matches, *language, *class, *hits = NULL;
    Py_ssize_t length;
    Page page = {0};
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!O!O!UnO!O!OOO", &PyTuple_Type, &words, &PyTuple_Type, &phrases, &PyTuple_Type, &matches,
                          &language, &length, &PyType_Type, &class, &PyType_Type, &page.fragment, &page.tables, &page.is_left_out,
                          &page.phrase_end))
        return NULL;
    if (!PyType_IsSubtype((PyTypeObject *)class, &PyTuple_Type)) return PyErr_Format(PyExc_ValueError, "hits must be tuples");
    int outcome = page_open(&page, words, phrases, length);
    if (!outcome)
        outcome = (hits = PyTuple_New(PyTuple_Size(matches))) ? show_matches(&page, matches, language, length, class, hits) : FAILED;
    return page_close(&page, outcome, hits);
}

/* -- texts that may be nearly the same: see search/near_duplicate_hits.py -------------------------------------------------------- */

#define SHIFTS 256  /* entries of a table of shifts */
#define HASHED 4    /* bytes of a text that are looked up in it */
#define SAMPLES 3
#define MIN_HASHED_TEXT 32 /* characters: then a quarter of it has HASHED + 1 or more */

static inline unsigned hash_of(const unsigned char *bytes) {
    uint32_t value;
    memcpy(&value, bytes, HASHED);
    return value * 2654435761u >> 24;
}

/* A text that is compared: its characters, at most as many as are compared, and its bytes if it is in ASCII. */
typedef struct {
    PyObject *text; /* borrowed */
    const unsigned char *ascii;
    Py_ssize_t length, starts[SAMPLES], ends[SAMPLES];
    int has_shifts;
    unsigned char shifts[SAMPLES][SHIFTS]; /* how far a sample may move for the last bytes under it */
} Compared;

static int compared_read(PyObject *text, Py_ssize_t longest, Py_ssize_t sample, Compared *compared) {
    Py_ssize_t bytes, length = PyUnicode_GetLength(text);
    if (length < 0) return FAILED;
    const char *utf8 = PyUnicode_AsUTF8AndSize(text, &bytes);
    if (!utf8) PyErr_Clear(); /* lone surrogates */
    compared->text = text;
    compared->ascii = utf8 && bytes == length ? (const unsigned char *)utf8 : NULL;
    compared->length = length = length < longest ? length : longest;
    Py_ssize_t starts[SAMPLES] = {length / 5, length / 2, length * 3 / 4};
    for (int i = 0; i < SAMPLES; i++) {
        compared->starts[i] = starts[i];
        compared->ends[i] = starts[i] + sample < length ? starts[i] + sample : length;
    }
    return DONE;
}

static void set_shifts(Compared *compared) {
    for (int i = 0; i < SAMPLES; i++) {
        Py_ssize_t length = compared->ends[i] - compared->starts[i];
        const unsigned char *sample = compared->ascii + compared->starts[i];
        memset(compared->shifts[i], (int)(length - HASHED + 1), SHIFTS);
        for (Py_ssize_t end = HASHED; end < length; end++)
            compared->shifts[i][hash_of(sample + end - HASHED)] = (unsigned char)(length - end);
    }
    compared->has_shifts = 1;
}

/* Whether one of the samples of the first text occurs in the second, both in ASCII: Horspool 1980, with hashes of four bytes as Wu
 * and Manber 1994 have them. The samples move in turns, so that no step has to wait for the one before. */
static int contains_sample(const Compared *first, const Compared *second) {
    const unsigned char *text = second->ascii;
    Py_ssize_t at[SAMPLES] = {0};
    for (int is_open = 1; is_open;) {
        is_open = 0;
        for (int i = 0; i < SAMPLES; i++) {
            const unsigned char *sample = first->ascii + first->starts[i];
            Py_ssize_t length = first->ends[i] - first->starts[i], end = at[i] + length;
            if (end > second->length) continue;
            if (text[end - 1] == sample[length - 1] && memcmp(text + at[i], sample, (size_t)length) == 0) return 1;
            at[i] += first->shifts[i][hash_of(text + end - HASHED)];
            is_open = 1;
        }
    }
    return 0;
}

/* Whether one of the samples of the first text occurs in the second; -1 on an exception. */
static int shares_sample(Compared *first, const Compared *second, Py_ssize_t longest) {
    int can_hash = first->length >= MIN_HASHED_TEXT && first->ends[0] - first->starts[0] > HASHED;
    if (first->ascii && second->ascii && can_hash) {
        if (!first->has_shifts) set_shifts(first);
        return contains_sample(first, second);
    }
    for (int i = 0; i < SAMPLES; i++) {
        PyObject *part = PyUnicode_Substring(first->text, first->starts[i], first->ends[i]);
        Py_ssize_t at = part ? PyUnicode_Find(second->text, part, 0, longest, 1) : -2;
        Py_DecRef(part);
        if (at == -2) return -1;
        if (at >= 0) return 1;
    }
    return 0;
}

/* similar_pairs(texts, shortest, longest, ratio, sample): the indices of texts of similar lengths that share a sample */
static PyObject *kernel_similar_pairs(PyObject *module, PyObject *arguments) {
    PyObject *texts, *pairs;
    Py_ssize_t shortest, longest, sample;
    double ratio;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!nndn", &PyList_Type, &texts, &shortest, &longest, &ratio, &sample)) return NULL;
    if (sample < 1 || sample > 255 || shortest < sample || longest < shortest || ratio <= 0) {
        PyErr_SetString(PyExc_ValueError, "impossible lengths");
        return NULL;
    }
    Py_ssize_t count = PyList_Size(texts);
    Compared *compared = malloc(((size_t)count + 1) * sizeof(Compared));
    if (!compared) return PyErr_NoMemory();
    if (!(pairs = PyList_New(0))) goto failed;
    for (Py_ssize_t second = 0; second < count; second++) {
        Compared *own = &compared[second];
        own->has_shifts = 0;
        if (compared_read(PyList_GetItem(texts, second), longest, sample, own) < 0) goto failed;
        for (Py_ssize_t first = 0; first < second && own->length >= shortest; first++) {
            Compared *other = &compared[first];
            if (other->length < shortest || (double)other->length < (double)own->length * ratio ||
                (double)own->length < (double)other->length * ratio)
                continue;
            int shares = shares_sample(other, own, longest);
            if (shares < 0) goto failed;
            PyObject *pair = shares ? Py_BuildValue("nn", first, second) : NULL;
            int failed = shares && (!pair || PyList_Append(pairs, pair) < 0);
            Py_DecRef(pair);
            if (failed) goto failed;
        }
    }
    free(compared);
    return pairs;
failed:
    free(compared);
    Py_DecRef(pairs);
    return NULL;
}

/* -- the JSON of hits: see search/result_json.py -------------------------------------------------------------------------- */

#define STRIDE 16 /* characters that are examined together */

/* What is read of a document in the order of writing, then what moments need to be written. */
enum { ID, URL, OWN_TITLE, DATE, SOURCE, CATEGORIES, AUTHORS, OWN_LANGUAGE, IMAGE, ALSO, ISOFORMAT, ISO_SEPARATOR, ISO_PRECISION, OFFSET,
       YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, JSON_NAMES };

typedef struct {
    unsigned char *data;
    Py_ssize_t size, room;
    PyObject *names[JSON_NAMES]; /* interned; owned */
} Json;

static int json_reserve(Json *json, Py_ssize_t more) {
    if (json->size + more <= json->room) return DONE;
    Py_ssize_t room = 2 * (json->size + more) + 4096;
    unsigned char *data = realloc(json->data, (size_t)room);
    if (!data) return out_of_memory();
    json->data = data;
    json->room = room;
    return DONE;
}

static int json_raw(Json *json, const char *text) {
    size_t size = strlen(text);
    if (json_reserve(json, (Py_ssize_t)size) < 0) return FAILED;
    memcpy(json->data + json->size, text, size);
    json->size += (Py_ssize_t)size;
    return DONE;
}

/* Whether any of 16 characters must be escaped; in vectors. */
static int has_special(const unsigned char *text, int is_html) {
    unsigned char special = 0;
    for (int i = 0; i < STRIDE; i++) special |= (unsigned char)((text[i] < ' ') | (text[i] == '"') | (text[i] == '\\'));
    if (is_html)
        for (int i = 0; i < STRIDE; i++) special |= (unsigned char)((text[i] == '&') | (text[i] == '<') | (text[i] == '>') | (text[i] == '\''));
    return special;
}

/* Write one character, which may need up to six. Return what follows it. */
static inline unsigned char *json_character(unsigned char *out, unsigned char c, int is_html) {
    const char *escaped = NULL;
    if (c > '>' && c != '\\') { /* as most are */
        *out = c;
        return out + 1;
    }
    switch (c) {
    case '"': escaped = is_html ? "&quot;" : "\\\""; break;
    case '\\': escaped = "\\\\"; break;
    case '\b': escaped = "\\b"; break;
    case '\f': escaped = "\\f"; break;
    case '\n': escaped = "\\n"; break;
    case '\r': escaped = "\\r"; break;
    case '\t': escaped = "\\t"; break;
    case '&': escaped = is_html ? "&amp;" : NULL; break;
    case '<': escaped = is_html ? "&lt;" : NULL; break;
    case '>': escaped = is_html ? "&gt;" : NULL; break;
    case '\'': escaped = is_html ? "&#x27;" : NULL; break;
    }
    if (escaped) {
        size_t size = strlen(escaped);
        memcpy(out, escaped, size);
        return out + size;
    }
    if (c < ' ') {
        memcpy(out, "\\u00", 4);
        out[4] = (unsigned char)('0' + (c >> 4));
        out[5] = (unsigned char)"0123456789abcdef"[c & 15];
        return out + 6;
    }
    *out = c;
    return out + 1;
}

/* Write a text between quotation marks, or without them as a part of one. PYTHON: it has lone surrogates. */
static int json_characters(Json *json, PyObject *text, int is_html) {
    Py_ssize_t size, at = 0;
    const unsigned char *utf8 = (const unsigned char *)PyUnicode_AsUTF8AndSize(text, &size);
    if (!utf8) {
        PyErr_Clear();
        return PYTHON;
    }
    if (json_reserve(json, 6 * size + STRIDE) < 0) return FAILED;
    unsigned char *out = json->data + json->size;
    while (at < size) {
        if (size - at >= STRIDE && !has_special(utf8 + at, is_html)) {
            memcpy(out, utf8 + at, STRIDE);
            out += STRIDE;
            at += STRIDE;
            continue;
        }
        Py_ssize_t end = size - at < STRIDE ? size : at + STRIDE;
        while (at < end) out = json_character(out, utf8[at++], is_html);
    }
    json->size = out - json->data;
    return DONE;
}

static int json_text(Json *json, PyObject *text) {
    int outcome = json_raw(json, "\"");
    if (!outcome) outcome = json_characters(json, text, 0);
    return outcome ? outcome : json_raw(json, "\"");
}

static int json_optional(Json *json, PyObject *text) { return text == Py_None ? json_raw(json, "null") : json_text(json, text); }

static int json_texts(Json *json, PyObject *texts) {
    int outcome = PyTuple_Check(texts) ? json_raw(json, "[") : PYTHON;
    for (Py_ssize_t i = 0; !outcome && i < PyTuple_Size(texts); i++) {
        if (i) outcome = json_raw(json, ",");
        if (!outcome) outcome = json_text(json, PyTuple_GetItem(texts, i));
    }
    return outcome ? outcome : json_raw(json, "]");
}

/* Whether a moment is in UTC or has no offset; -1 with an error. */
static int is_utc(Json *json, PyObject *moment) {
    PyObject *offset = PyObject_CallMethodObjArgs(moment, json->names[OFFSET], NULL);
    if (!offset) return -1;
    int differs = offset == Py_None ? 0 : PyObject_IsTrue(offset);
    Py_DecRef(offset);
    return differs < 0 ? -1 : !differs;
}

/* Write a moment in UTC, in half of the time of `isoformat`. */
static int json_utc(Json *json, PyObject *moment) {
    static const char separators[] = "--T::Z"; /* behind each part */
    char text[] = "\"0000-00-00T00:00:00Z\"", *end = text + 1;
    for (int i = YEAR; i <= SECOND; i++) {
        PyObject *part = PyObject_GetAttr(moment, json->names[i]);
        long number = part ? PyLong_AsLong(part) : -1;
        if (part) Py_DecRef(part);
        if (number < 0 || number > (i == YEAR ? 9999 : 59)) {
            PyErr_Clear();
            return PYTHON;
        }
        end += i == YEAR ? 4 : 2;
        for (char *digit = end; number; number /= 10) *--digit = (char)('0' + number % 10);
        *end++ = separators[i - YEAR];
    }
    return json_raw(json, text);
}

/* Write a moment to the second with its own offset, Z for none. */
static int json_moment(Json *json, PyObject *moment) {
    if (moment == Py_None) return json_raw(json, "null");
    int utc = is_utc(json, moment);
    if (utc) return utc < 0 ? FAILED : json_utc(json, moment);
    PyObject *text =
        PyObject_CallMethodObjArgs(moment, json->names[ISOFORMAT], json->names[ISO_SEPARATOR], json->names[ISO_PRECISION], NULL);
    if (!text) return FAILED;
    int outcome = json_text(json, text);
    Py_DecRef(text);
    return outcome;
}

/* Write a score, rounded to six digits after the point. */
static int json_score(Json *json, PyObject *score) {
    double value = PyFloat_AsDouble(score);
    if (value == -1.0 && PyErr_Occurred()) return FAILED;
    if (!(value > -1e9 && value < 1e9)) return PYTHON;
    char *digits = PyOS_double_to_string(value, 'f', 6, 0, NULL);
    if (!digits) return FAILED;
    size_t size = strlen(digits);
    while (digits[size - 1] == '0' && digits[size - 2] != '.') digits[--size] = 0;
    int outcome = json_raw(json, digits);
    PyMem_Free(digits);
    return outcome;
}

/* A fragment: its text, and whether it is marked. */
static int fragment_read(PyObject *fragments, Py_ssize_t i, PyObject **text, int *is_marked) {
    PyObject *fragment = PyTuple_GetItem(fragments, i);
    if (!PyTuple_Check(fragment) || PyTuple_Size(fragment) != 2 || !PyUnicode_Check(PyTuple_GetItem(fragment, 0))) return PYTHON;
    *text = PyTuple_GetItem(fragment, 0);
    *is_marked = PyObject_IsTrue(PyTuple_GetItem(fragment, 1));
    return *is_marked < 0 ? FAILED : DONE;
}

static int json_html(Json *json, PyObject *fragments) {
    int outcome = json_raw(json, "\""), is_marked;
    PyObject *text;
    for (Py_ssize_t i = 0; !outcome && i < PyTuple_Size(fragments); i++) {
        outcome = fragment_read(fragments, i, &text, &is_marked);
        if (!outcome && is_marked) outcome = json_raw(json, "<mark>");
        if (!outcome) outcome = json_characters(json, text, 1);
        if (!outcome && is_marked) outcome = json_raw(json, "</mark>");
    }
    return outcome ? outcome : json_raw(json, "\"");
}

static int json_fragments(Json *json, PyObject *fragments) {
    int outcome = json_raw(json, "["), is_marked;
    PyObject *text;
    for (Py_ssize_t i = 0; !outcome && i < PyTuple_Size(fragments); i++) {
        outcome = fragment_read(fragments, i, &text, &is_marked);
        if (!outcome) outcome = json_raw(json, i ? ",{\"text\":" : "{\"text\":");
        if (!outcome) outcome = json_text(json, text);
        if (!outcome) outcome = json_raw(json, is_marked ? ",\"marked\":true}" : ",\"marked\":false}");
    }
    return outcome ? outcome : json_raw(json, "]");
}

/* Write attributes of a document, each with its key. */
static int json_attributes(Json *json, PyObject *document, int first, int end) {
    static const char *const keys[] = {"{\"id\":", ",\"url\":", ",\"title\":", ",\"date\":", ",\"source\":", ",\"categories\":",
                                       ",\"authors\":", ",\"language\":", ",\"image\":", ",\"also\":"};
    static int (*const writers[])(Json *, PyObject *) = {json_text, json_text, json_text, json_moment, json_text, json_texts,
                                                         json_texts, json_text, json_optional, json_texts};
    int outcome = DONE;
    for (int i = first; !outcome && i < end; i++) {
        PyObject *value = PyObject_GetAttr(document, json->names[i]);
        outcome = value ? json_raw(json, keys[i]) : FAILED;
        if (!outcome) outcome = writers[i](json, value);
        Py_DecRef(value);
    }
    return outcome;
}

static int json_similar(Json *json, PyObject *documents) {
    int outcome = json_raw(json, "[");
    for (Py_ssize_t i = 0; !outcome && i < PyTuple_Size(documents); i++) {
        if (i) outcome = json_raw(json, ",");
        if (!outcome) outcome = json_attributes(json, PyTuple_GetItem(documents, i), ID, SOURCE);
        if (!outcome) outcome = json_raw(json, "}");
    }
    return outcome ? outcome : json_raw(json, "]");
}

static int json_hit(Json *json, PyObject *hit) {
    if (!PyTuple_Check(hit) || PyTuple_Size(hit) != 8) return PYTHON;
    PyObject *document = PyTuple_GetItem(hit, 0), *title = PyTuple_GetItem(hit, 2), *snippet = PyTuple_GetItem(hit, 3);
    PyObject *missing = PyTuple_GetItem(hit, 5), *similar = PyTuple_GetItem(hit, 7);
    if (!PyTuple_Check(title) || !PyTuple_Check(snippet) || !PyTuple_Check(missing) || !PyTuple_Check(similar)) return PYTHON;
    int outcome = json_attributes(json, document, ID, DATE);
    if (!outcome) outcome = json_raw(json, ",\"title_html\":");
    if (!outcome) outcome = json_html(json, title);
    if (!outcome) outcome = json_raw(json, ",\"snippet_html\":");
    if (!outcome) outcome = json_html(json, snippet);
    if (!outcome) outcome = json_raw(json, ",\"snippet\":");
    if (!outcome) outcome = json_fragments(json, snippet);
    if (!outcome) outcome = json_attributes(json, document, DATE, ISOFORMAT);
    if (!outcome) outcome = json_raw(json, ",\"score\":");
    if (!outcome) outcome = json_score(json, PyTuple_GetItem(hit, 1));
    int is_pinned = outcome ? 0 : PyObject_IsTrue(PyTuple_GetItem(hit, 6));
    if (is_pinned < 0) return FAILED;
    if (!outcome && is_pinned) outcome = json_raw(json, ",\"pinned\":true");
    if (!outcome && PyTuple_Size(similar)) outcome = json_raw(json, ",\"similar\":");
    if (!outcome && PyTuple_Size(similar)) outcome = json_similar(json, similar);
    if (!outcome && PyTuple_Size(missing)) outcome = json_raw(json, ",\"missing\":");
    if (!outcome && PyTuple_Size(missing)) outcome = json_texts(json, missing);
    return outcome ? outcome : json_raw(json, "}");
}

/* json(hits): an array of what `hit_mapping` makes of each hit; None if Python has to write it */
static PyObject *kernel_json(PyObject *module, PyObject *hits) {
    Json json = {0};
    PyObject *result = NULL;
    (void)module;
    if (!PyTuple_Check(hits)) return PyErr_Format(PyExc_TypeError, "hits must be a tuple");
    const char *names[] = {"id", "url", "title", "date", "source", "categories", "authors", "language", "image", "also",
                           "isoformat", "T", "seconds", "utcoffset", "year", "month", "day", "hour", "minute", "second"};
    int outcome = intern(names, json.names, JSON_NAMES);
    if (!outcome) outcome = json_raw(&json, "[");
    for (Py_ssize_t i = 0; !outcome && i < PyTuple_Size(hits); i++) {
        if (i) outcome = json_raw(&json, ",");
        if (!outcome) outcome = json_hit(&json, PyTuple_GetItem(hits, i));
    }
    if (!outcome) outcome = json_raw(&json, "]");
    if (outcome == PYTHON) {
        Py_IncRef(Py_None);
        result = Py_None;
    } else if (outcome == DONE) result = PyBytes_FromStringAndSize((const char *)json.data, json.size);
    free(json.data);
    for (int i = 0; i < JSON_NAMES; i++) Py_DecRef(json.names[i]);
    return result;
}

static PyMethodDef methods[] = {
    {"similar_pairs", kernel_similar_pairs, METH_VARARGS, "Return the indices of texts that may be nearly the same."},
    {"page", kernel_page, METH_VARARGS, "Return the fragments of each title and snippet, or None."},
    {"hits", kernel_hits, METH_VARARGS, "Return a hit for each match, or None."},
    {"json", kernel_json, METH_O, "Return the JSON of hits as bytes, or None."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_kernel", "An optional kernel for titles and snippets.", 0, methods, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__kernel(void) { return PyModuleDef_Init(&definition); }
