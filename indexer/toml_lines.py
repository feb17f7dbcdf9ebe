"""Find the line of a key in a TOML text for messages, since tomllib does not report lines of keys."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class TomlLines:
    """The lines of one TOML file. Only tables with a header are found, which is how people write these files."""

    path: Path
    text: str

    def of(self, section: str, key: str | None, nth: int = 0) -> str:
        """Return the file and the line of a key, or of its section's header if `key` is None; without a match, the file.

        `nth`: which of several sections of one name, such as [[source]], counted from 0.
        """
        inside, seen = section == "", 0 if section == "" else -1
        for number, line in enumerate(self.text.splitlines(), 1):
            if header := re.match(r"\s*\[+\s*([\w.-]+)\s*\]+", line):
                inside = header[1] == section
                seen += inside
                if key is None and inside and seen >= nth:
                    return f"{self.path}, line {number}"
            elif inside and key and seen >= nth and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
                return f"{self.path}, line {number}"
        return str(self.path)
