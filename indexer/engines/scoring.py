"""What every engine agrees on: which terms a document has, how a term scores, what a facet value is.

The score of a document, all of it (a reader can check it by hand, and `explain` shows the parts):

    idf(df)         = ln(N / (df + 1)) + 1                        N documents, df of them hold it in any of the leaf's fields
    x(field)        = weight * tf / (1 - b + b * length / average length)    (the average may be 5 % off: `kept_averages`)
    Terms           = boost * idf * (k1 + 1) * X / (k1 + X) with X = sum of x over the fields: BM25F (Robertson, Zaragoza and
                      Taylor 2004), so a word in title and text counts once more, not twice as much. The terms of one leaf are
                      variants of one word: tf is the sum of theirs and df counts documents with any of them
    TermPhrase      = the same; tf counts how often the phrase stands there, idf is the sum of its places'
    Surface         = boost * idf
    And, Or         = the sum of those that match;   Prefer = the node's, and that of each `better` that matches
    everything else = 0
    score           = sum * (1 + recency_bonus * 0.5 ** (age in days / recency_half_life_days))

The age is that against the newest document that was not dated in the future when the index was last written, so one
index always gives the same scores. Documents dated in the future are of age 0; undated ones get no bonus.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from indexer.analysis.analyzer import analyze, fold
from indexer.engines.base import FACET_NAMES
from indexer.model import Document, Facets, FacetValue, RankingWeights
from indexer.query.nodes import TermPhrase, Terms, TextField

FIELDS: Final[tuple[TextField, ...]] = ("title", "summary", "body", "categories", "authors")
FILTERS: Final = ("source", "category", "author", "language")
MAX_TERMS: Final = 1024  # terms looked up for one leaf; expansions of patterns are bounded by the search verb as well
VALUE_GAP: Final = 1000  # positions between two categories or authors: no phrase reaches from one into the next
MAX_TERM_LENGTH: Final = 200  # characters; longer ones are noise, and they cost the index dearly
# Characters of each field that are indexed. The bounds also keep the counts of a word within the bits that an array has.
INDEXED_CHARACTERS: Final = (1_000, 8_000, 500_000, 2_000, 2_000)
MAX_FACET_VALUES: Final = 100  # of one facet, the most frequent ones: nobody reads more, and a site may have 5,000 authors
DRIFT: Final = 0.05  # of an average length: a score changes by a hundredth or two, all documents' alike
_MAX_FILTER_LENGTH: Final = 500


@dataclass(frozen=True, slots=True)
class Analysed:
    """A document as an index wants it: positions by term by field (in order), lengths by field, word forms."""

    positions: Mapping[str, Mapping[str, list[int]]]
    lengths: tuple[int, ...]  # in the order of FIELDS
    surfaces: frozenset[str]
    forms: Mapping[str, frozenset[str]]  # by term: how it is written, in lower case


def indexed_texts(document: Document) -> tuple[tuple[str, ...], ...]:
    """What of a document is searched, in the order of FIELDS: each field's texts, cut to INDEXED_CHARACTERS in all."""
    given = ((document.title,), (document.summary,), (document.text,), document.categories, document.authors)
    return tuple(
        texts if sum(map(len, texts)) <= longest else _cut(texts, longest)
        for texts, longest in zip(given, INDEXED_CHARACTERS, strict=True)
    )


def _cut(texts: Iterable[str], longest: int) -> tuple[str, ...]:
    kept = []
    for text in texts:
        kept.append(text[:longest])
        longest -= len(kept[-1])
    return tuple(text for text in kept if text)


def analyse_document(document: Document) -> Analysed:
    positions: dict[str, dict[str, list[int]]] = {}
    lengths: list[int] = []
    surfaces: set[str] = set()
    forms: dict[str, set[str]] = {}
    for name, texts in zip(FIELDS, indexed_texts(document), strict=True):
        terms: dict[str, list[int]] = {}
        base = length = 0
        for text in texts:
            last = 0
            for token in analyze(text, document.language):
                last = token.position
                if len(token.term) > MAX_TERM_LENGTH:
                    continue
                length += 1
                surfaces.add(token.surface[:MAX_TERM_LENGTH])
                terms.setdefault(token.term, []).append(base + last)
                forms.setdefault(token.term, set()).add(text[token.start : token.end].lower())
            base += last + VALUE_GAP
        for places in terms.values():
            places.sort()  # tokens that share a word (compounds, bigrams) may come out of order
        positions[name] = terms
        lengths.append(length)
    surfaces.discard("")
    written = {term: frozenset(found) for term, found in forms.items()}
    return Analysed(positions, tuple(lengths), frozenset(surfaces), written)


# -- scores ----------------------------------------------------------------------------------------------------------


def idf(documents: int, frequency: int) -> float:
    return math.log(documents / (frequency + 1)) + 1 if documents else 0.0


Averages = tuple[float, ...]  # lengths of a document's FIELDS in tokens; () where nothing is known yet


def kept_averages(kept: Averages, true: Averages) -> Averages:
    """The averages by which an index ranks after an update that found it with `kept`: the same, unless a true one is farther away
    than DRIFT. So an update of some documents changes what others score by their number and rarity of words alone."""
    near = len(kept) == len(true) and all(abs(now - old) <= DRIFT * old for old, now in zip(kept, true, strict=True))
    return kept if near else true


def share(tf: float, length: int, average: float, weight: float, b: float) -> float:
    """What a field adds to BM25F's X."""
    return weight * tf / (1 - b + b * length / average) if average else 0.0


def recency(day: str, newest: str, weights: RankingWeights) -> float:
    """The factor for a document of `day` (ISO, maybe with a time; "" if undated), `newest` being of age 0."""
    if not day:
        return 1.0
    age = max(0, _ordinal(newest) - _ordinal(day)) if newest else 0
    return float(1 + weights.recency_bonus * 0.5 ** (age / max(weights.recency_half_life_days, 0.001)))


def _ordinal(day: str) -> int:
    return date.fromisoformat(day[:10]).toordinal()


def phrase_count(places: Sequence[Sequence[int]], gaps: Sequence[int], slop: int) -> int:
    """How often the phrase stands there: starts from which each place follows in order, at its gap or farther, with no
    more than `slop` positions too many in all. Taking the nearest at each place leaves the least over for the rest."""
    count = 0
    for start in places[0]:
        here = start
        for i in range(1, len(places)):
            wanted = here + gaps[i] - gaps[i - 1]
            at = bisect_left(places[i], wanted)
            if at == len(places[i]):
                return count  # later starts fail here as well
            here = places[i][at]
            if here - start - (gaps[i] - gaps[0]) > slop:
                break
        else:
            count += 1
    return count


Parts = dict[str, float]  # what a match adds to the score, by name; empty for filters


def add_parts(several: Iterable[Parts | None]) -> Parts:
    total: Parts = {}
    for some in several:
        for name, value in (some or {}).items():
            total[name] = total.get(name, 0.0) + value
    return total


def label(node: Terms) -> str:
    """How a leaf is called in the parts of a score."""
    more = f"|+{len(node.terms) - 3}" if len(node.terms) > 3 else ""
    return "|".join(node.terms[:3]) + more


def phrase_label(node: TermPhrase) -> str:
    return f"phrase {' '.join('|'.join(place[:2]) for place in node.places[:8])}"


# -- values ----------------------------------------------------------------------------------------------------------


def filter_key(value: str) -> str:
    """Under this, filter values are compared: whatever case and accents."""
    return fold(value)[:_MAX_FILTER_LENGTH]


def filter_values(document: Document) -> dict[str, list[str]]:
    """The values that filters compare with, by filter field."""
    values: dict[str, Iterable[str]] = {
        "source": (document.source,),
        "category": document.categories,
        "author": document.authors,
        "language": (document.language,),
    }
    return {name: sorted({filter_key(value) for value in values[name]} - {""}) for name in FILTERS}


def sortable_date(moment: datetime | None) -> str:
    """`2020-05-27T09:06:39` in UTC; "" for none. As strings they sort as the moments do."""
    if moment is None:
        return ""
    moment = moment.astimezone(UTC) if moment.tzinfo else moment
    return moment.replace(tzinfo=None, microsecond=0).isoformat()


def in_range(moment: str, start: str | None, end: str | None) -> bool:
    return moment != "" and (start is None or moment >= start) and (end is None or moment < end)


def facet_values(document: Document) -> dict[str, tuple[str, ...]]:
    """What a document counts for, by facet; each value once."""
    values: dict[str, Iterable[str]] = {
        "source": (document.source,),
        "category": document.categories,
        "author": document.authors,
        "language": (document.language,),
        "year": (sortable_date(document.date)[:4],),
    }
    return {name: tuple(value for value in dict.fromkeys(values[name]) if value) for name in FACET_NAMES}


def make_facets(counts: Mapping[str, Counter[str]]) -> Facets:
    """Highest count first; equal ones by value; no more than MAX_FACET_VALUES."""
    return {
        name: tuple(
            FacetValue(v, n) for v, n in sorted(counts[name].items(), key=lambda pair: (-pair[1], pair[0]))[:MAX_FACET_VALUES]
        )
        for name in FACET_NAMES
    }
