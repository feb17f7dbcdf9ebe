"""What an answer means for its page, as a table of cases: what is stored, what is reported, what is decided upon."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from indexer.archive.store import PageRecord
from indexer.archive.visits import Removal, Visit
from indexer.crawl import revisit_policy
from indexer.crawl.batch_writer import PageUpdate
from indexer.crawl.extraction_processes.worker import PageExtraction
from indexer.crawl.response_policy import FetchAttempt, PageFacts, ResponsePolicy, SameText, is_readable
from indexer.crawl.soft_errors import text_hash
from indexer.extract.extractor import ExtractionResult
from indexer.model import Document, Entry, Failure, Response
from indexer.reasons import Reason

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
URL = "https://news.example/harbour"
ENTRY = Entry(URL, title="The harbour opens")
TEXT = "The harbour opened this morning after years of work, and the first ferry left at nine. " * 5
OTHER = "Recipes of the week: soup of lentils, bread with seeds, and a cake that needs no oven at all, ever. " * 5
NEW = PageRecord("p", URL, 1, ENTRY, "digest")
STORED = dataclasses.replace(
    NEW, document_id="p", own_document_id="p", response_id=7, etag='"1"', last_modified="Fri", fetched_at=NOW - DAY
)
INDEXED = PageFacts(Document("p", URL, ENTRY.title, TEXT, rule="article"), has_document=True)


def answer(body: str = "<article>x</article>", status: int = 200, url: str = URL, **headers: str) -> Response:
    kind = {"content-type": "text/html"}
    return Response(url, URL, status, {**kind, **{k.replace("_", "-"): v for k, v in headers.items()}}, body.encode())


def extraction(text: str = TEXT, title: str = ENTRY.title, **result: Any) -> PageExtraction:
    document = Document("p", URL, title, text, rule="article") if text else None
    return PageExtraction(ExtractionResult(document, **result))


def decide(
    reply: Response | Failure | None,
    extracted: PageExtraction | None = None,
    page: PageRecord = STORED,
    facts: PageFacts = INDEXED,
    *,
    is_new: bool = False,
    is_in_sitemap: bool = False,
    is_requested: bool = False,
    file_kinds: tuple[str, ...] = (),
    **visit: Any,
) -> PageUpdate:
    before = None if is_new else page
    attempt = FetchAttempt(NEW if is_new else page, before, Visit("p", 1, **visit), is_in_sitemap, reply)
    policy = ResponsePolicy("bot/1.0", NOW, file_kinds=file_kinds, is_requested=is_requested)
    return policy.decide(attempt, extracted, PageFacts() if is_new else facts)


def visit_of(update: PageUpdate) -> Visit:
    assert update.visit is not None
    return update.visit.visit


def removal_of(update: PageUpdate) -> Removal | None:
    assert update.visit is not None
    return update.visit.removal


def code(reason: Reason | None) -> str | None:
    return reason.code if reason else None


def test_a_trusted_answer_is_stored_and_clears_what_was_wrong() -> None:
    page = dataclasses.replace(STORED, failure=Reason("status", "500"), failed_status=500, gone_count=1)
    update = decide(answer(), extraction(), page, failures=3, gone_since=NOW - DAY, refused_since=NOW - DAY)
    assert (update.response, update.withdrawn, update.failure, update.soft_error) == (answer(), False, None, None)
    assert (update.page.failure, update.page.failed_status, update.page.gone_count, update.page.fetched_at) == (
        None,
        None,
        0,
        NOW,
    )
    visit = visit_of(update)
    assert (visit.failures, visit.gone_since, visit.refused_since, visit.looked_at) == (0, None, None, NOW)
    assert visit.text_hash == text_hash(extraction().result.document)
    assert removal_of(update) is None


def test_an_item_without_an_address_is_stored_as_it_is() -> None:
    assert decide(None) == PageUpdate(STORED)


@pytest.mark.parametrize(
    ("visit", "withdrawn", "removal"),
    [
        ({}, False, None),  # 304: as it was
        ({"until": NOW + HOUR}, False, None),
        ({"until": NOW}, False, "unavailable-after"),
        ({"withdrawn": Reason("gone", "410")}, False, None),  # it is back
    ],
)
def test_an_unchanged_page(visit: dict[str, Any], withdrawn: bool, removal: str | None) -> None:
    update = decide(answer("", 304), **visit)
    assert update.response is None
    reason = removal_of(update)
    assert code(reason.why if reason else None) == removal
    assert update.withdrawn is withdrawn


def test_a_304_does_not_lift_noindex() -> None:
    update = decide(answer("", 304), facts=PageFacts(), withdrawn=Reason("noindex", "noindex"))
    assert (update.withdrawn, code(visit_of(update).withdrawn)) == (True, "noindex")


@pytest.mark.parametrize(
    ("reply", "extracted", "reason", "cause"),
    [
        (answer(content_type="image/png", body="\x89PNG"), None, "content-type", "content-type"),
        (answer("   "), None, "not-the-article", "empty"),
        (
            answer(),
            PageExtraction(ExtractionResult(None), None, Reason("extraction-timeout", "40")),
            "unreadable",
            "extraction-timeout",
        ),
        (answer("<title>Page not found</title>"), extraction("", why_not=Reason("no-text")), "not-the-article", "error-page"),
        (answer("<title>Sign in</title>"), extraction("Please sign in."), "not-the-article", "login"),
        (answer(), extraction("A line.", "Recipes"), "not-the-article", "shrunk"),
        (answer("<title>Recipes</title>"), extraction(OTHER, "Recipes"), "not-the-article", "other-text"),
    ],
)
def test_what_is_not_the_page_never_replaces_its_text(
    reply: Response, extracted: PageExtraction | None, reason: str, cause: str
) -> None:
    update = decide(reply, extracted)
    assert update.response is None
    assert update.page.response_id == STORED.response_id
    assert removal_of(update) is None
    assert update.failure is not None
    assert (update.failure.reason, code(update.failure.cause), update.failure.stands) == (reason, cause, "stored-text")
    assert visit_of(update).failures == 1
    first = decide(reply, extracted, is_new=True)
    assert first.failure is None or first.failure.stands == "feed-text"


def test_a_soft_error_is_accepted_after_five_visits_in_fourteen_days() -> None:
    reply, extracted = answer("<title>Page not found</title>"), extraction("", why_not=Reason("no-text"))
    old = {"suspect": "error page", "suspect_since": NOW - 14 * DAY}
    for visits, since, removed in ((3, 14 * DAY, False), (4, 14 * DAY, True), (4, 14 * DAY - HOUR, False)):
        update = decide(reply, extracted, **{**old, "suspect_since": NOW - since, "suspect_visits": visits})
        assert (removal_of(update) is not None) is removed
    hour_ago = dataclasses.replace(STORED, fetched_at=NOW - HOUR + timedelta(minutes=1))
    assert removal_of(decide(reply, extracted, hour_ago, **old, suspect_visits=4)) is None, "visits of an hour count as one"
    fresh = decide(reply, extracted, suspect="login", suspect_since=NOW - 30 * DAY, suspect_visits=9)
    assert (visit_of(fresh).suspect, visit_of(fresh).suspect_since, visit_of(fresh).suspect_visits) == ("error page", NOW, 1)


def test_a_wall_is_never_accepted() -> None:
    update = decide(
        answer("<title>Sign in</title>"), extraction("Sign in."), suspect="login", suspect_since=NOW - 99 * DAY, suspect_visits=99
    )
    assert removal_of(update) is None
    assert update.response is None


def test_another_text_is_accepted_at_the_second_visit() -> None:
    reply, extracted = answer("<title>Recipes</title>"), extraction(OTHER, "Recipes")
    digest = text_hash(extracted.result.document)
    update = decide(reply, extracted, suspect=digest, suspect_since=NOW - HOUR, suspect_visits=1)
    assert update.response is reply
    assert update.soft_error is not None


def test_a_text_of_other_pages_makes_those_doubtful() -> None:
    extracted = extraction(OTHER, "Recipes")
    facts = PageFacts(same_text=SameText(frozenset(("a", "b"))))
    first = decide(answer(), extracted, NEW, facts, is_new=False)
    assert first.soft_error is not None
    assert first.doubts_others
    later = decide(answer(), extracted, STORED, dataclasses.replace(INDEXED, same_text=facts.same_text))
    assert later.soft_error is not None
    assert not later.doubts_others, "the page had a text of its own"


def test_a_text_that_was_trusted_too_soon_is_dropped() -> None:
    extracted = extraction(OTHER, "Recipes")
    facts = dataclasses.replace(INDEXED, same_text=SameText(doubted=frozenset(("a", "b"))))
    update = decide(answer("<title>Recipes</title>"), extracted, facts=facts, text_hash=text_hash(extracted.result.document))
    assert (update.page.response_id, update.page.etag, visit_of(update).text_hash) == (None, None, None)
    assert update.failure is not None
    assert update.failure.stands == "feed-text"


@pytest.mark.parametrize(
    ("failure", "visit", "page", "removal", "due"),
    [
        (Failure(URL, "status", status=500), {}, {}, None, HOUR),
        (Failure(URL, "status", status=500), {"failures": 2}, {}, None, 4 * HOUR),
        (Failure(URL, "status", status=500), {"failures": 30}, {}, None, DAY),
        (Failure(URL, "status", status=503, retry_after_seconds=7 * 86_400), {}, {}, None, 7 * DAY),
        (Failure(URL, "robots-unreachable", status=503, retry_after_seconds=7 * 86_400), {}, {}, None, HOUR),
        (Failure(URL, "status", status=404), {}, {}, None, HOUR),
        (Failure(URL, "status", status=404), {"gone_since": NOW - DAY}, {"gone_count": 1}, "gone", DAY),
        (Failure(URL, "status", status=410), {}, {"gone_count": 1, "fetched_at": NOW - timedelta(minutes=59)}, None, HOUR),
        (Failure(URL, "robots"), {}, {}, None, DAY),
        (Failure(URL, "robots"), {"refused_since": NOW - DAY}, {}, "robots", DAY),
        (Failure(URL, "robots"), {"refused_since": NOW - DAY + HOUR}, {}, None, DAY),
        (Failure(URL, "deferred", retry_after_seconds=7_200), {}, {}, None, 2 * HOUR),
        (Failure(URL, "deferred", retry_after_seconds=9e9), {}, {}, None, DAY),
        (Failure(URL, "deferred"), {}, {}, None, HOUR),
    ],
)
def test_failures(failure: Failure, visit: dict[str, Any], page: dict[str, Any], removal: str | None, due: timedelta) -> None:
    update = decide(failure, None, dataclasses.replace(STORED, **page), **visit)
    assert (update.response, update.failure, update.withdrawn) == (None, failure, False)
    decided = removal_of(update)
    assert code(decided.why if decided else None) == removal
    assert visit_of(update).due == NOW + due
    assert update.page.response_id == STORED.response_id


def test_a_host_in_back_off_leaves_the_page_as_it_was() -> None:
    page = dataclasses.replace(STORED, failure=Reason("status", "500"))
    update = decide(Failure(URL, "deferred", retry_after_seconds=60), None, page)
    assert (update.page.failure, update.page.fetched_at) == (page.failure, page.fetched_at)


def test_the_operator_counts_answers_of_the_same_hour() -> None:
    page = dataclasses.replace(STORED, gone_count=1, fetched_at=NOW)
    gone = Failure(URL, "status", status=404)
    assert removal_of(decide(gone, None, page)) is None
    assert removal_of(decide(gone, None, page, is_requested=True)) is not None


def test_a_removal_stays_decided_until_the_page_is_trusted() -> None:
    pending = Removal("p", 1, Reason("gone", "410"), NOW - DAY)
    facts = dataclasses.replace(INDEXED, removal=pending)
    assert removal_of(decide(Failure(URL, "timeout"), None, facts=facts)) == pending
    assert removal_of(decide(Failure(URL, "robots"), None, facts=facts)) is None
    assert removal_of(decide(answer(), extraction(), facts=facts)) is None


def test_a_page_without_a_document_is_withdrawn_at_once() -> None:
    page = dataclasses.replace(STORED, gone_count=1)
    update = decide(Failure(URL, "status", status=410), None, page, PageFacts(), gone_since=NOW - DAY)
    assert (update.withdrawn, code(visit_of(update).withdrawn), removal_of(update)) == (True, "gone", None)


@pytest.mark.parametrize(
    ("reply", "extracted", "facts", "removal", "withdrawn"),
    [
        (answer(x_robots_tag="noindex"), extraction(), INDEXED, "noindex", False),
        (answer(x_robots_tag="noindex"), extraction(), PageFacts(), None, True),
        (answer(x_robots_tag="otherbot: noindex"), extraction(), INDEXED, None, False),
        (answer(x_robots_tag="bot: noindex"), extraction(), INDEXED, "noindex", False),
        (answer(), extraction("", why_not=Reason("noindex", "noindex")), INDEXED, "noindex", False),
        (answer(x_robots_tag="unavailable_after: 2026-04-01"), extraction(), INDEXED, "unavailable-after", False),
    ],
)
def test_pages_that_ask_not_to_be_indexed(
    reply: Response, extracted: PageExtraction, facts: PageFacts, removal: str | None, withdrawn: bool
) -> None:
    update = decide(reply, extracted, facts=facts)
    decided = removal_of(update)
    assert code(decided.why if decided else None) == removal
    assert update.withdrawn is withdrawn


def test_a_day_until_which_a_page_is_available_bounds_its_next_visit() -> None:
    update = decide(answer(x_robots_tag="unavailable_after: 2026-05-03"), extraction())
    assert visit_of(update).until == visit_of(update).due == datetime(2026, 5, 3, tzinfo=UTC)


def test_a_sitemap_that_reports_changes_in_vain_is_ignored_in_the_end() -> None:
    page = dataclasses.replace(STORED, entry=dataclasses.replace(ENTRY, updated=NOW - HOUR))
    same = text_hash(extraction().result.document)
    alarms = 0
    for expected in (1, 2, 3, 4):
        update = decide(answer(), extraction(), page, is_in_sitemap=True, text_hash=same, false_alarms=alarms)
        alarms = visit_of(update).false_alarms
        assert alarms == expected
    assert revisit_policy.MAX_FALSE_ALARMS == 3
    changed = decide(answer(), extraction(TEXT + "More."), page, is_in_sitemap=True, text_hash=same, false_alarms=alarms)
    assert visit_of(changed).false_alarms == 0
    before = dataclasses.replace(page, entry=dataclasses.replace(ENTRY, updated=page.fetched_at))  # not later than that visit
    assert visit_of(decide(answer(), extraction(), before, is_in_sitemap=True, text_hash=same)).false_alarms == 0


def test_a_removed_page_of_a_sitemap_is_not_listed_for_the_policy() -> None:
    page = dataclasses.replace(STORED, gone_count=1)
    gone = Failure(URL, "status", status=404)
    assert visit_of(decide(gone, None, page, is_in_sitemap=True)).left_at == NOW
    assert visit_of(decide(gone, None, page)).left_at is None


def test_pdfs_are_readable_where_the_source_wants_them() -> None:
    pdf = answer("%PDF-1.7", content_type="application/pdf")
    assert [is_readable(pdf, file_kinds=kinds) for kinds in (("pdf",), ("docx",))] == [True, False]
    assert decide(pdf, extraction(), file_kinds=("pdf",)).response is pdf
    assert decide(pdf, None).failure is not None


@pytest.mark.parametrize(
    ("reply", "extracted", "file_kinds", "is_judged"),
    [
        (answer(), extraction(), (), True),
        (answer("", 304), None, (), False),
        (answer(" "), None, (), False),
        (answer("%PDF-1.7", content_type="application/pdf"), extraction(), ("pdf",), False),
        (answer(), PageExtraction(ExtractionResult(None), None, Reason("extraction-crash")), (), False),
        (Failure(URL, "timeout"), None, (), False),
        (None, None, (), False),
    ],
)
def test_texts_are_compared_only_where_that_decides(
    reply: Response | Failure | None, extracted: PageExtraction | None, file_kinds: tuple[str, ...], is_judged: bool
) -> None:
    attempt = FetchAttempt(STORED, STORED, Visit("p", 1), False, reply)
    assert ResponsePolicy("bot", NOW, file_kinds=file_kinds).is_judged(attempt, extracted) is is_judged
