"""Fold near-duplicates on one page of results into the best of them.

A newsroom publishes one agency report several times, and a site keeps several copies of a page. The crawl joins copies that
are nearly equal (`indexer.dedup.near_duplicate`). What remains here shares most of its text, but has a life of its own.

Two texts are compared only if their lengths are similar and one of three short samples of the first occurs in the second.
Then they are near-duplicates if they share most of their shingles of three words (Jaccard index, as in Broder 1997).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from indexer.model import Document, Match
from indexer.snippets import kernel
from indexer.snippets.kernel import SimilarPairs

MIN_COMPARED_CHARACTERS: Final = 300  # shorter texts resemble one another by chance
MAX_COMPARED_CHARACTERS: Final = 6_000  # that are compared
MAX_COMPARISONS: Final = 60  # of shingles for one page of results, at 1 ms each; later hits stay as they are
MIN_LENGTH_RATIO: Final = 0.8
MIN_JACCARD: Final = 0.8
_SAMPLE_CHARACTERS: Final = 30
_SHINGLE_WORDS: Final = 3
PAIR_LIMITS: Final = (MIN_COMPARED_CHARACTERS, MAX_COMPARED_CHARACTERS, MIN_LENGTH_RATIO, _SAMPLE_CHARACTERS)


def fold_similar(
    matches: Sequence[Match], pairs: Iterable[tuple[int, int]]
) -> tuple[tuple[Match, ...], dict[str, tuple[Document, ...]]]:
    """Return the matches without near-duplicates of better ones, and by id the documents that were folded into each.

    `pairs`: the indices of matches that are worth comparing, which `similar_pairs` finds.
    """
    originals: dict[int, int] = {}
    comparisons = 0
    for first, second in pairs:
        if first in originals or second in originals or comparisons >= MAX_COMPARISONS:
            continue
        one, other = matches[first].document, matches[second].document
        if one.language == other.language and _digits(one.title) == _digits(other.title):  # not the numbers of a series
            comparisons += 1
            if _jaccard(one, other) >= MIN_JACCARD:
                originals[second] = first
    folded: dict[str, tuple[Document, ...]] = {}
    for copy, original in originals.items():
        id_ = matches[original].document.id
        folded[id_] = (*folded.get(id_, ()), matches[copy].document)
    return tuple([match for number, match in enumerate(matches) if number not in originals]), folded


def similar_pairs_without_kernel(
    matches: tuple[Match, ...], shortest: int, longest: int, ratio: float, sample: int
) -> list[tuple[int, int]]:
    """Return the indices of matches whose texts are worth comparing, in the order of the second, as the kernel does."""
    pairs: list[tuple[int, int]] = []
    before: list[tuple[int, int, float, tuple[str, ...]]] = []  # of a text: number, length, shortest similar one, and samples
    for second, (document, _, _) in enumerate(matches):
        text = document.text if len(document.text) <= longest else document.text[:longest]
        length = len(text)
        if length < shortest:
            continue
        least = length * ratio
        for first, own, lowest, samples in before:
            if lowest <= length and own >= least:
                for each in samples:
                    if each in text:
                        pairs.append((first, second))
                        break
        before.append(
            (second, length, least, tuple([text[at : at + sample] for at in (length // 5, length // 2, length * 3 // 4)]))
        )
    return pairs


similar_pairs: Final[SimilarPairs] = kernel.similar_pairs or similar_pairs_without_kernel


def _jaccard(one: Document, other: Document) -> float:
    """Return the share of common shingles."""
    mine, theirs = _shingles(one.text[:MAX_COMPARED_CHARACTERS]), _shingles(other.text[:MAX_COMPARED_CHARACTERS])
    return len(mine & theirs) / len(mine | theirs)


def _digits(title: str) -> str:
    return "".join(filter(str.isdigit, title))


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = text.casefold().split()
    if len(words) < len(text) / 20:  # a script without spaces
        words = list(text)
    return set(zip(*(words[at:] for at in range(_SHINGLE_WORDS)), strict=False))
