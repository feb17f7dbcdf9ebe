"""The application through Flask's test client, on a real archive and a real index."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import pytest
from flask.testing import FlaskClient

from indexer.archive.postgres_address import postgres_address
from indexer.archive.store import PageRecord
from indexer.config import Settings, WebSettings, load_settings, open_archive
from indexer.fetch.politeness import HostState
from indexer.model import Entry
from indexer.reasons import Reason
from support.served import document, fill
from webui import create_app

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(tmp_path)


@pytest.fixture
def client(settings: Settings) -> FlaskClient:
    hostile = document(
        90, title=f"Evil {HOSTILE}", text=f"Evil {HOSTILE} ferry", url="javascript:alert(3)", categories=(HOSTILE,)
    )
    fill(settings, *(document(n) for n in range(12)), hostile)
    return create_app(settings=settings).test_client()


def test_the_page_shows_marked_hits_filters_and_a_pager(client: FlaskClient) -> None:
    page = client.get("/?q=ferry").text
    assert "<mark>ferry</mark>" in page
    assert "13</strong> results" in page
    assert 'rel="next"' in page
    assert "Narrow down" in page
    second = client.get("/?q=ferry&page=2").text
    assert 'aria-current="page">2<' in second
    assert 'start="11"' in second
    assert client.get("/?q=ferry&page=99").status_code == 200


def test_nothing_hostile_becomes_markup(client: FlaskClient) -> None:
    for path in ("/?q=evil", "/?q=" + HOSTILE, "/?category=" + HOSTILE, "/search.rss?q=evil", "/status"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert 'href="javascript' not in page
    hit = client.get("/api/v1/search?q=evil").json["hits"][0]
    assert "<script" not in hit["title_html"] + hit["snippet_html"]


def test_the_api(client: FlaskClient) -> None:
    answer = client.get("/api/v1/search?q=ferry&facets=1&size=3&explain=1").json
    assert answer is not None
    assert (answer["total"], answer["pages"], len(answer["hits"])) == (13, 5, 3)
    assert {"source", "category", "author", "language", "filetype", "year", "month"} == set(answer["facets"])
    assert answer["hits"][0]["explain"]
    similar = client.get(f"/api/v1/similar?id={answer['hits'][0]['id']}").json
    assert similar is not None
    assert answer["hits"][0]["id"] not in {hit["id"] for hit in similar["hits"]}
    suggested = client.get("/api/v1/suggest?q=fer").json
    assert suggested is not None
    assert (suggested["query"], suggested["suggestions"][0]) == ("fer", "ferry")
    assert suggested["suggestions"] == [item["text"] for item in suggested["items"]]
    assert suggested["items"][0] == {"text": "ferry", "kind": "query"}
    assert suggested["items"][-1]["kind"] == "page"
    assert client.get("/api/v1/suggest?q=fer&format=opensearch").json == ["fer", ["ferry"]]
    assert client.get("/api/v1/status").json["documents"] == 13


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=x", "page=", "size=51", "size=-1", "sort=up", "from=yesterday", "to=2020-13", "facets=yes", "explain=2",
     "page=1001&size=10", "page=٣", "category=" + "x" * 400, "&".join(f"source={i}" for i in range(30))],
)  # fmt: skip
def test_bad_parameters_are_problems_that_name_them(client: FlaskClient, query: str) -> None:
    answer = client.get("/api/v1/search?q=a&" + query)
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    assert answer.json["parameter"] in query
    assert client.get("/?q=a&" + query).status_code == 200


def test_other_problems(client: FlaskClient) -> None:
    assert client.get("/api/v1/nothing").mimetype == "application/problem+json"
    assert client.get("/nothing", headers={"Accept": "text/html"}).mimetype == "text/html"
    assert client.get("/api/v1/similar?id=ffff").status_code == 404
    assert client.get("/api/v1/similar").status_code == 400
    assert client.post("/api/v1/search").status_code == 405
    assert client.get("/api/v1/search?q=" + "a" * 9000).status_code == 414


def test_security_headers(client: FlaskClient) -> None:
    for path in ("/", "/?q=ferry", "/api/v1/search?q=a", "/nothing", "/status", "/widget.js"):
        headers = client.get(path).headers
        assert "unsafe-inline" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
    page = client.get("/?q=ferry").text
    assert "<style" not in page
    assert " style=" not in page
    assert " onclick" not in page


def test_other_origins_may_ask_when_they_are_named(settings: Settings, client: FlaskClient) -> None:
    origin = {"Origin": "https://www.example.org"}
    assert "Access-Control-Allow-Origin" not in client.get("/api/v1/search?q=a", headers=origin).headers
    assert client.get("/widget.js").headers["Access-Control-Allow-Origin"] == "*"
    web = WebSettings(cors_origins=("https://www.example.org/",))
    open_client = create_app(settings=dataclasses.replace(settings, web=web)).test_client()
    assert open_client.get("/api/v1/search?q=a", headers=origin).headers["Access-Control-Allow-Origin"] == origin["Origin"]
    assert open_client.options("/api/v1/search", headers=origin).status_code == 204
    stranger = open_client.get("/api/v1/search?q=a", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in stranger.headers


def test_a_client_that_asks_too_often_is_told_when_to_come_back(settings: Settings, client: FlaskClient) -> None:
    limited = create_app(settings=dataclasses.replace(settings, web=WebSettings(requests_per_minute=3))).test_client()
    answers = [limited.get("/api/v1/search?q=a") for _ in range(5)]
    assert [answer.status_code for answer in answers][:3] == [200] * 3
    assert 429 in {answer.status_code for answer in answers}
    assert int(answers[-1].headers["Retry-After"]) > 0 or answers[-1].status_code == 200


def test_without_an_index_it_says_so_and_starts_to_answer_by_itself(settings: Settings) -> None:
    client = create_app(settings=settings).test_client()
    for path in ("/", "/?q=a", "/api/v1/search?q=a", "/readyz", "/search.rss?q=a"):
        answer = client.get(path)
        assert (answer.status_code, "Retry-After" in answer.headers) == (503, True), path
    assert client.get("/healthz").status_code == 200
    assert "feedsearch_up 0" in client.get("/metrics").text
    fill(settings, document(1))
    assert client.get("/api/v1/search?q=ferry").json["total"] == 1
    fill(settings, document(2))
    assert client.get("/api/v1/search?q=ferry").json["total"] == 2
    assert client.get("/readyz").status_code == 200


def test_metrics_tell_a_missing_archive_from_a_missing_index(settings: Settings) -> None:
    fill(settings, document(1))
    away = dataclasses.replace(settings, archive=postgres_address("postgresql://nobody@127.0.0.1:1/nothing"))
    client = create_app(settings=away).test_client()
    assert client.get("/readyz").json["parts"] == {"index": "ok", "archive": "missing"}
    lines = client.get("/metrics").text.splitlines()
    assert [line for line in lines if line.startswith("feedsearch_up ")] == ["feedsearch_up 1"]
    assert "feedsearch_archive_up 0" in lines
    names = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(names) == len(set(names))
    assert "feedsearch_pending_changes" not in names
    names = [
        line.split()[2]
        for line in create_app(settings=settings).test_client().get("/metrics").text.splitlines()
        if "# TYPE" in line
    ]
    assert {"feedsearch_pending_changes", "feedsearch_sources", "feedsearch_archive_up"} <= set(names)


def test_results_as_a_feed_newest_first(client: FlaskClient) -> None:
    answer = client.get("/search.rss?q=ferry")
    feed = feedparser.parse(answer.data)
    assert not feed.bozo
    dates = [entry.published_parsed for entry in feed.entries if "published" in entry]
    assert dates == sorted(dates, reverse=True)
    assert len(feed.entries) == 13


def test_openapi_names_only_paths_and_parameters_that_exist(client: FlaskClient) -> None:
    described = client.get("/api/openapi.json").json
    assert described is not None
    assert described["openapi"].startswith("3.1")
    rules = {rule.rule for rule in client.application.url_map.iter_rules()}
    assert {path.replace("{", "<document_").replace("}", ">") for path in described["paths"]} <= rules
    assert {p["name"] for p in described["paths"]["/api/v1/search"]["get"]["parameters"]} == {
        "q", "page", "size", "sort", "source", "category", "author", "language", "filetype", "from", "to", "facets", "explain",
            "prefix_last", "lang",
    }  # fmt: skip


def test_the_operator_sees_what_was_searched_and_found(client: FlaskClient) -> None:
    for query in ("ferry", "zeppelin"):
        client.get(f"/?q={query}")
        client.get(f"/?q={query}", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    page = client.get("/status").get_data(as_text=True)
    for query, found in (("ferry", 13), ("zeppelin", 0)):
        assert f'><bdi>{query}</bdi></a></th><td class="n">2</td><td class="n">{found}</td><td class="n">0</td>' in page


def test_an_opened_hit_is_counted_for_its_query(client: FlaskClient) -> None:
    page = client.get("/?q=ferry+harbour").text
    client.get("/?q=ferry+harbour", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert 'data-query="ferry harbour"' in page
    assert f'data-id="{1:016x}"' in page
    note = {"q": "ferry harbour", "id": f"{1:016x}"}
    for answer in (client.post("/api/v1/opened", data=note), client.post("/api/v1/opened", json=note)):
        assert (answer.status_code, answer.data) == (204, b"")
        assert "Set-Cookie" not in answer.headers
    assert (
        '><bdi>ferry harbour</bdi></a></th><td class="n">2</td><td class="n">12</td><td class="n">2</td>'
        in client.get("/status").text
    )


def test_a_wrong_note_of_an_opened_hit_is_a_problem(client: FlaskClient) -> None:
    right = {"q": "ferry", "id": f"{1:016x}"}
    for status, wrong in (
        (400, {"data": {"q": "ferry"}}),
        (400, {"data": {**right, "q": "  "}}),
        (400, {"data": {**right, "id": "<script>"}}),
        (400, {"json": [1]}),
        (400, {"json": {**right, "q": 7}}),
        (400, {"data": b"{", "content_type": "application/json"}),
        (404, {"data": {**right, "id": "f" * 16}}),
        (413, {"data": {**right, "q": "x" * 20_000}}),
        (413, {"json": {**right, "q": "x" * 20_000}}),
        (403, {"data": right, "headers": {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}}),
    ):
        answer = client.post("/api/v1/opened", **wrong)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), wrong
    assert client.get("/api/v1/opened").status_code == 405


def test_the_widget_of_a_site_that_may_search_may_note_what_was_opened(settings: Settings) -> None:
    fill(settings, document(1))
    web = WebSettings(cors_origins=("https://www.example.org/",))
    client = create_app(settings=dataclasses.replace(settings, web=web)).test_client()
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://www.example.org"}
    assert client.post("/api/v1/opened", data={"q": "ferry", "id": f"{1:016x}"}, headers=headers).status_code == 204
    asked = client.options("/api/v1/opened", headers=headers).headers
    assert (asked["Access-Control-Allow-Methods"], asked["Access-Control-Allow-Headers"]) == ("POST, OPTIONS", "Content-Type")


@pytest.mark.parametrize(
    ("title", "short"), [("Sample newsroom search", "Sample newsroom"), ("Search", "Search"), ("x" * 20, "x" * 16)]
)
def test_a_search_engine_has_a_name_of_sixteen_characters(settings: Settings, title: str, short: str) -> None:
    named = dataclasses.replace(settings, web=WebSettings(title=title))
    text = create_app(settings=named).test_client().get("/opensearch.xml").get_data(as_text=True)
    assert f"<ShortName>{short}</ShortName>" in text


def test_machine_paths(client: FlaskClient) -> None:
    client.get("/api/v1/search?q=ferry")
    metrics = client.get("/metrics").text
    assert "feedsearch_documents 13" in metrics
    assert 'feedsearch_requests_total{endpoint="api.search_json",status="200"} 1' in metrics
    assert "{searchTerms}" in client.get("/opensearch.xml").text
    assert "customElements.define" in client.get("/widget.js").text
    assert "Documents by year" in client.get("/status").text


@pytest.mark.parametrize("port", ["99999", "-1", "http"])
def test_a_port_that_is_none_is_a_usage_error(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    from webui.__main__ import main

    with pytest.raises(SystemExit) as stopped:
        main(["--port", port])
    assert stopped.value.code == 2
    assert "port" in capsys.readouterr().err


@pytest.mark.parametrize("count", ["0", "-2", "65", "two"])
def test_a_number_of_processes_that_is_none_is_a_usage_error(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    from webui.__main__ import main

    with pytest.raises(SystemExit) as stopped:
        main(["--processes", count])
    assert stopped.value.code == 2
    assert "--processes" in capsys.readouterr().err.splitlines()[-1]


def test_several_processes_need_a_system_that_can_fork(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import os

    from webui.__main__ import main

    monkeypatch.delattr(os, "fork")
    with pytest.raises(SystemExit) as stopped:
        main(["--processes", "2"])
    assert stopped.value.code == 2
    assert "fork" in capsys.readouterr().err.splitlines()[-1]


def test_a_port_for_a_name_with_several_addresses_is_the_same_on_all() -> None:
    from webui.server.serve import listen

    sockets = listen("localhost", 0)
    assert len({each.getsockname()[1] for each in sockets}) == 1
    for each in sockets:
        each.close()


def test_a_port_that_is_taken_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import socket

    from webui.__main__ import main

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["--data", str(tmp_path), "--port", str(taken.getsockname()[1])]) == 2
    assert "--port" in capsys.readouterr().err


def test_the_status_page_says_what_fails_and_what_looks_wrong(settings: Settings) -> None:
    fill(settings, *(document(n) for n in range(12)))
    archive = open_archive(settings)
    source, now = archive.sources.all()[0], datetime(2026, 5, 1, tzinfo=UTC)
    for number in range(12):
        entry, url = Entry(url=f"https://example.org/{number}"), f"https://example.org/{number}"
        failure = Reason("status", f"the server answered 404 {HOSTILE}", url) if number == 3 else None
        made = dataclasses.replace(
            document(number), rule="body" if number == 5 else "main", title=HOSTILE if number == 5 else f"T {number}"
        )
        archive.documents.put(made, source.id, 1)
        archive.pages.put(PageRecord(made.id, url, source.id, entry, "", fetched_at=now, failure=failure, document_id=made.id))
    archive.sources.record_crawl(
        source.id, now, next_crawl=now, error=Reason("status", "the server answered 503", "https://example.org/rss.xml")
    )
    spared = HostState("example.org", 9, now, f"no answer {HOSTILE}", datetime.now(UTC) + timedelta(hours=1))
    archive.hosts.put({spared.host: spared.to_mapping()})
    archive.close()
    said = create_app(settings=settings).test_client().get("/status").get_data(as_text=True)
    for words in ("the server answered 503", 'Failing since: <time datetime="2026-05-01T00:00:00Z" title="2026-05-01 00:00 UTC">', "indexer crawl Gazette", "indexer doctor Gazette",
                  "1 page: <bdi>the server answered 404", 'Last attempt: <time datetime="2026-05-01T00:00:00Z"', "The whole page was used: 1 document", "indexer preview https://example.org/5",
                  "Hosts in back-off", 'In back-off: it failed 9 times in a row. Since: <time datetime="2026-05-01T00:00:00Z"', "Sources: <bdi>Gazette</bdi>."):  # fmt: skip
        assert words in said, words
    assert "<script>alert" not in said
    assert "onerror=alert(2)>" not in said
    assert said.index("Failing sources") < said.index("<h2>Sources<")


@pytest.mark.parametrize(
    ("accept", "language", "text"), [("de-AT", "de", "Ergebnisse"), ("ar", "ar", 'dir="rtl"'), ("ja", "en", "results")]
)
def test_the_page_speaks_the_language_of_the_browser_also_from_the_cache(
    client: FlaskClient, accept: str, language: str, text: str
) -> None:
    for _ in range(2):
        response = client.get("/?q=ferry", headers={"Accept-Language": accept})
        assert f'<html lang="{language}"' in response.text
        assert text in response.text
        assert response.headers["Vary"] == "Accept-Language"


def test_a_server_without_data_answers_503_and_creates_nothing(tmp_path: Path) -> None:
    client = create_app(tmp_path / "missing").test_client()
    for path in (
        "/",
        "/?q=a",
        "/status",
        "/api/v1/status",
        "/api/v1/search?q=a",
        "/api/v1/suggest?q=a",
        "/readyz",
        "/search.rss?q=a",
    ):
        answer = client.get(path)
        assert (answer.status_code, "Retry-After" in answer.headers) == (503, True), path
    for path in ("/healthz", "/metrics", "/robots.txt", "/widget.js"):
        assert client.get(path).status_code == 200
    client.application.extensions["feed_search"].recorder.flush()
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_proxy_is_one_line_that_names_the_setting(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from webui.__main__ import main

    (tmp_path / "config.toml").write_text('[web]\ntrusted_proxies = ["10.0.0.0/99"]\n')
    assert main(["--data", str(tmp_path), "--port", "0"]) == 2
    assert "trusted_proxies" in capsys.readouterr().err
