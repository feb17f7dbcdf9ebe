"""Cut texts of scripts without spaces into words, where an optional package can do it.

| language | extra             | package                              | licence    | installed size | first use |
|----------|-------------------|--------------------------------------|------------|----------------|-----------|
| Japanese | `.[japanese]`     | SudachiPy with its small dictionary  | Apache 2.0 | 115 MB         | 0.1 s     |
| Chinese  | `.[chinese]`      | jieba                                | MIT        | 42 MB          | 1.8 s     |
| Thai     | `.[thai]`         | PyThaiNLP, dictionary `newmm`        | Apache 2.0 | 67 MB          | 2.0 s     |

A package is imported when the first text of its language is analysed. Without it, texts are indexed by pairs of letters
only (`analyzer._pairs`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from typing import Final, NamedTuple

from indexer.analysis.folding import PAIRED, fold
from indexer.analysis.han_variants import SIMPLIFIED
from indexer.lazy_regex import later

EXTRAS: Final = {"ja": "japanese", "zh": "chinese", "th": "thai"}
_PACKAGES: Final = {"ja": ("sudachipy", "sudachidict_small"), "zh": ("jieba",), "th": ("pythainlp",)}
MAX_RUN_CHARACTERS: Final = 10_000  # that a package gets at once; SudachiPy takes at most 49 kB
WORD_MARK: Final = "/~"  # in the terms of words
_PARTICLES: Final = frozenset(("助詞", "助動詞", "補助記号", "空白"))  # parts of speech that are not indexed

_SAMPLES: Final = {"ja": "東京", "zh": "中国", "th": "ภาษา"}
_HAS_NO_SPACES: Final = later(f"[{PAIRED}]")
_turn = threading.Lock()  # the tokenizer of SudachiPy is not safe to share between threads


class SegmentedWord(NamedTuple):
    """A word of a text: `text[start:end]`, and its base form, folded."""

    start: int
    end: int
    base: str


@cache
def is_installed(language: str) -> bool:
    """Return whether texts of this language are cut into words."""
    packages = _PACKAGES.get(language)
    return packages is not None and all(find_spec(package) is not None for package in packages)


def installed_mask() -> int:
    """Return which extras are installed, one bit for each: an index that was made with others is outdated."""
    return sum(1 << bit for bit, language in enumerate(EXTRAS) if is_installed(language))


def segment(text: str, language: str, *, query: bool = False) -> Iterator[SegmentedWord]:
    """Yield the words of a run of letters; none without the extra of its language.

    Words of a document may overlap: parts of a long Chinese word are words as well. Those of a query do not.
    """
    if not is_installed(language):
        return
    for first in range(0, len(text), MAX_RUN_CHARACTERS):
        part = text[first : first + MAX_RUN_CHARACTERS]
        with _turn:
            words = list(_segmenter(language)(part, query))
        for start, end, base in words:
            if folded := fold(base):
                yield SegmentedWord(first + start, first + end, folded)


def load_for(text: str, languages: Iterable[str]) -> None:
    """Load what cuts such a text into words, which takes up to half a second of processor time once.

    A search calls this before its own time begins. Otherwise the first one after a start could run out of it.
    """
    if not text.isascii() and _HAS_NO_SPACES.search(text):
        for language in languages:
            if is_installed(language):
                next(segment(_SAMPLES[language], language), None)


def word_term(base: str, language: str) -> str:
    """Return the index term of a word, which differs from those of pairs of letters: "ja/~食べる"."""
    return f"{language}{WORD_MARK}{base}"


_Cut = Callable[[str, bool], Iterator[tuple[int, int, str]]]


@cache
def _segmenter(language: str) -> _Cut:
    return {"ja": _japanese, "zh": _chinese, "th": _thai}[language]()


def _japanese() -> _Cut:
    from sudachipy import Dictionary, SplitMode

    tokenizer = Dictionary(dict="small").tokenizer(mode=SplitMode.A)

    def cut(text: str, query: bool) -> Iterator[tuple[int, int, str]]:
        for word in tokenizer.tokenize(text):
            if word.part_of_speech()[0] not in _PARTICLES:
                yield word.begin(), word.end(), word.normalized_form()

    return cut


def _chinese() -> _Cut:
    import logging

    import jieba

    jieba.setLogLevel(logging.WARNING)

    def cut(text: str, query: bool) -> Iterator[tuple[int, int, str]]:
        for word, start, end in jieba.tokenize(text.translate(SIMPLIFIED), mode="default" if query else "search"):
            yield start, end, word

    return cut


def _thai() -> _Cut:
    from pythainlp.tokenize import word_tokenize

    def cut(text: str, query: bool) -> Iterator[tuple[int, int, str]]:
        start = 0
        for word in word_tokenize(text, engine="newmm-safe", keep_whitespace=False):
            start = text.find(word, start)
            yield start, start + len(word), word
            start += len(word)

    return cut
