"""Measure the rows about operation: build, size, updates, opening, memory, HTTP."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from statistics import median

import updates as updating
from bench import Bench, indexer_command, run, size_of, tell
from measure import alone, family, memory
from queries import Query
from web import Server, generator, path_of, rates

_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \| (\s*)(\S+)")


def build(bench: Bench) -> None:
    """Measure `reindex` from the archive in a process of its own, and the greatest memory of its processes."""
    bench.data(bench.documents)
    for name in ("tantivy", "fts5", "whoosh"):
        bench.peer_folder(name)
    mine = bench.built[bench.documents]
    rate = mine["documents"] / mine["seconds"]
    others = ", ".join(f"{name} {bench.documents / seconds:,.0f}/s" for name, seconds in bench.peer_seconds.items())
    bench.at_least("index build", rate, 5_000, others, "documents/s")
    for count, found in sorted(bench.built.items()):
        limit = 500 if count <= 100_000 else 1_000
        bench.at_most(f"index build: memory at {count:,}", found["peak"], limit, "sum of VmHWM", "MB")


def size(bench: Bench) -> None:
    """Measure the bytes of the index, stored texts included, for each byte of titles and bodies."""
    bench.data(bench.documents)
    mine = bench.built[bench.documents]["bytes"] / bench.text_bytes
    others = {name: size_of(bench.peer_folder(name)) / bench.text_bytes for name in ("tantivy", "fts5", "bm25s", "whoosh")}
    remark = ", ".join(f"{name} {ratio:.2f}" for name, ratio in others.items()) + " (bm25s stores no text)"
    bench.at_most("index size to the text", mine, 2.0, remark)


def updates(bench: Bench) -> None:
    """Measure updates of ten documents while somebody searches, and the index after a thousand such updates."""
    many, rounds = bench.options.updates, min(10, bench.options.updates)
    queries = bench.asker(7).pages(min(900, bench.options.queries))
    data = bench.data(bench.documents)
    tell(f"updates: {many} of {updating.CHANGED} documents, under searches")
    found = updating.measure(data, bench.folder, queries, rounds, many)
    remark = "worst of {0}, median {median:.2f} s".format(rounds, **found)
    bench.at_most("10 changed documents, until seen in webui", found["worst"], 1.0, remark, "s")
    remark = "p99 {busy_p99:.1f} ms, without updates {quiet_p99:.1f} ms".format(**found)
    bench.at_most("searches that failed meanwhile", found["errors"], 0, remark, "")
    remark = f"after {many:,} updates" + ("" if many >= 1_000 else " ONLY") + f", median {found['to_index']:.3f} s each"
    bench.at_most("after 1,000 updates: size to a fresh index", found["size_ratio"], 1.5, remark)
    bench.at_most("after 1,000 updates: time of a page to a fresh index", found["time_ratio"], 1.5, remark)


def opening(bench: Bench) -> None:
    """Measure opening with a first query in a running process, the command line in a new process, and its imports."""
    data, small = bench.data(bench.documents), bench.folder / "small"
    small.mkdir()
    lines = [json.dumps({"url": f"https://example.org/{n}", "title": f"Harbour {n}", "text": "ferries " * 9}) for n in range(50)]
    (small / "lines.jsonl").write_text("\n".join(lines), "utf-8")
    run(indexer_command(small, "--quiet", "import", str(small / "lines.jsonl")))
    query = bench.asker(8).pages(1)[0].for_ours()
    tell("opening, and the command line from cold")
    found = alone("ours.py", "open", str(data), str(small), query)
    remark = f"the first of 5, their median {found['median']:.1f} ms"
    bench.at_most("open and first query, running process", found["first"], 20, remark, "ms")
    command = indexer_command(data, "search", query)
    cold = median(run(command) for _ in range(7))
    bare = median(run([sys.executable, "-c", "pass"]) for _ in range(7))
    bench.at_most("indexer search, cold", cold, 0.35, f"median of 7; Python alone {bare:.3f} s", "s")
    ours, foreign = zip(*(import_seconds(data, query) for _ in range(5)), strict=True)
    remark = f"all that it imports, by -X importtime; indexer.* itself {median(ours):.3f} s"
    bench.at_most("indexer search: imports", median(ours) + median(foreign), 0.15, remark, "s")


def import_seconds(data: Path, query: str) -> tuple[float, float]:
    """Return the seconds of imports after the start of Python: of our modules, and of all others."""
    command = [sys.executable, "-X", "importtime", "-m", "indexer", "--data", str(data), "search", query]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    seconds, started = {True: 0.0, False: 0.0}, False
    for line in told.splitlines():
        if found := _IMPORT.match(line):
            if started:
                seconds[found[3].split(".")[0] == "indexer"] += int(found[1]) / 1e6
            started = started or found[3] == "site"
    return seconds[True], seconds[False]


def resident(bench: Bench) -> None:
    """Measure the memory of each process of `webui` after 1,000 queries, as the Linux kernel counts it."""
    queries = bench.asker(9).pages(1_000)
    with Server.of(bench.data(bench.documents), 2) as server:
        tell("webui: 1,000 queries, then its memory")
        for query in queries:
            server.get(path_of(query))
        held = [memory(pid) for pid in family(server.process.pid)]
    sums = [sum(one.get(name, 0.0) for name in ("RssAnon", "RssFile", "RssShmem")) for one in held]
    remark = "; ".join(
        f"{total:.0f} = {one['RssAnon']:.0f} own + {one['RssFile']:.0f} files + {one['RssShmem']:.0f} shared"
        for total, one in zip(sums, held, strict=True) if one
    )  # fmt: skip
    bench.at_most("webui: resident memory, largest process", max(sums), 250, remark, "MB")


def http(bench: Bench) -> None:
    """Measure requests per second over 8 open connections to 2 processes: the API to a fixed answer, the page to the API."""
    seconds = bench.options.seconds
    queries: list[Query] = bench.asker(10).pages(6 * seconds * (5_000 if bench.documents > 10_000 else 700))
    data = bench.data(bench.documents)
    tell("webui under load: fixed JSON, API, search page")
    found = rates(data, queries, bench.folder, seconds)
    fixed, api, page = found["fixed"], found["api"], found["page"]
    new = found["api, new"]
    remark = f"API {api['rate']:,.0f}/s, fixed {fixed['rate']:,.0f}/s, by {generator()}, queries by Zipf's law"
    bench.at_least("HTTP: API's requests/s to a fixed 2 kB JSON", api["rate"] / fixed["rate"], 0.8, remark)
    remark = f"API {new['rate']:,.0f}/s, fixed {fixed['rate']:,.0f}/s, {min(new['each'], 1):.0%} of the queries asked"
    if new["each"] > 1:
        remark += f", each {new['each']:.2f} times: too few queries"
    bench.at_least("HTTP, each query once: requests/s to a fixed 2 kB JSON", new["rate"] / fixed["rate"], 0.35, remark)
    bench.at_most("HTTP, each query once: p99", new["p99"], 20, f"p50 {new['p50']:.1f} ms, {new['errors']:.0f} errors", "ms")
    bench.at_most("HTTP: API's p99", api["p99"], 20, f"p50 {api['p50']:.1f} ms, {api['errors']:.0f} errors", "ms")
    remark = f"page {page['rate']:,.0f}/s, p99 {page['p99']:.1f} ms, {page['errors']:.0f} errors"
    bench.at_least("HTTP: search page's requests/s to the API's", page["rate"] / api["rate"], 0.5, remark)
