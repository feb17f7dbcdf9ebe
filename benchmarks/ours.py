"""Ask the product through its stable interface: settings, archive, `reindex`, `Searcher`, `SearchRequest`.

`python ours.py build DATA`, `split DATA FROM` and `open DATA SMALL QUERY` measure in a process that has done nothing else, and
print JSON. No cache of whole pages is used where times are measured here.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from indexer.config import load_settings, open_archive, open_engine
from indexer.model import SearchRequest, SearchResult

if TYPE_CHECKING:
    from queries import Narrowing, Query

    from indexer.search.searcher import Searcher


def fill(data: Path, file: Path, limit: int) -> None:
    """Import the first documents of a file into an archive. Nothing is indexed."""
    from corpus import lines

    from indexer.exchange.jsonl import import_lines

    data.mkdir(parents=True, exist_ok=True)
    archive = open_archive(load_settings(data))
    with archive.transaction():
        _, problems = import_lines(archive, lines(file, limit), file.name)
    archive.close()
    if problems:
        print(f"  {len(problems)} documents could not be imported, as: {problems[0]}", file=sys.stderr)


def build(data: Path) -> dict[str, float]:
    """Build the index from the archive. Return its seconds, documents and bytes."""
    from indexer.reindex import reindex

    settings = load_settings(data)
    archive, engine = open_archive(settings), open_engine(settings)
    started = time.perf_counter()
    reindex(archive, engine)
    seconds = time.perf_counter() - started
    size = sum(path.stat().st_size for path in settings.index_path.rglob("*") if path.is_file())
    return {"seconds": seconds, "documents": archive.counts()["documents"], "bytes": size}


SEGMENTS = (0.846, 0.1232, 0.029, 0.0017)  # the sizes of segments that are not merged; the rest is the fifth
DELETED = 0.02


def split(data: Path, whole: Path) -> dict[str, float]:
    """Make another index of the same archive: five segments, of which every fiftieth document is deleted."""
    import itertools
    import shutil

    from indexer.model import Change

    settings = load_settings(whole)
    data.mkdir(parents=True)
    for file in settings.archive_path.parent.glob(f"{settings.archive_path.name}*"):
        shutil.copy(file, data / file.name)
    settings = load_settings(data)
    archive, engine = open_archive(settings), open_engine(settings)
    count, last = archive.counts()["documents"], archive.documents.last_change
    changes, ids = archive.documents.changes_since(0), []
    writer = engine.writer(archive.identity)
    for share in (*SEGMENTS, 1.0):
        part = list(itertools.islice(changes, max(1, int(share * count))))
        ids += [change.document_id for change in part]
        writer.apply(part, last)
    every = int(1 / DELETED)
    writer.apply([Change(last, document_id, None) for document_id in ids[every // 2 :: every]], last)
    writer.close()
    return {"documents": engine.reader().document_count}


def opening(data: Path, small: Path, query: str) -> dict[str, float]:
    """Return the milliseconds to open an index and answer, in a process that has already answered from another index."""
    searcher_of(small).search(SearchRequest("harbour"))
    taken = []
    for _ in range(5):
        started = time.perf_counter()
        found = searcher_of(data).search(SearchRequest(query))
        taken.append((time.perf_counter() - started) * 1000)
    return {"first": taken[0], "median": median(taken), "total": found.total}


def searcher_of(data: Path) -> Searcher:
    from indexer.search.searcher import Searcher

    settings = load_settings(data)
    return Searcher(open_engine(settings), settings.weights, refresh_seconds=0.05)  # as webui does


class Ours:
    """Ask the product for what the peers are asked for, and for what only the product has."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def open(self) -> None:
        self._searcher = searcher_of(self.data)
        reader = self._searcher.reader()
        self._languages = reader.languages() or ("und",)
        self._searcher.search(SearchRequest("é 中", size=1, facets=True))
        gc.collect()  # what `webui.server.serve.warm_up` does: all but the youngest objects wait until no request comes
        gc.freeze()
        gc.set_threshold(gc.get_threshold()[0], 1_000_000, 1_000_000)
        try:
            from queries import Query

            from indexer.query.parse import parse
            from indexer.search.query_context import QueryContext
            from indexer.search.query_understanding import understand

            weights = self._searcher._weights
            self._understood = lambda text: understand(parse(text).node, QueryContext(reader, self._languages, weights)).tree
            self.retrieve(Query("or", ("harbour", "ferry")))
        except (ImportError, TypeError, AttributeError) as error:  # what is below the page was built anew
            print(f"  ours: whole pages stand for bare retrieval: {error}", file=sys.stderr)
            self.retrieve = self.page

    def page(self, query: Query) -> int:
        return self._ask(query).total

    def retrieve(self, query: Query) -> int:
        """Rank and count without making a page. As with the peers, the best ten are numbers, and no document is read."""
        tree = self._understood(query.for_ours())
        return self._searcher.reader()._best(tree, 0, 10, "relevance", "total", (), None)[0] if tree is not None else 0

    def relaxed(self, query: Query) -> bool:
        return self._ask(query).relaxed

    def by_date(self, query: Query) -> int:
        return self._ask(query, sort="date").total

    def far_page(self, query: Query, page: int) -> int:
        """Return the number of hits on a page."""
        return len(self._ask(query, page=page).hits)

    def faceted(self, query: Query) -> int:
        return self._ask(query, facets=True).total

    def narrowed(self, query: Query, to: Narrowing) -> int:
        return self._ask(
            query, categories=(to.category,), date_from=to.date_from, date_to=to.date_to, facets=True
        ).total  # fmt: skip

    def _ask(self, query: Query, **wanted: Any) -> SearchResult:
        return self._searcher.search(SearchRequest(query.for_ours(), **wanted))


if __name__ == "__main__":
    verb, *arguments = sys.argv[1:]
    if verb == "build":
        print(json.dumps(build(Path(arguments[0]))))
    elif verb == "split":
        print(json.dumps(split(Path(arguments[0]), Path(arguments[1]))))
    else:
        print(json.dumps(opening(Path(arguments[0]), Path(arguments[1]), arguments[2])))
