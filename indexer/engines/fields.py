"""Which texts and values of a document are indexed: searchable fields, filter values, facet values and the sort date."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Final

from indexer.analysis.analyzer import Token, chunk_tokens, chunks, fold
from indexer.analysis.symbol_terms import MARK, encoded, hyphenated_stop_words, may_have_terms, symbol_terms
from indexer.engines.base import FACET_NAMES
from indexer.model import OFFICE_KINDS, Document, Facets, FacetValue
from indexer.query.nodes import TextField

FIELDS: Final[tuple[TextField, ...]] = ("title", "summary", "body", "categories", "authors")
FILE_KINDS: Final = ("pdf", *OFFICE_KINDS)
FILTERS: Final = ("source", "category", "author", "language", "filetype")
# No phrase matches across two categories or two authors: this many positions lie between them.
VALUE_GAP_POSITIONS: Final = 1000
MAX_TERM_CHARACTERS: Final = 200  # longer terms are noise, and they are expensive to index
# The bounds also keep a term's count within the bits of an array element (`layout.FIELD_BITS`).
MAX_SYMBOL_TERMS: Final = 1_000  # of a field: a text may consist of emoji
MAX_FIELD_CHARACTERS: Final = (1_000, 8_000, 500_000, 2_000, 2_000)  # in the order of FIELDS
MAX_FACET_VALUES: Final = 100  # per facet; a site may have 5,000 authors, and no page shows more than these
_MAX_FILTER_CHARACTERS: Final = 500
MAX_OTHER_ADDRESSES: Final = 20  # of a document that are indexed


@dataclass(frozen=True, slots=True)
class AnalysedDocument:
    """A document's terms with their positions, its field lengths and its word forms."""

    positions: Mapping[str, Mapping[str, list[int]]]  # by field, by term, ascending
    lengths: tuple[int, ...]  # tokens, in the order of FIELDS
    surfaces: frozenset[str]  # folded word forms
    forms: Mapping[str, frozenset[str]]  # by term: the spellings in the document, in lower case


def indexed_texts(document: Document) -> tuple[tuple[str, ...], ...]:
    """Return the texts of each field in the order of FIELDS, each field cut to MAX_FIELD_CHARACTERS."""
    fields = ((document.title,), (document.summary,), (document.text,), document.categories, document.authors)
    texts_of_fields = tuple(
        texts if sum(map(len, texts)) <= limit else _truncate(texts, limit)
        for texts, limit in zip(fields, MAX_FIELD_CHARACTERS, strict=True)
    )
    if not may_have_terms(" ".join(chain.from_iterable(texts_of_fields))):
        return texts_of_fields
    return tuple(_with_symbol_terms(texts, document.language) for texts in texts_of_fields)


def _with_symbol_terms(texts: tuple[str, ...], language: str) -> tuple[str, ...]:
    """Return the texts, and encoded the terms in them that contain symbols."""
    terms = [encoded(term) for text in texts for term in (*symbol_terms(text), *hyphenated_stop_words(text, language))]
    return (*texts, " ".join(terms[:MAX_SYMBOL_TERMS])) if terms else texts


def form_of(token: Token, text: str) -> str:
    """Return a word as it is written in a text, in lower case."""
    return token.surface if text[token.start] == MARK else text[token.start : token.end].lower()


def _truncate(texts: Iterable[str], limit: int) -> tuple[str, ...]:
    truncated = []
    for text in texts:
        truncated.append(text[:limit])
        limit -= len(truncated[-1])
    return tuple(text for text in truncated if text)


def analyse_document(document: Document) -> AnalysedDocument:
    """Analyse the indexed texts of a document."""
    positions: dict[str, dict[str, list[int]]] = {}
    lengths: list[int] = []
    surfaces: set[str] = set()
    forms: dict[str, set[str]] = {}
    for name, texts in zip(FIELDS, indexed_texts(document), strict=True):
        terms: dict[str, list[int]] = {}
        base = length = 0
        for text in texts:
            position = last = 0
            for chunk in chunks(text):
                words, last_place, places = _words_of(chunk, document.language)
                for term, surface, place, form in words:
                    length += 1
                    surfaces.add(surface)
                    terms.setdefault(term, []).append(base + position + place)
                    forms.setdefault(term, set()).add(form)
                if last_place is not None:
                    last = position + last_place
                position += places
            base += last + VALUE_GAP_POSITIONS
        for term_positions in terms.values():
            term_positions.sort()  # tokens of one word (compounds, bigrams) may come out of order
        positions[name] = terms
        lengths.append(length)
    surfaces.discard("")
    frozen_forms = {term: frozenset(spellings) for term, spellings in forms.items()}
    return AnalysedDocument(positions, tuple(lengths), frozenset(surfaces), frozen_forms)


@lru_cache(maxsize=50_000)
def _words_of(chunk: str, language: str) -> tuple[tuple[tuple[str, str, int, str], ...], int | None, int]:
    """Return the words of one run of letters, as texts repeat most of theirs.

    Each is a term, its folded form, its place in the run, and its written form. The place of the last token follows, and how many
    places the run takes.
    """
    tokens, places = chunk_tokens(chunk, language)
    words = tuple(
        (token.term, token.surface[:MAX_TERM_CHARACTERS], token.position, form_of(token, chunk))
        for token in tokens
        if len(token.term) <= MAX_TERM_CHARACTERS
    )
    return words, tokens[-1].position if tokens else None, places


# -- values ----------------------------------------------------------------------------------------------------------


def filter_key(value: str) -> str:
    """Return the key by which filter values are compared: folded, so that case and accents do not matter."""
    return fold(value)[:_MAX_FILTER_CHARACTERS]


def address_key(document: Document) -> str:
    """Return the folded addresses of a document, its own first, one on each line: a filter for addresses searches them all."""
    return "\n".join(map(filter_key, (document.url, *document.also[:MAX_OTHER_ADDRESSES])))


def file_type(document: Document) -> str:
    """Return what kind of file a document was made from: pdf, docx, odt, pptx or html. One without an address has none."""
    suffix = document.url.partition("?")[0].lower().rpartition(".")[2]
    for kind in (document.rule, suffix):
        if kind in FILE_KINDS:
            return kind
    return "html" if document.url else ""


def filter_values(document: Document) -> dict[str, list[str]]:
    """Return the keys that filters are compared with, by filter field."""
    values: dict[str, Iterable[str]] = {
        "source": (document.source,),
        "category": document.categories,
        "author": document.authors,
        "language": (document.language,),
        "filetype": (file_type(document),),
    }
    return {name: sorted({filter_key(value) for value in values[name]} - {""}) for name in FILTERS}


def sortable_date(moment: datetime | None) -> str:
    """Return the publisher's local time as `2020-05-27T09:06:39`, or "" for None. These strings sort in the order of time.

    Filters and facets go by the publisher's day, which is the day of the moment's own offset.
    """
    return "" if moment is None else moment.replace(tzinfo=None, microsecond=0).isoformat()


def in_range(moment: str, start: str | None, end: str | None) -> bool:
    """Test whether a sortable date lies in [start, end). An undated document ("") lies in no range."""
    return moment != "" and (start is None or moment >= start) and (end is None or moment < end)


def facet_values(document: Document) -> dict[str, tuple[str, ...]]:
    """Return the values that a document counts for, by facet, each value once."""
    values: dict[str, Iterable[str]] = {
        "source": (document.source,),
        "category": document.categories,
        "author": document.authors,
        "language": (document.language,),
        "filetype": (file_type(document),),
        "year": (sortable_date(document.date)[:4],),
        "month": (sortable_date(document.date)[:7],),
    }
    return {name: tuple(value for value in dict.fromkeys(values[name]) if value) for name in FACET_NAMES}


def make_facets(counts: Mapping[str, Counter[str]]) -> Facets:
    """Return up to MAX_FACET_VALUES of each facet: the highest counts first, equal counts by value."""
    return {
        name: tuple(
            FacetValue(v, n) for v, n in sorted(counts[name].items(), key=lambda pair: (-pair[1], pair[0]))[:MAX_FACET_VALUES]
        )
        for name in FACET_NAMES
    }
