/* Read texts. Those in ASCII stay as they are, the others become arrays of code points. */

#include "text.h"

#define TABLE_SIZE 0x10000

#define A LETTER
#define S SPACE
#define U UNKNOWN /* Python searches several texts together, with this character between them */
const unsigned char ascii_classes[128] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, S, S, S, S, S, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, S, S, S, U,
    S, 0, 0, 0, 0, 0, 0, APOSTROPHE, 0, 0, 0, 0, 0, 0, 0, 0, A, A, A, A, A, A, A, A, A, A, 0, 0, 0, 0, 0, 0,
    0, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, 0, 0, 0, 0, 0,
    0, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, 0, 0, 0, 0, 0,
};
#undef A
#undef S
#undef U

static int tables_load(Text *text) {
    PyObject *pair = PyObject_CallNoArgs(text->tables);
    int outcome = FAILED;
    if (!pair) return FAILED;
    if (!PyTuple_Check(pair) || PyTuple_Size(pair) != 2) PyErr_SetString(PyExc_ValueError, "there must be two tables");
    else if (PyObject_GetBuffer(PyTuple_GetItem(pair, 0), &text->class_table, PyBUF_SIMPLE) == 0) {
        if (PyObject_GetBuffer(PyTuple_GetItem(pair, 1), &text->low_table, PyBUF_SIMPLE) < 0) PyBuffer_Release(&text->class_table);
        else if (text->class_table.len != TABLE_SIZE || text->low_table.len != 2 * TABLE_SIZE) {
            PyBuffer_Release(&text->class_table);
            PyBuffer_Release(&text->low_table);
            PyErr_SetString(PyExc_ValueError, "a table has another size");
        } else {
            text->has_tables = 1;
            outcome = DONE;
        }
    }
    Py_DecRef(pair);
    return outcome;
}

/* Make room for the code points of a text of this size. */
static int points_reserve(Text *text, Py_ssize_t size) {
    if (size + 1 <= text->room) return DONE;
    Py_ssize_t room = 2 * size + 2048;
    free(text->points);
    free(text->lows);
    free(text->classes);
    free(text->bytes);
    text->points = malloc((size_t)room * sizeof(uint32_t));
    text->lows = malloc((size_t)room * sizeof(uint32_t));
    text->classes = malloc((size_t)room);
    text->bytes = malloc((size_t)room);
    text->room = text->points && text->lows && text->classes && text->bytes ? room : 0;
    return text->room ? DONE : out_of_memory();
}

/* Pictographs have no letters among them. */
static inline int is_pictograph(uint32_t c) { return c >= 0x1f300 && c <= 0x1f6ff; }

/* Look up the code points of a text. PYTHON: it has characters that the tables lack. */
static int points_read(Text *text) {
    const unsigned char *table = text->class_table.buf;
    const char *low_table = text->low_table.buf;
    const uint32_t *points = text->points;
    uint32_t *restrict lows = text->lows;
    unsigned char *restrict classes = text->classes, *restrict bytes = text->bytes, seen = 0;
    const int has_bytes = text->has_bytes;
    for (Py_ssize_t i = 0; i < text->size; i++) {
        const uint32_t c = points[i];
        uint16_t low = NOT_ASCII;
        if (c < TABLE_SIZE) memcpy(&low, low_table + 2 * c, 2);
        lows[i] = c < TABLE_SIZE ? low : c;
        classes[i] = c < TABLE_SIZE ? table[c] : is_pictograph(c) ? 0 : UNKNOWN;
        if (has_bytes) bytes[i] = low < 128 ? (unsigned char)low : classes[i] & SPACE ? '\n' : NOT_ASCII;
        seen |= classes[i];
    }
    text->bytes[text->size] = 0;
    return seen & UNKNOWN ? PYTHON : DONE;
}

/* Read a text. One in ASCII is examined in `find_words`. `wants_bytes`: whether to fill `bytes` of others. PYTHON: it has characters
 * that the tables lack. */
int text_read(Text *text, PyObject *string, int wants_bytes) {
    Py_ssize_t size = PyUnicode_GetLength(string), bytes;
    if (size < 0) return FAILED;
    if (size > MAX_PAGE_CHARACTERS) return PYTHON;
    const char *utf8 = PyUnicode_AsUTF8AndSize(string, &bytes);
    if (!utf8) return FAILED;
    text->string = string;
    text->size = size;
    text->has_bytes = wants_bytes;
    text->ascii = bytes == size ? (const unsigned char *)utf8 : NULL;
    if (text->ascii) return DONE;
    if (points_reserve(text, size) < 0) return FAILED;
    if (!PyUnicode_AsUCS4(string, text->points, text->room, 0)) return FAILED;
    if (!text->has_tables && tables_load(text) < 0) return FAILED;
    return points_read(text);
}

void text_free(Text *text) {
    if (text->has_tables) {
        PyBuffer_Release(&text->class_table);
        PyBuffer_Release(&text->low_table);
    }
    free(text->points);
    free(text->lows);
    free(text->classes);
    free(text->bytes);
}

/* Return where the word ends that begins at `start` with a letter: RUN(?:['’]RUN)*, RUN = LETTER+(?:MARK+LETTER*)*. */
Py_ssize_t word_end(const Text *text, Py_ssize_t start, Py_ssize_t limit) {
    Py_ssize_t at = start;
    for (;;) {
        while (at < limit && class_at(text, at) & (LETTER | MARK)) at++;
        if (at + 1 >= limit || class_at(text, at) != APOSTROPHE || !(class_at(text, at + 1) & LETTER)) return at;
        at++;
    }
}

/* Whether a word is plain: letters and digits in ASCII. */
int is_plain(const Text *text, Py_ssize_t start, Py_ssize_t end) {
    for (Py_ssize_t at = start; at < end; at++)
        if (class_at(text, at) != LETTER || (!text->ascii && text->points[at] > 127)) return 0;
    return 1;
}
