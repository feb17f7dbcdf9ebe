"""How documents spell a folded word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from indexer.analysis.analyzer import WORDS, fold, surface_of
from indexer.model import Match


def usual_spelling(word: str, matches: Sequence[Match]) -> str:
    """Return the most frequent spelling of a word in these documents, in lower case if there is one.

    Capitals at the beginning of a sentence do not belong to the word. A word that the documents lack is returned as it is.
    """
    surface, spellings = fold(word), Counter[str]()
    for match in matches:
        for word_match in WORDS.finditer(match.document.text):
            written = word_match[0]
            if len(written) >= len(surface) - 1 and surface_of(written) == surface:
                spellings[written] += 1
    if not spellings:
        return word
    return max(spellings, key=lambda written: (written.islower(), spellings[written]))
