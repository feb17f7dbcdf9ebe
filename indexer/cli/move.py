"""The command move: to another engine, or to another archive."""

from __future__ import annotations

import dataclasses
import os
from contextlib import closing, nullcontext
from pathlib import Path

import click

from indexer.cli.context import CommandContext, pass_context
from indexer.cli.options import WAIT, command
from indexer.config import Settings
from indexer.config.key_table import ENGINES
from indexer.errors import IndexerError, SettingsError
from indexer.phrases import number

_VARIABLE = "INDEXER_SEARCH_ENGINE"
_ARCHIVE_VARIABLE = "INDEXER_ARCHIVE_URL"


@command("Move to another engine or archive")
@click.option("--engine", type=click.Choice(ENGINES), help="The engine to move the index to.")
@click.option(
    "--archive",
    "archive_url",
    metavar="URL",
    help="The archive to move to: a postgresql:// URL, or archive.db for the file in the data folder.",
)
@click.option(
    "--judge",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also compare nDCG on these judged queries; FILE is as for `indexer evaluate`.",
)
@WAIT
@pass_context
def move(ctx: CommandContext, engine: str | None, archive_url: str | None, judge: Path | None, wait: float) -> None:
    """Move the index to another engine, or everything in the archive to another database, and switch config.toml.

    A new engine is filled from the archive. It must have all documents, find as many for the most frequent searches, and give
    at least 95 % of the same first ten results. A new archive must have the same rows in every table, with the same checksums.

    An interrupted move resumes where it stopped. The old index or archive stays: delete it yourself.
    """
    if (engine is None) == (archive_url is None):
        raise SettingsError("give one of --engine and --archive")
    if engine is not None:
        _move_index(ctx, engine, judge, wait)
    elif archive_url is not None:
        _move_archive(ctx, archive_url, wait)


def _move_index(ctx: CommandContext, engine: str, judge: Path | None, wait: float) -> None:
    from indexer.config import open_engine
    from indexer.config.edit import set_text
    from indexer.exchange.move_index import move_index
    from indexer.relevance.evaluation import read_judgements

    settings = ctx.settings
    if _VARIABLE in os.environ:
        raise SettingsError(f"${_VARIABLE} overrides config.toml", remedy=f"unset {_VARIABLE}, then run the command again")
    if engine == settings.engine:
        raise SettingsError(f'[search] engine is "{engine}" already', remedy="name another engine with --engine")
    judged = read_judgements(judge) if judge else []
    new = open_engine(dataclasses.replace(settings, engine=engine))
    with ctx.writing(wait, "move") as archive, ctx.progress("index") as show:
        report = move_index(archive, ctx.engine, new, settings.weights, judged, show)
        if not report.problems:
            set_text(settings.config_path, "search", "engine", engine)
    ctx.json({**dataclasses.asdict(report), "engine": engine, "switched": not report.problems})
    for problem in report.problems:
        ctx.result(problem)
    if report.problems:
        raise IndexerError(
            f'the new index is not as good as the old one, so [search] engine stays "{settings.engine}"',
            remedy="if it lacks documents, run the command again; otherwise report the difference",
        )
    compared = f"{number(report.queries, 'search', 'searches')} compared, overlap of the first ten {report.overlap:.3f}"
    ctx.result(f"{number(report.documents, 'document')} moved, {compared}")
    if report.ndcg:
        ctx.result(f"nDCG@10 of the judged queries: {report.ndcg[0]:.4f} before, {report.ndcg[1]:.4f} now")
    ctx.result(
        f'[search] engine is "{engine}" now; restart the servers. The old index stays: indexer move --engine {settings.engine}'
    )


def _move_archive(ctx: CommandContext, url: str, wait: float) -> None:
    from indexer.archive.copying import copy_archive
    from indexer.archive.postgres_address import PostgresAddress
    from indexer.config import load_settings, open_archive
    from indexer.config.edit import set_text

    settings = ctx.settings
    if _ARCHIVE_VARIABLE in os.environ:
        raise SettingsError(
            f"${_ARCHIVE_VARIABLE} overrides config.toml", remedy=f"unset {_ARCHIVE_VARIABLE}, then run the command again"
        )
    new = load_settings(settings.data, {**os.environ, _ARCHIVE_VARIABLE: "" if url == settings.archive_path.name else url})
    if new.archive_location == settings.archive_location:
        raise SettingsError(f"the archive is in {settings.archive_location} already", remedy="name another one with --archive")
    with ctx.writing(wait, "move") as archive, closing(open_archive(_with_free_place(new))) as target:
        with target.lock(wait, "move") if new.archive else nullcontext(), ctx.progress("rows") as show:
            problems = copy_archive(archive.database, target.database, show)
        counts = target.counts()
        if not problems:
            set_text(settings.config_path, "archive", "url", str(new.archive or ""))
    ctx.json({"archive": str(new.archive_location), **counts, "switched": not problems, "problems": problems})
    for problem in problems:
        ctx.result(problem)
    if problems:
        raise IndexerError(
            "the new archive differs from the old one, so config.toml stays as it is", remedy="run the command again"
        )
    ctx.result(f"{number(counts['documents'], 'document')} and all else moved to {new.archive_location}, and compared.")
    if isinstance(new.archive, PostgresAddress) and new.archive.password:
        ctx.result("config.toml has no password: set $PGPASSWORD, or password_file under [archive].")
    ctx.result(f"Restart the servers. The old archive stays: {settings.archive_location}")


def _with_free_place(new: Settings) -> Settings:
    """Move the archive.db of an earlier move aside, unless it is an unfinished copy."""
    from indexer.archive.copying import is_unfinished

    path = new.archive_path
    if new.archive is None and path.exists() and not is_unfinished(path):
        count = 1
        while (aside := path.with_name(f"{path.name}.before-move-{count}")).exists():
            count += 1
        for suffix in ("", "-wal", "-shm"):
            if (file := path.with_name(path.name + suffix)).exists():
                file.rename(aside.with_name(aside.name + suffix))
    return new
