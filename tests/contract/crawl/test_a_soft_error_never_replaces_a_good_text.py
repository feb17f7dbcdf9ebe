"""Error pages, logins, walls and half texts: the last good text stays in the archive."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.cli.reason_text import failure_text
from indexer.crawl.crawler import CrawlOptions
from support.builders import NAMES, article, feed_of, site, titled
from support.crawls import Crawled, reason
from support.web import SITE, Answer, Web

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
    assert "; the last attempt failed: " in sentence
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
    assert "the server sent an error page with status 200" in reason(crawled, "/ant")[1]
    assert "redirects to the home page" in reason(crawled, "/bee")[1]
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
    crawled.run(hours=2, wanted=CrawlOptions())  # the first two are looked at again, now that the others are known
    assert all(document.text.startswith("short words") for document in crawled.documents().values())
    crawled.archive.close()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer("GIF89a noise " * 50), "not a web page but a file"),
        (Answer("%PDF-1.7 noise", headers={"content-type": "text/html"}), "not a web page but a file"),
        (Answer('{"error": 1}', headers={"content-type": "application/json"}), "not a web page but application/json"),
        ("", "the response is empty"),
    ],
)
def test_what_is_no_page_is_named_and_nothing_of_it_is_found(tmp_path: Path, answer: Answer | str, said: str) -> None:
    crawled = Crawled(tmp_path, Web({**site(), "/ant": answer}))
    (failure,) = crawled.run().failures
    assert said in failure_text(failure)
    assert failure_text(failure).endswith("the text of the feed is used")
    assert crawled.text("ant") == "short words about ant"
    crawled.web.pages["/ant"] = article("ant")
    crawled.run(days=1)
    crawled.web.pages["/ant"] = answer
    (failure,) = crawled.run(days=2).failures
    assert failure_text(failure).endswith("the last good text stays")
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
