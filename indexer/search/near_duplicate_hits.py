"""Fold near-duplicates on one page of results into the best of them.

A newsroom publishes one agency report several times, and a site keeps several copies of a page. The crawl joins copies that are
nearly equal (`indexer.dedup.near_duplicate`). What remains here shares most of its text, but has a life of its own.

Two texts are compared only if their lengths are similar and one of three short samples of the first occurs in the second. Then
they are near-duplicates if they share most of their shingles of three words (Jaccard index, as in Broder 1997).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from indexer.model import Document, Match

MIN_CHARACTERS: Final = 300  # shorter texts resemble one another by chance
MAX_CHARACTERS: Final = 6_000  # that are compared
MAX_COMPARISONS: Final = 60  # of shingles for one page of results, at 1 ms each; later hits stay as they are
MIN_LENGTH_RATIO: Final = 0.8
MIN_JACCARD: Final = 0.8
_SAMPLE_CHARACTERS: Final = 30
_SHINGLE_WORDS: Final = 3


def fold_similar(matches: Sequence[Match]) -> tuple[tuple[Match, ...], dict[str, tuple[Document, ...]]]:
    """Return the matches without near-duplicates of better ones, and by id the documents that were folded into each."""
    distinct: list[Match] = []
    folded: dict[str, tuple[Document, ...]] = {}
    comparisons = 0
    lengths: list[int] = []  # of the distinct documents that are long enough; 0 for others
    for match in matches:
        document, original = match.document, None
        length = min(len(document.text), MAX_CHARACTERS)
        if length >= MIN_CHARACTERS:
            low, high = length * MIN_LENGTH_RATIO, length / MIN_LENGTH_RATIO
            for at, other in enumerate(lengths):
                if low <= other <= high and comparisons < MAX_COMPARISONS and _may_be_similar(distinct[at].document, document):
                    comparisons += 1
                    if _jaccard(distinct[at].document, document) >= MIN_JACCARD:
                        original = distinct[at].document
                        break
        if original is None:
            distinct.append(match)
            lengths.append(length if length >= MIN_CHARACTERS else 0)
        else:
            folded[original.id] = (*folded.get(original.id, ()), document)
    return tuple(distinct), folded


def _may_be_similar(one: Document, other: Document) -> bool:
    """Return whether two texts are worth comparing. The numbers of a series, whose titles differ in digits, are not."""
    shorter, longer = sorted((min(len(one.text), MAX_CHARACTERS), min(len(other.text), MAX_CHARACTERS)))
    if shorter < MIN_CHARACTERS or shorter < MIN_LENGTH_RATIO * longer or one.language != other.language:
        return False
    first, length = one.text, min(len(one.text), MAX_CHARACTERS)
    for at in (length // 5, length // 2, length * 3 // 4):
        if other.text.find(first[at : min(at + _SAMPLE_CHARACTERS, length)], 0, MAX_CHARACTERS) >= 0:
            return _digits(one.title) == _digits(other.title)
    return False


def _jaccard(one: Document, other: Document) -> float:
    """Return the share of common shingles."""
    mine, theirs = _shingles(one.text[:MAX_CHARACTERS]), _shingles(other.text[:MAX_CHARACTERS])
    return len(mine & theirs) / len(mine | theirs)


def _digits(title: str) -> str:
    return "".join(filter(str.isdigit, title))


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = text.casefold().split()
    if len(words) < len(text) / 20:  # a script without spaces
        words = list(text)
    return set(zip(*(words[at:] for at in range(_SHINGLE_WORDS)), strict=False))
