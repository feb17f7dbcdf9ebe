"""Long questions prefer documents that share the words of the best ones; nothing else is found by it."""

from __future__ import annotations

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.model import Change, Document, RankingWeights, SearchRequest
from indexer.query.nodes import Prefer, Terms
from indexer.search.relevance_feedback import FEEDBACK_WEIGHT, MAX_TERMS, with_feedback
from indexer.search.searcher import Searcher

TEXTS = {
    "best": "Lantern makers of the harbour mend the glass of old lanterns with solder and wick. The wick is woven.",
    "relative": "A harbour, where solder and wick are sold for glass.",
    "plain": "A harbour, where bread and fish are sold for coins.",
    "far": "Solder, wick and glass are sold elsewhere.",
    **{f"filler{n}": f"Bread number {n} and fish for coins." for n in range(20)},
}
QUESTION = "which lantern makers mend old harbour lanterns today"


@pytest.fixture(scope="module")
def engine() -> MemoryEngine:
    engine = MemoryEngine(RankingWeights())
    documents = [Document(name, f"https://example.org/{name}", "Page", text, language="en") for name, text in TEXTS.items()]
    engine.writer().apply([Change(n, document.id, document) for n, document in enumerate(documents, 1)], len(documents))
    return engine


def test_a_document_with_words_of_the_best_one_ranks_before_its_equal(engine: MemoryEngine) -> None:
    listed = [hit.document.id for hit in Searcher(engine).search(SearchRequest(QUESTION)).hits]
    assert listed == ["best", "relative", "plain"]


def test_only_the_words_of_the_question_find_and_are_marked(engine: MemoryEngine) -> None:
    result = Searcher(engine).search(SearchRequest(QUESTION))
    assert result.total == 3
    assert "wick" not in {fragment.text for hit in result.hits for fragment in hit.snippet if fragment.marked}


def test_feedback_prefers_a_bounded_number_of_terms_of_lower_weight(engine: MemoryEngine) -> None:
    reader = engine.reader()
    tree = Terms(("en/lantern",), ("body",))
    preferred = with_feedback(tree, reader.search(tree).matches, reader)
    assert isinstance(preferred, Prefer)
    assert preferred.node is tree
    assert 0 < len(preferred.better) <= MAX_TERMS
    assert all(isinstance(node, Terms) and 0 < node.boost <= FEEDBACK_WEIGHT for node in preferred.better)
    assert with_feedback(tree, (), reader) is tree


def test_documents_without_a_score_give_no_feedback(engine: MemoryEngine) -> None:
    """As where all fields that match have a weight of 0."""
    reader = engine.reader()
    tree = Terms(("en/lantern",), ("body",))
    best = [match._replace(score=0.0) for match in reader.search(tree).matches]
    assert with_feedback(tree, best, reader) is tree
