"""Offer a corrected query: misspelt words, words that were split or joined, and phrases that nothing contains.

`word_correction` corrects single words. Here the corrections are tried in the query, and kept if they find more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, pairwise

from indexer.analysis.analyzer import WORDS, surface_of, terms_of_surface
from indexer.model import Match
from indexer.query.nodes import TEXT_FIELDS, TermPhrase, Terms
from indexer.search.query_context import QueryContext
from indexer.search.query_understanding import PlainWord
from indexer.search.truecasing import usual_spelling
from indexer.search.word_correction import QueryWord, WordCorrector, corrections_of, rare_limit

MAX_TRIED = 3  # corrections of one word that are searched for
MAX_CHECKED_WORDS = 8  # of one query
SPELLING_DOCUMENTS = 5  # that show how a word is spelled, in addition to the hits
MAX_CHECKED_RARE_WORDS = 2  # of those that some documents contain
MAX_WORDS_FOR_RARE = 3  # in a query whose existing words are checked; longer queries often contain rare words that are right
MIN_JOINED_RATIO = 10  # how much more frequent the joined word must be than its parts next to each other

_INNER_HYPHEN = re.compile("(?<=[^\\W\\d_])[-/\u2010\u2011–](?=[^\\W\\d_])")


CountMatches = Callable[[str], int]


class Corrector:
    """Corrects one query against one snapshot of the index."""

    def __init__(self, text: str, words: Sequence[QueryWord], context: QueryContext, count: CountMatches) -> None:
        """`count` returns how many documents match all words of a query text."""
        self._text, self._words, self._context, self._count = text, words, context, count
        self._reader = context.reader

    def corrected(self, total: int, *, is_full: bool = False) -> str | None:
        """Return a corrected query that finds something. `total`: how many documents match the query as typed.

        If they fill the page (`is_full`), only words that were split or joined are corrected.
        """
        for changed in self._joined(total):
            return changed
        suspects = self._suspects(is_full=is_full)
        if not suspects:
            return None
        text = self._text
        for word in suspects:
            if self._context.deadline.has_passed:
                return None
            if is_full:
                candidates = tuple(WordCorrector(self._context).split(word.surface))
            else:
                candidates = corrections_of(word, self._context)
            for candidate in candidates[:MAX_TRIED]:
                changed = _replaced(text, word.surface, candidate)
                if self._count(changed) > (total if " " not in candidate else total - 1):  # a split word is found already
                    return changed
            if candidates:  # a later word may be misspelt as well
                text = _replaced(text, word.surface, candidates[0])
        return text if text != self._text and self._count(text) > total else None

    def _suspects(self, *, is_full: bool) -> list[QueryWord]:
        """Return the words that may be misspelt, in order: those that no document contains, and the rarest of the others.

        With a full page (`is_full`), words that documents contain are not misspelt.
        """
        frequencies = [(word, self._reader.surface_frequency(word.surface)) for word in self._words[:MAX_CHECKED_WORDS]]
        chosen = [word for word, count in frequencies if not count]
        words = {} if is_full else dict(frequencies)
        if len(words) <= MAX_WORDS_FOR_RARE:
            limit = rare_limit(self._reader.document_count)
            rare = [word for word, count in words.items() if 0 < count <= limit]
            chosen += sorted(rare, key=words.__getitem__)[:MAX_CHECKED_RARE_WORDS]
        return [word for word in dict.fromkeys(self._words[:MAX_CHECKED_WORDS]) if word in chosen] if chosen else []

    def _joined(self, total: int) -> Iterator[str]:
        """Yield the query with two words joined, if the joined word is far more frequent than the two next to each other."""
        for one, other in islice(pairwise(self._words), MAX_CHECKED_WORDS):
            if not (one.surface + other.surface).isalpha():
                continue
            joined = one.surface + other.surface
            frequency = self._reader.surface_frequency(joined)
            if not frequency:
                continue
            adjacent = self._reader.count(TermPhrase((one.terms.terms, other.terms.terms), (0, 1), TEXT_FIELDS))
            if frequency >= MIN_JOINED_RATIO * max(1, adjacent) or (not adjacent and not total):
                first, second = (re.escape(_as_typed(each.surface, self._text)) for each in (one, other))
                changed = re.sub(rf"(?<!\w){first}\s+{second}(?!\w)", joined, self._text, count=1)
                if changed != self._text and self._count(changed):
                    yield changed


def may_be_misspelt(words: Sequence[PlainWord], context: QueryContext) -> bool:
    """Return whether a word of a query may be misspelt, though documents contain all of its words. False is certain."""
    if not 0 < len(words) <= MAX_WORDS_FOR_RARE:
        return False
    limit = rare_limit(context.reader.document_count)
    return any(corrections_of(QueryWord(word.surface, word.terms), context) for word in words if word.frequency <= limit)


def unquoted(text: str) -> str | None:
    """Return the query with its phrases as plain words; None if it has none."""
    plain = " ".join(re.sub(r'"(~\d*)?', " ", text).split())
    return plain if '"' in text and plain else None


def without_hyphens(text: str) -> str | None:
    """Return a query of plain words with the parts of its hyphenated words apart; None if it has no such word.

    >>> without_hyphens("fake-news"), without_hyphens("-fake news"), without_hyphens("title:fake-news")
    ('fake news', None, None)
    """
    plain = _INNER_HYPHEN.sub(" ", text)
    return plain if plain != text and not any(sign in text for sign in ':"()*?^~') else None


def as_in_pages(text: str, corrected: str, matches: Sequence[Match], context: QueryContext) -> str:
    """Return the corrected query with its new words spelled as pages spell them: these documents, and others with the word.

    If a new word has a capital, so do the typed words that are names: bernard perchinig -> Bernhard Perchinig.
    """
    typed = set(text.split())

    def as_in_page(word: str) -> str:
        terms = terms_of_surface(surface_of(word), context.languages)
        others = context.reader.search(Terms(terms, TEXT_FIELDS), limit=SPELLING_DOCUMENTS, deadline=context.deadline).matches
        return usual_spelling(word, (*matches, *others))

    words = [word if word in typed else as_in_page(word) for word in corrected.split()]
    if not any(word not in typed and word != word.lower() for word in words):
        return " ".join(words)
    return " ".join([as_in_page(word) if word.isalpha() and word.islower() else word for word in words])


def _replaced(text: str, surface: str, new: str) -> str:
    """Return the text with the first word of this folded form replaced."""
    for match in WORDS.finditer(text):
        if surface_of(match[0]) == surface:
            return text[: match.start()] + new + text[match.end() :]
    return text


def _as_typed(surface: str, text: str) -> str:
    """Return the first word of the text that has this folded form."""
    return next((match[0] for match in WORDS.finditer(text) if surface_of(match[0]) == surface), surface)
