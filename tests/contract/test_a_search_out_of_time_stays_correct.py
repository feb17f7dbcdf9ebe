"""A search that runs out of time returns fewer hits, and never one that the query excludes."""

from __future__ import annotations

from indexer.engines.whoosh.engine import WhooshEngine
from indexer.engines.whoosh.search.evaluate import Evaluation
from indexer.query.nodes import And, Filter, Not, Or
from support.contract_corpus import NEWS, fill, word


def test_exclusions_and_filters_are_evaluated_completely(whoosh: WhooshEngine) -> None:
    reader = fill(whoosh, NEWS)
    late = Evaluation(reader._snapshot, budget=-1.0)
    tree = And((word("en/lantern"), Not(Or((word("en/rain"), word("en/bridge"))))))
    assert [reader._snapshot.document(n).id for n in late.scored(tree).documents.tolist()] == ["b"]
    filters = Or((Filter("language", "de"), Filter("language", "en")))
    assert len(Evaluation(reader._snapshot, budget=-1.0).scored(filters).documents) == 6
