"""Look for a newer index at every search: these tests search right after a commit."""

from __future__ import annotations

import pytest

import webui


@pytest.fixture(autouse=True)
def always_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webui, "REFRESH_SECONDS", 0.0)
