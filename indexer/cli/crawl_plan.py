"""Print the plan of `crawl --dry-run`: what would be fetched from each source, why, and how long it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from indexer.cli.context import CommandContext
from indexer.cli.formatting import paragraph, when
from indexer.crawl.plan import WORDS, PlannedFetch, min_seconds
from indexer.phrases import duration

if TYPE_CHECKING:
    from indexer.crawl.crawler import SourceReport
    from indexer.model import FetchPolicy

MAX_SHOWN = 3  # addresses for each reason, without -v


def print_plan(ctx: CommandContext, reports: list[SourceReport], waits: Mapping[str, float]) -> None:
    policy = ctx.settings.crawl
    for report in reports:
        if report.error:
            continue
        pages = report.planned
        number = sum(page.why != "item" for page in pages)
        entries = f"{report.entries:,} {'entry' if report.entries == 1 else 'entries'}"
        name = report.source.name or report.source.url
        ctx.result(paragraph(f"{name}: {entries}, {_pages(number)} would be fetched{_how_long(ctx, pages, waits)}", "", 2))
        for why, count in Counter(page.why for page in pages).most_common():
            ctx.result(f"  {count:,} {WORDS[why]}")
            alike = [page for page in pages if page.why == why and page.url]
            for page in alike[: None if ctx.verbose else MAX_SHOWN]:
                last = f" (last fetched {when(page.last)})" if page.last else ""
                ctx.result(f"    {page.url}{last}")
            if len(alike) > MAX_SHOWN and not ctx.verbose:
                ctx.result(f"    and {len(alike) - MAX_SHOWN:,} more (list all with: indexer -v crawl --dry-run)")
    whole = [page for report in reports for page in report.planned]
    if len(reports) > 1:
        ctx.result(f"Total: {_pages(sum(page.why != 'item' for page in whole))}{_how_long(ctx, whole, waits)}.")
    if policy.delay_seconds and any(wait > policy.delay_seconds for wait in waits.values()):
        slow = [f"{origin} ({wait:g} s)" for origin, wait in waits.items() if wait > policy.delay_seconds]
        ctx.note(f"robots.txt requests longer pauses: {', '.join(slow)}")


def plan_rows(report: SourceReport, waits: Mapping[str, float], policy: FetchPolicy) -> dict[str, Any]:
    """Return the plan for `--json`."""
    rows = [{"url": page.url, "why": page.why, "last": page.last.isoformat() if page.last else None} for page in report.planned]
    return {"planned": rows, "seconds": min_seconds(report.planned, waits, policy.delay_seconds, policy.concurrency)}


def _pages(count: int) -> str:
    return f"{count:,} page{'' if count == 1 else 's'}"


def _how_long(ctx: CommandContext, pages: Iterable[PlannedFetch], waits: Mapping[str, float]) -> str:
    policy = ctx.settings.crawl
    least = min_seconds(pages, waits, policy.delay_seconds, policy.concurrency)
    return f", at least {duration(least)}" if least >= 1 else ""
