"""What every command shares: the options before it, the opened data folder, and how things are printed."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

import click

from indexer.config import Settings, load_settings, open_archive, open_engine, open_searcher
from indexer.errors import NotFound

if TYPE_CHECKING:
    from indexer.archive.store import Archive, SourceState
    from indexer.engines.base import Engine
    from indexer.search.searcher import Searcher


@dataclass
class Context:
    data: str | None
    as_json: bool
    verbose: bool
    quiet: bool
    failures: int = field(default=0)

    @cached_property
    def settings(self) -> Settings:
        return load_settings(self.data)

    @cached_property
    def archive(self) -> Archive:
        """The archive, with the sources of config.toml in it."""
        archive = open_archive(self.settings)
        if self.settings.sources:
            from indexer.sources.discovery import configured

            configured(archive, self.settings.sources)
        return archive

    @cached_property
    def engine(self) -> Engine:
        return open_engine(self.settings)

    @cached_property
    def searcher(self) -> Searcher:
        return open_searcher(self.settings)

    def source(self, name: str) -> SourceState:
        """By address or name; raises NotFound."""
        state = self.archive.find_source(name)
        if state is None or state.state == "removed":
            raise NotFound(f"there is no source {name!r}", remedy="list them with: indexer sources")
        return state

    @property
    def coloured(self) -> bool:
        """Whether results go to a terminal that shows colours (https://no-color.org)."""
        return _is_terminal(sys.stdout) and not os.environ.get("NO_COLOR")

    def colour(self, text: str, name: str) -> str:
        return click.style(text, fg=name) if self.coloured else text

    # -- printing ----------------------------------------------------------------------------------------------------

    def result(self, text: str, *, styled: bool = False) -> None:
        """A result, for people; with --json it is left out. `styled`: it holds our colours, the rest is `printable` already."""
        if not self.as_json:
            _echo(text if styled else printable(text))

    def json(self, value: object) -> None:
        """A result, for programs; printed only with --json."""
        if self.as_json:
            _echo(json.dumps(value, ensure_ascii=False, indent=2))

    def note(self, text: str) -> None:
        if not self.quiet:
            _echo(printable(text), err=True)

    def note_contact(self) -> None:
        """Said when sources are new, not with each crawl, which is often one by cron."""
        crawl = self.settings.crawl
        if not crawl.contact and not crawl.allow_private_hosts:  # else the servers are the operator's own, most likely
            self.note(
                f"The sites' administrators see {crawl.user_agent} and nobody to write to, and bar such crawlers sooner:"
                " set contact under [crawl] in config.toml to your mail address or a page about the crawler."
            )

    def failure(self, text: str) -> None:
        """Something failed while the rest went on: named on stderr, and the exit code becomes 1."""
        self.failures += 1
        _echo(printable(text), err=True)

    def leave(self) -> None:
        if self.failures:
            raise click.exceptions.Exit(1)

    @contextlib.contextmanager
    def progress(self, what: str) -> Iterator[Callable[[int, int], None]]:
        """A bar with counts, rate and time left on stderr; nothing when that is no terminal."""
        if self.quiet or not _is_terminal(sys.stderr):
            yield lambda done, total: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=None, rate="")

            def show(done: int, total: int) -> None:
                speed = bar.tasks[0].speed
                bar.update(task, completed=done, total=total or None, rate=f"{speed:.0f}/s" if speed else "")

            yield show


def unheard(descriptor: int) -> None:
    """What is written to standard output (1) or error (2) from now on goes nowhere: whoever read it has left."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _echo(text: str, *, err: bool = False) -> None:
    """A crawl whose reader leaves (`| head -1`) still has an index to bring up to date."""
    try:
        click.echo(text, err=err)
    except BrokenPipeError:
        unheard(2 if err else 1)


def _is_terminal(stream: TextIO | None) -> bool:
    """None: the descriptor was closed when the program began (`2>&-`)."""
    return stream is not None and stream.isatty()


def printable(text: str) -> str:
    """Without characters that would steer a terminal (a feed's text reaches it too)."""
    return "".join(c if c in "\n\t" or c.isprintable() else "\ufffd" for c in text)


pass_context = click.pass_obj
