/* Find the word forms that are nearly the same as a misspelt one. */

#include "postings.h"
#include "functions.h"

#define MAX_FORM 64 /* letters */
#define MAX_DISTANCE 3
#define MIN_FORM_WITH_EDGES 5 /* letters: one error in a form leaves its first two letters or its last two */
#define CHUNK 256 /* forms that are flagged together */

/* As `spelling.within_distance`: at most `distance` letters are wrong, missing, additional or swapped with their neighbour. */
static int within_distance(const uint32_t *a, int64_t a_size, const uint32_t *b, int64_t b_size, int distance) {
    int64_t i = 0, shortest = a_size < b_size ? a_size : b_size;
    if (a_size - b_size > distance || b_size - a_size > distance) return 0;
    while (i < shortest && a[i] == b[i]) i++;
    if (i == shortest) return 1; /* the rest is at most `distance` letters long */
    if (!distance) return 0;
    a += i;
    b += i;
    a_size -= i;
    b_size -= i;
    return within_distance(a + 1, a_size - 1, b + 1, b_size - 1, distance - 1) ||
           within_distance(a + 1, a_size - 1, b, b_size, distance - 1) ||
           within_distance(a, a_size, b + 1, b_size - 1, distance - 1) ||
           (a_size > 1 && b_size > 1 && a[0] == b[1] && a[1] == b[0] &&
            within_distance(a + 2, a_size - 2, b + 2, b_size - 2, distance - 1));
}

typedef struct {
    Array text, ends; /* all word forms as lines, and where they end */
    /* The forms by length and by the number of their documents, the most first: their rows, signatures and numbers of documents,
       and where those of each length begin. */
    Array rows, letters, edges, counts, starts;
    uint32_t form[MAX_FORM + 1], own_letters, own_edges;
    int64_t size;
    uint64_t least;
    int distance, has_edges;
} Near;

typedef struct {
    uint64_t count;
    int64_t row;
} NearForm;

static int by_documents(const void *a, const void *b) {
    const NearForm *one = a, *other = b;
    if (one->count != other->count) return one->count > other->count ? -1 : 1;
    return (one->row > other->row) - (one->row < other->row);
}

/* As `form_signatures.signatures_of`: the set of the letters, and the first two and the last two of them. */
static void set_signature(Near *near) {
    const uint32_t *form = near->form;
    const int64_t size = near->size;
    for (int64_t i = 0; i < size; i++) near->own_letters |= (uint32_t)1 << (form[i] & 31);
    if (size > 1) near->own_edges = ((form[0] * 257 ^ form[1]) & 0xffff) | (form[size - 2] * 257 ^ form[size - 1]) << 16;
}

/* Whether at most `most` bits are set. Each step clears the lowest one, which is quicker than counting up to six of them. */
static inline int has_few_bits(uint32_t value, int most) {
    for (int i = 0; i < most; i++) value &= value - 1;
    return !value;
}

/* Whether the form of a row is near: 1 or 0, -1 on an exception. */
static int row_is_near(const Near *near, int64_t row) {
    uint32_t points[MAX_FORM + MAX_DISTANCE + 1];
    if (row >= near->ends.items) {
        raise_failure(DAMAGED);
        return -1;
    }
    uint64_t start = row ? item(&near->ends, row - 1) + 1 : 0, end = item(&near->ends, row);
    if (start > end || end > (uint64_t)near->text.items) {
        raise_failure(DAMAGED);
        return -1;
    }
    const unsigned char *letters = near->text.data + start;
    int64_t size = (int64_t)(end - start), ascii = 0;
    if (size <= MAX_FORM + MAX_DISTANCE) {
        for (; ascii < size && letters[ascii] < 0x80; ascii++) points[ascii] = letters[ascii];
        if (ascii == size) return within_distance(points, size, near->form, near->size, near->distance);
    }
    PyObject *form = PyUnicode_DecodeUTF8((const char *)letters, (Py_ssize_t)size, "replace");
    if (!form) return -1;
    int result = 0;
    size = PyUnicode_GetLength(form);
    if (size <= near->size + near->distance) {
        if (PyUnicode_AsUCS4(form, points, MAX_FORM + MAX_DISTANCE + 1, 0)) result = within_distance(points, size, near->form, near->size, near->distance);
        else result = -1;
    }
    Py_DecRef(form);
    return result;
}

/* Flag the forms whose signatures allow the distance. Compilers turn this loop into vector instructions. */
static inline void flag_forms(const Near *near, int64_t first, int64_t count, unsigned char *flags, int distance, int has_edges) {
    const uint32_t *letters = (const uint32_t *)near->letters.data + first, *edges = (const uint32_t *)near->edges.data + first;
    const uint32_t own_letters = near->own_letters, own_edges = near->own_edges;
    for (int64_t i = 0; i < count; i++) {
        uint32_t other = edges[i] ^ own_edges;
        flags[i] = (unsigned char)(has_few_bits(letters[i] ^ own_letters, 2 * distance) & (!has_edges | !(other & 0xffff) | !(other >> 16)));
    }
}

/* Append the places of the forms in a range whose signatures allow the distance. Return how many there are then. */
static int64_t select_forms(const Near *near, Range range, int64_t *places, int64_t count) {
    unsigned char flags[CHUNK];
    for (int64_t first = range.at; first < range.end; first += CHUNK) {
        int64_t size = range.end - first < CHUNK ? range.end - first : CHUNK;
        if (near->distance == 1 && near->has_edges) flag_forms(near, first, size, flags, 1, 1);
        else flag_forms(near, first, size, flags, near->distance, near->has_edges);
        memset(flags + size, 0, (size_t)(CHUNK - size));
        for (int64_t i = 0; i < size; i += 8) {
            uint64_t eight;
            memcpy(&eight, flags + i, 8);
            for (int64_t j = i; eight && j < i + 8; j++) {
                if (flags[j]) places[count++] = first + j;
            }
        }
    }
    return count;
}

/* The places of the forms of one length that enough documents contain. */
static int forms_of_length(const Near *near, int64_t length, Range *range) {
    uint64_t start = item(&near->starts, length), end = item(&near->starts, length + 1);
    if (start > end || end > (uint64_t)near->rows.items) return DAMAGED;
    int64_t low = (int64_t)start, high = (int64_t)end;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (item(&near->counts, middle) >= near->least) low = middle + 1;
        else high = middle;
    }
    *range = (Range){(int64_t)start, low};
    return 0;
}

/* Select the forms that may be near. Return their number, -1 on an exception. */
static int64_t forms_to_compare(const Near *near, int64_t **places) {
    int64_t count = 0, first = near->size - near->distance, last = near->size + near->distance;
    for (int64_t length = first > 0 ? first : 0; length <= last && length + 1 < near->starts.items; length++) {
        Range range;
        if (forms_of_length(near, length, &range)) {
            raise_failure(DAMAGED);
            return -1;
        }
        int64_t *more = realloc(*places, (size_t)(count + range.end - range.at + 1) * sizeof(int64_t));
        if (!more) {
            PyErr_NoMemory();
            return -1;
        }
        *places = more;
        count = select_forms(near, range, more, count);
    }
    return count;
}

/* The first of these forms with the numbers of their documents, and how many forms there are. */
static PyObject *forms_result(const Near *near, const NearForm *forms, int64_t count, int64_t limit) {
    PyObject *list = PyList_New(0);
    for (int64_t i = 0; list && i < count && i < limit; i++) {
        int64_t row = forms[i].row;
        uint64_t start = row ? item(&near->ends, row - 1) + 1 : 0, end = item(&near->ends, row);
        PyObject *form = PyUnicode_DecodeUTF8((const char *)near->text.data + start, (Py_ssize_t)(end - start), "replace");
        PyObject *pair = form ? Py_BuildValue("(NK)", form, (unsigned long long)forms[i].count) : NULL;
        if (!pair || PyList_Append(list, pair) < 0) {
            Py_DecRef(list);
            list = NULL;
        }
        if (pair) Py_DecRef(pair);
    }
    return list ? Py_BuildValue("(NL)", list, (long long)count) : NULL;
}

static PyObject *near_forms(const Near *near, int64_t most, int64_t limit) {
    int64_t *places = NULL, near_count = 0, count = forms_to_compare(near, &places);
    NearForm *forms = NULL;
    PyObject *result = NULL;
    if (count < 0) goto done;
    if (count > most) {
        Py_IncRef(Py_None);
        result = Py_None;
        goto done;
    }
    forms = malloc((size_t)(count + 1) * sizeof(NearForm));
    if (!forms) {
        PyErr_NoMemory();
        goto done;
    }
    for (int64_t i = 0; i < count; i++) {
        int64_t row = (int64_t)item(&near->rows, places[i]);
        int is_near = row_is_near(near, row);
        if (is_near < 0) goto done;
        if (is_near) forms[near_count++] = (NearForm){item(&near->counts, places[i]), row};
    }
    qsort(forms, (size_t)near_count, sizeof(NearForm), by_documents);
    result = forms_result(near, forms, near_count, limit);
done:
    free(places);
    free(forms);
    return result;
}

/* near(text, ends, rows, letters, edges, counts, starts, form, distance, least, most, limit): the first `limit` of the forms that at
   least `least` documents contain, and how many they are; None if more than `most` of them must be compared */
PyObject *kernel_near(PyObject *module, PyObject *arguments) {
    PyObject *values[7], *form, *result = NULL;
    unsigned long long least;
    long long most, limit;
    (void)module;
    Near near = {0};
    Array *arrays[] = {&near.text, &near.ends, &near.rows, &near.letters, &near.edges, &near.counts, &near.starts};
    const int widths[] = {1, 8, 4, 4, 4, 4, 8};
    if (!PyArg_ParseTuple(arguments, "OOOOOOOUiKLL", values, values + 1, values + 2, values + 3, values + 4, values + 5, values + 6, &form, &near.distance, &least, &most, &limit))
        return NULL;
    near.least = least;
    near.size = PyUnicode_GetLength(form);
    if (near.size > MAX_FORM || near.distance < 0 || near.distance > MAX_DISTANCE) {
        PyErr_SetString(PyExc_ValueError, "the form is too long or too different");
        return NULL;
    }
    for (int i = 0; i < 7; i++) {
        if (array_open(values[i], arrays[i], widths[i]) < 0) goto done;
    }
    if (!PyUnicode_AsUCS4(form, near.form, MAX_FORM + 1, 0)) goto done;
    set_signature(&near);
    near.has_edges = near.distance <= 1 && near.size >= MIN_FORM_WITH_EDGES;
    if (near.letters.items != near.rows.items || near.edges.items != near.rows.items || near.counts.items != near.rows.items) raise_failure(DAMAGED);
    else result = near_forms(&near, most, limit);
done:
    for (int i = 0; i < 7; i++) array_close(arrays[i]);
    return result;
}
