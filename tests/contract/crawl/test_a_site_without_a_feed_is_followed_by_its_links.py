"""`kind = "site"`: links are followed within the host and the folder, each page once, and no endless space is entered."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from indexer.crawl.crawler import CrawlOptions
from indexer.crawl.site_links import SiteWalk
from indexer.extract.crawler_directives import OUR_NAME
from indexer.model import Response, Source
from support.crawls import Crawled
from support.web import SITE, Web


def story(title: str) -> str:
    """Return a text that resembles no other one."""
    words = [f"{title.lower().replace(' ', '')}{number}" for number in range(60)]
    return f"{title}. " + " ".join(f"The {a} met the {b} at noon." for a, b in pairwise(words))


def page(title: str, *links: str) -> str:
    anchors = "".join(f'<a href="{link}">{link}</a> ' for link in links)
    return f"<html><title>{title}</title><nav>{anchors}</nav><article><h1>{title}</h1><p>{story(title)}</p></article></html>"


PAGES = {
    "/": page("Home", "/about", "/guide/", "/tag/boats", "https://elsewhere.example/", "/logo.png", "mailto:a@b.example"),
    "/about": page("About us", "/", "/about"),
    "/guide/": page("Guide", "/guide/tides", "/guide?replytocom=4"),
    "/guide/tides": page("Tides", "/guide/deep"),
    "/guide/deep": page("Deep water", "/guide/", "/a/b/a/b/a/b", "/x?a=1&b=2&c=3&d=4"),
    "/tag/boats": page("Tag: boats", "/old-boat", "/tag/boats?page=2"),
    "/tag/boats?page=2": page("Tag: boats 2", "/older-boat"),
    "/old-boat": page("Old boat"),
    "/older-boat": page("Older boat"),
    "/robots.txt": "User-agent: *\nDisallow: /guide/deep\n",
}


def crawled(folder: Path, web: Web, start: str) -> Crawled:
    made = Crawled(folder, web)
    made.archive.sources.remove(made.archive.sources.all()[0].id)
    made.archive.sources.add(Source(f"{SITE}{start}", "Site", kind="site"))
    return made


def test_every_page_in_the_scope_is_found_once(tmp_path: Path) -> None:
    web = Web(dict(PAGES))
    site = crawled(tmp_path, web, "/")
    site.run()
    assert set(site.documents()) == {"about", "", "tides", "old-boat", "older-boat"}
    assert {document.url for document in site.archive.documents.all()} == {
        f"{SITE}/{path}" for path in ("about", "guide/", "guide/tides", "old-boat", "older-boat")
    }
    fetched = [path for path in web.paths if path not in ("/robots.txt",)]
    assert len(fetched) == len(set(fetched))
    assert not any("elsewhere" in url or "logo" in url or "/a/b/" in url or "replytocom" in url for url in web.asked)


def test_a_start_page_in_a_folder_limits_the_scope(tmp_path: Path) -> None:
    pages = {**PAGES, "/guide/": page("Guide", "/guide/tides", "/about")}
    site = crawled(tmp_path, Web(pages), "/guide/")
    site.run()
    assert {document.url for document in site.archive.documents.all()} == {f"{SITE}/guide/", f"{SITE}/guide/tides"}


def test_what_a_limit_leaves_is_fetched_by_the_next_crawl(tmp_path: Path) -> None:
    site = crawled(tmp_path, Web(dict(PAGES)), "/")
    site.run(wanted=CrawlOptions(limit=2))
    assert len(site.documents()) == 2
    for day in range(1, 8):
        site.run(wanted=CrawlOptions(), days=day * 40)
    assert {"about", "tides", "old-boat", "older-boat"} <= set(site.documents())


def test_a_page_that_no_page_links_any_more_stays(tmp_path: Path) -> None:
    web = Web(dict(PAGES))
    site = crawled(tmp_path, web, "/")
    site.run()
    web.pages["/"] = page("Home", "/guide/")
    site.run(days=2)
    assert "about" in site.documents()
    web.pages["/about"] = 410
    for days in (90, 180, 270):  # a removal needs more than one visit
        site.run(days=days)
    assert "about" not in site.documents()


def test_a_start_page_without_links_is_noted(tmp_path: Path) -> None:
    report = crawled(tmp_path, Web({"/": "<html><div id=app></div>"}), "/").run()
    assert any("links no page of its site" in note for note in report.notes)


def test_the_lists_that_one_crawl_reads_are_bounded() -> None:
    walk = SiteWalk(Source(f"{SITE}/", kind="site"))
    links = "".join(f'<a href="/tag/{number}">x</a>' for number in range(600))
    walk.add(Response(f"{SITE}/", f"{SITE}/", 200, {}, links.encode()))
    assert len(walk.take_lists()) == 200
    assert walk.take_lists() == []


@pytest.mark.parametrize(
    ("path", "is_in"),
    [
        ("/a", True),
        ("/a.pdf", False),
        ("/a/b/c/d/e/f/g/h/i/j/k/l", True),
        ("/a/b/c/d/e/f/g/h/i/j/k/l/m", False),
        ("/a/a", True),
        ("/a/a/a", False),
        ("/?a=1&b=2&c=3", True),
        ("/?a=1&b=2&c=3&d=4", False),
        ("//evil.example/a", False),
    ],
)
def test_endless_spaces_are_outside(path: str, is_in: bool) -> None:
    assert (
        SiteWalk(Source("https://a.example/", kind="site")).includes(
            f"https:{path}" if path[:2] == "//" else f"https://a.example{path}"
        )
        is is_in
    )


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("link", '<a rel="nofollow" href="/about">about</a>'),
        ("link", '<a rel="noopener NoFollow" href="/about">about</a>'),
        ("page", '<meta name="robots" content="index, nofollow"><a href="/about">about</a>'),
        ("page", '<meta name="robots" content="none"><a href="/about">about</a>'),
        ("other crawler", '<meta name="otherbot" content="nofollow"><a href="/about">about</a>'),
        ("both", '<a rel="nofollow" href="/about">about</a><a href="/about">about</a>'),
    ],
)
def test_what_says_nofollow_is_not_followed(tmp_path: Path, where: str, text: str) -> None:
    web = Web({**PAGES, "/": f"<html><head></head>{text}<a href='/guide/'>guide</a>"})
    crawled(tmp_path, web, "/").run()
    assert ("/about" in web.paths) is (where in ("other crawler", "both"))
    assert ("/guide/" in web.paths) is (where != "page")


def test_a_header_may_say_nofollow() -> None:
    walk = SiteWalk(Source(f"{SITE}/", kind="site"))
    for name, header in (
        ("other", "otherbot: nofollow"),
        ("all", "noindex, nofollow"),
        ("ours", f"a: none\n{OUR_NAME}: nofollow"),
    ):
        walk.add(Response(f"{SITE}/", f"{SITE}/", 200, {"x-robots-tag": header}, f"<a href='/about-{name}'>x</a>".encode()))
        assert len(walk.take_pages(lambda entry: False, 9)) == (name == "other"), header


def test_a_folder_that_gives_no_document_is_left(tmp_path: Path) -> None:
    days = {
        f"/calendar/day-{n}": f"<meta name=robots content=noindex><a href='/calendar/day-{n + 30}'>next</a>" for n in range(600)
    }
    web = Web({**PAGES, **days, "/": page("Home", "/about", "/guide/", *(f"/calendar/day-{n}" for n in range(30)))})
    site = crawled(tmp_path, web, "/")
    for day in (0, 1, 2):
        site.run(days=day)
    visited = {path for path in web.paths if path.startswith("/calendar/")}
    assert 20 <= len(visited) <= 60, len(visited)
    assert {"about", "tides"} <= set(site.documents())
    web.pages["/guide/"] = page("Guide", "/guide/tides", "/guide/new")
    web.pages["/guide/new"] = page("New tides")
    for day in (100, 101):
        site.run(days=day)
    assert "new" in site.documents()
