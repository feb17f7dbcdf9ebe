"""One file of a data folder is damaged. The answers stay right, or the damage is named and repaired; nothing is silently wrong.

`make endurance` damages 200 copies, `make test` a few.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.amount import amount, dice
from support.commands import Ended, Indexer
from support.damage import damage
from support.news_site import NewsSite

TRIALS = amount(small=8, full=200)
QUERIES = ("article7", "version0", "the", '"has version"', "title:article")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Indexer]:
    """A data folder of 30 documents with two generations of responses; its site is gone."""
    folder = tmp_path_factory.mktemp("whole")
    indexer = Indexer(folder / "data", folder / "output")
    with NewsSite().served() as site:
        indexer("init")
        indexer("add", f"{site.base}/rss.xml")
        for _ in range(3):
            indexer("crawl", "--all")
            site.day += 1
    return indexer


@pytest.fixture(scope="module")
def right(whole: Indexer) -> dict[str, Any]:
    return {"documents": contents(whole), **{query: whole.hits(query) for query in QUERIES}}


def contents(indexer: Indexer) -> dict[str, Any]:
    """Return what the documents hold. Their history and their sources are in the archive alone, so the index cannot restore them."""
    tables = indexer.documents()
    return {url: {name: table[name] for name in table if name not in ("history", "from")} for url, table in tables.items()}


class Trial:
    """What one damaged copy did. `faults` are what must never happen."""

    def __init__(self, indexer: Indexer, right: dict[str, Any], what: str) -> None:
        self.indexer, self.right, self.what = indexer, right, what
        self.faults: list[str] = []
        self.said = ""

    def run(self, *arguments: str) -> Ended:
        ended = self.indexer.run(*arguments)
        if ended.broken or ended.code < 0:
            self.faults.append(f"broken: {ended}")
        self.said += f"{ended.err}\n{ended.out if arguments[0] == 'check' else ''}"
        return ended

    def answers(self) -> dict[str, Any]:
        """Return what documents and searches answer; a command that fails answers with None."""
        found: dict[str, Any] = {"documents": None}
        exported = self.run("export")
        if exported.code == 0:
            found["documents"] = contents(self.indexer)
        for query in QUERIES:
            ended = self.run("search", "--limit", "50", "--", query)
            found[query] = self.indexer.hits(query) if ended.code in (0, 4) and not ended.err.strip() else None
        return found

    def wrong(self, answers: dict[str, Any]) -> list[str]:
        """Return what differs from the truth, documents that were named as lost aside."""
        lost = {url for url in self.right["documents"] if url in self.said}
        wrong = []
        for name, answer in answers.items():
            truth = self.right[name]
            if isinstance(answer, dict):
                differing = {url for url in {*truth, *answer} - lost if truth.get(url) != answer.get(url)}
                wrong += [f"{name}: {sorted(differing)[:3]}"] if differing else []
            elif answer is not None and [url for url in answer if url not in lost] != [url for url in truth if url not in lost]:
                wrong.append(f"{name}: {answer[:3]} instead of {truth[:3]}")
        return wrong

    def play(self) -> str:
        """Ask, check, repair, check and ask again; return how it ended."""
        before = self.answers()
        self.run("status")
        checked = self.run("check")
        if checked.code == 2 and "config.toml" in checked.err:  # only a person can know what it said
            return "named"
        wrong = self.wrong(before)
        unanswered = [name for name, answer in before.items() if answer is None]
        if checked.code == 0:
            if wrong or unanswered:
                self.faults.append(f"silent: `check` finds nothing wrong, but {wrong or f'no answer to {unanswered}'}")
            return "right"
        if not checked.err.strip():
            self.faults.append(f"not named: {checked}")
        repaired = self.run("check", "--repair")
        if repaired.code and "--from-index" in repaired.err + checked.err:
            repaired = self.run("check", "--repair", "--from-index")
        after = self.answers()
        if wrong := self.wrong(after):
            self.faults.append(f"wrong after the repair: {wrong}\n{repaired}")
        if unanswered := [name for name, answer in after.items() if answer is None]:
            self.faults.append(f"no answer to {unanswered} after the repair\n{repaired}")
        again = self.run("check")
        if again.code:
            self.faults.append(f"damaged after the repair: {again}")
        return "repaired"


def test_damage_is_never_silent_and_never_a_traceback(whole: Indexer, right: dict[str, Any], tmp_path: Path) -> None:
    numbers = dice("damage")
    ends: Counter[str] = Counter()
    faults: list[str] = []
    for number in range(TRIALS):
        indexer = Indexer(tmp_path / f"copy{number}", tmp_path / f"output{number}")
        shutil.copytree(whole.data, indexer.data)
        trial = Trial(indexer, right, damage(indexer.data, numbers))
        ends[trial.play() if not trial.faults else "faulty"] += 1
        faults += [f"{trial.what}\n    {fault}" for fault in trial.faults]
        shutil.rmtree(indexer.data)
        shutil.rmtree(indexer.scratch)
    print(f"\n{TRIALS} trials: {dict(ends)}, {len(faults)} faults")
    assert not faults, "\n".join(faults)
