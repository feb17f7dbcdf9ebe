"""Measure the table of the crawl: python benchmarks/crawling.py [--pages 20000] [--json FILE]

The crawl reads a site on loopback (`press.py`, in a process of its own) whose sitemap lists all pages, without a delay. The same
run measures trafilatura: `extract` with its defaults, in one process, on a sample of the same pages that is already in memory.
Progress goes to stderr. All files are in one temporary folder. A missed target is no error.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import press
import report
from measure import TICK, family, memory
from report import Row

SETTINGS = {"INDEXER_CRAWL_DELAY_SECONDS": "0", "INDEXER_CRAWL_ALLOW_PRIVATE_HOSTS": "true"}
SAMPLE = 400  # pages that trafilatura alone is given
TARGET, MEMORY_MB, AGAIN = 1.6, 400.0, 15.0
RATES = {0: 86.0, 2: 30.0}  # pages/s of 400 sources before they were bounded, by busy processes beside


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def trafilatura_rate(many: int) -> float:
    """Return how many pages `trafilatura.extract` alone extracts in a second."""
    import trafilatura

    pages = [press.page(n * max(1, many // SAMPLE) % many, many).decode() for n in range(SAMPLE)]
    for text in pages[:20]:
        trafilatura.extract(text)
    started = time.perf_counter()
    for text in pages:
        assert trafilatura.extract(text)
    return len(pages) / (time.perf_counter() - started)


@dataclasses.dataclass
class Ran:
    seconds: float
    peak: float  # MB: the greatest sum of the processes' resident sizes
    early: float  # MB: the same, over the first third of the run
    told: dict[str, object]


def indexer(data: Path, *command: str) -> Ran:
    """Run a command and watch the memory of its processes."""
    line = [sys.executable, "-m", "indexer", "--data", str(data), "--json", *command]
    started = time.perf_counter()
    process = subprocess.Popen(line, stdout=subprocess.PIPE, env={**os.environ, **SETTINGS}, text=True)
    seen: list[tuple[float, float]] = []

    def watch() -> None:
        while process.poll() is None:
            sizes = (memory(pid) for pid in family(process.pid))
            seen.append((time.perf_counter() - started, sum(s.get("RssAnon", 0) + s.get("RssFile", 0) for s in sizes)))
            time.sleep(TICK)

    watcher = threading.Thread(target=watch)
    watcher.start()
    assert process.stdout is not None
    told = process.stdout.read()
    process.wait()
    watcher.join()
    seconds = time.perf_counter() - started
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {told[:500]}")
    early = max((size for at, size in seen if at <= seconds / 3), default=0.0)
    return Ran(seconds, max((size for _, size in seen), default=0.0), early, json.loads(told))


def killed(data: Path, after: float) -> int:
    """Kill a crawl some seconds after its start, and return how many documents the archive then has."""
    line = [sys.executable, "-m", "indexer", "--data", str(data), "crawl"]
    process = subprocess.Popen(line, env={**os.environ, **SETTINGS}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return int(str(indexer(data, "status").told["documents"]))


def measure(address: str, many: int, folder: Path) -> list[Row]:
    tell("trafilatura alone")
    alone = trafilatura_rate(many)
    data = folder / "data"
    indexer(data, "add", f"{address}/sitemap.xml", "--name", "Press")
    tell(f"the first crawl of {many} pages")
    first = indexer(data, "crawl", "--no-index")
    rate = many / first.seconds
    status = indexer(data, "status").told
    if status["documents"] != many:
        raise RuntimeError(f"{status['documents']} documents of {many} pages")
    tell("the second, with nothing changed; then all pages asked again")
    second = indexer(data, "crawl", "--no-index", "Press")
    plain = indexer(data, "crawl", "--no-index")
    rows = [
        Row("crawl: pages/s to trafilatura alone", rate / alone, TARGET, "x", False, f"{rate:.0f}/s, trafilatura {alone:.0f}/s"),
        Row("crawl: memory, all processes", first.peak, MEMORY_MB, "MB", True, f"{first.early:.0f} MB in the first third"),
        Row("second crawl, nothing due: times faster", first.seconds / plain.seconds, AGAIN, remark=f"{plain.seconds:.1f} s"),
        Row("every page asked again, none changed: times faster", first.seconds / second.seconds, AGAIN, "x", False,
            f"{second.seconds:.1f} s, {many / second.seconds:.0f} pages/s"),
    ]  # fmt: skip
    hurt = folder / "killed"
    indexer(hurt, "add", f"{address}/sitemap.xml", "--name", "Press")
    tell("killed in the middle, and run again")
    kept = killed(hurt, first.seconds / 2)
    again = indexer(hurt, "crawl", "--no-index")
    found = int(str(indexer(hurt, "status").told["documents"]))
    rows.append(
        Row("documents after kill -9 and another crawl", found, many, "", False, f"{kept} were kept; {again.seconds:.0f} s more")
    )
    return rows


def many_sources(address: str, sources: int, folder: Path) -> list[Row]:
    """Crawl many sources on several hosts: on the machine as it is, and next to two processes that use all they get."""
    port = address.rpartition(":")[2]
    urls = [f"http://127.0.0.{1 + n % press.HOSTS}:{port}/feeds/{n}.xml" for n in range(sources)]
    outlines = "".join(f"<outline type='rss' text='Desk {n}' xmlUrl='{url}'/>" for n, url in enumerate(urls))
    opml = folder / "sources.opml"
    opml.write_text(f"<opml version='2.0'><body>{outlines}</body></opml>", "utf-8")
    rows = []
    for name, busy in (("idle", 0), ("two busy processes", 2)):
        tell(f"{sources} sources on {press.HOSTS} hosts, {name}")
        data = folder / f"sources-{busy}"
        indexer(data, "add", str(opml))
        others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy)]
        try:
            ran = indexer(data, "crawl", "--no-index")
        finally:
            for each in others:
                each.kill()
                each.wait()
        pages = int(str(indexer(data, "status").told["pages"]))
        rate, about = pages / ran.seconds, f"{sources} sources, {press.HOSTS} hosts, {name}"
        rows.append(Row(f"{about}: pages/s", rate, RATES[busy], "/s", False, f"{pages} pages in {ran.seconds:.0f} s"))
        rows.append(Row(f"{about}: memory", ran.peak, MEMORY_MB, "MB", True, f"{ran.early:.0f} MB in the first third"))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=20_000)
    parser.add_argument("--sources", type=int, help="sources of the second table (default: one for each 50 pages)")
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made (default: the system's)")
    parser.add_argument("--json", type=Path, help="write the rows to this file too")
    options = parser.parse_args()
    script = str(Path(__file__).resolve().parent / "press.py")
    site = subprocess.Popen(
        [sys.executable, script, str(options.pages)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert site.stdout is not None
    try:
        with tempfile.TemporaryDirectory(prefix="crawl-", dir=options.folder) as folder:
            address = site.stdout.readline().strip()
            rows = measure(address, options.pages, Path(folder))
            sources = options.sources or options.pages // press.SECTION_PAGES
            rows += many_sources(address, sources, Path(folder))
    finally:
        site.communicate()
    print(f"{options.pages:,} pages of some {len(press.page(1, options.pages)) // 1000} kB; {os.cpu_count()} cores\n")
    print(report.targets(rows))
    if options.json:
        options.json.write_text(
            json.dumps([{**dataclasses.asdict(row), "is_met": row.is_met} for row in rows], indent=1), "utf-8"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
