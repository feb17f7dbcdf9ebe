"""Name damaged documents that a command leaves out."""

from __future__ import annotations

from collections.abc import Callable

from indexer.cli.context import CommandContext


def name_damaged(ctx: CommandContext) -> Callable[[str, str], None]:
    """Return a function that reports a damaged document on stderr. The command leaves it out and ends with exit code 1."""
    name_either = name_damaged_or_indexed(ctx)
    return lambda id_, url: name_either(id_, url, False)


def name_damaged_or_indexed(ctx: CommandContext) -> Callable[[str, str, bool], None]:
    """Return the same for documents that the index may still have."""

    def name(id_: str, url: str, is_indexed: bool) -> None:
        what = "the index keeps the version that it has" if is_indexed else "it was left out"
        ctx.failure(f"{url or id_}: the document {id_} is damaged; {what}; fix it with: indexer check --repair")

    return name
