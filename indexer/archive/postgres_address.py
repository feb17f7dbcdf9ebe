"""The address of a PostgreSQL database, which shows no password wherever it is printed."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from indexer.errors import SettingsError

SCHEMES = ("postgresql", "postgres")
_EXAMPLE = "write it as postgresql://user@host:5432/database"


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """A `postgresql://` URL without its password, and the password. `str()` gives the URL alone."""

    url: str
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return self.url


def postgres_address(url: str, password: str = "") -> PostgresAddress:
    """Return the address of a URL (libpq's form, `postgresql://user@host:port/database?parameters`).

    `password`: if the URL contains none. Raises SettingsError, whose message does not show the URL's password.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise SettingsError("archive.url cannot be read as a URL", remedy=_EXAMPLE) from None
    if parts.scheme not in SCHEMES or not parts.path.strip("/"):
        raise SettingsError(f"archive.url cannot be {_without_password(url)!r}", remedy=_EXAMPLE)
    if "password=" in parts.query:
        raise SettingsError("archive.url has a password among its parameters", remedy="remove it: set $PGPASSWORD")
    user, _, inside = parts.netloc.rpartition("@")[0].partition(":")
    machine = parts.netloc.rpartition("@")[2]
    bare = urlunsplit(("postgresql", f"{quote(unquote(user))}@{machine}" if user else machine, parts.path, parts.query, ""))
    return PostgresAddress(bare, unquote(inside) or password)


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    credentials, at, host = rest.rpartition("@")
    return f"{scheme}{separator}{credentials.partition(':')[0]}{at}{host}"
