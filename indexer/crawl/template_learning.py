"""What the pages of one source have in common, learnt from those that the archive holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from indexer import html
from indexer.archive.store import Archive
from indexer.extract.article import extract_article, training_page
from indexer.extract.blocks import read_blocks
from indexer.extract.extractor import is_pdf
from indexer.extract.learned_selector import MIN_PAGES, learn
from indexer.extract.site_template import SiteTemplate, fingerprints
from indexer.model import Entry, Response, Source
from indexer.urls import host

MOST = 40  # pages that a template is learnt from: 9 ms each
MAX_LOOKED_AT = 400
LARGEST = 1_500_000  # bytes of a page: all of them are held at once, and 30 pages of 9 MB took 980 MB


def template_of(archive: Archive, source_id: int, url: str, most: int = MOST) -> SiteTemplate:
    """The template of the pages that this source has on the host of `url`; an empty one when the archive holds none."""
    template = SiteTemplate()
    for _, response in answers(archive, source_id, host(url)):
        if template.pages >= most:
            break
        observe(template, response)
    return template


def answers(archive: Archive, source_id: int, site: str = "") -> Iterator[tuple[Entry, Response]]:
    """The web pages that a source has on a host (that of its first one), as they were listed and answered; the eldest first."""
    for page in islice(archive.pages(source_id), MAX_LOOKED_AT):
        if page.response_id is None or (site and host(page.url) != site):
            continue
        response = archive.response(page.response_id)
        if response is not None and len(response.body) <= LARGEST and not is_pdf(response):
            site = site or host(page.url)
            yield page.entry, response


def observe(template: SiteTemplate, response: Response) -> bool:
    """Count one more page; False when it was counted before."""
    return template.observe(fingerprints(read_blocks(html.read(markup_of(response)))), response.url)


def markup_of(response: Response) -> str:
    return html.decode(response.body, response.headers.get("content-type"))


def with_habit(template: SiteTemplate, source: Source, pages: Sequence[tuple[Entry, Response]]) -> Iterator[SiteTemplate]:
    """The template with the habit that these pages show and bear out, at the end; as it was after each page, so that others can
    be let in meanwhile."""
    weighed = []
    for entry, response in pages if len(pages) >= MIN_PAGES else ():  # fewer show none
        weighed.append(training_page(markup_of(response), response.url, source, entry, template))
        yield template
    habit = learn([shown for shown, _ in weighed])
    tried = replace(template, habit=habit)
    for (entry, response), (_, article) in zip(pages, weighed, strict=True) if habit else ():
        if extract_article(markup_of(response), response.url, source=source, entry=entry, template=tried) != article:
            yield template
            return
        yield template
    yield tried
