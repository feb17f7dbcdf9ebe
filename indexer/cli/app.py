"""The group of commands, and `main`, the only place that turns errors into exit codes (listed in `indexer.errors`)."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from indexer.cli.context import CommandContext
from indexer.cli.options import global_options
from indexer.cli.output import discard_output, log_line
from indexer.errors import IndexerError, is_disk_full

# The module of each command. A module is imported when its command runs: loading the crawler takes 0.3 s.
COMMANDS = {
    "init": "sources",
    "add": "sources",
    "sources": "status",
    "set": "source_settings",
    "remove": "sources",
    "crawl": "crawl",
    "reindex": "reindex",
    "search": "search",
    "suggest": "search",
    "evaluate": "relevance",
    "tune": "relevance",
    "synonyms": "relevance",
    "queries": "queries",
    "doctor": "doctor",
    "preview": "preview",
    "show": "show",
    "forget": "forget",
    "status": "status",
    "check": "check",
    "export": "export_import",
    "import": "export_import",
    "backup": "backup",
    "restore": "backup",
    "move": "move",
}


# Commands whose functions have another name, as theirs means something in Python.
_FUNCTIONS = {"import": "import_", "set": "set_"}

# `feed-search` also starts the search page, which `indexer` knows nothing about.
FEED_SEARCH_COMMANDS = {**COMMANDS, "serve": "serve", "mcp": "mcp"}


class Commands(click.Group):
    """A group that imports a command's module when the command is called."""

    def __init__(self, *args: Any, modules: Mapping[str, str] = COMMANDS, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._modules:
            return None
        module = import_module(f"indexer.cli.{self._modules[cmd_name]}")
        command: click.Command = getattr(module, _FUNCTIONS.get(cmd_name, cmd_name))
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command. For an unknown name, click proposes similar ones from the list that it gets here."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            if error.command_name in FEED_SEARCH_COMMANDS:
                raise click.UsageError(f"Only feed-search has this command: feed-search {error.command_name}", ctx) from None
            raise click.exceptions.NoSuchCommand(error.command_name, possibilities=self._modules, ctx=ctx) from None

    def invoke(self, ctx: click.Context) -> object:
        """Run the command. A closed pipe (`indexer export | head`) is not a failure, although click would exit with 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            discard_output(1)
            raise click.exceptions.Exit(0) from None


_HELP = """Give it a feed, get a search box.

\b
A first search:
  {program} add https://www.example.org/rss.xml
  {program} crawl
  {program} search WORDS
"""


def _group(program: str, modules: Mapping[str, str]) -> click.Group:
    settings = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

    @click.group(program, cls=Commands, modules=modules, help=_HELP.format(program=program), context_settings=settings)
    @global_options
    @click.version_option(package_name="feed-search", message="feed-search %(version)s")
    @click.pass_context
    def start(
        ctx: click.Context, data: str | None, as_json: bool, verbose: bool, quiet: bool, debug: bool, log_format: str | None
    ) -> None:
        ctx.obj = CommandContext(data, as_json, verbose, quiet, debug, log_format)
        ctx.obj.start_log()
        ctx.call_on_close(ctx.obj.close)

    group: click.Group = start
    return group


cli = _group("indexer", COMMANDS)


def main(arguments: list[str] | None = None) -> None:
    """Run `indexer` and exit with the exit code of its command."""
    _run(cli, "indexer", arguments)


def feed_search_group() -> click.Group:
    """Return the commands of `feed-search`."""
    return _group("feed-search", FEED_SEARCH_COMMANDS)


def feed_search(arguments: list[str] | None = None) -> None:
    """Run `feed-search`: every command of `indexer`, and `serve`."""
    _run(feed_search_group(), "feed-search", arguments)


def _run(group: click.Group, program: str, arguments: list[str] | None) -> None:
    words = sys.argv[1:] if arguments is None else arguments
    try:
        code = group.main(args=words, prog_name=program, standalone_mode=False)
    except click.exceptions.Exit as ended:
        code = ended.exit_code
    except click.ClickException as error:
        error.show()
        code = 2
    except (KeyboardInterrupt, click.Abort):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not interrupt the orderly exit
        log_line(f"{program}: interrupted. Everything stored so far is kept; run the command again to resume.", "warning")
        code = 130
    except Exception as error:
        if "--debug" in words:
            raise
        code = _report(program, error)
    sys.exit(code or 0)


def _report(program: str, error: Exception) -> int:
    """Print what failed and what to do, and return the exit code."""
    match error:
        case IndexerError():
            log_line(f"{program}: {error}", "error")
            return error.exit_code
        case OSError() if is_disk_full(error):
            where = f"{error.filename}: " if error.filename else ""
            log_line(f"{program}: {where}disk full (free some space and run the command again)", "error")
            return 1
        case OSError():  # such as a full disk or a file without write permission
            where = f"{error.filename}: " if error.filename else ""
            reason = error.strerror or error
            log_line(f"{program}: {where}{reason} (check the permissions and the free space of the folder)", "error")
            return 1
    log_line(f"{program}: internal error: {type(error).__name__}: {error}", "error")
    log_line("Please report it with the output of the same command with --debug.", "error")
    return 1
