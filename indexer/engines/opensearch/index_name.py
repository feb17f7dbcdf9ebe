"""Choose the name of the index in the cluster that belongs to a data folder, if the settings do not name one.

Its name follows from the path of the folder. A file in the folder keeps it, so that a copied or moved folder finds its index.
Only searches use the index of another folder. A writer begins an index of its own: two archives must not write to one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

FILE_NAME: Final = "opensearch.json"
_ABOUT: Final = "The index of this data folder is in the cluster, under this name. `indexer reindex` writes the file again."
_NAME: Final = re.compile(r"feed-search-[0-9a-f]{10}")


class IndexNameFile:
    """The file `index/opensearch.json` of a data folder."""

    def __init__(self, folder: Path) -> None:
        """`folder`: the data folder."""
        self._path = folder / "index" / FILE_NAME
        self._is_claimed = False
        self.own = f"feed-search-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:10]}"

    def name(self) -> str:
        """Return the name of the index: the stored one, or the folder's own if none can be read or this process writes."""
        return (not self._is_claimed and self._stored()) or self.own

    def damage(self) -> str:
        """Return what is wrong with the file; "" if it is intact or missing."""
        if self._stored() or not self._path.exists():
            return ""
        return f"{self._path} does not name an index; `indexer reindex` writes it again"

    def claim(self) -> None:
        """Use the folder's own index from now on, and store its name. A folder that cannot be written needs no file."""
        self._is_claimed = True
        if self._stored() == self.own:
            return
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            aside = self._path.with_name(f"{FILE_NAME}.{os.getpid()}")
            aside.write_text(json.dumps({"about": _ABOUT, "index": self.own}, indent=1) + "\n", encoding="utf-8")
            aside.replace(self._path)

    def _stored(self) -> str:
        try:
            stored = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return ""
        name = stored.get("index") if isinstance(stored, dict) else None
        return name if isinstance(name, str) and _NAME.fullmatch(name) else ""
