from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.urls import document_id, host, identity, plainness, resolve, same_site, url_form_key

BASE = "https://example.org/news/today/"


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("item", "https://example.org/news/today/item"),
        ("/a//b/../c", "https://example.org/a//c"),
        ("/a/b.html", "https://example.org/a/b.html"),
        ("/", "https://example.org/"),
        ("#top", "https://example.org/news/today/"),
        ("//cdn.example.org/x", "https://cdn.example.org/x"),
        ("?page=2&utm_source=rss", "https://example.org/news/today/?page=2"),
        ("HTTP://EXAMPLE.ORG:80/A?fbclid=1#frag", "http://example.org/A"),
        ("https://user:pass@example.org/x", "https://example.org/x"),
        ("https://example.org./x", "https://example.org/x"),
        ("https://exa mple.org/", None),
        ("https://example.org/Straße?q=ü", "https://example.org/Stra%C3%9Fe?q=%C3%BC"),
        ("https://münchen.example/", "https://xn--mnchen-3ya.example/"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https:\\\\example.org\\x", "https://example.org/x"),
        ("http://[::1]:8080/", "http://[::1]:8080/"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("mailto:a@b.example", None),
        ("ftp://example.org/", None),
        ("http://", None),
        ("http://[::1", None),
        ("https://example.org:99999/", None),
        ("https://example.org:0/", None),
        ("", None),
        ("https://example.org/" + "x" * 3000, None),
        ("  https://example.org/a\nb  ", "https://example.org/ab"),
    ],
)
def test_resolve(link: str, address: str | None) -> None:
    assert resolve(link, BASE) == address


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://example.org/a", "https://example.org/a/"),
        ("https://example.org//news//a/", "https://example.org/news/a"),
        ("https://example.org/%7Ea%2fb", "https://example.org/~a%2Fb"),
        ("https://example.org/?b=1&a=2", "https://example.org/?a=2&b=1"),
        ("https://example.org/a?utm_medium=feed", "https://example.org/a"),
    ],
)
def test_twins_have_one_identity(one: str, other: str) -> None:
    assert identity(one) == identity(other)
    assert document_id(one) == document_id(other)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://e.org/a?UTM_Source=x&fbclid=1&gclid=2&srsltid=3&mc_cid=4&_hsenc=5&mkt_tok=6&wt_mc=7", "https://e.org/a"),
        ("https://e.org/a;jsessionid=0A1B.node1?b=2", "https://e.org/a?b=2"),
        ("https://e.org/(S(lit3py55t21z5v55vlm25s55))/a.aspx", "https://e.org/a.aspx"),
        ("https://e.org/a?phpsessid=1&CFID=2&cftoken=3&sid=0123456789abcdef01234567", "https://e.org/a"),
        ("https://e.org/a?sid=17&s=ferry&ref=home&source=x&campaign_id=9&cid=3", None),
        ("https://e.org/a(b)/c=d?utmost=1&tid=2", None),
    ],
)
def test_what_counts_visits_or_names_a_session_is_dropped_and_what_may_choose_a_page_is_kept(url: str, kept: str | None) -> None:
    assert resolve(url) == (kept or url)


@pytest.mark.parametrize(
    "twin",
    [
        "https://e.org/a/amp",
        "https://www.e.org/a/?amp=1",
        "https://m.e.org/a/index.php",
        "http://amp.e.org/a.html",
        "https://e.org/a/print/",
    ],
)
def test_twins_of_other_screens_share_a_key_but_no_identity(twin: str) -> None:
    assert url_form_key(twin) == url_form_key("https://e.org/a")
    assert identity(twin) != identity("https://e.org/a")
    assert plainness(twin) >= plainness("https://e.org/a") == 0
    assert url_form_key(twin) != url_form_key("https://e.org/b")


@pytest.mark.parametrize(
    ("name", "ascii_name"),
    [
        ("faß.de", "xn--fa-hia.de"),
        ("fass.de", "fass.de"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("βόλος.com", "xn--nxasmm1c.com"),  # with its final sigma
        ("ＡＢＣ.example", "abc.example"),
        ("☃.net", "xn--n3h.net"),  # only IDNA 2003 allows it
        ("a\u200db.example", None),
    ],
)
def test_names_of_hosts_follow_idna_2008(name: str, ascii_name: str | None) -> None:
    assert host(f"https://{name}/x") == (ascii_name or "ab.example")
    assert resolve(f"https://{host(f'https://{name}/')}/") == f"https://{host(f'https://{name}/')}/"


def test_different_pages_differ() -> None:
    assert identity("https://example.org/?id=1") != identity("https://example.org/?id=2")
    assert identity("https://example.org/a") != identity("https://example.org/A")
    assert identity("urn:x:1") == "urn:x:1"


def test_same_site() -> None:
    assert same_site("https://www.example.org/a", "http://example.org/b")
    assert not same_site("https://example.org", "https://example.com")
    assert not same_site("javascript:1", "javascript:1")
    assert host("nonsense") == ""


@given(st.text(max_size=200), st.none() | st.text(max_size=50))
def test_resolve_never_raises_and_is_idempotent(link: str, base: str | None) -> None:
    address = resolve(link, base)
    if address is not None:
        assert resolve(address) == address
        assert identity(identity(address)) == identity(address)
    document_id(link)


PLAIN_PARTS = st.sampled_from(
    (
        "a.example",
        ".b",
        "-",
        "..",
        ".",
        "x" * 60,
        "y" * 64,
        ":8080",
        ":80",
        ":443",
        ":0",
        ":65535",
        ":59999",
        "/",
        "/a",
        "/a.html",
        "/.",
        "/..",
        "/~u",
        "/%7Eu",
        "//",
        "?a=1",
        "/" + "z" * 1_010,
    )
)


@given(st.sampled_from(("http://", "https://")), st.lists(PLAIN_PARTS, min_size=1, max_size=6))
def test_plain_addresses_give_what_all_others_do(scheme: str, parts: list[str]) -> None:
    url = scheme + "".join(parts)
    assert resolve(url) == resolve(f" {url}")  # white space is dropped, and rules out the short way
    if resolve(url) is not None:
        assert identity(url) == identity(f" {url}")


BASES = (
    "https://example.org",
    "http://1.2.3.4:8080/a/b?c#d",
    "https://Example.org/a/",
    "http://u:p@example.org/",
    "//x/y",
    "https://a..b/",
)


@given(st.sampled_from(BASES), st.lists(PLAIN_PARTS | st.just("#a"), max_size=6))
def test_plain_links_give_what_all_others_do(base: str, parts: list[str]) -> None:
    link = "".join(parts)
    assert resolve(link, base) == resolve(f" {link}", base)
