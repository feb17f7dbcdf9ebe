"""Gather what is known about a page before its answer is judged; remember which pages of a crawl have the same text."""

from __future__ import annotations

from indexer.archive.store import Archive, PageRecord
from indexer.crawl.batch_writer import PageUpdate
from indexer.crawl.decider import FetchAttempt, PageFacts, SameText
from indexer.crawl.extraction_worker import Extraction
from indexer.crawl.soft_errors import text_hash
from indexer.dedup.language_variants import has_version, language_alternates
from indexer.model import Response


class SameTextTracker:
    """Which pages of one source have which text. It also knows pages of this crawl that are not stored yet.

    `doubtful` are pages whose text was trusted before other pages turned out to have it, too.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.doubtful: set[str] = set()
        self._is_trusted: dict[str, dict[str, bool]] = {}  # by text hash, then by page id
        self._urls: dict[str, str] = {}  # by page id

    def facts(self, attempt: FetchAttempt, extraction: Extraction | None, *, is_judged: bool) -> PageFacts:
        """Return the facts about a page. `is_judged`: those that only a comparison of texts needs are gathered, too."""
        page, before, archive = attempt.page, attempt.before, self._archive
        document = archive.documents.get(before.document_id) if is_judged and before and before.document_id else None
        same_text = self._pages_with_same_text(attempt, extraction) if is_judged else SameText()
        return PageFacts(document, _has_document(archive, page), archive.removals.get(page.id), same_text)

    def record(self, attempt: FetchAttempt, extraction: Extraction | None, facts: PageFacts, update: PageUpdate) -> None:
        """Remember whether the text of a judged page is trusted."""
        digest = text_hash(extraction.result.document) if extraction else None
        if digest is None:
            return
        self._is_trusted.setdefault(digest, {})[attempt.page.id] = update.soft_error is None
        self._urls[attempt.page.id] = attempt.page.url
        if update.doubts_others:
            self.doubtful |= facts.same_text.trusted

    def _pages_with_same_text(self, attempt: FetchAttempt, extraction: Extraction | None) -> SameText:
        document = extraction.result.document if extraction else None
        digest = text_hash(document)
        if digest is None or document is None or not isinstance(attempt.answer, Response):
            return SameText()
        others = self._archive.visits.with_text(attempt.visit, digest, document.id) | self._is_trusted.get(digest, {})
        others.pop(attempt.page.id, None)
        alternates = language_alternates(attempt.answer) if others else None
        if alternates is not None:
            others = {page_id: trusted for page_id, trusted in others.items() if not has_version(alternates, self._url(page_id))}
        trusted = frozenset(page_id for page_id, is_trusted in others.items() if is_trusted)
        return SameText(trusted, frozenset(others) - trusted)

    def _url(self, page_id: str) -> str:
        if page_id not in self._urls:
            page = self._archive.pages.get(page_id)
            return page.url if page else ""
        return self._urls[page_id]


def _has_document(archive: Archive, page: PageRecord) -> bool:
    """Return whether the page itself gives a document that is indexed."""
    is_assigned = page.own_document_id is not None and page.document_id is not None
    return is_assigned and archive.documents.extractor_of(page.document_id or "") is not None
