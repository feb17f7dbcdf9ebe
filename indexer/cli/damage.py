"""Name damaged documents that a command leaves out."""

from __future__ import annotations

from collections.abc import Callable

from indexer.cli.context import Context


def name_damaged(ctx: Context) -> Callable[[str, str], None]:
    """Return what names a damaged document on stderr. The exit code becomes 1."""

    def name(id_: str, url: str) -> None:
        ctx.failure(f"{url or id_}: the document {id_} is damaged and was left out; fix it with: indexer check --repair")

    return name
