"""The commands status and sources."""

from __future__ import annotations

from typing import Any

import click

from indexer.cli.context import CommandContext, pass_context
from indexer.cli.formatting import paragraph, when
from indexer.cli.options import command
from indexer.cli.output import printable
from indexer.cli.reason_text import with_texts
from indexer.cli.source_settings import setting_lines, setting_rows
from indexer.config import source_places
from indexer.masking import masked
from indexer.phrases import number

_STATES = {"ok": "green", "new": "cyan", "failing": "red"}


@command("Show counts, sizes, failures and freshness")
@pass_context
def status(ctx: CommandContext) -> None:
    """Show counts, sizes and freshness, what fails and what happens next, and documents that look badly extracted.

    The last check samples large archives; with -v it checks every document.
    """
    from indexer.diagnostics.status import MAX_CHECKED_DOCUMENTS, attention
    from indexer.diagnostics.status import status as status_of

    report = status_of(ctx.archive, ctx.engine)
    report |= attention(ctx.archive, None if ctx.verbose else MAX_CHECKED_DOCUMENTS)
    report = masked(with_texts(report))
    ctx.json(report)
    megabytes = {name: f"{report[name] / 1e6:.1f} MB" for name in ("archive_bytes", "index_bytes")}
    sources = number(report["sources"], "source")
    ctx.result(f"{number(report['documents'], 'document')} from {sources} ({number(report['pages'], 'page')} known)")
    search = "compiled search" if report["compiled"] else "search without the compiled kernel"
    sizes = f"archive {megabytes['archive_bytes']}, index {megabytes['index_bytes']}"
    if report["previous_index_bytes"]:
        sizes += f" (and {report['previous_index_bytes'] / 1e6:.1f} MB of the index before, for reindex --rollback)"
    ctx.result(f"{sizes}, generation {report['generation'] or '-'}, {search}")
    pending = number(report["pending"], "change is", "changes are")
    lag = f"{pending} not in the index yet: indexer crawl" if report["pending"] else "the index is up to date"
    if report["archive_outdated"]:
        lag = "the archive is older than the index"
    elif report["archive_foreign"]:
        lag = "the index was made from another archive"
    crawled = "the first crawl has not ended" if report["first_crawl_running"] else f"last crawl {when(report['last_crawl'])}"
    ctx.result(f"{crawled}; {lag}")
    if report["outdated"] and report["generation"]:  # otherwise it is listed among the failures
        ctx.result("The index was written by another version. Rebuild it with: indexer reindex")
    for extra in report["missing_extras"]:
        ctx.result(f"Texts in {extra.title()} are indexed by pairs of letters. For words: pip install 'feed-search[{extra}]'")
    _errors(ctx, report["errors"])
    _hosts(ctx, report["hosts"])
    _failing(ctx, report["failing_pages"])
    _suspects(ctx, report["suspects"])


@command("List the sources and their state")
@click.option("--show-secrets", is_flag=True, help="Show passwords and tokens in addresses.")
@pass_context
def sources(ctx: CommandContext, show_secrets: bool) -> None:
    """List the sources with their last and next crawl, their entries and documents, and what fails.

    With -v, shows the effective settings of each source and where they are defined.

    User names, passwords and tokens in addresses are shown as *** unless --show-secrets is given.
    """
    from indexer.diagnostics.status import sources as rows_of

    rows = with_texts(rows_of(ctx.archive))
    if ctx.verbose:
        places = source_places(ctx.settings)
        for row in rows:
            row["settings"] = setting_rows(ctx.source(row["url"]).source, places.get(row["url"]))
    rows = rows if show_secrets else masked(rows)
    ctx.json({"sources": rows})
    if not rows:
        ctx.result("There are no sources yet. Add one with: indexer add URL")
    for row in rows:
        name = printable(str(row["name"] or row["url"]))
        ctx.result(
            f"{name}  [{ctx.colour(row['state'], _STATES.get(row['state'], 'yellow'))}]", styled=True, with_secrets=show_secrets
        )
        if row["name"]:
            ctx.result(f"  {row['url']}", with_secrets=show_secrets)
        failing = f" ({row['failing_pages']:,} failing: indexer status)" if row["failing_pages"] else ""
        ctx.result(f"  {number(row['entries'], 'page')}{failing}, {number(row['documents'], 'document')}")
        ctx.result(paragraph(f"last crawl {when(row['last_crawl'])}; {row['next']}", "  ", 2))
        if row["last_error"]:
            _error(ctx, row["last_error"], row["error_since"], row["command"], row["diagnosis"])
        for line in setting_lines(row.get("settings", {})):
            ctx.result(line)
        if row["host"]:
            _host(ctx, row["host"], with_error=not row["last_error"])


def _error(ctx: CommandContext, error: str, since: str | None, command: str, diagnosis: str) -> None:
    ctx.result(paragraph(printable(error), ctx.colour("  failing: ", "red"), 11), styled=True)
    ctx.result(f"           since {when(since)}\n           → retry now: {command}\n           → diagnose: {diagnosis}")


def _errors(ctx: CommandContext, errors: list[dict[str, Any]]) -> None:
    if errors:
        ctx.result("\nFailures")
    for row in errors:
        ctx.result(paragraph(f"{row['source']}: {row['error']}", "  ", 4))
        if row["since"]:
            ctx.result(paragraph(f"since {when(row['since'])}; {row['next']}", "    ", 4))
        else:
            ctx.result(paragraph(row["next"], "    ", 4))
        if "command" in row:  # long, and to be copied: not wrapped
            ctx.result(f"    → retry now: {row['command']}\n    → diagnose: {row['diagnosis']}")


def _hosts(ctx: CommandContext, rows: list[dict[str, Any]]) -> None:
    if rows:
        ctx.result("\nHosts in back-off")
    for row in rows:
        _host(ctx, row)


def _host(ctx: CommandContext, row: dict[str, Any], *, with_error: bool = True) -> None:
    since = f" since {when(row['since'])}" if row["since"] else ""
    ctx.result(paragraph(printable(f"{row['host']}: {row['what']}{since}; {row['next']}"), "  ", 4))
    if row["error"] and with_error:
        ctx.result(paragraph(printable(row["error"]), "    ", 4))


def _failing(ctx: CommandContext, rows: list[dict[str, Any]]) -> None:
    if rows:
        ctx.result("\nFailing pages")
        explanation = (
            "The last good version stays in the index, or the feed's text if there is none."
            " Pages that are gone for good are removed."
        )
        ctx.result(paragraph(explanation, "  ", 2))
    for row in rows:
        ctx.result(paragraph(f"{row['source']}: {number(row['pages'], 'page')}: {row['reason']}", "  ", 4))
        for url in row["examples"][: None if ctx.verbose else 2]:
            ctx.result(f"    {url}")
        if row["never_had"] == row["pages"]:
            last = "never fetched"
        else:
            last = f"last good {when(row['last_good'])}" + (f" ({row['never_had']:,} never fetched)" if row["never_had"] else "")
        ctx.result(paragraph(f"{last}; last attempt {when(row['tried'])}; {row['next']}", "    ", 4))
        ctx.result(f"    → retry now: {row['command']}")


def _suspects(ctx: CommandContext, report: dict[str, Any]) -> None:
    if not report["groups"]:
        return
    whole = report["looked_at"] == report["documents"]
    sample = (
        "" if whole else f" in a sample of {report['looked_at']:,} of {report['documents']:,} (check all with: indexer -v status)"
    )
    ctx.result(f"\nDocuments that look badly extracted: {report['found']:,}{sample}")
    for group in report["groups"]:
        examples = group["examples"][: None if ctx.verbose else 2]
        ctx.result(f"  {group['source']}: {number(group['pages'], 'document')} {group['label']}")
        for one in examples:
            ctx.result(paragraph(f"{one['url'] or one['id']}: {one['what']}", "    ", 6))
        ctx.result(paragraph(group["remedy"], "    → ", 6))
