"""What every command shares: the options of `indexer`, the opened data folder, and how results are printed."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from indexer.cli.output import echo, is_terminal, log_line, printable, progress_bar, start_log
from indexer.config import Settings, load_settings, open_archive, open_engine, open_searcher
from indexer.errors import NotFound, SettingsError
from indexer.masking import mask_secrets

if TYPE_CHECKING:
    from indexer.archive.store import Archive, SourceState
    from indexer.engines.base import Engine
    from indexer.search.searcher import Searcher


@dataclass
class CommandContext:
    """One run of a command. The first six fields are the options of `indexer`."""

    data: str | None
    as_json: bool
    verbose: bool
    quiet: bool
    debug: bool = False
    log_format: str | None = None
    creates_data_folder: bool = False  # set by the commands that may create it
    may_create_archive: bool = False  # set by `writing`
    shows_secrets: bool = False  # set by --show-secrets
    locked_place: str = ""  # set by `writing` if it holds the lock of the data folder: see `leases.place_of`
    failures: int = field(default=0)

    def start_log(self) -> None:
        """Apply the options of the log, which may precede or follow the command."""
        start_log(verbose=self.verbose, as_json=self.log_format == "json")

    @cached_property
    def settings(self) -> Settings:
        return load_settings(self.data)

    @cached_property
    def archive(self) -> Archive:
        """Return the archive, with the sources of config.toml stored in it.

        A command that only reads creates none: without an archive it gets an empty one in a temporary folder. Raises NotFound
        and ArchiveMismatch.
        """
        from indexer.archive.backends import is_database
        from indexer.reindex import require_no_index

        self.require_data_folder()
        settings = self.settings
        if not is_database(settings.archive_location):
            require_no_index(settings.archive_location, self.engine)
            if not self.may_create_archive:
                from tempfile import TemporaryDirectory

                folder = self._temporary_folder = TemporaryDirectory()
                settings = dataclasses.replace(settings, data=Path(folder.name), archive=None)
        archive = open_archive(settings, create=True)
        if settings.sources:
            from indexer.sources.registry import sync_configured

            sync_configured(archive, settings.sources)
        return archive

    def close(self) -> None:
        """Close the archive: SQLite then takes its write-ahead log into the file, so that a copy of the file is complete."""
        if "archive" in self.__dict__:  # it was opened
            self.archive.close()

    @contextlib.contextmanager
    def writing(self, wait_seconds: float, doing: str, *, shared: bool = False) -> Iterator[Archive]:
        """Hold the writer lock, and yield the archive. `doing`: the command. `shared`: as for `Archive.lock`.

        An archive on a server is shared by several data folders. Each of them has one writer at a time, as with archive.db.
        Raises ArchiveBusy, and ArchiveMismatch if the archive is missing, empty or older than the index.
        """
        from indexer.reindex import require_current_archive

        self.may_create_archive = True
        end = time.monotonic() + wait_seconds
        with self._folder_lock(wait_seconds, doing), self.archive.lock(max(end - time.monotonic(), 0), doing, shared=shared):
            self._require_same_places()
            require_current_archive(self.archive, self.engine)
            yield self.archive

    def _require_same_places(self) -> None:
        """Raise SettingsError if the archive or the index has moved while this command waited for the lock."""
        now = load_settings(self.data)
        if (now.archive_location, now.engine) != (self.settings.archive_location, self.settings.engine):
            raise SettingsError("the archive or the index has moved while this command waited", remedy="run the command again")

    @contextlib.contextmanager
    def _folder_lock(self, wait_seconds: float, doing: str) -> Iterator[None]:
        """Hold the lock of the data folder for an archive that does not have it itself."""
        from indexer.archive.leases import place_of
        from indexer.archive.writer_lock import writer_lock

        folder = self.settings.data
        if self.settings.archive is None or not (folder.is_dir() and os.access(folder, os.W_OK)):
            yield
            return
        with writer_lock(folder, wait_seconds, doing):
            self.locked_place = place_of(folder)
            yield

    @cached_property
    def engine(self) -> Engine:
        self.require_data_folder()
        return open_engine(self.settings)

    @cached_property
    def searcher(self) -> Searcher:
        self.require_data_folder()
        return open_searcher(self.settings)

    def require_data_folder(self) -> None:
        """Raise NotFound if there is no data folder and the command must not create one."""
        from indexer.archive.backends import is_database

        settings = self.settings
        if self.creates_data_folder or any(
            path.exists() for path in (settings.config_path, settings.archive_path, settings.index_path)
        ):
            return
        if settings.archive is not None and is_database(settings.archive):  # the environment may name everything
            return
        if settings.data.exists() and not settings.data.is_dir():
            raise SettingsError(f"{settings.data} is not a folder", remedy="name the data folder with --data")
        origin = "" if self.data else " ($INDEXER_DATA)" if os.environ.get("INDEXER_DATA") else " (the default)"
        raise NotFound(
            f"there is no search data at {settings.data.resolve()}{origin}",
            remedy="begin with `indexer add URL`, or name another folder with --data",
        )

    def require_foreign_file(self, file: Path) -> None:
        """Raise SettingsError if a command would overwrite a file of the data folder that it reads."""
        if self.settings.owns(file):
            raise SettingsError(f"{file} belongs to the data folder and would be destroyed", remedy="name another file")

    def source(self, name: str) -> SourceState:
        """Return the source with this address or name. Raises NotFound."""
        state = self.archive.sources.find(name)
        if state is None or state.state == "removed":
            raise NotFound(f"there is no source {name!r}", remedy="list the sources with: indexer sources")
        return state

    @property
    def has_colours(self) -> bool:
        """Return whether results go to a terminal that shows colours (https://no-color.org)."""
        return is_terminal(sys.stdout) and not os.environ.get("NO_COLOR")

    def colour(self, text: str, name: str) -> str:
        return click.style(text, fg=name) if self.has_colours else text

    # -- printing ----------------------------------------------------------------------------------------------------

    def result(self, text: str, *, styled: bool = False, with_secrets: bool = False) -> None:
        """Print a result for people; nothing with --json. A `styled` text holds our colours and is already `printable`.

        Secrets in addresses are masked, unless `with_secrets`: the address of a document is shown as it is.
        """
        if not self.as_json:
            text = text if styled else printable(text)
            echo(text if with_secrets or self.shows_secrets else mask_secrets(text))

    def json(self, value: object) -> None:
        """Print a result for programs; nothing without --json."""
        if self.as_json:
            echo(json.dumps(value, ensure_ascii=False, indent=2))

    def note(self, text: str) -> None:
        """Print a remark on stderr; nothing with -q."""
        if not self.quiet:
            log_line(text)

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
        log_line(text, "error")

    def exit_if_failed(self) -> None:
        """Exit with 1 if a failure was printed."""
        if self.failures:
            raise click.exceptions.Exit(1)

    @contextlib.contextmanager
    def progress(self, label: str) -> Iterator[Callable[[int, int], None]]:
        """Show a progress bar on stderr, if that is a terminal and no log lines would get between."""
        if self.quiet or self.verbose or self.log_format == "json" or not is_terminal(sys.stderr):
            yield lambda done, total: None
            return
        with progress_bar(label) as show:
            yield show


pass_context = click.pass_obj
