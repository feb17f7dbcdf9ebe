/* A title or a text: its characters, and to which classes they belong. */

#ifndef KERNEL_TEXT_H
#define KERNEL_TEXT_H

#include "common.h"

#define MAX_WORD 64
#define NOT_ASCII 255
#define MAX_PAGE_CHARACTERS 50000 /* with more, searching for needles is as fast */

/* The classes of characters, as in `character_tables`. */
enum { LETTER = 1, MARK = 2, APOSTROPHE = 4, SPACE = 8, PAIRED = 16, UNKNOWN = 32 };

typedef struct {
    PyObject *string;           /* borrowed */
    const unsigned char *ascii; /* with a 0 behind; NULL if it has other characters. Only then the arrays below are filled */
    uint32_t *points, *lows;    /* the characters, and their lower case */
    unsigned char *classes;
    unsigned char *bytes; /* the lower case in ASCII, a line end for other white space, NOT_ASCII for the rest; with a 0 behind */
    int has_bytes; /* whether `bytes` is filled */
    Py_ssize_t size, room;
    PyObject *tables; /* borrowed; returns the two tables */
    Py_buffer class_table, low_table;
    int has_tables;
} Text;

extern const unsigned char ascii_classes[128];

static inline unsigned char class_at(const Text *text, Py_ssize_t at) {
    return text->ascii ? ascii_classes[text->ascii[at]] : text->classes[at];
}

/* Return the characters as bytes, with a 0 behind; NULL if they were not wanted. Others than those in ASCII are as in `bytes`. */
static inline const unsigned char *bytes_of(const Text *text) {
    return text->ascii ? text->ascii : text->has_bytes ? text->bytes : NULL;
}

static inline uint32_t point_at(const Text *text, Py_ssize_t at) { return text->ascii ? text->ascii[at] : text->points[at]; }

static inline int is_space_at(const Text *text, Py_ssize_t at) { return class_at(text, at) & SPACE; }

static inline unsigned char ascii_low(unsigned char c) { return (unsigned char)(c + ((unsigned char)(c - 'A') < 26) * 32); }

/* Return the low byte of a character in lower case. */
static inline unsigned char low_byte_at(const Text *text, Py_ssize_t at) {
    return text->ascii ? ascii_low(text->ascii[at]) : (unsigned char)text->lows[at];
}

/* Whether the lower case of characters of the text is these, which are in ASCII. */
static inline int letters_match(const Text *text, Py_ssize_t start, const unsigned char *letters, Py_ssize_t length) {
    Py_ssize_t i = 0;
    if (text->ascii)
        while (i < length && ascii_low(text->ascii[start + i]) == letters[i]) i++;
    else
        while (i < length && text->lows[start + i] == letters[i]) i++;
    return i == length;
}

int text_read(Text *text, PyObject *string, int wants_bytes);
void text_free(Text *text);
Py_ssize_t word_end(const Text *text, Py_ssize_t start, Py_ssize_t limit);
int is_plain(const Text *text, Py_ssize_t start, Py_ssize_t end);

#endif
