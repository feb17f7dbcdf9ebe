"""What changes on the web and what becomes of it: nothing good is replaced by a fault, what is gone leaves, much at once is asked."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from indexer.archive.store import PageRecord
from indexer.archive.visits import Visits
from indexer.cli.reason_text import failure_text, question_text, url_text
from indexer.crawl import revisit_policy as schedule
from indexer.crawl.crawler import CrawlOptions
from indexer.crawl.page_queue import MAX_UNLISTED_PAGES
from indexer.diagnostics.url_reason import known_of, why
from indexer.model import Document, Entry
from indexer.reindex import re_extract
from indexer.urls import document_id
from support.builders import NAMES, article, feed_of, site
from support.crashes import killed_at
from support.crawls import Crawled
from support.web import FEED, NOW, SITE, Answer, Web

DUE = CrawlOptions()


@pytest.fixture
def tales(tmp_path: Path) -> Iterator[Crawled]:
    crawled = Crawled(tmp_path, Web(site()))
    crawled.run()
    yield crawled
    assert crawled.archive.integrity_problems() == []
    crawled.archive.close()


def reason(crawled: Crawled, path: str) -> tuple[str, str]:
    """Code and sentence of why an address is or is not found."""
    found = why(known_of(crawled.archive, f"{SITE}{path}", indexed=True))
    return found.code, url_text(found)


def titled(title: str, text: str = "Sorry.", more: str = "") -> str:
    return f"<html><head><title>{title}</title>{more}</head><body><h1>{title}</h1><p>{text}</p></body></html>"


FAULTS: dict[str, Answer | str | int] = {
    "server error": 500, "bad gateway": 502, "unavailable": 503, "too many": 429, "forbidden": 403, "login wanted": 401,
    "timeout": "timeout", "dns": "dns", "tls": "tls", "connection": "connect",
    "empty": "", "empty page": "<html><body></body></html>", "spaces": "  \n ",
    "not found in English": titled("Page not found | Tales"), "404": titled("Error 404 - Tales", "Nothing here " * 200),
    "not found in German": titled("Tales – Seite nicht gefunden"), "not found in French": titled("Oups ! Page introuvable"),
    "not found in Spanish": titled("Página no encontrada"), "not found in Polish": titled("Nie znaleziono strony"),
    "not found in Russian": titled("Страница не найдена"), "not found in Japanese": titled("ページが見つかりません"),
    "in the heading": "<html><title>Tales</title><h1>The page you are looking for could not be found.</h1><p>Try the search.",
    "maintenance": titled("Under maintenance", "We will be back soon."), "Wartung": titled("Wartungsarbeiten"),
    "database": titled("Error establishing a database connection"),
    "login page": titled("Log in", "<form><input name=u><input type=password name=p></form>"),
    "login form": titled("Tales", "<form>Members only <input type='password'></form>"),
    "login elsewhere": "-> /login?return=ant",
    "bot check": Answer(titled("Just a moment...", "Enable JavaScript and cookies to continue", "<meta name=robots content=noindex>")),
    "challenge": Answer(titled("Tales", "Checking"), headers={"cf-mitigated": "challenge"}),
    "captcha": titled("Tales", "<div class='g-recaptcha'></div> Prove it."),
    "denied": titled("Access Denied", "You don't have permission to access this server. Reference #18.2f"),
    "consent": titled("Before you continue", "We and our 837 partners store cookies."), "consent elsewhere": "-> /consent?to=ant",
    "consent in German": titled("Wir respektieren Ihre Privatsphäre", "Wir und unsere Partner speichern Cookies. " * 20),
    "home page": "-> /", "list": "-> /tales/",
    "shrunk": "<html lang=en><title>Tales</title><article><p>Read on with a subscription.</p></article>",
    "something else": "<html lang=en><title>Win a car</title><article><p>"
    + " ".join(f"Casino number {n} pays out more money each night than any bank in town would dare to." for n in range(9)),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_never_replaces_a_good_text(tales: Crawled, fault: str) -> None:
    before = tales.documents()
    tales.web.pages |= {
        "/ant": FAULTS[fault], "/login?return=ant": titled("Welcome", "Words " * 400), "/consent?to=ant": titled("Partners"),
        "/": titled("Tales", "All the tales. " * 50), "/tales/": titled("All tales", "All the tales. " * 50),
    }  # fmt: skip
    report = tales.run(days=1)
    assert tales.documents() == before
    assert "/ant" in [failure.url.removeprefix(SITE) for failure in report.failures]
    assert len(report.failures) == 1
    code, sentence = reason(tales, "/ant")
    assert code == "found"
    assert "; of the last attempt: " in sentence
    tales.web.pages |= {"/ant": article("ant", words="and went home")}
    assert tales.run(days=2).failures == []
    assert "went home" in tales.text("ant")


@pytest.mark.parametrize(
    "fault", sorted(FAULTS.keys() - {"something else", "list"})
)  # nobody can tell that they are not the page
def test_a_fault_at_the_first_look_leaves_the_feeds_own_text(tmp_path: Path, fault: str) -> None:
    others = {"/": titled("Tales"), "/login?return=ant": titled("Welcome"), "/consent?to=ant": titled("Partners"), "/tales/": "x"}
    crawled = Crawled(tmp_path, Web({**site(), **others, "/ant": FAULTS[fault]}))
    crawled.run()
    if fault != "shrunk":  # nor that there was more of it
        assert crawled.text("ant") == "short words about ant"
    crawled.web.pages["/ant"] = article("ant")
    crawled.run(days=1)
    assert "story 5" in crawled.text("ant")
    crawled.archive.close()


def test_pages_that_look_like_faults_and_are_none(tmp_path: Path) -> None:
    names = ("404", "login", "captcha")
    listed = "".join(
        f"<item><title>{title}</title><link>/{name}</link></item>"
        for name, title in zip(names, ("Page not found: a history", "Log in", "Just a moment"), strict=True)
    )
    pages = {f"/{n}": article("ant").replace("The tale of the ant", t) for n, t in zip(
        names, ("Page not found: a history", "Log in", "Just a moment"), strict=True)}  # fmt: skip
    pages["/login"] = pages["/login"].replace("<article>", "<form><input type=password></form><article>")
    crawled = Crawled(tmp_path, Web({"/rss.xml": f"<rss version='2.0'><channel>{listed}</channel></rss>", **pages}))
    assert crawled.run().failures == []
    assert all("story 5" in document.text for document in crawled.documents().values())
    crawled.archive.close()


def test_a_page_that_moved_is_no_fault(tales: Crawled) -> None:
    tales.web.pages |= {"/ant": "-> /tales/of/the/ant", "/tales/of/the/ant": article("ant")}
    assert tales.run(days=1).failures == []


def test_a_short_text_is_believed_after_five_looks_in_two_weeks(tales: Crawled) -> None:
    tales.web.pages["/ant"] = article("ant", times=0).replace("<p></p>", "<p>The tale was taken back.</p>")
    for day in (1, 4, 7, 10, 13):
        assert tales.run(days=day).failures
        assert tales.run(days=day, minutes=10).failures  # looks of the same hour are one
        assert "story 5" in tales.text("ant")
    assert tales.run(days=16).failures == []
    assert tales.text("ant") == "The tale was taken back."


def test_other_words_are_believed_at_the_second_look_and_at_once_when_the_feed_says_so(tales: Crawled) -> None:
    tales.web.pages["/ant"] = FAULTS["something else"]
    assert tales.run(days=1).failures
    assert tales.run(days=2).failures == []
    assert "Casino" in tales.text("ant")
    tales.web.pages |= {"/bee": FAULTS["shrunk"], "/rss.xml": feed_of(("ant", "bee", "cow"), "{} in other words")}
    assert tales.run(days=3).failures == []
    assert tales.text("bee") == "Read on with a subscription."


def test_an_error_page_that_stays_is_gone_and_a_login_that_stays_is_not(tmp_path: Path) -> None:
    crawled = Crawled(tmp_path, Web(site(NAMES)))
    crawled.run()
    crawled.web.pages |= {"/ant": titled("Page not found"), "/bee": "-> /", "/cow": titled("Log in"), "/": titled("Tales")}
    for day in (1, 5, 9, 13, 17):
        assert len(crawled.documents()) == len(NAMES)
        crawled.run(days=day)
    assert NAMES[:2] == ("ant", "bee")
    assert sorted(crawled.documents()) == sorted(NAMES[2:])
    assert reason(crawled, "/ant")[0] == "gone"
    assert "an error page was answered with 200" in reason(crawled, "/ant")[1]
    assert "leads to the home page" in reason(crawled, "/bee")[1]
    crawled.archive.close()


def test_a_text_that_all_pages_have_all_of_a_sudden_is_none(tales: Crawled) -> None:
    before = tales.documents()
    wall = (
        "<html lang=en><title>Tales</title><article><p>" + "The tale of the ant, of the bee and of the cow are for members. " * 12
    )
    tales.web.pages |= {"/ant": wall, "/bee": wall, "/cow": wall}
    for day in (1, 2, 3):
        assert len(tales.run(days=day).failures) == 3
        assert tales.documents() == before


def test_a_wall_from_the_beginning_is_seen_through_when_more_pages_have_it(tmp_path: Path) -> None:
    wall = (
        "<html lang=en><title>Tales</title><article><p>" + "Our tales are for members, as good tales have to be paid for. " * 12
    )
    crawled = Crawled(tmp_path, Web({"/rss.xml": feed_of(NAMES[:5]), **{f"/{name}": wall for name in NAMES[:5]}}))
    crawled.run()
    assert sum(document.text.startswith("short words") for document in crawled.documents().values()) >= 3
    crawled.run(hours=2, wanted=DUE)  # the first two are looked at again, now that the others are known
    assert all(document.text.startswith("short words") for document in crawled.documents().values())
    crawled.archive.close()


# -- what leaves -----------------------------------------------------------------------------------------------------


def test_what_is_gone_leaves_at_the_second_look_that_the_operator_asks_for(tales: Crawled) -> None:
    tales.web.pages["/ant"] = 404
    tales.run(days=1)
    assert "ant" in tales.documents()
    tales.run(days=1, minutes=1)
    assert "ant" not in tales.documents()
    code, sentence = reason(tales, "/ant")
    assert code == "gone"
    assert "answered 404, twice since 2026-01-02" in sentence
    tales.web.pages["/ant"] = article("ant", words="again")
    tales.run(days=4)
    assert "again" in tales.text("ant")


def test_gone_twice_within_the_hour_is_gone_once() -> None:
    known = PageRecord("a", f"{SITE}/a", 1, Entry(f"{SITE}/a"), "", fetched_at=NOW, gone_count=1)
    looks = [
        schedule.gone_count(known, NOW + timedelta(minutes=m), asked=asked) for m, asked in ((40, False), (61, False), (1, True))
    ]
    assert looks == [1, 2, 2]


def test_a_page_that_was_never_had_leaves_when_its_item_has_left_and_it_is_gone(tmp_path: Path) -> None:
    crawled = Crawled(tmp_path, Web({**site(), "/ant": 404}))
    crawled.run()
    for day in (1, 2, 3):
        crawled.run(days=day)
    assert crawled.text("ant") == "short words about ant"
    crawled.web.pages["/rss.xml"] = feed_of(("bee", "cow"))
    crawled.run(days=4)
    crawled.run(days=5)
    assert "ant" not in crawled.documents()
    crawled.archive.close()


@pytest.mark.parametrize(
    ("head", "header", "leaves"),
    [
        ("<meta name=robots content='noindex, follow'>", "", True),
        ("<META NAME='ROBOTS' CONTENT=NONE>", "", True),
        ("<meta name=googlebot content=noindex>", "", False),
        ("<meta name=feed-search-indexer content=noindex>", "", True),
        ("<meta name=harbour-bot content=noindex>", "", False),
        ("<meta name=robots content='max-snippet:-1, index, follow'>", "", False),
        ("<meta name=robots content='unavailable_after: 2025-12-01'>", "", True),
        ("<meta name=robots content='unavailable_after: 2027-12-01'>", "", False),
        ("", "noindex", True),
        ("", "googlebot: noindex, nofollow", False),
        ("", "otherbot: noindex, feed-search-indexer: noindex", True),
        ("", "unavailable_after: 25 Jun 2025 15:00:00 PST", True),
        ("", "unavailable_after: Wednesday, 25-Jun-25 15:00:00 PST, nofollow", True),
        ("", "max-image-preview: large, nofollow", False),
    ],
)
def test_a_page_that_asks_not_to_be_indexed_leaves_and_comes_back(tales: Crawled, head: str, header: str, leaves: bool) -> None:
    tales.web.pages["/ant"] = Answer(article("ant", head), headers={"x-robots-tag": header} if header else {})
    report = tales.run(days=1)
    assert ("ant" not in tales.documents()) is leaves
    assert report.removed == leaves
    if leaves:
        code, sentence = reason(tales, "/ant")
        assert (code, "asks not to be indexed" in sentence) == ("noindex", True)
        assert re_extract(tales.archive) == 0  # not brought back from what is stored
        tales.run(days=2)
        assert "ant" not in tales.documents()
        tales.web.pages["/ant"] = article("ant")
        tales.run(days=3)
        assert "story 5" in tales.text("ant")


def test_the_name_that_the_operator_gave_the_crawler_counts(tmp_path: Path) -> None:
    crawled = Crawled(tmp_path, Web(site()), agent="harbour-bot/2.0 (of the town)")
    crawled.run()
    crawled.web.pages["/ant"] = article("ant", "<meta name='harbour-bot' content='noindex'>")
    crawled.run(days=1)
    assert "ant" not in crawled.documents()
    crawled.archive.close()


def test_a_page_leaves_on_the_day_that_it_named(tales: Crawled) -> None:
    tales.web.pages["/ant"] = article("ant", "<meta name=robots content='unavailable_after: 2026-01-03T12:00:00Z'>")
    tales.run(days=1)
    assert "ant" in tales.documents()
    tales.run(days=2, hours=11, wanted=DUE)
    assert "ant" in tales.documents()
    tales.run(days=2, hours=13, wanted=DUE)
    assert "ant" not in tales.documents()


def test_a_page_that_robots_txt_forbids_for_a_day_leaves_and_one_forbidden_by_mistake_does_not(tales: Crawled) -> None:
    tales.web.pages["/robots.txt"] = "User-agent: *\nDisallow: /ant"
    tales.run(days=1)
    tales.run(days=1, hours=2)
    assert "ant" in tales.documents()
    tales.web.pages["/robots.txt"] = "User-agent: *\nDisallow: /bee"
    tales.run(days=1, hours=12)
    tales.web.pages["/robots.txt"] = "User-agent: *\nDisallow: /ant"
    for hours, there in ((24, True), (30, True), (49, False)):
        tales.run(days=1, hours=hours)
        assert ("ant" in tales.documents()) is there
    assert reason(tales, "/ant")[0] == "robots"
    assert "bee" in tales.documents()
    tales.web.pages["/robots.txt"] = ""
    tales.run(days=9)
    assert "story 5" in tales.text("ant")  # the server says "not modified"


def test_a_site_that_forbids_everything_is_asked_about(tmp_path: Path) -> None:
    crawled = Crawled(tmp_path, Web(site(NAMES)))
    crawled.run()
    crawled.web.pages["/robots.txt"] = "User-agent: *\nDisallow: /"
    first = crawled.run(days=1)
    assert first.error is not None
    report = crawled.run(days=3)
    assert report.question is not None
    assert question_text(report.question, FEED).startswith("16 of 16 documents would leave")
    assert len(crawled.documents()) == 16
    crawled.archive.close()


# -- much at once ----------------------------------------------------------------------------------------------------


@pytest.fixture
def many(tmp_path: Path) -> Iterator[Crawled]:
    crawled = Crawled(tmp_path, Web(site(NAMES)))
    crawled.run()
    yield crawled
    assert crawled.archive.integrity_problems() == []
    crawled.archive.close()


def vanish(crawled: Crawled, count: int) -> None:
    crawled.web.pages |= dict.fromkeys((f"/{name}" for name in NAMES[:count]), 404)


def test_a_handful_may_go_and_more_than_a_fifth_is_asked_about(many: Crawled) -> None:
    vanish(many, 2)
    assert [many.run(days=day).removed for day in (1, 2)] == [0, 2]
    vanish(many, 12)
    many.run(days=4)
    report = many.run(days=5)
    assert (report.removed, len(many.documents())) == (0, 14)
    assert report.question is not None
    question = question_text(report.question, FEED)
    assert "10 of 14 documents would leave the index" in question
    assert f"indexer crawl --accept-removals {FEED}" in question
    assert not re.search(r"(http\S+): \1", question)  # the first one's address is said once
    (state,) = many.archive.sources()
    assert (state.state, state.last_error) == ("asking", report.question)
    assert state.error_since == NOW + timedelta(days=5)
    assert reason(many, "/lark")[0] == "asking"
    many.web.pages |= site(NAMES[:10])  # most come back, so the others may go
    report = many.run(days=6)
    assert (report.question, report.removed, len(many.documents())) == (None, 2, 14)
    assert many.archive.sources()[0].state == "ok"
    assert Visits(many.archive).questions() == {}


def test_what_was_asked_is_done_when_the_operator_says_so_and_only_then(many: Crawled) -> None:
    vanish(many, 12)
    yes = CrawlOptions(everything=True, accept_removals=True)
    many.run(days=1)
    assert many.run(days=2, wanted=yes).question  # nobody has been asked before, so this is no answer
    assert len(many.documents()) == 16
    report = many.run(days=3, wanted=yes)
    assert (report.removed, report.question, len(many.documents())) == (12, None, 4)
    assert many.run(days=4).question is None
    vanish(many, 13)
    many.run(days=4, hours=3)
    assert many.run(days=4, hours=5).removed == 1  # what was accepted is not counted again


def test_a_site_that_loses_everything_for_a_month_loses_nothing(many: Crawled) -> None:
    whole = many.documents()
    everything = dict(many.web.pages)
    many.web.pages = {"/rss.xml": feed_of(())}
    for day in range(1, 30, 2):
        report = many.run(days=day)
        assert many.documents() == whole
    assert report.question
    many.web.pages = everything
    report = many.run(days=31)
    assert (report.question, report.removed) == (None, 0)
    assert many.documents() == whole


def test_a_crawl_never_purges_what_it_did_not_meet(many: Crawled) -> None:
    many.web.pages["/rss.xml"] = feed_of(("pug",))
    for day in range(1, 90, 8):
        many.run(days=day, wanted=DUE)
    assert len(many.documents()) == 16


def test_an_archive_of_many_pages_is_gone_through_some_at_a_time(tmp_path: Path) -> None:
    names = [f"n{n}" for n in range(MAX_UNLISTED_PAGES + 30)]
    crawled = Crawled(tmp_path, Web(site(names)))
    crawled.run(wanted=DUE)
    crawled.web.pages["/rss.xml"] = feed_of(())
    assert len(asked(crawled, days=40)) == MAX_UNLISTED_PAGES
    (state,) = crawled.archive.sources()
    assert state.next_crawl is not None
    assert state.next_crawl <= NOW + timedelta(days=40, hours=1)  # sooner than the feed alone would be
    assert len(asked(crawled, days=40, hours=1)) == 30
    crawled.archive.close()


def test_a_host_that_wants_to_be_left_alone_is_no_failure_of_its_other_pages(tales: Crawled) -> None:
    tales.web.pages |= {"/ant": Answer(status=429, headers={"retry-after": "7200"}), "/bee": article("bee", words="mended")}
    tales.run(days=1)
    bee = tales.archive.page(document_id(f"{SITE}/bee"))
    visit = Visits(tales.archive).get(document_id(f"{SITE}/bee"))
    assert bee is not None
    assert visit is not None
    assert (bee.failure, bee.fetched_at, visit.failures) == (None, NOW, 0)
    assert visit.due is not None
    assert timedelta(hours=1) < visit.due - (NOW + timedelta(days=1)) <= timedelta(hours=2)
    tales.web.pages |= {"/ant": article("ant")}
    tales.run(days=1, hours=3, wanted=DUE)
    assert "mended" in tales.text("bee")


# -- history ---------------------------------------------------------------------------------------------------------


def test_the_last_five_answers_of_a_page_are_kept_and_forgetting_takes_all(tales: Crawled) -> None:
    for day in range(1, 9):
        tales.web.pages["/ant"] = article("ant", words=f"number {day}")
        tales.run(days=day)
    kept = [answer for answer in tales.archive.responses() if answer.requested_url.endswith("/ant")]
    assert [b"number 8" in answer.body for answer in kept] == [False, False, False, False, True]
    tales.archive.forget([document_id(f"{SITE}/ant")], f"{SITE}/ant")
    assert not [answer for answer in tales.archive.responses() if answer.requested_url.endswith("/ant")]
    assert Visits(tales.archive).get(document_id(f"{SITE}/ant")) is None
    assert reason(tales, "/ant")[0] == "forgotten"


# -- sitemaps --------------------------------------------------------------------------------------------------------


def sitemap(**lastmods: str) -> str:
    return "<urlset>" + "".join(f"<url><loc>/{n}</loc><lastmod>{at}</lastmod></url>" for n, at in lastmods.items()) + "</urlset>"


def asked(crawled: Crawled, **later: float) -> list[str]:
    crawled.web.asked.clear()
    crawled.run(wanted=DUE, **later)
    return [path for path in crawled.web.paths if path not in ("/rss.xml", "/robots.txt")]


def test_lastmod_says_which_pages_are_due_until_it_is_found_to_lie(tmp_path: Path) -> None:
    crawled = Crawled(tmp_path, Web({**site(), "/rss.xml": sitemap(ant="2025-12-01T01:00:00Z", bee="2025-12-01")}))
    assert asked(crawled) == ["/ant", "/bee"]
    assert asked(crawled, days=20) == []  # a feed's pages would have been due after a week
    crawled.web.pages |= {"/rss.xml": sitemap(ant="2026-01-21T12:00:00Z", bee="2025-12-01"), "/ant": article("ant", words="more")}
    assert asked(crawled, days=21) == ["/ant"]
    assert "more" in crawled.text("ant")
    for hour in (1, 2, 3, 4, 5):  # always "just now", and always the same page
        crawled.web.pages["/rss.xml"] = sitemap(ant=f"2026-01-22T0{hour}:00:00Z", bee="2025-12-01")
        assert asked(crawled, days=21, hours=hour, minutes=10) == (["/ant"] if hour <= 3 else [])
    assert set(asked(crawled, days=99)) == {"/ant", "/bee"}
    crawled.archive.close()


# -- kills -----------------------------------------------------------------------------------------------------------


EFFECTS = [
    *(("indexer.archive.store", "Archive", name) for name in ("put_page", "put_document", "remove_document", "source_crawled")),
    *(("indexer.archive.visits", "Visits", name) for name in (
        "put", "decide", "cancel", "done", "remember", "put_rhythm", "note_listing", "look_again", "ask", "answered")),
    ("indexer.crawl.batch_writer", "BatchWriter", "flush"),
]  # fmt: skip


def year_of_trouble(crawled: Crawled) -> Iterator[Callable[[], object]]:
    """Crawls between which pages fail, vanish, come back, and ask not to be indexed: every effect happens."""
    web = crawled.web
    yield lambda: crawled.run()
    web.pages |= {"/ant": 404, "/bee": titled("Page not found"), "/cow": article("cow", "<meta name=robots content=noindex>")}
    web.pages |= {"/rss.xml": feed_of(NAMES[3:]), "/dog": article("dog", words="mended")}
    yield lambda: crawled.run(days=1)
    yield lambda: crawled.run(days=2)
    vanish(crawled, 12)
    yield lambda: crawled.run(days=3)
    yield lambda: crawled.run(days=4)
    web.pages |= site(NAMES[:8])
    wall = (
        "<html lang=en><title>Tales</title><article><p>" + "Our tales are for members, as good tales have to be paid for. " * 12
    )
    more = ("rat", "ram", "ray")
    web.pages |= {"/rss.xml": feed_of((*NAMES, *more)), **{f"/{name}": wall for name in more}}
    yield lambda: crawled.run(days=5, wanted=CrawlOptions(everything=True, accept_removals=True))
    yield lambda: crawled.run(days=6)
    yield lambda: crawled.run(days=7)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Document]:
    crawled = Crawled(tmp_path_factory.mktemp("whole"), Web(site(NAMES)))
    for step in year_of_trouble(crawled):
        step()
    found = crawled.documents()
    crawled.archive.close()
    return found


@pytest.mark.parametrize(("module", "owner", "name"), EFFECTS, ids=[name for _, _, name in EFFECTS])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_effect_the_next_runs_end_with_the_same_documents(
    tmp_path: Path,
    undisturbed: dict[str, Document],
    module: str,
    owner: str,
    name: str,
    after: bool,
) -> None:
    """Each crawl is killed at its first effect of this kind, run again by a new program, killed at the second, and run again."""
    crawled = Crawled(tmp_path, Web(site(NAMES)))
    target = getattr(importlib.import_module(module), owner)
    kills = 0
    for step in year_of_trouble(crawled):
        for nth in (1, 2):
            with killed_at(target, name, nth, after=after) as killer:
                step()
            if killer.kills:
                kills += 1
                crawled.archive.close()
                crawled = reopened(crawled, tmp_path)
        step()
    assert kills
    assert crawled.documents() == undisturbed
    assert crawled.archive.integrity_problems() == []
    crawled.archive.close()


def reopened(crawled: Crawled, folder: Path) -> Crawled:
    again = Crawled(folder, crawled.web)
    crawled.archive = again.archive
    return crawled


def test_a_feed_that_moved_for_good_is_read_and_said(tales: Crawled) -> None:
    tales.web.pages |= {
        "/feed.xml": tales.web.pages["/rss.xml"],
        "/rss.xml": Answer(status=301, headers={"location": "/feed.xml"}),
    }
    report = tales.run(days=1)
    assert not report.error
    assert any(f"moved for good to {SITE}/feed.xml" in note and f"indexer remove {FEED}" in note for note in report.notes)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer("GIF89a noise " * 50), "not a web page but a file"),
        (Answer("%PDF-1.7 noise", headers={"content-type": "text/html"}), "not a web page but a file"),
        (Answer('{"error": 1}', headers={"content-type": "application/json"}), "not a web page but application/json"),
        ("", "the answer is empty"),
    ],
)
def test_what_is_no_page_is_named_and_nothing_of_it_is_found(tmp_path: Path, answer: Answer | str, said: str) -> None:
    crawled = Crawled(tmp_path, Web({**site(), "/ant": answer}))
    (failure,) = crawled.run().failures
    assert said in failure_text(failure)
    assert failure_text(failure).endswith("the feed's own text is used")
    assert crawled.text("ant") == "short words about ant"
    crawled.web.pages["/ant"] = article("ant")
    crawled.run(days=1)
    crawled.web.pages["/ant"] = answer
    (failure,) = crawled.run(days=2).failures
    assert failure_text(failure).endswith("the text that we have stays")
    assert "ant market" in crawled.text("ant")
    crawled.archive.close()


def test_a_page_that_only_sends_on_is_followed(tmp_path: Path) -> None:
    stub = "<html><title>Moved</title><meta http-equiv=refresh content='0; url=/tales/ant'><a href=/tales/ant>here</a>"
    crawled = Crawled(tmp_path, Web({**site(), "/ant": stub, "/tales/ant": article("ant")}))
    crawled.run()
    assert "ant market" in crawled.text("ant")
    assert crawled.documents()["ant"].url == f"{SITE}/tales/ant"
    crawled.web.pages["/tales/ant"] = article("ant", words="again")
    crawled.run(days=1)
    assert "again" in crawled.text("ant"), "the page that sends on is the same as before"
    crawled.archive.close()


def test_pages_that_moved_without_a_redirect_are_found_where_they_are_now_and_nobody_is_asked(tmp_path: Path) -> None:
    crawled = Crawled(tmp_path, Web(site(NAMES)))
    crawled.run()
    crawled.web.pages = {f"/new/{name}": article(name) for name in NAMES}
    crawled.web.pages["/rss.xml"] = feed_of(NAMES).replace("<link>/", "<link>/new/")
    crawled.run(days=1)
    report = crawled.run(days=2)
    assert report.question is None
    assert {document.url for document in crawled.archive.documents()} == {f"{SITE}/new/{name}" for name in NAMES}
    assert reason(crawled, "/ant")[0] != "never-met"
    for name in NAMES[:6]:
        del crawled.web.pages[f"/new/{name}"]
    crawled.run(days=3)
    report = crawled.run(days=4)
    assert report.question is not None, "these are nowhere any more"
    assert len(crawled.documents()) == len(NAMES)
    crawled.archive.close()


def test_files_that_a_sitemap_lists_are_not_asked_for(tmp_path: Path) -> None:
    listed = "".join(f"<url><loc>{SITE}/{path}</loc></url>" for path in ("ant", "paper.PDF", "picture.jpg", "style.css?v=1"))
    crawled = Crawled(tmp_path, Web({"/rss.xml": f"<urlset>{listed}</urlset>", "/ant": article("ant")}))
    report = crawled.run()
    assert report.failures == []
    assert "skipped 3 sitemap URLs" in report.notes[0]
    assert [path for path in crawled.web.paths if path not in ("/robots.txt", "/rss.xml")] == ["/ant"]
    crawled.archive.close()
