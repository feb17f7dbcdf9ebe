"""The `indexer` command: parse, call one verb, print. No logic lives here.

`main` is the one place where errors become exit codes (the table stands in `indexer.errors`).
"""

from __future__ import annotations

import sys

import click

from indexer.cli.context import Context, unheard
from indexer.errors import IndexerError

# Each command's module, so that `indexer search` does not pay for loading the crawler (0.3 s).
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
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def invoke(self, ctx: click.Context) -> object:
        """That somebody has read enough (`indexer export | head`) is no failure, for which click would exit with 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            unheard(1)
            raise click.exceptions.Exit(0) from None

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        from importlib import import_module

        module = import_module(f"indexer.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name + ("_" if cmd_name == "import" else ""))
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--data", metavar="DIR", help="The data folder (else $INDEXER_DATA, else ./index_data).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but results and errors.")
@click.option("--debug", is_flag=True, help="Show a traceback when something fails.")
@click.version_option(package_name="feed-search", message="feed-search %(version)s")
@click.pass_context
def cli(ctx: click.Context, data: str | None, as_json: bool, verbose: bool, quiet: bool, debug: bool) -> None:
    """Give it a feed, get a search box.

    A first search:  indexer add https://www.example.org/rss.xml;  indexer crawl;  indexer search WORDS
    """
    ctx.obj = Context(data, as_json, verbose, quiet)


def main(arguments: list[str] | None = None) -> None:
    """Run a command and leave with its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in given
    try:
        code = cli.main(args=given, prog_name="indexer", standalone_mode=False)
    except IndexerError as error:
        if debug:
            raise
        click.echo(f"indexer: {error}", err=True)
        code = error.exit_code
    except click.exceptions.Exit as leaving:
        code = leaving.exit_code
    except click.ClickException as error:
        error.show()
        if isinstance(error, click.NoSuchOption) and any(error.option_name in option.opts for option in cli.params):
            click.echo(f"It stands before the command, as in: indexer {error.option_name} status", err=True)
        code = 2
    except (KeyboardInterrupt, click.Abort):
        click.echo("indexer: interrupted; what was done so far is kept, run it again to go on", err=True)
        code = 130
    except OSError as error:  # a full disk, a file that may not be written: not ours to mend
        if debug:
            raise
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"indexer: {where}{error.strerror or error} (look at the folder's rights and free space)", err=True)
        code = 1
    except Exception as error:
        if debug:
            raise
        # The last resort of a program that promises no traceback: an error nobody foresaw is ours to mend.
        click.echo(f"indexer: this should not have happened: {type(error).__name__}: {error}", err=True)
        click.echo("Please report it with what --debug shows.", err=True)
        code = 1
    sys.exit(code or 0)
