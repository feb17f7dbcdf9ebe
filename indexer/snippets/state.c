/* Make and free what a module keeps between calls. */

#include "state.h"

static int intern(const char *const *texts, PyObject **names, int count) {
    for (int i = 0; i < count; i++)
        if (!(names[i] = PyUnicode_InternFromString(texts[i]))) return FAILED;
    return DONE;
}

int state_fill(PyObject *module) {
    static const char *const page[] = {"is_compiled", "needles", "exact_forms", "term", "parts", "part_of",
                                       "language", "title", "text", "summary"};
    static const char *const json[] = {"id", "url", "title", "date", "source", "categories", "authors", "language", "image", "also",
                                       "isoformat", "T", "seconds", "utcoffset", "year", "month", "day", "hour", "minute", "second"};
    static const char *const ellipses[] = {"\xe2\x80\xa6 ", " \xe2\x80\xa6 ", " \xe2\x80\xa6"};
    State *state = PyModule_GetState(module);
    if (!state) return FAILED;
    if (intern(page, state->page, PAGE_NAMES) < 0 || intern(json, state->json, JSON_NAMES) < 0) return FAILED;
    if (intern(ellipses, state->ellipses, ELLIPSES) < 0) return FAILED;
    return (state->nothing = PyTuple_New(0)) ? DONE : FAILED;
}

void state_free(void *module) {
    State *state = PyModule_GetState(module);
    if (!state) return;
    for (int i = 0; i < PAGE_NAMES; i++) Py_DecRef(state->page[i]);
    for (int i = 0; i < JSON_NAMES; i++) Py_DecRef(state->json[i]);
    for (int i = 0; i < ELLIPSES; i++) Py_DecRef(state->ellipses[i]);
    Py_DecRef(state->nothing);
}
