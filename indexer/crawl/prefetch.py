"""Fetch pages ahead while earlier ones are extracted, and hand them on in the order in which they were requested."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from types import TracebackType

from indexer.crawl.decider import FetchAttempt, PageRequest, is_readable
from indexer.crawl.extraction_worker import Extraction
from indexer.crawl.source_run import SourceRun
from indexer.fetch.fetcher import ACCEPT_PAGE
from indexer.fetch.meta_refresh import get_page
from indexer.model import Failure, Response
from indexer.urls import resolve

MAX_PAGES_AHEAD = 160  # fetched while others are still being extracted
MAX_BYTES_AHEAD = 8_000_000


class PrefetchWindow:
    """The pages of one source that are fetched and not yet handed on. A context manager, which cancels what is left in it.

    `hand_on` gets each page with its extraction (None: there is nothing to extract). Requests go out one after the other.
    """

    def __init__(self, run: SourceRun, hand_on: Callable[[FetchAttempt, Extraction | None], None]) -> None:
        self._run, self._hand_on = run, hand_on
        self._pool = run.services.pool
        self._window: deque[tuple[FetchAttempt, asyncio.Task[Extraction] | None]] = deque()
        self._bytes = 0

    def __enter__(self) -> PrefetchWindow:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for _, task in self._window:
            if task is not None:
                task.cancel()
        self._window.clear()
        self._hold(-self._bytes)

    async def fetch(self, request: PageRequest) -> None:
        """Request a page and begin its extraction; then wait until the window has room for another one."""
        if not self._window:
            await self._pool.wait_for_room()
        task, answer = None, None
        if url := resolve(request.page.entry.url or ""):
            answer = await self._get(url, request)
            if isinstance(answer, Response) and not answer.not_modified and is_readable(answer, wants_pdf=self._run.source.pdf):
                task = asyncio.create_task(self._extract(request, answer))
        self._hold(_size(answer))
        self._window.append((FetchAttempt(request.page, request.before, request.visit, request.is_in_sitemap, answer), task))
        await self.drain(MAX_PAGES_AHEAD)

    async def drain(self, max_pages: int = 0) -> None:
        """Hand on the pages that are extracted, and wait until at most `max_pages` are left."""
        self._hand_on_ready()
        while len(self._window) > max_pages or self._bytes > MAX_BYTES_AHEAD or (self._window and self._pool.is_full):
            if task := self._window[0][1]:
                await asyncio.wait({task})
            self._hand_on_ready()

    async def _get(self, url: str, request: PageRequest) -> Response | Failure:
        """Return the answer. While it is on the way, hand on what has been extracted by then."""
        fetcher, page = self._run.services.fetcher, request.page
        answer = asyncio.ensure_future(
            get_page(fetcher, url, etag=page.etag, last_modified=page.last_modified, accept=ACCEPT_PAGE, budget=self._run.budget)
        )
        try:
            while not answer.done():
                task = self._window[0][1] if self._window else None
                await asyncio.wait({answer, task} if task else {answer}, return_when=asyncio.FIRST_COMPLETED)
                self._hand_on_ready()
            return answer.result()
        finally:
            answer.cancel()  # has an effect only after an error

    async def _extract(self, request: PageRequest, answer: Response) -> Extraction:
        dictionary = self._run.services.archive.responses.dictionary(self._run.state.id)
        return await self._pool.extract(request.page.entry, request.page.url, self._run.source, answer, dictionary)

    def _hand_on_ready(self) -> None:
        while self._window and (self._window[0][1] is None or self._window[0][1].done()):
            attempt, task = self._window.popleft()
            self._hold(-_size(attempt.answer))
            self._hand_on(attempt, task.result() if task else None)

    def _hold(self, size: int) -> None:
        self._bytes += size
        self._pool.hold(size)


def _size(answer: Response | Failure | None) -> int:
    return len(answer.body) if isinstance(answer, Response) else 0
