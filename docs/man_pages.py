"""Write the man pages of `indexer` and `feed-search` from their commands: `python docs/man_pages.py FOLDER` (`make man`)."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from click_man.core import write_man_pages

from indexer import __version__
from indexer.cli.app import cli, feed_search_group


def write_pages(folder: Path) -> list[Path]:
    """Write one page for each program and each command, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    for group in (cli, feed_search_group()):
        context = click.Context(group)
        for name in group.list_commands(context):  # click-man reads this table, which our groups fill on demand
            command = group.get_command(context, name)
            if command is not None:
                group.commands[name] = command
        write_man_pages(group.name, group, version=__version__, target_dir=str(folder))
    return sorted(folder.glob("*.1"))


if __name__ == "__main__":
    print(f"{len(write_pages(Path(sys.argv[1])))} man pages in {sys.argv[1]}")
