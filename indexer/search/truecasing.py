"""Find how documents spell a folded word, with its capitals and accents (truecasing)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from indexer.analysis.analyzer import WORDS, cut_at_apostrophes, fold, surface_of
from indexer.model import Document, Match

_MAX_SIGNS: Final = 8  # between a word and the end of the sentence before
_SENTENCE_START: Final = re.compile(r"(?:^|[.!?:;…\n])[^\w.!?]*$")


def usual_spelling(word: str, matches: Sequence[Match]) -> str:
    """Return the most frequent spelling of a word in these documents, in lower case if there is one.

    Capitals at the beginning of a sentence or in a title do not belong to the word, unless the word has no other spelling.
    A word that the documents lack is returned as it is.
    """
    surface, inside, elsewhere = fold(word), Counter[str](), Counter[str]()
    for match in matches:
        for written, is_inside in _occurrences(surface, match.document.text):
            (inside if is_inside else elsewhere)[written] += 1
    if not inside:
        for match in matches:
            elsewhere.update(written for text in _short_texts(match.document) for written, _ in _occurrences(surface, text))
    spellings = inside or elsewhere
    if not spellings:
        return word
    return max(spellings, key=lambda written: (written.islower(), spellings[written]))


def _occurrences(surface: str, text: str) -> Iterator[tuple[str, bool]]:
    """Yield each spelling of a folded word in a text, and whether it is inside a sentence."""
    if text.isascii():
        low = text.lower()
        if surface not in low.replace("'", ""):  # most texts: this takes a hundredth of the time
            return
        if "'" not in text and surface.isalnum():
            yield from _plain_occurrences(surface, text, low)
            return
    for match in WORDS.finditer(text):
        if 2 * len(match[0]) < len(surface) or (match[0].isascii() and match[0].isalnum() and match[0].lower() != surface):
            continue
        for start, end in cut_at_apostrophes(match[0]):
            written = match[0][start:end]
            if surface_of(written) == surface:
                at = match.start() + start
                yield written, not _SENTENCE_START.search(text, max(0, at - _MAX_SIGNS), at)


def _plain_occurrences(surface: str, text: str, low: str) -> Iterator[tuple[str, bool]]:
    """Yield the same of a text in ASCII without apostrophes, whose words need no pattern. `low`: the text in lower case."""
    at = low.find(surface)
    while at >= 0:
        end = at + len(surface)
        if not (low[at - 1 : at].isalnum() or low[end : end + 1].isalnum()):
            yield text[at:end], not _SENTENCE_START.search(text, max(0, at - _MAX_SIGNS), at)
        at = low.find(surface, end)


def _short_texts(document: Document) -> Iterator[str]:
    yield from (document.title, document.summary, *document.categories, *document.authors)
