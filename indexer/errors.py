"""Every error the product raises on purpose, in one tree.

    IndexerError                    exit 1   the operator can do something about it
    ├── SettingsError               exit 2   a setting or an argument is wrong
    ├── NotFound                    exit 4   the thing asked for is not there
    ├── ArchiveError                exit 3
    │   ├── ArchiveBusy             exit 5   somebody else holds the writer's lock
    │   ├── ArchiveFull             exit 1   the disk has no space left: nothing is damaged
    │   ├── ArchiveTooNew           exit 3   written by a later version
    │   └── ArchiveDamaged          exit 3
    └── EngineError                 exit 3
        ├── IndexMissing            exit 4   nothing was indexed yet
        ├── IndexDamaged            exit 3
        └── IndexOutdated           exit 3   made by another schema or analysis

Failures of the web are not here: they are values (`indexer.model.Failure`), and a person's query is never an error.
"""

from __future__ import annotations


class IndexerError(Exception):
    """A sentence that says what is wrong, and a remedy that says what to do.

    >>> error = IndexerError("there is no source called 'news'", remedy="list them with: indexer sources")
    >>> str(error)
    "there is no source called 'news' (list them with: indexer sources)"
    """

    exit_code = 1
    default_remedy = ""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy or self.default_remedy
        super().__init__(message)

    def __str__(self) -> str:
        return f"{self.message} ({self.remedy})" if self.remedy else self.message


class SettingsError(IndexerError):
    """A setting, an option or an argument that cannot be used."""

    exit_code = 2


class NotFound(IndexerError):
    """What was asked for is not there."""

    exit_code = 4


class ArchiveError(IndexerError):
    """The archive cannot be used."""

    exit_code = 3


class ArchiveBusy(ArchiveError):
    """Another process writes to this data folder."""

    exit_code = 5
    default_remedy = "wait for it to end, or give more time with --wait SECONDS"


class ArchiveFull(ArchiveError):
    """The disk has no space left. What was stored before is sound, and goes on when there is some."""

    exit_code = 1
    default_remedy = "make some room, and run it again to go on"


class ArchiveTooNew(ArchiveError):
    """The archive was written by a later version of this program."""

    default_remedy = "install that version or a later one"


class ArchiveDamaged(ArchiveError):
    """The archive cannot be read as what it was written as."""

    default_remedy = "restore archive.db from a backup; run: indexer check"


class EngineError(IndexerError):
    """The index cannot be used."""

    exit_code = 3
    default_remedy = "rebuild it from the archive: indexer reindex"


class IndexMissing(EngineError):
    """There is no index yet."""

    exit_code = 4
    default_remedy = "make one: indexer add URL, then indexer crawl"


class IndexDamaged(EngineError):
    """The index is there but cannot be read."""


class IndexOutdated(EngineError):
    """The index was made by another version of the schema or of the analysis."""
