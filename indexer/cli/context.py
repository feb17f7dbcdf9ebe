"""What every command shares: the options of `indexer`, the opened data folder, and how results are printed."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import click

from indexer.cli.output import echo, is_terminal, printable, progress_bar
from indexer.config import Settings, load_settings, open_archive, open_engine, open_searcher
from indexer.errors import NotFound
from indexer.masking import mask_secrets

if TYPE_CHECKING:
    from indexer.archive.store import Archive, SourceState
    from indexer.engines.base import Engine
    from indexer.search.searcher import Searcher


@dataclass
class Context:
    """One run of a command. The first five fields are the options of `indexer`."""

    data: str | None
    as_json: bool
    verbose: bool
    quiet: bool
    debug: bool = False
    failures: int = field(default=0)

    @cached_property
    def settings(self) -> Settings:
        return load_settings(self.data)

    @cached_property
    def archive(self) -> Archive:
        """The archive, with the sources of config.toml stored in it."""
        archive = open_archive(self.settings)
        if self.settings.sources:
            from indexer.sources.registry import sync_configured

            sync_configured(archive, self.settings.sources)
        return archive

    @cached_property
    def engine(self) -> Engine:
        return open_engine(self.settings)

    @cached_property
    def searcher(self) -> Searcher:
        return open_searcher(self.settings)

    def source(self, name: str) -> SourceState:
        """Return the source with this address or name. Raises NotFound."""
        state = self.archive.find_source(name)
        if state is None or state.state == "removed":
            raise NotFound(f"there is no source {name!r}", remedy="list the sources with: indexer sources")
        return state

    @property
    def has_colours(self) -> bool:
        """Whether results go to a terminal that shows colours (https://no-color.org)."""
        return is_terminal(sys.stdout) and not os.environ.get("NO_COLOR")

    def colour(self, text: str, name: str) -> str:
        return click.style(text, fg=name) if self.has_colours else text

    # -- printing ----------------------------------------------------------------------------------------------------

    def result(self, text: str, *, styled: bool = False) -> None:
        """Print a result for people; nothing with --json. A `styled` text holds our colours and is already `printable`."""
        if not self.as_json:
            echo(text if styled else printable(text))

    def json(self, value: object) -> None:
        """Print a result for programs; nothing without --json."""
        if self.as_json:
            echo(json.dumps(value, ensure_ascii=False, indent=2))

    def note(self, text: str) -> None:
        """Print a remark on stderr; nothing with -q."""
        if not self.quiet:
            echo(mask_secrets(printable(text)), err=True)

    def note_contact(self) -> None:
        """Propose to set a contact address. Commands call it when sources are new, not with every crawl."""
        crawl = self.settings.crawl
        if not crawl.contact and not crawl.allow_private_hosts:  # private hosts are most likely the operator's own
            self.note(
                f"No contact address is set; site administrators see only {crawl.user_agent}."
                " They are quicker to block anonymous crawlers."
                " Set contact under [crawl] in config.toml to your mail address or to a page about the crawler."
            )

    def failure(self, text: str) -> None:
        """Name something that failed on stderr while the rest continues. The exit code becomes 1."""
        self.failures += 1
        echo(mask_secrets(printable(text)), err=True)

    def exit_if_failed(self) -> None:
        """Exit with 1 if a failure was printed."""
        if self.failures:
            raise click.exceptions.Exit(1)

    @contextlib.contextmanager
    def progress(self, label: str) -> Iterator[Callable[[int, int], None]]:
        """Show a progress bar on stderr, if that is a terminal."""
        if self.quiet or not is_terminal(sys.stderr):
            yield lambda done, total: None
            return
        with progress_bar(label) as show:
            yield show


pass_context = click.pass_obj
