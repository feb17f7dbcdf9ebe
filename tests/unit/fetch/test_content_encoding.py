from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.fetch.content_encoding import DecodingError, TooManyBytes, decoders, decompress_unlabelled

PLAIN = bytes(range(256)) * 20


def undone(header: str, data: bytes, size: int, most: int = 1_000_000) -> bytes:
    """As the transport does it, with pieces of `size` bytes."""
    chain, body = decoders(header), b""
    for at in range(0, len(data), size):
        piece = data[at : at + size]
        for decoder in chain:
            piece = decoder.decode(piece, most - len(body) + 1) if piece else piece
        body += piece
    for decoder in chain:
        decoder.finish()
    return body


@given(st.lists(st.binary(max_size=300), max_size=5), st.integers(1, 50), st.binary(max_size=3))
def test_members_and_padding_wherever_the_pieces_end(members: list[bytes], size: int, padding: bytes) -> None:
    packed = b"".join(gzip.compress(member) for member in members)
    assert undone("gzip", packed + b"\0" + padding if members else b"", size) == b"".join(members)


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize(
    ("header", "data"),
    [
        ("gzip", gzip.compress(PLAIN)),
        ("x-gzip, identity", gzip.compress(PLAIN)),
        ("deflate", zlib.compress(PLAIN)),
        ("deflate", zlib.compress(PLAIN)[2:-4]),
        ("br", brotli.compress(PLAIN)),
        ("br, GZIP", gzip.compress(brotli.compress(PLAIN))),
        ("gzip", zlib.compress(PLAIN)),
        ("deflate", gzip.compress(PLAIN)),
        ("utf-8", PLAIN),
        ("None, charset=UTF-8", PLAIN),
        ("", PLAIN),
    ],
)
def test_each_encoding_in_pieces_of_any_size(header: str, data: bytes, size: int) -> None:
    assert undone(header, data, size) == PLAIN


@pytest.mark.parametrize("header", ["gzip", "deflate", "br"])
def test_what_breaks_off_is_not_taken_for_the_whole(header: str) -> None:
    make = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}[header]
    with pytest.raises(DecodingError, match="incomplete"):
        undone(header, make(PLAIN)[:-5], 100)
    assert undone(header, b"", 10) == b"", "an empty body is none that was cut"


@pytest.mark.parametrize("header", ["gzip", "deflate", "br"])
def test_not_more_than_is_wanted_is_made(header: str) -> None:
    make = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}[header]
    with pytest.raises(TooManyBytes) as caught:
        undone(header, make(bytes(1_000_000)), 64, most=1000)
    assert len(caught.value.prefix) <= 1001


@pytest.mark.parametrize("header", ["zstd", "gzip, gzip, gzip", "compress"])
def test_encodings_that_were_not_asked_for(header: str) -> None:
    with pytest.raises(DecodingError):
        decoders(header)


def test_what_no_header_calls_compressed_is_undone_where_it_is_a_text() -> None:
    packed = gzip.compress(PLAIN)
    assert decompress_unlabelled(packed, "text/html; charset=utf-8", 10_000) == decompress_unlabelled(packed, "", 10_000) == PLAIN
    assert decompress_unlabelled(packed, "application/x-gzip", 10_000) == packed
    assert decompress_unlabelled(packed[:-4], "text/html", 10_000) == packed[:-4], "a part of it is not taken for the whole"
    with pytest.raises(TooManyBytes):
        decompress_unlabelled(gzip.compress(bytes(1_000_000)), "text/html", 1000)
