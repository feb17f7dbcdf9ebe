/* What a word adds to the score of a document. The numpy code does the same operations in the same order. */

#ifndef KERNEL_SATURATIONS_H
#define KERNEL_SATURATIONS_H

#include "words.h"

#define CHUNK 256 /* postings whose saturations are computed together */

/* X of the codes of a segment in a document: what the occurrences in each field add, by their numbers and the field's length. */
static inline float weighted_frequency(const Snapshot *snapshot, uint64_t code, int64_t number) {
    const float *table = (const float *)snapshot->table.data, *norms = (const float *)snapshot->norms.data;
    if (code < (uint64_t)snapshot->body_codes) /* all other products are 0 */
        return table[BODY * snapshot->code_count + (int64_t)code] * norms[BODY * snapshot->size + number];
    const CodeFields *own = &snapshot->code_fields[code];
    float x = own->weights[0] * norms[own->fields[0] * snapshot->size + number];
    for (int i = 1; i < MAX_CODE_FIELDS; i++) x += own->weights[i] * norms[own->fields[i] * snapshot->size + number];
    for (int64_t field = own->has_more ? own->fields[MAX_CODE_FIELDS - 1] + 1 : FIELDS; field < FIELDS; field++) {
        const float weight = table[field * snapshot->code_count + (int64_t)code];
        if (weight != 0) x += weight * norms[field * snapshot->size + number];
    }
    return x;
}

/* The code of a posting among those of all segments; UINT64_MAX if it is damaged. */
static inline uint64_t code_of(const Snapshot *snapshot, const Segment *segment, int64_t posting) {
    if (posting >= segment->codes.items) return UINT64_MAX;
    uint64_t code = item(&segment->codes, posting);
    if (segment->recode.width) {
        if (code >= (uint64_t)segment->recode.items) return UINT64_MAX;
        code = item(&segment->recode, (int64_t)code);
    }
    return code < (uint64_t)snapshot->code_count ? code : UINT64_MAX;
}

/* What a word with this saturation adds to a document: the numpy code does the same operations in the same order. */
static inline float weighted(const Snapshot *snapshot, const Segment *segment, const Word *word, float saturation, int64_t number,
                             uint16_t low, Range *forms) {
    float value = saturation * word->unit;
    for (int form = 0; form < word->form_count; form++) {
        Range *range = &forms[form];
        const float added[2] = {0, word->forms[form].value}; /* without a branch, which the processor would predict wrongly */
        range->at = seek(&segment->surface_documents, range->at, range->end, low);
        if (range->at < range->end) value += added[low_bits(&segment->surface_documents, range->at) == low];
    }
    return value * real(&snapshot->recency, number);
}

/* What a word with this saturation adds at most: where the document has all of the exact forms. */
static inline float weighted_at_most(const Word *word, float saturation, float recency) {
    float value = saturation * word->unit;
    for (int form = 0; form < word->form_count; form++) value += word->forms[form].value;
    return value * recency;
}

/* The saturation of a posting of a document; 0 if it is damaged. */
static inline int saturation_at(const Snapshot *snapshot, const Segment *segment, const Source *source, int64_t posting, int64_t number,
                                float *saturation) {
    if (source->has_saturations) {
        int64_t at = posting + source->shift;
        if (at < 0 || at >= source->saturations->items) return 0;
        *saturation = real(source->saturations, at);
        return 1;
    }
    uint64_t code = code_of(snapshot, segment, posting);
    if (code == UINT64_MAX) return 0;
    float x = weighted_frequency(snapshot, code, number);
    *saturation = x / (x + snapshot->k1);
    return 1;
}

int saturations_of(const Snapshot *snapshot, const Segment *segment, int64_t block, int64_t first, int64_t end,
                          float *values);

#endif
