/* Mark the documents of a list, and count them. */

#include "bitmap.h"

/* Four parts of the list are read side by side: the bits of neighbours would wait for each other. */
void bitmap_fill(Bitmap *bitmap, const uint16_t *documents, int64_t count) {
    const int64_t part = count / 4;
    memset(bitmap->bits, 0, sizeof(bitmap->bits));
    for (int64_t at = 0; at < part; at++) {
        bitmap_set(bitmap, documents[at]);
        bitmap_set(bitmap, documents[at + part]);
        bitmap_set(bitmap, documents[at + 2 * part]);
        bitmap_set(bitmap, documents[at + 3 * part]);
    }
    for (int64_t at = 4 * part; at < count; at++) bitmap_set(bitmap, documents[at]);
    bitmap->is_filled = 1;
}

void bitmap_count(Bitmap *bitmap) {
    int before = 0;
    for (int group = 0; group < 1 << 10; group++) {
        bitmap->before[group] = (uint16_t)before;
        before += bit_count(bitmap->bits[group]);
    }
    bitmap->is_counted = 1;
}
