"""The commands crawl and reindex."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from indexer.cli.context import Context, pass_context
from indexer.cli.options import SOURCES, WAIT, command
from indexer.cli.reason_text import error_text, failure_text, question_text
from indexer.masking import mask_secrets, masked
from indexer.messages import number

if TYPE_CHECKING:
    from collections.abc import Callable

    from indexer.crawl.crawler import CrawlReport, SourceReport


@command("Fetch what is due and update the index")
@SOURCES
@click.option("--all", "everything", is_flag=True, help="Fetch everything now, due or not.")
@click.option("--full", is_flag=True, help="Also fetch older items that the feed no longer lists.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Fetch at most N pages of each source.")
@click.option("--dry-run", is_flag=True, help="Fetch only the feeds, print what would be fetched, store nothing.")
@click.option("--accept-removals", is_flag=True, help="Carry out removals that an earlier crawl held back.")
@click.option("--no-index", is_flag=True, help="Do not update the index.")
@WAIT
@pass_context
def crawl(
    ctx: Context,
    source: tuple[str, ...],
    everything: bool,
    full: bool,
    limit: int | None,
    dry_run: bool,
    accept_removals: bool,
    no_index: bool,
    wait: float,
) -> None:
    """Fetch everything that is due, or the given SOURCEs, store it and update the index.

    You can interrupt a crawl at any time. The next run resumes it.
    """
    from indexer.crawl.crawler import CrawlOptions, run_crawl

    now = datetime.now(UTC)
    with ctx.archive.lock(wait, "crawl"):
        if ctx.settings.sources and not any(state.last_crawl for state in ctx.archive.sources()):  # `add` notes it for others
            ctx.note_contact()
        report = run_crawl(
            ctx.settings.crawl,
            ctx.archive,
            ctx.engine,
            CrawlOptions(everything, limit, dry_run, full, accept_removals, updates_index=not no_index),
            now,
            named=[ctx.source(name) for name in source],
            stage=ctx.progress,
            watch=_plan_notes(ctx),
        )
        _print(ctx, report, dry_run)
    if report.index_error is not None:
        raise report.index_error
    ctx.exit_if_failed()


def _plan_notes(ctx: Context) -> Callable[[SourceReport], None]:
    """Return a watcher that prints a source's backfill plan once, when it is known."""
    noted: set[str] = set()

    def note(report: SourceReport) -> None:
        if report.plan and report.source.url not in noted:
            noted.add(report.source.url)
            ctx.note(f"{report.source.name or report.source.url}: {report.plan}")

    return note


def _print(ctx: Context, report: CrawlReport, dry_run: bool) -> None:
    from indexer.cli.crawl_plan import plan_rows, print_plan

    _print_sources(ctx, report.sources, dry_run)
    if dry_run:
        print_plan(ctx, report.sources, report.pauses)
    if not report.has_sources:
        ctx.note("There are no sources yet. Add one with: indexer add URL")
    elif report.next_due is not None:
        ctx.note(f"Nothing is due before {report.next_due:%Y-%m-%d %H:%M} UTC. To crawl anyway: indexer crawl --all")
    plans = [plan_rows(each, report.pauses, ctx.settings.crawl) if dry_run else {} for each in report.sources]
    rows = [{**_row(each), **plan} for each, plan in zip(report.sources, plans, strict=True)]
    ctx.json(masked({"sources": rows, "indexed": report.indexed}))


def _print_sources(ctx: Context, reports: list[SourceReport], dry_run: bool) -> None:
    for report in reports:
        if ctx.debug and report.broken is not None:
            raise report.broken
        name = report.source.name or report.source.url
        if report.error:
            ctx.failure(f"{name}: {error_text(report.error, report.source.url)}")
        for failure in report.failures:
            ctx.failure(f"{name}: {failure_text(failure)}")
        if report.question:
            ctx.failure(f"{name}: {question_text(report.question, report.source.url)}")
        if not report.error and not dry_run:
            ctx.result(mask_secrets(f"{name}: {report.explanation}"))
        for note in report.notes if not report.error else []:
            ctx.note(f"{name}: {note}")


def _row(report: SourceReport) -> dict[str, object]:
    counts = {name: getattr(report, name) for name in ("entries", "fetched", "new", "changed", "unchanged", "removed")}
    failures = [{"url": f.url, "reason": f.reason, "detail": failure_text(f), "status": f.status} for f in report.failures]
    return {
        "url": report.source.url,
        "name": report.source.name,
        **counts,
        "error": error_text(report.error, report.source.url) if report.error else None,
        "failures": failures,
        "question": question_text(report.question, report.source.url) if report.question else None,
        "notes": report.notes,
        "plan": report.plan,
        "roads": report.roads,
    }


@command("Rebuild the index from the archive")
@click.option("--re-extract", is_flag=True, help="Also repeat extraction on the stored pages.")
@WAIT
@pass_context
def reindex(ctx: Context, re_extract: bool, wait: float) -> None:
    """Rebuild the index from the archive, without the network. Searches continue meanwhile."""
    from indexer.reindex import re_extract as extract_again
    from indexer.reindex import reindex as rebuild

    with ctx.archive.lock(wait, "reindex"):
        changed = 0
        if re_extract:
            with ctx.progress("pages") as show:
                changed = extract_again(ctx.archive, show)
        with ctx.progress("documents") as show:
            generation = rebuild(ctx.archive, ctx.engine, show)
    documents = ctx.archive.counts()["documents"]
    updated = f"; extraction changed {number(changed, 'document')}" if re_extract else ""
    ctx.result(f"Indexed {number(documents, 'document')} as generation {generation}{updated}.")
    ctx.json({"generation": generation, "documents": documents, "changed": changed})
