"""Documents as JSON lines: export and import."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import chain, islice
from pathlib import Path
from typing import Any, get_args

from indexer import html
from indexer.analysis.languages import MIN_CERTAIN_LETTERS, detect, majority
from indexer.archive import serialization as codec
from indexer.archive.documents import OnDamage
from indexer.archive.serialization import reason_from, reason_mapping
from indexer.archive.store import Archive
from indexer.errors import SettingsError
from indexer.extract import EXTRACTOR_VERSION
from indexer.masking import mask_secrets, mask_values, secret_values
from indexer.model import Document, Source, SourceKind
from indexer.phrases import shortened
from indexer.reasons import Reason
from indexer.urls import document_id, resolve

# The settings of a source that an operator gives.
SOURCE_SETTINGS = tuple(each.name for each in fields(Source) if each.name not in ("url", "timezone", "template"))

MAX_FOREIGN_LINES = 5  # that are not JSON, before the first document, until a file counts as one of another kind
_DEFAULTS = Source("")

MAX_ID_BYTES = 2_000  # in UTF-8: PostgreSQL indexes no longer ones

MAX_SAMPLE_LINES = 2_000  # from which the language of the file is taken

_SURROGATE = re.compile(r"\\u[dD]")

# What `html.clean_text` would change in a text of printable ASCII.
_UNTIDY = ("  ", "\n ", " \n", "\n\n\n")


def export_lines(archive: Archive, on_damage: OnDamage, *, with_secrets: bool = False) -> Iterator[str]:
    """Yield one document a line, as JSON, with its history and the settings of its source.

    Sources without documents and forgotten addresses follow, each in a line with a `type`. A source whose address contains a
    secret is left out unless `with_secrets`, and where documents repeat that secret in an address, it is masked.
    """
    states = archive.sources.all()
    secrets = frozenset[str]() if with_secrets else secret_values(state.source.url for state in archive.sources.all(removed=True))
    origins = {
        state.id: origin
        for state in states
        if with_secrets or mask_secrets(state.source.url) == state.source.url
        if (origin := _origin(state.source))
    }
    exported: set[int] = set()
    for document in archive.documents.all(on_damage):
        table = codec.to_mapping(document)
        table["history"] = [{"at": at, **reason_mapping(why)} for at, why in archive.documents.history(document.id)]
        source_id = archive.documents.source_of(document.id)
        if source_id is not None and source_id in origins:
            table["from"] = origins[source_id]
            exported.add(source_id)
        yield mask_values(_line(table), secrets)
    yield from (_line({"type": "source", "from": origin}) for id_, origin in origins.items() if id_ not in exported)
    yield from (mask_values(_line({"type": "forgotten", "forgotten": entry}), secrets) for entry in archive.documents.forgotten())


def _origin(source: Source) -> dict[str, Any]:
    """Return the settings of a source, as far as they differ from the defaults."""
    defaults = Source(source.url)
    return {"url": source.url} | {
        name: value for name in SOURCE_SETTINGS if (value := getattr(source, name)) != getattr(defaults, name)
    }


def _line(table: dict[str, Any]) -> str:
    return json.dumps(table, ensure_ascii=False, separators=(",", ":"))


def import_lines(archive: Archive, lines: Iterable[str], name: str) -> tuple[int, list[str]]:
    """Store documents from JSON lines; return how many changed, and what was wrong with the others.

    Lines of `export_lines` also bring their history, their sources and the forgotten addresses. Raises SettingsError for a file
    of another kind.
    """
    changed, problems = 0, []
    not_json = stored = 0
    source = iter(lines)
    first = list(islice(source, MAX_SAMPLE_LINES))
    language = majority(list(_undeclared_texts(first)))
    origins: dict[str, int | None] = {}
    for number, line in enumerate(chain(first, source), 1):
        if not line.strip():
            continue
        try:
            table = _without_surrogates(json.loads(line)) if _SURROGATE.search(line) else json.loads(line)
            if isinstance(table, dict) and "type" in table:
                _import_other(archive, table, origins)
                continue
            document, history = imported(table, name, language), _history(table)
            source_id = _source_id(archive, table.get("from"), origins)
        except json.JSONDecodeError:
            not_json += 1
            if not stored and not_json >= MAX_FOREIGN_LINES:
                raise _not_json_lines(name, first[0]) from None
            problems.append(f"{name}, line {number}: it is not JSON")
            continue
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
            problems.append(f"{name}, line {number}: {error}")
            continue
        if archive.documents.is_forgotten(document.id):
            problems.append(f"{name}, line {number}: {document.url or document.id} was forgotten on request")
            continue
        is_new = not archive.documents.history(document.id)
        stored += 1
        changed += archive.documents.put(document, source_id, EXTRACTOR_VERSION, Reason("imported", name))
        if history and is_new:
            archive.documents.replace_history(document.id, history)
    if not_json and not stored and not_json == len(problems):
        raise _not_json_lines(name, first[0])
    return changed, problems


def _not_json_lines(name: str, line: str) -> SettingsError:
    return SettingsError(
        f"{name} does not consist of JSON lines: it begins with {line.strip()[:40]!r}",
        remedy="import what `indexer export` writes; add feeds and OPML files with: indexer add FILE",
    )


def _without_surrogates(value: Any) -> Any:
    """Replace halves of surrogate pairs, which JSON can write and no file can hold."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_without_surrogates(each) for each in value]
    if isinstance(value, dict):
        return {_without_surrogates(name): _without_surrogates(each) for name, each in value.items()}
    return value


def _import_other(archive: Archive, table: dict[str, Any], origins: dict[str, int | None]) -> None:
    """Store a line that is not a document. Lines of later versions are skipped."""
    if table["type"] == "source":
        _source_id(archive, table["from"], origins)
    elif table["type"] == "forgotten":
        entry = table["forgotten"]
        if archive.documents.get(id_ := _checked_id(str(entry["id"]))) is None:
            archive.documents.put_forgotten(id_, str(entry["url"]), codec.time_value(str(entry["at"])))


def _checked_id(id_: str) -> str:
    """Return an id that every archive can hold. Raises ValueError for another one."""
    if "\x00" in id_:
        raise ValueError('"id" must not contain the character NUL')
    if len(id_.encode("utf-8", "replace")) > MAX_ID_BYTES:
        raise ValueError(f'"id" must not have more than {MAX_ID_BYTES:,} bytes')
    return id_


def _setting(name: str, value: Any) -> Any:
    """Return a setting of a source from JSON. Raises ValueError if its type is not that of the setting."""
    default = getattr(_DEFAULTS, name)
    if isinstance(default, tuple):
        is_right = isinstance(value, list) and all(isinstance(each, str) for each in value)
    elif default is None:
        is_right = value is None or isinstance(value, str)
    else:
        is_right = type(value) is type(default) and (name != "kind" or value in get_args(SourceKind))
    if not is_right:
        raise ValueError(f"the setting {name} of its source cannot be {shortened(json.dumps(value))}")
    return tuple(value) if isinstance(default, tuple) else value


def _history(table: dict[str, Any]) -> list[tuple[str, Reason]]:
    return [(str(each["at"]), reason_from(each)) for each in table.get("history") or ()]


def _source_id(archive: Archive, origin: Any, origins: dict[str, int | None]) -> int | None:
    """Return the number of a document's source. A source that the archive lacks is added, so that it is crawled again."""
    if origin is None:
        return None
    url = resolve(origin["url"])
    if url is None:
        raise ValueError(f"the source {origin['url']!r} has no web address")
    if url not in origins:
        if archive.sources.find(url) is None:
            archive.sources.add(Source(url, **{name: _setting(name, origin[name]) for name in SOURCE_SETTINGS if name in origin}))
        state = archive.sources.find(url)
        origins[url] = state.id if state else None
    return origins[url]


def _undeclared_texts(lines: Iterable[str]) -> Iterator[str]:
    """Yield the texts of lines that declare no language."""
    for line in lines:
        try:
            table = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if (
            isinstance(table, dict)
            and not table.get("language")
            and isinstance(text := table.get("text") or table.get("title"), str)
        ):
            yield text


def tidied(text: str) -> str:
    """Return a clean text. Plain texts that are clean already, like those of `export`, take 2 µs; `html.clean_text` takes 80."""
    plain = text.isascii() and text.replace("\n", "").isprintable() and text == text.strip()
    return text if plain and not any(untidy in text for untidy in _UNTIDY) else html.clean_text(text)


def imported(table: object, name: str, language: str | None = None) -> Document:
    """Return the document of one line. Raises ValueError or TypeError with what is wrong.

    `language`: of nearly all documents of the file; a text too short to tell is in it.
    """
    if not isinstance(table, dict):
        raise ValueError("each line must be a JSON object")
    texts: dict[str, str] = {}
    lists: dict[str, list[str]] = {}
    for field in ("id", "url", "title", "text", "summary", "language", "source", "rule"):
        value = table.get(field) or ""
        if not isinstance(value, str):
            raise ValueError(f'"{field}" must be a text')
        texts[field] = tidied(value) if field != "id" else value
    for field in ("authors", "categories", "also"):
        value = table.get(field) or []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ValueError(f'"{field}" must be a list of texts')
        lists[field] = value
    if not isinstance(table.get("image") or "", str):
        raise ValueError('"image" must be a text')
    for field in ("date", "modified"):
        try:
            codec.time_value(table.get(field) or None)
        except (TypeError, ValueError):
            raise ValueError(f'"{field}" cannot be {table[field]!r}: write it as in 2020-05-27T09:06:39Z') from None
    url = resolve(texts["url"]) or ""
    if not url and not texts["id"]:
        raise ValueError('a document needs a "url" (http or https) or an "id"')
    if not texts["title"] and not texts["text"]:
        raise ValueError('a document needs a "title" or a "text"')
    texts |= {"url": url, "id": _checked_id(texts["id"]) or document_id(url), "source": texts["source"] or Path(name).stem}
    texts["title"] = texts["title"] or texts["text"][:80]
    texts["language"] = texts["language"] or detect(texts["text"] or texts["title"], language, MIN_CERTAIN_LETTERS)
    texts["rule"] = texts["rule"] or "import"
    moments = {field: table.get(field) or None for field in ("date", "modified")}
    return codec.document_from({**table, **texts, **lists, **moments, "image": table.get("image") or None})
