"""Read the settings of a data folder and check them.

    defaults  <-  config.toml  <-  INDEXER_<SECTION>_<KEY> variables  <-  command line (--data)

`indexer.config.key_table.KEYS` has a row for each key, with its default, its limits and its explanation.
"""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from indexer.archive.postgres_address import PostgresAddress, postgres_address
from indexer.config.credentials import CREDENTIALS_VARIABLE, read_credentials
from indexer.config.environment import refuse_unknown
from indexer.config.key_definition import Key
from indexer.config.key_table import KEYS
from indexer.config.settings import CONFIG_NAME, Settings, WebSettings, data_folder
from indexer.config.source_keys import checked
from indexer.curation.settings import CurationSettings
from indexer.engines.opensearch.cluster_settings import ClusterAccess
from indexer.errors import SettingsError
from indexer.model import FetchPolicy, RankingWeights, Source
from indexer.toml_lines import TomlLines


def load_settings(data: Path | str | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of a data folder, which need not exist.

    Raises SettingsError that names the key, the line and the allowed values.
    """
    folder = data_folder(data, environ)
    path = folder / CONFIG_NAME
    text = ""
    try:
        text = path.read_text("utf-8-sig")  # some editors write a mark at the beginning
    except (FileNotFoundError, NotADirectoryError):
        if path.is_symlink():  # such as to a volume that is not mounted: without its settings, the server would be another one
            raise SettingsError(f"{path} links to a file that is missing: {os.readlink(path)}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"cannot read {path}: {getattr(error, 'strerror', None) or error}", remedy="make it a readable text file in UTF-8"
        ) from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}", remedy="fix that line") from error
    except RecursionError:
        raise SettingsError(f"{path} is nested too deeply", remedy="write settings as in config.example.toml") from None
    return _settings(folder, table, TomlLines(path, text), environ)


def _settings(folder: Path, table: Mapping[str, Any], places: TomlLines, environ: Mapping[str, str]) -> Settings:
    sections = {key.section for key in KEYS}
    for section, content in table.items():
        if section == "source":
            continue
        if section not in sections:
            allowed = ", ".join(f"[{name}]" for name in sorted(sections)) + ", [[source]]"
            raise SettingsError(f'{places.of(section, None)}: unknown section "{section}"', remedy=f"allowed: {allowed}")
        if not isinstance(content, dict):
            raise SettingsError(f'{places.of("", section)}: write "{section}" as a section: [{section}]')
        names = [key.name for key in KEYS if key.section == section]
        for name in content:
            if name not in names:
                raise SettingsError(
                    f'{places.of(section, name)}: unknown setting "{name}" in [{section}]',
                    remedy="allowed: " + ", ".join(names),
                )
    refuse_unknown(environ, ("INDEXER_DATA", "INDEXER_KERNEL", CREDENTIALS_VARIABLE, *(key.variable for key in KEYS)))
    values: dict[tuple[str, str], Any] = {}
    for key in KEYS:
        value = table.get(key.section, {}).get(key.name, key.default)
        where = places.of(key.section, key.name)
        if key.variable in environ:
            value, where = _from_text(key, environ[key.variable]), f"${key.variable}"
        values[key.section, key.name] = _checked(key, value, where)
    weights = {
        name.removesuffix("_weight"): value
        for (section, name), value in values.items()
        if section == "search" and name.removesuffix("_weight") in RankingWeights.__dataclass_fields__
    }
    return Settings(
        data=folder,
        crawl=FetchPolicy(
            **{name: value for (section, name), value in values.items() if section == "crawl"},
            credentials=read_credentials(folder, environ),
        ),
        engine=values["search", "engine"],
        fold_similar=values["search", "fold_similar"],
        keep_previous_index=values["search", "keep_previous_index"],
        archive=_archive(folder, values["archive", "url"], values["archive", "password_file"], places, environ),
        lease_seconds=values["archive", "lease_seconds"],
        weights=RankingWeights(**weights),
        cluster=ClusterAccess(**{name: value for (section, name), value in values.items() if section == "opensearch"}),
        curation=CurationSettings(**{name: value for (section, name), value in values.items() if section == "curation"}),
        web=WebSettings(**{name: value for (section, name), value in values.items() if section == "web"}),
        sources=_sources(table["source"], places) if "source" in table else (),
    )


def _archive(folder: Path, url: str, password_file: str, places: TomlLines, environ: Mapping[str, str]) -> PostgresAddress | None:
    """Return the address of the archive with its password; None for archive.db."""
    if not url:
        return None
    password = _password(folder / password_file, places.of("archive", "password_file")) if password_file else ""
    address = postgres_address(url, password)
    if address.password != password and "INDEXER_ARCHIVE_URL" not in environ:
        raise SettingsError(
            f"{places.of('archive', 'url')}: archive.url contains a password",
            remedy="remove it: set $PGPASSWORD or password_file",
        )
    return address


def _password(path: Path, where: str) -> str:
    """Read a password file. Raises SettingsError if it is unreadable, or readable for others."""
    try:
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"{where}: others may read {path}", remedy=f"chmod 600 {path}")
        return path.read_text("utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{where}: cannot read {path}: {error}", remedy="write the password into it, in UTF-8") from error


def _from_text(key: Key, text: str) -> Any:
    """Convert an environment variable to the type of the key. `_checked` refuses a value that cannot be converted."""
    convert: Callable[[str], Any] = str
    match key.default:
        case bool():
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(text.lower(), text)
        case int():
            convert = int
        case float():
            convert = float
        case tuple():
            parts = [bare for part in text.strip("[]").split(",") if (bare := part.strip().strip("\"'"))]
            return [int(part) if part.isdecimal() else part for part in parts] if _numbers(key) else parts
    try:
        return convert(text)
    except ValueError:
        return text


def _numbers(key: Key) -> bool:
    """Return whether the key holds a list of numbers."""
    return isinstance(key.default, tuple) and any(isinstance(item, int) for item in key.default)


def _checked(key: Key, value: Any, where: str) -> Any:
    """Return a value in the type of its key. Raises SettingsError when it is of another type, or not allowed."""
    if value is key.default:
        return value
    typed = _typed(key, value)
    numbers = typed if isinstance(typed, tuple) else (typed,)
    is_allowed = (
        typed is not None
        and (key.minimum is None or all(number >= key.minimum for number in numbers))
        and (key.maximum is None or all(number <= key.maximum for number in numbers))
        and (not key.choices or typed in key.choices)
    )
    if not is_allowed:
        shown = "what it is" if key.secret else repr(value)
        raise SettingsError(f"{where}: {key.section}.{key.name} cannot be {shown}", remedy=f"allowed: {key.allowed}")
    return typed


def _typed(key: Key, value: Any) -> Any:
    """Convert a value to the type of its key's default. Return None if its type or form is wrong."""
    match key.default:
        case bool():
            return value if isinstance(value, bool) else None
        case float():
            is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            return float(value) if is_number else None
        case int():
            return value if isinstance(value, int) and not isinstance(value, bool) else None
        case tuple():
            kind = int if _numbers(key) else str
            is_list = isinstance(value, list | tuple) and all(type(item) is kind for item in value)
            if key.name == "urls" and not value:  # a cluster has a node
                return None
            return tuple(value) if is_list and (kind is int or all(_has_form(key, item) for item in value)) else None
    return value if isinstance(value, str) and value.isprintable() and _has_form(key, value) else None


def _has_form(key: Key, text: str) -> bool:
    if key.pattern and not re.fullmatch(key.pattern, text):
        return False
    match key.name:
        case "timezone":
            return _is_zone(text)
        case "base_url" | "urls":
            return _is_web_address(text)
        case "trusted_proxies":
            return _is_network(text)
        case "access_log":
            return not _leaves_folder(text)
    return True


def _is_web_address(text: str) -> bool:
    try:
        return urlsplit(text).port != 0
    except ValueError:  # a port above 65535, or brackets around no address
        return False


def _is_network(text: str) -> bool:
    try:
        return bool(ip_network(text, strict=False))
    except ValueError:
        return False


def _leaves_folder(text: str) -> bool:
    """Test whether a relative path leads out of the folder in which it begins."""
    path = os.path.normpath(text)
    return not os.path.isabs(path) and path.split(os.sep)[0] == os.pardir


def _is_zone(name: str) -> bool:
    from indexer.dates import iana_zone  # most commands read no date

    return iana_zone(name) is not None


def _sources(tables: Any, places: TomlLines) -> tuple[Source, ...]:
    if not isinstance(tables, list):
        raise SettingsError(f"{places.of('source', None)}: write [[source]] with two brackets", remedy="one for each source")
    sources = []
    for number, table in enumerate(tables):
        if not table.get("url"):
            where = places.of("source", None, number)
            raise SettingsError(f"{where}: a source needs a url", remedy='example: url = "https://www.example.org/rss.xml"')
        fields: dict[str, Any] = {}
        for name, value in table.items():
            fields |= checked(name, value, places.of("source", name, number))
        sources.append(Source(**fields))
    return tuple(sources)


def source_places(settings: Settings) -> dict[str, dict[str, str]]:
    """Return where config.toml defines the settings of its sources: URL -> key -> "config.toml, line 12".

    The key "" stands for the section itself.
    """
    from indexer.urls import resolve

    try:
        text = settings.config_path.read_text("utf-8-sig")
    except OSError:
        return {}
    places = TomlLines(settings.config_path, text)
    return {
        resolve(table["url"]) or table["url"]: {
            "": places.of("source", None, number),
            **{name: places.of("source", name, number) for name in table},
        }
        for number, table in enumerate(tomllib.loads(text).get("source", []))
    }
