"""The command check."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import click

from indexer.cli.context import CommandContext, pass_context
from indexer.cli.options import WAIT, command
from indexer.errors import SettingsError


@command("Verify the archive and the index")
@click.option("--repair", is_flag=True, help="Fix what can be fixed. Nothing is destroyed.")
@click.option("--from-index", is_flag=True, help="With --repair: the index is right. Restore its documents to the archive.")
@click.option("--from-archive", is_flag=True, help="With --repair: the archive is right. Rebuild the index from it.")
@WAIT
@pass_context
def check(ctx: CommandContext, repair: bool, from_index: bool, from_archive: bool, wait: float) -> None:
    """Verify that the archive and the index are intact and agree with each other.

    If the archive is missing, damaged, older than the index or that of another index, say which of the two is right with
    --from-index or --from-archive.
    """
    from indexer.diagnostics.integrity import check as verify
    from indexer.diagnostics.repair import repair as repair_all
    from indexer.reindex import rebuild_index

    if ((from_index or from_archive) and not repair) or (from_index and from_archive):
        raise SettingsError("give one of --from-index and --from-archive, together with --repair")
    ctx.require_data_folder()
    repaired: list[str] = []

    def report(text: str) -> None:
        repaired.append(text)
        ctx.note(text)

    if from_index:
        _restore_from_index(ctx, wait, report)
    with contextlib.nullcontext() if not repair else ctx.archive.lock(wait, "check"):
        if from_archive:
            rebuild_index(ctx.archive, ctx.engine)
        problems = repair_all(ctx.archive, ctx.engine, report) if repair else verify(ctx.archive, ctx.engine)
    ctx.json({"ok": not problems, "problems": problems, "repaired": repaired})
    for problem in problems:
        ctx.failure(problem)
    if problems:
        _advise(ctx, problems, repair=repair)
        raise click.exceptions.Exit(3)
    ctx.result("The archive and the index are intact.")


def _restore_from_index(ctx: CommandContext, wait: float, report: Callable[[str], None]) -> None:
    from indexer.archive.writer_lock import writer_lock
    from indexer.config import open_archive
    from indexer.diagnostics.repair import restore_from_index
    from indexer.sources.registry import sync_configured

    settings = ctx.settings
    with contextlib.ExitStack() as stack:
        if settings.archive is None:  # the file may be too damaged to open
            stack.enter_context(writer_lock(settings.data, wait, "check"))
        else:
            archive = stack.enter_context(contextlib.closing(open_archive(settings)))
            stack.enter_context(archive.lock(wait, "check"))
        restore_from_index(
            settings.archive_location,
            lambda: open_archive(settings),
            lambda archive: sync_configured(archive, settings.sources),
            ctx.engine,
            report,
        )


def _advise(ctx: CommandContext, problems: list[str], *, repair: bool) -> None:
    """Tell the operator what to do about the problems."""
    from indexer.diagnostics.integrity import AHEAD, FOREIGN
    from indexer.errors import ArchiveMismatch

    if {AHEAD, FOREIGN} & set(problems):  # no repair begins before the operator has decided
        ctx.note(f"Decide which is right: {ArchiveMismatch.default_remedy}")
        return
    is_archive_damaged = any(problem.startswith("archive:") for problem in problems)
    if not repair:
        what = "what can be fixed" if is_archive_damaged else "the index"
        ctx.note(f"Fix {what} with: indexer check --repair")
    if is_archive_damaged:
        ctx.note("Restore the archive from a backup, or what the index holds with: indexer check --repair --from-index")
