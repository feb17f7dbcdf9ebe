"""The command crawl: fetch what is due, and update the index."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from indexer.cli.context import CommandContext, pass_context
from indexer.cli.options import MAX_COUNT, SOURCES, WAIT, command
from indexer.errors import SettingsError


@command("Fetch what is due and update the index")
@SOURCES
@click.option("--all", "everything", is_flag=True, help="Fetch everything now, due or not.")
@click.option("--full", is_flag=True, help="Also fetch older items that the feed no longer lists.")
@click.option("--limit", type=click.IntRange(1, MAX_COUNT), metavar="N", help="Fetch at most N pages of each source.")
@click.option("--dry-run", is_flag=True, help="Fetch only the feeds, print what would be fetched, store nothing.")
@click.option("--accept-removals", is_flag=True, help="Carry out removals that an earlier crawl held back.")
@click.option("--no-index", is_flag=True, help="Do not update the index.")
@WAIT
@pass_context
def crawl(
    ctx: CommandContext,
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
    from indexer.cli.crawl_report import plan_notes, print_crawl
    from indexer.crawl.crawler import CrawlOptions, run_crawl

    now = datetime.now(UTC)
    with ctx.writing(wait, "crawl", shared=True):
        if ctx.settings.sources and not any(state.last_crawl for state in ctx.archive.sources.all()):  # `add` notes it for others
            ctx.note_contact()
        report = run_crawl(
            ctx.settings.crawl,
            ctx.archive,
            ctx.engine,
            CrawlOptions(everything, limit, dry_run, full, accept_removals, updates_index=not no_index),
            now,
            named=[ctx.source(name) for name in source],
            stage=ctx.progress,
            watch=plan_notes(ctx),
            lease_seconds=ctx.settings.lease_seconds,
            place=ctx.locked_place,
        )
        print_crawl(ctx, report, dry_run=dry_run)
    if report.index_error is not None:
        raise report.index_error
    if not report.has_sources:
        raise SettingsError(f"there are no sources in {ctx.settings.data.resolve()}", remedy="add one with: indexer add URL")
    ctx.exit_if_failed()
