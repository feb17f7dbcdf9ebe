/* The documents of a list in a block, as bits. */

#ifndef KERNEL_BITMAP_H
#define KERNEL_BITMAP_H

#include "common.h"

/* The documents of a list in a block, and how many come before each group of 64. */
typedef struct {
    uint64_t bits[1 << 10];
    uint16_t before[1 << 10];
    int is_filled, is_counted;
} Bitmap;

static inline int bit_count(uint64_t bits) { /* without the instruction, which not every processor has */
    bits -= bits >> 1 & 0x5555555555555555;
    bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0f;
    return (int)(bits * 0x0101010101010101 >> 56);
}

static inline void bitmap_set(Bitmap *bitmap, uint16_t low) { bitmap->bits[low >> 6] |= (uint64_t)1 << (low & 63); }

/* How many documents of the list come before this one. */
static inline int64_t bitmap_rank(const Bitmap *bitmap, uint16_t low) {
    return bitmap->before[low >> 6] + bit_count(bitmap->bits[low >> 6] & (((uint64_t)1 << (low & 63)) - 1));
}

void bitmap_fill(Bitmap *bitmap, const uint16_t *documents, int64_t count);
void bitmap_count(Bitmap *bitmap);

#endif
