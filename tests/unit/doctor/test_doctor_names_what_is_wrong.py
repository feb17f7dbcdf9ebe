"""One sound site, and one thing broken at a time: which finding names it, how badly, and what stays silent."""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from indexer.doctor import MAX_REQUESTS, Facts, Finding, examine, gather, report_mapping, worst
from indexer.fetch.transport import Request
from indexer.model import Failure, FetchPolicy, Response, Source

NOW = datetime(2026, 5, 20, tzinfo=UTC)
SITE = "https://news.example"
FEED = f"{SITE}/rss.xml"
HTML = "text/html; charset=utf-8"
SUBJECTS = ("harbour wall", "night ferry", "oyster nursery", "tide mill", "seed archive", "weather station")


@dataclasses.dataclass
class Answer:
    text: str = ""
    kind: str = HTML
    status: int = 200
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    charset: str = "utf-8"

    @property
    def body(self) -> bytes:
        return self.text.encode(self.charset)


class Web:
    """Addresses to answers, with validators that work; everything asked for is noted."""

    def __init__(self) -> None:
        self.pages: dict[str, Answer | Failure] = {}
        self.asked: list[str] = []
        self.heeds_validators = True

    async def send(self, request: Request) -> Response | Failure:
        self.asked.append(request.url)
        answer = self.pages.get(request.url, Answer("<h1>404</h1>", status=404))
        if isinstance(answer, Failure):
            return answer
        headers = {"content-type": answer.kind, **answer.headers}
        if self.heeds_validators and "etag" in headers and request.headers.get("if-none-match") == headers["etag"]:
            return Response(request.url, request.url, 304, headers)
        return Response(request.url, request.url, answer.status, headers, answer.body, NOW)

    async def close(self) -> None: ...

    def page(self, url: str) -> Answer:
        found = self.pages[url]
        assert isinstance(found, Answer)
        return found


def sentence(subject: str) -> str:
    return f"The {subject} was looked at by the council on Monday, and everybody had something else to say about it. "


def item(number: int, **parts: str | None) -> str:
    subject = SUBJECTS[number]
    fields: dict[str, str | None] = {
        "title": f"News of the {subject}", "link": f"{SITE}/news/{number}/", "guid": f"item-{number}",
        "pubDate": f"{18 - number} May 2026 08:00:00 GMT", "description": sentence(subject), **parts,
    }  # fmt: skip
    return "<item>" + "".join(f"<{name}>{value}</{name}>" for name, value in fields.items() if value is not None) + "</item>"


def rss(*items: str, about: str = "<language>en</language>") -> str:
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Gazette</title>{about}{"".join(items)}</channel></rss>'


def article(number: int, head: str = "", body: str = "") -> str:
    subject = SUBJECTS[number]
    text = "".join(
        f"<p>{sentence(subject)} Reason {number}{n} was given for the {subject}, once and again.</p>" for n in range(9)
    )
    link = f'<link rel="canonical" href="{SITE}/news/{number}/">'
    date = f'<meta property="article:published_time" content="2026-05-{18 - number}T08:00:00Z">'
    name = '<meta name="author" content="Ada Quay">'
    return (
        f"<html lang=en><head><title>News of the {subject}</title>{head or link}{date}{name}</head>"
        f"<body><nav>Menu and more menu</nav><main><article><h1>News of the {subject}</h1>{text}{body}</article></main></body></html>"
    )


def sound() -> Web:
    web = Web()
    listed = rss(*(item(n) for n in range(5)))
    web.pages[FEED] = Answer(listed, "application/rss+xml", headers={"etag": '"1"'})
    web.pages[f"{SITE}/robots.txt"] = Answer(f"User-agent: *\nDisallow: /drafts/\nSitemap: {SITE}/map.xml\n", "text/plain")
    urls = "".join(f"<url><loc>{SITE}/news/{n}/</loc><lastmod>2026-05-{19 - n:02}</lastmod></url>" for n in range(9))
    web.pages[f"{SITE}/map.xml"] = Answer(
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>', "application/xml"
    )
    for number in range(5):
        web.pages[f"{SITE}/news/{number}/"] = Answer(article(number))
    return web


PLAIN = Source(FEED)


def look(web: Web, source: Source = PLAIN, known: bool = False) -> Facts:
    return asyncio.run(gather(source, FetchPolicy(delay_seconds=0), NOW, is_source=known, transport=web))


def found(web: Web, source: Source = PLAIN, known: bool = False) -> dict[str, Finding]:
    findings = examine(look(web, source, known))
    for each in findings:
        assert each.what, each
        assert "\n" not in each.what + each.seen + each.remedy
        assert each.remedy or each.severity in ("ok", "notice"), each  # what is wrong has a remedy
    return {each.code: each for each in findings}


def test_nothing_is_wrong_with_a_sound_site() -> None:
    findings = found(sound())
    assert {code: each.severity for code, each in findings.items() if each.severity != "ok"} == {}
    assert "teasers" in findings["texts.feed"].what
    assert "9 addresses" in findings["past.roads"].seen
    assert findings["feed.validators"].what.endswith("(304)")


def test_it_asks_for_little_and_each_thing_once() -> None:
    web = sound()
    facts = look(web)
    assert facts.requests == len(web.asked) == 7  # robots, feed, three pages, the feed again, the sitemap
    assert sorted(web.asked) == sorted([*set(web.asked), FEED])
    assert [sample.url for sample in facts.samples] == [f"{SITE}/news/{n}/" for n in (0, 2, 4)]


def test_a_site_of_redirects_does_not_make_it_ask_for_more_than_a_dozen() -> None:
    web = sound()
    generator = "<generator>https://wordpress.org/?v=6</generator>"
    links = [f"https://host{n}.example/{n}" for n in range(5)]
    web.pages[FEED] = Answer(
        rss(*(item(n, link=links[n]) for n in range(5)), about=generator), "application/rss+xml", headers={"etag": '"1"'}
    )
    for n, link in enumerate(links):
        web.pages[link] = Answer(status=302, headers={"location": f"https://other{n}.example/"})
        web.pages[f"https://other{n}.example/"] = Answer(status=302, headers={"location": f"https://third{n}.example/"})
        web.pages[f"https://third{n}.example/"] = Answer(article(n))
    facts = look(web)
    assert len(web.asked) <= MAX_REQUESTS == 12
    assert facts.requests == len(web.asked)
    assert "requests for one examination" in str(report_mapping(facts, examine(facts)))


def in_feed(**changes: str | None) -> Callable[[Web], None]:
    """The first item changed."""

    def change(web: Web) -> None:
        web.page(FEED).text = rss(item(0, **changes), *(item(n) for n in range(1, 5)))

    return change


def in_all(**changes: str | None) -> Callable[[Web], None]:
    def change(web: Web) -> None:
        web.page(FEED).text = rss(*(item(n, **changes) for n in range(5)))

    return change


def about(markup: str) -> Callable[[Web], None]:
    def change(web: Web) -> None:
        web.page(FEED).text = rss(*(item(n) for n in range(5)), about=markup)

    return change


def feed_answer(**changes: object) -> Callable[[Web], None]:
    def change(web: Web) -> None:
        web.pages[FEED] = dataclasses.replace(web.page(FEED), **changes)

    return change


def feed_text(old: str, new: str) -> Callable[[Web], None]:
    def change(web: Web) -> None:
        assert old in web.page(FEED).text
        web.page(FEED).text = web.page(FEED).text.replace(old, new)

    return change


def pages(head: str = "", body: str = "") -> Callable[[Web], None]:
    """The same in each page; {n} is its number."""

    def change(web: Web) -> None:
        for n in range(5):
            web.page(f"{SITE}/news/{n}/").text = article(n, head.replace("{n}", str(n)), body.replace("{n}", str(n)))

    return change


def one_page(answer: Answer | Failure) -> Callable[[Web], None]:
    return lambda web: web.pages.__setitem__(f"{SITE}/news/0/", answer)


def every_page(answer: Answer | Failure) -> Callable[[Web], None]:
    def change(web: Web) -> None:
        for n in range(5):
            web.pages[f"{SITE}/news/{n}/"] = answer

    return change


def robots(answer: Answer | Failure) -> Callable[[Web], None]:
    return lambda web: web.pages.__setitem__(f"{SITE}/robots.txt", answer)


def sitemap(old: str, new: str) -> Callable[[Web], None]:
    def change(web: Web) -> None:
        web.page(f"{SITE}/map.xml").text = re.sub(old, new, web.page(f"{SITE}/map.xml").text)

    return change


def deaf(web: Web) -> None:
    web.heeds_validators = False


def no_sitemap(web: Web) -> None:
    del web.pages[f"{SITE}/map.xml"]


def moved(status: int) -> Callable[[Web], None]:
    def change(web: Web) -> None:
        web.pages[f"{SITE}/feed"] = web.pages[FEED]
        web.pages[FEED] = Answer(status=status, headers={"location": "/feed"})

    return change


def to_the_home_page(web: Web) -> None:
    web.pages[f"{SITE}/"] = Answer(article(5))
    web.pages[f"{SITE}/news/0/"] = Answer(status=302, headers={"location": "/"})


def to_the_page_above(web: Web) -> None:
    web.pages[f"{SITE}/news/"] = Answer("<title>All news</title><p>There is much news in these parts.")
    in_feed(link=f"{SITE}/news/harbour-wall/")(web)
    web.pages[f"{SITE}/news/harbour-wall/"] = Answer(status=302, headers={"location": "/news/"})


CANONICAL = '<link rel="canonical" href="%s">'

CASES: list[tuple[str, str, Callable[[Web], None], str]] = [
    # code, severity, what is broken, a word that must be said
    ("feed.type", "notice", feed_answer(kind="text/html; charset=utf-8"), "text/html"),
    ("feed.malformed", "warning", feed_text("</channel></rss>", ""), "well-formed"),
    ("feed.encoding", "error", feed_answer(charset="latin-1", text=rss(*(item(n, title=f"Zürich {n}") for n in range(5)))), "UTF-8"),
    ("feed.validators", "notice", feed_answer(headers={}), "ETag"),
    ("feed.validators", "notice", deaf, "does not honour"),
    ("feed.self", "notice", about('<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="https://old.example/feed"/>'), "old.example"),
    ("feed.ttl", "ok", about("<ttl>1440</ttl>"), "1,440 minutes"),
    ("address.moved", "notice", moved(301), f"indexer add {SITE}/feed"),
    ("address.redirected", "ok", moved(302), "temporary"),
    ("items.none", "error", feed_answer(text=rss()), "no item"),
    ("items.link-missing", "notice", in_feed(link=None), "1 item has no link"),
    ("items.link-missing", "warning", in_all(link=None), "5 items have no link"),
    ("items.link-unusable", "warning", in_feed(link="javascript:void(0)"), "javascript"),
    ("items.link-shared", "warning", in_feed(link=f"{SITE}/news/1/"), "2 times"),
    ("items.link-offsite", "notice", in_feed(link="https://elsewhere.example/a"), "elsewhere.example"),
    ("items.link-tracking", "ok", in_feed(link=f"{SITE}/news/0/?utm_source=rss"), "dropped"),
    ("items.guid-missing", "notice", in_all(guid=None), "No item has a guid"),
    ("items.guid-missing", "warning", in_feed(guid=None, link=None), "corrected title"),
    ("items.guid-repeated", "warning", in_feed(guid="item-1"), "item-1"),
    ("items.title-missing", "notice", in_feed(title=None), "no title"),
    ("items.title-repeated", "notice", in_all(title="News"), "5 times"),
    ("dates.unreadable", "warning", in_feed(pubDate="a week ago"), "a week ago"),
    ("dates.zone", "warning", in_feed(pubDate="18 May 2026 08:00:00 XYZT"), "XYZT"),
    ("dates.missing", "notice", in_feed(pubDate=None), "1 item has no date"),
    ("dates.missing", "warning", in_all(pubDate=None), "5 items have no date"),
    ("dates.future", "warning", in_feed(pubDate="1 Jan 2031 00:00:00 GMT"), "2031-01-01"),
    ("dates.same", "warning", in_all(pubDate="18 May 2026 08:00:00 GMT"), "same date"),
    ("dates.asleep", "notice", feed_text(" May 2026", " May 2020"), "the newest: 2020-05-18"),
    ("dates.page", "notice", in_feed(pubDate="1 May 2026 08:00:00 GMT"), "2026-05-01 in the feed, 2026-05-18 on the page"),
    ("dates.lastmod", "notice", sitemap("<lastmod>.*?</lastmod>", ""), "no lastmod"),
    ("dates.lastmod", "notice", sitemap("<lastmod>.*?<", "<lastmod>2026-05-20<"), "when it was made"),
    ("dates.lastmod", "warning", sitemap("(/news/0/</loc><lastmod>).*?<", r"\g<1>2020-01-01<"), "lastmod 2020-01-01"),
    ("past.none", "notice", no_sitemap, "no sitemap"),
    ("robots.refused", "error", robots(Answer("User-agent: *\nDisallow: /news/\n", "text/plain")), "5 of 5"),
    ("robots.refused", "warning", robots(Answer("User-agent: *\nDisallow: /news/0\n", "text/plain")), "1 of 5"),
    ("robots.none", "ok", robots(Answer(status=404)), "everything may be fetched"),
    ("robots.delay", "notice", robots(Answer("User-agent: *\nCrawl-delay: 20\n", "text/plain")), "20 s"),
    ("pages.unreachable", "warning", one_page(Answer(status=500)), "500"),
    ("pages.unreachable", "error", every_page(Answer(status=403)), "403"),
    ("pages.type", "notice", one_page(Answer("%PDF-1.4", "application/pdf")), "application/pdf"),
    ("pages.type", "notice", one_page(Answer("PK", "application/vnd.oasis.opendocument.text")), "office = true"),
    ("pages.home", "error", to_the_home_page, "/news/0/"),
    ("pages.redirected", "ok", one_page(Answer(status=301, headers={"location": "/news/1/"})), "/news/1/"),
    ("pages.canonical", "warning", pages(CANONICAL % "https://mirror.example/{n}"), "another site"),
    ("pages.canonical", "warning", pages(CANONICAL % f"{SITE}/"), "home page"),
    ("pages.canonical", "warning", pages(CANONICAL % f"{SITE}/news/"), "replace each other"),
    ("pages.canonical", "warning", pages(CANONICAL % f"{SITE}/news/{{n}}/" + CANONICAL % f"{SITE}/x/{{n}}"), "several times"),
    ("pages.noindex", "error", pages('<meta name="robots" content="noindex, follow">'), "noindex, follow"),
    ("pages.noindex", "warning", one_page(Answer(article(0), headers={"x-robots-tag": "none"})), "X-Robots-Tag"),
    ("pages.soft-error", "error", one_page(Answer("<title>Page not found</title><p>Sorry, that is not here.")), "Page not found"),
    ("pages.soft-error", "error", one_page(Answer("<title>Sivua ei löydy - Kaupunki</title><p>Pahoittelut.")), "Sivua ei löydy"),
    ("pages.soft-error", "error", one_page(Answer("<title>Gazette</title><h1>Zaloguj się</h1><input type=password>")), "a login"),
    ("pages.soft-error", "error", one_page(Answer("<title>Gazette</title><script>window._cf_chl_opt={}</script>")), "a bot check"),
    ("pages.home", "error", to_the_page_above, "a page above them"),
    ("pages.encoding", "error", one_page(Answer(article(0, body="<p>Zürich</p>"), "text/html; charset=iso-8859-1")), "reads as UTF-8"),
    ("texts.none", "warning", one_page(Answer("<title>News of the harbour wall</title><div id=app></div><script>boot()</script>")), "JavaScript"),
    ("texts.coverage", "warning", in_feed(description="Something entirely different which a clever editor wrote to lure people here."), "missed"),
    ("texts.feed-language", "warning", about("<language>de</language>"), "declares de but reads as en"),
    ("texts.language", "warning", one_page(Answer(article(0).replace("lang=en", "lang=de"))), 'lang="de"'),
    ("texts.noise", "warning", pages(body="<p>Read what else our readers have liked to read this week.</p>"), "readers have liked"),
    ("texts.feed-empty", "notice", in_feed(description=None), "no text in the feed"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "severity", "broken", "said"), CASES, ids=[f"{c[0]} {c[3]}" for c in CASES])
def test_what_is_broken_is_named(code: str, severity: str, broken: Callable[[Web], None], said: str) -> None:
    web = sound()
    broken(web)
    findings = found(web)
    assert code in findings, sorted(findings)
    each = findings[code]
    assert (each.severity, said in f"{each.what} {each.seen} {each.remedy}") == (severity, True), each
    before = found(sound()).get(code)
    assert before is None or before.severity == "ok", "the sound site is told the same"


@pytest.mark.parametrize(
    ("status", "remedy"), [(404, "home page"), (403, "contact"), (429, "delay_seconds"), (503, "comes back")]
)
def test_a_feed_that_cannot_be_had_says_why_and_what_to_do(status: int, remedy: str) -> None:
    web = sound()
    web.pages[FEED] = Answer(status=status)
    facts = look(web)
    (finding,) = examine(facts)
    assert (finding.severity, finding.code) == ("error", "address.unreachable")
    assert str(status) in finding.seen
    assert remedy in finding.remedy
    assert report_mapping(facts, [finding])["kind"] is None


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (Answer("User-agent: *\nDisallow: /\n", "text/plain"), "does not allow"),
        (Answer(status=500), "unreachable"),
        (Failure(FEED, "timeout", "no answer"), "does not respond"),
    ],
)
def test_without_permission_nothing_more_is_asked(answer: Answer | Failure, word: str) -> None:
    web = sound()
    web.pages[f"{SITE}/robots.txt"] = answer
    findings = examine(look(web))
    assert web.asked == [f"{SITE}/robots.txt"]
    assert [each.code for each in findings] == ["address.unreachable"]
    assert word in findings[0].what
    assert findings[0].remedy


def test_a_list_of_feeds_is_told_from_a_web_page() -> None:
    web = sound()
    web.pages[f"{SITE}/all.opml"] = Answer(f'<opml version="2.0"><body><outline xmlUrl="{FEED}"/></body></opml>', "text/xml")
    finding = found(web, Source(f"{SITE}/all.opml"))["feed.opml"]
    assert finding.seen == FEED
    assert f"indexer add {SITE}/all.opml" in finding.remedy


def test_a_web_page_is_examined_by_the_feed_that_it_names() -> None:
    web = sound()
    web.pages[f"{SITE}/"] = Answer('<link rel="alternate" type="application/rss+xml" href="/rss.xml"><h1>Home</h1>')
    findings = found(web, Source(f"{SITE}/"))
    assert FEED in findings["address.page"].seen
    assert "5 items" in findings["items.number"].what
    web.pages[f"{SITE}/"] = Answer("<h1>Home</h1>")
    assert found(web, Source(f"{SITE}/"))["feed.none"].severity == "error"


def test_the_past_by_rfc_5005_and_by_wordpress() -> None:
    web = sound()
    older = Answer(rss(item(5)), "application/rss+xml")
    web.pages[f"{SITE}/older.xml"] = web.pages[f"{FEED}?paged=2"] = older
    about('<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="prev-archive" href="/older.xml"/>')(web)
    assert "RFC 5005: 1 item more" in found(web)["past.roads"].seen
    about("<generator>https://wordpress.org/?v=6.5</generator>")(web)
    assert "?paged=2: 1 item more" in found(web)["past.roads"].seen
    assert found(web, Source(FEED, "The Gazette"), known=True)["past.roads"].remedy == "indexer crawl 'The Gazette' --full"


def test_a_sitemap_is_a_source_as_well() -> None:
    web = sound()
    findings = found(web, Source(f"{SITE}/map.xml"))
    assert findings["items.number"].what == "It lists 9 addresses"
    assert findings["feed.type"].what == "It is a sitemap"
    assert not [code for code in findings if code.startswith("items.guid")]
    index = f"<sitemapindex><sitemap><loc>{SITE}/map.xml</loc></sitemap></sitemapindex>"
    web.pages[f"{SITE}/index.xml"] = Answer(index, "application/xml")
    assert "9 addresses" in found(web, Source(f"{SITE}/index.xml"))["past.index"].seen
    assert len(look(web, Source(f"{SITE}/index.xml")).samples) == 3


def test_a_gzipped_sitemap_is_read() -> None:
    web = sound()
    packed = gzip.compress(web.page(f"{SITE}/map.xml").body)

    class Packed(Answer):
        @property
        def body(self) -> bytes:
            return packed

    web.pages[f"{SITE}/map.xml.gz"] = Packed(kind="application/gzip")
    assert found(web, Source(f"{SITE}/map.xml.gz"))["items.number"].what == "It lists 9 addresses"


def test_a_selector_that_matches_nothing_is_named() -> None:
    findings = found(sound(), Source(FEED, include=".nowhere"))
    assert findings["texts.selector"].severity == "warning"


def test_a_full_text_feed_is_told_from_teasers() -> None:
    web = sound()
    whole = "".join(f"{sentence(SUBJECTS[0])} Reason 0{n} was given for the harbour wall, once and again. " for n in range(9))
    in_all(description=whole)(web)
    assert "full text" in found(web)["texts.feed"].what


def test_atom_and_json_feeds_are_read_as_they_were_written() -> None:
    web = sound()
    entries = "".join(
        f'<entry><id>tag:{n}</id><title>T {n}</title><link href="/news/{n}/"/><updated>2026-05-{18 - n}T08:00:00Z</updated>'
        f"<summary>{sentence(SUBJECTS[n])}</summary></entry>" for n in range(5)
    )  # fmt: skip
    web.pages[FEED] = Answer(
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>G</title>{entries}</feed>', "application/atom+xml"
    )
    assert {code for code, each in found(web).items() if each.severity in ("warning", "error")} == set()
    assert found(web)["feed.type"].what == "It is an Atom 1.0 feed"
    items = ",".join(f'{{"id": "{n}", "url": "{SITE}/news/{n}/", "title": "T {n}", "date_published": "soon"}}' for n in range(5))
    web.pages[FEED] = Answer(f'{{"version": "https://jsonfeed.org/version/1.1", "items": [{items}]}}', "application/feed+json")
    assert "5 dates" in found(web)["dates.unreadable"].what
    assert found(web)["items.guids"].severity == "ok"


def test_what_pages_say_to_other_crawlers_is_not_said_to_us() -> None:
    web = sound()
    pages('<meta name="googlebot" content="noindex">')(web)
    one_page(Answer(article(0), headers={"x-robots-tag": "googlebot: noindex\nnofollow"}))(web)
    assert "pages.noindex" not in found(web)


def test_a_short_article_about_what_is_not_found_is_none() -> None:
    """The feed's title says so, or more words than a notice has stand around it."""
    web = sound()
    in_feed(title="Page not found: the lost chapter of a novel")(web)
    one_page(Answer(article(0).replace("<title>", "<title>Page not found: the lost chapter of a novel - ")))(web)
    assert "pages.soft-error" not in found(web)


def test_the_verdict_is_the_worst_finding() -> None:
    assert worst([]) == "ok"
    assert (
        worst([Finding("ok", "feed", "a", "A"), Finding("warning", "feed", "b", "B"), Finding("notice", "feed", "c", "C")])
        == "warning"
    )


def test_hostile_answers_give_findings_and_no_exception() -> None:
    for body in ("", "\x00" * 50, "{" * 5_000, "<rss><channel>" + "<item>" * 3_000, "<feed>&#xD800;</feed>", '{"items": 5}'):
        web = sound()
        web.pages[FEED] = Answer(body, "application/rss+xml")
        assert examine(look(web))


def test_a_date_a_little_ahead_is_a_clock_not_a_mistake() -> None:
    web = sound()
    soon = NOW + timedelta(hours=20)
    in_feed(pubDate=soon.strftime("%d %b %Y %H:%M:%S GMT"))(web)
    assert "dates.future" not in found(web)
