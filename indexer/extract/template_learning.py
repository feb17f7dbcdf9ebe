"""Learn what the pages of one site have in common: the blocks that they repeat, and the box that holds the article. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import zip_longest

from indexer import html
from indexer.analysis.languages import majority
from indexer.extract.article import ParsedPage, article_with, parse_page, training_page
from indexer.extract.blocks import read_blocks
from indexer.extract.learned_selector import MIN_PAGES, TrainingPage, learn
from indexer.extract.repeated_blocks import ObservedBlocks, SiteTemplate, fingerprints
from indexer.model import Article, Entry, Response, Source

Pages = Sequence[tuple[Entry, Response]]


MAX_HELD_CHARACTERS = 4_000_000  # of markup whose trees and blocks are in memory until all pages are counted

_ObservedPage = tuple[ParsedPage, ObservedBlocks]


def learn_site(source: Source, pages: Pages) -> tuple[SiteTemplate, Pages]:
    """Return the template of some pages, and those of them that count: each address counts once.

    A page is parsed once. It is parsed again if the operator's selectors change its tree, or if the pages are too long together.
    """
    template = SiteTemplate()
    distinct: list[tuple[Entry, Response]] = []
    in_memory: list[_ObservedPage | None] = []
    bare = dataclasses.replace(source, include=None, exclude=None, keep=None)
    characters = 0
    for entry, response in pages:
        page = parse_page(markup_of(response), response.url, bare)
        blocks = read_blocks(page.tree, kind=page.kind)
        observed = ObservedBlocks(blocks, fingerprints(blocks))
        if template.observe(observed.fingerprints, response.url):
            distinct.append((entry, response))
            characters += len(page.markup)
            in_memory.append((page, observed) if bare == source and characters <= MAX_HELD_CHARACTERS else None)
    return with_selector(template, source, distinct, in_memory), distinct


def observe(template: SiteTemplate, response: Response) -> bool:
    """Count one more page; return False when it was counted before."""
    return template.observe(fingerprints(read_blocks(html.read(markup_of(response)))), response.url)


def markup_of(response: Response) -> str:
    """Return the decoded markup of an answer."""
    return html.decode(response.body, response.headers.get("content-type"))


def with_selector(
    template: SiteTemplate, source: Source, pages: Pages, in_memory: Sequence[_ObservedPage | None] = ()
) -> SiteTemplate:
    """Return the template with the language of nearly all pages, and with the selector that they suggest.

    The selector is left out if extraction with it does not give the same text on each page. `in_memory`: the pages, as far as
    they were parsed before.
    """
    if len(pages) < MIN_PAGES:
        return template
    trees: list[ParsedPage] = []
    examples: list[tuple[TrainingPage, Article | None]] = []
    for (entry, response), observed_page in zip_longest(pages, in_memory):
        page, observed = observed_page or (parse_page(markup_of(response), response.url, source), None)
        trees.append(page)
        examples.append(training_page(page, source, entry, template, observed))
    template.language = majority([article.text for _, article in examples if article is not None]) or ""
    selector = learn([page for page, _ in examples])
    if selector is None:
        return template
    candidate = dataclasses.replace(template, selector=selector)
    for (entry, _), page, (_, article) in zip(pages, trees, examples, strict=True):
        if article_with(page, source, entry, candidate) != article:
            return template
    return candidate
