"""Pages that nobody has translated yet stay pages of their own for the readers of each language; twins of one language do not."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from indexer.model import Source
from support.builders import canonical, feed, item, page, story
from support.crawls import documents, extract_again, found_by, hits, run, urls
from support.web import FEED, SITE, Answer, Web

TEXT = story("ferry")
WORD = TEXT.split()[0]


def alternates(*named: tuple[str, str]) -> str:
    return "".join(f'<link rel="alternate" hreflang="{language}" href="{url}">' for language, url in named)


def ferry(lang: str = "en", head: str = "", text: str = TEXT) -> str:
    return page(text, title="Ferry sinks", lang=lang, head=head)


EN, DE, FR = (f"{SITE}/{language}/ferry" for language in ("en", "de", "fr"))
ALL = alternates(("en", EN), ("de", DE), ("fr", FR), ("x-default", EN))
CASES: dict[str, dict[str, Answer]] = {
    "by address": {EN: ferry(), DE: ferry("de"), FR: ferry("fr")},
    "named by each other": {
        f"{SITE}/1": ferry("en", alternates(("de", f"{SITE}/2"), ("en", f"{SITE}/1"))),
        f"{SITE}/2": ferry("de", alternates(("de", f"{SITE}/2"), ("en", f"{SITE}/1"))),
    },
    "named by one": {f"{SITE}/1": ferry("en", alternates(("de", f"{SITE}/2"))), f"{SITE}/2": ferry("")},
    "on three sites": {
        f"https://example.{top}/ferry": ferry(language, alternates(*((each, f"https://example.{each}/ferry") for each in ("de", "fr", "it"))))
        for top, language in (("de", "de"), ("fr", "fr"), ("it", "it"))
    },
    "short": {"https://en.news.example/ferry": ferry(text="The office is closed."), "https://de.news.example/ferry": ferry("de", text="The office is closed.")},
    "with a guid": {EN: ferry("en", ALL), DE: ferry("de", ALL)},
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_versions_for_readers_of_other_languages_are_documents_of_their_own(tmp_path: Path, case: str) -> None:
    pages = CASES[case]
    guid = "tag:17" if case == "with a guid" else ""
    for number, order in enumerate(permutations(pages)):
        data = tmp_path / str(number)
        web = Web({FEED: feed(*(item(url, "Ferry sinks", guid=guid) for url in order)), **pages})
        run(data, web)
        assert urls(data) == sorted(pages)
        assert all(document.also == () for document in documents(data))
        assert extract_again(data) == 0
        run(data, web, 1, everything=True)
        assert urls(data) == sorted(pages)
        assert all(found_by(data, url) == url for url in pages)


def test_each_version_has_its_own_twins(tmp_path: Path) -> None:
    amp = {f"{url}/amp/": ferry(language, ALL) for url, language in ((EN, "en"), (DE, "de"))}
    pages: dict[str, Answer] = {EN: ferry("en", ALL), DE: ferry("de", ALL), **amp}
    for number, order in enumerate(permutations(pages)):
        data = tmp_path / str(number)
        run(data, Web({FEED: feed(*(item(url, "Ferry sinks") for url in order)), **pages}))
        assert [(document.url, document.also) for document in documents(data)] == [(DE, (f"{DE}/amp/",)), (EN, (f"{EN}/amp/",))]


ONE = [
    {EN: ferry(), f"{SITE}/en/news/ferry-17": ferry()},  # one language
    {f"{SITE}/en-gb/ferry": ferry("en-GB"), f"{SITE}/en-us/ferry": ferry("en-US")},  # for two countries
    {f"{SITE}/ferry": ferry("de"), f"{SITE}/ferry?print=1": ferry("en")},  # a template that declares anything
    {f"{SITE}/ferry": ferry("de"), f"{SITE}/old/17.html": ferry("en")},
    {"https://a.example/de/ferry": ferry("de"), "https://b.example/en/17": ferry("en")},  # a copy
    {EN: ferry("en", ALL), DE: ferry("de", ALL + canonical(EN))},  # it says itself that it is the other one
]


@pytest.mark.parametrize("pages", ONE, ids=lambda pages: " ".join(url.partition("//")[2] for url in pages))
def test_what_is_one_page_stays_one(tmp_path: Path, pages: dict[str, Answer]) -> None:
    for number, order in enumerate(permutations(pages)):
        data = tmp_path / str(number)
        run(data, Web({FEED: feed(*(item(url, "Ferry sinks") for url in order)), **pages}))
        assert len(hits(data, WORD)) == 1
        assert extract_again(data) == 0


def test_a_version_that_begins_to_name_the_other_parts_from_it(tmp_path: Path) -> None:
    first, second = f"{SITE}/1", f"{SITE}/2"
    web = Web({FEED: feed(item(first, "Ferry sinks"), item(second, "Ferry sinks")), first: ferry(), second: ferry("de")})
    run(tmp_path, web)
    assert urls(tmp_path) == [first]
    web.pages[second] = ferry("de", alternates(("en", first)))
    run(tmp_path, web, 1, everything=True)
    assert urls(tmp_path) == [first, second]
    web.pages[second] = ferry("de")
    run(tmp_path, web, 2, everything=True)
    assert urls(tmp_path) == [first]


@pytest.mark.parametrize("named", [True, False], ids=["hreflang", "addresses"])
def test_many_versions_that_a_sitemap_lists_without_titles_are_no_wall(tmp_path: Path, named: bool) -> None:
    """Pages of one source that all have one text may be a wall, a login or an error page; these are not."""
    languages = ("en", "de", "fr", "it", "nl", "pl")
    pages = {f"{SITE}/{language}/ferry": language for language in languages}
    head = alternates(*((language, url) for url, language in pages.items())) if named else ""
    rows = "".join(f"<url><loc>{url}</loc></url>" for url in pages)
    answers = {url: ferry(language, head) for url, language in pages.items()}
    web = Web({f"{SITE}/sitemap.xml": f"<urlset>{rows}</urlset>", **answers})
    (report,) = run(tmp_path, web, 0, Source(f"{SITE}/sitemap.xml", "News"))
    assert report.failures == []
    assert urls(tmp_path) == sorted(pages)
