"""doctor: what is wrong with a source, in words."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from indexer.cli.context import Context, pass_context, printable
from indexer.cli.formatting import paragraph
from indexer.errors import NotFound, SettingsError
from indexer.urls import resolve

if TYPE_CHECKING:
    from indexer.doctor import Facts, Finding
    from indexer.model import Source

_COLOURS = {"ok": "green", "notice": "cyan", "warning": "yellow", "error": "red"}
_TOPICS = {
    "address": "The address",
    "feed": "The feed",
    "items": "Its items",
    "dates": "Dates",
    "past": "Its past",
    "robots": "What may be fetched",
    "pages": "Its pages",
    "texts": "Their text",
}


@click.command()
@click.argument("source")
@pass_context
def doctor(ctx: Context, source: str) -> None:
    """What is wrong with SOURCE (a source's name or address, or any address) and what to do about it.

    Looks at the feed, at three of its pages, at robots.txt and the sitemap: a dozen requests at most, at the crawler's pace.
    Stores nothing. Exit code: 0 all well, 1 with warnings or errors, 4 when there is nothing to be had at all.
    """
    from indexer.doctor import MAX_REQUESTS, examine, gather, report_mapping, worst

    asked, known = _asked(ctx, source)
    with ctx.progress("requests") as show:
        facts = asyncio.run(
            gather(
                asked, ctx.settings.crawl, datetime.now(UTC), known=known, asking=lambda number, url: show(number, MAX_REQUESTS)
            )
        )
    findings = examine(facts)
    ctx.json(report_mapping(facts, findings))
    _print(ctx, facts, findings)
    if facts.listing.response is None or not (facts.feed.kind or facts.lists_feeds):
        raise click.exceptions.Exit(4)
    if worst(findings) in ("warning", "error"):
        raise click.exceptions.Exit(1)


def _asked(ctx: Context, given: str) -> tuple[Source, bool]:
    """A source that is known by this name or address, else the address itself."""
    from indexer.model import Source

    address = resolve(given if "://" in given else f"https://{given}")
    if ctx.settings.archive_path.exists() or ctx.settings.sources:
        for name in (given, address or given):
            state = ctx.archive.find_source(name)
            if state is not None and state.state != "removed":
                return state.source, True
    if address is None or ("://" not in given and "." not in given):
        raise NotFound(f"{given!r} is neither a source nor a web address", remedy="list the sources with: indexer sources")
    if "://" not in given and ("/" not in given and given.startswith(".")):
        raise SettingsError(f"{given!r} is not a web address", remedy="as in https://www.example.org/rss.xml")
    return Source(address), False


def _print(ctx: Context, facts: Facts, findings: list[Finding]) -> None:
    """By topic; what is well in one line each, and the rest with what was seen and what to do."""
    title = facts.feed.title or facts.source.name
    ctx.result(f"{title}  {facts.url}" if title else facts.url)
    requests = f"{facts.requests} request{'' if facts.requests == 1 else 's'}"
    pages = f"{len(facts.samples)} of its pages were looked at, with" if facts.samples else "After"
    ctx.result(f"{pages} {requests}; nothing was stored." if facts.samples else f"{pages} {requests}:")
    topic = ""
    for finding in findings:
        if finding.topic != topic:
            topic = finding.topic
            ctx.result(f"\n{_TOPICS[topic]}")
        _finding(ctx, finding)
    counts = {name: sum(each.severity == name for each in findings) for name in ("error", "warning", "notice")}
    said = ", ".join(f"{count} {name}{'s' if count > 1 else ''}" for name, count in counts.items() if count)
    ctx.result(f"\n{said or 'All is well'}.")


def _finding(ctx: Context, finding: Finding) -> None:
    label = f"  {ctx.colour(f'{finding.severity:8}', _COLOURS[finding.severity])} "
    what, seen = finding.what, finding.seen
    if finding.severity == "ok" and not ctx.verbose:
        what += f" – {seen}" if seen and len(what) + len(seen) < 110 else ""
        seen = ""
    ctx.result(paragraph(printable(what), label, 11), styled=True)
    if seen:
        ctx.result(paragraph(seen, " " * 11 + "seen: ", 17))
    if finding.remedy:
        ctx.result(paragraph(finding.remedy, " " * 11 + "→ ", 13))
