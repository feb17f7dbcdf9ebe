"""Change one key of a `config.toml` and leave everything else as the operator wrote it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from indexer.errors import write_error


def set_text(path: Path, section: str, key: str, value: str) -> None:
    """Write a key with a text value, in place, so that a crash leaves the old file or the new one. Raises IndexerError."""
    before = path.read_text("utf-8-sig") if path.exists() else ""
    after = with_text(before, section, key, value)
    work = path.with_suffix(".toml.new")
    try:
        work.write_text(after, "utf-8")
        os.replace(work, path)
    except OSError as error:
        raise write_error(f"cannot write {path}", error) from error


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
