/* Sort marks, and merge or drop those that overlap. */

#include "marks.h"

int marks_add(Marks *marks, Py_ssize_t start, Py_ssize_t end, int key) {
    if (marks->count == marks->room) {
        int room = marks->room ? 2 * marks->room : 64;
        Mark *items = realloc(marks->items, (size_t)room * sizeof(Mark));
        if (!items) return out_of_memory();
        marks->items = items;
        marks->room = room;
    }
    Mark *mark = &marks->items[marks->count++];
    mark->start = start;
    mark->end = end;
    mark->key = key;
    return DONE;
}

/* Sort by start, end and term: insertion, as they are nearly sorted. */
static void marks_sort(Marks *marks, PyObject *const *keys, int first_key) {
    for (int i = 1; i < marks->count; i++) {
        Mark mark = marks->items[i];
        int at = i;
        for (; at > 0; at--) {
            const Mark *before = &marks->items[at - 1];
            if (before->start != mark.start ? before->start < mark.start : before->end != mark.end ? before->end < mark.end
                : before->key == mark.key || PyUnicode_Compare(keys[before->key - first_key], keys[mark.key - first_key]) < 0)
                break;
            marks->items[at] = *before;
        }
        marks->items[at] = mark;
    }
}

/* Merge overlapping marks of words and drop repeated ones. */
void marks_join(Marks *marks, PyObject *const *keys, int first_key) {
    int count = 0;
    Py_ssize_t behind = 0;
    while (count < marks->count && marks->items[count].start >= behind) behind = marks->items[count++].end;
    if (count == marks->count) return; /* as nearly always: they are in order and apart */
    count = 0;
    marks_sort(marks, keys, first_key);
    for (int i = 0; i < marks->count; i++) {
        Mark mark = marks->items[i], *last = count ? &marks->items[count - 1] : NULL;
        if (!last || mark.start >= last->end) marks->items[count++] = mark;
        else if (mark.start > last->start && mark.end > last->end) last->end = mark.end;
    }
    marks->count = count;
}

/* Keep one of overlapping marks: the first, and at the same start the longest. Of equal ones the first that was added. */
void marks_separate(Marks *marks) {
    int count = 0;
    for (int i = 1; i < marks->count; i++) {
        Mark mark = marks->items[i];
        int at = i;
        while (at > 0 && (marks->items[at - 1].start > mark.start ||
                          (marks->items[at - 1].start == mark.start && marks->items[at - 1].end < mark.end))) {
            marks->items[at] = marks->items[at - 1];
            at--;
        }
        marks->items[at] = mark;
    }
    for (int i = 0; i < marks->count; i++)
        if (!count || marks->items[i].start >= marks->items[count - 1].end) marks->items[count++] = marks->items[i];
    marks->count = count;
}
