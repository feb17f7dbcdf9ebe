"""What a source's pages have in common is learnt from the first ones that are stored, once there are enough, and then stays: the
pages after them are extracted with it, those before them are read again (`settings`)."""

from __future__ import annotations

import asyncio
import dataclasses

from indexer.archive.store import Archive, SourceState
from indexer.crawl.template_learning import MOST, answers, observe, with_habit
from indexer.extract.site_template import SiteTemplate

FEWEST = 5  # pages; of fewer, what repeats may be chance


def is_worth_learning(known: int, now_held: int) -> bool:
    """Whether so many pages say more than the `known` ones did: at first, then when there are half as many more."""
    return known < MOST and now_held >= max(FEWEST, min(MOST, known + max(1, known // 2)))


async def learnt(archive: Archive, state: SourceState) -> SourceState:
    """The source with its template brought up to date (and stored), or as it was. The loop is let go after each page."""
    known = SiteTemplate.from_json(state.source.template).pages if state.source.template else 0
    if not is_worth_learning(known, archive.pages_with_answer(state.id, MOST)):
        return state
    template, pages = SiteTemplate(), []
    for entry, response in answers(archive, state.id):
        if observe(template, response):
            pages.append((entry, response))
        if template.pages >= MOST:
            break
        await asyncio.sleep(0)
    if template.pages < FEWEST:
        return state
    if template.pages >= MOST:
        archive.learn_dictionary(state.id, (response.body for _, response in pages))
    habitual = template
    for so_far in with_habit(template, state.source, pages):
        habitual = so_far
        await asyncio.sleep(0)
    text = habitual.to_json()
    if text == state.source.template:
        return state
    archive.put_template(state.id, text)
    return dataclasses.replace(state, source=dataclasses.replace(state.source, template=text))
