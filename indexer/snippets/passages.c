/* Choose the passages of a snippet: see passages.py. */

#include "passages.h"
#include "vectors.h"

#define MAX_COUNTED_MARKS 9
#define STRIDE 8 /* characters that are examined together */

/* Whether one of eight characters may end a sentence: one of these, or one that is not in ASCII. */
static inline int has_end(const unsigned char *text) {
    uint64_t bytes = bytes_at(text), others = bytes & 0x80 * EACH_BYTE;
    return has_byte(bytes, '.') | has_byte(bytes, '!') | has_byte(bytes, '?') | has_byte(bytes, '\n') | (others != 0);
}

/* Return the last end of a sentence in a part of the text, -1 if there is none. */
static Py_ssize_t sentence_end(const Text *text, Py_ssize_t start, Py_ssize_t limit) {
    const unsigned char *bytes = bytes_of(text);
    for (Py_ssize_t at = limit - 1; at >= start; at--) {
        while (bytes && at - start >= STRIDE && !has_end(bytes + at + 1 - STRIDE)) at -= STRIDE;
        switch (point_at(text, at)) {
        case 0x3002: case 0xff01: case 0xff1f: case '\n': return at + 1;
        case '.': case '!': case '?': case 0x2026: {
            Py_ssize_t end = at + 1;
            while (end < limit) {
                uint32_t c = point_at(text, end);
                if (c != '"' && c != '\'' && c != 0x201d && c != 0x2019 && c != 0xbb && c != ')' && c != ']') break;
                end++;
            }
            if (end < limit && is_space_at(text, end)) return end;
        }
        }
    }
    return -1;
}

static Py_ssize_t next_word_start(const Text *text, Py_ssize_t start, Py_ssize_t latest) {
    if (start == 0 || is_space_at(text, start - 1)) return start;
    for (Py_ssize_t at = start; at < latest; at++)
        if (is_space_at(text, at)) return at + 1;
    return start;
}

static Py_ssize_t last_word_end(const Text *text, Py_ssize_t earliest, Py_ssize_t end) {
    if (is_space_at(text, end)) return end;
    for (Py_ssize_t at = end - 1; at >= earliest && at > 0; at--)
        if (point_at(text, at) == ' ' || point_at(text, at) == '\n') return at;
    return end;
}

static Passage cut(const Text *text, Py_ssize_t first, Py_ssize_t last, Py_ssize_t length) {
    if (last > first + length) last = first + length;
    Py_ssize_t start = first, size = text->size, end;
    if (first > 0) {
        Py_ssize_t spare = length - (last - first), most = length / 2 > 40 ? length / 2 : 40;
        start = first - (spare < most ? spare : most);
        if (start < 0) start = 0;
        Py_ssize_t sentence = sentence_end(text, start, first);
        if (sentence >= 0) start = sentence;
        else if (start > 0) {
            Py_ssize_t from = first - (spare < length / 4 ? spare : length / 4);
            start = next_word_start(text, from > 0 ? from : 0, first);
        }
        while (start < first && is_space_at(text, start)) start++;
    }
    end = start + length > last ? start + length : last;
    if (end >= size) end = size;
    else {
        Py_ssize_t earliest = start + length * 3 / 5 > last ? start + length * 3 / 5 : last;
        Py_ssize_t sentence = sentence_end(text, earliest, end);
        end = sentence >= 0 ? sentence : last_word_end(text, start + 1 > last ? start + 1 : last, end);
    }
    while (end > start && is_space_at(text, end - 1)) end--;
    return (Passage){start, end};
}

typedef struct {
    int first, last;
} Window;

static inline Py_ssize_t room_of(Py_ssize_t length) { return length * 9 / 10; }

static inline int fits(const Mark *marks, Window window, Py_ssize_t length) {
    return marks[window.last].end - marks[window.first].start <= room_of(length);
}

static Window densest(const Mark *marks, int count, Py_ssize_t room) {
    int first = 0, most = 0;
    Window chosen = {0, 0};
    for (int last = 0; last < count; last++) {
        while (marks[first].start < marks[last].end - room && first < last) first++;
        if (last - first > most) {
            most = last - first;
            chosen = (Window){first, last};
            if (most == MAX_COUNTED_MARKS) break;
        }
    }
    return chosen;
}

/* Set a flag for each key in the window and return how many keys it has. */
static int keys_in(const Mark *marks, Window window, unsigned char *flags) {
    int count = 0;
    for (int i = window.first; i <= window.last; i++) {
        count += !flags[marks[i].key];
        flags[marks[i].key] = 1;
    }
    return count;
}

/* The marks of a text, of which windows are chosen. */
typedef struct {
    const Mark *items;
    int count, keys; /* the keys are below `keys` */
} Choice;

/* Choose the window with the most keys that have no flag, then the most keys, then the most marks. */
static Window best_window(Choice choice, Py_ssize_t length, const unsigned char *flags) {
    const Mark *marks = choice.items;
    Window all = {0, choice.count - 1}, chosen = {0, 0};
    if (fits(marks, all, length)) return all;
    Py_ssize_t room = room_of(length);
    int inside[MAX_KEYS], best[3] = {-1, -1, -1}, first = 0, new = 0, different = 0;
    memset(inside, 0, (size_t)choice.keys * sizeof(int));
    for (int last = 0; last < choice.count; last++) {
        int key = marks[last].key;
        if (++inside[key] == 1) {
            different++;
            new += !flags[key];
        }
        while (first < last && marks[last].end - marks[first].start > room) {
            int gone = marks[first++].key;
            if (--inside[gone] == 0) {
                different--;
                new -= !flags[gone];
            }
        }
        int dense = last - first < MAX_COUNTED_MARKS ? last - first : MAX_COUNTED_MARKS;
        if (new > best[0] || (new == best[0] && (different > best[1] || (different == best[1] && dense > best[2])))) {
            best[0] = new;
            best[1] = different;
            best[2] = dense;
            chosen = (Window){first, last};
        }
    }
    return chosen;
}

static Passage cut_window(const Text *text, const Mark *marks, Window window, Py_ssize_t length) {
    return cut(text, marks[window.first].start, marks[window.last].end, length);
}

/* Choose one or two passages of a text that has marks with different keys. */
static int choose_among_keys(const Text *text, Choice choice, Py_ssize_t length, Passage *chosen) {
    const Mark *marks = choice.items;
    unsigned char flags[3][MAX_KEYS], *all = flags[0], *in_best = flags[1], *known = flags[2];
    for (int i = 0; i < 3; i++) memset(flags[i], 0, (size_t)choice.keys);
    Window best = best_window(choice, length, known);
    int best_count = keys_in(marks, best, in_best);
    if (best_count < keys_in(marks, (Window){0, choice.count - 1}, all)) {
        Window one = fits(marks, best, length / 2) ? best : best_window(choice, length / 2, known);
        int known_count = keys_in(marks, one, known);
        Window other = best_window(choice, length / 2, known);
        if (known_count + keys_in(marks, other, known) > best_count) {
            Passage a = cut_window(text, marks, one, length / 2), b = cut_window(text, marks, other, length / 2);
            int is_after = a.start > b.start || (a.start == b.start && a.end > b.end);
            chosen[0] = is_after ? b : a;
            chosen[1] = is_after ? a : b;
            if (chosen[0].end <= chosen[1].start) return 2;
        }
    }
    chosen[0] = cut_window(text, marks, best, length);
    return 1;
}

int choose_passages(const Text *text, const Marks *marks, int keys, Py_ssize_t length, Passage *chosen) {
    const Mark *items = marks->items;
    int count = marks->count, same = 1;
    if (!count || text->size <= length) {
        chosen[0] = cut(text, 0, 0, length);
        return 1;
    }
    Window all = {0, count - 1};
    if (fits(items, all, length)) {
        chosen[0] = cut_window(text, items, all, length);
        return 1;
    }
    while (same < count && items[same].key == items[0].key) same++;
    if (same < count) return choose_among_keys(text, (Choice){items, count, keys}, length, chosen);
    chosen[0] = cut_window(text, items, densest(items, count, room_of(length)), length);
    return 1;
}
