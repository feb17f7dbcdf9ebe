"""Stock Whoosh's BM25F is the reference: on the same postings, without our preferences, both find the same best ten."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
import whoosh.index
from whoosh.query import And as WhooshAnd
from whoosh.query import Or as WhooshOr
from whoosh.query import Term
from whoosh.scoring import BM25F
from whoosh.searching import Searcher

from indexer.analysis.analyzer import query_terms
from indexer.engines.scoring import idf
from indexer.engines.whoosh.engine import WhooshEngine
from indexer.engines.whoosh.storage import generations
from indexer.model import Change, Document, RankingWeights
from indexer.query.nodes import And, Node, Or, Terms

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
import corpus

DOCUMENTS = 20_000
PLAIN = RankingWeights(title=1.0, recency_bonus=0.0, k1=1.2)
SAME = 1e-4  # relative: our scores are floats of 32 bits


class BM25FWithOurIdf(BM25F):  # type: ignore[misc]  # whoosh has no types
    """Whoosh's BM25F with the inverse document frequency of Lucene, as ours."""

    def idf(self, searcher: Searcher, fieldname: str, text: str) -> float:
        return idf(searcher.doc_count_all(), searcher.doc_frequency(fieldname, text))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> WhooshEngine:
    folder = tmp_path_factory.mktemp("reference")
    corpus.write(folder / "documents.jsonl", DOCUMENTS)
    texts = corpus.read(folder / "documents.jsonl", DOCUMENTS)
    documents = (Document(f"{n:016x}", "", text.title, text.body, language="en") for n, text in enumerate(texts))
    engine = WhooshEngine(folder / "index", PLAIN)
    with engine.rebuild() as rebuild:
        rebuild.apply((Change(number, document.id, document) for number, document in enumerate(documents, 1)), DOCUMENTS)
        rebuild.publish()
    writer = engine.writer()  # and a second segment; without deletions, as Whoosh goes on counting deleted documents
    writer.apply(
        (Change(DOCUMENTS + n, f"x{n}", Document(f"x{n}", "", t, t)) for n, t in enumerate(("one", "two"))), DOCUMENTS + 2
    )
    return engine


def test_the_best_ten_are_the_same(engine: WhooshEngine) -> None:
    reader = engine.reader()
    pointer = generations.read_pointer(engine.directory)
    assert pointer
    index = whoosh.index.open_dir(str(engine.directory / pointer.generation), indexname="MAIN")
    chance = random.Random(3)
    overlaps = []
    with index.searcher(weighting=BM25FWithOurIdf()) as searcher:
        for number in range(60):
            document = reader.document(f"{chance.randrange(DOCUMENTS):016x}")
            assert document
            words = [token.terms[0] for token in query_terms(document.text, ("en",)) if not token.stop]
            terms = chance.sample(sorted(set(words)), 1 + number % 4)
            ours: Node
            ours, theirs = (Or, WhooshOr) if number % 2 else (And, WhooshAnd)
            field = "title" if number % 5 == 0 else "body"
            tree = ours(tuple(Terms((term,), (field,)) for term in terms))
            hits = searcher.search(theirs([Term(field, term) for term in terms]), limit=10)
            found = reader.search(tree, limit=10)
            assert found.total == len(hits)
            if not found.total:
                continue
            least = min(hit.score for hit in hits)
            scores = {hit["id"]: hit.score for hit in hits}
            best = [m for m in found.matches if m.document.id in scores or m.score == pytest.approx(least, rel=SAME)]
            overlaps.append(len(best) / len(found.matches))
            for match in found.matches:
                assert match.score == pytest.approx(scores.get(match.document.id, least), rel=SAME)
    assert len(overlaps) > 40
    assert sum(overlaps) / len(overlaps) >= 0.99
