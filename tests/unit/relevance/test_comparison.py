from __future__ import annotations

import pytest

from indexer.relevance.comparison import compare
from indexer.relevance.evaluation import Judged


def report(*ndcg: float, recall: float = 1.0) -> dict:
    mean = sum(ndcg) / len(ndcg)
    return {"ndcg@10": mean, "mrr": mean, "recall@20": recall, "per_query": [{"ndcg@10": each} for each in ndcg]}


@pytest.mark.parametrize(
    ("before", "after", "important", "losses"),
    [
        (report(0.5, 0.5), report(0.5, 0.5), False, 0),
        (report(0.5, 0.5), report(0.9, 0.2), False, 0),  # one query loses, the mean gains
        (report(0.5, 0.5), report(0.9, 0.2), True, 1),  # the second is important
        (report(0.5, 0.5), report(1.0, 0.0), False, 1),  # it finds nothing any more
        (report(0.5, 0.5), report(0.48, 0.5), False, 2),  # nDCG and MRR
        (report(0.5, recall=0.9), report(0.5, recall=0.8), False, 1),
    ],
)
def test_what_is_a_loss(before: dict, after: dict, important: bool, losses: int) -> None:
    judged = [Judged(f"q{n}", {"a": 1}, important and n == 1) for n in range(len(before["per_query"]))]
    assert len(compare(before, after, judged).losses) == losses
