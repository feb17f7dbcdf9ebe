"""The command queries."""

from __future__ import annotations

import click

from indexer.cli.context import CommandContext, pass_context
from indexer.cli.options import MAX_COUNT, command
from indexer.phrases import number


@command("List what people searched for")
@click.option(
    "--limit", type=click.IntRange(1, MAX_COUNT), metavar="N", default=20, show_default=True, help="Maximum number of queries."
)
@click.option("--forget", metavar="TEXT", help="Delete this query and its counts.")
@click.option("--forget-all", is_flag=True, help="Delete all searches.")
@pass_context
def queries(ctx: CommandContext, limit: int, forget: str | None, forget_all: bool) -> None:
    """List what people searched for: how often, and which searches had no results or led to no opened page.

    A query is listed once it was searched on several days or by several people. `keep_searches_days` limits how long
    searches are kept.
    """
    if forget is not None or forget_all:
        _forget(ctx, forget, forget_all)
        return
    rows = ctx.archive.top_queries(limit)
    ctx.json({"queries": rows})
    if not rows:
        ctx.result("No searches are recorded yet.")
    for row in rows:
        unopened = row["clickable"] and not row["opened"]  # results in a terminal cannot be opened with a click
        remark = "  no results" if row["total"] == 0 else "  never opened" if unopened else ""
        ctx.result(f"{row['count']:>6}  {row['query']}{remark}")


def _forget(ctx: CommandContext, text: str | None, everything: bool) -> None:
    from contextlib import closing

    from indexer.archive.query_log import QueryLog

    with closing(QueryLog(ctx.archive.location)) as log:
        if everything:
            log.forget_all()
        count = log.forget(text) if text is not None else 0
    ctx.json({"forgotten": "all" if everything else count})
    ctx.result("All searches are deleted." if everything else f"Deleted {number(count, 'query', 'queries')} with this text.")
