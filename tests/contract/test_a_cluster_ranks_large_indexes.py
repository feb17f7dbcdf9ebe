"""With many matches only the best candidates get their exact score: the first page is that of the formula all the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from indexer.engines.base import Reader
from indexer.engines.memory import MemoryEngine
from indexer.engines.opensearch import reader as reader_module
from indexer.engines.opensearch.filter_query import MAX_CLAUSES
from indexer.engines.opensearch.reader import SHORTENED, ClusterReader
from indexer.query.nodes import TEXT_FIELDS, And, Constant, Everything, Filter, Or, Prefer, Surface, TermPhrase, Terms
from support.cluster_fixtures import engine_in
from support.contract_corpus import fill
from support.engines import NOW, WEIGHTS
from support.generated_texts import WORDS, documents
from support.opensearch_cluster import Cluster


@pytest.fixture(scope="module")
def readers(cluster_of_module: Cluster) -> Iterator[tuple[Reader, ClusterReader]]:
    memory = MemoryEngine(WEIGHTS, now=lambda: NOW)
    given = list(documents(1_300))
    with engine_in(cluster_of_module, shards=3) as engine:
        yield fill(memory, given), fill(engine, given)


def word(form: str) -> Prefer:
    return Prefer(Terms((f"en/{form}",), TEXT_FIELDS), (Surface(form, 0.2),))


def near(*forms: str) -> TermPhrase:
    return TermPhrase(tuple((f"en/{form}",) for form in forms), tuple(range(len(forms))), TEXT_FIELDS, 8, 0.5)


TREES = [
    word(WORDS[0]),
    word(WORDS[3]),
    Or((word(WORDS[0]), word(WORDS[30]))),
    Prefer(And((word(WORDS[0]), word(WORDS[1]))), (near(WORDS[0], WORDS[1]),)),
    Prefer(And((word(WORDS[2]), word(WORDS[5]))), (near(WORDS[2], WORDS[5]),)),
    And((word(WORDS[1]), Constant(Filter("url", "example")))),
    Terms((f"en/{WORDS[0]}", f"en/{WORDS[1]}"), ("title",)),
]


@pytest.mark.parametrize("tree", TREES, ids=str)
def test_the_first_page_is_that_of_the_formula(
    readers: tuple[Reader, ClusterReader], tree: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "MAX_EXACT_MATCHES", 0)
    monkeypatch.setattr(reader_module, "MAX_RESCORED_DOCUMENTS", 40)
    memory, ours = readers
    expected, found = memory.search(tree, limit=10, facets=True), ours.search(tree, limit=10, facets=True)
    assert (found.total, found.facets) == (expected.total, expected.facets)
    scores = {match.document.id: match.score for match in memory.search(tree, limit=2_000).matches}
    for match in found.matches:
        assert match.score == pytest.approx(scores[match.document.id], rel=1e-5)
    first, second = ({match.document.id for match in page.matches} for page in (expected, found))
    assert len(first & second) >= 0.9 * len(first)


def test_far_pages_are_reached(readers: tuple[Reader, ClusterReader], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_module, "MAX_WINDOW", 100)
    memory, ours = readers
    for tree, sort in ((Everything(), "date"), (word(WORDS[0]), "relevance"), (word(WORDS[0]), "oldest")):
        expected = [match.document.id for match in memory.search(tree, offset=330, limit=20, sort=sort).matches]
        found = ours.search(tree, offset=330, limit=20, sort=sort)
        assert len(found.matches) == 20
        if sort != "relevance":  # scores are rounded to 32 bits, so that documents may change places
            assert [match.document.id for match in found.matches] == expected
        assert ours.search(tree, offset=5_000, limit=20, sort=sort).matches == ()


def test_a_phrase_with_too_many_variants_is_shortened_and_says_so(readers: tuple[Reader, ClusterReader]) -> None:
    _, ours = readers
    variants = tuple(f"en/x{n}" for n in range(MAX_CLAUSES))
    tree = TermPhrase(((f"en/{WORDS[0]}", *variants), (f"en/{WORDS[1]}", *variants)), (0, 1), TEXT_FIELDS)
    found = ours.search(tree)
    assert found.warnings == (SHORTENED,)
    assert found.total == ours.search(TermPhrase(((f"en/{WORDS[0]}",), (f"en/{WORDS[1]}",)), (0, 1), TEXT_FIELDS)).total
