"""Content-Encoding undone piece by piece, so that a small answer cannot become a large one unseen (RFC 9110, 8.4.1)."""

from __future__ import annotations

import zlib
from collections.abc import Callable

Decoder = Callable[[bytes, int], bytes]  # a piece and the most bytes wanted -> plain bytes; raises DecodingError
ACCEPTED = "gzip, deflate, br"


class DecodingError(Exception):
    """The bytes are not what Content-Encoding says."""


class TooMuch(Exception):
    """More plain bytes than are wanted."""


def decoders(header: str) -> list[Decoder]:
    """The decoders of a Content-Encoding header, in the order in which they are to be applied. Raises DecodingError."""
    names = [name.strip().lower() for name in header.split(",") if name.strip() and name.strip().lower() != "identity"]
    if len(names) > 2:
        raise DecodingError("it is compressed more than twice")
    makers = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate, "br": _brotli}
    unknown = [name for name in names if name not in makers]
    if unknown:
        raise DecodingError(f"it is encoded as {unknown[0]!r}, which was not asked for")
    return [makers[name]() for name in reversed(names)]


def _gzip() -> Decoder:
    return _zlib(31)


def _deflate() -> Decoder:
    """Deflate with zlib's wrapping as the standard says, or without as some servers do."""
    inner: list[Decoder] = []

    def decode(piece: bytes, most: int) -> bytes:
        if not inner:
            inner.append(_zlib(15 if piece[:1] and piece[0] & 0x0F == 8 else -15))
        return inner[0](piece, most)

    return decode


def _zlib(window: int) -> Decoder:
    machine = zlib.decompressobj(window)

    def decode(piece: bytes, most: int) -> bytes:
        nonlocal machine
        plain = b""
        while piece:
            try:
                plain += machine.decompress(piece, max(1, most - len(plain)))
            except zlib.error as error:
                raise DecodingError(str(error)) from error
            if machine.unconsumed_tail:
                raise TooMuch
            piece = machine.unused_data
            if piece:  # another member of the file, or padding
                if piece[:2] != b"\x1f\x8b":
                    break
                machine = zlib.decompressobj(window)
        return plain

    return decode


def _brotli() -> Decoder:
    import brotli

    machine = brotli.Decompressor()

    def decode(piece: bytes, most: int) -> bytes:
        try:
            plain: bytes = machine.process(piece, output_buffer_limit=most)
        except brotli.error as error:
            raise DecodingError(str(error)) from error
        if not machine.can_accept_more_data():
            raise TooMuch
        return plain

    return decode
