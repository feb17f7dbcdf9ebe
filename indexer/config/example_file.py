"""Write the commented `config.toml` from the table of keys."""

from __future__ import annotations

import contextlib
import textwrap
from pathlib import Path
from typing import Any

from indexer.config.key_table import KEYS
from indexer.errors import write_error


def config_template() -> str:
    """Return the `config.toml` that `init` writes: every key with its default, commented out."""
    lines = [
        "# Settings of feed-search. Each commented line shows a setting with its default.",
        "# An environment variable overrides a key. Example: INDEXER_CRAWL_DELAY_SECONDS=0",
    ]
    section = None
    for key in KEYS:
        if key.section != section:
            section = key.section
            lines += ["", f"[{section}]"]
        lines += [*_comment(key.help), f"# Allowed: {key.allowed}.", f"# {key.name} = {_toml(key.default)}"]
    lines += [
        "",
        "# List sources here, or add them with: indexer add URL",
        "# [[source]]",
        '# url = "https://www.example.org/rss.xml"   # a feed, a page that links its feed, or a sitemap',
        '# name = "Example news"                     # the name that readers see',
        '# language = "en"                           # overrides the language that the pages declare',
        '# category = "News"                         # added to every page of this source',
        '# kind = "auto"                             # auto, feed, sitemap or site (follow links)',
        '# include = "main article"                  # CSS selector of the main text',
        '# exclude = ".share, .related"              # CSS selector of parts to remove from it',
        '# keep = ".infobox"                         # CSS selector of parts that must stay (see: indexer preview URL)',
        '# every = "auto"                            # or a fixed interval between visits: "30m", "6h", "1d"',
        "# pdf = false                               # true: index the PDF files that its pages link",
        "# office = false                            # true: index the docx, odt and pptx files that its pages link",
    ]
    return "\n".join(lines) + "\n"


def write_template(path: Path) -> None:
    """Write the template as `path`. The file appears when it is complete. Raises DiskFull and SettingsError."""
    new = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(config_template(), encoding="utf-8")
        new.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise write_error(f"cannot write {path}", error, "choose another folder with --data") from error


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, 110, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


def _toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case tuple():
            return str(list(value))
        case str():
            return f'"{value}"'
    return str(value)
