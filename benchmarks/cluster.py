"""Compare the engine on an OpenSearch cluster with bare opensearch-py on the same three nodes and with the embedded engine.

    make opensearch && .venv/bin/python benchmarks/cluster.py --sizes 20000 100000

Three nodes share the processors of one machine, so real clusters are faster than the figures. The bare program does what most
programs do: standard analyzers, `streaming_bulk`, `multi_match` with all words in any field, highlighting by the cluster.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import mean, quantiles

import corpus
import ours
from opensearchpy import OpenSearch, helpers
from queries import Asker, Query

from indexer.config import load_settings, open_archive, open_engine
from indexer.engines.base import Engine
from indexer.engines.opensearch.cluster_settings import ClusterAccess
from indexer.engines.opensearch.engine import OpenSearchEngine
from indexer.errors import EngineError
from indexer.model import SearchRequest
from indexer.reindex import catch_up, rebuild_index
from indexer.search import searcher as searcher_module
from indexer.search.searcher import Searcher

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from support.opensearch_cluster import Cluster

BARE = "bare"
BARE_MAPPING = {
    "settings": {"number_of_shards": 3, "number_of_replicas": 1},
    "mappings": {
        "properties": {
            **{name: {"type": "text", "analyzer": "english"} for name in ("title", "text")},
            **{name: {"type": "keyword"} for name in ("source", "categories", "authors", "language", "url")},
            "date": {"type": "date"},
        }
    },
}
SWAPS = 20


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def seconds_of(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


class Comparison:
    """Compare the three engines at one number of documents."""

    def __init__(self, cluster: Cluster, folder: Path, file: Path, count: int, queries: int) -> None:
        self.file, self.count, self.urls = file, count, cluster.urls
        data = folder / f"data-{count}"
        tell(f"{count:,} documents: filling the archive")
        ours.fill(data, file, count)
        self.settings = load_settings(data)
        self.archive = open_archive(self.settings)
        self.embedded = open_engine(self.settings)
        self.clustered = OpenSearchEngine(ClusterAccess(urls=cluster.urls, index=f"bench-{count}"), self.settings.weights)
        self.bare = OpenSearch(list(cluster.urls), timeout=120)
        texts = list(itertools.islice(corpus.read(file, count), 20_000))
        self.queries = Asker(texts, 1).pages(queries)
        self.rows: list[tuple[str, str]] = []

    def row(self, what: str, value: str) -> None:
        self.rows.append((what, value))
        tell(f"  {what}: {value}")

    def writes(self) -> None:
        self.row("embedded engine, rebuild", self._rate(lambda: rebuild_index(self.archive, self.embedded)))
        self.row("cluster, rebuild without copies, then copies", self._rate(lambda: rebuild_index(self.archive, self.clustered)))
        self.bare.indices.delete(index=BARE, ignore=[404])
        self.bare.indices.create(index=BARE, body=BARE_MAPPING)
        self.row("bare streaming_bulk with one replica", self._rate(self._bulk))
        size = self.clustered.size_bytes()
        self.row(
            "size of the index, both copies", f"{size / 1e6:,.0f} MB, {size / 2 / self.count:,.0f} bytes a document and copy"
        )

    def live_writes(self) -> None:
        """Write the documents through the writer that a crawl uses, with one replica."""
        engine = OpenSearchEngine(ClusterAccess(urls=self.urls, index=f"bench-live-{self.count}"), self.settings.weights)
        self.row("cluster, as a crawl writes, with one replica", self._rate(lambda: catch_up(self.archive, engine)))
        remove(engine)

    def _rate(self, work: Callable[[], object]) -> str:
        seconds = seconds_of(work)
        return f"{self.count / seconds:,.0f} documents/s ({seconds:.1f} s)"

    def _bulk(self) -> None:
        for _ in helpers.streaming_bulk(self.bare, self._actions(), chunk_size=500, max_retries=8, initial_backoff=0.2):
            pass
        self.bare.indices.refresh(index=BARE)

    def _actions(self) -> Iterator[dict[str, object]]:
        for line in corpus.lines(self.file, self.count):
            yield {"_index": BARE, "_source": json.loads(line)}

    def searches(self) -> None:
        """Ask the engines in turns for pages with ten titles and snippets."""
        searchers = {name: self._searcher(engine) for name, engine in (("embedded", self.embedded), ("cluster", self.clustered))}
        ways: dict[str, Callable[[Query], object]] = {
            name: lambda query, searcher=searcher: searcher.search(SearchRequest(query=query.for_ours(), size=10))
            for name, searcher in searchers.items()
        }
        ways[BARE] = self._bare_search
        times: dict[str, list[float]] = {name: [] for name in ways}
        for number, query in enumerate(self.queries):
            for name, way in ways.items():
                seconds = seconds_of(lambda way=way, query=query: way(query))
                if number >= len(self.queries) // 10:  # the first ones warm the machines up
                    times[name].append(seconds * 1000)
        for name, each in times.items():
            cuts = quantiles(each, n=20)
            self.row(f"page with ten snippets, {name}", f"p50 {cuts[9]:.1f} ms, p95 {cuts[18]:.1f} ms")
        self._overlap(searchers)

    def _searcher(self, engine: Engine) -> Searcher:
        return Searcher(engine, self.settings.weights, refresh_seconds=60, folds_similar=False)

    def _bare_search(self, query: Query) -> object:
        text = " ".join(query.words)
        kind = {"type": "phrase"} if query.kind == "phrase" else {"type": "cross_fields", "operator": "and"}
        body = {
            "query": {"multi_match": {"query": text, "fields": ["title^3", "text"], **kind}},
            "size": 10,
            "track_total_hits": True,
            "highlight": {"encoder": "html", "fields": {"title": {"number_of_fragments": 0}, "text": {"number_of_fragments": 2}}},
        }
        return self.bare.search(index=BARE, body=body)

    def _overlap(self, searchers: dict[str, Searcher]) -> None:
        shares, different = [], 0
        for query in self.queries:
            pages = [each.search(SearchRequest(query=query.for_ours(), size=10)) for each in searchers.values()]
            first, second = ({hit.document.id for hit in page.hits} for page in pages)
            shares.append(len(first & second) / max(len(first), len(second), 1) if first or second else 1.0)
            different += pages[0].total != pages[1].total
        self.row("overlap@10 with the embedded engine", f"{mean(shares):.4f} over {len(shares)} queries")
        self.row("queries with another total", str(different))

    def swaps(self) -> None:
        """Search while the alias is moved between two generations of the index."""
        rebuild_index(self.archive, self.clustered)
        counts: Counter[str] = Counter()
        stopping = threading.Event()

        def search() -> None:
            engine = OpenSearchEngine(self.clustered.access, self.settings.weights)
            searcher = Searcher(engine, self.settings.weights)
            for query in itertools.cycle(self.queries):
                if stopping.is_set():
                    return
                try:
                    searcher.search(SearchRequest(query=query.for_ours()))
                    counts["searches"] += 1
                    counts["too few documents"] += searcher.reader().document_count < self.count
                except EngineError:
                    counts["failed"] += 1

        threads = [threading.Thread(target=search) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(SWAPS):
            time.sleep(0.3)
            self.clustered.roll_back()
        stopping.set()
        for thread in threads:
            thread.join()
        found = f"{counts['searches']} searches, {counts['failed']} failed, {counts['too few documents']} with too few documents"
        self.row(f"{SWAPS} swaps of the alias under load", found)

    def close(self) -> None:
        self.archive.close()
        remove(self.clustered)
        self.bare.indices.delete(index=BARE, ignore=[404])


def remove(engine: OpenSearchEngine) -> None:
    for name in list(engine.connection.call("GET", f"/{engine.access.index}-*/_alias")):
        engine.connection.call("DELETE", f"/{name}", seconds=60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000])
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--heap", default="1g")
    options = parser.parse_args()
    searcher_module.MAX_SECONDS = 60.0  # a busy machine shows in the times, not as failures
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tell(f"making {max(options.sizes):,} documents")
        file = folder / "documents.jsonl"
        corpus.write(file, max(options.sizes))
        cluster = Cluster(folder / "cluster", heap=options.heap, is_tiered=True)
        cluster.start()
        try:
            for size in sorted(options.sizes):
                comparison = Comparison(cluster, folder, file, size, options.queries)
                comparison.writes()
                comparison.searches()
                if size == min(options.sizes):
                    comparison.live_writes()
                    comparison.swaps()
                comparison.close()
                print(f"\n| {size:,} documents | |\n|---|---|")
                for what, value in comparison.rows:
                    print(f"| {what} | {value} |", flush=True)
        finally:
            cluster.stop()


if __name__ == "__main__":
    main()
