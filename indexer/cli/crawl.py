"""The commands crawl and reindex."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from indexer.cli.context import Context, pass_context
from indexer.cli.options import SOURCES, WAIT, command
from indexer.masking import mask_secrets, masked
from indexer.messages import number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indexer.crawl.crawler import SourceReport
    from indexer.fetch.host_state import HostState


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
    from indexer.archive.visits import Visits
    from indexer.cli.crawl_plan import pauses, plan_rows, print_plan
    from indexer.config import open_archive
    from indexer.crawl.crawler import CrawlOptions, is_due
    from indexer.crawl.crawler import crawl as crawl_sources
    from indexer.doctor.gather import Recorder
    from indexer.fetch.fetcher import Fetcher
    from indexer.fetch.host_state import HostState
    from indexer.fetch.transport import HttpTransport
    from indexer.reindex import catch_up

    now = datetime.now(UTC)
    with ctx.archive.lock(wait, "crawl"):
        known = ctx.archive.sources()
        if ctx.settings.sources and not any(state.last_crawl for state in known):  # of others `add` has said it
            ctx.note_contact()
        if source:
            states = [ctx.source(name) for name in source]
        else:
            asking = Visits(ctx.archive).questions() if accept_removals else {}
            states = [state for state in known if everything or full or state.id in asking or is_due(state, now)]
        options = CrawlOptions(everything or bool(source and not accept_removals), limit, dry_run, full, accept_removals)
        with ctx.progress("pages") as show:
            reports: dict[str, SourceReport] = {}
            planned: set[str] = set()

            def watch(report: SourceReport) -> None:
                if report.plan and report.source.url not in planned:
                    planned.add(report.source.url)
                    ctx.note(f"{report.source.name or report.source.url}: {report.plan}")
                reports[report.source.url] = report
                done = sum(r.fetched + r.unchanged for r in reports.values())
                show(done, max(done, sum(r.entries for r in reports.values())))

            def index() -> None:
                archive = open_archive(ctx.settings)  # a connection of its own, since it runs in a thread of its own
                try:
                    catch_up(archive, ctx.engine)
                finally:
                    archive.close()

            recorder = Recorder(HttpTransport(ctx.settings.crawl), sys.maxsize) if dry_run else None

            async def run() -> list[SourceReport]:
                meanwhile = None if dry_run or no_index else index
                # Whom the operator wants to be asked now is asked now; else hosts that were slow or silent are given their time.
                behaved = [] if options.everything else [HostState.from_mapping(each) for each in ctx.archive.host_states()]
                async with Fetcher(ctx.settings.crawl, recorder, states=behaved, now=now) as fetcher:
                    try:
                        return await crawl_sources(ctx.archive, fetcher, states, now, options, watch, meanwhile=meanwhile)
                    finally:
                        if not dry_run:
                            _remember(ctx, fetcher.host_states())

            finished = asyncio.run(run())
        _print(ctx, finished, dry_run)
        waits = pauses(recorder.robots, ctx.settings.crawl) if recorder else {}
        if dry_run:
            print_plan(ctx, finished, waits)
        if not known:
            ctx.note("There are no sources yet. Add one with: indexer add URL")
        elif not states:
            soonest = min((s.next_crawl for s in known if s.next_crawl), default=now)
            ctx.note(f"Nothing is due before {soonest:%Y-%m-%d %H:%M} UTC. To crawl anyway: indexer crawl --all")
        indexed = 0
        if not dry_run and not no_index and (known or ctx.archive.last_change):
            with ctx.progress("index") as show:
                indexed = catch_up(ctx.archive, ctx.engine, show)
    plans = [plan_rows(report, waits, ctx.settings.crawl) if dry_run else {} for report in finished]
    rows = [{**_row(report), **plan} for report, plan in zip(finished, plans, strict=True)]
    ctx.json(masked({"sources": rows, "indexed": indexed}))
    ctx.exit_if_failed()


def _remember(ctx: Context, states: Iterable[HostState]) -> None:
    """How hosts have behaved: those that were met now, and what is known of others."""
    known = {str(each.get("host")): each for each in ctx.archive.host_states()}
    met = {each.host: None if each.is_plain else each.to_mapping() for each in states}
    ctx.archive.put_host_states({host: state for host, state in {**known, **met}.items() if state})


def _print(ctx: Context, reports: list[SourceReport], dry_run: bool) -> None:
    for report in reports:
        if ctx.debug and report.broken is not None:
            raise report.broken
        name = report.source.name or report.source.url
        if report.error:
            ctx.failure(f"{name}: {report.error}")
        for failure in report.failures:
            ctx.failure(f"{name}: {failure.detail}")
        if report.question:
            ctx.failure(f"{name}: {report.question}")
        if not report.error and not dry_run:
            ctx.result(mask_secrets(f"{name}: {report.explanation}"))
        for note in report.notes if not report.error else []:
            ctx.note(f"{name}: {note}")


def _row(report: SourceReport) -> dict[str, object]:
    counts = {name: getattr(report, name) for name in ("entries", "fetched", "new", "changed", "unchanged", "removed")}
    failures = [{"url": f.url, "reason": f.reason, "detail": f.detail, "status": f.status} for f in report.failures]
    return {
        "url": report.source.url,
        "name": report.source.name,
        **counts,
        "error": report.error,
        "failures": failures,
        "question": report.question,
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
