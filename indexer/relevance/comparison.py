"""Compare the judged queries before and after a change of the index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from indexer.engines.base import Reader
from indexer.errors import SettingsError
from indexer.relevance.evaluation import Judged, OtherAddresses, evaluate
from indexer.search.searcher import Searcher

MAX_MEAN_LOSS: Final = 0.005  # of nDCG@10, MRR or recall@20, over all queries
MAX_IMPORTANT_LOSS: Final = 0.05  # of nDCG@10, of a query that is marked as important
MEASURES: Final = ("ndcg@10", "mrr", "recall@20")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The reports before and after, and why the change must not be made (empty if it may)."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    losses: tuple[str, ...]


def compare(before: Mapping[str, Any], after: Mapping[str, Any], judged: Sequence[Judged]) -> Comparison:
    """Return what got worse: a mean, an important query, or a query without any relevant page among the first ten."""
    losses = [
        f"{name} falls from {before[name]:.4f} to {after[name]:.4f}"
        for name in MEASURES
        if after[name] < before[name] - MAX_MEAN_LOSS
    ]
    for one, old, new in zip(judged, before["per_query"], after["per_query"], strict=True):
        if old["ndcg@10"] > 0 and not new["ndcg@10"]:
            losses.append(f"{one.query!r} no longer finds a relevant page among the first ten")
        elif one.is_important and new["ndcg@10"] < old["ndcg@10"] - MAX_IMPORTANT_LOSS:
            losses.append(f"{one.query!r}, an important query, falls from {old['ndcg@10']:.3f} to {new['ndcg@10']:.3f}")
    return Comparison(before, after, tuple(losses))


def compare_indexes(
    live: Searcher, built: Reader, judged: Sequence[Judged], other_addresses: OtherAddresses = lambda document_id: ()
) -> Comparison:
    """Evaluate the live index and one that is not published yet, with the same weights and rules.

    Raises SettingsError if the live index finds none of the judged pages: then the judgements are for other documents.
    """
    before = evaluate(live, judged, other_addresses)
    if not any(row["recall@20"] for row in before["per_query"]):
        raise SettingsError("the index finds none of the judged pages", remedy="check the addresses in the file")
    return compare(before, evaluate(live.on(built), judged, other_addresses), judged)
