"""Every error that the product raises on purpose, in one tree.

    IndexerError                    exit 1   the operator can do something about it
    ├── DiskFull                    exit 1   a file cannot be written
    ├── SettingsError               exit 2   a setting or an argument is wrong
    ├── NotFound                    exit 4   the requested thing does not exist
    ├── SearchBusy                  exit 1   too many searches are waiting
    ├── ArchiveError                exit 3
    │   ├── ArchiveBusy             exit 5   another process holds the writer lock
    │   ├── ArchiveFull             exit 1   the disk is full; nothing is damaged
    │   ├── ArchiveUnreachable      exit 1   its database server does not answer
    │   ├── ArchiveUnwritable       exit 2   its folder or disk permits no writing
    │   ├── ArchiveMissing          exit 4   nothing was stored yet
    │   ├── ArchiveMismatch         exit 3   the operator must decide which of the two is right
    │   ├── ArchiveTooNew           exit 3   written by a later version
    │   └── ArchiveDamaged          exit 3
    └── EngineError                 exit 3
        ├── EngineUnavailable       exit 1   the cluster cannot be reached, or not at present
        ├── IndexMissing            exit 4   there is no index yet
        ├── IndexDamaged            exit 3
        ├── IndexInaccessible       exit 2   this process may not read or write its files: nothing is damaged
        ├── IndexFull               exit 1   the disk has no space left: nothing is damaged
        └── IndexOutdated           exit 3   written by another version

Failures of the web are values, not errors (`indexer.model.Failure`). A query text never raises an error.
"""

from __future__ import annotations

import errno

# The process has no permission, a read-only disk, or as many open files as it may have.
_NOT_PERMITTED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.EMFILE, errno.ENFILE})


def is_disk_full(error: BaseException) -> bool:
    """Return whether an error means that the disk, or the user's share of it, is full.

    >>> is_disk_full(OSError(errno.ENOSPC, "No space left on device")), is_disk_full(OSError(errno.EACCES, "denied"))
    (True, False)
    """
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


class IndexerError(Exception):
    """An error that the operator can act on. `message` states what is wrong, `remedy` what to do.

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


class DiskFull(IndexerError):
    """A file cannot be written, as the disk is full. Nothing is damaged."""

    default_remedy = "free some space and run the command again"


class SettingsError(IndexerError):
    """A setting, an option or an argument that cannot be used."""

    exit_code = 2


class NotFound(IndexerError):
    """The requested thing does not exist."""

    exit_code = 4


class SearchBusy(IndexerError):
    """Too many searches are waiting for their turn."""

    default_remedy = "try again in a few seconds"


class ArchiveError(IndexerError):
    """The archive cannot be used."""

    exit_code = 3


class ArchiveBusy(ArchiveError):
    """Another process is writing to this data folder."""

    exit_code = 5
    default_remedy = "wait until it has finished, or allow more time with --wait SECONDS"


class ArchiveFull(ArchiveError):
    """The disk is full. Everything stored before is intact."""

    exit_code = 1
    default_remedy = "free some disk space, then run the command again to resume"


class ArchiveUnreachable(ArchiveError):
    """The database server of the archive does not answer, or the connection to it was lost. Nothing is damaged."""

    exit_code = 1
    default_remedy = "check that PostgreSQL runs, and the host and port in [archive] url"


class ArchiveUnwritable(ArchiveError):
    """The archive is read-only: its folder belongs to another user, or its disk is mounted read-only."""

    exit_code = 2
    default_remedy = "run the command as the user who owns the folder, or check its permissions"


class ArchiveTooNew(ArchiveError):
    """The archive was written by a later version of this program."""

    default_remedy = "install that version or a newer one"


class ArchiveMissing(ArchiveError):
    """There is no archive, although there is a data folder."""

    exit_code = 4
    default_remedy = "begin with `indexer add URL`"


class ArchiveMismatch(ArchiveError):
    """The archive is missing, empty, older than the index or not its own. A writer would delete what only the index holds."""

    default_remedy = (
        "if the index is right: indexer check --repair --from-index;"
        " if the archive is right: indexer check --repair --from-archive"
    )


class ArchiveDamaged(ArchiveError):
    """The archive is corrupt."""

    default_remedy = "restore a backup with `indexer restore`, or what the index holds with: indexer check --repair --from-index"


class EngineError(IndexerError):
    """The index cannot be used."""

    exit_code = 3
    default_remedy = "rebuild it from the archive: indexer reindex"


class EngineUnavailable(EngineError):
    """The cluster that holds the index does not answer. Nothing is known to be damaged."""

    exit_code = 1
    default_remedy = "start its nodes, or correct [opensearch] urls in config.toml; then run the command again"


class IndexMissing(EngineError):
    """There is no index yet."""

    exit_code = 4
    default_remedy = "build one: indexer add URL, then indexer crawl"


class IndexDamaged(EngineError):
    """The index exists but cannot be read."""


class IndexInaccessible(EngineError):
    """This process may not read or write the files of the index, or open no more of them. Nothing is damaged."""

    exit_code = 2
    default_remedy = "run the command as the user who owns the folder, or check its permissions and the limit of open files"


class IndexFull(EngineError):
    """The disk has no space left for the index. The last commit is intact."""

    exit_code = 1
    default_remedy = "free some space and run the command again"


class IndexOutdated(EngineError):
    """The index was written with another version of the schema or of the text analysis."""


def write_error(doing: str, error: OSError, remedy: str = "") -> IndexerError:
    """Return the error for a file that cannot be written. `doing`: what failed, as in "cannot write x"."""
    if is_disk_full(error):
        return DiskFull(f"{doing}: disk full")
    return SettingsError(f"{doing}: {error.strerror or error}", remedy=remedy)


def index_read_error(what: str, error: Exception) -> EngineError:
    """Return the error for a file of the index that cannot be read. `what`: its path, or that of its folder.

    >>> index_read_error("index/CURRENT", PermissionError(errno.EACCES, "Permission denied"))
    IndexInaccessible('index/CURRENT cannot be read: Permission denied')
    >>> index_read_error("index/CURRENT", ValueError("no JSON"))
    IndexDamaged('index/CURRENT cannot be read: no JSON')
    """
    if isinstance(error, OSError) and error.errno in _NOT_PERMITTED:
        return IndexInaccessible(f"{what} cannot be read: {error.strerror}")
    return IndexDamaged(f"{what} cannot be read: {error}")


def index_write_error(what: str, error: OSError) -> EngineError:
    """Return the error for an index that cannot be written. The last commit is intact.

    >>> index_write_error("the index in data", OSError(errno.EIO, "Input/output error"))
    EngineError('the index in data cannot be written: Input/output error')
    """
    if is_disk_full(error):
        return IndexFull(f"{what} cannot be written: disk full")
    message = f"{what} cannot be written: {error.strerror or error}"
    if error.errno in _NOT_PERMITTED:
        return IndexInaccessible(message)
    return EngineError(message, remedy="check the disk, then run the command again")
