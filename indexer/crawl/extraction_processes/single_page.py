"""Extract single pages outside a crawl's stream, such as one that is assigned again, within limits of time and memory.

A page that is not small goes to a worker, which lives until this process ends. It ends itself when a page takes too long or too
much memory; the next page then gets another one.
"""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import signal
import subprocess
import threading
from typing import Final

from indexer.crawl.extraction_processes import worker as worker_program
from indexer.crawl.extraction_processes.worker import MAX_PAGE_CPU_SECONDS, SourceContext, decode_reply, encode_request
from indexer.extract.extractor import ExtractionResult, extract_document
from indexer.ipc import command, receive
from indexer.model import Entry, Response, Source
from indexer.reasons import Reason

MAX_BYTES_HERE: Final = 50_000  # of a page: it takes less time than the start of a worker, a second


def extract_apart(entry: Entry, url: str, source: Source, response: Response | None) -> ExtractionResult:
    """Extract one page and wait for it. Gives the feed's own text if the worker ends at it."""
    if response is None or len(response.body) <= MAX_BYTES_HERE:
        return extract_document(entry, url, source, response)
    reply = _worker.extract(entry, url, source, response)
    if isinstance(reply, ExtractionResult):
        return reply
    without = extract_document(entry, url, source, None)
    return dataclasses.replace(without, why_not=without.why_not and reply)


class _SingleWorker:
    """A worker that extracts one page at a time. Safe to share between threads."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._extracting = threading.Lock()

    def extract(self, entry: Entry, url: str, source: Source, response: Response) -> ExtractionResult | Reason:
        """Return what a page gives, or why the worker ended."""
        with self._extracting:
            process = self._process
            if process is None or process.poll() is not None:
                pipe = subprocess.PIPE
                process = subprocess.Popen(command(worker_program.__name__), stdin=pipe, stdout=pipe)  # noqa: S603  # our own interpreter
                self._process = process
            assert process.stdin is not None  # made above
            assert process.stdout is not None
            try:
                process.stdin.write(encode_request(entry, url, SourceContext(source, None), response))
                process.stdin.flush()
                return decode_reply(receive(process.stdout)).result
            except (EOFError, OSError, ValueError, TypeError):
                process.stdout.close()
                code = process.wait()
                self._process = None
                is_slow = code == -signal.SIGPROF
                return Reason("extraction-timeout", f"{MAX_PAGE_CPU_SECONDS:g}") if is_slow else Reason("extraction-crash")

    def close(self) -> None:
        """End the worker."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with contextlib.suppress(OSError, ValueError):
                process.communicate()


_worker: Final = _SingleWorker()
atexit.register(_worker.close)
