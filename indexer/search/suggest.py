"""Complete a query that is still being typed."""

from __future__ import annotations

from indexer.analysis.analyzer import fold
from indexer.engines.base import Reader

MIN_LETTERS = 2
MAX_PREFIX_CHARACTERS = 200
MAX_FORMS = 5_000  # word forms examined for one prefix


def complete(prefix: str, limit: int, reader: Reader) -> tuple[str, ...]:
    """Return up to `limit` completions of the last word, most frequent first. The words before it stay as typed."""
    before, _, last = prefix.lstrip()[:MAX_PREFIX_CHARACTERS].rpartition(" ")
    start = fold(last)
    if len(start) < MIN_LETTERS:
        return ()
    forms = sorted(reader.surfaces(start, MAX_FORMS), key=lambda pair: (-pair[1], len(pair[0]), pair[0]))
    lead = before + " " if before else ""
    return tuple(lead + form for form, _ in forms[:limit])
