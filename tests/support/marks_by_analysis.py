"""What must be marked, found the slow and plain way: every word of the text is analysed. And what an index would know."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from indexer.analysis.analyzer import Token, analyze
from indexer.snippets.highlighter import HighlightTerms

Span = tuple[int, int]


def forms_in(*texts: str, language: str = "en") -> Callable[[str], Iterable[str]]:
    """As an index that holds these texts."""
    forms: dict[str, set[str]] = {}
    for text in texts:
        for token in analyze(text, language):
            forms.setdefault(token.term, set()).add(text[token.start : token.end].lower())
    return lambda term: forms.get(term, ())


def marked_spans(text: str, language: str, wanted: HighlightTerms) -> list[Span]:
    spans = [*_words(text, language, wanted.terms), *_phrases(text, language, wanted)]
    kept: list[Span] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def _words(text: str, language: str, terms: frozenset[str]) -> list[Span]:
    """Overlapping pairs of letters are one mark."""
    joined: list[Span] = []
    for start, end in sorted({(token.start, token.end) for token in analyze(text, language) if token.term in terms}):
        if joined and start < joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _phrases(text: str, language: str, wanted: HighlightTerms) -> list[Span]:
    """All words of the phrase one after the other, but for up to four stop words in between."""
    positions: list[int] = []
    places: list[list[Token]] = []  # a word and its letters may begin at the same position
    for token in analyze(text, language):
        if positions and positions[-1] == token.position:
            places[-1].append(token)
        else:
            positions.append(token.position)
            places.append([token])
    spans = []
    for phrase in wanted.phrases:
        for i in range(len(places) - len(phrase) + 1):
            matching = [[token for token in places[i + j] if token.term in phrase[j]] for j in range(len(phrase))]
            if all(matching) and positions[i + len(phrase) - 1] - positions[i] <= len(phrase) + 4:
                spans.append((matching[0][0].start, max(token.end for token in matching[-1])))
    return spans
