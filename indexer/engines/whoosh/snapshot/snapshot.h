/* The arrays of a snapshot, and what is computed from them when it is opened. */

#ifndef KERNEL_SNAPSHOT_H
#define KERNEL_SNAPSHOT_H

#include "arrays.h"

#define FIELDS 5
#define BODY 2
#define MAX_CODE_FIELDS 3 /* that are weighed without a loop; hardly any code has more */
#define CLASSES 16 /* of codes, and of documents; 256 pairs */
#define WINDOW 4096 /* documents */
#define MAX_SEGMENTS 256
#define CAPSULE "indexer.engines.whoosh.snapshot._kernel.snapshot"

typedef struct {
    int64_t offset, size, blocks, first_block; /* the first of its blocks among those of all segments */
    float *recency; /* the highest recency factor in each window */
    float *later;   /* the highest recency factor in each window and all windows after it */
    PyObject *first_saturations; /* a dictionary: the index of the first saturation of a row; NULL: there are none */
    uint64_t *term_heads, *surface_heads; /* of each line in the index of a dictionary: see `head_of` */
    int has_sound_counts; /* `counts` has no number that a sum could not hold */
    uint32_t count_of_code[256]; /* the same numbers of codes of one byte; UINT32_MAX for a damaged one */
    unsigned char code_classes[256]; /* of codes of one byte */
    Array starts, documents, codes, recode, saturations, surface_starts, surface_documents, position_starts, positions, counts;
    Array term_text, term_every, surface_text, surface_every, form_text, form_starts;
} Segment;

/* The fields in which a code has occurrences, as no other norms are read. With fewer than MAX_CODE_FIELDS, the first one stands again
 * with a weight of 0: a loop over all of them would be predicted wrongly. */
typedef struct {
    float weights[MAX_CODE_FIELDS];
    unsigned char fields[MAX_CODE_FIELDS], has_more;
} CodeFields;

typedef struct {
    int64_t size, living_count, code_count, body_codes, segment_count, block_count;
    int block_bits; /* a block of a list has 1 << block_bits documents, 16 but in tests */
    float k1;
    Array table, norms, recency, living, field_starts;
    PyObject *nowhere; /* the rows of a word that no segment has */
    CodeFields *code_fields; /* of each code */
    /* Codes and documents are in CLASSES classes each. The class of a code is a multiple of CLASSES, so that it is added to that of a
       document. For each pair there is the highest saturation that such a code gives such a document. */
    unsigned char *code_classes, *document_classes;
    float highest_saturations[CLASSES * CLASSES];
    Segment *segments;
} Snapshot;

/* classes.c */
int classes_open(Snapshot *snapshot);
void classes_free(Snapshot *snapshot);

/* snapshot.c */
uint64_t head_of(const unsigned char *letters, size_t size);

#endif
