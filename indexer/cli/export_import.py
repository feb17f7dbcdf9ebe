"""The commands export and import."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import click

from indexer.cli.context import CommandContext, pass_context
from indexer.cli.options import WAIT, command
from indexer.errors import SettingsError, write_error
from indexer.phrases import number


@command("Write all documents as JSON lines or WARC")
@click.option("--format", "form", type=click.Choice(["jsonl", "warc"]), default="jsonl", show_default=True, help="Output format.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--show-secrets", is_flag=True, help="Also export sources whose address contains a secret, and mask nothing.")
@pass_context
def export(ctx: CommandContext, form: str, file: Path | None, show_secrets: bool) -> None:
    """Write all documents as JSON lines to stdout or to FILE.

    `--format warc FILE` writes the stored responses as WARC 1.1 instead.
    """
    from indexer.cli.damage import name_damaged
    from indexer.errors import ArchiveMismatch
    from indexer.exchange.jsonl import export_lines
    from indexer.exchange.warc import write_warc
    from indexer.reindex import archive_mismatch

    if form == "warc" and file is None:
        raise SettingsError("the format warc needs a file", remedy="indexer export --format warc FILE")
    if file is not None:
        ctx.require_foreign_file(file)
    if mismatch := archive_mismatch(ctx.archive, ctx.engine):
        ctx.failure(f"{mismatch}: documents may be missing from this export; {ArchiveMismatch.default_remedy}")
    if form == "warc" and file is not None:
        ctx.note(f"Wrote {number(write_warc(ctx.archive, file, with_secrets=show_secrets), 'response')} to {file}.")
        ctx.exit_if_failed()
        return
    with _complete(file) if file else contextlib.nullcontext(sys.stdout) as out:
        for line in export_lines(ctx.archive, name_damaged(ctx), with_secrets=show_secrets):
            out.write(line + "\n")
        out.flush()
    ctx.exit_if_failed()


@contextlib.contextmanager
def _complete(file: Path) -> Iterator[TextIO]:
    """Open a file for writing. It appears, or replaces the one before it, when everything is written."""
    if file.exists() and not file.is_file():  # such as a pipe
        with file.open("w", encoding="utf-8") as out:
            yield out
        return
    partial = file.with_name(f".{file.name}.partial")
    try:
        with partial.open("w", encoding="utf-8") as out:
            yield out
        partial.replace(file)
    except OSError as error:
        raise write_error(f"cannot write {file}", error, "choose another file") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


@command("Import documents from JSON lines", "import")
@click.argument("file", type=click.Path(path_type=Path))
@WAIT
@pass_context
def import_(ctx: CommandContext, file: Path, wait: float) -> None:
    """Import the documents of FILE: JSON lines as `export` writes them."""
    from indexer.exchange.jsonl import import_lines
    from indexer.reindex import catch_up

    try:
        source = file.open(encoding="utf-8", errors="replace")
    except OSError as error:
        raise SettingsError(f"cannot read {file}: {error.strerror}") from error
    ctx.creates_data_folder = True
    with source, ctx.writing(wait, "import"):
        with ctx.archive.transaction():
            changed, problems = import_lines(ctx.archive, source, file.name)
        catch_up(ctx.archive, ctx.engine)
    for problem in problems:
        ctx.failure(problem)
    ctx.result(f"{number(changed, 'document is', 'documents are')} new or changed")
    ctx.json({"changed": changed, "problems": problems})
    ctx.exit_if_failed()
