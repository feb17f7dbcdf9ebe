"""Keep the template of a source up to date: what its pages have in common, learnt from those that the archive stores.

The template is learned from the first pages, once there are enough, and then stays. Later pages are extracted with it, and
earlier ones are extracted again (`stale_extractions`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import partial
from itertools import islice

from indexer.archive.store import Archive, SourceState
from indexer.crawl.extraction_processes.pool import ExtractionPool
from indexer.extract.extractor import file_kind
from indexer.extract.repeated_blocks import SiteTemplate
from indexer.extract.template_learning import observe
from indexer.model import Entry, Response
from indexer.urls import host

MIN_PAGES = 5  # of fewer, repetitions may be chance
MAX_PAGES = 40  # that a template is learned from: 9 ms each
MAX_INSPECTED_PAGES = 400
MAX_PAGE_BYTES = 1_500_000
MAX_TOTAL_BYTES = 8_000_000  # 30 pages of 9 MB took 980 MB


def is_worth_learning(learned_pages: int, stored_pages: int) -> bool:
    """Return whether the stored pages say more than those that the template was learned from: half as many more are needed."""
    return learned_pages < MAX_PAGES and stored_pages >= max(
        MIN_PAGES, min(MAX_PAGES, learned_pages + max(1, learned_pages // 2))
    )


async def learn_template(archive: Archive, pool: ExtractionPool, state: SourceState) -> SourceState:
    """Bring a source's template up to date and store it; return the source as it is then. A worker learns it."""
    learned_pages = SiteTemplate.from_json(state.source.template).pages if state.source.template else 0
    if not is_worth_learning(learned_pages, archive.pages.count_with_response(state.id, MAX_PAGES)):
        return state
    learned = await pool.learn(state.source, partial(_pages_to_learn_from, archive, state.id))
    if learned is None or learned.pages < MIN_PAGES:
        return state
    if learned.dictionary:
        archive.responses.put_dictionary(state.id, learned.dictionary)
    if learned.template == state.source.template:
        return state
    archive.sources.put_template(state.id, learned.template)
    return dataclasses.replace(state, source=dataclasses.replace(state.source, template=learned.template))


def _pages_to_learn_from(archive: Archive, source_id: int) -> list[tuple[Entry, Response]]:
    """Return a source's first pages. Together they are bounded, as all of them are in memory and travel to a worker."""
    pages: dict[str, tuple[Entry, Response]] = {}
    size = 0
    for entry, response in stored_pages(archive, source_id):
        size += len(response.body)
        if len(pages) >= MAX_PAGES or (size > MAX_TOTAL_BYTES and len(pages) >= MIN_PAGES):
            break
        pages.setdefault(response.url, (entry, response))
    return list(pages.values())


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
        if response is not None and len(response.body) <= MAX_PAGE_BYTES and not file_kind(response):
            site = site or host(page.url)
            yield page.entry, response
