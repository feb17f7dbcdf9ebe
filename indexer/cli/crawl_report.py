"""Print what a crawl did: failures on stderr while it runs, and a table of the sources at its end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from indexer.cli.context import CommandContext
from indexer.cli.crawl_plan import plan_rows, print_plan
from indexer.cli.formatting import table
from indexer.cli.reason_text import error_text, failure_text, question_text
from indexer.masking import mask_secrets, masked
from indexer.phrases import number

if TYPE_CHECKING:
    from indexer.crawl.crawler import CrawlReport, SourceReport
    from indexer.model import Failure

_COUNTS = ("entries", "fetched", "new", "changed", "unchanged", "removed")


def plan_notes(ctx: CommandContext) -> Callable[[SourceReport], None]:
    """Return a watcher that prints a source's backfill plan once, when it is known."""
    noted: set[str] = set()

    def note(report: SourceReport) -> None:
        if report.plan and report.source.url not in noted:
            noted.add(report.source.url)
            ctx.note(f"{report.source.name or report.source.url}: {report.plan}")

    return note


def print_crawl(ctx: CommandContext, report: CrawlReport, *, dry_run: bool) -> None:
    """Print the results of all sources, or the plan of a dry run."""
    for source in report.sources:
        if ctx.debug and source.broken is not None:
            raise source.broken
        _print_failures(ctx, source, is_only=len(report.sources) == 1 and not dry_run)
    if dry_run:
        print_plan(ctx, report.sources, report.pauses)
    else:
        _print_sources(ctx, report.sources)
    if report.has_sources and report.next_due is not None:
        ctx.note(f"Nothing is due before {report.next_due:%Y-%m-%d %H:%M} UTC. To crawl anyway: indexer crawl --all")
    plans = [plan_rows(each, report.pauses, ctx.settings.crawl) if dry_run else {} for each in report.sources]
    rows = [{**_row(each), **plan} for each, plan in zip(report.sources, plans, strict=True)]
    ctx.json(masked({"sources": rows, "indexed": report.indexed}))


def _print_failures(ctx: CommandContext, report: SourceReport, *, is_only: bool) -> None:
    """Print failures and notes. The result of the only source repeats its first note, so that one is left out here."""
    name = report.source.name or report.source.url
    if report.error:
        ctx.failure(f"{name}: {error_text(report.error, report.source.url)}")
    for line in failure_lines(report.failures):
        ctx.failure(f"{name}: {line}")
    if report.question:
        ctx.failure(f"{name}: {question_text(report.question, report.source.url)}")
    for note in report.notes if not report.error else []:
        if is_only and note == report.explanation:
            continue
        ctx.note(f"{name}: {note}")


def failure_lines(failures: Iterable[Failure]) -> Iterator[str]:
    """Yield one line for each reason, which names every page that failed for it."""
    pages: dict[str, list[Failure]] = defaultdict(list)
    for failure in failures:
        pages[failure_text(failure).removeprefix(failure.url).lstrip(": ")].append(failure)
    for reason, alike in pages.items():
        if len(alike) == 1:
            yield failure_text(alike[0])
            continue
        yield f"{number(len(alike), 'page')}: {reason}: {', '.join(failure.url for failure in alike)}"


def _print_sources(ctx: CommandContext, reports: list[SourceReport]) -> None:
    """Print a sentence for one source, and a table for several."""
    if len(reports) == 1 and not reports[0].error:
        name = reports[0].source.name or reports[0].source.url
        ctx.result(f"{name}: {reports[0].explanation}")
    if len(reports) < 2:
        return
    rows = [["source", "examined", *_COUNTS[1:], "failed"]]  # docs/reference/commands.md says what each counts
    for report in reports:
        counts = ["-"] * len(_COUNTS) if report.error else [f"{getattr(report, name):,}" for name in _COUNTS]
        failed = "source" if report.error else f"{len(report.failures):,}"
        rows.append([mask_secrets(report.source.name or report.source.url), *counts, failed])
    for line in table(rows):
        ctx.result(line)


def _row(report: SourceReport) -> dict[str, object]:
    failures = [{"url": f.url, "reason": f.reason, "detail": failure_text(f), "status": f.status} for f in report.failures]
    return {
        "url": report.source.url,
        "name": report.source.name,
        **{name: getattr(report, name) for name in _COUNTS},
        "error": error_text(report.error, report.source.url) if report.error else None,
        "failures": failures,
        "question": question_text(report.question, report.source.url) if report.question else None,
        "notes": report.notes,
        "plan": report.plan,
        "roads": report.backfilled,
    }
