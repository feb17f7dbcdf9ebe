"""The probe says whether the archive answers, and no request waits for one that does not."""

from __future__ import annotations

import threading

import pytest

from indexer.errors import ArchiveUnreachable
from support.waiting import eventually
from webui import archive_readiness
from webui.archive_readiness import SILENT, ArchiveProbe


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_readiness, "PROBE_SECONDS", 0.0)


def test_an_archive_that_comes_and_goes_is_noticed() -> None:
    problems = [""]

    def ask() -> None:
        if problems[0]:
            raise ArchiveUnreachable(problems[0])

    probe = ArchiveProbe(ask)
    assert probe.problem() == ""
    problems[0] = "no route"
    assert eventually(lambda: probe.problem() == "no route")
    problems[0] = ""
    assert eventually(lambda: probe.problem() == "")


def test_a_silent_archive_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_readiness, "MAX_WAIT_SECONDS", 0.0)
    monkeypatch.setattr(archive_readiness, "MAX_SILENT_SECONDS", 0.0)
    answering, asked = threading.Event(), threading.Semaphore(0)

    def ask() -> None:
        asked.release()
        answering.wait()

    probe = ArchiveProbe(ask)
    assert eventually(lambda: probe.problem() == SILENT)
    assert probe.problem() == SILENT
    answering.set()
    assert eventually(lambda: probe.problem() == "")
    assert asked.acquire(blocking=False)
