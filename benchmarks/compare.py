"""Ours beside its peers, in one run on one machine: python benchmarks/compare.py [--documents 20000] [--engines ours,fts5]

Each engine runs in a process of its own, so that memory can be told apart. Times are of this machine: read the ratios.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import corpus
import engines


def measure(name: str, count: int, asked: int, box: Any) -> None:
    """All figures of one engine, into a queue."""
    try:
        texts = list(corpus.documents(count, corpus.vocabulary(min(60_000, 4_000 + count))))
        plain = sum(len(t.title) + len(t.body) for t in texts)
        base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            opener = engines.ENGINES[name](Path(folder), texts)
            seconds = time.perf_counter() - started
            size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
            ask = opener()
            figures: dict[str, Any] = {
                "documents/s": count / seconds,
                "bytes/byte": size / plain,
                "memory MB": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) / 1024,
                "queries": {},
            }
            for kind, listed in corpus.queries(texts, asked).items():
                for rich in (False, True):
                    figures["queries"][f"{kind}{', 10 snippets + facets' if rich else ''}"] = times(ask, listed, rich)
        box.put((name, figures))
    except ImportError as error:
        box.put((name, {"missing": str(error)}))


def times(ask: engines.Ask, listed: list[str], rich: bool) -> dict[str, float]:
    """Milliseconds at the percentiles, and queries a second; a first query of each kind warms up."""
    ask(listed[0], rich)
    taken = []
    found = 0
    for query in listed:
        started = time.perf_counter()
        found += ask(query, rich) > 0
        taken.append(time.perf_counter() - started)
    ordered = sorted(taken)

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000

    return {"p50": at(0.5), "p95": at(0.95), "p99": at(0.99), "qps": len(taken) / sum(taken), "found": found / len(listed)}


def cold_start(runs: int = 5) -> float:
    """Seconds of `indexer search` on a small index, a new process each time."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [{"url": f"https://example.org/{i}", "title": f"Harbour {i}", "text": "ferry harbour " * 40} for i in range(500)]
        file = Path(folder) / "documents.jsonl"
        file.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
        command = [sys.executable, "-m", "indexer", "--data", folder]
        subprocess.run([*command, "-q", "import", str(file)], check=True, capture_output=True)
        taken = []
        for _ in range(runs):
            started = time.perf_counter()
            subprocess.run([*command, "search", "harbour"], check=True, capture_output=True)
            taken.append(time.perf_counter() - started)
    return median(taken)


def table(results: dict[str, Any]) -> str:
    """Markdown; peers with the ratio to ours (above 1: they are better)."""
    names = list(results)
    mine = results.get("ours")
    rows = ["| | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]

    def row(title: str, of: Any, *, lower_is_better: bool, form: str) -> None:
        cells = []
        for name in names:
            value = of(results[name])
            ratio = ""
            if mine is not None and name != "ours" and value:
                better = of(mine) / value if lower_is_better else value / of(mine)
                ratio = f" ({better:.2g}x)"
            cells.append(form.format(value) + ratio)
        rows.append(f"| {title} | " + " | ".join(cells) + " |")

    row("documents/s", lambda r: r["documents/s"], lower_is_better=False, form="{:,.0f}")
    row("index bytes per input byte", lambda r: r["bytes/byte"], lower_is_better=True, form="{:.2f}")
    row("memory while indexing, MB", lambda r: max(r["memory MB"], 1), lower_is_better=True, form="{:,.0f}")
    for kind in next(iter(results.values()))["queries"]:
        for figure in ("p50", "p95", "p99"):
            row(f"{kind}: {figure} ms", lambda r, k=kind, f=figure: r["queries"][k][f], lower_is_better=True, form="{:.2f}")
        row(f"{kind}: queries/s", lambda r, k=kind: r["queries"][k]["qps"], lower_is_better=False, form="{:,.0f}")
    return "\n".join(rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--queries", type=int, default=200, help="of each kind")
    parser.add_argument("--engines", default=",".join(engines.ENGINES))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    results: dict[str, Any] = {}
    for name in options.engines.split(","):
        if name not in engines.ENGINES:
            parser.error(f"no engine {name!r}; there are: {', '.join(engines.ENGINES)}")
        box = context.Queue()
        process = context.Process(target=measure, args=(name, options.documents, options.queries, box))
        process.start()
        results[name] = box.get()[1]
        process.join()
        print(f"{name}: {'not installed' if 'missing' in results[name] else 'measured'}", file=sys.stderr, flush=True)
    results = {name: figures for name, figures in results.items() if "missing" not in figures}
    cold = cold_start() if "ours" in results else None
    if options.json:
        print(json.dumps({"documents": options.documents, "results": results, "cold_start_s": cold}, indent=1))
        return 0
    print(f"{options.documents:,} documents, {options.queries} queries of each kind; in brackets: times better than ours\n")
    print(table(results))
    if cold is not None:
        print(f"\ncold start of `indexer search`: {cold:.3f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
