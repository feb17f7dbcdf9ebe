"""Decide what an answer means for its page: trusted, doubted, gone, refused, or not to be indexed. Pure.

answer, extraction, facts -> failure? soft error? directive not to index? -> PageUpdate, which `batch_writer` stores
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from indexer.archive.store import PageRecord
from indexer.archive.visits import Removal, Visit, VisitUpdate
from indexer.crawl import revisit_policy
from indexer.crawl.batch_writer import PageUpdate
from indexer.crawl.extraction_processes.worker import PageExtraction
from indexer.crawl.soft_errors import PageContext, SoftError, find_soft_error, text_hash
from indexer.extract.crawler_directives import product_name, robots_directives
from indexer.extract.extractor import file_kind
from indexer.html import is_page
from indexer.model import Document, Failure, Response, TextShown
from indexer.reasons import FailureReason, Reason


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A page that is to be fetched. `page` holds the entry as it is listed now, `before` the stored record (None: new)."""

    page: PageRecord
    before: PageRecord | None
    visit: Visit
    is_in_sitemap: bool = False


@dataclass(frozen=True, slots=True)
class FetchAttempt(PageRequest):
    """A page that was requested. `answer` is None for an item without an address."""

    answer: Response | Failure | None = None

    @property
    def lastmod(self) -> datetime | None:
        """Return the moment of the page's last change by its sitemap."""
        return self.page.entry.updated if self.is_in_sitemap else None


@dataclass(frozen=True, slots=True)
class SameText:
    """Other pages of the source with the same text, by whether that text is trusted. Language versions are not among them."""

    trusted: frozenset[str] = frozenset()
    doubted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What the archive and this crawl know about a page before its answer is judged."""

    document: Document | None = None  # that the page gives now
    has_document: bool = False  # the page itself is indexed
    removal: Removal | None = None  # decided, and not yet carried out
    same_text: SameText = SameText()


NO_FACTS = PageFacts()


class ResponsePolicy:
    """Decides about the pages of one source in one crawl.

    `agent` is the crawler's name, which robots directives may address. `file_kinds`: files of these kinds become documents.
    `is_requested`: the operator wants these pages now, due or not.
    """

    def __init__(self, agent: str, now: datetime, *, file_kinds: Collection[str] = (), is_requested: bool = False) -> None:
        self._agent, self._now = product_name(agent), now
        self._file_kinds, self._is_requested = file_kinds, is_requested

    def decide(self, attempt: FetchAttempt, extraction: PageExtraction | None, facts: PageFacts = NO_FACTS) -> PageUpdate:
        """Return the update to store after an attempt. `extraction`: of the answer, if there was anything to extract."""
        answer = attempt.answer
        if isinstance(answer, Failure):
            return self._fail(attempt, answer, facts)
        if answer is None:
            return PageUpdate(attempt.page)
        if answer.not_modified:
            return self._accept_unchanged(attempt, facts)
        if extraction is not None and extraction.given_up:
            return self._fail(attempt, _rejected(attempt.page, answer, "unreadable", extraction.given_up), facts)
        if file_kind(answer) in self._file_kinds:
            digest = text_hash(extraction.result.document if extraction else None)
            return self._apply_directives(attempt, answer, extraction, digest, None, facts)
        if not is_web_page(answer):
            kind = answer.headers.get("content-type", "no type")
            if is_page(b"", answer.media_type):
                kind = f"a file that is called {kind}"
            return self._fail(attempt, _rejected(attempt.page, answer, "content-type", Reason("content-type", kind)), facts)
        if not answer.body.strip():
            return self._fail(attempt, _rejected(attempt.page, answer, "not-the-article", Reason("empty")), facts)
        return self._judge(attempt, answer, extraction, facts)

    def is_judged(self, attempt: FetchAttempt, extraction: PageExtraction | None) -> bool:
        """Return whether `decide` compares the answer's text with that of other pages."""
        answer = attempt.answer
        if not isinstance(answer, Response) or answer.not_modified or (extraction is not None and extraction.given_up):
            return False
        return file_kind(answer) not in self._file_kinds and is_web_page(answer) and bool(answer.body.strip())

    # -- trusted answers ---------------------------------------------------------------------------------------------

    def _accept_unchanged(self, attempt: FetchAttempt, facts: PageFacts) -> PageUpdate:
        until, withdrawn = attempt.visit.until, attempt.visit.withdrawn
        if until is not None and until <= self._now:
            return self._exclude(attempt, Reason("unavailable-after", f"{until:%Y-%m-%d}"), None, None, facts)
        if withdrawn is not None and withdrawn.is_noindex:
            return self._exclude(attempt, withdrawn, None, None, facts)
        return self._trust(attempt, None, None, None)

    def _judge(
        self, attempt: FetchAttempt, response: Response, extraction: PageExtraction | None, facts: PageFacts
    ) -> PageUpdate:
        """Trust an answer unless it is a soft error or asks not to be indexed.

        A soft error is distrusted until it was the same at enough visits. Then it means that the page is gone, or it is the text.
        """
        document = extraction.result.document if extraction else None
        why_not = extraction.result.why_not if extraction else None
        noindex = why_not if why_not is not None and why_not.is_noindex else None
        digest = text_hash(document)
        context = self._context(attempt, facts, digest)
        error = find_soft_error(response, document, context, digest)
        if noindex is not None and error is not None and error.accepted_as == "text":
            error = None  # there is no text because the page does not want it
        if error is None:
            return self._apply_directives(attempt, response, extraction, digest, noindex, facts)
        visit = self._doubt(attempt, error)
        doubts_others = error.fingerprint == digest and not context.was_fetched
        is_persistent = visit.suspect_visits >= error.min_visits and self._now - _since(visit) >= error.min_span
        if error.accepted_as == "never" or not is_persistent:
            update = self._distrust(attempt, visit, error, facts)
        elif error.accepted_as == "gone":
            reason = dataclasses.replace(error.reason, since=f"{_since(visit):%Y-%m-%d}")
            update = self._remove(attempt, visit, reason, facts)
        else:
            attempt = dataclasses.replace(attempt, visit=visit)
            update = self._apply_directives(attempt, response, extraction, digest, noindex, facts)
        return dataclasses.replace(update, soft_error=error, doubts_others=doubts_others)

    def _apply_directives(
        self,
        attempt: FetchAttempt,
        response: Response,
        extraction: PageExtraction | None,
        digest: str | None,
        noindex: Reason | None,
        facts: PageFacts,
    ) -> PageUpdate:
        metas = extraction.result.robots if extraction else {}
        directives = robots_directives(metas, response.headers.get("x-robots-tag", ""), self._agent)
        if why := Reason("noindex", directives.noindex) if directives.noindex else noindex:
            return self._exclude(attempt, why, response, extraction, facts)
        if directives.until is not None and directives.until <= self._now:
            why = Reason("unavailable-after", f"{directives.until:%Y-%m-%d}")
            return self._exclude(attempt, why, response, extraction, facts)
        if attempt.visit.until != directives.until:
            attempt = dataclasses.replace(attempt, visit=dataclasses.replace(attempt.visit, until=directives.until))
        return self._trust(attempt, response, extraction, digest)

    def _trust(
        self, attempt: FetchAttempt, response: Response | None, extraction: PageExtraction | None, digest: str | None
    ) -> PageUpdate:
        page = dataclasses.replace(attempt.page, failure=None, failed_status=None, gone_count=0, fetched_at=self._now)
        return PageUpdate(page, response, extraction, visit=VisitUpdate(self._after_success(attempt, page, digest)))

    def _after_success(self, attempt: FetchAttempt, page: PageRecord, digest: str | None) -> Visit:
        visit, before = attempt.visit, attempt.before
        changed = digest is not None and visit.text_hash is not None and digest != visit.text_hash
        is_alarm = attempt.lastmod and before and before.fetched_at and attempt.lastmod > before.fetched_at
        false_alarms = 0 if changed else visit.false_alarms + bool(is_alarm)
        if false_alarms != visit.false_alarms:
            visit = dataclasses.replace(visit, false_alarms=false_alarms)
        after = revisit_policy.after_success(visit, page, self._now, changed=changed, text_hash=digest, lastmod=attempt.lastmod)
        if after.until is not None and after.due is not None:
            after = dataclasses.replace(after, due=min(after.due, after.until))
        return after

    # -- doubted answers ---------------------------------------------------------------------------------------------

    def _context(self, attempt: FetchAttempt, facts: PageFacts, digest: str | None) -> PageContext:
        before, doubted = attempt.before, len(facts.same_text.doubted)
        was_fetched = before is not None and before.response_id is not None
        if doubted > 1 and digest == attempt.visit.text_hash:
            was_fetched = False  # it was trusted at first, before the other pages were known
        return PageContext(
            title=attempt.page.entry.title or (facts.document.title if facts.document else ""),
            before=facts.document,
            was_fetched=was_fetched,
            entry_changed=before is not None and before.entry_hash != attempt.page.entry_hash,
            same_text=len(facts.same_text.trusted),
            same_text_doubted=doubted,
        )

    def _doubt(self, attempt: FetchAttempt, error: SoftError) -> Visit:
        """Return the visit with one more sighting of the same doubtful answer; sightings within an hour count as one."""
        visit, last = attempt.visit, attempt.before.fetched_at if attempt.before else None
        if visit.suspect != error.fingerprint or revisit_policy.is_future(visit.suspect_since, self._now):
            return dataclasses.replace(visit, suspect=error.fingerprint, suspect_since=self._now, suspect_visits=1)
        is_later = (
            last is None or revisit_policy.is_future(last, self._now) or self._now - last >= revisit_policy.MIN_GONE_INTERVAL
        )
        return dataclasses.replace(visit, suspect_visits=visit.suspect_visits + is_later)

    def _distrust(self, attempt: FetchAttempt, visit: Visit, error: SoftError, facts: PageFacts) -> PageUpdate:
        is_stored_text = error.fingerprint == visit.text_hash  # at first, it was taken for the page's text
        stands: TextShown = "stored-text" if attempt.page.response_id is not None and not is_stored_text else "feed-text"
        failure = Failure(attempt.page.url, "not-the-article", cause=error.reason, stands=stands)
        page = self._failed_page(attempt, failure)
        if is_stored_text:
            page = dataclasses.replace(page, response_id=None, etag=None, last_modified=None)
            visit = dataclasses.replace(visit, text_hash=None)
        visit = dataclasses.replace(revisit_policy.after_failure(visit, page, self._now), gone_since=None)
        update = self._keep(dataclasses.replace(page, gone_count=0), visit, facts.removal)
        return dataclasses.replace(update, failure=failure)

    # -- failures and removals ---------------------------------------------------------------------------------------

    def _fail(self, attempt: FetchAttempt, failure: Failure, facts: PageFacts) -> PageUpdate:
        if failure.reason == "deferred" and attempt.before is not None:
            update = self._defer(attempt, attempt.before, failure, facts)
        else:
            update = self._record_failure(attempt, failure, facts)
        return dataclasses.replace(update, failure=failure)

    def _defer(self, attempt: FetchAttempt, before: PageRecord, failure: Failure, facts: PageFacts) -> PageUpdate:
        """Postpone a page that was not requested because its host requires a pause."""
        wait = min(timedelta(seconds=failure.retry_after_seconds or 0), revisit_policy.MAX_BACK_OFF)
        visit = dataclasses.replace(attempt.visit, due=self._now + max(wait, revisit_policy.LISTING_INTERVAL))
        page = dataclasses.replace(attempt.page, failure=before.failure, fetched_at=before.fetched_at)
        return self._keep(page, visit, facts.removal)

    def _record_failure(self, attempt: FetchAttempt, failure: Failure, facts: PageFacts) -> PageUpdate:
        page, before, is_refused = self._failed_page(attempt, failure), attempt.before, failure.reason == "robots"
        if failure.is_gone:
            count = revisit_policy.gone_count(before, self._now, is_requested=self._is_requested) if before else 1
            page = dataclasses.replace(page, gone_count=count)
        visit = revisit_policy.after_failure(
            attempt.visit,
            page,
            self._now,
            gone=failure.is_gone,
            refused=is_refused,
            retry_after=failure.retry_after_seconds if failure.reason == "status" else None,
        )
        is_gone = failure.is_gone and page.gone_count >= revisit_policy.MIN_GONE_ANSWERS
        if is_gone and (page.response_id is not None or visit.left_at):
            since = visit.gone_since or self._now
            why = Reason("gone", str(failure.status), failure.url, f"{since:%Y-%m-%d}")
            return self._remove(attempt, visit, why, facts, page)
        if is_refused and visit.refused_since and self._now - visit.refused_since >= revisit_policy.MIN_REFUSED:
            why = Reason("robots", url=failure.url, since=f"{visit.refused_since:%Y-%m-%d}")
            return self._remove(attempt, visit, why, facts, page)
        return self._keep(page, visit, None if is_refused else facts.removal)

    def _exclude(
        self,
        attempt: FetchAttempt,
        why: Reason,
        response: Response | None,
        extraction: PageExtraction | None,
        facts: PageFacts,
    ) -> PageUpdate:
        """Exclude a page that asks not to be indexed. Remove its document if it has one."""
        page = dataclasses.replace(attempt.page, failure=why, failed_status=None, gone_count=0, fetched_at=self._now)
        visit = self._after_success(attempt, page, None)
        if facts.has_document:
            return self._keep(page, visit, Removal(page.id, page.source_id, why, self._now))
        page = dataclasses.replace(page, failure=None) if response is not None else page
        if response is None or (extraction is not None and extraction.result.document is not None):
            visit = dataclasses.replace(visit, withdrawn=why)  # otherwise each extraction finds it again
        return PageUpdate(page, response, extraction, withdrawn=True, visit=VisitUpdate(visit))

    def _remove(
        self, attempt: FetchAttempt, visit: Visit, why: Reason, facts: PageFacts, page: PageRecord | None = None
    ) -> PageUpdate:
        """Decide upon the removal of a page. If it has a document, `mass_removal_guard` carries it out in the end."""
        page = dataclasses.replace(page or attempt.page, failure=why, fetched_at=self._now)
        if attempt.is_in_sitemap:  # sitemaps list for years what is gone; it is fetched again when its lastmod changes
            visit = dataclasses.replace(visit, left_at=visit.left_at or self._now)
        if facts.has_document:
            return self._keep(page, visit, Removal(page.id, page.source_id, why, self._now))
        return PageUpdate(page, withdrawn=True, visit=VisitUpdate(revisit_policy.after_removal(visit, page, why, self._now)))

    def _keep(self, page: PageRecord, visit: Visit, removal: Removal | None) -> PageUpdate:
        """Store no new answer. A removed document stays removed; a removal stays decided until the page is trusted again."""
        is_withdrawn = visit.withdrawn is not None
        if removal is not None:
            visit = dataclasses.replace(visit, due=self._now + revisit_policy.GONE_INTERVAL)
        return PageUpdate(page, withdrawn=is_withdrawn, visit=VisitUpdate(visit, removal))

    def _failed_page(self, attempt: FetchAttempt, failure: Failure) -> PageRecord:
        return dataclasses.replace(attempt.page, failure=failure.why, failed_status=failure.status, fetched_at=self._now)


def is_readable(answer: Response, *, file_kinds: Collection[str]) -> bool:
    """Return whether the answer's text can be extracted: of a web page, and of a file if the source wants its kind."""
    return is_web_page(answer) or file_kind(answer) in file_kinds


def is_web_page(answer: Response) -> bool:
    return is_page(answer.body, answer.media_type)


def _since(visit: Visit) -> datetime:
    assert visit.suspect_since is not None  # `_doubt` has set it
    return visit.suspect_since


def _rejected(page: PageRecord, answer: Response, reason: FailureReason, cause: Reason) -> Failure:
    """Return the failure of an answer that cannot replace what the archive holds of its page."""
    stands: TextShown = "stored-text" if page.response_id is not None else "feed-text"
    return Failure(answer.requested_url, reason, cause=cause, stands=stands)
