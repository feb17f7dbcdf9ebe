"""Lay out text on a terminal: wrapped paragraphs and moments."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime

MIN_COLUMNS, MAX_COLUMNS = 60, 130


def columns() -> int:
    """Return the width for wrapped text: that of the terminal, within limits that stay readable."""
    return max(MIN_COLUMNS, min(MAX_COLUMNS, shutil.get_terminal_size((100, 24)).columns))


def paragraph(text: str, start: str, indent: int) -> str:
    """Wrap a text that follows `start`, without breaking addresses. `indent` is the width of `start`, without its colours."""
    lines = textwrap.wrap(text, columns() - indent, break_long_words=False, break_on_hyphens=False) or [""]
    return start + ("\n" + " " * indent).join(lines)


def when(moment: str | datetime | None) -> str:
    """Return a moment in UTC, as people read it.

    >>> when("2026-05-01T08:30:00Z")
    '2026-05-01 08:30 UTC'
    """
    if moment is None:
        return "never"
    if isinstance(moment, datetime):
        return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"{moment[:16].replace('T', ' ')} UTC"


def table(rows: Sequence[Sequence[str]], widest: int = 40) -> list[str]:
    """Align the columns of some rows: the first to the left, cut after `widest` characters, the others to the right.

    >>> table([["source", "new"], ["Gazette", "12"]])
    ['source   new', 'Gazette   12']
    """
    cut = [[row[0] if len(row[0]) <= widest else row[0][: widest - 1] + "…", *row[1:]] for row in rows]
    widths = [max(len(row[column]) for row in cut) for column in range(len(cut[0]))]
    return [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cut
    ]
