/* Write the JSON of hits: see search/result_json.py. */

#include "functions.h"
#include "state.h"
#include "vectors.h"

#define STRIDE 16 /* characters that are examined together: a vector */

/* Which bytes must be escaped in JSON, and which more in HTML. */
enum { IN_JSON = 1, IN_HTML = 2 };
static const unsigned char specials[256] = {
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    ['"'] = IN_JSON, ['\\'] = IN_JSON, ['&'] = IN_HTML, ['<'] = IN_HTML, ['>'] = IN_HTML, ['\''] = IN_HTML,
};

typedef struct {
    unsigned char *data;
    Py_ssize_t size, room;
    PyObject *const *names; /* interned; borrowed */
} Json;

static int json_reserve(Json *json, Py_ssize_t more) {
    if (json->size + more <= json->room) return DONE;
    Py_ssize_t room = 2 * (json->size + more) + 4096;
    unsigned char *data = realloc(json->data, (size_t)room);
    if (!data) return out_of_memory();
    json->data = data;
    json->room = room;
    return DONE;
}

static int json_raw(Json *json, const char *text) {
    size_t size = strlen(text);
    if (json_reserve(json, (Py_ssize_t)size) < 0) return FAILED;
    memcpy(json->data + json->size, text, size);
    json->size += (Py_ssize_t)size;
    return DONE;
}

/* Whether any of STRIDE characters must be escaped. */
static inline int has_special(const unsigned char *text, int is_html) {
#if HAS_VECTORS
    const Vector own = vector_at(text);
    Vector special = (Vector)(own < ' ') | (Vector)(own == '"') | (Vector)(own == '\\');
    if (is_html) special |= (Vector)(own == '&') | (Vector)(own == '<') | (Vector)(own == '>') | (Vector)(own == '\'');
    const VectorWords words = (VectorWords)special;
    return (words[0] | words[1]) != 0;
#else
    int special = 0;
    for (int i = 0; i < STRIDE; i++) special |= specials[text[i]];
    return special & (is_html ? IN_JSON | IN_HTML : IN_JSON);
#endif
}

/* Write one character, which may need up to six. Return what follows it. */
static inline unsigned char *json_character(unsigned char *out, unsigned char c, int is_html) {
    const char *escaped = NULL;
    if (!(specials[c] & (is_html ? IN_JSON | IN_HTML : IN_JSON))) { /* as most are */
        *out = c;
        return out + 1;
    }
    switch (c) {
    case '"': escaped = is_html ? "&quot;" : "\\\""; break;
    case '\\': escaped = "\\\\"; break;
    case '\b': escaped = "\\b"; break;
    case '\f': escaped = "\\f"; break;
    case '\n': escaped = "\\n"; break;
    case '\r': escaped = "\\r"; break;
    case '\t': escaped = "\\t"; break;
    case '&': escaped = "&amp;"; break;
    case '<': escaped = "&lt;"; break;
    case '>': escaped = "&gt;"; break;
    case '\'': escaped = "&#x27;"; break;
    }
    if (escaped) {
        size_t size = strlen(escaped);
        memcpy(out, escaped, size);
        return out + size;
    }
    memcpy(out, "\\u00", 4); /* another control character */
    out[4] = (unsigned char)('0' + (c >> 4));
    out[5] = (unsigned char)"0123456789abcdef"[c & 15];
    return out + 6;
}

/* Write a text between quotation marks, or without them as a part of one. PYTHON: it has lone surrogates. */
static int json_characters(Json *json, PyObject *text, int is_html) {
    Py_ssize_t size, at = 0;
    const unsigned char *utf8 = (const unsigned char *)PyUnicode_AsUTF8AndSize(text, &size);
    if (!utf8) {
        PyErr_Clear();
        return PYTHON;
    }
    if (json_reserve(json, 6 * size + STRIDE) < 0) return FAILED;
    unsigned char *out = json->data + json->size;
    while (at < size) {
        if (size - at >= STRIDE && !has_special(utf8 + at, is_html)) {
            memcpy(out, utf8 + at, STRIDE);
            out += STRIDE;
            at += STRIDE;
            continue;
        }
        Py_ssize_t end = size - at < STRIDE ? size : at + STRIDE;
        while (at < end) out = json_character(out, utf8[at++], is_html);
    }
    json->size = out - json->data;
    return DONE;
}

static int json_text(Json *json, PyObject *text) {
    int outcome = json_raw(json, "\"");
    if (!outcome) outcome = json_characters(json, text, 0);
    return outcome ? outcome : json_raw(json, "\"");
}

static int json_optional(Json *json, PyObject *text) { return text == Py_None ? json_raw(json, "null") : json_text(json, text); }

static int json_texts(Json *json, PyObject *texts) {
    int outcome = PyTuple_Check(texts) ? json_raw(json, "[") : PYTHON;
    for (Py_ssize_t i = 0; !outcome && i < PyTuple_Size(texts); i++) {
        if (i) outcome = json_raw(json, ",");
        if (!outcome) outcome = json_text(json, PyTuple_GetItem(texts, i));
    }
    return outcome ? outcome : json_raw(json, "]");
}

/* Whether a moment is in UTC or has no offset; -1 with an error. */
static int is_utc(Json *json, PyObject *moment) {
    PyObject *offset = PyObject_CallMethodObjArgs(moment, json->names[OFFSET], NULL);
    if (!offset) return -1;
    int differs = offset == Py_None ? 0 : PyObject_IsTrue(offset);
    Py_DecRef(offset);
    return differs < 0 ? -1 : !differs;
}

/* Write a moment in UTC, in half of the time of `isoformat`. */
static int json_utc(Json *json, PyObject *moment) {
    static const char separators[] = "--T::Z"; /* behind each part */
    char text[] = "\"0000-00-00T00:00:00Z\"", *end = text + 1;
    for (int i = YEAR; i <= SECOND; i++) {
        PyObject *part = PyObject_GetAttr(moment, json->names[i]);
        long number = part ? PyLong_AsLong(part) : -1;
        if (part) Py_DecRef(part);
        if (number < 0 || number > (i == YEAR ? 9999 : 59)) {
            PyErr_Clear();
            return PYTHON;
        }
        end += i == YEAR ? 4 : 2;
        for (char *digit = end; number; number /= 10) *--digit = (char)('0' + number % 10);
        *end++ = separators[i - YEAR];
    }
    return json_raw(json, text);
}

/* Write a moment to the second with its own offset, Z for none. */
static int json_moment(Json *json, PyObject *moment) {
    if (moment == Py_None) return json_raw(json, "null");
    int utc = is_utc(json, moment);
    if (utc) return utc < 0 ? FAILED : json_utc(json, moment);
    PyObject *text =
        PyObject_CallMethodObjArgs(moment, json->names[ISOFORMAT], json->names[ISO_SEPARATOR], json->names[ISO_PRECISION], NULL);
    if (!text) return FAILED;
    int outcome = json_text(json, text);
    Py_DecRef(text);
    return outcome;
}

/* Write a score, rounded to six digits after the point. */
static int json_score(Json *json, PyObject *score) {
    double value = PyFloat_AsDouble(score);
    if (value == -1.0 && PyErr_Occurred()) return FAILED;
    if (!(value > -1e9 && value < 1e9)) return PYTHON;
    char *digits = PyOS_double_to_string(value, 'f', 6, 0, NULL);
    if (!digits) return FAILED;
    size_t size = strlen(digits);
    while (digits[size - 1] == '0' && digits[size - 2] != '.') digits[--size] = 0;
    int outcome = json_raw(json, digits);
    PyMem_Free(digits);
    return outcome;
}

/* A fragment: its text, and whether it is marked. */
static int fragment_read(PyObject *fragments, Py_ssize_t i, PyObject **text, int *is_marked) {
    PyObject *fragment = PyTuple_GetItem(fragments, i);
    if (!PyTuple_Check(fragment) || PyTuple_Size(fragment) != 2 || !PyUnicode_Check(PyTuple_GetItem(fragment, 0))) return PYTHON;
    *text = PyTuple_GetItem(fragment, 0);
    *is_marked = PyObject_IsTrue(PyTuple_GetItem(fragment, 1));
    return *is_marked < 0 ? FAILED : DONE;
}

static int json_html(Json *json, PyObject *fragments) {
    int outcome = json_raw(json, "\""), is_marked;
    PyObject *text;
    for (Py_ssize_t i = 0; !outcome && i < PyTuple_Size(fragments); i++) {
        outcome = fragment_read(fragments, i, &text, &is_marked);
        if (!outcome && is_marked) outcome = json_raw(json, "<mark>");
        if (!outcome) outcome = json_characters(json, text, 1);
        if (!outcome && is_marked) outcome = json_raw(json, "</mark>");
    }
    return outcome ? outcome : json_raw(json, "\"");
}

static int json_fragments(Json *json, PyObject *fragments) {
    int outcome = json_raw(json, "["), is_marked;
    PyObject *text;
    for (Py_ssize_t i = 0; !outcome && i < PyTuple_Size(fragments); i++) {
        outcome = fragment_read(fragments, i, &text, &is_marked);
        if (!outcome) outcome = json_raw(json, i ? ",{\"text\":" : "{\"text\":");
        if (!outcome) outcome = json_text(json, text);
        if (!outcome) outcome = json_raw(json, is_marked ? ",\"marked\":true}" : ",\"marked\":false}");
    }
    return outcome ? outcome : json_raw(json, "]");
}

/* Write attributes of a document, each with its key. */
static int json_attributes(Json *json, PyObject *document, int first, int end) {
    static const char *const keys[] = {"{\"id\":", ",\"url\":", ",\"title\":", ",\"date\":", ",\"source\":", ",\"categories\":",
                                       ",\"authors\":", ",\"language\":", ",\"image\":", ",\"also\":"};
    static int (*const writers[])(Json *, PyObject *) = {json_text, json_text, json_text, json_moment, json_text, json_texts,
                                                         json_texts, json_text, json_optional, json_texts};
    int outcome = DONE;
    for (int i = first; !outcome && i < end; i++) {
        PyObject *value = PyObject_GetAttr(document, json->names[i]);
        outcome = value ? json_raw(json, keys[i]) : FAILED;
        if (!outcome) outcome = writers[i](json, value);
        Py_DecRef(value);
    }
    return outcome;
}

static int json_similar(Json *json, PyObject *documents) {
    int outcome = json_raw(json, "[");
    for (Py_ssize_t i = 0; !outcome && i < PyTuple_Size(documents); i++) {
        if (i) outcome = json_raw(json, ",");
        if (!outcome) outcome = json_attributes(json, PyTuple_GetItem(documents, i), ID, SOURCE);
        if (!outcome) outcome = json_raw(json, "}");
    }
    return outcome ? outcome : json_raw(json, "]");
}

static int json_hit(Json *json, PyObject *hit) {
    if (!PyTuple_Check(hit) || PyTuple_Size(hit) != 8) return PYTHON;
    PyObject *document = PyTuple_GetItem(hit, 0), *title = PyTuple_GetItem(hit, 2), *snippet = PyTuple_GetItem(hit, 3);
    PyObject *missing = PyTuple_GetItem(hit, 5), *similar = PyTuple_GetItem(hit, 7);
    if (!PyTuple_Check(title) || !PyTuple_Check(snippet) || !PyTuple_Check(missing) || !PyTuple_Check(similar)) return PYTHON;
    int outcome = json_attributes(json, document, ID, DATE);
    if (!outcome) outcome = json_raw(json, ",\"title_html\":");
    if (!outcome) outcome = json_html(json, title);
    if (!outcome) outcome = json_raw(json, ",\"snippet_html\":");
    if (!outcome) outcome = json_html(json, snippet);
    if (!outcome) outcome = json_raw(json, ",\"snippet\":");
    if (!outcome) outcome = json_fragments(json, snippet);
    if (!outcome) outcome = json_attributes(json, document, DATE, ISOFORMAT);
    if (!outcome) outcome = json_raw(json, ",\"score\":");
    if (!outcome) outcome = json_score(json, PyTuple_GetItem(hit, 1));
    int is_pinned = outcome ? 0 : PyObject_IsTrue(PyTuple_GetItem(hit, 6));
    if (is_pinned < 0) return FAILED;
    if (!outcome && is_pinned) outcome = json_raw(json, ",\"pinned\":true");
    if (!outcome && PyTuple_Size(similar)) outcome = json_raw(json, ",\"similar\":");
    if (!outcome && PyTuple_Size(similar)) outcome = json_similar(json, similar);
    if (!outcome && PyTuple_Size(missing)) outcome = json_raw(json, ",\"missing\":");
    if (!outcome && PyTuple_Size(missing)) outcome = json_texts(json, missing);
    return outcome ? outcome : json_raw(json, "}");
}

/* json(hits): an array of what `hit_mapping` makes of each hit; None if Python has to write it */
PyObject *kernel_json(PyObject *module, PyObject *hits) {
    Json json = {.names = state_of(module)->json};
    PyObject *result = NULL;
    if (!PyTuple_Check(hits)) return PyErr_Format(PyExc_TypeError, "hits must be a tuple");
    int outcome = json_raw(&json, "[");
    for (Py_ssize_t i = 0; !outcome && i < PyTuple_Size(hits); i++) {
        if (i) outcome = json_raw(&json, ",");
        if (!outcome) outcome = json_hit(&json, PyTuple_GetItem(hits, i));
    }
    if (!outcome) outcome = json_raw(&json, "]");
    if (outcome == PYTHON) {
        Py_IncRef(Py_None);
        result = Py_None;
    } else if (outcome == DONE) result = PyBytes_FromStringAndSize((const char *)json.data, json.size);
    free(json.data);
    return result;
}
