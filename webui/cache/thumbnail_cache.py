"""Keep the images of results in memory, and fetch them a few at a time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Final

from indexer.model import FetchPolicy

MAX_CACHE_BYTES: Final = 32_000_000
MAX_IMAGES: Final = 5_000  # those that cannot be shown included
MAX_FETCHES: Final = 4
MAX_WAITING: Final = 3  # requests that wait for a fetch; each occupies a thread of the server
WAIT_SECONDS: Final = 3.0

Image = tuple[str, bytes]  # media type, content


class ThumbnailCache:
    """Images in memory, the least recently used of which make room. Safe between threads."""

    def __init__(self) -> None:
        self._images: OrderedDict[str, Image | None] = OrderedDict()
        self._bytes = 0
        self._fetching: dict[str, Future[Image | None]] = {}
        self._waiting = threading.Semaphore(MAX_WAITING)
        self._fetchers = ThreadPoolExecutor(MAX_FETCHES, thread_name_prefix="thumbnail")
        self._lock = threading.Lock()

    def get(self, policy: FetchPolicy, address: str, page: str) -> Image | None:
        """Return an image, or None if it cannot be shown. Raises TimeoutError if it is not there yet."""
        with self._lock:
            if address in self._images:
                self._images.move_to_end(address)
                return self._images[address]
            work = self._fetching.get(address)
            if work is None:
                work = self._fetching[address] = self._fetchers.submit(self._fetch, policy, address, page)
        if not self._waiting.acquire(blocking=False):
            raise TimeoutError
        try:
            return work.result(WAIT_SECONDS)
        except FutureTimeoutError:
            raise TimeoutError from None
        finally:
            self._waiting.release()

    def _fetch(self, policy: FetchPolicy, address: str, page: str) -> Image | None:
        from indexer.fetch.images import fetch_image  # 60 ms of a server's start, and few sites show images

        image = None
        try:
            image = fetch_image(policy, address, page)
        finally:
            with self._lock:
                self._images[address] = image
                self._bytes += len(image[1]) if image else 0
                del self._fetching[address]
                self._trim()
        return image

    def _trim(self) -> None:
        while self._bytes > MAX_CACHE_BYTES or len(self._images) > MAX_IMAGES:
            _, image = self._images.popitem(last=False)
            self._bytes -= len(image[1]) if image else 0
