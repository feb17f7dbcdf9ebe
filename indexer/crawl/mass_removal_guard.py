"""Carry out decided removals, or stop and ask: a crawl that would remove much of a source removes nothing.

While pages are crawled, each decided removal is stored with its reason (`response_policy`). At the end of its source's crawl the
removals are counted. If more than a fifth of the documents would be removed, counting those of the same day, all stay and the
operator is asked. A document that another page has as well is not lost: it moves to that page's address. A page that is trusted
again at its next visit (a day later) cancels its removal. After a kill between decision and removal, the next crawl counts the
decisions.
"""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from indexer.archive.store import Archive, SourceState
from indexer.archive.visits import Removal, Visit, VisitUpdate
from indexer.crawl import revisit_policy
from indexer.crawl.batch_writer import PageUpdate
from indexer.crawl.page_queue import SourceRun
from indexer.reasons import Reason

MAX_REMOVED_FRACTION = 5  # at most one document in five
MAX_UNASKED_REMOVALS = 2  # are always carried out: on a site of six pages one is a sixth
SAME_DAY = timedelta(days=1)


def needs_confirmation(removals: int, removed_today: int, documents: int) -> bool:
    """Return whether the removal of this many documents needs a confirmation. `documents` includes those to remove."""
    total = removals + removed_today
    return removals > 0 and total > MAX_UNASKED_REMOVALS and total * MAX_REMOVED_FRACTION > documents + removed_today


def apply_removals(run: SourceRun) -> None:
    """Carry out a source's removals, or put the question into report and archive.

    With the option `accept_removals` a question of an earlier crawl is answered with yes.
    """
    archive, state, visits, now = run.services.archive, run.state, run.visits, run.services.now
    is_accepted = run.services.options.accept_removals and state.id in archive.removals.questions()
    removals = [each for each in archive.removals.of_source(state.id) if _document(archive, each)]
    page_ids = {each.page_id for each in removals}
    moved = [each for each in removals if _stays_elsewhere(archive, each, page_ids)]
    lost = [each for each in removals if each not in moved]
    documents = len({_document(archive, each) for each in lost})
    removed_today = archive.removals.count_done_since(state.id, now - SAME_DAY)
    asks = not is_accepted and needs_confirmation(documents, removed_today, archive.documents.count_of_source(state.id))
    for removal in moved if asks else removals:
        page = archive.pages.get(removal.page_id)
        if page is not None:
            page = dataclasses.replace(page, failure=removal.why)
            visit = visits.get(page.id) or Visit(page.id, page.source_id)
            visit = revisit_policy.after_removal(visit, page, removal.why, now)
            update = VisitUpdate(visit, removed_at=now, accepted=is_accepted or removal in moved)
            run.services.writer.add(PageUpdate(page, withdrawn=True, visit=update), state.source, run.report)
    run.services.writer.flush()
    if asks:
        run.report.question = question(archive, state, lost, documents)
        archive.removals.ask(state.id, run.report.question, lost[0].decided_at)
    else:
        archive.removals.withdraw_question(state.id)


def question(archive: Archive, state: SourceState, removals: list[Removal], documents: int) -> Reason:
    """Return how many documents would be removed, the first of them and why."""
    page = archive.pages.get(removals[0].page_id)
    where = page.url if page else removals[0].page_id
    return Reason("asking", f"{documents}/{archive.documents.count_of_source(state.id)}", where, cause=removals[0].why)


def _stays_elsewhere(archive: Archive, removal: Removal, page_ids: set[str]) -> bool:
    """Return whether another page that was fetched at its last visit has the same document: then only an address is lost."""
    document_id = _document(archive, removal) or ""
    others = (archive.pages.get(each) for each in archive.pages.of_document(document_id) if each not in page_ids)
    return any(page is not None and page.failure is None and page.response_id is not None for page in others)


def _document(archive: Archive, removal: Removal) -> str | None:
    """Return the document that is removed with the page; None when there is none."""
    page = archive.pages.get(removal.page_id)
    if page is None or page.own_document_id is None or page.document_id is None:
        return None
    return page.document_id if archive.documents.extractor_of(page.document_id) is not None else None
