"""The command move."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import click

from indexer.cli.context import Context, pass_context
from indexer.cli.options import WAIT, command
from indexer.config.keys import ENGINES
from indexer.errors import IndexerError, SettingsError
from indexer.messages import number

_VARIABLE = "INDEXER_SEARCH_ENGINE"


@command("Move the index to another engine")
@click.option("--engine", type=click.Choice(ENGINES), required=True, help="The engine to move to.")
@click.option(
    "--judge",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also compare nDCG on these judged queries; FILE is as for `indexer evaluate`.",
)
@WAIT
@pass_context
def move(ctx: Context, engine: str, judge: Path | None, wait: float) -> None:
    """Fill the new engine from the archive, compare it with the old one, and switch `[search] engine` in config.toml.

    The switch happens only if all documents agree with the archive, the most frequent searches find as many documents on both
    engines, and at least 95 % of their first ten results are the same. A move that was interrupted goes on where it stopped.
    The old index stays: move back at any time, or delete it yourself.
    """
    from indexer.config import open_engine
    from indexer.config.edit import set_text
    from indexer.exchange.move_index import move_index
    from indexer.search.evaluation import read_judgements

    settings = ctx.settings
    if _VARIABLE in os.environ:
        raise SettingsError(f"${_VARIABLE} overrides config.toml", remedy=f"unset {_VARIABLE}, then run the command again")
    if engine == settings.engine:
        raise SettingsError(f'[search] engine is "{engine}" already', remedy="name another engine with --engine")
    judged = read_judgements(judge) if judge else []
    new = open_engine(dataclasses.replace(settings, engine=engine))
    with ctx.writing(wait, "move") as archive, ctx.progress("index") as show:
        report = move_index(archive, ctx.engine, new, settings.weights, judged, show)
    ctx.json({**dataclasses.asdict(report), "engine": engine, "switched": not report.problems})
    for problem in report.problems:
        ctx.result(problem)
    if report.problems:
        raise IndexerError(
            f'the new index is not as good as the old one, so [search] engine stays "{settings.engine}"',
            remedy="if it lacks documents, run the command again; otherwise report the difference",
        )
    set_text(settings.config_path, "search", "engine", engine)
    compared = f"{number(report.queries, 'search', 'searches')} compared, overlap of the first ten {report.overlap:.3f}"
    ctx.result(f"{number(report.documents, 'document')} moved, {compared}")
    if report.ndcg:
        ctx.result(f"nDCG@10 of the judged queries: {report.ndcg[0]:.4f} before, {report.ndcg[1]:.4f} now")
    ctx.result(
        f'[search] engine is "{engine}" now; restart the servers. The old index stays: indexer move --engine {settings.engine}'
    )
