"""Sites of tales that have been crawled once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.builders import NAMES, site
from support.crawls import Crawled
from support.web import Web


@pytest.fixture
def tales(tmp_path: Path) -> Iterator[Crawled]:
    crawled = Crawled(tmp_path, Web(site()))
    crawled.run()
    yield crawled
    assert crawled.archive.integrity_problems() == []
    crawled.archive.close()


@pytest.fixture
def many(tmp_path: Path) -> Iterator[Crawled]:
    crawled = Crawled(tmp_path, Web(site(NAMES)))
    crawled.run()
    yield crawled
    assert crawled.archive.integrity_problems() == []
    crawled.archive.close()
