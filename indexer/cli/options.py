"""The options and arguments that several commands share.

The options of `indexer` itself (`--data`, `--json`, `-v` …) are accepted before and after the command.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import click

from indexer.cli.context import CommandContext

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

MAX_COUNT: Final = 1_000_000  # of pages, results and queries: more than anybody reads, and a database takes 64 bits


def _store(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Store an option that was given after the command."""
    context = ctx.find_object(CommandContext)
    if value and context is not None and param.name is not None:
        setattr(context, param.name, value)
        context.start_log()


def _global_options(*, hidden: bool) -> list[click.Option]:
    """Build the options of `indexer`: visible for the group, hidden and stored in the context for each command."""
    rest: dict[str, Any] = {"hidden": True, "expose_value": False, "callback": _store} if hidden else {}
    return [
        click.Option(["--data"], metavar="DIR", help="The data folder. Default: $INDEXER_DATA or ./index_data.", **rest),
        click.Option(["as_json", "--json"], is_flag=True, help="Print JSON.", **rest),
        click.Option(["-v", "--verbose"], is_flag=True, help="Print more details.", **rest),
        click.Option(["-q", "--quiet"], is_flag=True, help="Print only results and errors.", **rest),
        click.Option(["--log-format"], type=click.Choice(["text", "json"]), help="Form of the messages on stderr.", **rest),
        click.Option(["--debug"], is_flag=True, help="Show a traceback if something fails.", **rest),
    ]


def global_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of `indexer` to the group's function."""
    options = getattr(function, "__click_params__", [])
    function.__click_params__ = [*options, *reversed(_global_options(hidden=False))]  # type: ignore[attr-defined]  # click's own way to collect options
    return function


class Command(click.Command):
    """A command that also accepts the options of `indexer` itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += _global_options(hidden=True)
        self.epilog = self.epilog or "Every command also takes: --data DIR, --json, -v, -q, --log-format, --debug."


def command(short_help: str, name: str | None = None) -> Callable[[Callable[..., Any]], Command]:
    """Declare a command. `short_help` is its line in `indexer --help`: at most 44 characters."""
    return click.command(name, cls=Command, short_help=short_help)


def complete_source(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name or address of a source. An unreadable data folder completes nothing."""
    from click.shell_completion import CompletionItem

    from indexer.archive.backends import is_database
    from indexer.config import load_settings, open_archive
    from indexer.errors import IndexerError

    try:
        settings = load_settings(ctx.params.get("data") or ctx.find_root().params.get("data"))
        if not is_database(settings.archive_location):
            return []
        archive = open_archive(settings, create=False)
        try:
            sources = [state.source for state in archive.sources.all() if state.state != "removed"]
        finally:
            archive.close()
    except (IndexerError, OSError):
        return []
    names = [source.name or source.url for source in sources] + [source.url for source in sources if source.name]
    return [CompletionItem(name) for name in dict.fromkeys(names) if name.casefold().startswith(incomplete.casefold())]


WAIT = click.option(
    "--wait", type=float, default=60, show_default=True, metavar="SECONDS", help="How long to wait for another writer."
)
SOURCE = click.argument("source", shell_complete=complete_source)
SOURCES = click.argument("source", nargs=-1, shell_complete=complete_source)
