"""What the passes of query understanding share: what they may consult, and what they report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from indexer.curation.curation import NO_CURATION, Curation
from indexer.engines.base import NO_DEADLINE, Deadline, Reader
from indexer.model import Notice, RankingWeights
from indexer.query.nodes import Terms


class QueryContext(NamedTuple):
    """What the passes may consult: one snapshot of the index, the languages of the query, the ranking weights, the deadline."""

    reader: Reader
    languages: tuple[str, ...]
    weights: RankingWeights
    deadline: Deadline = NO_DEADLINE
    curation: Curation = NO_CURATION


@dataclass(slots=True)
class QueryNotes:
    """What the passes report: notices for the person, the single words that were looked up, and the operator's rules."""

    notices: list[Notice] = field(default_factory=list)
    words: list[tuple[str, Terms]] = field(default_factory=list)  # the folded form and its lookup
    curated_words: set[str] = field(default_factory=set)  # folded words that have synonyms
    rules: list[str] = field(default_factory=list)  # the rules of synonyms that applied
