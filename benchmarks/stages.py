"""Show where the time of a result page goes: python benchmarks/stages.py DATA CORPUS [--queries 400]

DATA is a data folder with an index. CORPUS is the file of JSON lines (`indexer export`) that it was made from. The program asks
each kind of query once, then some of them again. A stage is a function without the functions of other stages that it calls. Its
time is in microseconds of the thread's processor time, as the mean of all queries. Measuring adds about 0.7 us to each call.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from statistics import fmean, median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import corpus
from queries import Asker, Query

WARM_UP = 60  # queries
AGAIN = 150  # queries that are repeated


class Stages:
    """Sum up the seconds that each stage takes."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._inner: list[float] = []

    def watch(self, owner: Any, name: str, stage: str) -> None:
        """Replace a function by one that adds its time to a stage."""
        function: Callable[..., Any] = getattr(owner, name)

        @wraps(function)
        def timed(*arguments: Any, **named: Any) -> Any:
            started = time.thread_time()
            self._inner.append(0.0)
            try:
                return function(*arguments, **named)
            finally:
                taken = time.thread_time() - started
                self.seconds[stage] += taken - self._inner.pop()
                if self._inner:
                    self._inner[-1] += taken

        setattr(owner, name, timed)


def watched() -> Stages:
    """Watch the stages of a page."""
    from indexer.engines.whoosh import reader
    from indexer.engines.whoosh.search import kernel_queries
    from indexer.engines.whoosh.snapshot.facet_columns import FacetColumns
    from indexer.engines.whoosh.snapshot.kernel import Kernel
    from indexer.engines.whoosh.snapshot.snapshot import Snapshot
    from indexer.search import matching, searcher
    from indexer.snippets import highlighter
    from indexer.snippets.highlighter import Marker

    stages = Stages()
    for owner, name, stage in (
        (searcher.Searcher, "search", "request and result"),
        (searcher.Searcher, "_answer", "request and result"),
        (searcher, "parse", "parse"),
        (matching, "understand", "understand"),
        (matching, "plain_query", "understand"),
        (matching, "relaxed", "understand"),
        (matching.Matcher, "match", "match"),
        (reader.ArrayReader, "search", "plan"),
        (reader, "best_of_plan", "plan"),
        (reader.ArrayReader, "search_words", "plan"),
        (reader, "first_page_of_words", "plan"),
        (kernel_queries, "_plan_node", "plan: new words"),
        (Kernel, "best", "rank (kernel)"),
        (Kernel, "first_page", "rank (kernel)"),
        (reader.ArrayReader, "_rank", "rank (numpy)"),
        (reader, "top_k_of_union", "rank (numpy)"),
        (FacetColumns, "count", "facets"),
        (Snapshot, "documents", "documents"),
        (Snapshot, "matches", "documents"),
        (searcher.Searcher, "_hits", "hits"),
        (searcher, "present", "hits"),
        (searcher, "similar_pairs", "near-duplicates"),
        (highlighter, "finders_of", "forms of words"),
        (Marker, "hits", "titles and snippets"),
        (Marker, "page", "titles and snippets"),
        (Marker, "_finder", "forms of words"),
        (matching.Matcher, "missing_words", "missing words"),
        (searcher.Searcher, "_suggestion", "correction"),
    ):
        stages.watch(owner, name, stage)
    return stages


def report(kind: str, stages: Stages, taken: Sequence[float]) -> None:
    """Print one line: the mean and the median of a page, then its stages."""
    shares = "  ".join(f"{stage} {seconds / len(taken) * 1e6:.0f}" for stage, seconds in stages.seconds.most_common())
    print(f"{kind}: mean {fmean(taken) * 1e6:.0f}, p50 {median(taken) * 1e6:.0f} us\n    {shares}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--queries", type=int, default=400, help="of each kind (default: %(default)s)")
    options = parser.parse_args()

    from ours import searcher_of

    from indexer.model import SearchRequest

    asker = Asker(list(corpus.read(options.corpus, 10**9))[::7])
    pages = asker.pages(3 * options.queries)
    kinds: dict[str, list[Query]] = {
        "one word": [query for query in pages if query.kind == "words" and len(query.words) == 1],
        "all of 2 to 4 words": [query for query in pages if query.kind == "words" and len(query.words) > 1],
        "a phrase": [query for query in pages if query.kind == "phrase"],
        "any of 2 to 4 words": asker.either(options.queries, 4),
    }
    searcher, stages = searcher_of(options.data), watched()

    def ask(query: Query) -> float:
        started = time.thread_time()
        searcher.search(SearchRequest(query.for_ours()))
        return time.thread_time() - started

    for query in Asker(list(corpus.read(options.corpus, 500)), 7).pages(WARM_UP):
        ask(query)
    gc.collect()
    gc.freeze()  # as webui does
    for kind, queries in kinds.items():
        for name, asked in (("first", queries), ("repeated", queries[:AGAIN])):
            stages.seconds.clear()
            report(f"{kind}, {name}", stages, [ask(query) for query in asked])


if __name__ == "__main__":
    main()
