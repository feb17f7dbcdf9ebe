"""How text is laid out on a terminal: wrapped to its width, times in words."""

from __future__ import annotations

import shutil
import textwrap
from datetime import UTC, datetime

NARROWEST, WIDEST = 60, 130


def width() -> int:
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size((100, 24)).columns))


def paragraph(text: str, start: str, indent: int) -> str:
    """Text after `start` (which may hold colours; it is `indent` columns wide), wrapped; addresses stay whole."""
    lines = textwrap.wrap(text, width() - indent, break_long_words=False, break_on_hyphens=False) or [""]
    return start + ("\n" + " " * indent).join(lines)


def when(moment: str | datetime | None) -> str:
    """A moment as people read it, in UTC.

    >>> when("2026-05-01T08:30:00Z")
    '2026-05-01 08:30 UTC'
    """
    if moment is None:
        return "never"
    if isinstance(moment, datetime):
        return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"{moment[:16].replace('T', ' ')} UTC"
