"""Offer a corrected query when the query as typed finds nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from indexer.analysis.analyzer import fold
from indexer.analysis.spelling import corrections
from indexer.model import Suggestion
from indexer.search.passes import QueryContext

MAX_TRIED = 3  # corrected queries that are searched for each unknown word
MAX_FORMS = 50  # word forms of the index considered for each unknown word and distance
_PUNCTUATION = "().,;:!?"

CountMatches = Callable[[str], tuple[int, bool]]


def corrected_query(text: str, unknown: Sequence[str], context: QueryContext, count: CountMatches) -> Suggestion | None:
    """Return the query with its unknown words corrected; None if no correction finds something.

    `unknown` holds the folded words that the index lacks. `count` returns how many documents a query finds, and whether
    they match only some of its words.
    """
    typed_text, reader = text, context.reader
    for wrong in dict.fromkeys(unknown):
        if context.is_late:
            return None
        candidates = corrections(
            wrong,
            near=lambda form, distance: reader.surfaces_near(form, distance, MAX_FORMS)[0],
            frequency=reader.surface_frequency,
        )
        typed = _as_typed(wrong, text)
        if not candidates or typed is None:
            continue
        for candidate in candidates[:MAX_TRIED]:
            changed = text.replace(typed, candidate, 1)
            total, is_relaxed = count(changed)
            if total and not is_relaxed:
                return Suggestion(changed, total)
        text = text.replace(typed, candidates[0], 1)
    if text == typed_text:
        return None
    total, _ = count(text)
    return Suggestion(text, total) if total else None


def _as_typed(wrong: str, text: str) -> str | None:
    """Return the word of the query whose folded form is `wrong`."""
    words = (word.strip(_PUNCTUATION) for word in text.replace('"', " ").split())
    return next((word for word in words if fold(word) == wrong), None)
