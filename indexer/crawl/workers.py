"""Who extracts: this process for a few pages, others on all cores for many.

    here                                     each worker (`serve`)
    one page at a time       ->              understand it, pack its body
                             <-              the document, or why there is none
    end of file              ->              ends; so nobody is left when this process is killed, however it is

Plain pipes and an interpreter started anew (`indexer.pipes` says why). A page that takes too long or kills its worker costs that
worker; its document is then made of the feed's own text.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import operator
import os
from types import TracebackType
from typing import Any, Final

from indexer.archive import codec, packing
from indexer.model import Entry, Response, Source
from indexer.pipes import LENGTH, command, framed, own_streams, receive, send, unframed
from indexer.understand import Understood, understand

HERE_AT_MOST: Final = 40  # pages that this process extracts itself before it starts others: that takes each a second
LARGEST_HERE: Final = 400_000  # bytes of a page: a larger one may take long, and a thread cannot be given up
MOST_WORKERS: Final = 8
SECONDS_FOR_A_PAGE: Final = 60.0
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
        self._idle: asyncio.Queue[_Worker] | None = None
        self._all: list[_Worker] = []

    async def __aenter__(self) -> Understander:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._all:
            await worker.stop()

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
        if self._idle is None:
            self._idle = asyncio.Queue()
            self._all = [_Worker() for _ in range(self.workers)]
            for worker in self._all:
                self._idle.put_nowait(worker)
        worker = await self._idle.get()
        try:
            found = await worker.ask(entry, url, (source, dictionary), response)
        finally:
            self._idle.put_nowait(worker)
        if isinstance(found, str):
            without = understand(entry, url, source, None)
            return Extracted(dataclasses.replace(without, why_not=without.why_not and f"{found}; {without.why_not}"))
        document, about, packed = found
        known = codec.document_from(json.loads(document)) if document else None
        return Extracted(Understood(known, *about), packed or None)


class _Worker:
    """Another process, started when it is first asked and again after it died."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._knows: _Whose | None = None

    async def ask(self, entry: Entry, url: str, whose: _Whose, response: Response) -> Answer | str:
        """The answer, or in words why there is none."""
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *command(__name__), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LONGEST
            )  # fmt: skip
            self._knows = None
        pipes, known = self._process, self._knows is not None and all(map(operator.is_, self._knows, whose))
        self._knows = whose
        assert pipes.stdin is not None  # as asked for above
        assert pipes.stdout is not None
        try:
            async with asyncio.timeout(SECONDS_FOR_A_PAGE):
                pipes.stdin.write(_request(entry, url, None if known else whose, response))
                await pipes.stdin.drain()
                length = LENGTH.unpack(await pipes.stdout.readexactly(LENGTH.size))[0]
                answer: Answer | str = unframed(await pipes.stdout.readexactly(length))
                return answer
        except TimeoutError:
            await self.stop(kill=True)
            return f"reading the page took more than {SECONDS_FOR_A_PAGE:g} s and was given up"
        except (OSError, EOFError, asyncio.IncompleteReadError):
            await self.stop(kill=True)
            return "reading the page ended the process that read it"

    async def stop(self, *, kill: bool = False) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if kill and process.returncode is None:
            process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


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
    whose: _Whose = Source(""), None
    with contextlib.suppress(EOFError):
        while True:
            now, *request = receive(asked)
            if now is not None:
                whose = Source(**now[0]), now[1]
            send(told, _answer(whose, request))
