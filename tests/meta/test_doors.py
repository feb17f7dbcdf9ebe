"""One door for each third party: who may import what. (import-linter keeps the layers; this keeps the outside out.)"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from indexer.config import config_template

ROOT = Path(__file__).resolve().parents[2]
DOORS = {
    "whoosh": ["indexer/engines/whoosh/toc/*.py"],
    "numpy": ["indexer/engines/*.py", "indexer/engines/whoosh/*.py", "indexer/engines/whoosh/*/*.py", "indexer/dedup/minhash.py"],
    "sqlite3": ["indexer/archive/*.py"],
    "feedparser": ["indexer/feeds/parse.py"],
    "h11": ["indexer/fetch/connection.py"],
    "certifi": ["indexer/fetch/tls.py"],
    "brotli": ["indexer/fetch/content_encoding.py"],
    "zstandard": ["indexer/archive/compression.py", "indexer/engines/whoosh/storage/docstore.py"],
    "trafilatura": ["indexer/extract/fallbacks.py"],
    "bs4": ["indexer/html/*.py"],
    "lxml": ["indexer/html/*.py"],
    "Stemmer": ["indexer/analysis/*.py"],
    "py3langid": ["indexer/analysis/languages.py"],
    "click": ["indexer/cli/*.py"],
    "rich": ["indexer/cli/*.py"],
    "flask": ["webui/*.py"],
    "waitress": ["webui/server/event_loop.py"],
    "orjson": ["webui/json_provider.py"],
    "tomllib": ["indexer/config/loader.py"],
}


def imports(path: Path) -> Iterator[str]:
    """Top-level names that a module imports when it runs; those under `if TYPE_CHECKING` do not count."""
    tree = ast.parse(path.read_text("utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("library", DOORS)
def test_a_library_is_used_behind_its_door_only(library: str) -> None:
    modules = [*ROOT.glob("indexer/**/*.py"), *ROOT.glob("webui/**/*.py")]
    users = [str(m.relative_to(ROOT)) for m in modules if library in imports(m)]
    assert users, f"nobody uses {library} any more: take it out of setup.cfg"
    assert not [user for user in users if not any(fnmatch(user, door) for door in DOORS[library])]


def test_the_example_configuration_is_what_init_writes() -> None:
    assert (ROOT / "index_data" / "config.example.toml").read_text("utf-8") == config_template()
