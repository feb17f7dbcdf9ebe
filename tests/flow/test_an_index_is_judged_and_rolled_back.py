"""`reindex --judge` swaps only what is not worse, and `--rollback` returns to the index before, without losing a change."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from indexer.config import Settings, load_settings, open_archive
from support.commands import Indexer
from support.served import document, fill


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = load_settings(tmp_path / "data")
    fill(settings, *(document(n) for n in range(12)))
    return settings


@pytest.fixture
def indexer(settings: Settings, tmp_path: Path) -> Indexer:
    return Indexer(settings.data, tmp_path)


def judge(folder: Path, *queries: tuple[str, str]) -> str:
    path = folder / "judged.json"
    path.write_text(json.dumps({"queries": [{"query": query, "relevant": {page: 1}} for query, page in queries]}))
    return str(path)


def test_a_rollback_returns_to_the_index_before_with_the_changes_since(indexer: Indexer, settings: Settings) -> None:
    first = indexer.json("status")["generation"].partition(".")[0]
    second = indexer.json("reindex")["generation"]
    assert indexer.json("status")["previous_index_bytes"] > 0
    archive = open_archive(settings)
    with archive.lock(5, "a test"):
        archive.documents.put(document(50, text="A zeppelin."), 1, 1)
    archive.close()
    back = indexer.json("reindex", "--rollback")
    assert (back["generation"], back["changes"]) == (first, 1)
    assert indexer.json("search", "zeppelin")["total"] == 1
    assert indexer.json("check")["ok"]
    assert indexer.json("reindex", "--rollback")["generation"] == second
    assert indexer.json("search", "zeppelin")["total"] == 1


def test_without_an_index_before_a_rollback_says_so(indexer: Indexer, settings: Settings) -> None:
    assert "no earlier index" in indexer("reindex", "--rollback", expect=4).err
    settings.config_path.write_text("[search]\nkeep_previous_index = false\n")
    indexer("reindex")
    assert "keep_previous_index" in indexer("reindex", "--rollback", expect=4).err
    assert indexer.json("search", "ferry")["total"] == 12


def test_a_forgotten_document_is_not_in_the_index_before(indexer: Indexer, settings: Settings) -> None:
    indexer("reindex")
    assert len([path for path in settings.index_path.iterdir() if path.is_dir()]) == 2
    indexer("forget", document(3).url)
    assert len([path for path in settings.index_path.iterdir() if path.is_dir()]) == 1
    assert indexer.json("search", "ferry")["total"] == 11


def test_a_worse_index_is_not_swapped_in(indexer: Indexer, settings: Settings) -> None:
    before = indexer.json("status")["generation"]
    file = judge(settings.data, ("ferry number 5", "5"), ("ferry number 7", "7"))
    archive = open_archive(settings)
    with archive.lock(5, "a test"):
        archive.documents.put(document(5, title="Gone", text="Nothing of it is left."), 1, 1)
    archive.close()
    refused = indexer("reindex", "--judge", file, expect=1)
    assert "no longer finds a relevant page" in refused.err
    assert indexer.json("status")["generation"] == before
    assert indexer.json("search", "ferry")["total"] == 12
    better = judge(settings.data, ("ferry number 7", "7"))
    swapped = indexer.json("reindex", "--judge", better)
    assert swapped["judged"]["losses"] == []
    assert indexer.json("status")["generation"] != before


def test_without_an_index_the_new_one_is_used(indexer: Indexer, settings: Settings) -> None:
    shutil.rmtree(settings.index_path)
    judged = indexer("reindex", "--judge", judge(settings.data, ("ferry", "5")))
    assert "no index to compare with" in judged.err
    assert indexer.json("search", "ferry")["total"] == 12


def test_judgements_of_other_documents_are_refused(indexer: Indexer, settings: Settings) -> None:
    file = judge(settings.data, ("ferry", "https://elsewhere.example/"))
    assert "none of the judged pages" in indexer("reindex", "--judge", file, expect=2).err


def test_tuning_needs_many_queries(indexer: Indexer, settings: Settings) -> None:
    file = judge(settings.data, *((f"ferry number {n}", str(n)) for n in range(12)))
    assert "at least 40" in indexer("tune", file, expect=2).err
    many = judge(settings.data, *((f"ferry number {n % 12}", str(n % 12)) for n in range(40)))
    report = indexer.json("tune", many)
    assert report["queries"] == 40
    assert not report["is_better"]  # everything is first already


def test_synonyms_are_proposed_from_what_people_searched_for(indexer: Indexer, settings: Settings) -> None:
    for query in ("boat harbour", "ferry harbour", "ferry harbour"):
        indexer("search", query, expect=(0, 4))
    assert "boat, ferry" in indexer("synonyms", "--propose").out
    (settings.data / "synonyms.txt").write_text("boat, ferry\n")
    assert indexer.json("search", "boat harbour")["total"] == 12
    assert "synonyms.txt, line 1: boat, ferry" in indexer("synonyms").out
