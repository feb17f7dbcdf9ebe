from __future__ import annotations

import pytest

from indexer.feeds.url_scope import UrlScope, learn_scope

SITE = "https://www.example.org"


def learnt(*paths: str) -> UrlScope:
    where = learn_scope(f"{SITE}{path}" for path in paths)
    assert where is not None
    return where


def held(where: UrlScope, *paths: str) -> list[str]:
    return [path for path in paths if where.includes(f"{SITE}{path}")]


NEVER = (
    "/", "/tag/sea/", "/category/ports/", "/author/ann/", "/about/", "/page/2/", "/2020/", "/2020/05/", "/search/", "/imprint/",
    "/wp-content/uploads/a.jpg", "/files/report.pdf", "/privacy-policy/", "/feed/",
)  # fmt: skip

SHAPES = {
    "one folder": (["/news/a/", "/news/b/"], ["/news/c/", "/news/2012/05/d/"], ["/press/x/", "/news/", "/news/page/2/", "/news/tag/x/"]),
    "by day": (
        [f"/2020/0{n}/harbour-opens-{n}/" for n in range(1, 6)],
        ["/2011/12/the-ferry-comes/"],
        ["/shop/nice-cup-1/", "/2011/12/", "/harbour-tickets-4/"],
    ),
    "news and press": (
        [*[f"/news/text-{n}" for n in range(8)], "/press/text-1", "/press/text-2"],
        ["/news/old-text", "/press/old-text"],
        ["/shop/nice-cup", "/press", "/jobs/helm-and-sail"],
    ),
    "one press release among ten": ([*[f"/news/text-{n}" for n in range(9)], "/press-releases/text-1"], ["/press-releases/old-2"], ["/shop/cup"]),
    "one release below a folder among thirty": (
        [*[f"/stories/text-{n}" for n in range(29)], "/site/news/text-1"],
        ["/site/news/old-text"],
        ["/site/shop/cup", "/site/news"],
    ),
    "an advertisement among ten": ([*[f"/news/text-{n}" for n in range(9)], "/shop/sale-now"], ["/news/old"], ["/shop/nice-cup"]),
    "language": (
        ["/en/news/a-b", "/en/news/c-d", "/en/press/e-f", "/en/press/g-h"],
        ["/en/news/z"],
        ["/de/news/a-b", "/en/about-us", "/en/shop/nice-cup", "/en/news"],
    ),
    "names alone": (
        ["/harbour-opens-again/", "/ferry-late-by-2-hours/", "/storm-takes-the-pier/", "/what-the-tide-left/"],
        ["/an-older-text-of-ours/", "/2009/03/one-of-the-old-blog/"],
        ["/shop/nice-cup-1/", "/contact/", "/newsletter/", "/shop/", "/imprint/"],
    ),
    "sections": (
        [f"/{section}/some-text-{n}" for n, section in enumerate(("politics", "sports", "economy", "culture", "world", "science"))],
        ["/travel/some-old-text", "/politics/europe/some-old-text"],
        ["/politics", "/about-us", "/imprint"],
    ),
    "sections below news": (
        [f"/news/{section}/text-{n}" for n, section in enumerate(("politics", "sports", "economy"))],
        ["/news/travel/text"],
        ["/shop/cup-1", "/news"],
    ),
    "numbers": (["/node/101", "/node/102", "/node/103"], ["/node/7"], ["/user/7", "/node"]),
    "numbers and names": (["/article/4711/the-pier", "/article/4712/the-sea"], ["/article/12/the-old-pier"], ["/article/", "/shop/12/cup"]),
    "files": (["/blog/a-b.html", "/blog/c-d.html"], ["/blog/e-f.html", "/blog/g.php"], ["/blog/plan.pdf", "/index.html"]),
    "a parameter": (["/index.php?id=1", "/index.php?id=2", "/index.php?id=3"], ["/index.php?id=99"], ["/index.php?cat=1", "/index.php", "/a"]),
    "archive is a folder of theirs": (["/archive/2020/a-b", "/archive/2019/c-d"], ["/archive/1999/e-f"], ["/archive/", "/archive/1999/"]),
    "names like pages": (["/p/p1", "/p/p2", "/p/p3"], ["/p/p77"], ["/q/p1"]),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_what_is_an_item_is_learnt_from_items(name: str) -> None:
    listed, more, others = SHAPES[name]
    where = learnt(*listed)
    assert held(where, *more) == more
    assert held(where, *others, *NEVER) == []


def test_other_hosts_and_planets() -> None:
    assert not learnt("/news/a", "/news/b").includes("https://shop.example.org/news/c")
    assert learnt("/news/a", "/news/b").includes("http://example.org/news/c")
    assert learn_scope([]) is None
    assert learn_scope(["https://a.example/1-x", "https://b.example/2-x", "https://c.example/3-x"]) is None
    assert learn_scope(["not an address", "https://a.example/x/1", "https://a.example/x/2"]) is not None


def test_the_folder_that_may_hold_a_list() -> None:
    assert learnt("/news/detail/a/", "/news/detail/b/").folder == "/news/detail/"
    assert learnt("/2020/01/a", "/2020/01/b").folder is None
    assert learnt("/a-b", "/c-d").folder is None
