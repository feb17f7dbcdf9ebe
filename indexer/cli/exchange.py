"""export, import."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from indexer.cli.context import Context, pass_context
from indexer.errors import SettingsError
from indexer.messages import number


@click.command()
@click.option("--format", "form", type=click.Choice(["jsonl", "warc"]), default="jsonl", show_default=True)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@pass_context
def export(ctx: Context, form: str, file: Path | None) -> None:
    """JSON lines of all documents to stdout (or FILE); --format warc FILE writes the stored responses."""
    from indexer.exchange.jsonl import export_lines, write_warc

    if form == "warc":
        if file is None:
            raise SettingsError("WARC is written to a file", remedy="indexer export --format warc FILE")
        ctx.note(f"{write_warc(ctx.archive, file)} responses written to {file}")
        return
    with file.open("w", encoding="utf-8") if file else sys.stdout as out:
        for line in export_lines(ctx.archive):
            out.write(line + "\n")
        out.flush()


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--wait", type=float, default=60, show_default=True, help="Seconds to wait for another writer.")
@pass_context
def import_(ctx: Context, file: Path, wait: float) -> None:
    """Documents from JSON lines, in the shape of `export`."""
    from indexer.exchange.jsonl import import_lines
    from indexer.reindex import catch_up

    try:
        source = file.open(encoding="utf-8", errors="replace")
    except OSError as error:
        raise SettingsError(f"cannot read {file}: {error.strerror}") from error
    with source, ctx.archive.lock(wait, "import"):
        with ctx.archive.batch():
            changed, problems = import_lines(ctx.archive, source, file.name)
        catch_up(ctx.archive, ctx.engine)
    for problem in problems:
        ctx.failure(problem)
    ctx.result(f"{number(changed, 'document is', 'documents are')} new or changed")
    ctx.json({"changed": changed, "problems": problems})
    ctx.leave()
