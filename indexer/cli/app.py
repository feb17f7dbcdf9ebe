"""The group of commands, and `main`, the only place that turns errors into exit codes (listed in `indexer.errors`)."""

from __future__ import annotations

import signal
import sys
from importlib import import_module

import click

from indexer.cli.context import Context
from indexer.cli.options import global_options
from indexer.cli.output import discard_output
from indexer.errors import IndexerError

# The module of each command. A module is imported when its command runs: loading the crawler takes 0.3 s.
COMMANDS = {
    "init": "sources",
    "add": "sources",
    "sources": "status",
    "remove": "sources",
    "crawl": "crawl",
    "reindex": "crawl",
    "search": "search",
    "suggest": "search",
    "evaluate": "search",
    "queries": "search",
    "doctor": "doctor",
    "preview": "maintenance",
    "show": "show",
    "forget": "maintenance",
    "status": "status",
    "check": "maintenance",
    "export": "exchange",
    "import": "exchange",
}


class Commands(click.Group):
    """A group that imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"indexer.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name + ("_" if cmd_name == "import" else ""))
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command. For an unknown name, click proposes similar ones from the list that it gets here."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            raise click.exceptions.NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def invoke(self, ctx: click.Context) -> object:
        """Run the command. A closed pipe (`indexer export | head`) is not a failure, although click would exit with 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            discard_output(1)
            raise click.exceptions.Exit(0) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@global_options
@click.version_option(package_name="feed-search", message="feed-search %(version)s")
@click.pass_context
def cli(ctx: click.Context, data: str | None, as_json: bool, verbose: bool, quiet: bool, debug: bool) -> None:
    """Give it a feed, get a search box.

    \b
    A first search:
      indexer add https://www.example.org/rss.xml
      indexer crawl
      indexer search WORDS
    """
    ctx.obj = Context(data, as_json, verbose, quiet, debug)


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit with its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        code = cli.main(args=words, prog_name="indexer", standalone_mode=False)
    except click.exceptions.Exit as ended:
        code = ended.exit_code
    except click.ClickException as error:
        error.show()
        code = 2
    except (KeyboardInterrupt, click.Abort):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not interrupt the orderly exit
        click.echo("indexer: interrupted. Everything stored so far is kept; run the command again to resume.", err=True)
        code = 130
    except Exception as error:
        if "--debug" in words:
            raise
        code = _report(error)
    sys.exit(code or 0)


def _report(error: Exception) -> int:
    """Print what failed and what to do, and return the exit code."""
    match error:
        case IndexerError():
            click.echo(f"indexer: {error}", err=True)
            return error.exit_code
        case OSError():  # such as a full disk or a file without write permission
            where = f"{error.filename}: " if error.filename else ""
            reason = error.strerror or error
            click.echo(f"indexer: {where}{reason} (check the permissions and the free space of the folder)", err=True)
            return 1
    click.echo(f"indexer: internal error: {type(error).__name__}: {error}", err=True)
    click.echo("Please report it with the output of the same command with --debug.", err=True)
    return 1
