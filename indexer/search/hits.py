"""Make matches presentable: titles and snippets with the matching words marked."""

from __future__ import annotations

from collections.abc import Sequence

from indexer.engines.base import Deadline
from indexer.model import Hit, Match
from indexer.snippets.highlighter import Marker


def present(matches: Sequence[Match], marker: Marker, deadline: Deadline | None = None) -> tuple[Hit, ...]:
    """Return one hit for each match, in the same order. Texts of one language are marked together, which is faster.

    After the deadline nothing is marked.
    """
    texts: dict[str, list[tuple[str, str]]] = {}
    for document, *_ in matches:
        texts.setdefault(document.language, []).append((document.title, document.text or document.summary))
    shown = {
        language: iter(marker.page(texts[language], language, lambda: deadline is not None and deadline.has_passed))
        for language in texts
    }
    return tuple([Hit(match[0], match[1], *next(shown[match[0].language]), match[2]) for match in matches])


def with_missing(hits: Sequence[Hit], missing: Sequence[tuple[str, ...]]) -> tuple[Hit, ...]:
    """Return the hits with the words that each one lacks."""
    return tuple([hit._replace(missing=words) for hit, words in zip(hits, missing, strict=True)])
