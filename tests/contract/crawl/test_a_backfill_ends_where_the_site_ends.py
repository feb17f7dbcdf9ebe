"""A backfill stops: at the last page, where items repeat, where another section begins, at a server in trouble."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from support.backfills import NOW, documents, run, urls
from support.full_archive_sites import (
    RSS,
    Answer,
    Archived,
    Counted,
    Drupal,
    Joomla,
    Lists,
    Site,
    Typo3,
    WordPress,
    WordPressApi,
    day,
    lost,
    ok,
    served,
)


def test_the_feed_of_a_category_takes_no_others(tmp_path: Path) -> None:
    """Its site's API and sitemaps list everything."""

    class OfCategory(WordPressApi):
        def other(self, path: str, query: dict[str, str]) -> Answer:
            if path == "/category/even/feed/":
                even = [n for n in self.items if n % 2 == 0]
                number = int(query.get("paged", 1))
                numbers = even[(number - 1) * 3 : number * 3]
                return ok(RSS, self.rss(numbers, "<generator>https://wordpress.org/?v=6</generator>")) if numbers else lost()
            if path == "/sitemap.xml":
                return ok("application/xml", self.urlset(self.items))
            return super().other(path, query)

    site = OfCategory()
    report = run(tmp_path, site, "/category/even/feed/")
    assert urls(tmp_path) == sorted(site.url(n) for n in range(2, 13, 2))
    assert any("'even' only" in note for note in report.notes)
    assert not any("wp-json" in path for path in site.asked)


def test_an_interface_that_is_turned_off_is_not_requested_again(tmp_path: Path) -> None:
    site = WordPress()
    for hour, expected in ((0, 1), (1, 0)):
        site.asked.clear()
        run(tmp_path, site, "/feed/", now=NOW + timedelta(hours=hour))
        assert sum("wp-json" in path for path in site.asked) == expected


class Endless(Site):
    """A server that makes up older documents for ever, with the same items."""

    def other(self, path: str, query: dict[str, str]) -> Answer:
        if path != "/feed.xml":
            return lost()
        number = int(query.get("n", 1))
        return ok(
            RSS,
            self.rss(
                self.page_of(1), f'<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="next" href="/feed.xml?n={number + 1}"/>'
            ),
        )


def test_the_same_items_again_end_the_walk(tmp_path: Path) -> None:
    site = Endless()
    run(tmp_path, site)
    assert sum("n=" in path for path in site.asked) == 2


def test_a_server_in_trouble_is_left_alone_and_the_next_run_goes_on(tmp_path: Path) -> None:
    class Tired(Archived):
        tired = True

        def other(self, path: str, query: dict[str, str]) -> Answer:
            if path == "/archive-3.xml" and self.tired:
                return 429, "text/html", "", {"Retry-After": "3600"}
            return super().other(path, query)

    site = Tired()
    report = run(tmp_path, site)
    assert "/archive-4.xml" not in site.asked
    assert site.asked[-1] == "/archive-3.xml"  # neither lists nor pages after that
    assert {failure.status for failure in report.failures if failure.url.endswith("/archive-3.xml")} == {429}
    site.tired = False
    run(tmp_path, site, now=NOW + timedelta(hours=2))
    assert urls(tmp_path) == sorted(site.urls)


class OwnSitemap(Site):
    """The source is an index of sitemaps; each says when it changed."""

    changed = "2020-06-01"

    def other(self, path: str, query: dict[str, str]) -> Answer:
        maps = {"/a.xml": self.items[:6], "/b.xml": self.items[6:]}
        if path == "/index.xml":
            when = {"/a.xml": self.changed, "/b.xml": "2020-01-20"}
            rows = "".join(f"<sitemap><loc>{each}</loc><lastmod>{when[each]}</lastmod></sitemap>" for each in maps)
            return ok("application/xml", f"<sitemapindex>{rows}</sitemapindex>", ETag='"same"')
        return ok("application/xml", self.urlset(maps[path])) if path in maps else lost()


def test_a_sitemap_alone_is_a_source_and_only_what_is_new_is_fetched(tmp_path: Path) -> None:
    site = OwnSitemap()
    with served(site):
        run(tmp_path, site, "/index.xml", full=False)
        assert urls(tmp_path) == sorted(site.urls)
        site.asked.clear()
        site.count, site.changed = 13, "2020-06-02"
        report = run(tmp_path, site, "/index.xml", full=False, now=NOW + timedelta(hours=2))
        assert urls(tmp_path) == sorted(site.urls)
    assert site.asked == ["/robots.txt", "/index.xml", "/a.xml", "/news/item-13/"]
    assert report.new == 1


def test_a_later_lastmod_asks_for_the_page_again_and_takes_nothing_from_its_item(tmp_path: Path) -> None:
    class Mapped(Site):
        day_of_1 = 1

        def other(self, path: str, query: dict[str, str]) -> Answer:
            if path != "/sitemap.xml":
                return super().other(path, query)
            changed = f"<url><loc>{self.url(12)}</loc></url>".replace(
                "</loc>", f"</loc><lastmod>2020-03-{self.day_of_1:02}</lastmod>"
            )
            return ok("application/xml", self.urlset(self.items[1:], changed))

    site = Mapped()
    run(tmp_path, site)
    before = {document.url: document for document in documents(tmp_path)}
    site.asked.clear()
    site.count, site.day_of_1 = 15, 9  # item 12 has left the feed, so the sitemap is all that speaks of it
    run(tmp_path, site, now=NOW + timedelta(hours=2))
    assert [path for path in site.asked if path == "/news/item-12/"] == ["/news/item-12/"]
    after = {document.url: document for document in documents(tmp_path)}
    assert (after[site.url(12)].title, after[site.url(12)].summary) == ("Item 12", "Summary 12")
    assert (before[site.url(12)].date, after[site.url(12)].date) == (day(12), day(12))


def test_every_style_of_pages_stops_where_its_server_does_not(tmp_path: Path) -> None:
    for number, kind in enumerate((Drupal, Counted, Joomla, Typo3)):
        for beyond in ("empty", "first", "last", "404"):
            site = kind(count=8)
            site.beyond = beyond
            run(tmp_path / f"{number}{beyond}", site)
            assert urls(tmp_path / f"{number}{beyond}") == sorted(site.urls), (kind, beyond)
            assert len(site.lists_asked) <= 15, (kind, beyond, site.lists_asked)


def test_a_feed_of_many_items_whose_lists_show_few(tmp_path: Path) -> None:
    """As with Ghost: none of its lists has half of the feed's items, and the first ones have nothing new."""

    class Long(Lists):
        def other(self, path: str, query: dict[str, str]) -> Answer:
            return ok(RSS, self.rss(self.items[:25])) if path == "/feed.xml" else super().other(path, query)

    site = Long(count=40, size=5)
    report = run(tmp_path, site)
    assert urls(tmp_path) == sorted(site.urls)
    assert report.backfilled == {"lists": 15}


def test_lists_of_items_without_a_folder_of_their_own_leave_the_menu_out(tmp_path: Path) -> None:
    class Flat(Lists):
        def answer(self, url: str) -> Answer:
            if url.removeprefix(self.base).startswith("/item-"):
                return super().answer(url.replace("/item-", "/news/item-"))
            return super().answer(url)

        def url(self, number: int) -> str:
            return f"{self.base}/item-{number}/"

        def links(self, numbers: list[int]) -> str:
            standing = '<a href="/our-big-shop-3/">Shop</a><a href="/about/">About</a>'
            return standing + "".join(f'<li><a href="/item-{n}/">Item {n}</a></li>' for n in numbers)

    site = Flat()
    run(tmp_path, site)
    assert urls(tmp_path) == sorted(site.urls)
    assert not any("shop" in path or "about" in path for path in site.asked)
