/* Cut a text into fragments: see passages.py. */

#include "fragments.h"
#include "vectors.h"

static int out_reserve(Fragments *fragments, Py_ssize_t size) {
    if (size <= fragments->out_room) return DONE;
    char *out = realloc(fragments->out, (size_t)size + 1024);
    if (!out) return out_of_memory();
    fragments->out = out;
    fragments->out_room = size + 1024;
    return DONE;
}

static unsigned char *utf8_write(unsigned char *out, uint32_t c) {
    if (c < 0x80) {
        *out++ = (unsigned char)c;
        return out;
    }
    if (c < 0x800) *out++ = (unsigned char)(0xc0 | c >> 6);
    else {
        if (c < 0x10000) *out++ = (unsigned char)(0xe0 | c >> 12);
        else {
            *out++ = (unsigned char)(0xf0 | c >> 18);
            *out++ = (unsigned char)(0x80 | (c >> 12 & 63));
        }
        *out++ = (unsigned char)(0x80 | (c >> 6 & 63));
    }
    *out++ = (unsigned char)(0x80 | (c & 63));
    return out;
}

/* A part of a text in UTF-8, each run of white space as one space. */
typedef struct {
    const char *utf8;
    Py_ssize_t size;
    int is_same; /* as in the text */
} Part;

/* Return where a part of a text has the first white space that is not a single space, or control character; `end` if it has none.
 * That may be a single space if white space or a control character is before it. */
static Py_ssize_t irregular_from(const Text *text, Py_ssize_t start, Py_ssize_t end) {
    const unsigned char *bytes = bytes_of(text);
    Py_ssize_t at = start ? start : 1;
    if (!bytes || start == end || (!start && bytes[0] < ' ')) return start;
#if HAS_VECTORS
    const Py_ssize_t last = text->size + 1 - VECTOR_SIZE; /* of vectors, with the 0 behind */
    while (at < end && last > 0) {
        const Py_ssize_t from = at < last ? at : last;
        const Vector before = vector_at(bytes + from - 1), own = vector_at(bytes + from);
        const Vector is_irregular = (Vector)(own < ' ') | ((Vector)(own == ' ') & (Vector)(before <= ' '));
        const int first = first_flag((VectorWords)is_irregular, (int)(at - from));
        at = from + first;
        if (first < VECTOR_SIZE) return at < end ? at : end;
    }
#endif
    while (at < end && bytes[at] >= ' ' && (bytes[at] > ' ' || bytes[at - 1] > ' ')) at++;
    return at < end ? at : end;
}

/* Write a part of a text in ASCII. `irregular`: where the first irregular character is. Return where it ends. */
static unsigned char *ascii_write(unsigned char *out, const Text *text, Py_ssize_t start, Py_ssize_t end, Py_ssize_t irregular) {
    Py_ssize_t at = start;
    while (irregular < end) {
        memcpy(out, text->ascii + at, (size_t)(irregular - at));
        out += irregular - at;
        if (!is_space_at(text, irregular)) *out++ = text->ascii[irregular];
        else if (irregular == start || !is_space_at(text, irregular - 1)) *out++ = ' ';
        at = irregular + 1;
        irregular = irregular_from(text, at, end);
    }
    memcpy(out, text->ascii + at, (size_t)(end - at));
    return out + (end - at);
}

static unsigned char *points_write(unsigned char *out, const Text *text, Py_ssize_t start, Py_ssize_t end) {
    for (Py_ssize_t at = start; at < end; at++) {
        if (!is_space_at(text, at)) out = utf8_write(out, point_at(text, at));
        else if (at == start || !is_space_at(text, at - 1)) *out++ = ' ';
    }
    return out;
}

static int part_read(Fragments *fragments, const Text *text, Py_ssize_t start, Py_ssize_t end, Part *part) {
    const Py_ssize_t irregular = text->ascii ? irregular_from(text, start, end) : start;
    if (irregular == end) {
        *part = (Part){(const char *)text->ascii + start, end - start, 1};
        return DONE;
    }
    if (out_reserve(fragments, 4 * (end - start)) < 0) return FAILED;
    unsigned char *out = (unsigned char *)fragments->out;
    out = text->ascii ? ascii_write(out, text, start, end, irregular) : points_write(out, text, start, end);
    *part = (Part){fragments->out, (char *)out - fragments->out, 0};
    return DONE;
}

/* Return a part as a string. `start`: where it is in the text. */
static PyObject *string_of(const Text *text, Py_ssize_t start, const Part *part) {
    if (part->is_same) return PyUnicode_Substring(text->string, start, start + part->size); /* in half of the time */
    return PyUnicode_FromStringAndSize(part->utf8, part->size);
}

/* Return a fragment; a new reference. Steals the string, which may be NULL with an exception. */
static PyObject *fragment_new(const Fragments *fragments, PyObject *string, PyObject *is_marked) {
    PyObject *fragment = string ? PyType_GenericAlloc((PyTypeObject *)fragments->class, 2) : NULL;
    if (!fragment) {
        Py_DecRef(string);
        return NULL;
    }
    Py_IncRef(is_marked);
    PyTuple_SetItem(fragment, 0, string); /* cannot fail: the fragment is new */
    PyTuple_SetItem(fragment, 1, is_marked);
    PyObject_GC_UnTrack(fragment); /* a text and a flag cannot be part of a cycle */
    return fragment;
}

/* Add a fragment. Steals it. It may be NULL with an exception. */
static int fragment_add(Fragments *fragments, PyObject *fragment) {
    if (!fragment) return FAILED;
    if (fragments->count == fragments->room) {
        int room = 2 * fragments->room + 32;
        PyObject **items = realloc(fragments->items, (size_t)room * sizeof(PyObject *));
        if (!items) {
            Py_DecRef(fragment);
            return out_of_memory();
        }
        fragments->items = items;
        fragments->room = room;
    }
    fragments->items[fragments->count++] = fragment;
    return DONE;
}

/* Add what is pending as a fragment without a mark, if it is anything. */
static int pending_end(Fragments *fragments) {
    if (!fragments->pending) return DONE;
    PyObject *string = fragments->pending;
    fragments->pending = NULL;
    return fragment_add(fragments, fragment_new(fragments, string, Py_False));
}

/* Add to what is pending. Steals the string, which may be NULL with an exception. */
static int pending_add(Fragments *fragments, PyObject *string) {
    PyObject *before = fragments->pending;
    fragments->pending = before && string ? PyUnicode_Concat(before, string) : string;
    if (before) {
        Py_DecRef(before);
        if (string) Py_DecRef(string);
    }
    return fragments->pending ? DONE : FAILED;
}

static int ellipsis_add(Fragments *fragments, int which) {
    PyObject *ellipsis = fragments->state->ellipses[which];
    Py_IncRef(ellipsis);
    return pending_add(fragments, ellipsis);
}

static int text_add(Fragments *fragments, const Text *text, Py_ssize_t start, Py_ssize_t end) {
    Part part;
    if (end <= start) return DONE;
    if (!text->ascii && irregular_from(text, start, end) == end)
        return pending_add(fragments, PyUnicode_Substring(text->string, start, end));
    if (part_read(fragments, text, start, end, &part) < 0) return FAILED;
    return pending_add(fragments, string_of(text, start, &part));
}

/* Return a fragment of a mark; a new reference. The same few words are marked again and again, so their fragments are shared. */
static PyObject *mark_new(Fragments *fragments, const Text *text, Py_ssize_t start, const Part *part) {
    for (int i = 0; i < MAX_SHARED_FRAGMENTS; i++) {
        SharedFragment *shared = &fragments->shared[i];
        if (shared->size != part->size || memcmp(shared->text, part->utf8, (size_t)part->size) != 0) continue;
        Py_IncRef(shared->fragment);
        return shared->fragment;
    }
    PyObject *fragment = fragment_new(fragments, string_of(text, start, part), Py_True);
    if (!fragment || part->size > MAX_WORD) return fragment;
    SharedFragment *shared = &fragments->shared[fragments->next_shared];
    fragments->next_shared = (fragments->next_shared + 1) % MAX_SHARED_FRAGMENTS;
    Py_DecRef(shared->fragment);
    Py_IncRef(fragment);
    memcpy(shared->text, part->utf8, (size_t)part->size);
    shared->size = part->size;
    shared->fragment = fragment;
    return fragment;
}

static int mark_add(Fragments *fragments, const Text *text, Py_ssize_t start, Py_ssize_t end) {
    Part part;
    if (end <= start) return DONE;
    if (part_read(fragments, text, start, end, &part) < 0) return FAILED;
    return fragment_add(fragments, mark_new(fragments, text, start, &part));
}

static int is_blank(const Text *text, Py_ssize_t start) {
    while (start < text->size && is_space_at(text, start)) start++;
    return start == text->size;
}

static int write_passages(Fragments *fragments, const Text *text, const Marks *marks, const Passage *passages, int count) {
    if (passages[0].start > 0 && ellipsis_add(fragments, BEFORE) < 0) return FAILED;
    for (int number = 0; number < count; number++) {
        if (number && ellipsis_add(fragments, BETWEEN) < 0) return FAILED;
        Py_ssize_t at = passages[number].start, end = passages[number].end;
        for (int i = 0; i < marks->count; i++) {
            Py_ssize_t first = marks->items[i].start, last = marks->items[i].end;
            if (first < at) continue;
            if (first >= end) break;
            if (last > end) last = end;
            if (text_add(fragments, text, at, first) < 0 || pending_end(fragments) < 0 || mark_add(fragments, text, first, last) < 0)
                return FAILED;
            at = last;
        }
        if (text_add(fragments, text, at, end) < 0) return FAILED;
    }
    if (!is_blank(text, passages[count - 1].end) && ellipsis_add(fragments, BEHIND) < 0) return FAILED;
    return pending_end(fragments);
}

static void fragments_drop(Fragments *fragments) {
    Py_DecRef(fragments->pending);
    fragments->pending = NULL;
    while (fragments->count) Py_DecRef(fragments->items[--fragments->count]);
}

PyObject *fragments_of(Fragments *fragments, const Text *text, const Marks *marks, const Passage *passages, int count) {
    PyObject *tuple = write_passages(fragments, text, marks, passages, count) == 0 ? PyTuple_New(fragments->count) : NULL;
    if (tuple && fragments->count) {
        for (int i = 0; i < fragments->count; i++) PyTuple_SetItem(tuple, i, fragments->items[i]); /* cannot fail: the tuple is new */
        fragments->count = 0;
        PyObject_GC_UnTrack(tuple); /* like its fragments, it cannot be part of a cycle */
    }
    fragments_drop(fragments);
    return tuple;
}

void fragments_free(Fragments *fragments) {
    fragments_drop(fragments);
    free(fragments->items);
    free(fragments->out);
    for (int i = 0; i < MAX_SHARED_FRAGMENTS; i++) Py_DecRef(fragments->shared[i].fragment);
}
