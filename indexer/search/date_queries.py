"""Recognise a query that is a date, 27 May 2020, mai 2020 or 2020-05, or that asks for the newest pages: latest news.

A date finds the pages that contain it, however they write it, and after them the pages of that day or month. A year alone is a
word like others, unless no page contains it.
"""

from __future__ import annotations

import re
from typing import Final

from indexer.analysis.analyzer import surface_of
from indexer.engines.base import Reader
from indexer.model import Notice, SearchRequest
from indexer.query.date_ranges import span
from indexer.query.nodes import And, Constant, DateRange, Everything, Node, Or, Phrase, Word
from indexer.query.parse import Parsed

MAX_CHARACTERS: Final = 40
DATE_SLOP_WORDS: Final = 2  # words in between: 27 de mayo de 2020
_HAS_YEAR: Final = re.compile(r"(?<!\d)(?:1[89]|20|21)\d\d(?!\d)")
_YEAR: Final = re.compile(r"\d{4}")


def pages_of_date(parsed: Parsed, text: str, reader: Reader) -> Parsed:
    """Return the query for the pages with and of a date; `parsed` if the text is none, or no page is of that date."""
    if not _HAS_YEAR.search(text) or '"' in text or len(text := " ".join(text.split())) > MAX_CHARACTERS:
        return parsed
    if _YEAR.fullmatch(text):
        pages = _pages_in(text)
        return Parsed(pages) if pages and not reader.surface_frequency(text) and reader.count(pages) else parsed
    from indexer.search.written_dates import read_period  # 9 ms, and few queries are dates

    period = read_period(text, reader)
    pages = _pages_in(period.iso) if period else None
    if period is None or pages is None:
        return parsed
    written = dict.fromkeys((text, *period.phrases))
    return Parsed(Or((*(Phrase(each, DATE_SLOP_WORDS) for each in written), pages)))


def with_date_filter(text: str, reader: Reader) -> str | None:
    """Return a query of plain words with its year, or month and year, as a filter: storm january 2024, storm date:2024-01.

    None if it has no year, or nothing besides.
    """
    words = text.split()
    if len(text) > MAX_CHARACTERS * 2 or not all(word.rstrip(".,?!").isalnum() for word in words):
        return None
    for at, word in enumerate(words):
        year = word.rstrip(".,?!")
        if not (_YEAR.fullmatch(year) and _HAS_YEAR.fullmatch(year)):
            continue
        from indexer.search.written_dates import read_month

        month = read_month(f"{words[at - 1]} {year}", reader) if at else None
        before = words[: at - 1] if month else words[:at]
        rest = before + words[at + 1 :]
        return " ".join((*rest, f"date:{month.iso if month else year}")) if rest else None
    return None


def _pages_in(period: str) -> Node | None:
    bounds = span(period)
    return Constant(DateRange(*bounds)) if bounds else None


# -- a query that begins with "latest" -----------------------------------------------------------------------------------------

# Folded. Words that also mean "last" or "final" are not listed: le dernier métro, la última cena.
NEWEST_WORDS: Final = frozenset(
    "latest newest neueste neuester neuestes neuesten neuste neuster neustes neusten aktuellste aktuellsten dernieres recentes"
    " recientes recenti nieuwste nyaste senaste nyeste najnowsze najnowszy najnowsza احدث".split()
)

# Folded. After such a word they name no subject: "latest news" asks for the newest pages.
_NEWS_WORDS: Final = frozenset(
    "news articles posts stories updates nachrichten meldungen artikel beitrage neuigkeiten actualites nouvelles articulos"
    " noticias notizie articoli nieuws berichten nyheter nyheder wiadomosci artykuly اخبار".split()
)


def newest_first(parsed: Parsed, request: SearchRequest, reader: Reader) -> tuple[Parsed, SearchRequest]:
    """Return the query without its first word, to be sorted by date, if this word asks for it and others remain.

    "Latest news" lists all pages, and so does "latest" if no page contains it.
    """
    node = parsed.node
    if isinstance(node, Word) and node.field is None and request.sort == "relevance":
        surface = surface_of(node.text)
        if surface in NEWEST_WORDS and not reader.surface_frequency(surface):
            return Parsed(Constant(Everything()), (*parsed.notices, _sorted_by_date(node.text))), request._replace(sort="date")
    if request.sort != "relevance" or not isinstance(node, And) or not isinstance(first := node.nodes[0], Word):
        return parsed, request
    if first.field is not None or surface_of(first.text) not in NEWEST_WORDS:
        return parsed, request
    rest = node.nodes[1:]
    words = parsed.words[1:] if parsed.words[:1] == (first.text,) else parsed.words
    tree = And(rest) if len(rest) > 1 else rest[0]
    if isinstance(tree, Word) and tree.field is None and surface_of(tree.text) in _NEWS_WORDS:
        tree, words = Constant(Everything()), ()
    return Parsed(tree, (*parsed.notices, _sorted_by_date(first.text)), words), request._replace(sort="date")


def _sorted_by_date(word: str) -> Notice:
    text = f"sorted by date because of “{word}”; write it in quotation marks to search for it"
    return Notice("sorted-by-date", text, word)
