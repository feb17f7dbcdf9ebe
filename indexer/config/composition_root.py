"""Open what the settings name: the composition root. Only this module chooses an engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from indexer.config.settings import Settings
from indexer.errors import SettingsError

if TYPE_CHECKING:
    from indexer.archive.store import Archive
    from indexer.curation.files import CurationFiles
    from indexer.engines.base import Engine
    from indexer.search.searcher import Searcher


def open_archive(settings: Settings, *, create: bool = True) -> Archive:
    """Open the archive of the data folder. `create`: whether a missing one is created; otherwise it raises ArchiveMissing."""
    from indexer.archive.store import Archive

    return Archive(settings.archive_location, settings.web.timezone, create=create)


def open_engine(settings: Settings) -> Engine:
    """Open the engine that `[search] engine` names. Raises SettingsError if its extra is not installed."""
    if settings.engine == "opensearch":
        return _open_cluster(settings)
    from indexer.engines.whoosh.engine import WhooshEngine

    return WhooshEngine(settings.index_path, settings.weights, keeps_previous=settings.keep_previous_index)


def _open_cluster(settings: Settings) -> Engine:
    try:
        from indexer.engines.opensearch.engine import OpenSearchEngine
        from indexer.engines.opensearch.index_name import IndexNameFile
    except ModuleNotFoundError as error:
        if error.name != "opensearchpy":
            raise
        raise SettingsError(
            '[search] engine = "opensearch" needs the package opensearch-py',
            remedy="install it with: pip install 'feed-search[opensearch]'",
        ) from None
    cluster = settings.cluster
    place = None if cluster.index else IndexNameFile(settings.data)
    return OpenSearchEngine(cluster, settings.weights, keeps_previous=settings.keep_previous_index, place=place)


def open_searcher(settings: Settings, *, refresh_seconds: float = 0.0, report: Callable[[str], None] | None = None) -> Searcher:
    """Open the searcher for the search page and the command line. A search raises IndexMissing while there is no index.

    `refresh_seconds`: how long the searcher waits before it checks again whether there is a newer index. `report` gets
    errors in the operator's rules; without it, a search raises them.
    """
    from indexer.search.searcher import Searcher

    curation = open_curation(settings, report)
    if report is not None:
        curation.current()  # a server reads the rules when it starts, not when the first visitor waits
    return Searcher(
        open_engine(settings),
        settings.weights,
        refresh_seconds=refresh_seconds,
        curation=curation.current,
        folds_similar=settings.fold_similar,
    )


def open_curation(settings: Settings, report: Callable[[str], None] | None = None) -> CurationFiles:
    """Open the operator's rules, which follow the files. `report` gets errors of changed files; without it they are raised."""
    from indexer.config.loader import load_settings
    from indexer.config.settings import CONFIG_NAME
    from indexer.curation.files import CurationFiles

    return CurationFiles(settings.data, CONFIG_NAME, lambda: load_settings(settings.data).curation, report)
