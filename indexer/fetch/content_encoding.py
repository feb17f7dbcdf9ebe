"""Decode Content-Encoding piece by piece, so that a small answer cannot become a large one unseen (RFC 9110, 8.4.1)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from typing import Protocol

ACCEPTED = "gzip, deflate, br"
GZIP_WINDOW_BITS = 31  # zlib's number for gzip's wrapping
MAGIC = b"\x1f\x8b"
# Values of other headers that servers write there by mistake.
_NONE = re.compile(r"identity|none|null|binary|[78]bit|text|plain|html|utf-?\d+|us-ascii|iso-[\w-]+|windows-\d+|charset=.*", re.I)


class DecodingError(Exception):
    """The bytes do not match Content-Encoding."""


class TooManyBytes(Exception):
    """There are more decoded bytes than the limit; `got` holds those within it."""

    def __init__(self, prefix: bytes = b"") -> None:
        self.prefix = prefix


def decompress_unlabelled(body: bytes, media_type: str, most: int) -> bytes:
    """Return a body decompressed if it is gzip without a header that says so; any other as it is. Raises TooManyBytes.

    Browsers cannot show the pages of such a site, but many readers accept its feed.
    """
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
    """Decode one encoding. Both methods raise DecodingError; `decode` raises TooManyBytes when `most` bytes are reached."""

    def decode(self, piece: bytes, most: int) -> bytes: ...

    def finish(self) -> None:
        """Check that the encoded body is complete."""


def decoders(header: str) -> list[Decoder]:
    """Return the decoders of a Content-Encoding header, in the order of their use. Raises DecodingError."""
    names = [name.strip().lower() for name in header.split(",") if name.strip() and not _NONE.fullmatch(name.strip())]
    if len(names) > 2:
        raise DecodingError("the body is compressed more than twice")
    raw: Callable[[], Decoder] = lambda: _Packed(-15)  # noqa: E731
    makers: dict[str, Callable[[], Decoder]] = {"gzip": _Packed, "x-gzip": _Packed, "deflate": raw, "br": _Brotli}
    unknown = [name for name in names if name not in makers]
    if unknown:
        raise DecodingError(f"the body is encoded as {unknown[0][:40]!r}, which was not requested")
    return [makers[name]() for name in reversed(names)]


class _Gzip:
    """Decode one or more members (RFC 1952). Other bytes that follow are padding."""

    def __init__(self, window: int = GZIP_WINDOW_BITS) -> None:
        self._window = window
        self._machine = zlib.decompressobj(window)
        self._begun = self._padding = False
        self._rest = b""  # a byte after a member, with which another one may begin

    def decode(self, piece: bytes, most: int) -> bytes:
        self._begun = self._begun or bool(piece)
        plain: list[bytes] = []
        remaining = most
        piece, self._rest = self._rest + piece, b""
        while piece and not self._padding:
            if self._machine.eof:
                if len(piece) < len(MAGIC):
                    self._rest = piece
                    break
                self._padding = self._window != GZIP_WINDOW_BITS or not piece.startswith(MAGIC)
                self._machine = self._machine if self._padding else zlib.decompressobj(self._window)
                continue
            try:
                plain.append(self._machine.decompress(piece, max(1, remaining)))
            except zlib.error as error:
                raise DecodingError(f"the body does not match its Content-Encoding: {error}") from error
            remaining -= len(plain[-1])
            if remaining <= 0 or self._machine.unconsumed_tail:
                raise TooManyBytes(b"".join(plain))
            piece = self._machine.unused_data
        return b"".join(plain)

    def finish(self) -> None:
        if self._begun and not self._machine.eof:
            raise DecodingError("the compressed body is incomplete")


class _Packed:
    """Decode gzip or deflate, whichever of both it is.

    Servers mix up the names, and deflate comes with zlib's wrapping, as the standard requires, or without.
    """

    def __init__(self, otherwise: int = GZIP_WINDOW_BITS) -> None:
        self._otherwise = otherwise  # zlib's number for what is wrapped in neither way
        self._inner: _Gzip | None = None
        self._first = b""

    def decode(self, piece: bytes, most: int) -> bytes:
        if self._inner is None:
            piece = self._first + piece
            if len(piece) < 2:  # two bytes tell the wrapping
                self._first = piece
                return b""
            wrapped = piece[0] & 0x0F == 8 and (piece[0] * 256 + piece[1]) % 31 == 0
            self._inner = _Gzip(GZIP_WINDOW_BITS if piece.startswith(MAGIC) else 15 if wrapped else self._otherwise)
        return self._inner.decode(piece, most)

    def finish(self) -> None:
        if self._inner is not None:
            self._inner.finish()
        elif self._first:
            raise DecodingError("the compressed body is incomplete")


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
            raise DecodingError(f"the body does not match its Content-Encoding: {error}") from error
        if len(plain) >= most or not self._machine.can_accept_more_data():
            raise TooManyBytes(plain[:most])
        return plain

    def finish(self) -> None:
        if self._begun and not self._machine.is_finished():
            raise DecodingError("the compressed body is incomplete")
