"""Learn what the pages of one site have in common: the blocks that they repeat, and the box that holds the article. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from indexer import html
from indexer.analysis.languages import majority
from indexer.extract.article import extract_article, training_page
from indexer.extract.blocks import read_blocks
from indexer.extract.learned_selector import MIN_PAGES, learn
from indexer.extract.site_template import SiteTemplate, fingerprints
from indexer.model import Entry, Response, Source

Pages = Sequence[tuple[Entry, Response]]


def learn_site(source: Source, pages: Pages) -> tuple[SiteTemplate, Pages]:
    """Return the template of some pages, and those of them that count: each address counts once."""
    template = SiteTemplate()
    distinct = [(entry, response) for entry, response in pages if observe(template, response)]
    return with_selector(template, source, distinct), distinct


def observe(template: SiteTemplate, response: Response) -> bool:
    """Count one more page; return False when it was counted before."""
    return template.observe(fingerprints(read_blocks(html.read(markup_of(response)))), response.url)


def markup_of(response: Response) -> str:
    """Return the decoded markup of an answer."""
    return html.decode(response.body, response.headers.get("content-type"))


def with_selector(template: SiteTemplate, source: Source, pages: Pages) -> SiteTemplate:
    """Return the template with the language of nearly all pages, and with the selector that they suggest.

    The selector is left out if extraction with it does not give the same text on each page.
    """
    if len(pages) < MIN_PAGES:
        return template
    examples = [training_page(markup_of(response), response.url, source, entry, template) for entry, response in pages]
    template.language = majority([article.text for _, article in examples if article is not None]) or ""
    selector = learn([page for page, _ in examples])
    if selector is None:
        return template
    candidate = dataclasses.replace(template, selector=selector)
    for (entry, response), (_, article) in zip(pages, examples, strict=True):
        if extract_article(markup_of(response), response.url, source=source, entry=entry, template=candidate) != article:
            return template
    return candidate
