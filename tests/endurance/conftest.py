"""A data folder with many documents, and `webui` on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.amount import amount
from support.builders import story
from support.commands import Indexer
from support.server_process import Served

DOCUMENTS = amount(small=400, full=20_000)


@pytest.fixture(scope="package")
def many(tmp_path_factory: pytest.TempPathFactory) -> Indexer:
    """Documents of 150 words each, imported."""
    folder = tmp_path_factory.mktemp("many")
    lines = folder / "documents.jsonl"
    with lines.open("w", encoding="utf-8") as out:
        for number in range(DOCUMENTS):
            url = f"https://www.news.example/{number}"
            text = f"The ferry leaves at {number}. {story(str(number))}"
            out.write(json.dumps({"url": url, "title": f"Ferry {number}", "text": text, "language": "en"}) + "\n")
    indexer = Indexer(folder / "data", folder / "output")
    indexer("import", str(lines))
    return indexer


@pytest.fixture
def server(many: Indexer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    for key in ("REQUESTS", "SUGGESTIONS"):
        monkeypatch.setenv(f"INDEXER_WEB_{key}_PER_MINUTE", "0")
    served = Served("-m", "webui", "--data", str(Path(many.data)), "--port", "0")
    yield served
    if served.process.poll() is None:
        served.process.kill()
        served.process.communicate()
