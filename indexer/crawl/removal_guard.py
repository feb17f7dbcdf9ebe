"""Whether decided removals are carried out: a crawl that would remove much of a source stops there and asks.

While pages are crawled, each that is to leave the index is noted with its reason (`judge`). At the end of its source's crawl
the notes are counted: when more than a fifth of the documents would go, counting what went on the same day, all stay and the
operator is asked. A document that another page has as well does not go: it is found at that page's address from then on.
A page that is well again when it is looked at (a day later) strikes its note out. A kill between note and
removal leaves the notes, which the next crawl counts.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

from indexer.archive.removals import Removal
from indexer.archive.store import Archive, SourceState
from indexer.archive.visits import Visit, VisitUpdate
from indexer.crawl import revisit_policy as schedule
from indexer.crawl.batch_writer import BatchWriter, PageUpdate
from indexer.crawl.report import SourceReport
from indexer.reasons import Reason

MAX_SHARE = 5  # not more than a fifth of a source's documents
FEW = 2  # so many documents may always go: on a site of six pages one is a sixth
SAME_DAY = timedelta(days=1)


def asks(leaving: int, gone_today: int, documents: int) -> bool:
    """Whether so many documents are too many to go without a question. `documents` are there, those that leave among them."""
    going = leaving + gone_today
    return leaving > 0 and going > FEW and going * MAX_SHARE > documents + gone_today


def settle(
    archive: Archive, keeper: BatchWriter, state: SourceState, report: SourceReport, now: datetime, *, accept: bool
) -> None:
    """Carry out the source's removals, or put the question into report and archive. `accept`: a question that an earlier crawl
    has asked is answered with yes."""
    accepted = accept and state.id in archive.removals.questions()
    removals = [each for each in archive.removals.of_source(state.id) if _document(archive, each)]
    going = {each.page_id for each in removals}
    moved = [each for each in removals if _stays_elsewhere(archive, each, going)]
    lost = [each for each in removals if each not in moved]
    documents = len({_document(archive, each) for each in lost})
    gone_today = archive.removals.count_done_since(state.id, now - SAME_DAY)
    stops = not accepted and asks(documents, gone_today, archive.documents.count_of_source(state.id))
    for removal in moved if stops else removals:
        page = archive.pages.get(removal.page_id)
        if page is not None:
            page = dataclasses.replace(page, failure=removal.why)
            known = archive.visits.get(page.id) or Visit(page.id, page.source_id)
            settled = accepted or removal in moved
            memo = VisitUpdate(schedule.withdrawn(known, page, removal.why, now), settled_at=now, accepted=settled)
            keeper.keep(PageUpdate(page, state.source, report, withdrawn=True, memo=memo))
    keeper.flush()
    if stops:
        report.question = question(archive, state, lost, documents)
        archive.removals.ask(state.id, report.question, lost[0].decided_at)
    else:
        archive.removals.withdraw_question(state.id)


def question(archive: Archive, state: SourceState, removals: list[Removal], documents: int) -> Reason:
    """Return how many documents would leave, the first of them and why."""
    page = archive.pages.get(removals[0].page_id)
    where = page.url if page else removals[0].page_id
    return Reason("asking", f"{documents}/{archive.documents.count_of_source(state.id)}", where, cause=removals[0].why)


def _stays_elsewhere(archive: Archive, removal: Removal, going: set[str]) -> bool:
    """Whether another page, which was had when it was last asked for, has the same document: then only an address goes."""
    others = (
        archive.pages.get(each) for each in archive.pages.of_document(_document(archive, removal) or "") if each not in going
    )
    return any(page is not None and page.failure is None and page.response_id is not None for page in others)


def _document(archive: Archive, removal: Removal) -> str | None:
    """The document that goes with the page; None when there is none (any more)."""
    page = archive.pages.get(removal.page_id)
    there = page is not None and page.reading is not None and page.document_id is not None
    return page.document_id if page and there and archive.documents.extractor_of(page.document_id or "") is not None else None
