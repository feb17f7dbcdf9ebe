"""search, suggest, evaluate, queries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import click

from indexer.cli.context import Context, pass_context, printable
from indexer.errors import SettingsError
from indexer.model import Fragment, LoggedSearch, SearchRequest, SearchResult, Sort

LOG_PATIENCE_SECONDS = 0.02  # how long recording a search may delay the command


@click.command()
@click.argument("query")
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="Hits on a page.")
@click.option("--page", type=click.IntRange(1), default=1, show_default=True)
@click.option("--sort", type=click.Choice(["relevance", "date"]), default="relevance", show_default=True)
@click.option("--source", multiple=True, help="Only this source (repeatable, as are the next three).")
@click.option("--category", multiple=True)
@click.option("--author", multiple=True)
@click.option("--language", multiple=True)
@click.option("--from", "date_from", metavar="DATE", help="YYYY, YYYY-MM or YYYY-MM-DD; that day is included.")
@click.option("--to", "date_to", metavar="DATE", help="Likewise.")
@click.option("--explain", is_flag=True, help="Show the parts of each score.")
@pass_context
def search(
    ctx: Context,
    query: str,
    limit: int,
    page: int,
    sort: str,
    source: tuple[str, ...],
    category: tuple[str, ...],
    author: tuple[str, ...],
    language: tuple[str, ...],
    date_from: str | None,
    date_to: str | None,
    explain: bool,
) -> None:
    """Ranked results with snippets. A query that begins with a minus stands after --."""
    from indexer.search.result_json import result_mapping

    request = SearchRequest(
        query.encode("utf-8", "replace").decode(),
        page,
        limit,
        cast(Sort, sort),
        source,
        category,
        author,
        language,
        date_from,
        date_to,
        facets=ctx.as_json,
        explain=explain,
    )
    result = ctx.searcher.search(request)
    _log(ctx, result)
    ctx.json(result_mapping(result))
    for warning in result.warnings:
        ctx.note(f"note: {warning}")
    if result.relaxed:
        ctx.note("No page has all of these words; these have some of them.")
    for number, hit in enumerate(result.hits, (page - 1) * limit + 1):
        document = hit.document
        date = f"{document.date:%Y-%m-%d}" if document.date else "undated"
        ctx.result(f"{number}. {_marked(ctx, hit.title)}", styled=True)
        ctx.result(f"   {document.url or '(no address)'}")
        if document.also:
            ctx.result(f"   also at {', '.join(document.also[:3])}")
        ctx.result(f"   {date} · {document.source}" + "".join(f" · {name}" for name in document.categories[:3]))
        ctx.result(f"   {_marked(ctx, hit.snippet)}", styled=True)
        if explain:
            parts = ", ".join(f"{name} {value:.3f}" for name, value in hit.parts.items())
            ctx.result(f"   score {hit.score:.3f}: {parts}")
        ctx.result("")
    if result.did_you_mean:
        ctx.result(f"Did you mean: {result.did_you_mean.query} ({result.did_you_mean.total} found)")
    pages = f", page {page} of {result.pages}" if result.pages > 1 else ""
    ctx.result(f"{result.total} found{pages} in {result.took_ms:.0f} ms" if result.total else f"Nothing was found for {query!r}.")
    if not result.total:
        raise click.exceptions.Exit(4)


def _log(ctx: Context, result: SearchResult) -> None:
    """Record the search for `queries`, unless the archive is busy."""
    from indexer.archive.query_log import QueryLogWriter

    request = result.request
    if request.page == 1 and request.query.strip():
        entry = LoggedSearch("cli", request.query, result.total, datetime.now(UTC))
        QueryLogWriter(ctx.settings.archive_path).write([entry], LOG_PATIENCE_SECONDS)


def _marked(ctx: Context, segments: Iterable[Fragment]) -> str:
    """Bold on a terminal, plain in a pipe."""
    plain = ((printable(segment.text), segment.marked) for segment in segments)
    return "".join(click.style(text, bold=True) if marked and ctx.coloured else text for text, marked in plain)


@click.command()
@click.argument("prefix")
@click.option("--limit", type=click.IntRange(1, 100), default=8, show_default=True)
@pass_context
def suggest(ctx: Context, prefix: str, limit: int) -> None:
    """Completions of PREFIX, best first."""
    found = ctx.searcher.suggest(prefix, limit)
    ctx.json({"query": prefix, "suggestions": list(found)})
    for word in found:
        ctx.result(word)
    if not found:
        raise click.exceptions.Exit(4)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--min-ndcg", type=float, help="Leave with 1 when nDCG@10 is below.")
@click.option("--baseline", type=click.Path(path_type=Path), help="An earlier --json report to compare with.")
@pass_context
def evaluate(ctx: Context, file: Path, min_ndcg: float | None, baseline: Path | None) -> None:
    """Relevance of the live index on the judged queries of FILE."""
    from indexer.search.evaluation import differences, read_judgements
    from indexer.search.evaluation import evaluate as measure

    report = measure(ctx.searcher, read_judgements(file))
    if baseline:
        report["differences"] = differences(report, baseline)
    ctx.json(report)
    for name in ("queries", "ndcg@10", "mrr", "recall@20", "p95_ms"):
        ctx.result(f"{name:10} {report[name]:g}")
    for row in report["per_query"] if ctx.verbose else []:
        ctx.result(f"  {row['ndcg@10']:.3f}  {row['query']}")
    for row in report.get("differences", []):
        ctx.result(f"  {row['before']:.3f} -> {row['after']:.3f}  {row['query']}")
    if min_ndcg is not None and report["ndcg@10"] < min_ndcg:
        ctx.failure(f"nDCG@10 is {report['ndcg@10']:.4f}, below {min_ndcg:g}")
    ctx.leave()


@click.command()
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@pass_context
def queries(ctx: Context, limit: int) -> None:
    """What people searched: counts, hits, and how often a hit was opened."""
    if not ctx.settings.archive_path.exists():
        raise SettingsError(f"{ctx.settings.data} holds no archive", remedy="name the data folder with --data")
    rows = ctx.archive.top_queries(limit)
    ctx.json({"queries": rows})
    if not rows:
        ctx.result("Nobody has searched yet.")
    for row in rows:
        unopened = row["clickable"] and not row["opened"]  # nobody can click on what the terminal shows
        remark = "  without result" if row["total"] == 0 else "  never opened" if unopened else ""
        ctx.result(f"{row['count']:>6}  {row['query']}{remark}")
