"""Read passwords and headers for sites: from `credentials.toml` in the data folder, or from $INDEXER_CREDENTIALS.

    ["https://members.example.org/"]        # every request under this address
    username = "crawler"
    password = "secret"                     # HTTP basic authentication (RFC 7617)
    headers = { "X-Api-Key" = "secret" }    # and these headers

The file must not be readable by other users. Nothing of it is stored, printed, exported or backed up.
"""

from __future__ import annotations

import base64
import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from indexer.errors import SettingsError
from indexer.model import Credential

CREDENTIALS_NAME: Final = "credentials.toml"
CREDENTIALS_VARIABLE: Final = "INDEXER_CREDENTIALS"
_KEYS: Final = ("username", "password", "headers")
_HEADER: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# Headers that the crawler sets itself: those of the request, and its name, on which sites rely.
_RESERVED: Final = frozenset(
    "host connection content-length transfer-encoding accept-encoding user-agent from te upgrade proxy-authorization".split()
)


def read_credentials(folder: Path, environ: Mapping[str, str]) -> tuple[Credential, ...]:
    """Return the credentials of the environment, otherwise of the file. Raises SettingsError, which never quotes a secret."""
    if text := environ.get(CREDENTIALS_VARIABLE):
        return _read(text, f"${CREDENTIALS_VARIABLE}")
    path = folder / CREDENTIALS_NAME
    try:
        mode = path.stat().st_mode
        if stat.S_IMODE(mode) & 0o077:
            raise SettingsError(f"{path} can be read by other users", remedy=f"chmod 600 {path}")
        return _read(path.read_text("utf-8-sig"), str(path))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return ()  # a process of another user, such as the search page, needs none
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read {path}: {type(error).__name__}", remedy="make it a text file in UTF-8") from None


def _read(text: str, where: str) -> tuple[Credential, ...]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line \d+", str(error))
        raise SettingsError(f"{where} is not valid TOML" + (f" ({line[0]})" if line else ""), remedy="fix that line") from None
    except RecursionError:
        raise SettingsError(f"{where} is nested too deeply", remedy="write one table for each address") from None
    return tuple(_credential(address, table, where) for address, table in tables.items())


def _credential(typed: str, table: Any, where: str) -> Credential:
    from indexer.urls import resolve

    address, place = resolve(typed), f'{where}, ["{typed}"]'
    if address is None or not isinstance(table, dict):
        raise SettingsError(f"{place}: this is not a web address", remedy='example: ["https://members.example.org/"]')
    if unknown := set(table) - set(_KEYS):
        raise SettingsError(f'{place}: unknown key "{min(unknown)}"', remedy="allowed: " + ", ".join(_KEYS))
    headers: dict[str, str] = {}
    header_table = table.get("headers", {})
    if not isinstance(header_table, dict):
        raise SettingsError(f"{place}: headers must be a table", remedy='example: headers = { "X-Api-Key" = "…" }')
    for name, value in header_table.items():
        if not _HEADER.fullmatch(name) or name.lower() in _RESERVED:
            raise SettingsError(f'{place}: the header "{name}" cannot be set', remedy="remove it")
        if not isinstance(value, str) or not value.isprintable() or not value.isascii():
            raise SettingsError(f'{place}: the value of "{name}" must be a text in ASCII', remedy="check it")
        headers[name.lower()] = value
    user, password = table.get("username"), table.get("password", "")
    if user is not None:
        if not isinstance(user, str) or not isinstance(password, str) or ":" in user:
            raise SettingsError(f"{place}: username and password must be texts, the username without a colon")
        headers["authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    if not headers:
        raise SettingsError(f"{place}: there is nothing to send", remedy="add username and password, or headers")
    return Credential(address, tuple(headers.items()))
