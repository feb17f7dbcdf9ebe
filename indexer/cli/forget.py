"""The command forget."""

from __future__ import annotations

import click

from indexer.cli.context import CommandContext, pass_context
from indexer.cli.options import WAIT, command
from indexer.errors import SettingsError


@command("Remove documents permanently")
@click.argument("url", nargs=-1, required=True)
@WAIT
@pass_context
def forget(ctx: CommandContext, url: tuple[str, ...], wait: float) -> None:
    """Remove the documents at these URLs from archive and index, and never fetch them again."""
    from indexer.reindex import catch_up
    from indexer.urls import document_id, resolve

    with ctx.writing(wait, "forget"):
        for one in url:
            id_ = ctx.archive.documents.find(one)
            address = resolve(one)
            if id_ is None and address is None:
                raise SettingsError(f"{one!r} is neither a web address nor a document id")
            ids = {id_} if id_ else set()
            ids |= {document_id(address)} if address else set()
            if id_ is None:
                ctx.note(f"{one} is not in the archive; it will not be fetched")
            ctx.archive.forget(sorted(i for i in ids if i), one)
            ctx.result(f"forgotten: {one}")
        catch_up(ctx.archive, ctx.engine)
        ctx.engine.drop_previous()  # it holds these documents too
    ctx.json({"forgotten": list(url)})
