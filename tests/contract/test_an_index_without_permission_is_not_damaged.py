"""What a process may not open is not damaged: nothing is rebuilt, and the message names permissions and the limit of files."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest

from indexer.archive.store import Archive
from indexer.engines.whoosh.engine import WhooshEngine
from indexer.errors import IndexInaccessible
from indexer.model import Source
from indexer.reindex import catch_up
from support.contract_corpus import NEWS, doc, fill

USES: list[Callable[[WhooshEngine], object]] = [
    lambda engine: engine.reader(),
    lambda engine: engine.writer(),
    lambda engine: engine.verify(),
    lambda engine: engine.known_damage(),
    lambda engine: engine.is_outdated(),
]


@contextmanager
def as_another_user() -> Iterator[None]:
    """Act as a user who may not enter the folders of tests."""
    if os.geteuid():
        pytest.skip("only root can act as another user")
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def without_free_files() -> Iterator[None]:
    """Open as many files as the process may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as held:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
        held.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        with suppress(OSError):
            while True:
                held.enter_context(open(os.devnull))
        yield


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("state", [as_another_user, without_free_files])
def test_nothing_calls_it_damaged(
    whoosh: WhooshEngine, use: Callable[[WhooshEngine], object], state: Callable[[], object]
) -> None:
    fill(whoosh, NEWS)
    with state(), pytest.raises(IndexInaccessible, match="cannot be") as caught:  # type: ignore[attr-defined]  # a context manager
        use(whoosh)
    assert caught.value.exit_code == 2
    assert whoosh.verify() == ()


def test_a_crawl_without_free_files_rebuilds_nothing(whoosh: WhooshEngine, tmp_path: Path) -> None:
    with closing(Archive(tmp_path / "archive.db")) as archive:
        archive.sources.add(Source("https://example.org/rss", "Example"))
        archive.documents.put(doc("a", "Ferry"), 1, 1)
        catch_up(archive, whoosh)
        generation = whoosh.reader().generation.partition(".")[0]
        archive.documents.put(doc("b", "Harbour"), 1, 1)
        with without_free_files(), pytest.raises(IndexInaccessible):
            catch_up(archive, whoosh)
        assert catch_up(archive, whoosh) == 1
        assert whoosh.reader().generation.partition(".")[0] == generation
