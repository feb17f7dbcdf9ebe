"""Connect to PostgreSQL with the types that the archive uses, and raise its errors as the archive's own."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from indexer.archive.postgres_address import PostgresAddress
from indexer.errors import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveError,
    ArchiveFull,
    ArchiveUnreachable,
    IndexerError,
    SettingsError,
)

try:
    import psycopg
    from psycopg import errors as pg
    from psycopg.adapt import Loader
    from psycopg.types.numeric import Int8Dumper
    from psycopg.types.string import StrDumper
except ImportError as error:
    raise SettingsError(
        f"an archive in PostgreSQL needs the library psycopg ({error})",
        remedy="install it with: pip install 'feed-search[postgres]'",
    ) from error

if TYPE_CHECKING:
    from psycopg.abc import Buffer

DriverError = psycopg.Error  # the root of its errors
MIN_SERVER: Final = 15  # the oldest version that the tests run with
MAX_CONNECT_SECONDS: Final = 10.0
USER_TIMEOUT_MS: Final = 60_000  # for what was sent: without it, a server that has vanished is waited for 15 minutes
Connection: TypeAlias = "psycopg.Connection[Any]"
logging.getLogger("psycopg").setLevel(logging.ERROR)  # each failure is reported once, by the error that it becomes


class _TextDumper(StrDumper):
    """Send strings as text, so that the server guesses no type. It cannot store NUL: U+FFFD replaces it."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\x00", "\ufffd"))


class _SumLoader(Loader):
    """Read the sum of whole numbers, which PostgreSQL gives as a decimal number."""

    def load(self, data: Buffer) -> int:
        return int(bytes(data))


class PostgresRow(tuple[Any, ...]):
    """A row with its values by position and by name."""

    __slots__ = ()
    positions: dict[str, int]

    def __getitem__(self, key: Any) -> Any:
        return tuple.__getitem__(self, self.positions[key] if isinstance(key, str) else key)


@lru_cache(maxsize=256)
def _row_class(names: tuple[str, ...]) -> type[PostgresRow]:
    return type("PostgresRow", (PostgresRow,), {"__slots__": (), "positions": {name: at for at, name in enumerate(names)}})


def _rows(cursor: Any) -> Callable[[Sequence[Any]], PostgresRow]:
    return _row_class(tuple(column.name for column in cursor.description or ()))


def connect(address: PostgresAddress, seconds: float = MAX_CONNECT_SECONDS) -> Connection:
    """Return a connection that commits each statement. `seconds`: to wait for the server.

    Raises ArchiveUnreachable and SettingsError.
    """
    try:
        connection: Connection = psycopg.connect(
            address.url,
            autocommit=True,
            row_factory=_rows,
            cursor_factory=psycopg.RawCursor,
            connect_timeout=math.ceil(min(seconds, MAX_CONNECT_SECONDS)),
            application_name="indexer",
            client_encoding="UTF8",
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
            tcp_user_timeout=USER_TIMEOUT_MS,
            password=address.password or None,
        )
    except psycopg.Error as error:
        raise raised(error, address, lost=True) from error
    version = connection.info.server_version // 10_000
    if version < MIN_SERVER:
        connection.close()
        raise SettingsError(
            f"{address} is PostgreSQL {version}", remedy=f"the archive needs PostgreSQL {MIN_SERVER} or later: upgrade the server"
        )
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        connection.close()
        raise SettingsError(
            f"{address} has the encoding {encoding}, which cannot hold every text",
            remedy="create a database with: createdb --encoding=UTF8 --template=template0",
        )
    connection.adapters.register_dumper(str, _TextDumper)
    connection.adapters.register_dumper(int, Int8Dumper)
    connection.adapters.register_loader("numeric", _SumLoader)
    return connection


def is_lost(error: BaseException, connection: Connection) -> bool:
    """Return whether an error means that the connection has ended."""
    return isinstance(error, DriverError) and (connection.closed or isinstance(error, pg.AdminShutdown | pg.CrashShutdown))


def raised(error: DriverError, address: PostgresAddress, *, lost: bool) -> IndexerError:
    """Return the archive's error for one of psycopg. `lost`: the connection has ended or was never made."""
    text = _first_line(error)
    if isinstance(error, pg.QueryCanceled):
        return ArchiveBusy(f"{address} has ended a statement: {text}", remedy="give the user a longer statement_timeout, or 0")
    if isinstance(error, pg.LockNotAvailable | pg.DeadlockDetected | pg.SerializationFailure):
        return ArchiveBusy(f"{address} is locked by another program")
    if isinstance(error, pg.DiskFull | pg.OutOfMemory):
        return ArchiveFull(f"{address} cannot grow: {text}")
    if isinstance(error, pg.DataCorrupted | pg.IndexCorrupted):
        return ArchiveDamaged(f"{address} is damaged: {text}", remedy="restore the database from its backup")
    if isinstance(error, pg.ProgramLimitExceeded):
        return ArchiveError(
            f"{address} cannot store a value: {text}",
            remedy="its indexes hold texts of up to 2,700 bytes: export the documents, shorten their ids, import them",
        )
    if isinstance(error, pg.InsufficientPrivilege):
        return SettingsError(f"{address}: {text}", remedy="the user needs CREATE and USAGE on the schema: make it the owner")
    if isinstance(error, pg.ReadOnlySqlTransaction):
        return ArchiveUnreachable(f"{address} is read-only, as a standby is", remedy="name the primary server in [archive] url")
    if lost:
        return _connection_error(text, address)
    return ArchiveError(f"{address} cannot be used: {text}", remedy="see the log of the PostgreSQL server")


def _connection_error(text: str, address: PostgresAddress) -> IndexerError:
    """Return the error for a connection that cannot be made. libpq reports the reason as a text only."""
    if "password authentication failed" in text or "no password supplied" in text or "pg_hba.conf" in text:
        return SettingsError(
            f"{address} refuses the user: {text}",
            remedy="set the password in $PGPASSWORD or in the file that [archive] password_file names, or correct the user",
        )
    if ("database" in text or "role" in text) and "does not exist" in text:
        return SettingsError(f"{address}: {text}", remedy="create it, for example with createuser and createdb")
    return ArchiveUnreachable(f"{address} cannot be reached: {text}")


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:300]
