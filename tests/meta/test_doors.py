"""Each third-party library is imported in one place only. (import-linter checks the layers inside.)"""

from __future__ import annotations

from fnmatch import fnmatch

import pytest

from indexer.config import config_template
from support.sources import ROOT, imported_names, name_of, product_modules

DOORS = {
    "whoosh": ["indexer/engines/whoosh/toc/*.py"],
    "numpy": [
        "indexer/engines/*.py",
        "indexer/engines/whoosh/*.py",
        "indexer/engines/whoosh/*/*.py",
        "indexer/dedup/near_duplicate.py",
    ],
    "sqlite3": ["indexer/archive/*.py"],
    "psycopg": ["indexer/archive/postgres_connection.py"],
    "feedparser": ["indexer/feeds/parse.py"],
    "h11": ["indexer/fetch/connection.py"],
    "certifi": ["indexer/fetch/tls.py"],
    "brotli": ["indexer/fetch/content_encoding.py", "webui/compression.py"],
    "zstandard": [
        "indexer/archive/responses.py",
        "indexer/exchange/backup.py",
        "indexer/engines/whoosh/storage/layout.py",
        "webui/cache/packing.py",
    ],
    "trafilatura": ["indexer/extract/fallbacks.py"],
    "idna": ["indexer/urls.py"],
    "bs4": ["indexer/html/*.py"],
    "lxml": ["indexer/html/*.py"],
    "Stemmer": ["indexer/analysis/*.py"],
    "py3langid": ["indexer/analysis/languages.py"],
    "sudachipy": ["indexer/analysis/segmentation.py"],
    "jieba": ["indexer/analysis/segmentation.py"],
    "pythainlp": ["indexer/analysis/segmentation.py"],
    "click": ["indexer/cli/*.py"],
    "rich": ["indexer/cli/*.py"],
    "flask": ["webui/*.py"],
    "uvicorn": ["webui/server/*.py"],
    "uvloop": ["webui/server/serve.py"],
    "orjson": ["webui/json_provider.py", "indexer/engines/opensearch/connection.py"],
    "opensearchpy": ["indexer/engines/opensearch/connection.py"],
    "tomllib": ["indexer/config/*.py", "indexer/curation/rules.py"],
}


@pytest.mark.parametrize("library", DOORS)
def test_a_library_is_used_behind_its_door_only(library: str) -> None:
    users = [
        name_of(module) for module in product_modules() if library in {name.partition(".")[0] for name in imported_names(module)}
    ]
    assert users, f"no module imports {library}: remove it from setup.cfg and from this list"
    assert not [user for user in users if not any(fnmatch(user, door) for door in DOORS[library])]


def test_the_example_configuration_is_what_init_writes() -> None:
    assert (ROOT / "index_data" / "config.example.toml").read_text("utf-8") == config_template()
