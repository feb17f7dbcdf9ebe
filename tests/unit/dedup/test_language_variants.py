"""Are two pages of one text meant for readers of two languages?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.dedup.language_variants import (
    MAX_ALTERNATES,
    LanguageAlternates,
    are_versions,
    has_version,
    language_alternates,
    primary,
)
from indexer.html.encoding import _COMMENT
from indexer.model import Response
from indexer.urls import document_id

SITE = "https://www.example.org"


def tongue(url: str, head: str = "", lang: str = "", **headers: str) -> LanguageAlternates:
    page = f"<!doctype html><html{f' lang={lang}' if lang else ''}><head>{head}</head><body lang=xx><p>Text"
    return language_alternates(Response(url, url, 200, headers, page.encode()))


def alternate(language: str, url: str) -> str:
    return f'<link rel="alternate" hreflang="{language}" href="{url}">'


def versions(a: LanguageAlternates, b: LanguageAlternates) -> bool:
    found = {are_versions(one, [document_id(one.url)], other, [document_id(other.url)]) for one, other in ((a, b), (b, a))}
    assert len(found) == 1, "whichever comes first"
    return found.pop()


@pytest.mark.parametrize(
    ("head", "lang", "headers", "said"),
    [
        ("", "de", {}, "de"), ("", "'de-AT'", {}, "de"), ("", '"EN_us"', {}, "en"), ("", "", {}, ""), ("", "x-default", {}, ""),
        ("<meta http-equiv=Content-Language content='fr, en'>", "", {}, "fr"), ("", "", {"content-language": "it-IT"}, "it"),
        ("<meta http-equiv=Content-Language content=fr>", "nb", {"content-language": "it"}, "no"),
        (alternate("de", f"{SITE}/a") + alternate("en", f"{SITE}/b"), "en", {}, "de"),  # what it says of itself among its versions
        ("<!-- <meta http-equiv=content-language content=fr> -->", "", {}, ""),
    ],
)  # fmt: skip
def test_the_language_that_a_page_declares(head: str, lang: str, headers: dict[str, str], said: str) -> None:
    assert tongue(f"{SITE}/a", head, lang, **headers).language == said


def test_the_versions_that_a_page_names() -> None:
    head = (
        alternate("de", "/de/a?x=1&amp;y=2") + alternate("x-default", "/") + alternate("fr-CA", "https://example.fr/a/")
        + '<link href="/rss.xml" rel="alternate" type="application/rss+xml"><link rel=stylesheet hreflang=es href=/es.css>'
        + "<LINK HREF='/pt' HREFLANG=pt REL='Alternate nofollow'><link rel=alternate hreflang=it href='javascript:x'>"
    )  # fmt: skip
    header = (
        f'<{SITE}/nl/a>; rel="alternate"; hreflang="nl", </style.css>; rel=preload, <{SITE}/sv/a>; hreflang=sv; rel=alternate'
    )
    found = tongue(f"{SITE}/a", head, link=header).alternates
    urls = {
        f"{SITE}/de/a?x=1&y=2": "de",
        "https://example.fr/a": "fr",
        f"{SITE}/pt": "pt",
        f"{SITE}/nl/a": "nl",
        f"{SITE}/sv/a": "sv",
    }
    assert found == {document_id(url): language for url, language in urls.items()}


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        # the languages in their addresses
        (tongue(f"{SITE}/en/a", lang="en"), tongue(f"{SITE}/de/a", lang="de"), True),
        (tongue(f"{SITE}/a", lang="en"), tongue(f"{SITE}/de/a", lang="de"), True),
        (tongue("https://en.example.org/a", lang="en"), tongue("https://de.example.org/a", lang="de"), True),
        (tongue(f"{SITE}/a", lang="en"), tongue("https://de.example.org/a", lang="de"), True),
        (tongue(f"{SITE}/a?lang=en", lang="en"), tongue(f"{SITE}/a?lang=de", lang="de"), True),
        (tongue(f"{SITE}/pt-br/a", lang="pt-BR"), tongue(f"{SITE}/es_mx/a", lang="es"), True),
        (tongue(f"{SITE}/blog/en/a", lang="en"), tongue(f"{SITE}/blog/de/a", lang="de"), True),
        # one language
        (tongue(f"{SITE}/en-gb/a", lang="en-GB"), tongue(f"{SITE}/en-us/a", lang="en-US"), False),
        (tongue(f"{SITE}/en/a", lang="en"), tongue(f"{SITE}/de/a", lang="en"), False),
        # templates that declare anything
        (tongue(f"{SITE}/old/1.html", lang="en"), tongue(f"{SITE}/ferry", lang="de"), False),
        (tongue(f"{SITE}/a", lang="en"), tongue(f"{SITE}/a?print=1", lang="de"), False),
        (tongue(f"{SITE}/de/a", lang="de"), tongue(f"{SITE}/de/print/a", lang="en"), False),
        (tongue(f"{SITE}/en/a", lang="en"), tongue(f"{SITE}/de/a"), False),
        (tongue(f"{SITE}/my-holiday/a", lang="my"), tongue(f"{SITE}/b", lang="en"), False),
        # copies on other sites
        (tongue("https://de.example/a", lang="de"), tongue("https://en.example/a", lang="en"), False),
        (tongue("https://a.example/de/a", lang="de"), tongue("https://b.example/en/a", lang="en"), False),
        # named as versions of each other, by both or by one, wherever they are
        (tongue(f"{SITE}/1", alternate("de", f"{SITE}/2"), "en"), tongue(f"{SITE}/2", alternate("en", f"{SITE}/1"), "de"), True),
        (tongue(f"{SITE}/1", alternate("de", f"{SITE}/2"), "en"), tongue(f"{SITE}/2"), True),
        (tongue(f"{SITE}/1", alternate("en", f"{SITE}/1") + alternate("de", "https://example.de/2")), tongue("https://example.de/2"), True),
        (tongue(f"{SITE}/1", alternate("en-US", f"{SITE}/2"), "en-GB"), tongue(f"{SITE}/2", lang="en-US"), False),
        (tongue(f"{SITE}/1", alternate("x-default", f"{SITE}/2"), "en"), tongue(f"{SITE}/2", lang="en"), False),
        (tongue(f"{SITE}/1", alternate("de", f"{SITE}/3"), "en"), tongue(f"{SITE}/2", lang="de"), False),
        (tongue(f"{SITE}/1", alternate("de", f"{SITE}/2")), tongue(f"{SITE}/2"), False),
        (LanguageAlternates(), LanguageAlternates(), False),
    ],
)  # fmt: skip
def test_versions(a: LanguageAlternates, b: LanguageAlternates, expected: bool) -> None:
    assert versions(a, b) is expected


@pytest.mark.parametrize(
    ("page", "other", "expected"),
    [
        (tongue(f"{SITE}/1", alternate("de", f"{SITE}/2"), "en"), f"{SITE}/2/", True),
        (tongue(f"{SITE}/1", alternate("de", f"{SITE}/2"), "de"), f"{SITE}/2", False),
        (tongue(f"{SITE}/1", alternate("de", f"{SITE}/2"), "en"), f"{SITE}/3", False),
        (tongue(f"{SITE}/en/a", lang="en"), f"{SITE}/de/a", True),
        (tongue(f"{SITE}/en/a", lang="en"), f"{SITE}/en/b", False),
        (tongue(f"{SITE}/en/a", lang="en"), f"{SITE}/a", False),
        (tongue(f"{SITE}/en/a", lang="de"), f"{SITE}/de/a", False),
        (tongue(f"{SITE}/en/a", lang="en"), "https://other.example/de/a", False),
        (tongue(f"{SITE}/en/a", lang="en"), "", False),
    ],
)
def test_a_page_of_which_only_the_address_is_known(page: LanguageAlternates, other: str, expected: bool) -> None:
    assert has_version(page, other) is expected


def test_what_follows_the_head_says_nothing() -> None:
    late = f"<html><head></head><body>{alternate('de', f'{SITE}/de')}<html lang=fr>"
    found = language_alternates(Response(SITE, SITE, 200, {}, late.encode()))
    assert (found.language, dict(found.alternates or {})) == ("", {})


def test_a_flood_is_bounded() -> None:
    many = "".join(alternate("de", f"/{number}") for number in range(5_000))
    assert len(tongue(f"{SITE}/a", many).alternates or {}) == MAX_ALTERNATES
    assert len(_COMMENT.findall(b"<!--" * 1_000)) == 1


@given(st.binary(max_size=300), st.text(max_size=100))
def test_nothing_makes_it_raise(body: bytes, label: str) -> None:
    for markup in (body, b"<html lang=" + body, b"<link rel=alternate hreflang=de href=" + body + b">"):
        language_alternates(
            Response("https://example.org/", "https://example.org/", 200, {"link": label, "content-language": label}, markup)
        )
    primary(label)
