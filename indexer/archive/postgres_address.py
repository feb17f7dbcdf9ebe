"""The address of a PostgreSQL database, which shows no password wherever it is printed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from indexer.errors import SettingsError

SCHEMES: Final = ("postgresql", "postgres")
_HOST: Final = r"(\[[^\]]*\]|[^:\[\]]*)(:[0-9]*)?"
_HOSTS: Final = re.compile(f"{_HOST}(,{_HOST})*")  # several: the standby servers of a primary one
_EXAMPLE: Final = "write it as postgresql://user@host:5432/database"


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
    if parts.scheme not in SCHEMES or "://" not in url:
        raise SettingsError("archive.url is not the URL of a PostgreSQL database", remedy=_EXAMPLE)
    if not parts.path.strip("/"):
        raise SettingsError("archive.url names no database", remedy=_EXAMPLE)
    if "password=" in unquote(parts.query):
        raise SettingsError("archive.url has a password among its parameters", remedy="remove it: set $PGPASSWORD")
    credentials, _, hosts = parts.netloc.rpartition("@")
    if "@" in parts.path + parts.query + parts.fragment or not _HOSTS.fullmatch(hosts):
        raise SettingsError(
            "archive.url has no valid host or port, or its password contains a character that has a meaning in URLs",
            remedy="write / as %2F, ? as %3F, # as %23 and @ as %40 in a password, or set $PGPASSWORD",
        )
    user, _, inside = credentials.partition(":")
    account = f"{quote(unquote(user))}@" if user else ""
    parameters = f"?{parts.query}" if parts.query else ""
    return PostgresAddress(f"postgresql://{account}{hosts}{parts.path}{parameters}", unquote(inside) or password)
