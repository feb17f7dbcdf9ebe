"""Is the address itself sound? Reached, secure, of the right type, well-formed, and does it say when nothing has changed?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from indexer.doctor.facts import Exchange, Facts
from indexer.doctor.finding import Finding, some
from indexer.messages import number, shell_word
from indexer.model import Failure
from indexer.urls import identity, resolve

FEED_TYPES: Final = frozenset(
    (
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "application/xml",
        "text/xml",
        "application/json",
        "application/x-gzip",
        "application/gzip",
    )
)
LARGE: Final = 1_000_000  # bytes of a feed from which on asking every hour is rude
LONG_TTL: Final = 60  # minutes; feeds are read once an hour

_PLACE: Final = re.compile(r"<unknown>:(\d+):(\d+): ")  # as the XML parser writes it
_REMEDIES: Final = {
    "scheme": "give an address that begins with https://",
    "private-address": "if the site is your own, set allow_private_hosts = true under [crawl]",
    "dns": "look whether the name is spelt rightly; if it is, the site is gone or its name server is down: try again later",
    "connect": "try again later; if it stays so, look at the address in a browser",
    "timeout": "try again later; for a server that is always slow raise timeout_seconds under [crawl]",
    "tls": "the site's administrator has to renew or mend its certificate",
    "too-large": "raise max_page_bytes under [crawl], or choose a feed with fewer items",
    "redirects": "the site's administrator has to end the redirects; look for the feed's present address in a browser",
    "robots": "ask the site's administrator to allow {agent} in robots.txt; nothing is fetched without that",
    "robots-unreachable": "the site's administrator has to make robots.txt answer (200, or 404 when there is none)",
    "deferred": "come back later; the crawler does so by itself",
}


def remedy_for(failure: Failure, agent: str) -> str:
    """What to do about an address that cannot be had."""
    status = failure.status
    if failure.reason == "private-address" and "never asked" in failure.detail:
        return "give the site's public address"
    if failure.reason == "status" and status is not None:
        if status in (404, 410):
            return "look for the present address: indexer doctor with the site's home page"
        if status in (401, 403):
            return "the server refuses us: set user_agent and contact under [crawl], or ask its administrator"
        if status == 429:
            return "it was asked too often: raise delay_seconds under [crawl]; the crawler waits as long as it is told"
        return "a fault of the server, which may pass: the crawler comes back, later each time"
    return _REMEDIES.get(failure.reason, "try again later").format(agent=agent)


def kind_name(kind: str) -> str:
    """
    >>> kind_name("rss20"), kind_name("sitemapindex"), kind_name("json11")
    ('an RSS 2.0 feed', 'an index of sitemaps', 'a JSON 1.1 feed')
    """
    if kind.startswith("sitemap"):
        return "an index of sitemaps" if kind == "sitemapindex" else "a sitemap"
    name, digits = kind.rstrip("0123456789"), kind.lstrip("abcdefghijklmnopqrstuvwxyz")
    named = {"atom": "an Atom", "json": "a JSON"}.get(name, "an RSS")
    version = f" {digits[0]}.{digits[1:]}" if len(digits) > 1 and digits.isdigit() else ""
    return f"{named}{version} feed"


def listing_findings(facts: Facts) -> Iterator[Finding]:
    """From the address to the end of the file."""
    listing, agent = facts.listing, facts.policy.user_agent.partition("/")[0]
    if facts.named_by:
        yield Finding(
            "notice",
            "address",
            "address.page",
            "The address is a web page; the feed that it names was examined",
            f"{facts.named_by} names {listing.url}" + (f", also {some(facts.also_named)}" if facts.also_named else ""),
            f"indexer add {shell_word(listing.url)}" if not facts.known else "",
        )
    if isinstance(listing.answer, Failure):
        failure = listing.answer
        silent = any(robots.status is None for robots in facts.robots.values())
        if failure.reason == "robots-unreachable" and silent:
            what = "Its server does not answer, not even for robots.txt"
            yield Finding("error", "address", "address.unreachable", what, failure.detail, _REMEDIES["connect"])
            return
        what = {
            "robots": "robots.txt does not allow it to be fetched",
            "robots-unreachable": "robots.txt cannot be had, and without it nothing may be fetched",
        }.get(failure.reason, "It cannot be had")
        yield Finding("error", "address", "address.unreachable", what, failure.detail, remedy_for(failure, agent))
        return
    yield from _way(facts)
    if facts.lists_feeds:
        yield Finding(
            "notice",
            "feed",
            "feed.opml",
            "It is a list of feeds (OPML): each becomes a source",
            some(facts.lists_feeds),
            f"add them all: indexer add {shell_word(listing.url)}; check one: indexer doctor {shell_word(facts.lists_feeds[0])}",
        )
        return
    if not facts.feed.kind:
        yield Finding(
            "error",
            "feed",
            "feed.none",
            "It is neither a feed nor a sitemap, and it names none",
            some(facts.feed.problems) or _type(listing) or "no content type",
            "look for a feed or sitemap on the site, and give its address or that of a page that names it",
        )
        return
    yield from _kind(facts)
    yield from _validators(facts)


def _way(facts: Facts) -> Iterator[Finding]:
    listing = facts.listing
    answer = listing.response
    assert answer is not None  # asked above
    way = " → ".join([*(f"{hop.url} ({hop.status})" for hop in listing.redirects), answer.url])
    if answer.permanent_url:
        how = f"add it and let the old one go: indexer add {shell_word(answer.permanent_url)}" + (
            f", then indexer remove {facts.name}" if facts.known else ""
        )
        yield Finding("notice", "address", "address.moved", "It has moved for good", way, how)
    elif listing.redirects:
        yield Finding("ok", "address", "address.redirected", "It answers after a redirect that is meant to be temporary", way)
    else:
        yield Finding("ok", "address", "address.reached", "It answers", f"{answer.url}: {answer.status}")
    if urlsplit(answer.url).scheme == "http":
        yield Finding(
            "notice",
            "address",
            "address.unencrypted",
            "It is not encrypted: whoever is on the way can change it",
            answer.url,
            "look whether it answers as " + answer.url.replace("http://", "https://", 1),
        )


def _kind(facts: Facts) -> Iterator[Finding]:
    feed, answer = facts.feed, facts.listing.response
    assert answer is not None
    given = _type(facts.listing)
    if not given or given in FEED_TYPES or given.endswith(("+xml", "+json")):
        what = f"It is {kind_name(feed.kind)}"
        tail = "" if given else ", which is served without a content type"
        yield Finding("ok" if given else "notice", "feed", "feed.type", what + tail, given)
    else:
        wanted = {"atom": "application/atom+xml", "json": "application/feed+json"}.get(feed.kind[:4], "application/rss+xml")
        wanted = "application/xml" if feed.kind.startswith("sitemap") else wanted
        yield Finding(
            "notice",
            "feed",
            "feed.type",
            f"It is {kind_name(feed.kind)}, but served as something else",
            given,
            f"it is read all the same; its administrator should have it served as {wanted}",
        )
    problems = [_PLACE.sub(r"line \1, column \2: ", each) for each in feed.problems]
    broken = [each for each in problems if "well-formed" in each or "broken" in each]
    if broken:
        yield Finding(
            "warning",
            "feed",
            "feed.malformed",
            "It is not well-formed: items after the mistake may be lost",
            some(broken, 200),
            "its administrator has to mend the program that writes it (https://validator.w3.org/feed/ names the line)",
        )
    else:
        yield Finding("ok", "feed", "feed.wellformed", "It is well-formed")
    others = [each for each in problems if each not in broken]
    if others:
        yield Finding("notice", "feed", "feed.problems", "Not all of it could be read", some(others, 200))
    own = resolve(facts.raw.self_link or "", answer.url) if facts.raw.self_link else None
    if own and identity(own) not in (identity(answer.url), identity(facts.listing.url)):
        yield Finding(
            "notice",
            "feed",
            "feed.self",
            "It gives another address as its own",
            f"{answer.url} calls itself {own}",
            f"the other one may last longer; compare: indexer doctor {shell_word(own)}",
        )
    if facts.raw.ttl and facts.raw.ttl.isdigit() and int(facts.raw.ttl) > LONG_TTL:
        yield Finding("ok", "feed", "feed.ttl", "It asks to be read seldom", f"ttl: every {number(int(facts.raw.ttl), 'minute')}")
    if facts.raw.hub:
        yield Finding(
            "ok", "feed", "feed.hub", "It offers to tell of news by WebSub; that is not used, it is asked", facts.raw.hub
        )


def _validators(facts: Facts) -> Iterator[Finding]:
    answer, again = facts.listing.response, facts.again
    assert answer is not None
    size = len(answer.body)
    named = " and ".join(name for name in ("ETag", "Last-Modified") if name.lower() in answer.headers)
    big = f"{size / 1000:,.0f} kB each time"
    administrator = "its administrator should have the server answer conditional requests"
    if not named:
        what = "It does not say whether it has changed (no ETag, no Last-Modified), so each crawl fetches it whole"
        yield Finding("warning" if size > LARGE else "notice", "feed", "feed.validators", what, big, administrator)
    elif again is None or isinstance(again.answer, Failure):
        reason = again.answer.detail if again and isinstance(again.answer, Failure) else "not asked"
        yield Finding("notice", "feed", "feed.validators", f"Whether it heeds its {named} could not be found out", reason)
    elif again.answer.not_modified:
        yield Finding("ok", "feed", "feed.validators", "Asked again, it answers that nothing has changed (304)", named)
    else:
        what = f"It sends {named} but does not heed them: each crawl fetches it whole"
        yield Finding("notice", "feed", "feed.validators", what, big, administrator)


def _type(exchange: Exchange) -> str:
    answer = exchange.response
    return answer.media_type if answer else ""
