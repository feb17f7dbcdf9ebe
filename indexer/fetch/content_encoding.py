"""Content-Encoding undone piece by piece, so that a small answer cannot become a large one unseen (RFC 9110, 8.4.1)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from typing import Protocol

ACCEPTED = "gzip, deflate, br"
GZIP = 31  # zlib's number for gzip's wrapping
MAGIC = b"\x1f\x8b"
# What servers write there though it encodes nothing: other headers' values.
_NONE = re.compile(r"identity|none|null|binary|[78]bit|text|plain|html|utf-?\d+|us-ascii|iso-[\w-]+|windows-\d+|charset=.*", re.I)


class DecodingError(Exception):
    """The bytes are not what Content-Encoding says."""


class TooMuch(Exception):
    """More plain bytes than are wanted; `got` are those that are."""

    def __init__(self, got: bytes = b"") -> None:
        self.got = got


def unpacked(body: bytes, media_type: str, most: int) -> bytes:
    """A body that is compressed though no header says so, undone; any other as it is. Raises TooMuch.

    Whoever compresses its pages beforehand and forgets the header is read by no browser, but its feed is by many readers."""
    if not body.startswith(MAGIC + b"\x08") or not re.match(r"text/|$|.*(?:html|xml|json)", media_type):
        return body
    machine = _Gzip()
    try:
        plain = machine.decode(body, most)
        machine.finish()
    except DecodingError:
        return body
    return plain


class Decoder(Protocol):
    """Undoes one encoding. Each raises DecodingError; `decode` raises TooMuch when `most` bytes are reached."""

    def decode(self, piece: bytes, most: int) -> bytes: ...

    def finish(self) -> None:
        """There are no more pieces."""


def decoders(header: str) -> list[Decoder]:
    """The decoders of a Content-Encoding header, in the order in which they are to be applied. Raises DecodingError."""
    names = [name.strip().lower() for name in header.split(",") if name.strip() and not _NONE.fullmatch(name.strip())]
    if len(names) > 2:
        raise DecodingError("it is compressed more than twice")
    raw: Callable[[], Decoder] = lambda: _Packed(-15)  # noqa: E731
    makers: dict[str, Callable[[], Decoder]] = {"gzip": _Packed, "x-gzip": _Packed, "deflate": raw, "br": _Brotli}
    unknown = [name for name in names if name not in makers]
    if unknown:
        raise DecodingError(f"it is encoded as {unknown[0][:40]!r}, which was not asked for")
    return [makers[name]() for name in reversed(names)]


class _Gzip:
    """One or more members (RFC 1952); what follows them and is none is padding."""

    def __init__(self, window: int = GZIP) -> None:
        self._window = window
        self._machine = zlib.decompressobj(window)
        self._begun = self._padding = False
        self._rest = b""  # a byte behind a member, with which another one may begin

    def decode(self, piece: bytes, most: int) -> bytes:
        self._begun = self._begun or bool(piece)
        plain: list[bytes] = []
        left = most
        piece, self._rest = self._rest + piece, b""
        while piece and not self._padding:
            if self._machine.eof:
                if len(piece) < len(MAGIC):
                    self._rest = piece
                    break
                self._padding = self._window != GZIP or not piece.startswith(MAGIC)
                self._machine = self._machine if self._padding else zlib.decompressobj(self._window)
                continue
            try:
                plain.append(self._machine.decompress(piece, max(1, left)))
            except zlib.error as error:
                raise DecodingError(f"it is not what its Content-Encoding says: {error}") from error
            left -= len(plain[-1])
            if left <= 0 or self._machine.unconsumed_tail:
                raise TooMuch(b"".join(plain))
            piece = self._machine.unused_data
        return b"".join(plain)

    def finish(self) -> None:
        if self._begun and not self._machine.eof:
            raise DecodingError("it ends before it is whole (compressed)")


class _Packed:
    """gzip or deflate, whichever of both it is: servers mix up the names, and deflate comes with zlib's wrapping, as the standard
    says, or without."""

    def __init__(self, otherwise: int = GZIP) -> None:
        self._otherwise = otherwise  # zlib's number for what is wrapped in neither way
        self._inner: _Gzip | None = None
        self._first = b""

    def decode(self, piece: bytes, most: int) -> bytes:
        if self._inner is None:
            piece = self._first + piece
            if len(piece) < 2:  # the wrapping is told by two bytes
                self._first = piece
                return b""
            wrapped = piece[0] & 0x0F == 8 and (piece[0] * 256 + piece[1]) % 31 == 0
            self._inner = _Gzip(GZIP if piece.startswith(MAGIC) else 15 if wrapped else self._otherwise)
        return self._inner.decode(piece, most)

    def finish(self) -> None:
        if self._inner is not None:
            self._inner.finish()
        elif self._first:
            raise DecodingError("it ends before it is whole (compressed)")


class _Brotli:
    def __init__(self) -> None:
        import brotli

        self._error: type[Exception] = brotli.error
        self._machine = brotli.Decompressor()
        self._begun = False

    def decode(self, piece: bytes, most: int) -> bytes:
        self._begun = self._begun or bool(piece)
        try:
            plain: bytes = self._machine.process(piece, output_buffer_limit=most)
        except self._error as error:
            raise DecodingError(f"it is not what its Content-Encoding says: {error}") from error
        if len(plain) >= most or not self._machine.can_accept_more_data():
            raise TooMuch(plain[:most])
        return plain

    def finish(self) -> None:
        if self._begun and not self._machine.is_finished():
            raise DecodingError("it ends before it is whole (compressed)")
