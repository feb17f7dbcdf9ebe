"""What an answer means for its page: believed, doubted, gone, refused, not to be indexed. Reads the archive, writes nothing.

answer (and what was understood of it) -> failure? fault? wish not to be indexed? -> page, visit, what to store -> `keep`
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime, timedelta

from indexer.archive.removals import Removal
from indexer.archive.store import Archive, PageRecord
from indexer.archive.visits import Visit, VisitUpdate
from indexer.crawl import revisit_policy as schedule
from indexer.crawl.batch_writer import PageUpdate
from indexer.crawl.extraction_worker import Extraction
from indexer.crawl.report import SourceReport
from indexer.crawl.soft_errors import PageContext, SoftError, fault, text_hash
from indexer.dedup.language_variants import has_version, language_alternates
from indexer.extract.extractor import is_pdf
from indexer.extract.robots_meta import product_name, robots_directives
from indexer.html import is_page
from indexer.model import Document, Failure, Response, Source, TextShown
from indexer.reasons import FailureReason, Reason


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A page that is to be fetched. `page` holds the entry as it is listed now, `before` the record before (None: new)."""

    page: PageRecord
    before: PageRecord | None
    visit: Visit
    is_in_sitemap: bool = False


@dataclass(frozen=True, slots=True)
class FetchAttempt:
    """A page that was asked for. `page` has the entry as it is listed now, `known` is the page before (None: new)."""

    page: PageRecord
    known: PageRecord | None
    visit: Visit
    answer: Response | Failure | None  # None: an item without an address
    sitemap: bool = False

    @property
    def lastmod(self) -> datetime | None:
        """When a sitemap says that the page was changed."""
        return self.page.entry.updated if self.sitemap else None


class Decider:
    """Of one source's pages in one crawl."""

    def __init__(self, archive: Archive, report: SourceReport, agent: str, now: datetime, *, asked: bool = False) -> None:
        """`asked`: the operator wants these pages looked at now, due or not."""
        self._archive, self._visits, self._report = archive, archive.visits, report
        self._agent, self._now, self._by_request = product_name(agent), now, asked
        self.doubtful: set[str] = set()  # pages whose text was believed, before others had it too
        self._said: dict[str, dict[str, bool]] = {}  # texts of this crawl that may not be stored yet: of which pages, believed?
        self._urls: dict[str, str] = {}  # of these pages

    def outcome(self, asked: FetchAttempt, extracted: Extraction | None) -> PageUpdate:
        """What is to be kept. Failures go into the report."""
        answer = asked.answer
        if isinstance(answer, Failure):
            return self._failed(asked, answer)
        if answer is None:
            return PageUpdate(asked.page, self._report.source, self._report)
        if answer.not_modified:
            return self._unchanged(asked)
        if extracted is not None and extracted.given_up:
            return self._failed(asked, _rejected(asked.page, answer, "unreadable", extracted.given_up))
        if is_pdf(answer) and self._report.source.pdf:
            return self._believed(asked, answer, extracted, text_hash(extracted.result.document if extracted else None))
        if not is_text(answer):
            kind = answer.headers.get("content-type", "no type")
            if is_page(b"", answer.media_type):
                kind = f"a file that is called {kind}"
            return self._failed(asked, _rejected(asked.page, answer, "content-type", Reason("content-type", kind)))
        if not answer.body.strip():
            return self._failed(asked, _rejected(asked.page, answer, "not-the-article", Reason("empty")))
        return self._answered(asked, answer, extracted)

    # -- good looks --------------------------------------------------------------------------------------------------

    def _unchanged(self, asked: FetchAttempt) -> PageUpdate:
        until, why = asked.visit.until, asked.visit.withdrawn
        if until is not None and until <= self._now:
            return self._not_indexed(asked, Reason("unavailable-after", f"{until:%Y-%m-%d}"), None, None)
        if why is not None and why.is_noindex:
            return self._not_indexed(asked, why, None, None)
        return self._believed(asked, None, None, None)

    def _answered(self, asked: FetchAttempt, response: Response, extracted: Extraction | None) -> PageUpdate:
        document = extracted.result.document if extracted else None
        why_not = extracted.result.why_not if extracted else None
        noindex = why_not if why_not is not None and why_not.is_noindex else None
        mark = text_hash(document)
        found = self._fault(asked, response, document, mark, noindex=noindex is not None)
        visit = asked.visit
        if found is not None:
            visit = self._doubted(asked, found)
            if found.end == "never" or visit.suspect_looks < found.looks or self._now - _since(visit) < found.span:
                return self._not_believed(asked, visit, found)
            if found.end == "gone":
                return self._leaves(asked, visit, dataclasses.replace(found.reason, since=f"{_since(visit):%Y-%m-%d}"))
        metas = extracted.result.robots if extracted else {}
        wish = robots_directives(metas, response.headers.get("x-robots-tag", ""), self._agent)
        if why := Reason("noindex", wish.noindex) if wish.noindex else noindex:
            return self._not_indexed(asked, why, response, extracted)
        if wish.until is not None and wish.until <= self._now:
            why = Reason("unavailable-after", f"{wish.until:%Y-%m-%d}")
            return self._not_indexed(asked, why, response, extracted)
        if visit.until != wish.until:
            visit = dataclasses.replace(visit, until=wish.until)
        asked = asked if visit is asked.visit else dataclasses.replace(asked, visit=visit)
        return self._believed(asked, response, extracted, mark)

    def _believed(
        self, asked: FetchAttempt, response: Response | None, extracted: Extraction | None, mark: str | None
    ) -> PageUpdate:
        page = dataclasses.replace(asked.page, failure=None, failed_status=None, gone_count=0, fetched_at=self._now)
        return PageUpdate(
            page, self._report.source, self._report, response, extracted, memo=VisitUpdate(self._seen(asked, page, mark))
        )

    def _seen(self, asked: FetchAttempt, page: PageRecord, mark: str | None) -> Visit:
        visit, known = asked.visit, asked.known
        changed = mark is not None and visit.text_hash is not None and mark != visit.text_hash
        alarmed = asked.lastmod and known and known.fetched_at and asked.lastmod > known.fetched_at
        alarms = 0 if changed else visit.false_alarms + bool(alarmed)
        visit = visit if visit.false_alarms == alarms else dataclasses.replace(visit, false_alarms=alarms)
        seen = schedule.seen(visit, page, self._now, changed=changed, text_hash=mark, lastmod=asked.lastmod)
        if seen.until is not None and seen.due is not None:
            seen = dataclasses.replace(seen, due=min(seen.due, seen.until))
        return seen

    # -- doubts ------------------------------------------------------------------------------------------------------

    def _fault(
        self, asked: FetchAttempt, response: Response, document: Document | None, mark: str | None, *, noindex: bool
    ) -> SoftError | None:
        known, visit, entry = asked.known, asked.visit, asked.page.entry
        before = self._archive.documents.get(known.document_id) if known and known.document_id else None
        others: dict[str, bool] = {}
        if mark is not None and document is not None:
            others = self._visits.with_text(visit, mark, document.id) | self._said.get(mark, {})
            others.pop(asked.page.id, None)
            if others:
                others = self._without_versions(response, others)
        had = known is not None and known.response_id is not None
        doubted = sum(not believed for believed in others.values())
        facts = PageContext(
            title=entry.title or (before.title if before else ""),
            before=before,
            had=had and not (doubted > 1 and mark == visit.text_hash),  # believed at first, when nobody knew the others
            entry_changed=known is not None and known.entry_hash != asked.page.entry_hash,
            twins=len(others) - doubted,
            twins_doubted=doubted,
        )
        found = fault(response, document, facts, mark)
        if noindex and found is not None and found.end == "text":
            found = None  # there is no text because the page does not want it
        if mark is not None:
            self._said.setdefault(mark, {})[asked.page.id] = found is None
            self._urls[asked.page.id] = asked.page.url
            if found is not None and found.mark == mark and not facts.had:
                self.doubtful.update(page_id for page_id, believed in others.items() if believed)
        return found

    def _without_versions(self, response: Response, others: dict[str, bool]) -> dict[str, bool]:
        """Pages that have the very text, without those that have it for readers of other languages."""
        tongue, stored = language_alternates(response), self._archive.pages.get
        urls = {page_id: self._urls.get(page_id) or ((page := stored(page_id)) and page.url) or "" for page_id in others}
        return {page_id: believed for page_id, believed in others.items() if not has_version(tongue, urls[page_id])}

    def _doubted(self, asked: FetchAttempt, found: SoftError) -> Visit:
        """The visit with one more look at the same doubtful answer (looks of the same hour are one)."""
        visit, last = asked.visit, asked.known.fetched_at if asked.known else None
        if visit.suspect != found.mark:
            return dataclasses.replace(visit, suspect=found.mark, suspect_since=self._now, suspect_looks=1)
        again = last is None or self._now - last >= schedule.GONE_APART
        return dataclasses.replace(visit, suspect_looks=visit.suspect_looks + again)

    def _not_believed(self, asked: FetchAttempt, visit: Visit, found: SoftError) -> PageUpdate:
        had = asked.page.response_id is not None
        url = asked.page.url
        stands: TextShown = "stored-text" if had and found.mark != visit.text_hash else "feed-text"
        failure = Failure(url, "not-the-article", cause=found.reason, stands=stands)
        page = self._fetched(asked, failure)
        if found.mark == visit.text_hash:  # it is what we took for the page's text at first
            page = dataclasses.replace(page, response_id=None, etag=None, last_modified=None)
            visit = dataclasses.replace(visit, text_hash=None)
        visit = dataclasses.replace(schedule.failed(visit, page, self._now), gone_since=None)
        return self._kept(asked, dataclasses.replace(page, gone_count=0), visit, self._pending(page))

    # -- what leaves -------------------------------------------------------------------------------------------------

    def _failed(self, asked: FetchAttempt, failure: Failure) -> PageUpdate:
        page, visit = self._fetched(asked, failure), asked.visit
        refused = failure.reason == "robots"
        if failure.reason == "deferred" and asked.known is not None:  # the page was not asked for at all
            wait = min(timedelta(seconds=failure.retry_after_seconds or 0), schedule.BACK_OFF_MOST)
            visit = dataclasses.replace(visit, due=self._now + max(wait, schedule.FEED_EVERY))
            page = dataclasses.replace(asked.page, failure=asked.known.failure, fetched_at=asked.known.fetched_at)
            return self._kept(asked, page, visit, self._pending(page))
        if failure.is_gone:
            count = schedule.gone_count(asked.known, self._now, asked=self._by_request) if asked.known else 1
            page = dataclasses.replace(page, gone_count=count)
        visit = schedule.failed(visit, page, self._now, gone=failure.is_gone, refused=refused)
        if failure.is_gone and page.gone_count >= schedule.GONE_TWICE and (page.response_id is not None or visit.left_at):
            since = visit.gone_since or self._now
            why = Reason("gone", str(failure.status), failure.url, f"{since:%Y-%m-%d}")
            return self._leaves(asked, visit, why, page)
        if refused and visit.refused_since and self._now - visit.refused_since >= schedule.REFUSED_FOR:
            why = Reason("robots", url=failure.url, since=f"{visit.refused_since:%Y-%m-%d}")
            return self._leaves(asked, visit, why, page)
        removal = self._pending(page) if not refused else None
        return self._kept(asked, page, visit, removal)

    def _not_indexed(
        self, asked: FetchAttempt, why: Reason, response: Response | None, extracted: Extraction | None
    ) -> PageUpdate:
        page = dataclasses.replace(asked.page, failure=why, failed_status=None, gone_count=0, fetched_at=self._now)
        visit = self._seen(asked, page, None)
        if self._has_document(page):
            return self._kept(asked, page, visit, Removal(page.id, page.source_id, why, self._now))
        page = dataclasses.replace(page, failure=None) if response is not None else page
        if response is None or (extracted is not None and extracted.result.document is not None):
            visit = dataclasses.replace(visit, withdrawn=why)  # else extraction sees it for itself, whenever it is run again
        return PageUpdate(page, self._report.source, self._report, response, extracted, withdrawn=True, memo=VisitUpdate(visit))

    def _leaves(self, asked: FetchAttempt, visit: Visit, why: Reason, page: PageRecord | None = None) -> PageUpdate:
        """A decision, when there is a document to be removed; it is carried out at the end of the crawl (see `leaving`)."""
        page = dataclasses.replace(page or self._fetched(asked, None), failure=why)
        if asked.sitemap:  # which may list for years what is gone; it is asked for again when its lastmod changes
            visit = dataclasses.replace(visit, left_at=visit.left_at or self._now)
        if self._has_document(page):
            return self._kept(asked, page, visit, Removal(page.id, page.source_id, why, self._now))
        visit = schedule.withdrawn(visit, page, why, self._now)
        return PageUpdate(page, self._report.source, self._report, withdrawn=True, memo=VisitUpdate(visit))

    def _kept(self, asked: FetchAttempt, page: PageRecord, visit: Visit, removal: Removal | None) -> PageUpdate:
        """Nothing new is stored. What has left the index stays out of it."""
        gone = visit.withdrawn is not None
        if removal is not None:
            visit = dataclasses.replace(visit, due=self._now + schedule.GONE_AGAIN)
        return PageUpdate(page, self._report.source, self._report, withdrawn=gone, memo=VisitUpdate(visit, removal))

    def _pending(self, page: PageRecord) -> Removal | None:
        """A decision stands until the page is seen well again."""
        return self._archive.removals.get(page.id)

    def _has_document(self, page: PageRecord) -> bool:
        there = page.reading is not None and page.document_id is not None
        return there and self._archive.documents.extractor_of(page.document_id or "") is not None

    def _fetched(self, asked: FetchAttempt, failure: Failure | None) -> PageRecord:
        if failure is None:
            return dataclasses.replace(asked.page, fetched_at=self._now)
        self._report.failures.append(failure)
        return dataclasses.replace(asked.page, failure=failure.why, failed_status=failure.status, fetched_at=self._now)


def _since(visit: Visit) -> datetime:
    assert visit.suspect_since is not None  # `_doubted` has seen to it
    return visit.suspect_since


def is_readable(answer: Response, source: Source) -> bool:
    """Whether its text can be extracted: a web page, or a PDF where the source wants them."""
    return is_text(answer) or (source.pdf and is_pdf(answer))


def is_text(answer: Response) -> bool:
    return is_page(answer.body, answer.media_type)


def _rejected(page: PageRecord, answer: Response, reason: FailureReason, cause: Reason) -> Failure:
    """Return the failure of an answer that cannot replace what the archive holds of its page."""
    stands: TextShown = "stored-text" if page.response_id is not None else "feed-text"
    return Failure(answer.requested_url, reason, cause=cause, stands=stands)
