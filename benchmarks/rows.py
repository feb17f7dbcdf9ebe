"""Measure the rows about answers: pages, OR, facets, sorting, patterns, growth."""

from __future__ import annotations

import math
from typing import Any

from bench import SLOW, WARM_UP, Bench, tell
from measure import Figures, Worker, in_turns
from ours import Ours
from queries import Asker, Query
from report import number

ROUNDS = 3


def rounds_of(queries: list[Query]) -> list[list[tuple[Query]]]:
    """Divide the queries into three rounds."""
    return [[(query,) for query in queries[n::ROUNDS]] for n in range(ROUNDS)]


def per_second(found: dict[str, Figures], *names: str) -> str:
    return ", ".join(f"{name} {found[name].qps:,.0f}/s" for name in names)


def pages(bench: Bench) -> None:
    """Measure result pages: parse, retrieve, exact total, ten titles, ten snippets."""
    queries = bench.asker(1).pages(ROUNDS * bench.options.queries)
    found = bench.ask("result page", "ours tantivy fts5 whoosh", "page", rounds_of(queries))
    mine, tantivy, fts5 = found["ours"], found["tantivy"], found["fts5"]
    filled = bench.ask("result page, filled with partial matches", "tantivy", "filled_page", rounds_of(queries))["tantivy"]
    remark = f"{per_second(found, 'ours', 'tantivy')}; filled with partial matches as ours is, tantivy {filled.qps:,.0f}/s"
    bench.at_least(
        "result page: queries/s to tantivy", mine.qps / tantivy.qps, 2.5, f"{remark} ({number(mine.qps / filled.qps)} x)"
    )
    bench.at_least("result page: queries/s to FTS5", mine.qps / fts5.qps, 10, per_second(found, "ours", "fts5", "whoosh"))
    remark = f"ours {mine.p99:.2f} ms, tantivy {tantivy.p99:.2f} ms"
    bench.at_most("result page: p99 to tantivy", mine.p99 / tantivy.p99, 0.6, remark)


def either(bench: Bench) -> None:
    """Measure OR and relaxed queries: ranking with the exact total, and our whole page in the remark."""
    asker, count = bench.asker(2), bench.options.queries
    asks = {"OR of 2-4": asker.either(count, 4), "OR of 2-8": asker.either(count, 8)}
    candidates = asker.scattered(2 * count)
    tell("asking: which are relaxed")
    relaxed = [query for query in candidates if bench.engine("ours").call("relaxed", query)][:count]
    for what, queries in asks.items():
        _either(bench, what, queries, queries)
    if len(relaxed) >= 2 * ROUNDS:
        _either(bench, "relaxed, 2-8", relaxed, [Query("or", query.words) for query in relaxed])
    else:
        bench.at_least("relaxed, 2-8: retrieval and total, to bm25s", None, 5, "nothing was relaxed: too few documents")


def _either(bench: Bench, what: str, for_ours: list[Query], for_peers: list[Query]) -> None:
    peers = "tantivy fts5 bm25s bm25s.retrieve whoosh"
    found = bench.ask(f"{what}: retrieval", f"ours {peers}", "retrieve", rounds_of(for_peers))
    page = bench.ask(f"{what}: page", "ours", "page", rounds_of(for_ours))["ours"]
    for peer, limit in (("bm25s", 1.5), ("tantivy", 1.3), ("bm25s.retrieve", 5), ("whoosh", 30)):
        theirs = found[peer].qps
        remark = f"{per_second(found, 'ours', peer)}; our whole page {page.qps:,.0f}/s ({number(page.qps / theirs)} x)"
        bench.at_least(f"{what}: retrieval and total, to {peer}", found["ours"].qps / theirs, limit, remark)


def facets(bench: Bench) -> None:
    """Measure pages with five facets, a category and a range of dates, relative to the plain page of the same queries."""
    pairs = bench.asker(3).narrowed(bench.options.queries)
    queries, asks = [query for query, _ in pairs], [list(pairs[n::ROUNDS]) for n in range(ROUNDS)]
    plain = bench.ask("plain page of the next", "ours fts5", "page", rounds_of(queries))
    found = bench.ask("page, five facets, category, dates", "ours fts5", "narrowed", asks)
    bench.ask("the same, facets without filters", "ours", "faceted", rounds_of(queries))
    remark = f"{found['ours'].mean:.2f} ms, plain {plain['ours'].mean:.2f} ms (means)"
    bench.at_most("facets, category, dates: time to the plain page", found["ours"].mean / plain["ours"].mean, 2, remark)
    remark = per_second(found, "ours", "fts5")
    bench.at_least("facets, category, dates: queries/s to FTS5", found["ours"].qps / found["fts5"].qps, 3, remark)


def segments(bench: Bench) -> None:
    """Measure the rows above with five segments and 2 % deleted documents, relative to one segment."""
    asker, count = bench.asker(7), bench.options.queries
    narrowed = asker.narrowed(count)
    kinds: list[tuple[str, str, list[list[Any]]]] = [
        ("result page", "page", [[(query,) for query in part] for part in _parts(asker.pages(count))]),
        ("OR of 2-4", "retrieve", [[(query,) for query in part] for part in _parts(asker.either(count, 4))]),
        ("OR of 2-8", "retrieve", [[(query,) for query in part] for part in _parts(asker.either(count, 8))]),
        ("facets, category, dates", "narrowed", _parts(narrowed)),
    ]
    whole, parted = bench.engine("ours"), Worker(Ours, bench.split_data())
    parted.call("open")
    for what, method, rounds in kinds:
        tell(f"asking: {what}, five segments")
        for worker in (whole, parted):
            worker.times(method, rounds[0][:WARM_UP])
        found = in_turns({"one": whole, "five": parted}, method, rounds, SLOW)
        one, five = found["one"], found["five"]
        bench.at_most(
            f"{what}: five segments to one", five.mean / one.mean, 1.3, f"{five.mean:.2f} ms, {one.mean:.2f} ms (means)"
        )
        if method == "page":
            bench.at_most(f"{what}, p99: five segments to one", five.p99 / one.p99, 1.3, f"{five.p99:.2f} ms, {one.p99:.2f} ms")
    parted.close()


def _parts(asks: list[Any]) -> list[list[Any]]:
    return [asks[n::ROUNDS] for n in range(ROUNDS)]


def sorting(bench: Bench) -> None:
    """Measure pages by date and page 50, relative to the first page by relevance of the same queries."""
    queries = bench.asker(4).pages(bench.options.queries)
    first = bench.ask("first page, mixed", "ours", "page", rounds_of(queries))["ours"]
    dated = bench.ask("by date, mixed", "ours", "by_date", rounds_of(queries))["ours"]
    remark = f"{dated.mean:.2f} ms, by relevance {first.mean:.2f} ms (means)"
    bench.at_most("sort by date: time to the first page", dated.mean / first.mean, 2, remark)
    words = bench.asker(4).frequent(300)
    totals = [bench.engine("ours").call("page", query) for query in words]
    page = min(50, max(totals) // 10 or 1)
    deep = [query for query, total in zip(words, totals, strict=True) if total >= 10 * page]
    first = bench.ask("first page, frequent words", "ours", "page", [[(query,) for query in deep]])["ours"]
    far = bench.ask(f"page {page}, frequent words", "ours", "far_page", [[(query, page) for query in deep]])["ours"]
    remark = f"{far.mean:.2f} ms, first page {first.mean:.2f} ms (means), {len(deep)} words" + (
        "" if page == 50 else "; NOT PAGE 50"
    )
    bench.at_most(f"page {page}: time to the first page", far.mean / first.mean, 2, remark)


def patterns(bench: Bench) -> None:
    """Measure whole pages of prefixes, wildcards and fuzzy words."""
    asker, count = bench.asker(5), max(ROUNDS, bench.options.queries // 3)
    for what, queries in (
        ("prefix of 2-5 letters", asker.prefixes(count)),
        ("wildcard after 2-3 letters", asker.wildcards(count, leading=False)),
        ("wildcard in front and behind", asker.wildcards(count, leading=True)),
        ("fuzzy~1", asker.fuzzy(count)),
    ):
        mine = bench.ask(what, "ours", "page", rounds_of(queries))["ours"]
        bench.at_most(f"{what}: p95", mine.p95, 10, f"p50 {mine.p50:.2f} ms, p99 {mine.p99:.2f} ms", "ms")


def growth(bench: Bench) -> None:
    """Measure how the mean time of a page grows with the number of documents. All queries have matches in the smallest index."""
    sizes = sorted(bench.options.sizes)
    queries = Asker(bench.texts(sizes[0]), 6).pages(bench.options.queries)
    means = []
    for size in sizes:
        worker = Worker(Ours, bench.data(size))
        worker.call("open")
        tell(f"asking: result page at {size:,}")
        worker.times("page", [(query,) for query in queries[:WARM_UP]])
        found = in_turns({"ours": worker}, "page", rounds_of(queries[WARM_UP:]), SLOW)["ours"]
        worker.close()
        means.append(found.mean)
        bench.drop_data(size)
    remark = ", ".join(f"{size:,}: {mean:.2f} ms" for size, mean in zip(sizes, means, strict=True))
    bench.at_most("growth of the mean time: exponent", slope(sizes, means), 0.6, remark, "")


def slope(sizes: list[int], times: list[float]) -> float | None:
    """Return the slope of the straight line through the logarithms, by least squares.

    >>> slope([10, 100, 1000], [1.0, 10.0, 100.0])
    1.0
    """
    if len(sizes) < 2:
        return None
    xs, ys = [math.log10(size) for size in sizes], [math.log10(time) for time in times]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return round(sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs), 3)
