"""The `indexer` command on one data folder, each call in a process of its own.

The processes are forked from a server that has imported the program (Python's forkserver), so a call costs some 50 ms and not
a second. It ends as the command does; it can be killed; its workers are processes as always.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from support.waiting import PATIENCE_SECONDS

ENVIRONMENT = {"INDEXER_CRAWL_ALLOW_PRIVATE_HOSTS": "true", "INDEXER_CRAWL_DELAY_SECONDS": "0"}
BROKEN = ("Traceback", "internal error", "should not have happened")  # what no operator may ever see
PRELOADED = [
    "indexer.cli.app",
    "indexer.crawl.crawler",
    "indexer.engines.whoosh.engine",
    "indexer.extract.extractor",
    "indexer.doctor",
]


@dataclass(frozen=True)
class Ended:
    """What a command left: its exit code (negative: the signal that ended it) and what it printed."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def broken(self) -> bool:
        return any(word in self.err for word in BROKEN) or self.code not in (0, 1, 2, 3, 4, 5, 130, -signal.SIGKILL)

    def __str__(self) -> str:
        return f"indexer {' '.join(self.arguments)}: exit code {self.code}\n{self.out[-800:]}\n{self.err[-2000:]}"


@dataclass
class Running:
    """A command that has been started."""

    arguments: tuple[str, ...]
    process: ForkServerProcess
    output: Path

    def wait(self, seconds: float = PATIENCE_SECONDS) -> bool:
        """Return whether the command has ended within these seconds."""
        self.process.join(seconds)
        return self.process.exitcode is not None

    def kill(self) -> None:
        """End the command and its workers as a power cut would."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid or 0, signal.SIGKILL)
        self.process.join()

    def ended(self) -> Ended:
        if not self.wait():
            self.kill()
        texts = [self.output.with_suffix(suffix).read_text("utf-8", "replace") for suffix in (".out", ".err")]
        assert self.process.exitcode is not None
        return Ended(self.arguments, self.process.exitcode, *texts)


@dataclass
class Indexer:
    """The command on a data folder; `scratch` holds what the calls print."""

    data: Path
    scratch: Path
    environment: dict[str, str] = field(default_factory=dict)
    _calls: int = 0

    def start(self, *arguments: str) -> Running:
        self._calls += 1
        self.scratch.mkdir(parents=True, exist_ok=True)
        output = self.scratch / f"{self._calls:05}"
        for suffix in (".out", ".err"):
            output.with_suffix(suffix).touch()
        line = ("--data", str(self.data), *arguments)
        process = _context().Process(target=_run, args=(line, output, {**ENVIRONMENT, **self.environment}))
        process.start()
        return Running(arguments, process, output)

    def run(self, *arguments: str) -> Ended:
        return self.start(*arguments).ended()

    def __call__(self, *arguments: str, expect: int | Sequence[int] = 0) -> Ended:
        """Run a command that has to end with this exit code."""
        ended = self.run(*arguments)
        assert ended.code in ((expect,) if isinstance(expect, int) else expect), str(ended)
        assert not ended.broken, str(ended)
        return ended

    def json(self, *arguments: str, expect: int | Sequence[int] = 0) -> Any:
        return json.loads(self("--json", *arguments, expect=expect).out)

    def documents(self, *, expect: int | Sequence[int] = 0) -> dict[str, dict[str, Any]]:
        """Return all documents by URL, as `export` writes them."""
        lines = self("export", expect=expect).out.splitlines()
        return {document["url"]: document for line in lines if "url" in (document := json.loads(line))}

    def hits(self, query: str) -> list[str]:
        """Return the URLs that a search finds, best first."""
        return [hit["url"] for hit in self.json("search", "--limit", "50", "--", query, expect=(0, 4))["hits"]]


def _context() -> multiprocessing.context.ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def _run(line: Sequence[str], output: Path, environment: dict[str, str]) -> None:
    """Be the command: in a process group of its own, with its output in files."""
    os.setpgid(0, 0)
    for number, suffix in ((1, ".out"), (2, ".err")):
        os.dup2(os.open(output.with_suffix(suffix), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.stdout, sys.stderr = (
        os.fdopen(1, "w", encoding="utf-8", closefd=False),
        os.fdopen(2, "w", encoding="utf-8", closefd=False),
    )
    for name in [name for name in os.environ if name.startswith("INDEXER_")]:
        del os.environ[name]
    os.environ.update(environment)
    sys.argv = ["indexer", *line]
    from indexer.cli import main

    main()
