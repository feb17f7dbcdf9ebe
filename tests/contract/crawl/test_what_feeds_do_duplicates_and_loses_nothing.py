"""What publishers do to their feeds and pages, and other readers turn into second hits or lost ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.config import load_settings, open_archive, open_searcher
from indexer.model import SearchRequest, Source
from indexer.search.result_json import result_mapping
from support.builders import feed, item, page, story
from support.crawls import documents, extract_again, found_by, hits, run, urls
from support.web import FEED, SITE, Web

TEXT = story("ferry")
ARTICLE = page(TEXT, title="Ferry sinks")


def history(data: Path, url: str) -> list[str]:
    archive = open_archive(load_settings(data))
    try:
        return [what.code for _, what in archive.documents.history(archive.documents.find(url) or "")]
    finally:
        archive.close()


@pytest.mark.parametrize("old_page", [404, (301, f"{SITE}/new"), ARTICLE], ids=["gone", "redirects", "stays"])
def test_a_moved_and_corrected_article_is_one_hit_at_its_new_address_with_its_history(tmp_path: Path, old_page: object) -> None:
    old, new = f"{SITE}/old", f"{SITE}/new"
    web = Web({FEED: feed(item(old, "Ferry sinsk", guid="tag:7")), old: ARTICLE})
    run(tmp_path, web)
    mended = page(f"{TEXT} A sentence that the editor added on the next day.", title="Three dead as ferry sinks")
    web.pages |= {FEED: feed(item(new, "Three dead as ferry sinks", guid="tag:7")), old: old_page, new: mended}
    for day in (1, 9, 20):
        run(tmp_path, web, day)
        (document,) = documents(tmp_path)
        assert (document.url, document.title) == (new, "Three dead as ferry sinks")
        assert found_by(tmp_path, old) == new
    assert history(tmp_path, new)[0] == "new"
    assert len(history(tmp_path, new)) > 1
    assert extract_again(tmp_path) == 0


def test_a_corrected_headline_is_no_second_hit(tmp_path: Path) -> None:
    web = Web({FEED: feed(item(f"{SITE}/a", "Ferry sinsk", guid="1")), f"{SITE}/a": ARTICLE})
    run(tmp_path, web)
    web.pages[FEED] = feed(item(f"{SITE}/a", "Ferry sinks", guid="2"), item(f"{SITE}/a", "Ferry sinsk", guid="1"))
    run(tmp_path, web, 1)
    assert [d.title for d in documents(tmp_path)] == ["Ferry sinks"]


def test_a_guid_used_again_neither_revives_nor_swallows(tmp_path: Path) -> None:
    web = Web({FEED: feed(item(f"{SITE}/a", "Ferry sinks", guid="1")), f"{SITE}/a": ARTICLE})
    run(tmp_path, web)
    web.pages |= {FEED: feed(item(f"{SITE}/b", "Tram burns", guid="1")), f"{SITE}/b": page(story("tram"), title="Tram burns")}
    run(tmp_path, web, 1)
    assert urls(tmp_path) == [f"{SITE}/a", f"{SITE}/b"]
    web.pages[f"{SITE}/a"] = 410
    for day in (10, 12, 30):
        run(tmp_path, web, day, everything=True)
    assert urls(tmp_path) == [f"{SITE}/b"]
    web.pages |= {
        FEED: feed(item(f"{SITE}/c", "Bridge opens", guid="1")),
        f"{SITE}/c": page(story("bridge"), title="Bridge opens"),
    }
    run(tmp_path, web, 31)
    assert urls(tmp_path) == [f"{SITE}/b", f"{SITE}/c"]


def test_a_guid_used_again_without_a_link_makes_another_item(tmp_path: Path) -> None:
    web = Web({FEED: feed(item(title="Ferry sinks", text=story("a", 40), guid="latest"))})
    run(tmp_path, web)
    web.pages[FEED] = feed(item(title="Tram burns", text=story("b", 40), guid="latest"))
    for day in (1, 2):
        run(tmp_path, web, day)
        assert [d.title for d in documents(tmp_path)] == ["Ferry sinks", "Tram burns"]


def test_items_with_one_guid_are_as_many_documents(tmp_path: Path) -> None:
    names = ("ferry", "tram", "bridge")
    pages = {f"{SITE}/{n}": page(story(n), title=n) for n in names}
    web = Web({FEED: feed(*(item(f"{SITE}/{n}", n, guid="same") for n in names)), **pages})
    run(tmp_path, web)
    assert urls(tmp_path) == sorted(pages)
    web = Web({FEED: feed(*(item("", n, text=story(n, 40), guid="same") for n in names))})
    run(tmp_path / "without", web)
    assert [d.title for d in documents(tmp_path / "without")] == ["bridge", "ferry", "tram"]


@pytest.mark.parametrize("guids", [("v3", "v2", "v1"), ("", "", ""), ("x", "x", "x")], ids=["own", "none", "same"])
def test_items_that_share_a_link_are_documents_of_their_own(tmp_path: Path, guids: tuple[str, ...]) -> None:
    log = f"{SITE}/changelog"
    names = ("Version three", "Version two", "Version one")
    items = [item(log, name, text=story(name, 30), guid=guid) for name, guid in zip(names, guids, strict=True)]
    web = Web({FEED: feed(*items), log: page(story("all"), title="Changelog")})
    for day in range(3):
        run(tmp_path, web, day, everything=True)
        assert [(d.title, d.url) for d in documents(tmp_path)] == [(name, log) for name in sorted(names)]
    web.pages[FEED] = feed(items[0])  # what was shared once stays shared
    run(tmp_path, web, 4)
    assert sorted(d.title for d in documents(tmp_path)) == sorted(names)
    assert extract_again(tmp_path) == 0


def test_an_address_that_comes_to_be_shared_gives_way_to_its_items(tmp_path: Path) -> None:
    log = f"{SITE}/changelog"
    first, second = (
        item(log, "Version one", text=story("1", 30), guid="1"),
        item(log, "Version two", text=story("2", 30), guid="2"),
    )
    web = Web({FEED: feed(first), log: page(story("all"), title="Changelog")})
    run(tmp_path, web)
    web.pages[FEED] = feed(second, first)
    for day in (1, 2):
        run(tmp_path, web, day, everything=True)
        assert [d.title for d in documents(tmp_path)] == ["Version one", "Version two"]


def test_an_item_listed_twice_is_one(tmp_path: Path) -> None:
    twice = item(f"{SITE}/a", "Ferry sinks", guid="1")
    run(
        tmp_path,
        Web({FEED: feed(twice, twice, item(f"{SITE}/a?utm_source=feed", "Ferry sinks", guid="2")), f"{SITE}/a": ARTICLE}),
    )
    assert urls(tmp_path) == [f"{SITE}/a"]
    assert hits(tmp_path, TEXT.split()[0])


def test_a_page_without_a_date_an_author_a_title_or_a_language_is_a_document(tmp_path: Path) -> None:
    bare = f"<body><article><p>{TEXT.replace(chr(10) * 2, '<p>')}</article>"
    run(tmp_path, Web({FEED: feed(item(f"{SITE}/a")), f"{SITE}/a": bare}))
    (document,) = documents(tmp_path)
    assert document.title
    assert TEXT.split()[3] in document.text


def test_words_do_not_run_together_across_inline_tags(tmp_path: Path) -> None:
    body = f"<article><p>{TEXT}</p><p>The <b>ferry</b><i> sank</i> at<br>noon<span>, with</span> <a href=x>all</a> hands in <em>un</em>kind seas.</p></article>"
    run(tmp_path, Web({FEED: feed(item(f"{SITE}/a", "x")), f"{SITE}/a": f"<html><body>{body}</body></html>"}))
    (document,) = documents(tmp_path)
    assert "The ferry sank at noon, with all hands in unkind seas." in " ".join(document.text.split())


def test_other_settings_reach_the_stored_pages_with_the_next_crawl_and_without_the_network(tmp_path: Path) -> None:
    pages = {
        f"{SITE}/{n}": page(f"{story(str(n))}</p><p class=box>boxword and {'more ' * n}of it", title=f"t{n}") for n in range(60)
    }
    web = Web({FEED: feed(*(item(url, f"t{n}") for n, url in enumerate(pages))), **pages})
    run(tmp_path, web)
    assert len(hits(tmp_path, "boxword")) == 50  # a page of hits
    web.asked.clear()
    web.pages = {FEED: 500}
    for source, check in (
        (Source(FEED, "News", exclude=".box"), lambda d: "boxword" not in d.text),
        (Source(FEED, "Other", include=".box"), lambda d: d.source == "Other" and d.text.startswith("boxword")),
        (Source(FEED, "Other", category="Ships", language="de"), lambda d: "Ships" in d.categories),
    ):
        (report,) = run(tmp_path, web, 1, source)
        assert any("re-extracted 60 stored pages" in note for note in report.notes)
        assert len(documents(tmp_path)) == 60
        assert all(map(check, documents(tmp_path)))
    assert {url.rpartition("/")[2] for url in web.asked} <= {"rss.xml", "robots.txt"}
    (report,) = run(tmp_path, web, 2)
    assert not any("re-extracted" in note for note in report.notes)


def test_a_hit_names_its_twins_in_the_api(tmp_path: Path) -> None:
    first, second = f"{SITE}/ferry", "https://elsewhere.example/copies/17"
    run(tmp_path, Web({FEED: feed(item(first, "Ferry sinks"), item(second, "Ferry sinks")), first: ARTICLE, second: ARTICLE}))
    result = open_searcher(load_settings(tmp_path)).search(SearchRequest(TEXT.split()[0]))
    (hit,) = result_mapping(result)["hits"]
    assert (hit["url"], hit["also"]) == (first, [second])
