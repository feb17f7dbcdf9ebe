/* Count the documents that have any of the words. */

#include "union.h"

#define LANES 64 /* documents that are counted side by side, so that compilers make vectors of it */

/* Count the documents that have steps and are living. */
static int64_t count_marked(const unsigned char *most, const unsigned char *living, int64_t limit) {
    uint16_t counts[LANES] = {0};
    int64_t total = 0, at = 0;
    for (; at + LANES <= limit; at += LANES) {
        for (int i = 0; i < LANES && !living; i++) counts[i] += most[at + i] != 0;
        for (int i = 0; i < LANES && living; i++) counts[i] += (most[at + i] != 0) & (living[at + i] != 0);
    }
    for (int i = 0; i < LANES; i++) total += counts[i];
    for (; at < limit; at++) total += (most[at] != 0) & (!living || living[at] != 0);
    return total;
}

/* Forget the documents of a window that do not meet the conditions. */
static int union_filter(Union *u, int64_t first, int64_t limit) {
    for (int64_t place = 0; place < limit; place++) {
        if (!u->most[place]) continue;
        int64_t number = first + place, verdict = judge(u->conditions, number);
        if (verdict == PASSES) continue;
        u->most[place] = 0;
        if (verdict >= 0 && !(u->snapshot->living.width && !u->snapshot->living.data[number]) &&
            !collect(&u->conditions->items[verdict], number))
            return NO_MEMORY;
    }
    return SOUND;
}

/* Count the documents of a window that meet the conditions. */
int union_count(Union *u, int64_t first, int64_t limit) {
    int failure = u->conditions->count ? union_filter(u, first, limit) : SOUND;
    const unsigned char *living = u->snapshot->living.width ? u->snapshot->living.data + first : NULL;
    u->total += count_marked(u->most, living, limit);
    if (u->matching)
        for (int64_t place = 0; place < limit; place++)
            u->matching[first + place] = (u->most[place] != 0) & (!living || living[place] != 0);
    return failure;
}
