"""Extract pages: in this process when they are few, in worker processes on all cores when they are many.

    this process                             each worker (`worker.serve`)
    sends some pages ahead   ->              extracts one after the other, packs their bodies
                             <-              replies in the same order
    closes the pipe          ->              exits, and so does every worker of a parent that was killed

Pages wait at their worker, so that a worker never waits for this process, which fetches and stores meanwhile. (A worker that is
sent one page at a time is idle for a third of a crawl.) `indexer.ipc` explains why these are plain pipes.

When a worker dies or is silent, the guilty page is unknown: the worker may be ahead of its replies. The pages that wait are then
sent to the next worker one by one. A page that ends this one too is tried once more, as mostly the machine lacks memory or an
operator killed the process. A page that takes too long is not tried again. Then the page is given up and reported. It is neither
trusted nor stored, so the next crawl requests it again, and no re-extraction reads it.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import operator
import os
import signal
from collections import deque
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any, Final, TypeVar

from indexer.crawl.extraction_processes import worker as worker_program
from indexer.crawl.extraction_processes.worker import (
    MAX_PAGE_CPU_SECONDS,
    LearnedSite,
    PageExtraction,
    SourceContext,
    decode_learned,
    decode_reply,
    encode_learning,
    encode_request,
    learn,
)
from indexer.extract.extractor import extract_document
from indexer.extract.template_learning import Pages
from indexer.ipc import LENGTH, command, unframed
from indexer.model import Entry, Response, Source
from indexer.reasons import Reason

MAX_PAGES_HERE: Final = 40  # extracted in this process before workers start, which takes each a second
MAX_BYTES_HERE: Final = 400_000  # of a page: a larger one may take long, and a thread cannot be stopped
MAX_WORKERS: Final = 8
MAX_HELD_BYTES: Final = 12_000_000  # of answers fetched and not stored, of all sources; beyond it no source fetches ahead
MAX_QUEUED_PAGES: Final = 32  # pages sent to one worker and not returned yet
MAX_SILENT_SECONDS: Final = 60.0  # other programs may have the processor
MAX_EXIT_SECONDS: Final = 5.0  # for a process that has closed its pipe
MAX_ATTEMPTS: Final = 2  # at a page that waits alone
_MAX_REPLY_BYTES: Final = 1 << 30
T = TypeVar("T")


class ExtractionPool:
    """Extract pages, as many in parallel as there are cores. An async context manager."""

    def __init__(self, workers: int | None = None, pages_here: int = MAX_PAGES_HERE) -> None:
        self.workers = min(os.cpu_count() or 1, MAX_WORKERS) if workers is None else workers
        self._pages_here, self._here = pages_here, asyncio.Lock()  # one at a time: libraries promise little about threads
        self._workers: list[_Worker] = []
        self.held_bytes, self._has_room = 0, asyncio.Event()  # of answers that wait to be extracted and stored
        self._has_room.set()
        self._slots, self._slots_for_large = asyncio.Semaphore(self.workers * MAX_QUEUED_PAGES), asyncio.Semaphore(self.workers)

    async def __aenter__(self) -> ExtractionPool:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for worker in self._workers:
            await worker.close()

    def hold(self, size: int) -> None:
        """Count the bytes of an answer that waits to be extracted and stored; a negative size releases them.

        Without it, two hundred sources that are fetched faster than they are extracted had all their pages in memory.
        """
        self.held_bytes += size
        if self.held_bytes > MAX_HELD_BYTES:
            self._has_room.clear()
        else:
            self._has_room.set()

    async def learn(self, source: Source, read_pages: Callable[[], Pages]) -> LearnedSite | None:
        """Return what some pages of a source have in common; None when it cannot be learned.

        `read_pages` is called when a worker has time. A hundred sources that wait for one held 100 MB of pages.
        """
        source = dataclasses.replace(source, template="")  # it is learned from the beginning
        if self.workers < 1:
            async with self._here:
                return await asyncio.to_thread(learn, source, read_pages())
        async with self._slots_for_large:
            pages = read_pages()
            size = sum(len(response.body) for _, response in pages)
            worker = self._least_busy()
            reply = await worker.request(SourceContext(source, None), size, partial(encode_learning, pages), decode_learned)
        return reply if isinstance(reply, LearnedSite) else None

    def _least_busy(self) -> _Worker:
        self._workers = self._workers or [_Worker() for _ in range(self.workers)]
        return min(self._workers, key=operator.attrgetter("waiting_bytes"))

    @property
    def is_full(self) -> bool:
        return not self._has_room.is_set()

    async def wait_for_room(self) -> None:
        """Wait until the pool is not full; for sources that hold nothing."""
        await self._has_room.wait()

    async def extract(
        self, entry: Entry, url: str, source: Source, response: Response, dictionary: bytes | None = None
    ) -> PageExtraction:
        """Return the document of an answer. Never raises for what the page contains.

        `dictionary`: what the source's answers are packed with; None when the answer is stored already.
        """
        is_large = len(response.body) > MAX_BYTES_HERE
        if self.workers < 1 or (self._pages_here > 0 and not is_large):
            self._pages_here -= 1
            # In a thread: other hosts' answers, and their time limits, must not wait for a page that takes long.
            async with self._here:
                return PageExtraction(await asyncio.to_thread(extract_document, entry, url, source, response))
        async with self._slots, self._slots_for_large if is_large else contextlib.nullcontext():
            worker = self._least_busy()
            context = SourceContext(source, dictionary)
            reply = await worker.request(
                context, len(response.body), partial(encode_request, entry, url, response=response), decode_reply
            )
        given_up = reply if isinstance(reply, Reason) else reply.given_up
        if given_up:
            without = extract_document(entry, url, source, None)
            result = dataclasses.replace(without, why_not=without.why_not and given_up)
            return PageExtraction(result, None, given_up)
        assert isinstance(reply, PageExtraction)  # a reason was given up above
        return reply


@dataclasses.dataclass(slots=True, eq=False)
class _WaitingRequest:
    """A request at a worker. Its future gets the decoded reply, or the reason why there is none."""

    context: SourceContext
    size: int  # bytes
    encode: Callable[[SourceContext | None], bytes]
    decode: Callable[[Any], Any]
    reply: asyncio.Future[Any]
    sent_to: asyncio.subprocess.Process | None = None
    is_alone: bool = False  # it waited at a worker that died
    attempts: int = 0  # alone, without a reply


class _Worker:
    """Another process, started with the first request and again after it died. It extracts pages in the order they come."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._context: SourceContext | None = None  # the last one that was sent
        self._waiting: deque[_WaitingRequest] = deque()
        self.waiting_bytes = 0  # of these, and one for each: a sum for each page and worker took 5 % of a crawl's main process
        self._serving: asyncio.Task[None] | None = None

    async def request(
        self, context: SourceContext, size: int, encode: Callable[[SourceContext | None], bytes], decode: Callable[[Any], T]
    ) -> T | Reason:
        """Return the decoded reply, or the reason why there is none."""
        page = _WaitingRequest(context, size, encode, decode, asyncio.get_running_loop().create_future())
        if self._process is not None and self._process.returncode is not None and not self._waiting:
            self._process = None  # it died while idle
        self._waiting.append(page)
        self.waiting_bytes += size + 1
        if self._process is not None:
            self._send(self._process)
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())
        reply: T | Reason = await page.reply
        return reply

    async def _serve(self) -> None:
        """Pass replies to the waiting pages, until no page waits."""
        while self._waiting:
            reply: Any
            try:
                process = self._process or await self._start()
                if self._waiting[0].sent_to is not process:
                    self._send(process)
                async with asyncio.timeout(MAX_SILENT_SECONDS):
                    reply = self._waiting[0].decode(await _next_message(process))
            except (OSError, EOFError, ValueError, asyncio.IncompleteReadError) as error:  # TimeoutError is an OSError
                is_silent = isinstance(error, TimeoutError)
                reason = self._give_up(await self.stop(0 if is_silent else MAX_EXIT_SECONDS), is_silent=is_silent)
                if reason is None:
                    continue
                reply = reason
            page = self._waiting.popleft()
            self.waiting_bytes -= page.size + 1
            if not page.reply.done():  # it is when the crawl was cancelled
                page.reply.set_result(reply)

    def _give_up(self, exit_code: int | None, *, is_silent: bool) -> Reason | None:
        """Return why the first page is not tried again after its process has ended; None if it is tried again."""
        first = self._waiting[0]
        if not first.is_alone:
            for page in self._waiting:
                page.is_alone = True
            return None
        first.attempts += 1
        if exit_code == -signal.SIGPROF:
            return Reason("extraction-timeout", f"{MAX_PAGE_CPU_SECONDS:g}")
        if is_silent:
            return Reason("extraction-timeout", f"{MAX_SILENT_SECONDS:g}")
        if first.attempts < MAX_ATTEMPTS:
            return None
        return Reason("extraction-crash")

    async def _start(self) -> asyncio.subprocess.Process:
        self._process = await asyncio.create_subprocess_exec(
            *command(worker_program.__name__),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_MAX_REPLY_BYTES,
        )
        self._context = None
        return self._process

    def _send(self, process: asyncio.subprocess.Process) -> None:
        """Send the waiting pages that this process has not got yet."""
        assert process.stdin is not None  # `_start` made the pipe
        for page in [self._waiting[0]] if self._waiting[0].is_alone else self._waiting:
            if page.sent_to is not process and not process.stdin.is_closing():  # it is when the process has ended
                is_same = self._context is not None and all(map(operator.is_, self._context, page.context))
                page.sent_to, self._context = process, page.context
                process.stdin.write(page.encode(None if is_same else page.context))

    async def close(self) -> None:
        """End the process without waiting for the pages that it still has."""
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.wait([self._serving])
        await self.stop()

    async def stop(self, seconds: float = 0) -> int | None:
        """End the process and return its exit code (None: there was none).

        It gets some seconds to exit by itself: a signal first checks whether it has, which would hide the exit code.
        """
        process, self._process = self._process, None
        if process is None:
            return None
        if seconds:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), seconds)
        if process.returncode is None:
            process.kill()
        if process.stdin is not None:
            process.stdin.close()
        return await process.wait()


async def _next_message(process: asyncio.subprocess.Process) -> Any:
    assert process.stdout is not None  # `_start` made the pipe
    length = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))[0]
    return unframed(await process.stdout.readexactly(length))
