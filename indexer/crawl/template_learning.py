"""Learn what the pages of one source have in common, from those that the archive stores.

The template is learned from the first pages, once there are enough, and then stays. Later pages are extracted with it, and
earlier ones are extracted again (`stale_extractions`).
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator, Sequence
from itertools import islice

from indexer import html
from indexer.archive.store import Archive, SourceState
from indexer.extract.article import extract_article, training_page
from indexer.extract.blocks import read_blocks
from indexer.extract.extractor import is_pdf
from indexer.extract.learned_selector import MIN_PAGES as MIN_SELECTOR_PAGES
from indexer.extract.learned_selector import learn
from indexer.extract.site_template import SiteTemplate, fingerprints
from indexer.model import Entry, Response, Source
from indexer.urls import host

MIN_PAGES = 5  # of fewer, repetitions may be chance
MAX_PAGES = 40  # that a template is learned from: 9 ms each
MAX_INSPECTED_PAGES = 400
MAX_PAGE_BYTES = 1_500_000  # all pages are in memory together, and 30 of 9 MB took 980 MB


def is_worth_learning(learned_pages: int, stored_pages: int) -> bool:
    """Return whether the stored pages say more than those that the template was learned from: half as many more are needed."""
    return learned_pages < MAX_PAGES and stored_pages >= max(
        MIN_PAGES, min(MAX_PAGES, learned_pages + max(1, learned_pages // 2))
    )


async def learn_template(archive: Archive, state: SourceState) -> SourceState:
    """Bring a source's template up to date and store it; return the source as it is then.

    Other tasks of the event loop run after each page.
    """
    learned_pages = SiteTemplate.from_json(state.source.template).pages if state.source.template else 0
    if not is_worth_learning(learned_pages, archive.pages.count_with_response(state.id, MAX_PAGES)):
        return state
    template, pages = SiteTemplate(), []
    for entry, response in stored_pages(archive, state.id):
        if observe(template, response):
            pages.append((entry, response))
        if template.pages >= MAX_PAGES:
            break
        await asyncio.sleep(0)
    if template.pages < MIN_PAGES:
        return state
    if template.pages >= MAX_PAGES:
        archive.responses.learn_dictionary(state.id, (response.body for _, response in pages))
    complete = template
    for partial in with_selector(template, state.source, pages):
        complete = partial
        await asyncio.sleep(0)
    text = complete.to_json()
    if text == state.source.template:
        return state
    archive.sources.put_template(state.id, text)
    return dataclasses.replace(state, source=dataclasses.replace(state.source, template=text))


def template_of(archive: Archive, source_id: int, url: str, max_pages: int = MAX_PAGES) -> SiteTemplate:
    """Return the template of the pages that a source has on the host of `url`; an empty one when none is stored."""
    template = SiteTemplate()
    for _, response in stored_pages(archive, source_id, host(url)):
        if template.pages >= max_pages:
            break
        observe(template, response)
    return template


def stored_pages(archive: Archive, source_id: int, site: str = "") -> Iterator[tuple[Entry, Response]]:
    """Yield a source's web pages on one host, oldest first, each as listed and as answered. `site` "": the first page's host."""
    for page in islice(archive.pages.all(source_id), MAX_INSPECTED_PAGES):
        if page.response_id is None or (site and host(page.url) != site):
            continue
        response = archive.responses.get(page.response_id)
        if response is not None and len(response.body) <= MAX_PAGE_BYTES and not is_pdf(response):
            site = site or host(page.url)
            yield page.entry, response


def observe(template: SiteTemplate, response: Response) -> bool:
    """Count one more page; return False when it was counted before."""
    return template.observe(fingerprints(read_blocks(html.read(markup_of(response)))), response.url)


def markup_of(response: Response) -> str:
    return html.decode(response.body, response.headers.get("content-type"))


def with_selector(template: SiteTemplate, source: Source, pages: Sequence[tuple[Entry, Response]]) -> Iterator[SiteTemplate]:
    """Yield the template after each page, so that other tasks can run; the last one has the selector that these pages confirm."""
    examples = []
    for entry, response in pages if len(pages) >= MIN_SELECTOR_PAGES else ():
        examples.append(training_page(markup_of(response), response.url, source, entry, template))
        yield template
    selector = learn([page for page, _ in examples])
    candidate = dataclasses.replace(template, selector=selector)
    for (entry, response), (_, article) in zip(pages, examples, strict=True) if selector else ():
        if extract_article(markup_of(response), response.url, source=source, entry=entry, template=candidate) != article:
            yield template
            return
        yield template
    yield candidate
