/* Filters: what a document must fulfil to be a match. */

#ifndef KERNEL_CONDITIONS_H
#define KERNEL_CONDITIONS_H

#include "arrays.h"

#define MAX_CONDITIONS 16

enum { PASSES = -1, FAILS = -2 }; /* what `judge` says; otherwise the number of a condition */

/* What a document must fulfil: a number from `low` to before `high`, or a number whose byte in `table` is not 0. A sideways condition
 * collects the documents that fail it alone, as some facets are counted without it (drill sideways). */
typedef struct {
    Array values, table;
    int64_t low, high;
    int is_sideways;
    int64_t count, room;
    int64_t *documents;
} Condition;

typedef struct {
    int64_t count;
    Condition items[MAX_CONDITIONS];
} Conditions;

static inline int meets(const Condition *condition, int64_t number) {
    uint64_t value = item(&condition->values, number);
    if (condition->table.width) return value < (uint64_t)condition->table.items && condition->table.data[value];
    return (int64_t)value >= condition->low && (int64_t)value < condition->high;
}

/* Return the number of the only condition that a document fails if that is a sideways one, or PASSES or FAILS. */
static inline int64_t judge(const Conditions *conditions, int64_t number) {
    int64_t verdict = PASSES;
    for (int64_t i = 0; i < conditions->count; i++) {
        if (meets(&conditions->items[i], number)) continue;
        if (verdict != PASSES || !conditions->items[i].is_sideways) return FAILS;
        verdict = i;
    }
    return verdict;
}

void conditions_free(Conditions *conditions);
int conditions_read(PyObject *values, int64_t size, Conditions *conditions);
int collect(Condition *condition, int64_t number);

#endif
