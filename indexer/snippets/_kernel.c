/* An optional kernel that marks the words of a query in the titles and texts of a result page, and cuts the snippets.
 *
 *     similar_pairs(matches, shortest, longest, ratio, sample) -> [(first, second), …]: texts that may be nearly the same
 *     page(terms, phrases, texts, length, fragment, tables, stop_words, phrase_end) -> [(title, snippet), …], or None
 *     hits(terms, phrases, matches, missing, language, length, hit, fragment, …) -> [hit, …], or None
 *     exact_needle(forms, stop_words) -> how the words of a term begin, or None
 *     missing_words(words, lacks) -> the words that each document lacks, by their numbers
 *     json(hits) -> the JSON of the hits as bytes, or None
 *
 * It gives the same fragments as the Python code in this package, which specifies it and replaces it where it is not built.
 * None means that Python has to do the page: it is long, or has marks without end, or characters that the tables lack, or
 * texts of another language.
 *
 *     terms        a `TermFinder` for each. A plain word in ASCII is its term if it is one of the exact forms. If there are none, and
 *                  for all other words, `part_of(word)` tells, and fills `parts`
 *     phrases      ((term, …), …), by place
 *     texts        [(title, text), …]
 *     matches      ((document, score, parts), …)
 *     missing      the words that each of the documents lacks, or None
 *     tables       returns the classes and the lower case of all characters of the Basic Multilingual Plane (`character_tables`)
 *     stop_words   words in lower case that are not indexed
 *     phrase_end   (text, start, number of the phrase) -> where it ends, by analysis; 0: it does not
 *
 * This file defines the module and nothing else. The others are, from the first that all include to those that answer calls:
 *
 *     common.h, state          how a step of a page ends, and what the module keeps between calls
 *     text, marks, passages    a text, the marks in it, and which parts of it a snippet shows
 *     query, words, phrases    what is searched for, and where it is in a text
 *     fragments, results       fragments, and pages and hits that consist of them
 *     exact_forms, similar_texts, missing_words, json   the other functions
 *
 * Texts in ASCII are read where they are. Others are handled as arrays of code points. Each index is compared with their lengths.
 * There is no global state.
 */

#include "functions.h"
#include "state.h"

static PyMethodDef methods[] = {
    {"similar_pairs", kernel_similar_pairs, METH_VARARGS, "Return the indices of texts that may be nearly the same."},
    {"page", kernel_page, METH_VARARGS, "Return the fragments of each title and snippet, or None."},
    {"hits", kernel_hits, METH_VARARGS, "Return a hit for each match, or None."},
    {"exact_needle", kernel_exact_needle, METH_VARARGS, "Return the beginning that exact forms of a term share, or None."},
    {"missing_words", kernel_missing_words, METH_VARARGS, "Return the words that each document lacks."},
    {"json", kernel_json, METH_O, "Return the JSON of hits as bytes, or None."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{Py_mod_exec, state_fill}, {0, NULL}};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_kernel", "An optional kernel for titles and snippets.", sizeof(State), methods, slots, NULL, NULL, state_free,
};

PyMODINIT_FUNC PyInit__kernel(void) { return PyModuleDef_Init(&definition); }
