"""The commands backup and restore."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from indexer.cli.context import CommandContext, pass_context
from indexer.cli.formatting import when
from indexer.cli.options import command
from indexer.errors import ArchiveMismatch, SettingsError
from indexer.phrases import number


@command("Write everything to one file")
@click.argument("file", type=click.Path(path_type=Path))
@pass_context
def backup(ctx: CommandContext, file: Path) -> None:
    """Write the archive and the configuration to FILE, compressed and with checksums.

    Crawls and searches may continue meanwhile. FILE appears when it is complete. Read it back with `indexer restore`.
    """
    from indexer.exchange.backup import back_up
    from indexer.reindex import require_current_archive

    ctx.require_data_folder()
    ctx.require_foreign_file(file)
    require_current_archive(ctx.archive, ctx.engine)  # it would replace an earlier, good backup
    manifest = back_up(ctx.archive, ctx.settings.data, file)
    size = file.stat().st_size
    ctx.result(f"Backed up {number(manifest['documents'], 'document')} to {file} ({size / 1e6:.1f} MB).")
    ctx.json({"file": str(file), "bytes": size, **manifest})


@command("Read a backup into an empty folder")
@click.argument("file", type=click.Path(path_type=Path))
@pass_context
def restore(ctx: CommandContext, file: Path) -> None:
    """Restore the backup in FILE into the data folder, which must be empty or missing, and build the index.

    The archive appears in it when everything is restored and verified. After an interruption, run the command again.
    """
    from contextlib import closing

    from indexer.config import data_folder, load_settings, open_archive, open_engine
    from indexer.exchange.backup import move_into_place, restore_files, without_leftovers, work_folder
    from indexer.reindex import rebuild_index, require_current_archive

    folder = data_folder(ctx.data)
    work = work_folder(folder)
    if load_settings(folder).archive is not None:
        raise SettingsError(
            "a backup holds an archive.db, but [archive] url names PostgreSQL",
            remedy="restore without it ($INDEXER_ARCHIVE_URL), and then run: indexer move --archive URL",
        )
    with without_leftovers(work):
        manifest = restore_files(file, work)
        settings = dataclasses.replace(load_settings(work), archive=None)
        with closing(open_archive(settings, create=False)) as archive:
            for problem in archive.integrity_problems():
                ctx.failure(f"{file} holds an archive that was damaged before: {problem}")
            # A cluster names the index after the data folder, the other engine keeps it there.
            engine = open_engine(settings if settings.engine == "whoosh" else dataclasses.replace(settings, data=folder))
            try:
                require_current_archive(archive, engine)
                with ctx.progress("documents") as show:
                    rebuild_index(archive, engine, show)
            except ArchiveMismatch:  # the index of a site that goes on, or the last copy of what came after the backup
                ctx.failure(
                    "The index in the cluster is newer than this backup, or of another archive, so it stays as it is."
                    " For a copy of the site, set another name in [opensearch] index and run: indexer reindex."
                    " For the site itself, `indexer check` says what to do."
                )
        move_into_place(work, folder)
    ctx.result(f"Restored {number(manifest['documents'], 'document')} of the backup of {when(manifest['created'])} to {folder}.")
    ctx.json({"data": str(folder), **manifest})
    ctx.exit_if_failed()
