"""Which addresses are one document: crawled from scripted webs, searched, and extracted again."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from indexer.model import Source
from support.builders import canonical, feed, item, page, story
from support.crawls import documents, extract_again, found_by, hits, run, urls
from support.web import FEED, SITE, Answer, Web

TEXT = story("ferry")
ARTICLE = page(TEXT, title="Ferry sinks")


@pytest.mark.parametrize(
    "twin",
    [
        "http://www.news.example/news/ferry",
        "https://WWW.News.Example:443/news/ferry",
        f"{SITE}//news//ferry",
        f"{SITE}/news/ferry/",
        f"{SITE}/news/ferry#comments",
        f"{SITE}/news/ferry?utm_source=rss&UTM_Medium=feed",
        f"{SITE}/news/ferry?fbclid=1&msclkid=2&at_medium=x",
        f"{SITE}/news/ferry;jsessionid=1A2B3C",
        f"{SITE}/news/ferry?PHPSESSID=abc",
        f"{SITE}/news/ferry?sid=0123456789abcdef0123456789abcdef",
        f"{SITE}/news/%66erry",
    ],
)
def test_two_spellings_of_an_address_are_one_page_and_asked_for_once(tmp_path: Path, twin: str) -> None:
    web = Web({FEED: feed(item(f"{SITE}/news/ferry", "Ferry sinks"), item(twin, "Ferry sinks")), f"{SITE}/news/ferry": ARTICLE})
    run(tmp_path, web)
    assert urls(tmp_path) == [f"{SITE}/news/ferry"]
    assert sum("/ferry" in url.replace("%66", "f") for url in web.asked) == 1


TWINS = [
    (f"{SITE}/news/ferry", f"{SITE}/news/ferry/amp/"),
    (f"{SITE}/news/ferry", f"{SITE}/news/ferry?amp=1"),
    (f"{SITE}/news/ferry", f"{SITE}/news/ferry?print=1"),
    (f"{SITE}/news/ferry", f"{SITE}/news/ferry/print/"),
    (f"{SITE}/news/ferry", f"{SITE}/news/ferry/index.html"),
    (f"{SITE}/news/ferry", f"{SITE}/news/ferry.html"),
    (f"{SITE}/news/ferry", "https://news.example/news/ferry"),
    (f"{SITE}/news/ferry", "https://m.news.example/news/ferry"),
    ("https://blog.news.example/news/ferry", "https://old-blog.news.example/news/ferry"),
    (f"{SITE}/news/ferry", "https://elsewhere.example/copies/17"),
]


@pytest.mark.parametrize(("first", "second"), TWINS)
@pytest.mark.parametrize("turned", [False, True], ids=["", "turned"])
def test_the_same_text_under_two_addresses_is_one_hit_that_names_the_other(
    tmp_path: Path, first: str, second: str, turned: bool
) -> None:
    links = (second, first) if turned else (first, second)
    web = Web({FEED: feed(*(item(link, "Ferry sinks") for link in links)), first: ARTICLE, second: ARTICLE})
    run(tmp_path, web)
    (hit,) = hits(tmp_path, TEXT.split()[0])
    assert {hit.document.url, *hit.document.also} == {first, second}
    for address in (first, second):
        assert found_by(tmp_path, address) == hit.document.url
    if second != TWINS[-1][1] and "blog" not in first and "/news/ferry.html" not in second and "//news" not in second:
        assert hit.document.url == first  # the plainer one, in whatever order they come
    assert extract_again(tmp_path) == 0
    run(tmp_path, web, 1, everything=True)
    assert documents(tmp_path) == [hit.document]


@pytest.mark.parametrize(("first", "second"), TWINS[:-1])
def test_other_content_under_a_like_address_is_another_document(tmp_path: Path, first: str, second: str) -> None:
    web = Web(
        {
            FEED: feed(item(first, "Ferry sinks"), item(second, "Tram burns")),
            first: ARTICLE,
            second: page(story("tram"), title="Tram burns"),
        }
    )
    run(tmp_path, web)
    assert urls(tmp_path) == sorted((first, second))


def test_short_twins_are_one_and_short_pages_that_merely_say_the_same_are_not(tmp_path: Path) -> None:
    short = page("The office is closed on Friday.", title="Closed")
    pages = (f"{SITE}/a", f"{SITE}/a?print=1", f"{SITE}/b")
    run(tmp_path, Web({FEED: feed(*(item(url, "Closed") for url in pages)), **dict.fromkeys(pages, short)}))
    assert urls(tmp_path) == [f"{SITE}/a", f"{SITE}/b"]


LONG = story("report", 400)
SERIES = [
    ("Weekly report 34", "Weekly report 35", LONG, LONG),
    ("Issue 4", "Issue 5", LONG, LONG),
    ("Report of March", "Report of April", LONG, LONG),
    ("Report", "Report", f"{LONG} In all 1204 boats came.", f"{LONG} In all 1371 boats came."),
    ("Nurse (Berlin)", "Nurse (Munich)", f"{LONG} In Berlin.", f"{LONG} In Munich."),
]


@pytest.mark.parametrize(("one", "other", "text", "other_text"), SERIES)
def test_the_numbers_of_a_series_are_not_one_document(tmp_path: Path, one: str, other: str, text: str, other_text: str) -> None:
    first, second = (
        item(f"{SITE}/a", one, date="Thu, 01 May 2025 10:00:00 GMT"),
        item(f"{SITE}/b", other, date="Thu, 08 May 2025 10:00:00 GMT"),
    )
    run(
        tmp_path, Web({FEED: feed(first, second), f"{SITE}/a": page(text, title=one), f"{SITE}/b": page(other_text, title=other)})
    )
    assert urls(tmp_path) == [f"{SITE}/a", f"{SITE}/b"]


def test_nearly_the_same_text_is_one_and_a_translation_is_not(tmp_path: Path) -> None:
    corrected = LONG.replace(LONG.split()[40], "corrected", 1)
    pages = {f"{SITE}/a": page(LONG, title="Ferry sinks"), f"{SITE}/b": page(corrected, title="Ferry sinks")}
    run(tmp_path, Web({FEED: feed(*(item(url, "Ferry sinks") for url in pages)), **pages}))
    assert len(urls(tmp_path)) == 1


def test_a_301_moves_a_page_for_good_and_a_302_does_not(tmp_path: Path) -> None:
    old, new, for_now = f"{SITE}/old", f"{SITE}/new", f"{SITE}/for-now"
    other = page(story("tram"), title="Tram")
    web = Web({FEED: feed(item(old, "Ferry sinks"), item(for_now, "Tram")), old: ARTICLE, for_now: other})
    run(tmp_path, web)
    web.pages |= {old: (301, new), new: ARTICLE, for_now: (302, f"{SITE}/maintenance-copy"), f"{SITE}/maintenance-copy": other}
    run(tmp_path, web, 1, everything=True)
    assert urls(tmp_path) == [for_now, new]
    assert found_by(tmp_path, old) == new
    assert found_by(tmp_path, f"{SITE}/maintenance-copy") == for_now
    web.pages[FEED] = feed(item(new, "Ferry sinks"), item(for_now, "Tram"))
    run(tmp_path, web, 2, everything=True)
    assert urls(tmp_path) == [for_now, new]
    assert extract_again(tmp_path) == 0


def test_pages_that_all_redirect_to_one_keep_their_items(tmp_path: Path) -> None:
    names = ("ferry", "tram", "bridge", "train")
    titles = ("Ferry sinks", "Tram burns at night", "A bridge is opened", "No trains on Sunday")
    items = [item(f"{SITE}/{n}", title, text=f"What the {n} did in the night") for n, title in zip(names, titles, strict=True)]
    for order in (names, names[::-1]):
        data = tmp_path / order[0]
        lost = {f"{SITE}/{name}": (301, f"{SITE}/news/") for name in order}
        run(
            data,
            Web(
                {FEED: feed(*(items[names.index(name)] for name in order)), **lost, f"{SITE}/news/": page(LONG, title="All news")}
            ),
        )
        assert urls(data) == sorted(f"{SITE}/{name}" for name in names)
        assert all(document.rule == "feed" for document in documents(data))


@pytest.mark.parametrize(
    ("head", "noted"),
    [
        (canonical(f"{SITE}/"), "home page"),
        (canonical(f"{SITE}/news/"), "parent list page"),
        (canonical("https://agency.example/news/ferry"), "another site"),
        (canonical(f"{SITE}/one") + canonical(f"{SITE}/two"), "several canonical"),
    ],
)
def test_a_canonical_that_cannot_be_is_noted_and_not_believed(tmp_path: Path, head: str, noted: str) -> None:
    url = f"{SITE}/news/ferry-sinks"
    web = Web({FEED: feed(item(url, "Ferry sinks")), url: page(TEXT, title="Ferry sinks", head=head)})
    run(tmp_path, web)
    assert urls(tmp_path) == [url]
    from indexer.cli.reason_text import report_texts
    from indexer.config import load_settings, open_archive, open_engine
    from indexer.diagnostics.url_report import url_report

    settings = load_settings(tmp_path)
    archive = open_archive(settings)
    shown = report_texts(url_report(archive, open_engine(settings), url))
    archive.close()
    assert noted in shown["remark"]
    assert any(noted in event["what"] for event in shown["history"])


@pytest.mark.parametrize(
    "head", [canonical("/ferry") * 2, canonical("https://news.example/ferry"), canonical("/ferry?utm_source=x")]
)
def test_a_canonical_of_the_same_site_is_believed(tmp_path: Path, head: str) -> None:
    web = Web({FEED: feed(item(f"{SITE}/?p=17", "Ferry sinks")), f"{SITE}/?p=17": page(TEXT, title="Ferry sinks", head=head)})
    run(tmp_path, web)
    (url,) = urls(tmp_path)
    assert url.endswith("news.example/ferry")
    assert found_by(tmp_path, f"{SITE}/?p=17") == url


def test_a_canonical_that_many_different_pages_name_is_believed_of_none(tmp_path: Path) -> None:
    names = ("ferry", "tram", "bridge")
    pages = {f"{SITE}/{n}": page(story(n), title=n, head=canonical("/all-of-them")) for n in names}
    kept = []
    for order in permutations(names):
        data = tmp_path / "-".join(order)
        run(data, Web({FEED: feed(*(item(f"{SITE}/{n}", n) for n in order)), **pages}))
        kept.append(urls(data))
        assert extract_again(data) == 0
    assert kept == [sorted(pages)] * 6


def test_a_page_of_an_amp_version_that_it_names_is_one_with_it_though_it_has_less_text(tmp_path: Path) -> None:
    url, amp = f"{SITE}/ferry", "https://amp.other.example/x/17"
    less = TEXT.split("\n\n")[0]
    for order in ((url, amp), (amp, url)):
        data = tmp_path / order[0].rpartition("/")[2]
        pages = {url: page(TEXT, title="Ferry", head=f'<link rel="amphtml" href="{amp}">'), amp: page(less, title="Ferry")}
        run(data, Web({FEED: feed(*(item(each, "Ferry") for each in order)), **pages}))
        run(data, Web({FEED: feed(*(item(each, "Ferry") for each in order)), **pages}), 1, everything=True)
        assert len(urls(data)) == 1
        assert found_by(data, amp) == found_by(data, url) is not None


def test_a_guid_without_a_link(tmp_path: Path) -> None:
    run(
        tmp_path,
        Web(
            {
                FEED: feed(item(title="Ferry", guid=f"{SITE}/ferry!"), item(title="Tram", guid="tag:17", text="no page")),
                f"{SITE}/ferry": ARTICLE,
            }
        ),
    )
    assert urls(tmp_path) == ["", f"{SITE}/ferry"]


def test_across_sources_the_one_added_first_is_named(tmp_path: Path) -> None:
    a, b = Source("https://a.example/rss", "A"), Source("https://b.example/rss", "B")
    for order in ((a, b), (b, a)):
        data = tmp_path / order[0].name
        pages = {source.url.replace("rss", "ferry"): ARTICLE for source in (a, b)}
        lists = {source.url: feed(item(source.url.replace("rss", "ferry"), "Ferry sinks")) for source in (a, b)}
        run(data, Web({**pages, **lists}), 0, *order)
        (document,) = documents(data)
        assert (document.source, len(document.also)) == (order[0].name, 1)


def test_a_page_that_is_asked_for_while_its_twin_is_stored_keeps_the_place_that_the_twin_gave_it(tmp_path: Path) -> None:
    """It was written back as it had been before: with a document that was gone by then, which named it for months."""
    old, new = f"{SITE}/tram", f"{SITE}/news/tram"
    web = Web({FEED: feed(item(old, "Tram burns", guid="tag:tram")), old: page(TEXT, title="Tram burns")})
    run(tmp_path, web)
    web.pages |= {FEED: feed(item(new, "Tram burns", guid="tag:tram")), old: 404, new: page(TEXT, title="Tram burns")}
    run(tmp_path, web, 100)
    assert [(document.url, document.also) for document in documents(tmp_path)] == [(new, (old,))]
    assert found_by(tmp_path, old) == new
    run(tmp_path, web, 101)
    assert [(document.url, document.also) for document in documents(tmp_path)] == [(new, ())]


def test_the_heir_takes_over_when_the_first_goes_and_gives_way_when_it_returns(tmp_path: Path) -> None:
    first, second = f"{SITE}/ferry", "https://elsewhere.example/copies/17"
    web = Web({FEED: feed(item(first, "Ferry sinks"), item(second, "Ferry sinks")), first: ARTICLE, second: ARTICLE})
    run(tmp_path, web)
    assert urls(tmp_path) == [first]
    web.pages[first] = 410
    for day in (1, 2, 4, 6):
        run(tmp_path, web, day, everything=True)
        assert len(hits(tmp_path, TEXT.split()[0])) == 1
    (document,) = documents(tmp_path)
    assert (document.url, document.also) == (second, ())
    assert extract_again(tmp_path) == 0


def test_twins_that_part_are_two_again(tmp_path: Path) -> None:
    first, second = f"{SITE}/ferry", f"{SITE}/copies/17"
    web = Web({FEED: feed(item(first, "Ferry sinks"), item(second, "Ferry sinks")), first: ARTICLE, second: ARTICLE})
    for changed, kept in ((first, second), (second, first)):
        data = tmp_path / changed[-2:]
        web.pages |= {first: ARTICLE, second: ARTICLE}
        run(data, web)
        assert len(urls(data)) == 1
        web.pages[changed] = page(story("something else"), title="Ferry sinks")
        run(data, web, 1, everything=True)
        assert urls(data) == sorted((changed, kept))
        assert all(document.also == () for document in documents(data))
        assert extract_again(data) == 0


def test_a_host_that_flips_between_two_names_duplicates_nothing(tmp_path: Path) -> None:
    names = [f"n{n}" for n in range(5)]
    hosts = ("https://www.news.example", "https://news.example")
    pages: dict[str, Answer] = {f"{host}/{name}": page(story(name), title=name) for host in hosts for name in names}
    web = Web(pages)
    for day in range(6):
        web.pages[FEED] = feed(*(item(f"{hosts[day % 2]}/{name}", name) for name in names))
        run(tmp_path, web, day)
        assert urls(tmp_path) == [f"{hosts[0]}/{name}" for name in names]


def test_forgotten_is_forgotten_under_all_its_addresses(tmp_path: Path) -> None:
    first, second = f"{SITE}/ferry", f"{SITE}/copies/17"
    web = Web({FEED: feed(item(first, "Ferry sinks"), item(second, "Ferry sinks")), first: ARTICLE, second: ARTICLE})
    run(tmp_path, web)
    from indexer.config import load_settings, open_archive

    archive = open_archive(load_settings(tmp_path))
    archive.forget([archive.documents.find(second) or ""], second)
    archive.close()
    run(tmp_path, web, 1, everything=True)
    assert urls(tmp_path) == []


def test_dropping_a_source_leaves_the_text_to_the_other_that_has_it(tmp_path: Path) -> None:
    a, b = Source("https://a.example/rss", "A"), Source("https://b.example/rss", "B")
    pages = {source.url.replace("rss", "ferry"): ARTICLE for source in (a, b)}
    lists = {source.url: feed(item(source.url.replace("rss", "ferry"), "Ferry sinks")) for source in (a, b)}
    run(tmp_path, Web({**pages, **lists}), 0, a, b)
    from indexer.config import load_settings, open_archive
    from indexer.dedup.document_assigner import drop_documents_of

    archive = open_archive(load_settings(tmp_path))
    drop_documents_of(archive, 1)
    archive.close()
    assert [(d.source, d.url) for d in documents(tmp_path)] == [("B", "https://b.example/ferry")]


@pytest.mark.parametrize("order", [("ferry", "harbour", "lighthouse"), ("lighthouse", "harbour", "ferry")])
@pytest.mark.parametrize(
    "names", [{"ferry": "harbour", "harbour": "ferry"}, {"ferry": "harbour", "harbour": "lighthouse", "lighthouse": "ferry"}]
)
def test_articles_that_name_each_other_as_canonical_keep_their_own_addresses(
    tmp_path: Path, order: tuple[str, ...], names: dict[str, str]
) -> None:
    pages = {f"{SITE}/{n}": page(story(n), title=n, head=canonical(f"/{names[n]}") if n in names else "") for n in order}
    web = Web({FEED: feed(*(item(f"{SITE}/{n}", n) for n in order)), **pages})
    run(tmp_path, web)
    assert {document.url: document.title for document in documents(tmp_path)} == {f"{SITE}/{n}": n for n in order}
    run(tmp_path, web)
    assert extract_again(tmp_path) == 0
    assert {document.url: document.title for document in documents(tmp_path)} == {f"{SITE}/{n}": n for n in order}
