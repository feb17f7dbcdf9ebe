/* Count the documents that have any of the words. */

#include "union.h"

/* Add up the lowest bits of 8 bytes each, in groups that cannot overflow a byte. */
static int64_t count_seen(const unsigned char *seen, const unsigned char *living, int64_t limit) {
    const uint64_t lowest = 0x0101010101010101, pairs = 0x00ff00ff00ff00ff;
    int64_t total = 0, at = 0;
    while (at + 8 <= limit) {
        int64_t end = at + 8 * 128 < limit - 7 ? at + 8 * 128 : limit - 7;
        uint64_t sum = 0;
        for (; at < end; at += 8) {
            uint64_t flags, alive = lowest;
            memcpy(&flags, seen + at, 8);
            if (living) memcpy(&alive, living + at, 8);
            sum += flags & alive & lowest;
        }
        total += (int64_t)((((sum & pairs) + ((sum >> 8) & pairs)) * 0x0001000100010001) >> 48);
    }
    for (; at < limit; at++) total += seen[at] & 1 & (living ? living[at] : 1);
    return total;
}

/* Forget the documents of a window that do not meet the conditions. */
static int union_filter(Union *u, int64_t first, int64_t limit) {
    for (int64_t place = 0; place < limit; place++) {
        if (!u->seen[place]) continue;
        int64_t number = first + place, verdict = judge(u->conditions, number);
        if (verdict == PASSES) continue;
        u->seen[place] = 0;
        if (verdict >= 0 && !(u->snapshot->living.width && !u->snapshot->living.data[number]) &&
            !collect(&u->conditions->items[verdict], number))
            return NO_MEMORY;
    }
    return SOUND;
}

/* Count the documents that were seen in a window and meet the conditions. */
static int union_count_documents(Union *u, int64_t first, int64_t limit) {
    int failure = u->conditions->count ? union_filter(u, first, limit) : SOUND;
    const unsigned char *living = u->snapshot->living.width ? u->snapshot->living.data + first : NULL;
    u->total += count_seen(u->seen, living, limit);
    if (u->matching)
        for (int64_t place = 0; place < limit; place++)
            u->matching[first + place] = (u->seen[place] != 0) & (!living || living[place] != 0);
    return failure;
}

/* Do the same in a window with few postings: visit these instead of all documents. */
static int union_count_postings(Union *u, const List *lists, const Window *window) {
    const int64_t first = u->snapshot->segments[window->segment].offset + window->document;
    for (int64_t i = 0; i < u->count; i++) {
        if (u->words[i].rows[window->segment] < 0) continue;
        for (int64_t at = lists[i].window.at; at < lists[i].window.end; at++) {
            const int64_t place = (uint16_t)(low_bits(lists[i].source.documents, at) - window->base) & (WINDOW - 1);
            if (place >= window->limit) return DAMAGED;
            if (u->seen[place]) u->total += is_match(u, first + place);
            u->seen[place] = 0; /* another list may have it as well */
        }
    }
    return SOUND;
}

/* Count the documents that the lists of a window have, given how many postings these are there, and forget them. */
int union_count(Union *u, const List *lists, const Window *window, int64_t postings) {
    if (postings <= MAX_SPARSE && !u->matching) return union_count_postings(u, lists, window);
    int failure = union_count_documents(u, u->snapshot->segments[window->segment].offset + window->document, window->limit);
    memset(u->seen, 0, sizeof(u->seen));
    return failure;
}
