from __future__ import annotations

from collections.abc import Callable

import pytest

from indexer.fetch.robots import MAX_ROBOTS_BYTES, MAX_SITEMAPS, Robots, crawl_delay, is_allowed, read_robots
from support.growth import assert_linear

GROUPS = """\
User-agent: otherbot
Disallow: /

User-agent: feed-search-indexer
User-agent: friend
Disallow: /a/
Allow: /a/b
Disallow: /*.pdf$
Disallow: /q?x=

User-agent: *
Disallow: /everybody/
Crawl-delay: 7

User-Agent: FEED-search-indexer/2.0
Disallow: /second/
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True), ("/a/", False), ("/a/x", False), ("/a/b", True), ("/a/bc", True), ("/a", True),
        ("/x.pdf", False), ("/x.pdf?y", True), ("/q?x=1", False), ("/q?y=1", True), ("/everybody/", True), ("/second/x", False),
        ("/robots.txt", True),
    ],
)  # fmt: skip
def test_our_groups_count_as_one_and_the_longest_rule_decides(path: str, allowed: bool) -> None:
    assert is_allowed(GROUPS, "feed-search-indexer/0.1 (+me)", "https://example.org" + path) == allowed


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/x", True),
        ("User-agent: *\nDisallow:", "/x", True),
        ("Disallow: /", "/x", True),  # rules before any agent
        ("user-agent:*\ndisallow:/x", "/x", False),
        ("\ufeffUser-agent: *\r\nDisallow: /x # comment", "/x", False),
        ("User-agent: *\nDisallow: /x\nAllow: /x", "/x", True),
        ("User-agent: *\nSitemap: /s\nDisallow: /x", "/x", False),
        ("User-agent: *\nDisallow: /a*b*c", "/a1b2c3", False),
        ("User-agent: *\nDisallow: /a*c$", "/abcd", True),
        ("User-agent: *\nDisallow: /ä", "/%C3%A4", False),
        ("User-agent: *\nDisallow: /%aa", "/%AA", False),
        ("<html>no robots</html>", "/x", True),
    ],
)
def test_rules(text: str, path: str, allowed: bool) -> None:
    assert is_allowed(text, "bot", "https://example.org" + path) == allowed


def test_an_operators_own_name_with_a_digit_in_it_is_found() -> None:
    text = "User-agent: *\nDisallow: /\nUser-agent: bot2/1.0\nAllow: /\n"
    assert is_allowed(text, "bot2/7", "https://example.org/x")
    assert not is_allowed(text, "bot3/7", "https://example.org/x")
    assert not is_allowed("User-agent: *\nDisallow: /x\nUser-agent: my bot\nAllow: /x\n", "my bot", "https://example.org/x")


def test_a_rule_that_the_limit_cuts_is_left_out() -> None:
    body = b"User-agent: *\n" + b"#" * (MAX_ROBOTS_BYTES - 40) + b"\nDisallow: /search/for/something/long"
    assert len(body) > MAX_ROBOTS_BYTES
    assert is_allowed(read_robots(body), "bot", "https://example.org/se")
    assert "Disallow" not in read_robots(body)
    assert "Disallow" in read_robots(b"Disallow: /x")  # a last line without an end that was not cut


def test_crawl_delay_of_the_group_that_applies() -> None:
    assert crawl_delay(GROUPS, "stranger") == 7
    assert crawl_delay(GROUPS, "feed-search-indexer") is None
    assert crawl_delay("User-agent: *\nCrawl-delay: soon", "x") is None


def test_sitemaps_that_it_names() -> None:
    site = "https://example.org"
    text = (
        f"\ufeffSitemap: {site}/1.xml\r\nUser-agent: *\nDisallow: /sitemap: x\n  SITEMAP:/2.xml # two\nsitemap: {site}/1.xml\n"
        "Sitemap: javascript:x\n# Sitemap: /no.xml\rSitemap: /3.xml\r"
    )
    assert Robots.parse(text, "bot").sitemaps(f"{site}/rss") == (f"{site}/1.xml", f"{site}/2.xml", f"{site}/3.xml")
    assert Robots.parse("", "bot").sitemaps(site) == ()
    many = "".join(f"Sitemap: /{number}.xml\n" for number in range(1_000))
    assert len(Robots.parse(many, "bot").sitemaps(site)) == MAX_SITEMAPS


@pytest.mark.parametrize(
    ("text", "length"),
    [
        (lambda n: "User-agent: *\n" + ("Disallow: /" + "*a" * n + "b\n") * 100, lambda n: 1_000),
        (lambda n: "User-agent: *\n" + ("Disallow: /" + "*a" * 100 + "b\n") * 100, lambda n: n),
        (lambda n: "User-agent: *\n" + ("Disallow: /" + "*a" * 100 + "b\n") * n, lambda n: 100),
        (lambda n: "x" * (10_000 * n), lambda n: 1),
    ],
    ids=["long patterns", "long addresses", "many patterns", "one long line"],
)
def test_hostile_patterns_take_linear_time(text: Callable[[int], str], length: Callable[[int], int]) -> None:
    def build(n: int) -> tuple[str, str]:
        return text(n), "https://example.org/" + "a" * length(n)

    assert_linear(build, lambda robots: is_allowed(robots[0], "x", robots[1]), 120)


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("Disallow: /%61/", "/a/x", False),
        ("Disallow: /a/", "/%61/x", False),
        ("Disallow: /%7Euser", "/~user", False),
        ("Disallow: /a%2Fb", "/a/b", True),  # an escaped slash is no slash
        ("Disallow: /a%2Fb", "/a%2fb", False),
        ("Disallow: /\nAllow: /%62%61%7A", "/%62%61%7A", True),
        ("Disallow: /%62%61%7A\nAllow: /", "/x", True),
        ("Disallow: /%e4%bd%a0", "/%E4%BD%A0", False),
    ],
)
def test_what_is_forbidden_in_one_spelling_is_in_the_other(rules: str, path: str, allowed: bool) -> None:
    assert is_allowed(f"User-agent: *\n{rules}", "bot", f"https://example.org{path}") == allowed


@pytest.mark.parametrize(
    ("value", "seconds"), [("0.5s", 0.5), ("1,5", 1.5), (".5", 0.5), ("10 seconds", 10.0), ("soon", None), ("", None), ("-1", None), ("1e9", None)]
)  # fmt: skip
def test_delays_as_people_write_them(value: str, seconds: float | None) -> None:
    assert crawl_delay(f"User-agent: *\nCrawl-delay: {value}", "bot") == seconds


@pytest.mark.parametrize("codec", ["utf-16", "utf-8-sig"])
def test_a_mark_tells_how_a_file_is_written(codec: str) -> None:
    text = read_robots("User-agent: *\nDisallow: /x".encode(codec))
    assert not is_allowed(text, "bot", "https://example.org/x")


@pytest.mark.parametrize(
    ("rule", "path", "allowed"),
    [
        ("/x-%2A.html", "/x-*.html", False),  # RFC 9309, 2.2.3
        ("/x-%2a.html", "/x-%2A.html", False),
        ("/x-%2A.html", "/x-1.html", True),
        ("/x-%24", "/x-$", False),
        ("/x-%24", "/x-$5", False),
        ("/x-%24", "/x-", True),
        ("/x-%24$", "/x-%24", False),
        ("/x-%24$", "/x-$5", True),
        ("/a$b", "/a$b", False),
        ("/a$b", "/a%24b", False),
        ("/*%2A", "/deep/x*", False),
        ("/*%2A", "/deep/x", True),
        ("/x-*.html", "/x-*.html", False),
        ("/x-*.html", "/x-%2A1.html", False),
    ],
)
def test_an_escaped_star_or_dollar_is_the_character(rule: str, path: str, allowed: bool) -> None:
    assert is_allowed(f"User-agent: *\nDisallow: {rule}", "bot", f"https://example.org{path}") is allowed
