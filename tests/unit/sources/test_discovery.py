"""From what an operator types to sources, or to a sentence that says what to do."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from indexer.archive.store import Archive
from indexer.errors import SettingsError
from indexer.fetch.fetcher import Fetcher
from indexer.fetch.transport import Request
from indexer.model import Failure, FetchPolicy, Response, Source
from indexer.sources.discovery import DiscoveryResult, find_sources
from indexer.sources.registry import store_sources, sync_configured

RSS = "<rss version='2.0'><channel><title>Site</title><item><title>One</title><link>/one</link></item></channel></rss>"
SITEMAP = "<urlset><url><loc>https://a.example/one</loc></url></urlset>"


class Web:
    """Addresses to bodies, statuses or reasons of failures; what is not there is 404."""

    def __init__(self, pages: dict[str, str | int]) -> None:
        self.pages, self.asked = pages, []

    async def send(self, request: Request) -> Response | Failure:
        self.asked.append(request.url)
        body = self.pages.get(request.url, 404)
        if isinstance(body, int):
            return Response(request.url, request.url, body)
        if body in ("tls", "connect"):
            return Failure(request.url, body, f"{request.url}: {body}")
        return Response(request.url, request.url, 200, {}, body.encode())

    async def close(self) -> None: ...


def found(asked: str, web: Web) -> DiscoveryResult:
    async def look() -> DiscoveryResult:
        async with Fetcher(FetchPolicy(delay_seconds=0), web) as fetcher:
            return await find_sources(asked, Source(""), fetcher)

    return asyncio.run(look())


def urls(answer: DiscoveryResult) -> list[str]:
    return [source.url for source in answer.sources]


@pytest.mark.parametrize(
    "asked", ["https://a.example/rss", "feed:https://a.example/rss", "a.example/rss", " https://a.example/rss#top"]
)
def test_an_address_as_people_have_it(asked: str) -> None:
    assert urls(found(asked, Web({"https://a.example/rss": RSS}))) == ["https://a.example/rss"]


def test_without_a_scheme_http_is_tried_where_https_is_not_spoken() -> None:
    web = Web({"https://a.example/robots.txt": "tls", "http://a.example/rss": RSS})
    assert urls(found("a.example/rss", web)) == ["http://a.example/rss"]
    web = Web({"https://a.example/robots.txt": "tls", "http://a.example/rss": RSS})
    assert not found("https://a.example/rss", web).sources, "who says https means it"


def test_a_password_is_neither_stored_nor_shown() -> None:
    answer = found("https://ann:secret@a.example/rss", Web({"https://a.example/rss": RSS}))
    assert urls(answer) == ["https://a.example/rss"]
    refused = found("https://ann:secret@a.example/rss", Web({"https://a.example/rss": 401}))
    assert "left out" in refused.problem
    assert "secret" not in f"{answer} {refused}"


@pytest.mark.parametrize(
    ("status", "remedy"),
    [(401, "login"), (403, "administrator"), (404, "home page"), (410, "home page"), (429, "later"), (503, "later")],
)
def test_a_failure_says_what_to_do(status: int, remedy: str) -> None:
    problem = found("https://a.example/rss", Web({"https://a.example/rss": status})).problem
    assert str(status) in problem
    assert remedy in problem


def test_a_home_page_that_sends_on_is_followed() -> None:
    start = "<meta http-equiv=refresh content='0; url=/en/'>"
    named = "<link rel=alternate type='application/rss+xml' href='/rss'>"
    web = Web({"https://a.example/": start, "https://a.example/en/": named, "https://a.example/rss": RSS})
    assert urls(found("https://a.example", web)) == ["https://a.example/rss"]


@pytest.mark.parametrize(
    "link", ["type=text/xml href=/rss", "type='application/json' title='Our feed' href=/rss", "type=application/rss href=/rss"]
)
def test_feeds_that_pages_name_by_vague_types(link: str) -> None:
    web = Web({"https://a.example/": f"<link rel=alternate {link}><p>", "https://a.example/rss": RSS})
    assert urls(found("https://a.example", web)) == ["https://a.example/rss"]


def test_a_home_page_that_names_nothing_has_its_feed_at_a_usual_place() -> None:
    web = Web({"https://a.example/": "<html><p>Welcome", "https://a.example/feed.xml": RSS, "https://a.example/atom.xml": RSS})
    assert urls(found("https://a.example", web)) == ["https://a.example/feed.xml"]
    assert "https://a.example/atom.xml" not in web.asked
    assert found("https://a.example", web).what == "a web page that names no feed; one is at a usual place"


def test_what_was_found_is_counted() -> None:
    assert found("https://a.example/rss", Web({"https://a.example/rss": RSS})).what == "a feed (rss20) with 1 item"
    assert found("https://a.example/map", Web({"https://a.example/map": SITEMAP})).what == "a sitemap with 1 address"
    index = "<sitemapindex><sitemap><loc>https://a.example/1.xml</loc></sitemap></sitemapindex>"
    assert found("https://a.example/map", Web({"https://a.example/map": index})).what == "an index of 1 sitemap"


@pytest.mark.parametrize("typed", ["missing.opml", "missing.xml", "./missing", "/no/where.opml"])
def test_a_missing_file_is_not_taken_for_a_host(typed: str) -> None:
    with pytest.raises(SettingsError, match="there is no file"):
        found(typed, Web({}))


def test_a_mail_address_is_no_site() -> None:
    with pytest.raises(SettingsError, match="not a web address"):
        found("mailto:ann@a.example", Web({"https://a.example/": RSS}))


def test_a_site_without_a_feed_may_have_a_sitemap() -> None:
    web = Web(
        {
            "https://a.example/": "<html><p>Welcome",
            "https://a.example/robots.txt": "Sitemap: /map.xml",
            "https://a.example/map.xml": SITEMAP,
        }
    )
    assert found("https://a.example", web).problem.endswith("its sitemap can be a source: indexer add https://a.example/map.xml")
    web = Web({"https://a.example/about": "<html><p>Welcome"})
    assert found("https://a.example/about", web).problem.endswith(
        "or follow its links: indexer add --kind site https://a.example/about"
    )


def test_another_spelling_of_a_known_address_is_known(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive.db")
    stored = [store_sources(archive, [Source(url, "Site")])[0] for url in ("https://a.example/rss", "http://a.example/rss/")]
    assert [(source.url, is_new) for source, is_new in stored] == [
        ("https://a.example/rss", True),
        ("https://a.example/rss", False),
    ]
    archive.close()


def feed(*items: str, text: str = "") -> str:
    listed = "".join(f"<item><title>{name}</title><link>/{name}</link><description>{text}</description></item>" for name in items)
    return f"<rss version='2.0'><channel><title>Site</title>{listed}</channel></rss>"


LINKS = "<html><head>{}</head><body>Welcome</body></html>"
LINK = '<link rel="alternate" type="application/rss+xml" href="/{}">'


def page_with(*feeds: str) -> str:
    return LINKS.format("".join(LINK.format(each) for each in feeds))


def test_two_forms_of_one_feed_are_one_source_with_an_alternate() -> None:
    names = [f"n{number}" for number in range(10)]
    web = Web({
        "https://a.example/": page_with("short", "full", "comments"),
        "https://a.example/short": feed(*names[:9], text="A line."),
        "https://a.example/full": feed(*names, text="The whole text of this item, with everything that was written."),
        "https://a.example/comments": feed("c1", "c2"),
    })  # fmt: skip
    sources = found("https://a.example/", web).sources
    assert [(source.url, source.alternates) for source in sources] == [
        ("https://a.example/full", ("https://a.example/short",)),
        ("https://a.example/comments", ()),
    ]


@pytest.mark.parametrize(
    ("other", "is_alternate"),
    [
        (["n1", "n2", "n3", "n4"], True),  # four of five
        (["n1", "n2", "n3"], False),  # three of five
        (["n1", "n2", "n3", "n4", "n5", "n6", "n7"], False),  # five of seven
        ([], False),
    ],
)
def test_an_alternate_has_nearly_the_same_items(other: list[str], is_alternate: bool) -> None:
    web = Web({
        "https://a.example/": page_with("one", "two"),
        "https://a.example/one": feed("n1", "n2", "n3", "n4", "n5"),
        "https://a.example/two": feed(*other),
    })  # fmt: skip
    assert (len(found("https://a.example/", web).sources) == 1) is is_alternate


def test_an_alternate_is_stored_and_adding_it_changes_nothing(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive.db")
    source = Source("https://a.example/full", "Site", alternates=("https://a.example/short",))
    assert store_sources(archive, [source]) == [(source, True)]
    assert store_sources(archive, [Source("https://a.example/short", "Site")]) == [(source, False)]
    assert [state.source for state in archive.sources.all()] == [source]
    sync_configured(archive, [Source("https://a.example/full", "Renamed")])
    assert [(state.source.name, state.source.alternates) for state in archive.sources.all()] == [("Renamed", source.alternates)]
    archive.close()
