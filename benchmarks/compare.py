"""Measure the whole table in one run: python benchmarks/compare.py [--documents 100000] [--only pages,or]

The program prints Markdown: each target with the measured value, then the figures behind it. It writes progress to stderr. All
its files are in one temporary folder, which it removes. The exit code is 1 if a row could not be measured. A missed target is no
error.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

try:
    import report
    import rows
    import running
    from bench import Bench, tell
except ModuleNotFoundError as error:
    sys.exit(f"compare.py: {error.name} is missing; install the peers with: pip install -e '.[benchmark]'")

GROUPS = {
    "pages": rows.pages, "or": rows.either, "facets": rows.facets, "segments": rows.segments, "sort": rows.sorting,
    "patterns": rows.patterns, "growth": rows.growth, "build": running.build, "size": running.size, "updates": running.updates,
    "open": running.opening, "memory": running.resident, "http": running.http,
}  # fmt: skip


def numbers(text: str) -> list[int]:
    return [int(part.replace("_", "")) for part in text.split(",")]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--words", type=int, default=130, help="of a document, in the mean (default: %(default)s)")
    parser.add_argument("--corpus", help="JSON lines of `indexer export`, in place of invented documents")
    parser.add_argument("--queries", type=int, default=1_000, help="of a kind and round (default: %(default)s)")
    parser.add_argument("--only", type=lambda text: text.split(","), help=f"some of: {','.join(GROUPS)}")
    parser.add_argument(
        "--sizes", type=numbers, default=[20_000, 100_000, 500_000], help="for growth (default: 20000,100000,500000)"
    )
    parser.add_argument("--updates", type=int, default=1_000, help="of ten documents each (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=4, help="of load, for each HTTP rate and round (default: %(default)s)")
    parser.add_argument(
        "--processor-time", action="store_true", help="measure answers by the processor's time: for a busy machine"
    )
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made (default: the system's)")
    parser.add_argument("--json", type=Path, help="write all figures to this file too")
    options = parser.parse_args()
    unknown = set(options.only or ()) - set(GROUPS)
    if unknown:
        parser.error(f"no rows {', '.join(sorted(unknown))}; there are: {','.join(GROUPS)}")
    if options.corpus:
        with open(options.corpus, "rb") as file:
            there = sum(1 for _ in file)
        options.documents = min(options.documents, there)
        options.sizes = sorted({min(size, there) for size in options.sizes})
    return options


def main() -> int:
    options = arguments()
    started = time.monotonic()
    os.environ["PYTHONWARNINGS"] = "ignore"
    os.environ["BENCHMARK_CLOCK"] = "thread_time" if options.processor_time else "perf_counter"
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each process compiles all anew, as no installation does
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir=options.folder) as folder:
        bench = Bench(options, Path(folder))
        try:
            for name, measure in GROUPS.items():
                if bench.wants(name):
                    tell(f"== {name} ({time.monotonic() - started:.0f} s)")
                    try:
                        measure(bench)
                    except Exception as error:  # the other rows are still worth having
                        traceback.print_exc()
                        bench.failed(name, error)
        finally:
            bench.close()
    words = f"documents of some {options.words} words" if not options.corpus else f"documents of {Path(options.corpus).name}"
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(f"{options.documents:,} {words}; {machine}; {time.monotonic() - started:.0f} s\n")
    print(report.targets(bench.rows))
    if bench.measured:
        print("\n" + report.details(bench.measured))
    if options.json:
        table = {
            "documents": options.documents,
            "targets": [{**dataclasses.asdict(row), "is_met": row.is_met} for row in bench.rows],
            "measured": [dataclasses.asdict(one) for one in bench.measured],
        }
        options.json.write_text(json.dumps(table, indent=1), "utf-8")
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
