"""The settings as values, and the paths inside a data folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from indexer.archive.database import LEASE_SECONDS, Location
from indexer.archive.postgres_address import PostgresAddress
from indexer.curation.settings import CurationSettings
from indexer.engines.opensearch.cluster_settings import ClusterAccess
from indexer.model import FetchPolicy, RankingWeights, Source

CONFIG_NAME = "config.toml"
DEFAULT_DATA = Path("index_data")
# Ten searches and twenty completions a second: far more than a person sends, even several behind one address.
DEFAULT_REQUESTS_PER_MINUTE = 600
DEFAULT_SUGGESTIONS_PER_MINUTE = 1_200


@dataclass(frozen=True, slots=True)
class WebSettings:
    """The keys of `[web]`."""

    title: str = "Search"
    language: str = ""
    intro: str = ""
    logo: str = ""
    accent_color: str = ""
    extra_css: str = ""
    footer_links: tuple[str, ...] = ()
    base_url: str = ""
    cors_origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    admin_token: str = ""
    index_home_page: bool = False
    llms_txt: bool = False
    thumbnails: bool = False
    access_log: str = ""
    requests_per_minute: int = DEFAULT_REQUESTS_PER_MINUTE
    suggestions_per_minute: int = DEFAULT_SUGGESTIONS_PER_MINUTE
    timezone: str = "UTC"
    keep_searches_days: int = 90
    max_connections: int = 4_000
    idle_seconds: float = 60.0
    request_seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set for one data folder.

    `sources` holds only the sources of `config.toml`. Sources that `indexer add` stored are in the archive.
    """

    data: Path
    crawl: FetchPolicy = field(default_factory=FetchPolicy)
    engine: str = "whoosh"
    fold_similar: bool = True
    keep_previous_index: bool = True
    archive: PostgresAddress | None = None  # None: archive.db in the data folder
    lease_seconds: float = LEASE_SECONDS
    weights: RankingWeights = field(default_factory=RankingWeights)
    cluster: ClusterAccess = field(default_factory=ClusterAccess)
    curation: CurationSettings = field(default_factory=CurationSettings)
    web: WebSettings = field(default_factory=WebSettings)
    sources: tuple[Source, ...] = ()

    @property
    def config_path(self) -> Path:
        return self.data / CONFIG_NAME

    @property
    def archive_path(self) -> Path:
        """Return the file of an archive that is not in PostgreSQL."""
        return self.data / "archive.db"

    @property
    def archive_location(self) -> Location:
        return self.archive or self.archive_path

    @property
    def index_path(self) -> Path:
        return self.data / "index"

    def owns(self, file: Path) -> bool:
        """Return whether a file, through whatever links, is one that this program keeps in the data folder."""
        path = Path(os.path.realpath(file))
        logs = [self.archive_path.with_name(self.archive_path.name + end) for end in ("", "-wal", "-shm")]
        own = {os.path.realpath(each) for each in (self.config_path, self.data / "writer.lock", *logs)}
        return str(path) in own or path.is_relative_to(os.path.realpath(self.index_path))


def data_folder(folder: Path | str | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the data folder: `--data` if given, then `$INDEXER_DATA`, then `./index_data`."""
    return Path(folder or environ.get("INDEXER_DATA") or DEFAULT_DATA)
