"""Change one key of a `config.toml` and leave everything else as the operator wrote it."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from pathlib import Path

from indexer.errors import SettingsError, write_error


def set_text(path: Path, section: str, key: str, value: str) -> None:
    """Write a key with a text value, in place, so that a crash leaves the old file or the new one. Raises IndexerError.

    The file keeps its permissions, as it may hold passwords, and a link to it stays a link.
    """
    file = path.resolve()
    work = file.with_suffix(".toml.new")
    try:
        before = file.read_text("utf-8-sig") if file.exists() else ""
        after = _checked(path, with_text(before, section, key, value), section, key, value)
        work.unlink(missing_ok=True)
        work.touch(0o600)
        work.write_text(after, "utf-8")
        if file.exists():
            shutil.copymode(file, work)
        else:
            work.chmod(0o644)
        os.replace(work, file)
    except OSError as error:
        raise write_error(f"cannot write {path}", error) from error


def _checked(path: Path, text: str, section: str, key: str, value: str) -> str:
    """Return the text if it is valid and has the value. Raises SettingsError otherwise."""
    try:
        is_set = tomllib.loads(text)[section][key] == value
    except (tomllib.TOMLDecodeError, KeyError, TypeError):
        is_set = False
    if not is_set:
        raise SettingsError(
            f"cannot change {section}.{key} in {path}", remedy=f'write {key} = "{value}" under [{section}] yourself'
        )
    return text


def with_text(text: str, section: str, key: str, value: str) -> str:
    """Return a TOML text in which a key has another value.

    >>> with_text("[search]\\nengine = 'whoosh'  # as ever\\n", "search", "engine", "opensearch")
    '[search]\\nengine = "opensearch"\\n'
    >>> with_text("[web]\\n", "search", "engine", "opensearch")
    '[web]\\n\\n[search]\\nengine = "opensearch"\\n'
    """
    line = f'{key} = "{value}"'
    lines = text.splitlines()
    header = next((n for n, each in enumerate(lines) if re.fullmatch(rf"\s*\[\s*{section}\s*\]\s*(#.*)?", each)), None)
    if header is None:
        return "\n".join([*lines, *([""] if lines else []), f"[{section}]", line]) + "\n"
    end = next((n for n in range(header + 1, len(lines)) if re.match(r"\s*\[", lines[n])), len(lines))
    for n in range(header + 1, end):
        if re.match(rf"\s*{key}\s*=", lines[n]):
            lines[n] = line
            break
    else:
        lines.insert(header + 1, line)
    return "\n".join(lines) + "\n"
