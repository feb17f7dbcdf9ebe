/* Bound the saturation of a posting by classes of its code and its document. They are bytes, and thus read sooner than norms. */

#include "snapshot.h"

#define SAMPLES 1024 /* documents whose norms are averaged */

/* The class of a value between the lowest and the highest one. */
static inline int class_of(float value, float lowest, float highest) {
    const float at = (value - lowest) / (highest - lowest) * CLASSES;
    return at < CLASSES ? at > 0 ? (int)at : 0 : CLASSES - 1; /* the last one for anything that is not a number */
}

static inline float saturation(const Snapshot *snapshot, float x) { return x / (x + snapshot->k1); }

static const float *norms_of(const Snapshot *snapshot, int64_t field) {
    return (const float *)snapshot->norms.data + field * snapshot->size;
}

/* Find the lowest and the highest of some values; several at a time, so that compilers make vectors of it. */
static void extremes(const float *values, int64_t count, float *lowest, float *highest) {
    enum { LANES = 8 };
    float low[LANES], high[LANES];
    int64_t i = 0;
    for (int lane = 0; lane < LANES; lane++) low[lane] = high[lane] = count ? values[0] : 0;
    for (; i + LANES <= count; i += LANES)
        for (int lane = 0; lane < LANES; lane++) {
            low[lane] = values[i + lane] < low[lane] ? values[i + lane] : low[lane];
            high[lane] = values[i + lane] > high[lane] ? values[i + lane] : high[lane];
        }
    *lowest = low[0];
    *highest = high[0];
    for (int lane = 1; lane < LANES; lane++) {
        *lowest = low[lane] < *lowest ? low[lane] : *lowest;
        *highest = high[lane] > *highest ? high[lane] : *highest;
    }
    for (; i < count; i++) {
        *lowest = values[i] < *lowest ? values[i] : *lowest;
        *highest = values[i] > *highest ? values[i] : *highest;
    }
}

/* Class documents by the saturation of a word that occurs once in the body. */
static void class_documents(Snapshot *snapshot) {
    const float *norms = norms_of(snapshot, BODY);
    float lowest, highest;
    extremes(norms, snapshot->size, &lowest, &highest);
    lowest = saturation(snapshot, lowest);
    highest = saturation(snapshot, highest);
    for (int64_t number = 0; number < snapshot->size; number++)
        snapshot->document_classes[number] = (unsigned char)class_of(saturation(snapshot, norms[number]), lowest, highest);
}

/* X of a code in a document with these norms. */
static float frequency(const Snapshot *snapshot, int64_t code, const float *norms) {
    float x = 0;
    for (int64_t field = 0; field < FIELDS; field++) x += real(&snapshot->table, field * snapshot->code_count + code) * norms[field];
    return x;
}

/* Class codes by their saturation in an average document. Half of the classes are for occurrences in the body alone, as the class of a
 * document bounds its norm there. */
static void class_codes(Snapshot *snapshot) {
    const int64_t step = snapshot->size / SAMPLES + 1;
    float norms[FIELDS] = {0};
    for (int64_t field = 0; field < FIELDS; field++)
        for (int64_t number = 0; number < snapshot->size; number += step)
            norms[field] += norms_of(snapshot, field)[number] * (float)step / (float)snapshot->size;
    const float lowest = saturation(snapshot, norms[BODY]);
    for (int64_t code = 0; code < snapshot->code_count; code++) {
        const int class = class_of(saturation(snapshot, frequency(snapshot, code, norms)), lowest, 1) / 2;
        snapshot->code_classes[code] = (unsigned char)((code < snapshot->body_codes ? class : class + CLASSES / 2) * CLASSES);
    }
    for (int64_t s = 0; s < snapshot->segment_count; s++) {
        Segment *segment = &snapshot->segments[s];
        for (int64_t i = 0; i < 256; i++) {
            uint64_t code = (uint64_t)i;
            if (segment->recode.width) code = i < segment->recode.items ? item(&segment->recode, i) : UINT64_MAX;
            segment->code_classes[i] = code < (uint64_t)snapshot->code_count ? snapshot->code_classes[code] : (CLASSES - 1) * CLASSES;
        }
    }
}

/* Find the highest saturation of each pair of classes. */
static void bound_saturations(Snapshot *snapshot) {
    float norms[FIELDS], highest[CLASSES] = {0}, lowest;
    for (int64_t field = 0; field < FIELDS; field++) extremes(norms_of(snapshot, field), snapshot->size, &lowest, &norms[field]);
    for (int64_t number = 0; number < snapshot->size; number++) {
        float *own = &highest[snapshot->document_classes[number]];
        *own = norms_of(snapshot, BODY)[number] > *own ? norms_of(snapshot, BODY)[number] : *own;
    }
    for (int class = 0; class < CLASSES; class++) {
        norms[BODY] = highest[class];
        for (int64_t code = 0; code < snapshot->code_count; code++) {
            const float most = saturation(snapshot, frequency(snapshot, code, norms));
            float *own = &snapshot->highest_saturations[snapshot->code_classes[code] + class];
            *own = most > *own ? most : *own;
        }
    }
}

int classes_open(Snapshot *snapshot) {
    snapshot->code_classes = calloc((size_t)snapshot->code_count + 1, 1);
    snapshot->document_classes = calloc((size_t)snapshot->size + 1, 1);
    if (!snapshot->code_classes || !snapshot->document_classes) return 0;
    class_documents(snapshot);
    class_codes(snapshot);
    bound_saturations(snapshot);
    return 1;
}

void classes_free(Snapshot *snapshot) {
    free(snapshot->code_classes);
    free(snapshot->document_classes);
}
