"""Who extracts: this process for a few pages, others on all cores for many.

    here                                     each worker (`serve`)
    some pages ahead         ->              extract documents one after the other, pack their bodies
                             <-              the document, or why there is none, in the same order
    end of file              ->              ends; so nobody is left when this process is killed, however it is

Pages wait at their worker, so that it never waits for this process, which fetches and stores meanwhile (a worker that
is handed one page at a time is idle for a third of a crawl). Workers are nice: this process and a web server come first.

Plain pipes and an interpreter started anew (`indexer.ipc` says why).

When a worker ends or is silent, which of its pages was to blame is not known: it may have been ahead of what it had told. So
those that wait are sent to the next one singly. What ends that one as well is read once more (mostly the machine has no memory
left, or somebody has killed it), what takes too long is not. Then the page is given up, and that is said of it; it is neither
believed nor stored, so that it is asked for again, and never read where it would end more.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import operator
import os
import signal
from collections import deque
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import IO, Any, Final

from indexer.archive import compression as packing
from indexer.archive import serialization as codec
from indexer.extract.extractor import ExtractionResult, extract_document
from indexer.ipc import LENGTH, command, framed, own_streams, receive, unframed
from indexer.model import Entry, Response, Source

HERE_AT_MOST: Final = 40  # pages that this process extracts itself before it starts others: that takes each a second
MAX_HERE: Final = 400_000  # bytes of a page: a larger one may take long, and a thread cannot be given up
MAX_WORKERS: Final = 8
HELD: Final = 64_000_000  # bytes of answers that are fetched and not stored, of all sources; with more, no source fetches ahead
DEEP: Final = 64  # pages that wait for one worker, the one that it reads among them
SECONDS_FOR_A_PAGE: Final = 40.0  # of the processor, twice what a PDF may take; also all that outlives this process
SECONDS_OF_SILENCE: Final = 60.0  # others may have the processor
ENDING: Final = 5.0  # seconds for a process that has closed its pipe
READINGS: Final = 2  # of a page alone
NICE: Final = 15
_LONGEST: Final = 1 << 30
_Whose = tuple[Source, bytes | None]  # a source (with its template) and its dictionary: as long as many a page, so said once
# Document, what else was understood, packed body.
Answer = tuple[str, tuple[str, str, tuple[str, ...], str, tuple[str, ...]], bytes]


@dataclasses.dataclass(frozen=True, slots=True)
class Extracted:
    """What was understood of an answer, and its body as the archive keeps it (None: the archive packs it). `given_up`: why the
    answer could not be read; what is understood is then what the feed says."""

    understood: ExtractionResult
    packed: bytes | None = None
    given_up: str = ""


class ExtractionPool:
    """Extracts pages, as many at once as there are cores. An async context manager."""

    def __init__(self, workers: int | None = None, here_at_most: int = HERE_AT_MOST) -> None:
        self.workers = min(os.cpu_count() or 1, MAX_WORKERS) if workers is None else workers
        self._here_left, self._here = here_at_most, asyncio.Lock()  # one at a time: libraries promise little about threads
        self._all: list[_Worker] = []
        self._held, self._has_room = 0, asyncio.Event()
        self._has_room.set()
        self._room, self._room_for_large = asyncio.Semaphore(self.workers * DEEP), asyncio.Semaphore(self.workers)

    async def __aenter__(self) -> ExtractionPool:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for worker in self._all:
            await worker.close()

    def hold(self, size: int) -> None:
        """Count an answer that waits to be read and stored, or (below 0) does so no longer: two hundred sources that are fetched
        faster than they are read had all their pages in memory."""
        self._held += size
        if self._held > HELD:
            self._has_room.clear()
        else:
            self._has_room.set()

    @property
    def is_full(self) -> bool:
        return not self._has_room.is_set()

    async def room(self) -> None:
        """Wait until it is not full; for those who hold nothing."""
        await self._has_room.wait()

    async def extract(
        self, entry: Entry, url: str, source: Source, response: Response, dictionary: bytes | None = None
    ) -> Extracted:
        """The document of an answer. Never raises for what the page does. `dictionary`: what the source's answers are packed
        with; None when the answer is stored already."""
        if self.workers < 1 or (self._here_left > 0 and len(response.body) <= MAX_HERE):
            self._here_left -= 1
            # In a thread: other hosts' answers, and their time limits, must not wait for a page that takes long.
            async with self._here:
                return Extracted(await asyncio.to_thread(extract_document, entry, url, source, response))
        async with self._room, self._room_for_large if len(response.body) > MAX_HERE else contextlib.nullcontext():
            self._all = self._all or [_Worker() for _ in range(self.workers)]
            worker = min(self._all, key=_Worker.waiting_bytes)
            found = await worker.ask(entry, url, (source, dictionary), response)
        if isinstance(found, str):
            without = extract_document(entry, url, source, None)
            return Extracted(dataclasses.replace(without, why_not=without.why_not and f"{found}; {without.why_not}"), None, found)
        document, about, packed = found
        known = codec.document_from(json.loads(document)) if document else None
        return Extracted(ExtractionResult(known, *about), packed or None)


@dataclasses.dataclass(slots=True, eq=False)
class _Page:
    """One that waits for its answer: that, or in words why there is none."""

    about: tuple[Entry, str, Response]
    whose: _Whose
    answer: asyncio.Future[Answer | str]
    sent_to: asyncio.subprocess.Process | None = None
    alone: bool = False  # it waited at a worker that ended
    readings: int = 0  # alone, without an answer


class _Worker:
    """Another process, started when it is first asked and again after it died. It reads pages in the order they come."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._knows: _Whose | None = None
        self._waiting: deque[_Page] = deque()
        self._serving: asyncio.Task[None] | None = None

    def waiting_bytes(self) -> int:
        return sum(len(page.about[2].body) + 1 for page in self._waiting)

    async def ask(self, entry: Entry, url: str, whose: _Whose, response: Response) -> Answer | str:
        """The answer, or in words why there is none."""
        page = _Page((entry, url, response), whose, asyncio.get_running_loop().create_future())
        if self._process is not None and self._process.returncode is not None and not self._waiting:
            self._process = None  # it died at rest
        self._waiting.append(page)
        if self._process is not None:
            self._send(self._process)
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())
        return await page.answer

    async def _serve(self) -> None:
        """Bring answers to the pages that wait, until none does."""
        while self._waiting:
            answer: Answer | str
            try:
                process = self._process or await self._start()
                if self._waiting[0].sent_to is not process:
                    self._send(process)
                async with asyncio.timeout(SECONDS_OF_SILENCE):
                    answer = await _next_answer(process)
            except (OSError, EOFError, ValueError, asyncio.IncompleteReadError) as error:  # TimeoutError is an OSError
                silent = isinstance(error, TimeoutError)
                why_not = self._lost(await self.stop(0 if silent else ENDING), silent=silent)
                if why_not is None:
                    continue
                answer = why_not
            page = self._waiting.popleft()
            if not page.answer.done():  # else nobody waits for it any more
                page.answer.set_result(answer)

    def _lost(self, ended: int | None, *, silent: bool) -> str | None:
        """A process is gone; why its page is given up, or None when it is read again. `ended`: its exit code."""
        first = self._waiting[0]
        if not first.alone:
            for page in self._waiting:
                page.alone = True
            return None
        first.readings += 1
        if ended == -signal.SIGPROF:
            return f"reading the page took more than {SECONDS_FOR_A_PAGE:g} s and was given up"
        if silent:
            return f"reading the page took more than {SECONDS_OF_SILENCE:g} s and was given up"
        if first.readings < READINGS:
            return None
        return "reading the page ended the process that read it"

    async def _start(self) -> asyncio.subprocess.Process:
        self._process = await asyncio.create_subprocess_exec(
            *command(__name__), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LONGEST
        )
        self._knows = None
        return self._process

    def _send(self, process: asyncio.subprocess.Process) -> None:
        """What waits and was not sent yet."""
        assert process.stdin is not None  # as asked for in `_start`
        for page in [self._waiting[0]] if self._waiting[0].alone else self._waiting:
            if page.sent_to is not process and not process.stdin.is_closing():  # which it is when the process has ended
                known = self._knows is not None and all(map(operator.is_, self._knows, page.whose))
                page.sent_to, self._knows = process, page.whose
                process.stdin.write(_request(*page.about[:2], None if known else page.whose, page.about[2]))

    async def close(self) -> None:
        """What it still reads is not waited for: nobody else does."""
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.wait([self._serving])
        await self.stop()

    async def stop(self, seconds: float = 0) -> int | None:
        """How the process ended (None: there was none). It gets some seconds to end by itself: a signal asks first whether
        it has, which would keep its exit code from us."""
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


async def _next_answer(process: asyncio.subprocess.Process) -> Answer | str:
    assert process.stdout is not None  # as asked for in `_start`
    length = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))[0]
    answer: Answer | str = unframed(await process.stdout.readexactly(length))
    return answer


def _request(entry: Entry, url: str, whose: _Whose | None, response: Response) -> bytes:
    """`whose` None: as in the request before."""
    where = (response.url, response.requested_url, response.permanent_url, response.status)
    about = (codec.to_json(entry), url)
    said = (dataclasses.asdict(whose[0]), whose[1]) if whose else None
    return framed((said, about, where, dict(response.headers), response.body))


def _answer(whose: _Whose, request: Any) -> Answer | str:
    source, dictionary = whose
    (entry, address), (url, requested, permanent, status), headers, body = request
    response = Response(url, requested, status, headers, body, permanent_url=permanent)
    try:
        found = extract_document(codec.entry_from(json.loads(entry)), address, source, response)
    except Exception as error:  # a mistake of ours must cost one page, not a crawl of a night
        return f"the page could not be read ({type(error).__name__}: {error})"
    document = codec.to_json(found.document) if found.document else ""
    about = (found.why_not, found.own_url, found.aliases, found.remark, found.pdfs)
    return document, about, packing.pack(body, dictionary) if dictionary is not None else b""


def serve() -> None:
    """The other process: answers until the pipe is closed."""
    asked, told = own_streams()
    os.nice(NICE)
    requests: SimpleQueue[Any] = SimpleQueue()
    answers: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_listen, args=(asked, requests), daemon=True).start()
    Thread(target=_tell, args=(told, answers), daemon=True).start()
    whose: _Whose = Source(""), None
    while True:
        now, *rest = requests.get()
        if now is not None:
            whose = Source(**now[0]), now[1]
        signal.setitimer(signal.ITIMER_PROF, SECONDS_FOR_A_PAGE)  # ends the process, whatever library it is in
        answers.put(framed(_answer(whose, rest)))
        signal.setitimer(signal.ITIMER_PROF, 0)


def _listen(asked: IO[bytes], requests: SimpleQueue[Any]) -> None:
    """Take what comes at once: a pipe alone holds two pages. At its end nobody waits for the pages that are left."""
    with contextlib.suppress(EOFError):
        while True:
            requests.put(receive(asked))
    os._exit(0)


def _tell(told: IO[bytes], answers: SimpleQueue[bytes]) -> None:
    """Keep answers until they are taken: a pipe holds six, and the other side stores two hundred at once."""
    with contextlib.suppress(OSError):  # nobody is there any more
        while True:
            told.write(answers.get())
            told.flush()
