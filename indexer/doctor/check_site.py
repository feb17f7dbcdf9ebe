"""Check what may be fetched and how fast (robots.txt), and where older items are (feed pages, sitemap)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from indexer.doctor.facts import Facts
from indexer.doctor.finding import Finding, some
from indexer.fetch.politeness import MAX_CRAWL_DELAY
from indexer.fetch.robots import crawl_delay, is_allowed
from indexer.model import Failure
from indexer.phrases import duration, number, shell_word

MIN_SLOW_SECONDS = 10.0  # between two requests: a crawl then takes noticeably long


def robots_findings(facts: Facts) -> Iterator[Finding]:
    """Return the findings about the robots.txt of each host."""
    agent = facts.policy.user_agent
    name = agent.partition("/")[0]
    for origin, robots in facts.robots.items():
        if robots.status is None or robots.status == 429 or robots.status >= 500:
            yield Finding(
                "error",
                "robots",
                "robots.unreachable",
                f"The robots.txt of {origin} is unreachable: nothing may be fetched there until it is reachable",
                f"{robots.url}: {robots.status or 'no response'}",
                "its administrator must make it available (200, or 404 if there is none); the crawler tries again automatically",
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
                f"robots.txt forbids {len(refused):,} of {number(len(urls), 'page')}: only the feed's own text is indexed",
                some(refused),
                f"ask the site's administrator to allow {name} in {robots.url}",
            )
        elif urls:
            yield Finding("ok", "robots", "robots.allowed", f"robots.txt allows {name} to fetch what it lists", robots.url)
        delay = crawl_delay(robots.text, agent)
        if delay and delay > facts.policy.delay_seconds:
            waits = min(delay, MAX_CRAWL_DELAY)
            capped = f"; the crawler waits {waits:g} s" if delay > waits else ""
            yield Finding(
                "notice" if waits >= MIN_SLOW_SECONDS else "ok",
                "robots",
                "robots.delay",
                f"robots.txt asks for {delay:g} s between two requests{capped}",
                f"{number(len(facts.feed.entries), 'page')} take about {duration(len(facts.feed.entries) * waits)}",
                f"ask the site's administrator for a shorter Crawl-delay for {name}" if waits >= MIN_SLOW_SECONDS else "",
            )


def past_findings(facts: Facts) -> Iterator[Finding]:
    """Return the findings about older items, and by which method they can be fetched."""
    if facts.feed.kind.startswith("sitemap"):
        if facts.sitemap and facts.feed.kind == "sitemapindex":
            yield Finding(
                "ok",
                "past",
                "past.index",
                f"It lists {number(len(facts.feed.entries), 'sitemap')}, and all are read",
                f"the newest has {number(facts.sitemap.addresses, 'address', 'addresses')}",
            )
        return
    listed = len(facts.feed.entries)
    methods = []
    if facts.past is not None and facts.past_new:
        method = "by RFC 5005" if facts.feed.next_url else "by WordPress's ?paged=2"
        methods.append(f"older items {method}: {number(facts.past_new, 'item')} more on the next page ({facts.past.url})")
    if facts.sitemap is not None and facts.sitemap.addresses > listed:
        parts = f" in the newest of {number(facts.sitemap.parts, 'sitemap')}" if facts.sitemap.parts > 1 else ""
        methods.append(f"a sitemap with {number(facts.sitemap.addresses, 'address', 'addresses')}{parts} ({facts.sitemap.url})")
    if methods:
        command = f"indexer crawl {facts.name} --full"
        command = command if facts.is_source else f"indexer add {shell_word(facts.url)}, then {command}"
        yield Finding("ok", "past", "past.roads", "Older items than those in the feed are available", "; ".join(methods), command)
        return
    tried = []
    if facts.past is not None:
        why = facts.past.answer.detail if isinstance(facts.past.answer, Failure) else "the same items"
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
        f"Only the {number(listed, 'item')} in the feed can be fetched: neither older feed pages nor a sitemap were found",
        "; ".join(tried) or site,
        "if the site has a sitemap elsewhere, add it as a source of its own: indexer add ADDRESS",
    )
