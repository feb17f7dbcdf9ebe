"""What a source's pages have in common is learnt from the first ones that are stored, once there are enough, and then stays: the
pages after them are extracted with it, those before them are read again (`settings`)."""

from __future__ import annotations

import asyncio
import dataclasses
from itertools import islice

from indexer import html
from indexer.archive.store import Archive, SourceState
from indexer.extract.template import Template
from indexer.neighbours import MOST, MOST_LOOKED_AT, observe
from indexer.understand import is_pdf
from indexer.urls import host

FEWEST = 5  # pages; of fewer, what repeats may be chance


def held(archive: Archive, state: SourceState) -> int:
    """How many pages a template could be learnt from, `MOST` at most."""
    return archive.pages_with_answer(state.id, MOST)


def is_worth_learning(known: int, now_held: int) -> bool:
    """Whether so many pages say more than the `known` ones did: at first, then when there are half as many more."""
    return known < MOST and now_held >= max(FEWEST, min(MOST, known + max(1, known // 2)))


async def learnt(archive: Archive, state: SourceState) -> SourceState:
    """The source with its template brought up to date (and stored), or as it was. The loop is let go after each page."""
    known = Template.from_json(state.source.template).pages if state.source.template else 0
    if not is_worth_learning(known, held(archive, state)):
        return state
    template, site = Template(), ""
    for page in islice(archive.pages(state.id), MOST_LOOKED_AT):
        response = archive.response(page.response_id) if page.response_id is not None else None
        if response is not None and not is_pdf(response):
            site = site or host(page.url)
            if host(page.url) == site:
                observe(template, html.decode(response.body, response.headers.get("content-type")), response.url)
                await asyncio.sleep(0)
        if template.pages >= MOST:
            break
    if template.pages < FEWEST:
        return state
    text = template.to_json()
    if text == state.source.template:
        return state
    archive.put_template(state.id, text)
    return dataclasses.replace(state, source=dataclasses.replace(state.source, template=text))
