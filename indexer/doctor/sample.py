"""Read one sample page: its metadata, and what would be extracted from it. Pure."""

from __future__ import annotations

import re

from indexer import html
from indexer.analysis.languages import detect
from indexer.doctor.facts import Exchange, Sample
from indexer.extract.article import extract
from indexer.extract.crawler_directives import product_name, robots_directives
from indexer.extract.extractor import feed_text, make_document
from indexer.model import Entry, Source

SHINGLE_WORDS = 3  # consecutive words that are compared
MIN_COMPARED_WORDS = 8  # in the feed's text: shorter texts are not compared
_WORD = re.compile(r"\w+")


def read_sample(entry: Entry, exchange: Exchange, source: Source, agent: str) -> Sample:
    """Return everything that the checks need of a page. Never raises. `agent`: the crawler's user agent."""
    own = max((feed_text(entry.content_html), feed_text(entry.summary_html)), key=len)
    answer = exchange.response
    if answer is None:
        return Sample(entry, exchange, feed_text=own)
    page = html.decode(answer.body, answer.headers.get("content-type"))
    tree = html.parse(page)
    header = answer.headers.get("x-robots-tag", "")
    extraction = extract(page, answer.url, source=source, entry=entry, x_robots_tag=header, brief=True)
    article = extraction.article
    document = make_document(entry, article, source=source, url=answer.permanent_url or answer.url) if article else None
    text = article.text if article else ""
    head = tree.find("html")
    title = tree.find("title")
    return Sample(
        entry,
        exchange,
        article,
        document,
        canonicals=tuple(str(tag["href"]).strip() for tag in tree.find_all("link", rel="canonical", href=True, limit=5)),
        noindex=robots_directives(extraction.robots, header, product_name(agent)).noindex,
        declared_language=str(head.get("lang") or head.get("xml:lang") or "")[:20] if head else "",
        detected_language=detect(text[:3_000]),
        title=" ".join(title.get_text(" ").split())[:200] if title else "",
        feed_text=own,
        shared=shared(own, text),
    )


def shared(part: str, whole: str) -> float | None:
    """Return the share of one text that is in the other, by runs of three words; None if it is too short to compare.

    >>> shared("the harbour wall is to be mended in the autumn", "News: The harbour wall is to be mended in the autumn.")
    1.0
    """
    words = _words(part)
    if len(words) < MIN_COMPARED_WORDS:
        return None
    runs = _runs(words)
    return len(runs & _runs(_words(whole))) / len(runs)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _runs(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[at : at + SHINGLE_WORDS]) for at in range(len(words) - SHINGLE_WORDS + 1)}
