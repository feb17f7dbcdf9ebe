"""Move the index to another engine: fill the new one from the archive, compare, and only then let the operator switch.

    archive -> changes that the new engine lacks -> counts and checksums -> the same searches on both engines

Nothing is removed. A move that was interrupted goes on from the position that the new engine has stored.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from indexer.archive.serialization import to_json
from indexer.archive.store import Archive
from indexer.engines.base import Engine, Reader
from indexer.errors import IndexMissing
from indexer.model import RankingWeights, SearchRequest, SearchResult
from indexer.reindex import Progress, catch_up
from indexer.relevance.evaluation import Judged, evaluate
from indexer.search.searcher import Searcher

MIN_OVERLAP: Final = 0.95  # mean share of the first ten results that both engines give
MAX_COMPARED_QUERIES: Final = 100
MAX_NAMED: Final = 5
COMPARED_HITS: Final = 10


@dataclass(frozen=True, slots=True)
class MoveReport:
    """What the comparison of both engines found. `problems` prevent the switch."""

    documents: int
    queries: int
    overlap: float
    ndcg: tuple[float, float] | None  # of the old and the new engine on the operator's judged queries
    problems: tuple[str, ...]


def move_index(
    archive: Archive,
    old: Engine,
    new: Engine,
    weights: RankingWeights,
    judged: Sequence[Judged] = (),
    progress: Progress = lambda done, total: None,
) -> MoveReport:
    """Fill the new engine and compare it with the archive and the old engine.

    `judged`: queries that must not get worse. The most frequent searches are compared in any case. Raises ArchiveMismatch if
    the new engine holds the index of another archive.
    """
    catch_up(archive, new, progress)
    with closing(new.reader()) as reader:
        problems = content_problems(archive, reader)
        documents = reader.document_count
    queries = compared_queries(archive)
    before, after = Searcher(old, weights), Searcher(new, weights)
    overlap, ndcg = 1.0, None
    try:
        different, overlap = compare_results(before, after, queries)
        problems += different
        if judged:
            ndcg = evaluate(before, judged)["ndcg@10"], evaluate(after, judged)["ndcg@10"]
            if ndcg[1] < ndcg[0] - 0.01:
                problems.append(f"nDCG@10 of the judged queries falls from {ndcg[0]:.4f} to {ndcg[1]:.4f}")
    except IndexMissing:  # there is no old index to compare with
        queries = []
    if overlap < MIN_OVERLAP:
        problems.append(f"the first ten results of {len(queries)} queries are the same for {overlap:.0%} only")
    return MoveReport(documents, len(queries), overlap, ndcg, tuple(problems))


def content_problems(archive: Archive, reader: Reader) -> list[str]:
    """Return how the documents of an index differ from those of the archive, by their number and their checksums."""
    problems: list[str] = []
    sums = {document.id: _checksum(to_json(document)) for document in reader.documents()}
    expected = archive.documents.count()
    if not len(sums) == reader.document_count == expected:
        problems.append(f"the archive has {expected} documents, the new index {reader.document_count}")
    wrong = [each.id for each in archive.documents.all() if sums.get(each.id) != _checksum(to_json(each))]
    if wrong:
        problems.append(f"{len(wrong)} documents differ from the archive: {', '.join(wrong[:MAX_NAMED])}")
    return problems


def _checksum(text: str) -> int:
    return crc32(json.dumps(json.loads(text), sort_keys=True).encode())


def compared_queries(archive: Archive) -> list[str]:
    """Return the most frequent searches, and titles where there are few."""
    queries = [str(row["query"]) for row in archive.top_queries(MAX_COMPARED_QUERIES)]
    for document in archive.documents.all():
        if len(queries) >= MAX_COMPARED_QUERIES:
            break
        queries.append(" ".join(document.title.split()[:3]))
    return [query for query in dict.fromkeys(queries) if query.strip()]


def compare_results(old: Searcher, new: Searcher, queries: Iterable[str]) -> tuple[list[str], float]:
    """Return the queries with another total, as problems, and the mean overlap of the first ten results."""
    different: list[str] = []
    shares: list[float] = []
    for query in queries:
        before, after = (searcher.search(SearchRequest(query=query, size=COMPARED_HITS)) for searcher in (old, new))
        if before.total != after.total:
            different.append(f"“{query}” finds {before.total} documents on the old engine and {after.total} on the new one")
        shares.append(overlap_at(before, after))
    more = [f"… and {len(different) - MAX_NAMED} more queries"] if len(different) > MAX_NAMED else []
    return different[:MAX_NAMED] + more, sum(shares) / len(shares) if shares else 1.0


def overlap_at(before: SearchResult, after: SearchResult) -> float:
    """Return the share of the shown results that both have; 1 if neither has any."""
    first, second = ({hit.document.id for hit in result.hits} for result in (before, after))
    return len(first & second) / max(len(first), len(second)) if first or second else 1.0
