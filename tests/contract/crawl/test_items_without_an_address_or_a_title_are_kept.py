"""Items whose feed states no address, no title or a placeholder for them: none is lost, and each is shown by what it has."""

from __future__ import annotations

from pathlib import Path

from indexer.model import Source
from support.crawls import documents, run
from support.web import FEED, SITE, Web


def channel(*items: str, title: str = "Mill notes") -> str:
    return f"<rss version='2.0'><channel><title>{title}</title><link>{SITE}/</link>{''.join(items)}</channel></rss>"


def test_two_items_with_placeholders_are_two_documents(tmp_path: Path) -> None:
    items = (
        f"<item><title>Wheel {n}</title><link>N/A</link><guid isPermaLink='false'>N/A</guid>"
        f"<description>Wheel {n} of the mill turns again after the flood.</description></item>"
        for n in (1, 2)
    )
    (report,) = run(tmp_path, Web({FEED: channel(*items)}))
    assert report.failures == []
    assert [(d.title, d.url) for d in documents(tmp_path)] == [("Wheel 1", f"{SITE}/"), ("Wheel 2", f"{SITE}/")]


def test_a_recording_is_linked_and_not_fetched(tmp_path: Path) -> None:
    item = (
        "<item><title>Talk 1</title><description>A miller talks.</description><enclosure url='/t1.mp3' type='audio/mpeg'/></item>"
    )
    web = Web({FEED: channel(item)})
    run(tmp_path, web)
    assert [(d.title, d.url) for d in documents(tmp_path)] == [("Talk 1", f"{SITE}/t1.mp3")]
    assert f"{SITE}/t1.mp3" not in web.asked


def test_a_note_without_a_title_begins_with_its_text(tmp_path: Path) -> None:
    texts = ("Saw a falcon at the mill this morning.", "Saw an otter below the weir at noon.")
    items = (f"<item><link>/{n}</link><description>{text}</description></item>" for n, text in enumerate(texts))
    head = "<title>Ann Lee</title><meta property='og:title' content='Ann Lee'>"
    pages = {
        f"{SITE}/{n}": f"<html><head>{head}</head><body><header><h1>Ann Lee</h1></header><article><p>{text}</p></article></body></html>"
        for n, text in enumerate(texts)
    }

    run(tmp_path, Web({FEED: channel(*items, title="Ann Lee"), **pages}), 0, Source(FEED, "Ann Lee"))
    assert [d.title for d in documents(tmp_path)] == list(texts)


def test_items_that_repeat_others_are_reported(tmp_path: Path) -> None:
    item = "<item><title>Wheel</title><link>/wheel</link><description>It turns again.</description></item>"
    (report,) = run(tmp_path, Web({FEED: channel(item, item), f"{SITE}/wheel": "<p>It turns again."}))
    assert "1 item repeats another one of the feed" in report.notes
