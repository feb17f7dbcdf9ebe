"""The commands search and suggest."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import cast, get_args

import click

from indexer.cli.context import CommandContext, pass_context
from indexer.cli.options import MAX_COUNT, command
from indexer.cli.output import printable
from indexer.model import Fragment, Hit, SearchRequest, SearchResult, Sort
from indexer.phrases import number

LOG_PATIENCE_SECONDS = 0.02  # how long recording a search may delay the command


@command("Search and print ranked results")
@click.argument("words", nargs=-1)
@click.option("--limit", type=click.IntRange(1, 1000), metavar="N", default=10, show_default=True, help="Hits per page.")
@click.option("--page", type=click.IntRange(1, MAX_COUNT), metavar="N", default=1, show_default=True, help="Page of results.")
@click.option("--sort", type=click.Choice(get_args(Sort)), default="relevance", show_default=True, help="Order.")
@click.option("--source", multiple=True, metavar="NAME", help="Only this source. Repeatable, like the next four.")
@click.option("--category", multiple=True, metavar="NAME", help="Only this category.")
@click.option("--author", multiple=True, metavar="NAME", help="Only this author.")
@click.option("--language", multiple=True, metavar="CODE", help="Only this language.")
@click.option("--filetype", multiple=True, metavar="TYPE", help="Only this type of file: html, pdf, docx, odt or pptx.")
@click.option("--from", "date_from", metavar="DATE", help="First day: YYYY, YYYY-MM or YYYY-MM-DD.")
@click.option("--to", "date_to", metavar="DATE", help="Last day, in the same form.")
@click.option("--explain", is_flag=True, help="Show the parts of each score.")
@pass_context
def search(
    ctx: CommandContext,
    words: tuple[str, ...],
    limit: int,
    page: int,
    sort: str,
    source: tuple[str, ...],
    category: tuple[str, ...],
    author: tuple[str, ...],
    language: tuple[str, ...],
    filetype: tuple[str, ...],
    date_from: str | None,
    date_to: str | None,
    explain: bool,
) -> None:
    """Search for WORDS and print ranked results with snippets.

    Put -- before a word that begins with a minus:

    \b
      indexer search -- harbour -ferry
    """
    from indexer.search.result_json import result_mapping

    if not words and not (source or category or author or language or filetype or date_from or date_to):
        raise click.UsageError("Give words to search for, or a filter such as --category.")
    query = " ".join(words)
    request = SearchRequest(
        query.encode("utf-8", "replace").decode(),
        page,
        limit,
        cast(Sort, sort),
        source,
        category,
        author,
        language,
        filetype,
        date_from,
        date_to,
        facets=ctx.as_json,
        explain=explain,
    )
    result = ctx.searcher.search(request)
    _log(ctx, result)
    ctx.json(result_mapping(result))
    _print_result(ctx, result, request)
    if not result.hits:
        raise click.exceptions.Exit(4)


def _log(ctx: CommandContext, result: SearchResult) -> None:
    """Record the search for `queries`, unless the archive is busy."""
    from indexer.archive.query_log import LoggedSearch, QueryLogWriter

    request = result.request
    if request.page == 1 and request.query.strip():
        entry = LoggedSearch("cli", request.query, result.total, datetime.now(UTC))
        QueryLogWriter(ctx.settings.archive_location, ctx.settings.web.keep_searches_days).write([entry], LOG_PATIENCE_SECONDS)


def _print_result(ctx: CommandContext, result: SearchResult, request: SearchRequest) -> None:
    for warning in result.warnings:
        ctx.note(f"note: {warning}")
    for rule in result.rules:
        ctx.result(f"rule: {rule}")
    for answer in result.answers:
        ctx.result(f"{answer.title}: {answer.url}" + (f"\n   {answer.text}" if answer.text else ""))
        ctx.result("")
    if result.relaxed:
        ctx.note("No page contains all of these words. These pages contain some of them.")
    for rank, hit in enumerate(result.hits, (request.page - 1) * request.size + 1):
        _print_hit(ctx, hit, rank, explain=request.explain)
    if result.partial:
        ctx.result("Pages with some of the words:")
        ctx.result("")
    for rank, hit in enumerate(result.partial, len(result.hits) + 1):
        _print_hit(ctx, hit, rank, explain=request.explain)
    if result.did_you_mean:
        ctx.result(f"Did you mean: {result.did_you_mean.query} ({number(result.did_you_mean.total, 'result')})")
    if result.total and not result.hits:
        ctx.result(f"There is no page {request.page}: {number(result.total, 'result')} on {number(result.pages, 'page')}.")
    elif result.total:
        pages = f", page {request.page} of {result.pages}" if result.pages > 1 else ""
        ctx.result(f"{number(result.total, 'result')}{pages} in {result.took_ms:.0f} ms")
    else:
        ctx.result(f"No results for {request.query!r}.")


def _print_hit(ctx: CommandContext, hit: Hit, rank: int, *, explain: bool) -> None:
    document = hit.document
    date = f"{document.date:%Y-%m-%d}" if document.date else "no date"
    ctx.result(f"{rank}. {_marked(ctx, hit.title)}", styled=True)
    ctx.result(f"   {document.url or '(no address)'}", with_secrets=True)
    if document.also:
        ctx.result(f"   also at {', '.join(document.also[:3])}")
    ctx.result(f"   {date} · {document.source}" + "".join(f" · {name}" for name in document.categories[:3]))
    ctx.result(f"   {_marked(ctx, hit.snippet)}", styled=True)
    for each in hit.similar:
        ctx.result(f"   similar: {each.url}", with_secrets=True)
    if hit.pinned:
        ctx.result("   pinned by a rule in curation.toml")
    if hit.missing:
        ctx.result(f"   without: {', '.join(hit.missing)}")
    if explain:
        parts = ", ".join(f"{name} {value:.3f}" for name, value in hit.parts.items())
        ctx.result(f"   score {hit.score:.3f}: {parts}" if parts else "   no score: the query does not match this page")
    ctx.result("")


def _marked(ctx: CommandContext, fragments: Iterable[Fragment]) -> str:
    """Return the text of the fragments, with matches in bold if it goes to a terminal."""
    plain = ((printable(fragment.text), fragment.marked) for fragment in fragments)
    return "".join(click.style(text, bold=True) if marked and ctx.has_colours else text for text, marked in plain)


@command("Print completions of a prefix")
@click.argument("prefix")
@click.option(
    "--limit", type=click.IntRange(1, 100), metavar="N", default=8, show_default=True, help="Maximum number of completions."
)
@pass_context
def suggest(ctx: CommandContext, prefix: str, limit: int) -> None:
    """Print completions of PREFIX, best first."""
    completions = ctx.searcher.suggest(prefix, limit)
    ctx.json({"query": prefix, "suggestions": [completion.text for completion in completions]})
    for completion in completions:
        ctx.result(completion.text)
    if not completions:
        ctx.result(f"No completions of {prefix!r}.")
        raise click.exceptions.Exit(4)
