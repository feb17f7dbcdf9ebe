/* Read filters, and collect the documents that fail one of them alone. */

#include "conditions.h"

void conditions_free(Conditions *conditions) {
    for (int64_t i = 0; i < conditions->count; i++) {
        array_close(&conditions->items[i].values);
        array_close(&conditions->items[i].table);
        free(conditions->items[i].documents);
    }
    conditions->count = 0;
}

/* Read (values, low, high, table, is_sideways) of each condition. There must be a value for each document. */
int conditions_read(PyObject *values, int64_t size, Conditions *conditions) {
    int64_t count = PyTuple_Size(values);
    if (count > MAX_CONDITIONS) {
        PyErr_SetString(PyExc_ValueError, "there are too many conditions");
        return -1;
    }
    for (int64_t i = 0; i < count; i++) {
        Condition *condition = &conditions->items[conditions->count++];
        PyObject *array, *table;
        long long low, high;
        if (!PyArg_ParseTuple(PyTuple_GetItem(values, i), "OLLOp", &array, &low, &high, &table,
                              &condition->is_sideways) ||
            array_open(array, &condition->values, 1 | 2 | 4 | 8) < 0 || array_open(table, &condition->table, 1) < 0)
            return -1;
        if (!condition->values.width || condition->values.items != size) {
            PyErr_SetString(PyExc_ValueError, "a condition needs a value for each document");
            return -1;
        }
        condition->low = low;
        condition->high = high;
    }
    return 0;
}

/* Collect a document that fails this condition alone. */
int collect(Condition *condition, int64_t number) {
    if (condition->count == condition->room) {
        int64_t room = condition->room ? 2 * condition->room : 1024;
        int64_t *documents = realloc(condition->documents, (size_t)room * sizeof(int64_t));
        if (!documents) return 0;
        condition->documents = documents;
        condition->room = room;
    }
    condition->documents[condition->count++] = number;
    return 1;
}
