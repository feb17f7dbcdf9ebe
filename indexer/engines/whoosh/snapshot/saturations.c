/* Compute the saturations of many postings. */

#include "saturations.h"

/* Compute the saturations of at most CHUNK postings of a block; 0 if one is damaged. Most segments have codes of one byte, and most
 * codes occurrences in the body alone; a test for others between them would be predicted wrongly. */
int saturations_of(const Snapshot *snapshot, const Segment *segment, int64_t block, int64_t first, int64_t end,
                          float *values) {
    const uint16_t *documents = (const uint16_t *)segment->documents.data + first;
    const float *table = (const float *)snapshot->table.data + BODY * snapshot->code_count;
    const float *norms = (const float *)snapshot->norms.data + BODY * snapshot->size;
    const int64_t base = segment->offset + (block << snapshot->block_bits);
    const uint64_t code_count = (uint64_t)snapshot->code_count, body_codes = (uint64_t)snapshot->body_codes;
    const int is_narrow = segment->codes.width == 1 && !segment->recode.width;
    const unsigned char *codes = segment->codes.data + first;
    const float k1 = snapshot->k1;
    uint16_t others[CHUNK];
    int64_t other_count = 0;
    if (end > segment->codes.items) return 0;
    for (int64_t i = 0; i < end - first; i++) {
        const uint64_t code = is_narrow ? codes[i] : code_of(snapshot, segment, first + i);
        const int64_t number = base + documents[i];
        if (code >= code_count || number >= snapshot->size) return 0;
        values[i] = table[code] * norms[number];
        others[other_count] = (uint16_t)i;
        other_count += code >= body_codes;
    }
    for (int64_t other = 0; other < other_count; other++) {
        const int64_t i = others[other];
        values[i] = weighted_frequency(snapshot, is_narrow ? codes[i] : code_of(snapshot, segment, first + i), base + documents[i]);
    }
    for (int64_t i = 0; i < end - first; i++) values[i] /= values[i] + k1; /* apart, so that compilers make vectors of it */
    return 1;
}
