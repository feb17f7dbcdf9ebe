"""The command doctor."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from indexer.cli.context import CommandContext, pass_context
from indexer.cli.formatting import paragraph
from indexer.cli.options import SOURCE, command
from indexer.cli.output import printable
from indexer.errors import NotFound, SettingsError
from indexer.masking import masked
from indexer.phrases import number
from indexer.urls import resolve

if TYPE_CHECKING:
    from indexer.doctor import Facts, Finding
    from indexer.model import Source

_COLOURS = {"ok": "green", "notice": "cyan", "warning": "yellow", "error": "red"}
_TOPICS = {
    "address": "Address",
    "feed": "Feed",
    "items": "Items",
    "dates": "Dates",
    "past": "Older items",
    "robots": "Crawling rules",
    "pages": "Pages",
    "texts": "Text of the pages",
}


@command("Diagnose a feed and its pages")
@SOURCE
@pass_context
def doctor(ctx: CommandContext, source: str) -> None:
    """Report what is wrong with SOURCE and what to do about it.

    SOURCE is the name or address of a source, or any address. The command checks the feed, three of its pages, robots.txt
    and the sitemap, with at most 12 requests at the crawler's pace. It stores nothing.

    Exit code: 0 if there are only notices, 1 if there are warnings or errors, 4 if nothing could be fetched.
    """
    from indexer.doctor import MAX_REQUESTS, examine, gather, report_mapping, worst

    target, is_source = _target(ctx, source)
    with ctx.progress("requests") as show:
        facts = asyncio.run(
            gather(
                target,
                ctx.settings.crawl,
                datetime.now(UTC),
                is_source=is_source,
                on_request=lambda number, url: show(number, MAX_REQUESTS),
            )
        )
    findings = examine(facts)
    ctx.json(masked(report_mapping(facts, findings)))
    _print(ctx, facts, findings)
    if facts.listing.response is None or not (facts.feed.kind or facts.lists_feeds):
        raise click.exceptions.Exit(4)
    if worst(findings) in ("warning", "error"):
        raise click.exceptions.Exit(1)


def _target(ctx: CommandContext, text: str) -> tuple[Source, bool]:
    """Return the known source with this name or address, or a new source for any other address."""
    from indexer.model import Source

    address = resolve(text if "://" in text else f"https://{text}")
    from indexer.archive.backends import is_database

    if is_database(ctx.settings.archive_location) or ctx.settings.sources:
        for name in (text, address or text):
            state = ctx.archive.sources.find(name)
            if state is not None and state.state != "removed":
                return state.source, True
    if address is None or ("://" not in text and "." not in text):
        raise NotFound(f"{text!r} is neither a source nor a web address", remedy="list the sources with: indexer sources")
    if "://" not in text and ("/" not in text and text.startswith(".")):
        raise SettingsError(f"{text!r} is not a web address", remedy="example: https://www.example.org/rss.xml")
    return Source(address), False


def _print(ctx: CommandContext, facts: Facts, findings: list[Finding]) -> None:
    """Print the findings by topic: one line each if all is well, otherwise with the evidence and the remedy."""
    title = facts.feed.title or facts.source.name
    ctx.result(f"{title}  {facts.url}" if title else facts.url)
    requests = number(facts.requests, "request")
    pages = f"Checked {number(len(facts.samples), 'sample page')} with" if facts.samples else "Sent"
    ctx.result(f"{pages} {requests}. Nothing was stored.")
    topic = ""
    for finding in findings:
        if finding.topic != topic:
            topic = finding.topic
            ctx.result(f"\n{_TOPICS[topic]}")
        _finding(ctx, finding)
    counts = {name: sum(each.severity == name for each in findings) for name in ("error", "warning", "notice")}
    summary = ", ".join(f"{count} {name}{'s' if count > 1 else ''}" for name, count in counts.items() if count)
    ctx.result(f"\n{summary or 'No problems found'}.")


def _finding(ctx: CommandContext, finding: Finding) -> None:
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
