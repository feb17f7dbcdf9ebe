"""The last crawls and days: bounded, in order, and the same on the page, as JSON and for Prometheus."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from indexer.archive.query_log import LoggedSearch, QueryLog
from indexer.archive.sources import MAX_CRAWLS_PER_SOURCE, MAX_DOCUMENT_DAYS, CrawlCounts
from indexer.archive.store import Archive
from indexer.config import Settings, load_settings, open_archive, open_engine
from indexer.diagnostics.history import gauges, history
from indexer.model import Source
from indexer.reasons import Reason
from support.served import document, fill
from webui import create_app

NOW = datetime(2026, 5, 31, 12, tzinfo=UTC)
DASHBOARD = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "grafana-dashboard.json"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = load_settings(tmp_path)
    fill(settings, *(document(n) for n in range(3)))
    return settings


def record(archive: Archive, at: datetime, *, error: Reason | None = None, pages_fail: bool = False) -> None:
    (state,) = archive.sources.all()
    archive.sources.record_crawl(state.id, at, next_crawl=at + timedelta(hours=1), error=error, pages_fail=pages_fail)
    archive.crawls.add(state.id, at, CrawlCounts(2, 1, 0, 4))


def test_the_last_crawls_are_stored_with_their_state_and_no_more(settings: Settings) -> None:
    archive = open_archive(settings)
    for number in range(MAX_CRAWLS_PER_SOURCE + 10):
        record(archive, NOW + timedelta(hours=number))
    record(archive, NOW + timedelta(hours=100), pages_fail=True)
    record(archive, NOW + timedelta(hours=101), error=Reason("dns", url="https://example.org/rss.xml"))
    (crawls,) = archive.crawls.by_source().values()
    archive.close()
    assert len(crawls) == MAX_CRAWLS_PER_SOURCE
    assert [crawl.at for crawl in crawls] == sorted(crawl.at for crawl in crawls)
    assert [crawl.state for crawl in crawls[-3:]] == ["ok", "partial", "failing"]
    assert crawls[-1].error == Reason("dns", url="https://example.org/rss.xml")
    assert crawls[-1].counts == CrawlCounts(2, 1, 0, 4)


def test_a_crawl_that_is_recorded_twice_counts_once(settings: Settings) -> None:
    archive = open_archive(settings)
    record(archive, NOW)
    record(archive, NOW)
    assert [len(crawls) for crawls in archive.crawls.by_source().values()] == [1]
    archive.close()


def test_days_of_documents_are_bounded(settings: Settings) -> None:
    archive = open_archive(settings)
    for number in range(MAX_DOCUMENT_DAYS + 20):
        archive.crawls.record_documents(NOW + timedelta(days=number), number)
    archive.crawls.record_documents(NOW + timedelta(days=MAX_DOCUMENT_DAYS + 19), 7)
    days = archive.crawls.documents_by_day()
    archive.close()
    assert len(days) == MAX_DOCUMENT_DAYS
    assert next(iter(days)) == (NOW + timedelta(days=20)).strftime("%Y-%m-%d")
    assert list(days.values())[-1] == 7


def test_a_day_without_a_crawl_has_the_documents_of_the_day_before(settings: Settings) -> None:
    archive = open_archive(settings)
    archive.crawls.record_documents(NOW - timedelta(days=60), 10)
    archive.crawls.record_documents(NOW - timedelta(days=2), 25)
    days = history(archive, NOW)["days"]
    archive.close()
    assert [row["documents"] for row in days] == [10] * 27 + [25] * 3
    assert days[-1]["day"] == "2026-05-31"


def test_searches_and_their_times_are_counted_by_day(settings: Settings) -> None:
    log = QueryLog(settings.archive_path)
    log.write([LoggedSearch("page", f"q{n}", n % 2, NOW, took_ms=3 if n < 18 else 70) for n in range(20)], 5)
    log.write([LoggedSearch("cli", "q", 1, NOW)], 5)
    archive = open_archive(settings)
    day = history(archive, NOW)["days"][-1]
    assert (day["searches"], day["without_result"], day["median_ms"], day["p95_ms"]) == (21, 10, 5, 100)
    log.forget_all()
    assert history(archive, NOW)["days"][-1]["p95_ms"] is None
    log.close()
    archive.close()


def test_gauges_count_sources_that_are_not_ok(settings: Settings) -> None:
    archive = open_archive(settings)
    archive.sources.add(Source("https://other.example/rss.xml", "Other"))
    assert str(gauges(archive, open_engine(settings), NOW)["crawl_age_seconds"]) == "nan"
    first, second = archive.sources.all()
    archive.sources.record_crawl(first.id, NOW - timedelta(minutes=5), next_crawl=NOW, pages_fail=True)
    archive.sources.record_crawl(second.id, NOW - timedelta(minutes=9), next_crawl=NOW)
    values = gauges(archive, open_engine(settings), NOW)
    archive.close()
    assert (values["crawl_age_seconds"], values["sources"], values["failing_sources"]) == (300, 2, 1)


@pytest.fixture
def client(settings: Settings) -> FlaskClient:
    archive = open_archive(settings)
    record(archive, datetime.now(UTC) - timedelta(minutes=27))
    archive.close()
    return create_app(settings=settings).test_client()


def test_the_page_shows_charts_with_a_table_and_times_from_now(client: FlaskClient) -> None:
    page = client.get("/status").text
    assert re.search(r'<time datetime="[^"]+" title="[\d-]+ [\d:]+ UTC">27 minutes ago</time>', page)
    assert page.count('<svg class="graph"') >= 4
    assert 'aria-label="The last crawl (succeeded: 1)"' in page
    assert page.count('<tr><th scope="row">') >= 30
    assert "nan" not in page.lower().replace("finance", "")


def test_a_source_whose_pages_mostly_fail_is_not_ok(settings: Settings) -> None:
    archive = open_archive(settings)
    record(archive, datetime.now(UTC), pages_fail=True)
    archive.close()
    page = create_app(settings=settings).test_client().get("/status").text
    assert '<td class="bad">most pages fail</td>' in page
    assert 'class="partial"' in page


def test_the_same_figures_are_json_for_the_operator_only(client: FlaskClient) -> None:
    figures = client.get("/api/v1/status").json["history"]
    assert len(figures["days"]) == 30
    assert figures["crawls"][0]["crawls"][0]["added"] == 2
    assert "history" not in client.get("/api/v1/status", environ_base={"REMOTE_ADDR": "192.0.2.1"}).json


def test_the_dashboard_uses_metrics_that_exist(client: FlaskClient) -> None:
    client.get("/api/v1/search?q=ferry")
    names = set(re.findall(r"^# TYPE (\w+)", client.get("/metrics").text, re.M))
    dashboard = json.loads(DASHBOARD.read_text("utf-8"))
    used = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in re.findall(r"feedsearch_\w+", target["expr"])
    }
    assert {re.sub("_(bucket|count|sum)$", "", name) for name in used} <= names
    assert {"feedsearch_crawl_age_seconds", "feedsearch_failing_sources", "feedsearch_pending_pages"} <= used
