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


def duration(seconds: float) -> str:
    """
    >>> duration(40), duration(1_300), duration(9_000), duration(400_000)
    ('40 s', '22 minutes', '2.5 hours', '4.6 days')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5_400:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3_600:.1f} hours" if seconds < 172_800 else f"{seconds / 86_400:.1f} days"
