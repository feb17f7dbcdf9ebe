"""Check the address and the feed: reachable, secure, of the right type, well-formed, with validators for conditional requests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from indexer.doctor.facts import Exchange, Facts
from indexer.doctor.finding import Finding, some
from indexer.model import Failure
from indexer.phrases import number, shell_word
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
MIN_LARGE_BYTES: Final = 1_000_000  # of a feed that should not be transferred every hour
REVISIT_MINUTES: Final = 60  # feeds are fetched once an hour

_PLACE: Final = re.compile(r"<unknown>:(\d+):(\d+): ")  # as in messages of the XML parser
_REMEDIES: Final = {
    "scheme": "use an address that begins with https://",
    "private-address": "if the site is your own, set allow_private_hosts = true under [crawl]",
    "dns": "check the spelling of the host name; if it is right, the site is gone or its name server is down: try again later",
    "connect": "try again later; if it continues, open the address in a browser",
    "timeout": "try again later; for a server that is always slow, raise timeout_seconds under [crawl]",
    "tls": "the site's administrator must renew or correct its certificate",
    "too-large": "raise max_page_bytes under [crawl], or choose a feed with fewer items",
    "redirects": "the site's administrator must end the redirects; find the feed's current address with a browser",
    "robots": "ask the site's administrator to allow {agent} in robots.txt; nothing is fetched without that",
    "robots-unreachable": "the site's administrator must make robots.txt available (200, or 404 if there is none)",
    "deferred": "try again later; the crawler does so automatically",
}


def remedy_for(failure: Failure, agent: str) -> str:
    """Return what to do about an unreachable address."""
    status = failure.status
    if failure.reason == "private-address" and "never contacted" in failure.detail:
        return "use the site's public address"
    if failure.reason == "status" and status is not None:
        if status in (404, 410):
            return "find the current address: indexer doctor with the site's home page"
        if status in (401, 403):
            return "the server refuses the crawler: set user_agent and contact under [crawl], or ask its administrator"
        if status == 429:
            return "the server receives too many requests: raise delay_seconds under [crawl]; the crawler waits until then"
        return "an error of the server, probably temporary: the crawler comes back, at growing intervals"
    return _REMEDIES.get(failure.reason, "try again later").format(agent=agent)


def kind_name(kind: str) -> str:
    """Return the kind of a feed with its indefinite article: an Atom feed.

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
    """Return the findings about the address and the feed as a whole."""
    listing, agent = facts.listing, facts.policy.user_agent.partition("/")[0]
    if facts.named_by:
        yield Finding(
            "notice",
            "address",
            "address.page",
            "The address is a web page; the feed that it links was examined",
            f"{facts.named_by} links {listing.url}" + (f", also {some(facts.also_named)}" if facts.also_named else ""),
            f"indexer add {shell_word(listing.url)}" if not facts.is_source else "",
        )
    if isinstance(listing.answer, Failure):
        failure = listing.answer
        silent = any(robots.status is None for robots in facts.robots.values())
        if failure.reason == "robots-unreachable" and silent:
            what = "The server does not respond, not even for robots.txt"
            yield Finding("error", "address", "address.unreachable", what, failure.detail, _REMEDIES["connect"])
            return
        what = {
            "robots": "robots.txt does not allow fetching it",
            "robots-unreachable": "robots.txt is unreachable, and nothing may be fetched without it",
        }.get(failure.reason, "It is unreachable")
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
            "It is neither a feed nor a sitemap, and it does not link one",
            some(facts.feed.problems) or _type(listing) or "no content type",
            "find a feed or sitemap on the site, and use its address or that of a page that links it",
        )
        return
    yield from _kind(facts)
    yield from _validators(facts)


def _way(facts: Facts) -> Iterator[Finding]:
    listing = facts.listing
    answer = listing.response
    assert answer is not None  # checked above
    way = " → ".join([*(f"{hop.url} ({hop.status})" for hop in listing.redirects), answer.url])
    if answer.permanent_url:
        how = f"add the new address and remove the old one: indexer add {shell_word(answer.permanent_url)}" + (
            f", then indexer remove {facts.name}" if facts.is_source else ""
        )
        yield Finding("notice", "address", "address.moved", "It has moved permanently", way, how)
    elif listing.redirects:
        yield Finding("ok", "address", "address.redirected", "It is reachable after a temporary redirect", way)
    else:
        yield Finding("ok", "address", "address.reached", "It is reachable", f"{answer.url}: {answer.status}")
    if urlsplit(answer.url).scheme == "http":
        yield Finding(
            "notice",
            "address",
            "address.unencrypted",
            "Served over plain HTTP: content can be altered in transit",
            answer.url,
            "check whether it is available as " + answer.url.replace("http://", "https://", 1),
        )


def _kind(facts: Facts) -> Iterator[Finding]:
    feed, answer = facts.feed, facts.listing.response
    assert answer is not None
    media_type = _type(facts.listing)
    if not media_type or media_type in FEED_TYPES or media_type.endswith(("+xml", "+json")):
        what = f"It is {kind_name(feed.kind)}"
        tail = "" if media_type else ", which is served without a content type"
        yield Finding("ok" if media_type else "notice", "feed", "feed.type", what + tail, media_type)
    else:
        expected = {"atom": "application/atom+xml", "json": "application/feed+json"}.get(feed.kind[:4], "application/rss+xml")
        expected = "application/xml" if feed.kind.startswith("sitemap") else expected
        yield Finding(
            "notice",
            "feed",
            "feed.type",
            f"It is {kind_name(feed.kind)}, but served with another type",
            media_type,
            f"it is read nevertheless; the site's administrator should serve it as {expected}",
        )
    problems = [_PLACE.sub(r"line \1, column \2: ", each) for each in feed.problems]
    broken = [each for each in problems if "well-formed" in each or "broken" in each]
    if broken:
        yield Finding(
            "warning",
            "feed",
            "feed.malformed",
            "It is not well-formed: items after the error may be lost",
            some(broken, 200),
            "the program that writes it must be corrected (https://validator.w3.org/feed/ names the line)",
        )
    else:
        yield Finding("ok", "feed", "feed.wellformed", "It is well-formed")
    others = [each for each in problems if each not in broken]
    if others:
        yield Finding("notice", "feed", "feed.problems", "Parts of it could not be read", some(others, 200))
    own = resolve(facts.raw.self_link or "", answer.url) if facts.raw.self_link else None
    if own and identity(own) not in (identity(answer.url), identity(facts.listing.url)):
        yield Finding(
            "notice",
            "feed",
            "feed.self",
            "It states another address as its own",
            f"{answer.url} states {own}",
            f"the other address may be more durable; compare: indexer doctor {shell_word(own)}",
        )
    if facts.raw.ttl and facts.raw.ttl.isdigit() and int(facts.raw.ttl) > REVISIT_MINUTES:
        yield Finding(
            "ok",
            "feed",
            "feed.ttl",
            "It asks for a long interval between visits",
            f"ttl: every {number(int(facts.raw.ttl), 'minute')}",
        )
    if facts.raw.hub:
        yield Finding(
            "ok", "feed", "feed.hub", "It offers WebSub notifications; they are not used, the feed is polled", facts.raw.hub
        )


def _validators(facts: Facts) -> Iterator[Finding]:
    answer, again = facts.listing.response, facts.again
    assert answer is not None
    size = len(answer.body)
    named = " and ".join(name for name in ("ETag", "Last-Modified") if name.lower() in answer.headers)
    big = f"{size / 1000:,.0f} kB each time"
    administrator = "the site's administrator should enable conditional requests"
    if not named:
        what = "It has no validators (ETag, Last-Modified), so each crawl transfers it as a whole"
        yield Finding("warning" if size > MIN_LARGE_BYTES else "notice", "feed", "feed.validators", what, big, administrator)
    elif again is None or isinstance(again.answer, Failure):
        reason = again.answer.detail if again and isinstance(again.answer, Failure) else "not requested"
        yield Finding(
            "notice", "feed", "feed.validators", f"Whether the server honours its {named} could not be determined", reason
        )
    elif again.answer.not_modified:
        yield Finding("ok", "feed", "feed.validators", "A conditional request is answered with: not modified (304)", named)
    else:
        what = f"The server sends {named} but does not honour them: each crawl transfers the feed as a whole"
        yield Finding("notice", "feed", "feed.validators", what, big, administrator)


def _type(exchange: Exchange) -> str:
    answer = exchange.response
    return answer.media_type if answer else ""
