"""The compiled kernel of snippets, where it is built. Without it, Python gives the same fragments.

The functions are those of `_kernel.c`. What they need to know of characters is made here.
"""

from __future__ import annotations

import os
import re
from array import array
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

from indexer.analysis.folding import MARKS, PAIRED
from indexer.model import Fragment, Hit, Match
from indexer.snippets.term_finder import APART, TermFinder

_kernel: Any = None
if os.environ.get("INDEXER_KERNEL") != "0":
    try:
        from indexer.snippets import _kernel
    except ImportError:
        _kernel = None

IS_AVAILABLE: Final = _kernel is not None  # installed and not turned off

# The words and the phrases of a query, by place.
Plan = tuple[tuple[TermFinder, ...], tuple[tuple[TermFinder, ...], ...]]
Shown = tuple[tuple[Fragment, ...], tuple[Fragment, ...]]  # the title and the snippet of a hit
Tables = tuple[bytes, "array[int]"]
PhraseEnd = Callable[[str, int, int], int]

# (words, phrases, titles and texts, characters of a snippet, the class of fragments, `character_tables`, stop words,
# where does a phrase end?) -> the fragments of each title and snippet; None for a page that only Python can do.
MarkPage = Callable[
    [
        tuple[TermFinder, ...],
        tuple[tuple[TermFinder, ...], ...],
        list[tuple[str, str]],
        int,
        type[Fragment],
        Callable[[], Tables],
        frozenset[str],
        PhraseEnd,
    ],
    list[Shown] | None,
]
# The same for the documents of these matches, with the words that each lacks, if they are in this language: a hit for each.
MarkHits = Callable[
    [
        tuple[TermFinder, ...],
        tuple[tuple[TermFinder, ...], ...],
        tuple[Match, ...],
        tuple[tuple[str, ...], ...] | None,
        str,
        int,
        type[Hit],
        type[Fragment],
        Callable[[], Tables],
        frozenset[str],
        PhraseEnd,
    ],
    tuple[Hit, ...] | None,
]
# (matches, shortest, longest, ratio, sample) -> the indices of matches with texts of similar lengths. One of three samples of the
# first is in the second. Only `longest` characters are compared, of texts that are not shorter than `shortest`.
SimilarPairs = Callable[[tuple[Match, ...], int, int, float, int], list[tuple[int, int]]]

mark_page: MarkPage | None = _kernel.page if IS_AVAILABLE else None
mark_hits: MarkHits | None = _kernel.hits if IS_AVAILABLE else None
# The JSON of what `search.result_json.hit_mapping` makes of each hit; None for texts or scores that only Python can write.
hits_json: Callable[[tuple[Hit, ...]], bytes | None] | None = _kernel.json if IS_AVAILABLE else None
# (forms of a term, stop words) -> the beginning that all forms share, if they are exact and have one; see `ExactFinder`.
exact_needle: Callable[[tuple[str, ...], frozenset[str]], str | None] | None = _kernel.exact_needle if IS_AVAILABLE else None
MAX_MISSING_WORDS: Final = 64  # as in missing_words.c
# (words, the numbers of those that each document lacks, in ascending order) -> the words that each lacks.
missing_words: Callable[[tuple[str, ...], tuple[tuple[int, ...], ...]], tuple[tuple[str, ...], ...]] | None = (
    _kernel.missing_words if IS_AVAILABLE else None
)
similar_pairs: SimilarPairs | None = _kernel.similar_pairs if IS_AVAILABLE else None

_LETTER, _MARK, _APOSTROPHE, _SPACE, _PAIRED, _UNKNOWN = 1, 2, 4, 8, 16, 32  # as in text.h
_TABLE_SIZE: Final = 0x10000
_SURROGATES: Final = (0xD800, 0xE000)
_RUNS: Final = re.compile(r"[^\W_]+")


@lru_cache(maxsize=1)
def character_tables() -> Tables:
    """Return the classes and the lower case of all characters of the Basic Multilingual Plane. Takes 5 ms."""
    first, last = _SURROGATES
    everything = "".join(map(chr, [*range(first), *[0] * (last - first), *range(last, _TABLE_SIZE)]))
    classes = bytearray(_TABLE_SIZE)
    for run in _RUNS.finditer(everything):
        classes[run.start() : run.end()] = bytes((_LETTER,)) * (run.end() - run.start())
    for start, end in _ranges(PAIRED):
        classes[start:end] = bytes((_PAIRED,)) * (end - start)
    for start, end in _ranges(MARKS):
        for point in range(start, end):
            classes[point] |= _MARK
    for letter in "'’":
        classes[ord(letter)] = _APOSTROPHE
    classes[ord("ʼ")] = _LETTER | _APOSTROPHE
    for point in (*range(0x21), 0x85, 0xA0, 0x1680, *range(0x2000, 0x2100), 0x3000):
        if chr(point).isspace():
            classes[point] = _SPACE
    for point in (ord(APART), *range(first, last)):
        classes[point] = _UNKNOWN
    classes[ord("İ")] = _UNKNOWN  # it has two characters in lower case
    low = everything.replace("İ", "i").lower().replace("ς", "σ")
    return bytes(classes), array("H", low.encode("utf-16-le" if _is_little_endian() else "utf-16-be"))


def _is_little_endian() -> bool:
    return array("H", (1,)).tobytes()[0] == 1


def _ranges(characters: str) -> Iterator[tuple[int, int]]:
    """Yield the ranges of a class of characters below the size of the tables, as `re` writes them between brackets.

    >>> list(_ranges("a-cx"))
    [(97, 100), (120, 121)]
    """
    at = 0
    while at < len(characters):
        last = at + 2 if characters[at + 1 : at + 2] == "-" else at
        if ord(characters[at]) < _TABLE_SIZE:
            yield ord(characters[at]), min(ord(characters[last]) + 1, _TABLE_SIZE)
        at = last + 1
