"""What did the operator set? Only this package reads `config.toml` and the environment, and only it chooses what to open."""

from indexer.config.changes import changed_keys
from indexer.config.composition_root import open_archive, open_engine, open_searcher
from indexer.config.example_file import config_template, write_template
from indexer.config.loader import load_settings, source_places
from indexer.config.settings import Settings, WebSettings, data_folder

__all__ = [
    "Settings",
    "WebSettings",
    "changed_keys",
    "config_template",
    "data_folder",
    "load_settings",
    "open_archive",
    "open_engine",
    "open_searcher",
    "source_places",
    "write_template",
]
