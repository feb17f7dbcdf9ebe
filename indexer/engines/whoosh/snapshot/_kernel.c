/* An optional kernel for the searches that occur most: all of some words, or any of them.
 *
 * It computes the same documents, order and bits of scores as the numpy code in this package, which specifies it and replaces
 * it where it is not built. `search/kernel_queries.py` decides which queries it can answer.
 *
 *     open(arrays…)                 -> a snapshot: borrowed views of the arrays of its segments
 *     conjunction(snapshot, words…) -> all documents with all words, and their scores
 *     best(snapshot, words, …)      -> the number of documents with all or any of the words, and the best of each segment, under
 *                                      conditions (filters) and with a phrase that is required or preferred
 *     first_page(snapshot, words, …) -> the best documents with all of the words, then with some, and what those lack
 *     phrase(snapshot, places…)     -> the weighted frequency of a phrase in each of some documents
 *     skips(snapshot, rows)         -> where positions begin in a posting list, which makes `phrase` faster
 *     contains(snapshot, rows…, documents) -> which of some documents are in each of some posting lists
 *     most_frequent(ordinals, …)    -> the most frequent values of some documents
 *     open_documents(class, …, places) -> where the documents of a snapshot are stored, and what objects are made of them
 *     read_documents(opened, numbers)  -> these documents as objects
 *     read_matches(opened, …, numbers, scores) -> matches of these documents
 *     near(text, …, form, distance) -> which word forms are nearly the same
 *     find(snapshot, word, …)       -> the place of a term or a word form: its rows, the number of its living documents and more
 *     look_up(snapshot, terms, form) -> the places of some terms and of a word form at once
 *     has_any(snapshot, forms)      -> whether living documents contain any of some word forms
 *
 * This file defines the module and nothing else. The others are, from the first that all include to those that answer calls:
 *
 *     common.h, arrays, snapshot        arrays that are borrowed from Python
 *     classes                           upper bounds of what postings add to scores
 *     postings.h, words, saturations    posting lists, the words of a query, and what a word adds to a score
 *     conditions, best.h, bitmap        filters, the best documents so far, the documents of a list as bits
 *     conjunction                       all of some words
 *     union, union_lists, union_count   any of some words
 *     union_candidates, single_word
 *     positions, phrase, phrase_score   phrases
 *     plan, first_page, membership      whole searches, and what their documents contain
 *     dictionaries, near_forms          look-ups of words
 *     facets, documents                 values of documents, and stored documents
 *
 * Functions that run for each posting are `static inline` in headers, as a call would take as long as they do. All others are declared
 * there, and none is visible outside of the extension (-fvisibility=hidden).
 *
 * A damaged file must never cause a read outside of an array. So each index that comes from an array is compared with the length
 * of the array that it addresses, and a wrong one raises ValueError. There is no global state, and the interpreter lock is released
 * during each search.
 */

#include "functions.h"

static PyMethodDef methods[] = {
    {"open", kernel_open, METH_VARARGS, "Borrow the arrays of a snapshot."},
    {"conjunction", kernel_conjunction, METH_VARARGS, "Return the documents with all words, and their scores, as bytes."},
    {"best", kernel_best, METH_VARARGS, "Return the total, all documents, and the best ones of each segment with their scores."},
    {"first_page", kernel_first_page, METH_VARARGS, "Return the best documents with all words, then with some, and what those lack."},
    {"phrase", kernel_phrase, METH_VARARGS, "Return X of a phrase in each of the documents, -1 where it does not occur, as bytes."},
    {"skips", kernel_skips, METH_VARARGS, "Return where the positions of some postings begin, for each segment as bytes."},
    {"contains", kernel_contains, METH_VARARGS, "Return for each list a flag for each of the documents, as bytes."},
    {"most_frequent", kernel_most_frequent, METH_VARARGS, "Return the most frequent values of some documents with their counts."},
#ifndef _WIN32
    {"open_documents", kernel_open_documents, METH_VARARGS, "Borrow the arrays that say where documents are stored."},
    {"read_matches", kernel_read_matches, METH_VARARGS, "Return matches of the documents with these numbers, and their scores."},
    {"read_documents", kernel_read_documents, METH_VARARGS, "Return objects made of the documents with these numbers."},
#endif
    {"near", kernel_near, METH_VARARGS, "Return the most frequent word forms within an edit distance, or None if there are too many."},
    {"find", kernel_find, METH_VARARGS, "Return the rows and the number of living documents of a word, and the spellings of a term."},
    {"has_any", kernel_has_any, METH_VARARGS, "Return whether living documents contain any of some word forms."},
    {"look_up", kernel_look_up, METH_VARARGS, "Return the same of some terms and of a word form."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_kernel", "An optional kernel for searches by words.", 0, methods, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__kernel(void) { return PyModuleDef_Init(&definition); }
