"""Open what the settings name: the composition root. Only this module chooses an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.config.settings import Settings

if TYPE_CHECKING:
    from indexer.archive.store import Archive
    from indexer.engines.base import Engine
    from indexer.search.searcher import Searcher


def open_archive(settings: Settings, *, create: bool = True) -> Archive:
    """Open the archive of the data folder. `create`: whether a missing one is created; otherwise it raises ArchiveMissing."""
    from indexer.archive.store import Archive

    return Archive(settings.archive_path, settings.web.timezone, create=create)


def open_engine(settings: Settings) -> Engine:
    """Open the engine that `[search] engine` names."""
    from indexer.engines.whoosh.engine import WhooshEngine

    return WhooshEngine(settings.index_path, settings.weights)


def open_searcher(settings: Settings, *, refresh_seconds: float = 0.0) -> Searcher:
    """Open the searcher for the search page and the command line. A search raises IndexMissing while there is no index.

    `refresh_seconds`: how long the searcher waits before it checks again whether there is a newer index.
    """
    from indexer.search.searcher import Searcher

    return Searcher(open_engine(settings), settings.weights, refresh_seconds=refresh_seconds)
