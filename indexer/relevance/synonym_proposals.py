"""Propose synonyms from searches without results.

A query without results that differs in one run of words from one with results is the strongest hint (Jones et al. 2006,
"Generating query substitutions"): `notebook repair` found nothing, `laptop repair` did. The second is an abbreviation:
`wto` found nothing, and titles contain the words World Trade Organization.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from indexer.curation.rules import query_key

MAX_INITIALS: Final = 6
MAX_PROPOSALS: Final = 100
MIN_SHARED_WORDS: Final = 1


@dataclass(frozen=True, slots=True)
class SynonymProposal:
    """`word` found nothing in `searches` searches. `synonym` may stand for it; `reason` explains why."""

    word: str
    synonym: str
    searches: int
    reason: str

    @property
    def line(self) -> str:
        """Return the rule for synonyms.txt."""
        return f"{self.word}, {self.synonym}"


def propose_synonyms(
    queries: Iterable[Mapping[str, Any]], titles: Iterable[str], is_indexed: Callable[[str], bool]
) -> list[SynonymProposal]:
    """Return proposals, the most wanted first. `queries`: rows of the query log, with `query`, `count`, `total`, `opened`.

    A query with a word that is not indexed has no page with all its words, even if the log counts pages with some of them.
    """
    failed: Counter[str] = Counter()
    successful: dict[str, int] = {}
    for row in queries:
        if not (key := query_key(str(row["query"]))):
            continue
        if row["total"] and all(is_indexed(word) for word in key.split()):
            successful[key] = max(successful.get(key, 0), int(row["opened"]) * 2 + int(row["count"]))
        else:
            failed[key] += int(row["count"])
    proposals = [*_by_other_queries(failed, successful, is_indexed), *_by_initials(failed, titles, is_indexed)]
    best: dict[tuple[str, str], SynonymProposal] = {}
    for each in sorted(proposals, key=lambda each: (-each.searches, each.word, each.synonym)):
        best.setdefault((each.word, each.synonym), each)
    return list(best.values())[:MAX_PROPOSALS]


def _by_other_queries(
    failed: Mapping[str, int], successful: Mapping[str, int], is_indexed: Callable[[str], bool]
) -> Iterable[SynonymProposal]:
    """Yield pairs of queries that differ in one run of words only."""
    frames: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for query, weight in successful.items():
        for frame, words in _frames(query):
            frames[frame].append((words, weight))
    for query, searches in failed.items():
        for frame, words in _frames(query):
            if all(is_indexed(word) for word in words.split()):
                continue  # these words are in the index: something else is missing
            for synonym, _ in sorted(frames.get(frame, ()), key=lambda pair: (-pair[1], pair[0]))[:3]:
                if synonym != words and not set(synonym.split()) & set(words.split()):
                    before, after = frame
                    other = f"{before} {synonym} {after}".strip()
                    yield SynonymProposal(words, synonym, searches, f"“{query}” finds nothing, “{other}” does")


def _frames(query: str) -> Iterable[tuple[tuple[str, str], str]]:
    """Yield each run of one or two words of a query with the words before and after it, if there are any.

    >>> list(_frames("notebook repair"))
    [(('', 'repair'), 'notebook'), (('notebook', ''), 'repair')]
    """
    words = query.split()
    for length in (1, 2):
        for at in range(len(words) - length + 1):
            if len(words) - length >= MIN_SHARED_WORDS:
                yield (" ".join(words[:at]), " ".join(words[at + length :])), " ".join(words[at : at + length])


def _by_initials(
    failed: Mapping[str, int], titles: Iterable[str], is_indexed: Callable[[str], bool]
) -> Iterable[SynonymProposal]:
    """Yield the words of titles whose initials are a word that found nothing."""
    searches_by_word: Counter[str] = Counter()
    for query, searches in failed.items():
        for word in query.split():
            if 2 <= len(word) <= MAX_INITIALS and word.isalpha() and not is_indexed(word):
                searches_by_word[word] += searches
    if not searches_by_word:
        return
    lengths = sorted({len(word) for word in searches_by_word})
    phrases: dict[str, Counter[str]] = defaultdict(Counter)
    for title in titles:
        words = query_key(title).split()
        for length in lengths:
            for at in range(len(words) - length + 1):
                run: Sequence[str] = words[at : at + length]
                initials = "".join(word[0] for word in run)
                if initials in searches_by_word and all(len(word) > 1 for word in run):
                    phrases[initials][" ".join(run)] += 1
    for initials, counts in phrases.items():
        phrase, number = counts.most_common(1)[0]
        reason = f"the initials of words in {number} title{'s' if number > 1 else ''}"
        yield SynonymProposal(initials, phrase, searches_by_word[initials], reason)
