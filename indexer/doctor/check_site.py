"""What may be fetched, how fast, and where is the past? robots.txt, older feeds, the sitemap."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from indexer.doctor.facts import Facts
from indexer.doctor.finding import Finding, some
from indexer.fetch.politeness import MAX_CRAWL_DELAY
from indexer.fetch.robots import crawl_delay, is_allowed
from indexer.messages import duration, number, shell_word
from indexer.model import Failure

SLOW = 10.0  # seconds between two pages from which on a crawl takes noticeably long


def robots_findings(facts: Facts) -> Iterator[Finding]:
    agent = facts.policy.user_agent
    name = agent.partition("/")[0]
    for origin, robots in facts.robots.items():
        if robots.status is None or robots.status == 429 or robots.status >= 500:
            yield Finding(
                "error",
                "robots",
                "robots.unreachable",
                f"{origin} does not give its robots.txt: nothing may be fetched there until it does",
                f"{robots.url}: {robots.status or 'no answer'}",
                "its administrator has to make it answer (200, or 404 when there is none); the crawler tries again by itself",
            )
            continue
        if robots.status != 200 and robots.status >= 400:
            yield Finding(
                "ok", "robots", "robots.none", f"{origin} has no robots.txt: everything may be fetched", f"{robots.status}"
            )
            continue
        urls = [entry.url for entry in facts.feed.entries if entry.url and entry.url.startswith(origin + "/")]
        refused = [url for url in urls if not is_allowed(robots.text, agent, url)]
        if refused:
            yield Finding(
                "error" if len(refused) == len(urls) else "warning",
                "robots",
                "robots.refused",
                f"robots.txt forbids {len(refused):,} of {number(len(urls), 'page')}: only the feed's own text of them is found",
                some(refused),
                f"ask the site's administrator to allow {name} in {robots.url}",
            )
        elif urls:
            yield Finding("ok", "robots", "robots.allowed", f"robots.txt allows {name} to fetch what it lists", robots.url)
        delay = crawl_delay(robots.text, agent)
        if delay and delay > facts.policy.delay_seconds:
            waits = min(delay, MAX_CRAWL_DELAY)
            capped = f"; {waits:g} s are waited, not more" if delay > waits else ""
            yield Finding(
                "notice" if waits >= SLOW else "ok",
                "robots",
                "robots.delay",
                f"robots.txt asks for {delay:g} s between two requests{capped}",
                f"{number(len(facts.feed.entries), 'page')} take about {duration(len(facts.feed.entries) * waits)}",
                f"ask its administrator for a shorter Crawl-delay for {name}, or be patient" if waits >= SLOW else "",
            )


def past_findings(facts: Facts) -> Iterator[Finding]:
    """Is there more than the feed shows, and by which road?"""
    if facts.feed.kind.startswith("sitemap"):
        if facts.sitemap and facts.feed.kind == "sitemapindex":
            yield Finding(
                "ok",
                "past",
                "past.index",
                f"It names {number(len(facts.feed.entries), 'sitemap')}; all are read",
                f"the newest has {number(facts.sitemap.addresses, 'address', 'addresses')}",
            )
        return
    listed = len(facts.feed.entries)
    roads = []
    if facts.past is not None and facts.past_new:
        road = "by RFC 5005" if facts.feed.next_url else "by WordPress's ?paged=2"
        roads.append(f"older items {road}: {number(facts.past_new, 'item')} more on the next page ({facts.past.url})")
    if facts.sitemap is not None and facts.sitemap.addresses > listed:
        parts = f" in the newest of {number(facts.sitemap.parts, 'sitemap')}" if facts.sitemap.parts > 1 else ""
        roads.append(f"a sitemap with {number(facts.sitemap.addresses, 'address', 'addresses')}{parts} ({facts.sitemap.url})")
    if roads:
        command = f"indexer crawl {facts.name} --full"
        command = command if facts.known else f"indexer add {shell_word(facts.url)}, then {command}"
        yield Finding("ok", "past", "past.roads", "More than the feed shows can be had", "; ".join(roads), command)
        return
    tried = []
    if facts.past is not None:
        why = facts.past.answer.detail if isinstance(facts.past.answer, Failure) else "the same items again"
        tried.append(f"{facts.past.url} ({why})")
    if facts.sitemap is not None:
        tried.append(f"{facts.sitemap.url} lists no more than the feed")
    elif facts.sitemap_asked:
        tried.append(f"no sitemap at {facts.sitemap_asked}")
    site = urlsplit(facts.listing.url).netloc
    yield Finding(
        "notice",
        "past",
        "past.none",
        f"Only the {number(listed, 'item')} that the feed shows can be had: no older feed, no sitemap was found",
        "; ".join(tried) or site,
        "if the site has a sitemap elsewhere, add it as a source of its own: indexer add ADDRESS",
    )
