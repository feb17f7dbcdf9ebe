/* Where the words of a phrase stand in documents. */

#ifndef KERNEL_POSITIONS_H
#define KERNEL_POSITIONS_H

#include "words.h"

#define SKIP 32 /* postings */

typedef struct {
    int64_t *rows, *skip_counts;  /* of each segment */
    const uint32_t **skip_starts; /* where the positions of each SKIP-th posting begin; borrowed */
    int64_t gap;
    int64_t word; /* its number among the words of the plan */
    /* in one segment */
    Range range; /* what remains of the list in a block, where postings are searched for */
    int64_t block, first_posting, first_position, end, skip_count; /* `end`: where the positions of the row end */
    const uint32_t *skip;
    int64_t group, position; /* the group of SKIP postings that was read last, -1 for none, and where its positions begin */
    uint32_t before[SKIP + 1]; /* how many positions of the group come before those of each posting */
    int64_t group_size;
} Place;

int place_begin(const Segment *segment, int64_t s, Place *place);

/* The number of positions of some postings of a segment, -1 if one is damaged. */
static inline int64_t count_positions(const Segment *segment, int64_t first, int64_t end) {
    const int64_t *counts = (const int64_t *)segment->counts.data, code_count = segment->counts.items;
    int64_t sum = 0;
    if (end > segment->codes.items || !segment->has_sound_counts) return -1;
    if (segment->codes.width == 1) {
        const unsigned char *codes = segment->codes.data;
        const uint32_t *count_of = segment->count_of_code;
        int64_t other = 0; /* two sums, so that one addition need not wait for the other */
        for (; first + 4 <= end; first += 4) {
            sum += (int64_t)count_of[codes[first]] + count_of[codes[first + 1]];
            other += (int64_t)count_of[codes[first + 2]] + count_of[codes[first + 3]];
        }
        for (; first < end; first++) sum += count_of[codes[first]];
        return sum + other >= UINT32_MAX ? -1 : sum + other;
    }
    for (int64_t at = first; at < end; at++) {
        uint64_t code = item(&segment->codes, at);
        if (code >= (uint64_t)code_count) return -1;
        sum += counts[code];
    }
    return sum;
}

/* Find where the positions of a group begin: by skips, or by those of a group before it. */
static inline int64_t group_position(const Segment *segment, const Place *place, int64_t group) {
    int64_t near = group < place->skip_count ? group : place->skip_count - 1, position = place->first_position;
    if (near > 0) position += place->skip[near];
    else near = 0;
    if (place->group > near) {
        if (place->group > group) return -1; /* postings that do not ascend */
        near = place->group;
        position = place->position;
    }
    int64_t count = count_positions(segment, place->first_posting + near * SKIP, place->first_posting + group * SKIP);
    return count < 0 || position > place->end - count ? -1 : position + count;
}

/* Add up the positions of a group of postings. Most segments have codes of one byte. */
static inline int group_read(const Segment *segment, Place *place, int64_t group) {
    const int64_t *counts = (const int64_t *)segment->counts.data, first = place->first_posting + group * SKIP;
    const uint64_t code_count = (uint64_t)segment->counts.items;
    uint64_t sum = 0;
    if (first >= segment->codes.items || (place->position = group_position(segment, place, group)) < 0) return DAMAGED;
    place->group = group;
    place->group_size = segment->codes.items - first < SKIP ? segment->codes.items - first : SKIP;
    if (segment->codes.width == 1) {
        const unsigned char *codes = segment->codes.data + first;
        for (int64_t i = 0; i < place->group_size; i++) {
            place->before[i] = (uint32_t)sum;
            sum += segment->count_of_code[codes[i]];
        }
    } else {
        for (int64_t i = 0; i < place->group_size; i++) {
            uint64_t code = item(&segment->codes, first + i);
            place->before[i] = (uint32_t)sum;
            if (code >= code_count) return DAMAGED;
            sum += (uint64_t)counts[code];
        }
    }
    place->before[place->group_size] = (uint32_t)sum;
    return sum >= UINT32_MAX ? DAMAGED : SOUND;
}

/* Find the positions of a posting. */
static inline int place_move(const Segment *segment, Place *place, int64_t posting, Range *span) {
    if (posting < place->first_posting) return DAMAGED;
    const uint64_t index = (uint64_t)(posting - place->first_posting);
    const int64_t group = (int64_t)(index / SKIP), within = (int64_t)(index % SKIP);
    if (group != place->group && group_read(segment, place, group)) return DAMAGED;
    if (within >= place->group_size) return DAMAGED;
    span->at = place->position + place->before[within];
    span->end = place->position + place->before[within + 1];
    return span->end > place->end ? DAMAGED : SOUND; /* positions of another word */
}

/* Search for the posting of a document of the segment; -1 if there is none. */
static inline int64_t place_seek(const Snapshot *snapshot, const Segment *segment, int64_t s, Place *place, int64_t document, int *failure) {
    const uint16_t low = (uint16_t)(document & (((int64_t)1 << snapshot->block_bits) - 1));
    if (document >> snapshot->block_bits != place->block) {
        place->block = document >> snapshot->block_bits;
        if (!block_range(&segment->starts, segment->documents.items, segment->blocks, place->rows[s], place->block, &place->range)) {
            *failure = DAMAGED;
            return -1;
        }
    }
    place->range.at = seek(&segment->documents, place->range.at, place->range.end, low);
    return place->range.at < place->range.end && low_bits(&segment->documents, place->range.at) == low ? place->range.at : -1;
}

#endif
