/* Find texts that may be nearly the same: see search/near_duplicate_hits.py. */

#include "functions.h"
#include "state.h"

#define SHIFTS 1024 /* entries of a table of shifts */
#define HASHED 4    /* bytes of a text that are looked up in it */
#define SAMPLES 3
#define PARTS 3 /* of a text that are searched in turns */
#define OWN_TEXTS 10 /* that are compared without asking for memory: those of a page */
#define MIN_HASHED_TEXT 32 /* characters: then a quarter of it has HASHED + 1 or more */

static inline unsigned hash_of(const unsigned char *bytes) {
    uint32_t value;
    memcpy(&value, bytes, HASHED);
    return value * 2654435761u >> 22;
}

/* A text that is compared: its characters, at most as many as are compared, and its bytes if it is in ASCII. */
typedef struct {
    PyObject *text; /* owned */
    const unsigned char *ascii;
    Py_ssize_t length, starts[SAMPLES], ends[SAMPLES];
    Py_ssize_t window; /* of all samples; 0 before the shifts are set */
    unsigned char shifts[SHIFTS]; /* how far the window may move for the last bytes under it */
} Compared;

/* Read the text of a match. It has to be released unless this fails. */
static int compared_read(PyObject *match, PyObject *name, Py_ssize_t longest, Py_ssize_t sample, Compared *compared) {
    PyObject *document = PyTuple_Check(match) ? PyTuple_GetItem(match, 0) : NULL;
    PyObject *text = document ? PyObject_GetAttr(document, name) : NULL;
    Py_ssize_t bytes, length = text ? PyUnicode_GetLength(text) : -1;
    if (length < 0) {
        Py_DecRef(text);
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_TypeError, "a match must be a tuple");
        return FAILED;
    }
    const char *utf8 = PyUnicode_AsUTF8AndSize(text, &bytes);
    if (!utf8) PyErr_Clear(); /* lone surrogates */
    compared->text = text;
    compared->ascii = utf8 && bytes == length ? (const unsigned char *)utf8 : NULL;
    compared->length = length = length < longest ? length : longest;
    Py_ssize_t starts[SAMPLES] = {length / 5, length / 2, length * 3 / 4};
    for (int i = 0; i < SAMPLES; i++) {
        compared->starts[i] = starts[i];
        compared->ends[i] = starts[i] + sample < length ? starts[i] + sample : length;
    }
    return DONE;
}

static void set_shifts(Compared *compared) {
    Py_ssize_t window = compared->ends[0] - compared->starts[0];
    for (int i = 1; i < SAMPLES; i++)
        if (compared->ends[i] - compared->starts[i] < window) window = compared->ends[i] - compared->starts[i];
    memset(compared->shifts, (int)(window - HASHED + 1), SHIFTS);
    for (int i = 0; i < SAMPLES; i++) {
        const unsigned char *sample = compared->ascii + compared->starts[i];
        for (Py_ssize_t end = HASHED; end <= window; end++) {
            unsigned char *shift = &compared->shifts[hash_of(sample + end - HASHED)];
            if (*shift > window - end) *shift = (unsigned char)(window - end);
        }
    }
    compared->window = window;
}

/* Whether a sample of the first text is at this place in the second. */
static int has_sample_at(const Compared *first, const Compared *second, Py_ssize_t at) {
    for (int i = 0; i < SAMPLES; i++) {
        Py_ssize_t length = first->ends[i] - first->starts[i];
        if (length <= second->length - at && memcmp(second->ascii + at, first->ascii + first->starts[i], (size_t)length) == 0) return 1;
    }
    return 0;
}

/* Whether one of the samples of the first text occurs in the second, both in ASCII: Wu and Manber 1994. A window moves over each of
 * several parts of the text, in turns, so that no step has to wait for the one before. */
static int contains_sample(const Compared *first, const Compared *second) {
    const Py_ssize_t places = second->length - first->window + 1; /* of the window */
    Py_ssize_t at[PARTS], ends[PARTS];
    for (int i = 0; i < PARTS; i++) {
        at[i] = places * i / PARTS;
        ends[i] = places * (i + 1) / PARTS;
    }
    for (int is_open = 1; is_open;) {
        is_open = 0;
        for (int i = 0; i < PARTS; i++) {
            if (at[i] >= ends[i]) continue;
            int shift = first->shifts[hash_of(second->ascii + at[i] + first->window - HASHED)];
            if (!shift && has_sample_at(first, second, at[i])) return 1;
            at[i] += shift ? shift : 1;
            is_open = 1;
        }
    }
    return 0;
}

/* Whether one of the samples of the first text occurs in the second; -1 on an exception. */
static int shares_sample(Compared *first, const Compared *second, Py_ssize_t longest) {
    int can_hash = first->length >= MIN_HASHED_TEXT && first->ends[0] - first->starts[0] > HASHED;
    if (first->ascii && second->ascii && can_hash) {
        if (!first->window) set_shifts(first);
        return contains_sample(first, second);
    }
    for (int i = 0; i < SAMPLES; i++) {
        PyObject *part = PyUnicode_Substring(first->text, first->starts[i], first->ends[i]);
        Py_ssize_t at = part ? PyUnicode_Find(second->text, part, 0, longest, 1) : -2;
        Py_DecRef(part);
        if (at == -2) return -1;
        if (at >= 0) return 1;
    }
    return 0;
}

/* Add the pairs of a text with those before it. */
static int pairs_add(PyObject *pairs, Compared *compared, Py_ssize_t second, double ratio, Py_ssize_t shortest, Py_ssize_t longest) {
    const Compared *own = &compared[second];
    for (Py_ssize_t first = 0; first < second && own->length >= shortest; first++) {
        Compared *other = &compared[first];
        if (other->length < shortest || (double)other->length < (double)own->length * ratio ||
            (double)own->length < (double)other->length * ratio)
            continue;
        int shares = shares_sample(other, own, longest);
        if (shares < 0) return FAILED;
        PyObject *pair = shares ? Py_BuildValue("nn", first, second) : NULL;
        int failed = shares && (!pair || PyList_Append(pairs, pair) < 0);
        Py_DecRef(pair);
        if (failed) return FAILED;
    }
    return DONE;
}

/* similar_pairs(matches, shortest, longest, ratio, sample): the indices of texts of similar lengths that share a sample */
PyObject *kernel_similar_pairs(PyObject *module, PyObject *arguments) {
    PyObject *matches, *pairs, *name = state_of(module)->page[TEXT];
    Py_ssize_t shortest, longest, sample, read = 0;
    double ratio;
    if (!PyArg_ParseTuple(arguments, "O!nndn", &PyTuple_Type, &matches, &shortest, &longest, &ratio, &sample)) return NULL;
    if (sample < 1 || sample > 255 || shortest < sample || longest < shortest || ratio <= 0) {
        PyErr_SetString(PyExc_ValueError, "impossible lengths");
        return NULL;
    }
    Py_ssize_t count = PyTuple_Size(matches);
    Compared own[OWN_TEXTS], *compared = own;
    if (count > OWN_TEXTS && !(compared = malloc((size_t)count * sizeof(Compared)))) return PyErr_NoMemory();
    int outcome = (pairs = PyList_New(0)) ? DONE : FAILED;
    while (!outcome && read < count) {
        compared[read].window = 0;
        outcome = compared_read(PyTuple_GetItem(matches, read), name, longest, sample, &compared[read]);
        if (!outcome) outcome = pairs_add(pairs, compared, read++, ratio, shortest, longest);
    }
    for (Py_ssize_t i = 0; i < read; i++) Py_DecRef(compared[i].text);
    if (compared != own) free(compared);
    if (!outcome) return pairs;
    Py_DecRef(pairs);
    return NULL;
}
