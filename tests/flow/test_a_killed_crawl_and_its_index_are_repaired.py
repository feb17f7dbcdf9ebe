"""A crawl that is killed while it stores or indexes: the next one ends with the same documents and the same results."""

from __future__ import annotations

import importlib
from datetime import timedelta
from pathlib import Path

import pytest

from indexer.config import load_settings, open_engine
from support.crashes import killed_at
from support.three_stories import documents, run, site, total
from support.web import NOW, Web

EFFECTS = [
    ("indexer.archive.responses.Responses", "put"), ("indexer.archive.documents.Documents", "put"),
    ("indexer.archive.pages.Pages", "put"), ("indexer.archive.sources.Sources", "record_crawl"),
    ("indexer.archive.visits.Visits", "remember"), ("indexer.archive.visits.Visits", "note_listing"),
    ("indexer.archive.visits.Listings", "put"),
    ("indexer.engines.whoosh.write.writer", "write_segments"), ("indexer.engines.whoosh.storage.generations", "write_state"),
    ("indexer.engines.whoosh.storage.generations", "write_pointer"),
]  # fmt: skip


@pytest.mark.parametrize(("owner", "name"), EFFECTS, ids=[f"{owner.rpartition('.')[2]}.{name}" for owner, name in EFFECTS])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", [1, 3])
def test_killed_at_any_effect_the_next_run_makes_it_good(tmp_path: Path, owner: str, name: str, after: bool, nth: int) -> None:
    whole = tmp_path / "whole"
    run(whole, Web(site()))
    hurt = tmp_path / "hurt"
    module, _, last = owner.rpartition(".")
    try:
        target = importlib.import_module(owner)
    except ModuleNotFoundError:
        target = getattr(importlib.import_module(module), last)
    with killed_at(target, name, nth, after=after) as killer:
        run(hurt, Web(site()))
    assert killer.kills or killer.calls < nth
    run(hurt, Web(site()), NOW + timedelta(hours=2))
    assert documents(hurt) == documents(whole)
    for query in ("pageone", "pagetwo", "pagethree"):
        assert total(hurt, query) == 1
    assert open_engine(load_settings(hurt)).verify() == ()
