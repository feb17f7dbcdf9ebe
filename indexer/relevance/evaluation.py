"""Measure the relevance of the live index on judged queries.

The measured list is what a visitor sees on the first page: the hits, then the partial matches. If a query finds nothing, the page
shows the hits of its correction instead ("Nothing for X. Results for Y"), and these are measured. The report names the queries.

nDCG with gain 2**grade - 1 and discount log2(rank + 1) (Järvelin and Kekäläinen 2002; Burges et al. 2005), MRR of the first
relevant hit, recall among the first 20.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.errors import SettingsError
from indexer.model import Document, SearchRequest, SearchResult
from indexer.search.searcher import Searcher

DEPTH, RECALL_DEPTH = 10, 20

OtherAddresses = Callable[[str], Sequence[str]]  # document id -> addresses that lead to the document, such as redirected ones


@dataclass(frozen=True, slots=True)
class Judged:
    """A query with its graded addresses."""

    query: str
    relevant: Mapping[str, float]  # address, or its last path part -> grade
    is_important: bool = False  # it must not get worse


def read_judgements(path: Path) -> list[Judged]:
    """Read judged queries. Raises SettingsError if the file does not have the documented form."""
    form = 'it must look like {"queries": [{"query": "…", "relevant": {"URL": grade}}]}'
    try:
        table = json.loads(path.read_text("utf-8"))
        return [
            Judged(str(q["query"]), {str(k): float(v) for k, v in q["relevant"].items()}, q.get("important") is True)
            for q in table["queries"]
        ]
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise SettingsError(f"{path} is not a file of judged queries: {what}", remedy=form) from error


def grade_of(url: str, relevant: Mapping[str, float]) -> tuple[str, float]:
    """Return the judgement that names this address, and its grade; ("", 0) if there is none."""
    for key in (url, url.rstrip("/"), url.rstrip("/").rsplit("/", 1)[-1]):
        if key in relevant:
            return key, max(0.0, relevant[key])
    return "", 0.0


def grade_of_document(document: Document, relevant: Mapping[str, float], others: OtherAddresses) -> tuple[str, float]:
    """Return the judgement that names the document by its own address or, failing that, by another one that leads to it."""
    key, grade = grade_of(document.url, relevant)
    if key:
        return key, grade
    graded = (grade_of(address, relevant) for address in (*document.also, *others(document.id)))
    return next((each for each in graded if each[0]), ("", 0.0))


def shown_documents(result: SearchResult) -> list[Document]:
    """Return the documents that the first page of results shows, in order, with those that are folded into others."""
    hits = (*result.hits, *result.partial)
    if not hits and result.did_you_mean:
        hits = result.did_you_mean.hits
    return [each for hit in hits for each in (hit.document, *hit.similar)]


def ndcg(grades: Sequence[float], ideal: Sequence[float], depth: int = DEPTH) -> float:
    """Return nDCG: 1.0 for the best possible order, and also if nothing is relevant and nothing was found."""

    def gain(values: Sequence[float]) -> float:
        return sum((2**g - 1) / math.log2(rank + 1) for rank, g in enumerate(values[:depth], 1))

    best = gain(sorted(ideal, reverse=True))
    return gain(grades) / best if best else float(not any(grades))


def evaluate(
    searcher: Searcher, judged: Sequence[Judged], other_addresses: OtherAddresses = lambda document_id: ()
) -> dict[str, Any]:
    """Return the report of `indexer evaluate`, with times in milliseconds."""
    rows: list[dict[str, Any]] = []
    for one in judged:
        result = searcher.search(SearchRequest(query=one.query, size=RECALL_DEPTH))
        keys = [grade_of_document(document, one.relevant, other_addresses) for document in shown_documents(result)]
        grades: list[float] = []
        seen: set[str] = set()
        for key, grade in keys:  # a judged page that appears twice counts once
            grades.append(0.0 if key in seen else grade)
            seen |= {key} - {""}
        ideal = [grade for grade in one.relevant.values() if grade > 0]
        first = next((rank for rank, grade in enumerate(grades, 1) if grade > 0), None)
        rows.append(
            {
                "query": one.query,
                f"ndcg@{DEPTH}": round(ndcg(grades, ideal), 4),
                "mrr": 1 / first if first else 0.0,
                f"recall@{RECALL_DEPTH}": sum(g > 0 for g in grades) / len(ideal) if ideal else 1.0,
                "total": result.total,
                "correction": result.did_you_mean.query if result.did_you_mean and not result.total else None,
                "ms": result.took_ms,
            }
        )
    times = sorted(row["ms"] for row in rows) or [0.0]

    def mean(name: str) -> float:
        return round(sum(row[name] for row in rows) / len(rows), 4) if rows else 0.0

    return {
        "queries": len(rows),
        "ndcg@10": mean("ndcg@10"),
        "mrr": mean("mrr"),
        "recall@20": mean("recall@20"),
        "corrected": sum(row["correction"] is not None for row in rows),
        "p95_ms": times[min(len(times) - 1, math.ceil(len(times) * 0.95) - 1)],
        "per_query": rows,
    }


def differences(report: Mapping[str, Any], baseline: Path) -> list[dict[str, Any]]:
    """Return the queries whose nDCG differs from an earlier report, worst first. Raises SettingsError."""
    try:
        before = {row["query"]: row["ndcg@10"] for row in json.loads(baseline.read_text("utf-8"))["per_query"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{baseline} is not a report of: indexer --json evaluate ({error!r})") from error
    rows = [
        {"query": row["query"], "before": before[row["query"]], "after": row["ndcg@10"]}
        for row in report["per_query"]
        if row["query"] in before and before[row["query"]] != row["ndcg@10"]
    ]
    return sorted(rows, key=lambda row: row["after"] - row["before"])
