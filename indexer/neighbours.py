"""What the pages of one source have in common, learnt from those that the archive holds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from indexer import html
from indexer.archive.store import Archive
from indexer.extract.blocks import read_blocks
from indexer.extract.template import Template, prints
from indexer.model import Response
from indexer.understand import is_pdf
from indexer.urls import host

MOST = 40  # pages that a template is learnt from: 9 ms each
MOST_LOOKED_AT = 400


def template_of(archive: Archive, source_id: int, url: str, most: int = MOST) -> Template:
    """The template of the pages that this source has on the host of `url`; an empty one when the archive holds none."""
    template = Template()
    for response in answers(archive, source_id, host(url)):
        if template.pages >= most:
            break
        observe(template, response)
    return template


def answers(archive: Archive, source_id: int, site: str = "") -> Iterator[Response]:
    """The web pages that a source has on a host (that of its first one), as they were answered; the eldest first."""
    for page in islice(archive.pages(source_id), MOST_LOOKED_AT):
        if page.response_id is None or (site and host(page.url) != site):
            continue
        response = archive.response(page.response_id)
        if response is not None and not is_pdf(response):
            site = site or host(page.url)
            yield response


def observe(template: Template, response: Response) -> bool:
    """Count one more page; False when it was counted before."""
    markup = html.decode(response.body, response.headers.get("content-type"))
    return template.observe(prints(read_blocks(html.read(markup))), response.url)
