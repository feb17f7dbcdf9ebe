/* Several characters in ASCII at once: in vectors where the compiler has them, otherwise in an integer of eight bytes. */

#ifndef KERNEL_VECTORS_H
#define KERNEL_VECTORS_H

#include "common.h"

#if defined(__GNUC__) && defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define HAS_VECTORS 1
#define VECTOR_SIZE 16
#define VECTOR_WORDS (VECTOR_SIZE / 8)

typedef unsigned char Vector __attribute__((vector_size(VECTOR_SIZE)));
typedef uint64_t VectorWords __attribute__((vector_size(VECTOR_SIZE)));

static inline Vector vector_at(const unsigned char *text) {
    Vector vector;
    memcpy(&vector, text, sizeof(vector));
    return vector;
}

/* Return what follows one character: it and the first of the text. */
static inline Vector vector_behind(unsigned char c, const unsigned char *text) {
    uint64_t words[VECTOR_WORDS];
    Vector vector;
    memcpy(words, text, sizeof(words));
    for (int i = VECTOR_WORDS - 1; i > 0; i--) words[i] = words[i] << 8 | words[i - 1] >> 56;
    words[0] = words[0] << 8 | c;
    memcpy(&vector, words, sizeof(vector));
    return vector;
}

/* Return all but the last character of a vector, and a 0 in its place. */
static inline Vector vector_before(const unsigned char *text) {
    uint64_t words[VECTOR_WORDS];
    Vector vector;
    memcpy(words, text - 1, sizeof(words));
    for (int i = 0; i < VECTOR_WORDS - 1; i++) words[i] = words[i] >> 8 | words[i + 1] << 56;
    words[VECTOR_WORDS - 1] >>= 8;
    memcpy(&vector, words, sizeof(vector));
    return vector;
}

static inline Vector vector_of(unsigned char c) { return (Vector){0} + c; }

/* Return the number of the first character from `start` on, below VECTOR_SIZE, that has a flag; VECTOR_SIZE for none. */
static inline int first_flag(VectorWords flags, int start) {
    for (int word = start / 8; word < VECTOR_WORDS; word++) {
        const uint64_t bytes = word > start / 8 ? flags[word] : flags[word] >> 8 * (start % 8) << 8 * (start % 8);
        if (bytes) return 8 * word + __builtin_ctzll(bytes) / 8;
    }
    return VECTOR_SIZE;
}
#else
#define HAS_VECTORS 0
#endif

#define EACH_BYTE 0x0101010101010101u

static inline uint64_t bytes_at(const unsigned char *text) {
    uint64_t bytes;
    memcpy(&bytes, text, sizeof(bytes));
    return bytes;
}

/* Whether one of eight bytes is this one: Mycroft 1987. */
static inline int has_byte(uint64_t bytes, unsigned char c) {
    uint64_t differences = bytes ^ c * EACH_BYTE;
    return ((differences - EACH_BYTE) & ~differences & 0x80 * EACH_BYTE) != 0;
}

#endif
