"""What is worked out in part, kept, or left out in a large index changes no answer: one of a thousand documents in segments,
some of them deleted, beside the memory engine."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.engines.base import Matches, Reader
from indexer.engines.memory import MemoryEngine
from indexer.engines.whoosh.engine import WhooshEngine
from indexer.engines.whoosh.reader import ArrayReader
from indexer.engines.whoosh.search import impacts, topk, unions
from indexer.engines.whoosh.search import postings as postings_module
from indexer.engines.whoosh.search.impacts import find_phrase
from indexer.engines.whoosh.search.postings import TermLookup
from indexer.engines.whoosh.search.query_execution import Evaluation
from indexer.engines.whoosh.snapshot.snapshot import LruCache, PostingsCache
from indexer.model import RankingWeights
from indexer.query.nodes import TEXT_FIELDS, And, Everything, Node, Or, Prefer, Surface, TermPhrase, Terms
from indexer.search.word_forms import NEAR_SLOP
from support.contract_corpus import doc, fill
from support.engines import NOW
from support.generated_texts import WORDS, documents


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Reader, ArrayReader]:
    weights = RankingWeights()
    memory = MemoryEngine(weights, now=lambda: NOW)
    whoosh = WhooshEngine(Path(tmp_path_factory.mktemp("large")), weights, now=lambda: NOW, compiled=False)
    found = list(documents(1_300))
    for engine in (memory, whoosh):
        fill(engine, found[:1_270])
        fill(engine, [*found[1_270:], *(doc(each.id, "bak", "bak bem") for each in found[:20])])
    theirs = whoosh.reader()
    assert len(theirs.snapshot.segments) > 1
    assert theirs.snapshot.any_deleted
    return memory.reader(), theirs


def word(form: str) -> Prefer:
    return Prefer(Terms((f"en/{form}",), TEXT_FIELDS), (Surface(form, 0.2),))


def near(*forms: str) -> TermPhrase:
    return TermPhrase(tuple((f"en/{form}",) for form in forms), tuple(range(len(forms))), TEXT_FIELDS, NEAR_SLOP, 0.5)


def exactly(*forms: str) -> TermPhrase:
    return TermPhrase(tuple((f"en/{form}",) for form in forms), tuple(range(len(forms))), TEXT_FIELDS)


def some_trees() -> Iterator[Node]:
    chance = random.Random(1)
    for _ in range(3):
        few = chance.sample(WORDS, chance.randrange(2, 5))
        intersect = chance.sample(WORDS[:12], 2)
        yield word(few[0])
        yield Or(tuple(map(word, [*few, *intersect])))
        for forms in (few[:2], intersect, [few[0], intersect[0]]):
            yield Prefer(And(tuple(map(word, forms))), (near(*forms),))
            yield exactly(*forms)


def page(found: Matches) -> list[tuple[str, float]]:
    return [(match.document.id, match.score) for match in found.matches]


def test_pages_are_those_of_the_memory_engine(readers: tuple[Reader, ArrayReader], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postings_module, "_MAX_SHORT_LIST_DOCUMENTS", 100)
    memory, ours = readers
    for tree in some_trees():
        expected = memory.search(tree, limit=10)
        for again in range(4):  # in part, in part, as a whole, kept
            found = ours.search(tree, limit=10)
            assert found.total == expected.total
            assert [score for _, score in page(found)] == pytest.approx([s for _, s in page(expected)], rel=1e-4), (again, tree)
        assert page(ours.search(tree, offset=10, limit=5)) == page(ours.search(tree, limit=15))[10:]


def test_leaving_words_out_changes_no_page(readers: tuple[Reader, ArrayReader], monkeypatch: pytest.MonkeyPatch) -> None:
    _, ours = readers
    scored: list[int] = []
    real = unions.top_k
    monkeypatch.setattr(unions, "top_k", lambda s, d, *rest: scored.append(len(d)) or real(s, d, *rest))
    for rare in WORDS[-20:]:
        tree = Or((word(rare), word(WORDS[0]), word(WORDS[1])))
        found, whole = ours.search(tree, limit=10, facets=True), ours.search(And((tree, Everything())), limit=10, facets=True)
        assert (found.total, found.facets) == (whole.total, whole.facets)
        assert page(found) == [(id_, pytest.approx(score, rel=1e-5)) for id_, score in page(whole)]
        assert scored[-1] < found.total / 2


def test_nearness_is_asked_of_the_most_promising_only(
    readers: tuple[Reader, ArrayReader], monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, ours = readers
    monkeypatch.setattr(topk, "_MIN_RESCORED", 20)
    asked: list[int] = []
    real = topk.Evaluation.final_scores
    monkeypatch.setattr(
        topk.Evaluation, "final_scores",
        lambda self, scored, at: asked.append(len(scored.documents) if at is None else len(at)) or real(self, scored, at),
    )  # fmt: skip
    tree = Prefer(And((word(WORDS[0]), word(WORDS[1]))), (near(WORDS[0], WORDS[1]),))
    found = ours.search(tree, limit=10)
    assert sum(asked) < found.total
    assert [s for _, s in page(found)] == pytest.approx([s for _, s in page(memory.search(tree, limit=10))], rel=1e-4)


def test_a_phrase_is_found_in_each_document_as_in_all(
    readers: tuple[Reader, ArrayReader], monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = readers[1].snapshot
    chance = random.Random(2)
    found = 0
    for _ in range(40):
        forms = chance.sample(WORDS[:40], chance.randrange(2, 4))
        among = Evaluation(snapshot).documents(And(tuple(map(word, forms))))
        for phrase in (near(*forms), exactly(*forms), near(forms[0], forms[0])):
            pages = []
            for most in (0, snapshot.size):
                monkeypatch.setattr(impacts, "_MAX_FOUND_ONE_BY_ONE", most)
                pages.append([each.tolist() for each in find_phrase(TermLookup(snapshot), phrase, among)])
            assert pages[0] == pages[1], phrase
            found += len(pages[0][0])
    assert found


def test_values_of_several_words_are_those_of_each(readers: tuple[Reader, ArrayReader]) -> None:
    lookup = TermLookup(readers[1].snapshot)
    for first, *others in (WORDS[:8], WORDS[-8:]):
        words = [Terms((f"en/{form}",), TEXT_FIELDS) for form in (first, *others)]
        several = [impacts.find_impacts(lookup, each, (Surface(each.terms[0][3:], 0.3),)) for each in words]
        alone = [each.all_values(lookup).tobytes() for each in several]
        for each in several:
            each.values = None if each.codes is not None else each.values
        impacts.compute_values(lookup, several)
        assert all(each.values is not None for each in several if each.documents.size)
        assert [each.all_values(lookup).tobytes() for each in several] == alone


def test_what_is_kept_is_bounded() -> None:
    kept = LruCache(1_000)
    for n in range(5):
        kept.put(n, f"list {n}", 400)
    assert [kept.get(n) for n in range(5)] == [None, None, None, "list 3", "list 4"]
    assert kept.get(3) == "list 3"
    kept.put(5, "list 5", 400)  # 4 was not used as lately as 3
    assert [kept.get(n) for n in (3, 4, 5)] == ["list 3", None, "list 5"]
    kept.put(6, "too long", 1_001)
    assert kept.get(6) is None


def test_long_lists_do_not_drive_out_short_ones() -> None:
    cache = PostingsCache(max_long_bytes=100_000, max_short_bytes=10_000)
    cache.put("short", 1, 100)
    for n in range(20):
        cache.put(n, n, 50_000)
    assert (cache.get("short"), cache.get(19), cache.get(0)) == (1, 19, None)
