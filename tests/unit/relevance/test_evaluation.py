"""nDCG, MRR and recall on judged queries, calculated by hand, and what a broken file of judgements answers."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.errors import SettingsError
from indexer.model import Change, Document, RankingWeights, SearchRequest
from indexer.relevance.evaluation import Judged, differences, evaluate, grade_of, grade_of_document, ndcg, read_judgements
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
    thirds = evaluate(Searcher(engine, RankingWeights()), [*judged, Judged("absent", {"c": 1.0})])
    assert (thirds["mrr"], thirds["recall@20"]) == (0.5, 0.5)
    several = evaluate(Searcher(engine, RankingWeights()), [judged[1], *[Judged("absent", {"c": 1.0})] * 2])
    assert several["mrr"] == 0.3333, "four digits"


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


def test_a_document_is_judged_by_its_own_address_first() -> None:
    document = Document("a", "https://example.org/a", "", "", also=("https://example.org/b", "https://example.org/c"))
    relevant = {"c": 3.0, "d": 1.0}
    assert grade_of_document(document, relevant, lambda id_: ()) == ("c", 3.0)
    assert grade_of_document(document, relevant | {"a": 2.0}, lambda id_: ()) == ("a", 2.0)
    assert grade_of_document(document, {"d": 1.0}, lambda id_: (f"https://example.org/{id_}/d",)) == ("d", 1.0)
    assert grade_of_document(document, {"x": 1.0}, lambda id_: ()) == ("", 0.0)


def test_important_queries_are_marked_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "judged.json"
    queries = [{"query": "a", "relevant": {}, "important": important} for important in (True, False, "yes")]
    file.write_text(json.dumps({"queries": queries}), "utf-8")
    assert [one.is_important for one in read_judgements(file)] == [True, False, False]


def test_a_page_that_appears_twice_counts_once() -> None:
    searcher = searcher_over({"new": "ferry ferry", "old": "a ferry and more", "other": "a ferry and still more words"})
    others = {"new": ("https://example.org/page",), "old": ("https://example.org/page",), "other": ()}
    (row,) = evaluate(searcher, [Judged("ferry", {"page": 1.0, "other": 0.0})], others.__getitem__)["per_query"]
    assert (row["ndcg@10"], row["recall@20"]) == (1.0, 1.0)


def test_a_query_that_should_find_nothing() -> None:
    searcher = searcher_over({"a": "ferry"})
    absent, ferry = evaluate(searcher, [Judged("absent", {}), Judged("ferry", {"a": 0.0})])["per_query"]
    assert (absent["ndcg@10"], absent["mrr"], absent["recall@20"]) == (1.0, 0.0, 1.0)
    assert (ferry["ndcg@10"], ferry["mrr"], ferry["recall@20"]) == (1.0, 0.0, 1.0)


def test_a_report_of_no_queries_is_empty() -> None:
    report = evaluate(searcher_over({"a": "ferry"}), [])
    assert (report["queries"], report["ndcg@10"], report["corrected"], report["p95_ms"]) == (0, 0.0, 0, 0.0)


def test_the_95th_percentile_is_one_of_the_times() -> None:
    report = evaluate(searcher_over({"a": "ferry"}), [Judged("ferry", {"a": 1.0})] * 21)
    assert report["p95_ms"] == sorted(row["ms"] for row in report["per_query"])[19]


def test_the_differences_between_two_reports(tmp_path: Path) -> None:
    baseline = tmp_path / "before.json"
    before = {"a": 0.5, "b": 0.5, "c": 0.5, "gone": 1.0}
    baseline.write_text(json.dumps({"per_query": [{"query": q, "ndcg@10": value} for q, value in before.items()]}), "utf-8")
    report = {"per_query": [{"query": q, "ndcg@10": value} for q, value in (("a", 0.75), ("b", 0.25), ("c", 0.5), ("new", 1.0))]}
    assert differences(report, baseline) == [
        {"query": "b", "before": 0.5, "after": 0.25},
        {"query": "a", "before": 0.5, "after": 0.75},
    ]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"per_query": [{}]}'])
def test_a_broken_report_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "before.json"
    file.write_text(text, "utf-8")
    with pytest.raises(SettingsError, match="is not a report of"):
        differences({"per_query": []}, file)
    with pytest.raises(SettingsError, match="is not a report of"):
        differences({"per_query": []}, tmp_path / "missing.json")
