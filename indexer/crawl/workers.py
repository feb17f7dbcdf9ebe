"""Who extracts: this process for a few pages, others on all cores for many.

    here                                     each worker (`serve`)
    some pages ahead         ->              understand one after the other, pack their bodies
                             <-              the document, or why there is none, in the same order
    end of file              ->              ends; so nobody is left when this process is killed, however it is

Pages wait at their worker, so that it never waits for this process, which fetches and stores meanwhile (a worker that
is handed one page at a time is idle for a third of a crawl). Workers are nice: this process and a web server come first.

Plain pipes and an interpreter started anew (`indexer.pipes` says why). A page that takes too long or kills its worker costs that
worker; its document is then made of the feed's own text, and those behind it are read by the next worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import operator
import os
from collections import deque
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import IO, Any, Final

from indexer.archive import codec, packing
from indexer.model import Entry, Response, Source
from indexer.pipes import LENGTH, command, framed, own_streams, receive, unframed
from indexer.understand import Understood, understand

HERE_AT_MOST: Final = 40  # pages that this process extracts itself before it starts others: that takes each a second
LARGEST_HERE: Final = 400_000  # bytes of a page: a larger one may take long, and a thread cannot be given up
MOST_WORKERS: Final = 8
DEEP: Final = 64  # pages that wait for one worker, the one that it reads among them
SECONDS_FOR_A_PAGE: Final = 60.0
NICE: Final = 15
_LONGEST: Final = 1 << 30
_Whose = tuple[Source, bytes | None]  # a source (with its template) and its dictionary: as long as many a page, so said once
# Document, what else was understood, packed body.
Answer = tuple[str, tuple[str, str, tuple[str, ...], str, tuple[str, ...]], bytes]


@dataclasses.dataclass(frozen=True, slots=True)
class Extracted:
    """What was understood of an answer, and its body as the archive keeps it (None: the archive packs it)."""

    understood: Understood
    packed: bytes | None = None


class Understander:
    """Extracts pages, as many at once as there are cores. An async context manager."""

    def __init__(self, workers: int | None = None, here_at_most: int = HERE_AT_MOST) -> None:
        self.workers = min(os.cpu_count() or 1, MOST_WORKERS) if workers is None else workers
        self._here_left, self._here = here_at_most, asyncio.Lock()  # one at a time: libraries promise little about threads
        self._all: list[_Worker] = []
        self._room, self._room_for_large = asyncio.Semaphore(self.workers * DEEP), asyncio.Semaphore(self.workers)

    async def __aenter__(self) -> Understander:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._all:
            await worker.close()

    async def extract(
        self, entry: Entry, url: str, source: Source, response: Response, dictionary: bytes | None = None
    ) -> Extracted:
        """The document of an answer. Never raises for what the page does. `dictionary`: what the source's answers are packed
        with; None when the answer is stored already."""
        if self.workers < 1 or (self._here_left > 0 and len(response.body) <= LARGEST_HERE):
            self._here_left -= 1
            # In a thread: other hosts' answers, and their time limits, must not wait for a page that takes long.
            async with self._here:
                return Extracted(await asyncio.to_thread(understand, entry, url, source, response))
        async with self._room, self._room_for_large if len(response.body) > LARGEST_HERE else contextlib.nullcontext():
            self._all = self._all or [_Worker() for _ in range(self.workers)]
            worker = min(self._all, key=_Worker.waiting_bytes)
            found = await worker.ask(entry, url, (source, dictionary), response)
        if isinstance(found, str):
            without = understand(entry, url, source, None)
            return Extracted(dataclasses.replace(without, why_not=without.why_not and f"{found}; {without.why_not}"))
        document, about, packed = found
        known = codec.document_from(json.loads(document)) if document else None
        return Extracted(Understood(known, *about), packed or None)


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class _Page:
    """One that waits for its answer: that, or in words why there is none."""

    about: tuple[Entry, str, Response]
    whose: _Whose
    answer: asyncio.Future[Answer | str]


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
            self._send(self._process, page)
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())
        return await page.answer

    async def _serve(self) -> None:
        """Bring answers to the pages that wait, until none does."""
        while self._waiting:
            answer: Answer | str
            try:
                process = self._process or await self._start()
                async with asyncio.timeout(SECONDS_FOR_A_PAGE):
                    answer = await _next_answer(process)
            except TimeoutError:
                await self.stop()
                answer = f"reading the page took more than {SECONDS_FOR_A_PAGE:g} s and was given up"
            except (OSError, EOFError, ValueError, asyncio.IncompleteReadError):
                await self.stop()
                answer = "reading the page ended the process that read it"
            page = self._waiting.popleft()
            if not page.answer.done():  # else nobody waits for it any more
                page.answer.set_result(answer)

    async def _start(self) -> asyncio.subprocess.Process:
        """A new process, with all that waits sent to it."""
        process = await asyncio.create_subprocess_exec(
            *command(__name__), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LONGEST
        )
        self._process, self._knows = process, None
        for page in self._waiting:
            self._send(process, page)
        return process

    def _send(self, process: asyncio.subprocess.Process, page: _Page) -> None:
        known = self._knows is not None and all(map(operator.is_, self._knows, page.whose))
        self._knows = page.whose
        assert process.stdin is not None  # as asked for in `_start`
        process.stdin.write(_request(*page.about[:2], None if known else page.whose, page.about[2]))

    async def close(self) -> None:
        """What it still reads is not waited for: nobody else does."""
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.wait([self._serving])
        await self.stop()

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


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
        found = understand(codec.entry_from(json.loads(entry)), address, source, response)
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
    answers: SimpleQueue[bytes | None] = SimpleQueue()
    Thread(target=_listen, args=(asked, requests), daemon=True).start()
    telling = Thread(target=_tell, args=(told, answers))
    telling.start()
    whose: _Whose = Source(""), None
    while (request := requests.get()) is not None:
        now, *rest = request
        if now is not None:
            whose = Source(**now[0]), now[1]
        answers.put(framed(_answer(whose, rest)))
    answers.put(None)
    telling.join()


def _listen(asked: IO[bytes], requests: SimpleQueue[Any]) -> None:
    """Take what comes at once: a pipe alone holds two pages."""
    with contextlib.suppress(EOFError):
        while True:
            requests.put(receive(asked))
    requests.put(None)


def _tell(told: IO[bytes], answers: SimpleQueue[bytes | None]) -> None:
    """Keep answers until they are taken: a pipe holds six, and the other side stores two hundred at once."""
    with contextlib.suppress(OSError):  # nobody is there any more
        while (answer := answers.get()) is not None:
            told.write(answer)
            told.flush()
