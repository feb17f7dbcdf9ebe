"""What the pages of one source have in common, learnt from those that the archive holds."""

from __future__ import annotations

from itertools import islice

from indexer import html
from indexer.archive.store import Archive
from indexer.extract.blocks import read_blocks
from indexer.extract.template import Template, prints
from indexer.urls import host

MOST = 40  # pages that a template is learnt from: 9 ms each
MOST_LOOKED_AT = 400


def template_of(archive: Archive, source_id: int, url: str, most: int = MOST) -> Template:
    """The template of the pages that this source has on the host of `url`; an empty one when the archive holds none."""
    template = Template()
    for page in islice(archive.pages(source_id), MOST_LOOKED_AT):
        if template.pages >= most:
            break
        if page.response_id is None or host(page.url) != host(url):
            continue
        response = archive.response(page.response_id)
        if response is not None and response.status == 200:
            observe(template, html.decode(response.body, response.headers.get("content-type")), response.url)
    return template


def observe(template: Template, markup: str, url: str) -> bool:
    """Count one more page; False when it was counted before."""
    return template.observe(prints(read_blocks(html.read(markup))), url)
