"""nDCG, MRR and recall on judged queries, calculated by hand, and what a broken file of judgements answers."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.errors import SettingsError
from indexer.model import Change, Document, RankingWeights, SearchRequest
from indexer.search.evaluation import Judged, evaluate, grade_of, ndcg, read_judgements
from indexer.search.searcher import Searcher


def test_the_gain_of_a_grade_is_discounted_by_its_rank() -> None:
    best = 7 / math.log2(2) + 1 / math.log2(3)
    assert ndcg([3, 1], [1, 3]) == 1.0
    assert ndcg([1, 3], [3, 1]) == pytest.approx((1 / math.log2(2) + 7 / math.log2(3)) / best)
    assert ndcg([0] * 10 + [3], [3]) == 0.0, "only the first ten count"
    assert ndcg([], []) == 1.0
    assert ndcg([1], []) == 0.0


def test_a_judgement_names_an_address_or_its_last_part() -> None:
    relevant = {"https://example.org/a": 2.0, "b": 1.0, "c": -1.0}
    assert grade_of("https://example.org/a", relevant) == ("https://example.org/a", 2.0)
    assert grade_of("https://example.org/a/", relevant) == ("https://example.org/a", 2.0)
    assert grade_of("https://example.org/x/b/", relevant) == ("b", 1.0)
    assert grade_of("https://example.org/c", relevant) == ("c", 0.0)
    assert grade_of("https://example.org/d", relevant) == ("", 0.0)


def test_a_report_has_the_means_of_all_queries() -> None:
    engine = MemoryEngine(RankingWeights())
    texts = {"a": "ferry ferry ferry", "b": "ferry harbour wall and much else", "c": "mill"}
    documents = [Document(name, f"https://example.org/{name}", name, text, language="en") for name, text in texts.items()]
    engine.writer().apply([Change(number, each.id, each) for number, each in enumerate(documents, 1)], 3)
    judged = [Judged("ferry", {"b": 1.0, "missing": 1.0}), Judged("mill", {"c": 3.0})]
    report = evaluate(Searcher(engine, RankingWeights()), judged)
    ferry, mill = report["per_query"]
    assert (ferry["total"], ferry["mrr"], ferry["recall@20"]) == (2, 0.5, 0.5)
    assert (mill["total"], mill["mrr"], mill["recall@20"], mill["ndcg@10"]) == (1, 1.0, 1.0, 1.0)
    assert (report["queries"], report["mrr"], report["recall@20"]) == (2, 0.75, 0.75)


def searcher_over(texts: dict[str, str]) -> Searcher:
    engine = MemoryEngine(RankingWeights())
    documents = [Document(name, f"https://example.org/{name}", name, text, language="en") for name, text in texts.items()]
    engine.writer().apply([Change(number, each.id, each) for number, each in enumerate(documents, 1)], len(documents))
    return Searcher(engine, RankingWeights())


def test_a_query_without_results_is_measured_by_what_the_page_shows_instead() -> None:
    searcher = searcher_over({"a": "the immunity of ferries", "b": "a harbour wall"})
    report = evaluate(
        searcher, [Judged("imunity", {"a": 1.0}), Judged('"wall harbour"', {"b": 1.0}), Judged("harbour", {"b": 1})]
    )
    assert [row["correction"] for row in report["per_query"]] == ["immunity", "wall harbour", None]
    assert [row["total"] for row in report["per_query"]] == [0, 0, 1]
    assert (report["ndcg@10"], report["corrected"]) == (1.0, 2)


def test_a_judgement_may_name_an_address_that_leads_to_the_document() -> None:
    searcher = searcher_over({"new-place": "the immunity of ferries"})
    judged = [Judged("ferries", {"old-place": 2.0})]
    assert evaluate(searcher, judged)["ndcg@10"] == 0.0
    others = {"new-place": ("https://example.org//news/old-place/",)}
    assert evaluate(searcher, judged, others.__getitem__)["ndcg@10"] == 1.0


@pytest.mark.parametrize("text", ["", "[]", '{"queries": [{}]}', '{"queries": [{"query": "a", "relevant": {"u": "high"}}]}'])
def test_a_broken_file_of_judgements_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "judged.json"
    file.write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=r"judged\.json is not a file of judged queries"):
        read_judgements(file)


def test_judgements_are_read(tmp_path: Path) -> None:
    file = tmp_path / "judged.json"
    file.write_text(json.dumps({"queries": [{"query": "ferry", "relevant": {"a": 2}}]}), "utf-8")
    assert read_judgements(file) == [Judged("ferry", {"a": 2.0})]
    with pytest.raises(SettingsError, match="cannot read"):
        read_judgements(tmp_path / "missing.json")


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    file = tmp_path / "judged.json"
    file.write_text('{"queries": [{"query": "a"}]}', "utf-8")
    with pytest.raises(SettingsError, match="'relevant' is missing"):
        read_judgements(file)


def test_a_misspelt_phrase_is_corrected_without_its_quotation_marks() -> None:
    searcher = searcher_over({"a": "the border guards at the harbour", "b": "the border of a field"})
    result = searcher.search(SearchRequest('"border gaurds"'))
    assert result.did_you_mean is not None
    assert (result.total, result.did_you_mean.query) == (0, "border guards")
    assert [hit.document.id for hit in result.did_you_mean.hits] == ["a"]
