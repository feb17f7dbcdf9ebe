"""Count the modules that one feed entry crosses on its way to the archive, and one query on its way to the page.

    python benchmarks/hops.py            # counts
    python benchmarks/hops.py --modules  # and the modules in the order in which they are entered

A reader who follows the code opens as many files. Functions are counted by name; a switch is a call or a return from one
module to another. Not counted: code that runs while a module is imported, templates, and threads beside a query.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

MAX_MODULES_OF_AN_ENTRY = 40
MAX_MODULES_OF_A_QUERY = 35


@dataclass
class Trace:
    """Record what is called: modules in the order of their first call, functions, and switches between modules."""

    modules: dict[str, int] = field(default_factory=dict)
    functions: set[str] = field(default_factory=set)
    switches: int = 0
    _last: str = ""

    def record(self, frame: FrameType, event: str, _: object) -> None:
        """Take one event of `sys.setprofile`."""
        code = frame.f_code
        if event not in ("call", "return") or code.co_name == "<module>":
            return
        path = code.co_filename
        if not path.startswith((f"{ROOT}/indexer/", f"{ROOT}/webui/")) or not path.endswith(".py"):
            return
        module = path.removeprefix(f"{ROOT}/").removesuffix(".py")
        if module != self._last:
            self.switches += 1
            self._last = module
        if event == "call":
            self.modules[module] = self.modules.get(module, 0) + 1
            self.functions.add(f"{module}:{code.co_qualname}")

    def __str__(self) -> str:
        return f"{len(self.modules)} modules, {len(self.functions)} functions, {self.switches} switches"


@contextmanager
def traced(*, threads: bool = False) -> Iterator[Trace]:
    """Trace this thread, and with `threads` also those that it starts."""
    trace = Trace()
    threading.setprofile(trace.record if threads else None)
    sys.setprofile(trace.record)
    try:
        yield trace
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def trace_of_an_entry(folder: Path) -> Trace:
    """Crawl a feed of one entry into an archive that has just been made."""
    from support.builders import site
    from support.crawls import Crawled
    from support.web import Web

    crawled = Crawled(folder, Web(site(["ant"])))
    with traced(threads=True) as trace:
        crawled.run()
    assert list(crawled.documents()) == ["ant"]
    crawled.archive.close()
    return trace


def traces_of_queries(folder: Path) -> dict[str, Trace]:
    """Ask the web front: for a first page, for another query, through the API, and for the first page again.

    The very first query opens the index as well.
    """
    from indexer.config import load_settings
    from support.served import document, fill
    from webui import create_app

    settings = load_settings(folder)
    fill(settings, *(document(number) for number in range(12)))
    client = create_app(settings=settings).test_client()
    traces = {}
    for name, path in (
        ("first query", "/?q=ferry+harbour"),
        ("next query", "/?q=leaves"),
        ("API query", "/api/v1/search?q=number"),
        ("repeated query", "/?q=ferry+harbour"),
    ):
        with traced() as traces[name]:
            assert client.get(path).status_code == 200
    return traces


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--modules", action="store_true", help="list the modules in the order in which they are entered")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        traces = {"entry to archive": trace_of_an_entry(Path(folder)), **traces_of_queries(Path(folder) / "served")}
    for name, trace in traces.items():
        print(f"{name}: {trace}")
        if options.modules:
            print(*(f"    {module} ({calls} calls)" for module, calls in trace.modules.items()), sep="\n")
    too_many = len(traces["entry to archive"].modules) > MAX_MODULES_OF_AN_ENTRY
    return int(too_many or len(traces["first query"].modules) > MAX_MODULES_OF_A_QUERY)


if __name__ == "__main__":
    sys.exit(main())
