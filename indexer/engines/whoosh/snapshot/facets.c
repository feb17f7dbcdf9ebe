/* Count the most frequent values of documents. */

#include "arrays.h"
#include "functions.h"

typedef struct {
    int64_t value, count;
} ValueCount;

static int by_count(const void *a, const void *b) {
    const ValueCount *one = a, *other = b;
    if (one->count != other->count) return one->count < other->count ? 1 : -1;
    return one->value < other->value ? -1 : one->value > other->value;
}

typedef struct {
    Array ordinals, starts, numbers; /* the values of ordinal i are numbers[starts[i]] to before numbers[starts[i + 1]] */
    ValueCount *counts;
    int64_t value_count;
} ValueCounts;

/* Count the values of these documents, or of all if the array is not open. The width of an ordinal is a constant in each call. */
static inline int count_with(ValueCounts *values, const Array *documents, int width) {
    const Array ordinals = {.data = values->ordinals.data, .width = width};
    const uint64_t *starts = (const uint64_t *)values->starts.data, *numbers = (const uint64_t *)values->numbers.data;
    const uint64_t *chosen = (const uint64_t *)documents->data, ordinal_count = (uint64_t)values->ordinals.items;
    const uint64_t count = documents->width ? (uint64_t)documents->items : ordinal_count;
    const uint64_t limit = values->starts.items ? (uint64_t)values->starts.items - 1 : 0; /* of the ordinals; -1 is above it */
    for (uint64_t i = 0; i < count; i++) {
        uint64_t document = documents->width ? chosen[i] : i;
        if (document >= ordinal_count) return DAMAGED;
        uint64_t ordinal = item(&ordinals, (int64_t)document);
        if (ordinal >= limit) return DAMAGED;
        const uint64_t last = starts[ordinal + 1];
        if (last > (uint64_t)values->numbers.items) return DAMAGED;
        for (uint64_t at = starts[ordinal]; at < last; at++) {
            if (numbers[at] >= (uint64_t)values->value_count) return DAMAGED;
            values->counts[numbers[at]].count++;
        }
    }
    return SOUND;
}

static int count_values(ValueCounts *values, const Array *documents) {
    switch (values->ordinals.width) {
    case 1: return count_with(values, documents, 1);
    case 2: return count_with(values, documents, 2);
    case 4: return count_with(values, documents, 4);
    default: return count_with(values, documents, 8);
    }
}

/* Make an object of the class: a value and how many documents have it. */
static PyObject *facet_value(PyTypeObject *class, PyObject *names, PyObject *value, int64_t count) {
    PyObject *facet = PyType_GenericAlloc(class, 0), *number = PyLong_FromLongLong(count);
    int failed = !facet || !number || PyObject_GenericSetAttr(facet, PyTuple_GetItem(names, 0), value) < 0 ||
                 PyObject_GenericSetAttr(facet, PyTuple_GetItem(names, 1), number) < 0;
    Py_DecRef(number);
    if (!failed) return facet;
    Py_DecRef(facet);
    return NULL;
}

static PyObject *most_frequent(ValueCounts *counts, int64_t most, PyObject *values, PyTypeObject *class, PyObject *names) {
    int64_t present = 0;
    for (int64_t i = 0; i < counts->value_count; i++)
        if (counts->counts[i].count) counts->counts[present++] = (ValueCount){i, counts->counts[i].count};
    qsort(counts->counts, (size_t)present, sizeof(ValueCount), by_count);
    if (present > most) present = most;
    PyObject *result = PyTuple_New((Py_ssize_t)present);
    for (int64_t i = 0; result && i < present; i++) {
        PyObject *value = PyList_GetItem(values, (Py_ssize_t)counts->counts[i].value);
        PyObject *facet = value ? facet_value(class, names, value, counts->counts[i].count) : NULL;
        if (!facet || PyTuple_SetItem(result, (Py_ssize_t)i, facet) < 0) {
            Py_DecRef(result);
            result = NULL;
        }
    }
    return result;
}

/* The most frequent values of the documents and of the further documents of a column: ((values, ordinals, starts, numbers), more). */
static PyObject *column_values(PyObject *column, const Array *documents, int64_t most, PyTypeObject *class, PyObject *names) {
    PyObject *values, *ordinals, *starts, *numbers, *further, *result = NULL;
    ValueCounts counts = {0};
    Array more = {0};
    int failure;
    if (!PyTuple_Check(column)) return PyErr_Format(PyExc_ValueError, "a column is not a tuple");
    if (!PyArg_ParseTuple(column, "(O!OOO)O", &PyList_Type, &values, &ordinals, &starts, &numbers, &further)) return NULL;
    counts.value_count = PyList_Size(values);
    if (array_open(ordinals, &counts.ordinals, 1 | 2 | 4 | 8) < 0 || array_open(starts, &counts.starts, 8) < 0 ||
        array_open(numbers, &counts.numbers, 8) < 0 || array_open(further, &more, 8) < 0)
        goto done;
    counts.counts = calloc((size_t)counts.value_count + 1, sizeof(ValueCount));
    if (!counts.counts) {
        PyErr_NoMemory();
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    failure = count_values(&counts, documents);
    if (!failure && more.width) failure = count_values(&counts, &more);
    Py_END_ALLOW_THREADS
    result = failure ? raise_failure(failure) : most_frequent(&counts, most, values, class, names);
done:
    array_close(&counts.ordinals);
    array_close(&counts.starts);
    array_close(&counts.numbers);
    array_close(&more);
    free(counts.counts);
    return result;
}

/* most_frequent(class, names, columns, documents, most): for each column, the values that most of the documents have (None: of all), the
 * highest counts first, equal ones by value. Each is an object of the class with two attributes of these names. */
PyObject *kernel_most_frequent(PyObject *module, PyObject *arguments) {
    PyObject *class, *names, *columns, *chosen, *result = NULL;
    long long most;
    Array documents = {0};
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!O!O!OL", &PyType_Type, &class, &PyTuple_Type, &names, &PyTuple_Type, &columns, &chosen, &most))
        return NULL;
    if (PyTuple_Size(names) != 2 || most < 0) return PyErr_Format(PyExc_ValueError, "an object of two attributes is needed");
    if (array_open(chosen, &documents, 8) == 0) result = PyTuple_New(PyTuple_Size(columns));
    for (Py_ssize_t i = 0; result && i < PyTuple_Size(columns); i++) {
        PyObject *values = column_values(PyTuple_GetItem(columns, i), &documents, most, (PyTypeObject *)class, names);
        if (!values || PyTuple_SetItem(result, i, values) < 0) {
            Py_DecRef(result);
            result = NULL;
        }
    }
    array_close(&documents);
    return result;
}
