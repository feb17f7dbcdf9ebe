"""What a web page links, and where its older items are."""

from __future__ import annotations

import pytest

from indexer.feeds.list_page import MAX_LINKS, ListPage, parse_list_page

URL = "https://example.org/news/"


def page(body: str, head: str = "") -> ListPage:
    return parse_list_page(f"<html><head>{head}</head><body>{body}</body></html>".encode(), "text/html", URL)


def test_links_are_listed_in_order_and_once() -> None:
    listed = page("<a href=b>B</a><a href=/a>A</a><a href=b>again</a><a>no address</a><a href='javascript:x'>x</a>")
    assert listed.links == (f"{URL}b", "https://example.org/a")
    assert page("<a href=b>B</a>", "<base href='/old/'>").links == ("https://example.org/old/b",)
    assert page("<a href=b>B</a>", "<base href='javascript:x'>").links == (f"{URL}b",)
    assert page("").links == ()


@pytest.mark.parametrize(
    ("rel", "followed"),
    [("", True), ("nofollow", False), ("external NoFollow", False), ("ugc nofollow", False), ("external", True)],
)
def test_a_link_is_followed_unless_it_says_otherwise(rel: str, followed: bool) -> None:
    listed = page(f"<a href=a rel='{rel}'>A</a><a href=b>B</a>")
    assert listed.links == (f"{URL}a", f"{URL}b")
    assert listed.followed == ((f"{URL}a", f"{URL}b") if followed else (f"{URL}b",))


@pytest.mark.parametrize(
    ("head", "metas"),
    [
        ("<meta name=robots content='noindex, NoFollow'>", (("robots", "noindex, NoFollow"),)),
        ("<meta name=GoogleBot content=none>", (("googlebot", "none"),)),
        ("<meta name=robots content=noindex>", ()),
        ("<meta name=robots>", ()),
    ],
)
def test_metas_that_forbid_to_follow_links(head: str, metas: tuple[tuple[str, str], ...]) -> None:
    assert page("", head).nofollow_metas == metas


def test_links_are_bounded() -> None:
    listed = page("".join(f"<a href=p{n}>x</a>" for n in range(MAX_LINKS + 3)))
    assert len(listed.links) == MAX_LINKS
    assert page("<a href=a>x</a>" * MAX_LINKS + "<a rel=next href=z>x</a>").next_url is None


def test_the_program_that_made_a_page() -> None:
    assert page("", "<meta name=Generator content='TYPO3 CMS'>").generator == "TYPO3 CMS"
    assert page("", f"<meta name=generator content='{'x' * 300}'>").generator == "x" * 200
    assert page("", "<meta name=generator>").generator == page("").generator == ""
    assert page("", "<link rel='https://api.w.org/' href='/wp-json/'>").wordpress_api == "https://example.org/wp-json/"
    assert page("").wordpress_api is None


@pytest.mark.parametrize(
    ("body", "older"),
    [
        ("<a rel=next href='?p=2'>more</a>", f"{URL}?p=2"),
        ("<a rel='Next nofollow' href='?p=2'>more</a>", f"{URL}?p=2"),
        ("<link rel=next href='page/2'>", f"{URL}page/2"),
        ("<a class='next page-numbers' href=p2>›</a>", f"{URL}p2"),
        ("<div class=nav-previous><a href=p2>older</a></div>", f"{URL}p2"),
        ("<li class=next><a href=p2>older</a></li>", f"{URL}p2"),
        ("<ul class=pagination><li class=next><a>here</a><a href=p2>older</a></ul>", f"{URL}p2"),
        ("<a class=older-posts href=p2>older</a><a rel=next href=p3>declared</a>", f"{URL}p3"),  # what is declared is right
        ("<a rel=next href='https://other.example/2'>ad</a><a rel=next href=p3>more</a>", f"{URL}p3"),
        ("<a rel=next href='/news/#top'>this page</a>", None),
        ("<a rel=next href='https://other.example/2'>ad</a>", None),
        ("<a rel=prev href=p0>newer</a><a href=p2>2</a>", None),
    ],
)
def test_the_page_with_older_items(body: str, older: str | None) -> None:
    assert page(body).next_url == older
