"""Store what web servers answered, compressed with a dictionary of each source."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from itertools import accumulate, takewhile
from typing import Final

import zstandard

from indexer.archive.database import Database
from indexer.archive.serialization import stored_time, time_text
from indexer.errors import ArchiveDamaged
from indexer.model import Response

MAX_CACHED_DICTIONARIES = 128  # of sources that are crawled side by side
MAX_VERSIONS = 5  # responses of one address, including the latest
_DROP_OLD_VERSIONS = """
    DELETE FROM responses WHERE requested_url = ?1 AND (SELECT COUNT(*) FROM responses WHERE requested_url = ?1) > ?2
    AND NOT EXISTS (SELECT 1 FROM pages WHERE response_id = responses.id)
    AND id NOT IN (SELECT id FROM responses WHERE requested_url = ?1 ORDER BY id DESC LIMIT ?2)"""


class Responses:
    """The tables `responses` and `dictionaries`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._dictionaries: dict[int, bytes] = {}

    def put(
        self, response: Response, before: int | None = None, packed: bytes | None = None, source_id: int | None = None
    ) -> int:
        """Store a response and return its number. Of each address the last `MAX_VERSIONS` are stored.

        If the response `before` had the same body, it is updated instead: most servers give no validators, and a page that is
        fetched every week would be stored every week. Its body is written again, which repairs an unreadable one.
        `packed`: the body if it is compressed already, otherwise it is compressed for `source_id`.
        """
        digest, at = sha256(response.body).hexdigest(), time_text(response.fetched_at or datetime.now(UTC))
        with self._database.transaction():
            headers = json.dumps(dict(response.headers))
            body = packed or pack(response.body, self.dictionary(source_id) if source_id is not None else b"")
            if before is not None and self._database.execute(
                "UPDATE responses SET status=?, headers=?, fetched_at=?, permanent_url=?, body=? WHERE id=? AND url=?"
                " AND body_sha256=?",
                response.status,
                headers,
                at,
                response.permanent_url,
                body,
                before,
                response.url,
                digest,
            ):
                return before
            number = self._database.insert(
                "INSERT INTO responses (url, requested_url, status, headers, body, body_sha256, fetched_at, permanent_url)"
                " VALUES (?,?,?,?,?,?,?,?)",
                response.url,
                response.requested_url,
                response.status,
                headers,
                body,
                digest,
                at,
                response.permanent_url,
            )
            self._database.execute(_DROP_OLD_VERSIONS, response.requested_url, MAX_VERSIONS)
            return number

    def get(self, response_id: int) -> Response | None:
        """Return a stored response. Raises ArchiveDamaged when its body cannot be decompressed."""
        row = self._database.row("SELECT * FROM responses WHERE id = ?", response_id)
        if row is None:
            return None
        return Response(
            url=row["url"],
            requested_url=row["requested_url"],
            status=row["status"],
            headers=_headers(row["headers"], row["url"]),
            body=unpack(row["body"], self._dictionary_numbered),
            fetched_at=stored_time(row["fetched_at"]),
            permanent_url=row["permanent_url"],
        )

    def all(self) -> Iterator[Response]:
        """Yield every stored response in the order they came."""
        last = 0
        while rows := self._database.rows("SELECT id FROM responses WHERE id > ? ORDER BY id LIMIT 500", last):
            yield from (response for row in rows if (response := self.get(row["id"])))
            last = rows[-1]["id"]

    def discard(self, response_id: int) -> None:
        """Remove an unreadable response. Its pages are fetched whole with the next crawl."""
        with self._database.transaction():
            self._database.execute(
                "UPDATE visits SET due = NULL WHERE page_id IN (SELECT id FROM pages WHERE response_id = ?)", response_id
            )
            self._database.execute(
                "UPDATE pages SET response_id = NULL, etag = NULL, last_modified = NULL WHERE response_id = ?", response_id
            )
            self._database.execute("DELETE FROM responses WHERE id = ?", response_id)

    def drop(self, response_id: int | None, url: str) -> None:
        """Remove a response, and every other one that its address gave."""
        self._database.execute("DELETE FROM responses WHERE id = ? OR requested_url = ?", response_id, url)

    def dictionary(self, source_id: int) -> bytes:
        """Return what a source's responses are compressed with; b"" while there is none."""
        if source_id not in self._dictionaries:
            row = self._database.row("SELECT body FROM dictionaries WHERE source_id = ?", source_id)
            self._cache(source_id, bytes(row["body"]) if row else b"")
        return self._dictionaries[source_id]

    def _cache(self, source_id: int, dictionary: bytes) -> None:
        """Keep a source's dictionary, and forget the oldest beyond `MAX_CACHED_DICTIONARIES`: each takes 32 kB."""
        self._dictionaries[source_id] = dictionary
        if len(self._dictionaries) > MAX_CACHED_DICTIONARIES:
            del self._dictionaries[next(iter(self._dictionaries))]

    def put_dictionary(self, source_id: int, dictionary: bytes) -> None:
        """Store a source's dictionary, unless it has one."""
        if self.dictionary(source_id):
            return
        number = number_of(dictionary)
        sql = "SELECT 1 FROM dictionaries WHERE id = ? AND body != ?"
        if self._database.row(sql, number, dictionary) is None:  # the chance of a collision is one in 2^31
            self._database.execute("INSERT INTO dictionaries VALUES (?,?,?)", source_id, number, dictionary)
            self._cache(source_id, dictionary)

    def _dictionary_numbered(self, number: int) -> bytes:
        row = self._database.row("SELECT body FROM dictionaries WHERE id = ?", number)
        if row is None:
            raise ArchiveDamaged(f"{self._database.location}: the dictionary {number} of stored responses is missing")
        return bytes(row["body"])

    def unreadable(self) -> list[tuple[int, str, str]]:
        """Return the responses that differ from what was stored: number, address and why. Reads all of them."""
        damaged = []
        for (number,) in self._database.rows("SELECT id FROM responses ORDER BY id"):
            for row in self._database.rows(
                "SELECT requested_url, headers, body, body_sha256 FROM responses WHERE id = ?", number
            ):
                try:
                    _headers(row["headers"], row["requested_url"])
                    digest = sha256(unpack(row["body"], self._dictionary_numbered)).hexdigest()
                    why = "" if digest == row["body_sha256"] else "it differs from the one that was stored"
                except ArchiveDamaged as error:
                    why = error.message
                if why:
                    damaged.append((number, str(row["requested_url"]), why))
        return damaged


# -- Compress bodies: Zstandard (RFC 8878), with a dictionary trained on the pages of each source -------------------
COMPRESSION_LEVEL: Final = 3
MAX_DICTIONARY_BYTES: Final = 32_768  # bytes
MIN_SAMPLES: Final = 20
_MAX_SAMPLE, _ALL_SAMPLES = 100_000, 4_000_000  # bytes that are read: training takes 40 ms for a megabyte
_MAX_UNPACKED_BYTES: Final = 1 << 31
_lock = threading.Lock()  # a compressor is for one thread at a time


def pack(body: bytes, dictionary: bytes = b"") -> bytes:
    """Compress a body for the archive. `dictionary`: of its source (`trained`), if there is one."""
    with _lock:
        return _packer(dictionary).compress(body)


def unpack(packed: bytes, dictionary: Callable[[int], bytes]) -> bytes:
    """Decompress a body. `dictionary` returns the dictionary with a given number. Raises ArchiveDamaged."""
    try:
        if packed[:4] != zstandard.FRAME_HEADER:
            return zlib.decompress(packed)
        number = zstandard.get_frame_parameters(packed).dict_id
        dictionary_data = zstandard.ZstdCompressionDict(dictionary(number)) if number else None
        return zstandard.ZstdDecompressor(dict_data=dictionary_data).decompress(packed, max_output_size=_MAX_UNPACKED_BYTES)
    except (zlib.error, zstandard.ZstdError) as error:
        raise ArchiveDamaged(f"a stored answer cannot be unpacked: {error}") from error


def train_dictionary(bodies: Iterable[bytes]) -> bytes:
    """Train a dictionary on some pages of a source. Return b"" when they are too few or have nothing in common."""
    samples: list[bytes | bytearray | memoryview] = [body[:_MAX_SAMPLE] for body in bodies if body]
    ends = accumulate(map(len, samples))
    samples = samples[: sum(1 for _ in takewhile(_ALL_SAMPLES.__ge__, ends))]
    if len(samples) < MIN_SAMPLES:
        return b""
    try:
        return zstandard.train_dictionary(MAX_DICTIONARY_BYTES, samples).as_bytes()
    except zstandard.ZstdError:  # the library says so when there is nothing to learn
        return b""


def number_of(dictionary: bytes) -> int:
    """Return the number by which a compressed body names its dictionary."""
    return zstandard.ZstdCompressionDict(dictionary).dict_id()


@lru_cache(maxsize=8)
def _packer(dictionary: bytes) -> zstandard.ZstdCompressor:
    return zstandard.ZstdCompressor(
        COMPRESSION_LEVEL, dict_data=zstandard.ZstdCompressionDict(dictionary) if dictionary else None
    )


def _headers(stored: str, url: str) -> dict[str, str]:
    try:
        return {str(name): str(value) for name, value in json.loads(stored).items()}
    except (AttributeError, ValueError) as error:
        raise ArchiveDamaged(f"the stored headers of {url} are unreadable: {error}") from error
