"""Which links of a site without a feed are followed, and where a walk stops."""

from __future__ import annotations

import pytest

from indexer.crawl import site_links
from indexer.crawl.site_links import (
    MAX_BARREN_SHARE,
    MAX_LISTS,
    MAX_STEPS,
    MIN_BARREN_PAGES,
    SiteWalk,
    barren_folders,
    is_link_list,
)
from indexer.model import Response, Source

SITE = "https://example.org"


def answer(body: str, path: str = "/", status: int = 200, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(SITE + path, SITE + path, status, named, body.encode())


def pages(walk: SiteWalk, max_pages: int = 100) -> list[str]:
    return [str(entry.url).removeprefix(SITE) for entry in walk.take_pages(lambda _: False, max_pages)]


@pytest.mark.parametrize(
    ("start", "path", "included"),
    [
        ("/", "/a", True), ("/", "https://www.example.org/a", True), ("/", "https://other.example/a", False),
        ("/blog/", "/blog/a", True), ("/blog/", "/news/a", False), ("/blog/start.html", "/blog/a", True), ("/blog", "/a", True),
        ("/", "/a.pdf", False), ("/", "/a.jpg", False), ("/", "/a.html", True),
        ("/", "/" + "/".join("abcdefghijkl"), True), ("/", "/" + "/".join("abcdefghijklm"), False),
        ("/", "/a/b/a/b", True), ("/", "/a/b/a/b/a", False),
        ("/", "/x?a=1&b=2&c=3", True), ("/", "/x?a=1&b=2&c=3&d=4", False),
        ("/", "/x?page=2", True), ("/", "/x?PAGE=2&start=3", True), ("/", "/x?page=2&sort=a", False), ("/", "/x?q=a", False),
        ("/", "/x?page=2&id=3", False), ("/", "/x?id=3", True),
    ],
)  # fmt: skip
def test_the_scope(start: str, path: str, included: bool) -> None:
    assert SiteWalk(Source(SITE + start)).includes(path if "//" in path else SITE + path) is included


def test_links_are_met_once_and_in_order() -> None:
    walk = SiteWalk(Source(f"{SITE}/"))
    walk.add(answer("<a href=/b>B</a><a href=/a>A</a><a href=/b#c>B</a><a href=/>home</a><a href=/tag/x>tag</a>"))
    walk.add(answer("<a href=/a>A</a><a href=/c>C</a><a href=/c rel=nofollow>C</a><a href=/d rel=nofollow>D</a>", "/a"))
    assert walk.take_lists() == [f"{SITE}/tag/x"]
    assert pages(walk) == ["/b", "/a", "/c"]
    assert pages(walk) == walk.take_lists() == []
    walk.add(answer("<a href=/a>A</a><a href=/e>E</a>"))
    assert pages(walk) == ["/e"]


@pytest.mark.parametrize(
    ("response", "followed"),
    [
        (answer("<a href=/a>A</a>"), True),
        (answer("<a href=/a>A</a>", content_type="application/xhtml+xml"), True),
        (answer("<a href=/a>A</a>", content_type="text/plain"), False),
        (answer("<a href=/a>A</a>", status=404), False),
        (answer("<a href=/a>A</a>", x_robots_tag="nofollow"), False),
        (answer("<a href=/a>A</a>", x_robots_tag="otherbot: nofollow"), True),
        (answer("<meta name=robots content=nofollow><a href=/a>A</a>"), False),
        (answer("<a href=/a>A</a>", "/x.pdf"), False),
    ],
)
def test_whose_links_are_followed(response: Response, followed: bool) -> None:
    walk = SiteWalk(Source(f"{SITE}/"))
    walk.add(response)
    assert pages(walk) == (["/a"] if followed else [])


def test_pages_are_taken_up_to_a_number_and_stored_ones_not_at_all() -> None:
    links = "".join(f"<a href=/{number}x>x</a>" for number in range(5))
    walk = SiteWalk(Source(f"{SITE}/"))
    walk.add(answer(links))
    assert pages(walk, 2) == ["/0x", "/1x"]
    assert pages(walk) == []
    walk = SiteWalk(Source(f"{SITE}/"))
    walk.add(answer(links))
    assert [entry.url for entry in walk.take_pages(lambda entry: entry.url == f"{SITE}/1x", 2)] == [f"{SITE}/0x", f"{SITE}/2x"]
    walk.add(answer("<a href=/9x>x</a>"))
    assert pages(walk, -1) == []


def test_a_crawl_reads_a_number_of_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_links, "MAX_LISTS", 3)
    walk = SiteWalk(Source(f"{SITE}/"))
    walk.add(answer("<a href=/tag/a>x</a><a href=/tag/b>x</a>"))
    assert walk.take_lists() == [f"{SITE}/tag/a", f"{SITE}/tag/b"]
    walk.add(answer("<a href=/tag/c>x</a><a href=/tag/d>x</a>"))
    assert walk.take_lists() == [f"{SITE}/tag/c"]
    walk.add(answer("<a href=/tag/e>x</a>"))
    assert walk.take_lists() == []
    assert MAX_LISTS == 200


def test_folders_without_documents_are_left() -> None:
    walk = SiteWalk(Source(f"{SITE}/"))
    walk.add(answer("<a href=/cal/1x>x</a><a href=/news/1x>x</a><a href=/cal/tag/x>x</a>"))
    walk.learn((f"{SITE}/cal/{number}", False) for number in range(MIN_BARREN_PAGES))
    assert (pages(walk), walk.take_lists()) == (["/news/1x"], [])
    assert not walk.includes(f"{SITE}/cal/2x")
    walk.learn([])
    assert walk.includes(f"{SITE}/cal/2x")


@pytest.mark.parametrize(
    ("read", "documents", "is_barren"), [(19, 0, False), (20, 0, True), (20, 2, True), (20, 3, False), (30, 3, True), (30, 4, False)]
)  # fmt: skip
def test_when_a_folder_is_barren(read: int, documents: int, is_barren: bool) -> None:
    assert (MIN_BARREN_PAGES, MAX_BARREN_SHARE) == (20, 0.1)
    outcomes = [(f"{SITE}/a/b/{number}", number < documents) for number in range(read)]
    assert barren_folders(outcomes) == (frozenset({"/a/", "/a/b/"}) if is_barren else frozenset())
    assert barren_folders((f"{SITE}/{number}", False) for number in range(read)) == frozenset()


def test_folders_are_counted_to_a_depth() -> None:
    deep = "/".join("abcdefghijklmnop")
    folders = barren_folders((f"{SITE}/{deep}/{number}", False) for number in range(MIN_BARREN_PAGES))
    assert max(folder.count("/") - 1 for folder in folders) == MAX_STEPS == 12


@pytest.mark.parametrize(
    ("path", "is_list"),
    [("/2020", True), ("/2020/5/", True), ("/2020/05/a", False), ("/1820/", True), ("/a-2020", False), ("/?page=2", True), ("/", False),
     ("/news/page-2", True), ("/a/b", False), ("/x?sort=a", True)],
)  # fmt: skip
def test_lists(path: str, is_list: bool) -> None:
    assert is_link_list(SITE + path) is is_list
