"""What did the operator set? Only this package reads `config.toml` and the environment, and only it chooses what is opened."""

from indexer.config.loader import (
    Settings,
    WebSettings,
    config_template,
    data_folder,
    load_settings,
    open_archive,
    open_engine,
    open_searcher,
)

__all__ = [
    "Settings",
    "WebSettings",
    "config_template",
    "data_folder",
    "load_settings",
    "open_archive",
    "open_engine",
    "open_searcher",
]
