"""The arrays of a segment: names, packings and limits (docs/array-format.md), and documents as bytes.

A segment has up to MAX_SEGMENT_DOCUMENTS documents, numbered in the order of ties: newest first, undated last, then by id.
So a list of documents in the order of their numbers is sorted by date.

A stored document is its fields, joined by a control character that documents do not contain. Reading one takes 4 us; JSON
takes 12. Long documents are compressed to half of their size. Zstandard decompresses 4 kB in 7.5 us, zlib in 19.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

import numpy as np
import zstandard

from indexer.document_fields import DOCUMENT_FIELDS
from indexer.engines.fields import FIELDS
from indexer.engines.whoosh.storage.array_file import Array
from indexer.model import Document

LAYOUT_VERSION: Final = 7  # raise it whenever the arrays change: older indexes are then rebuilt
MAX_SEGMENT_DOCUMENTS: Final = 1 << 18  # each segment adds to the time of a query, but merging this many takes seconds
MAX_BUILT_DOCUMENTS: Final = 1 << 16  # of a segment that is not the result of a merge
BLOCK_BITS: Final = 16  # numbers of documents are stored in blocks of 65,536, so each takes two bytes in any segment
DICTIONARY_STRIDE: Final = 64  # terms of a dictionary between two entries of its index
UNDATED: Final = -(1 << 62)  # seconds since 1970 of a document without a date: before all others
FACETS: Final = (
    "source",
    "category",
    "author",
    "language",
    "filetype",
)  # years and months are computed from dates
SEPARATOR: Final = "\x1f"  # between values and between stored fields; documents have no control characters
ITEM_SEPARATOR: Final = "\x1e"

# A posting's counts by field are packed into one number while a segment is built. The body has the lowest bits, so that
# postings in the body alone come first when the distinct numbers are sorted. The bits suffice for MAX_FIELD_CHARACTERS
# with a token for each character, as in scripts without spaces.
FIELD_BITS: Final = {"body": (0, 19), "title": (19, 10), "summary": (29, 13), "categories": (42, 11), "authors": (53, 11)}
SHIFTS: Final = np.array([FIELD_BITS[name][0] for name in FIELDS], "u8")
MASKS: Final = np.array([(1 << FIELD_BITS[name][1]) - 1 for name in FIELDS], "u8")
BODY_ONLY: Final = np.uint64(1 << FIELD_BITS["body"][1])
BODY: Final = FIELDS.index("body")


def block_count(size: int) -> int:
    """Return the number of blocks for the numbers of this many documents."""
    return max(1, -(-size >> BLOCK_BITS))


def pack_counts(counts: Array) -> Array:
    """Pack each row of counts by field into one number. The inverse of `unpack_counts`."""
    return np.asarray((counts.astype("u8") << SHIFTS).sum(1, dtype="u8"))


def unpack_counts(packed: Array) -> Array:
    """Unpack numbers into rows of counts by field."""
    return np.asarray((packed[:, None] >> SHIFTS) & MASKS)


def narrowest_dtype(top: int) -> np.dtype[Any]:
    """Return the narrowest unsigned type for numbers from 0 to `top`."""
    return np.min_scalar_type(top) if top < 1 << 32 else np.dtype("u8")


def narrow(values: Array) -> Array:
    """Convert non-negative numbers to the narrowest unsigned type that fits them."""
    return values.astype(narrowest_dtype(int(values.max()) if values.size else 0), copy=False)


def end_offsets(lengths: Iterable[int], count: int) -> Array:
    """Return where each of `count` items with these lengths ends."""
    return narrow(np.cumsum(np.fromiter(lengths, "u8", count), dtype="u8"))


def pack_texts(texts: Sequence[bytes]) -> tuple[Array, Array]:
    """Return the concatenated texts and where each of them ends."""
    return np.frombuffer(b"".join(texts), "u1"), end_offsets(map(len, texts), len(texts))


def pack_dictionary(words: Sequence[bytes]) -> tuple[Array, Array]:
    """Return sorted words as lines, and the offset of every DICTIONARY_STRIDE-th line (of the line end before it)."""
    text = b"\n" + b"\n".join(words) + b"\n" if words else b"\n"
    lengths = np.fromiter(map(len, words), "u4", len(words)).astype("u8") + 1
    starts = np.concatenate(([0], np.cumsum(lengths)))[: len(words)]
    return np.frombuffer(text, "u1"), starts[::DICTIONARY_STRIDE].astype("u4")


def group_starts(sorted_keys: Array, groups: int) -> Array:
    """Return where the run of each key 0 … groups - 1 begins, and where the last one ends."""
    return np.searchsorted(sorted_keys, np.arange(groups + 1, dtype=sorted_keys.dtype))


def form_arrays(rows: Array, forms: Iterable[bytes], terms: int) -> dict[str, Array]:
    """Return the spellings of each term as sorted lines. `rows` has the term of each form, ascending."""
    pairs = sorted(zip(rows.tolist(), forms, strict=True))
    lengths = np.fromiter((len(form) + 1 for _, form in pairs), "i8", len(pairs))
    ends = np.concatenate(([0], np.cumsum(lengths))).astype("i8")
    text = b"".join([form + b"\n" for _, form in pairs])
    return {"form.text": np.frombuffer(text, "u1"), "form.starts": narrow(ends[group_starts(rows, terms)])}


def expand_ranges(starts: Array, counts: Array) -> Array:
    """Return the concatenated ranges starts[i] … starts[i] + counts[i] - 1.

    >>> expand_ranges(np.array([5, 0]), np.array([2, 3])).tolist()
    [5, 6, 0, 1, 2]
    """
    ends = counts.cumsum(dtype="i8")
    indices: Array = np.arange(int(ends[-1]) if ends.size else 0)
    ends -= counts
    indices += (starts.astype("i8", copy=False) - ends).repeat(counts)
    return indices


def epoch_seconds(moment: datetime | None) -> int:
    """Return the seconds from 1970 to the publisher's local time (`fields.sortable_date`), or UNDATED."""
    if moment is None:
        return UNDATED
    return int((moment.replace(microsecond=0, tzinfo=UTC) - _EPOCH).total_seconds())


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BOUND_SUFFIX: Final = "0001-01-01T00:00:00"


@lru_cache(maxsize=1_000)  # one search reads each bound several times
def parse_bound(bound: str) -> int:
    """Return a bound of a date range ("2020", "2020-05-27T09:06:40") in seconds since 1970. Raises ValueError."""
    return epoch_seconds(datetime.fromisoformat(bound + _BOUND_SUFFIX[len(bound) :]).replace(tzinfo=UTC))


# -- stored documents ---------------------------------------------------------------------------------------------------
MIN_COMPRESSED_BYTES: Final = 1_500  # bytes; for shorter documents, decompression takes as long as all the rest
_PLAIN, _ZSTANDARD = b"p", b"s"
_packer, _unpacker = zstandard.ZstdCompressor(level=1, write_checksum=False), zstandard.ZstdDecompressor()
_turn: Final = threading.Lock()  # neither of them is safe to share between threads


FIELD_NAMES: Final = tuple(DOCUMENT_FIELDS)
_FIELD_COUNT: Final = len(FIELD_NAMES)
_KINDS: Final = tuple(DOCUMENT_FIELDS.values())
FIELD_KINDS: Final = bytes(("text", "optional text", "texts", "moment").index(kind) for kind in _KINDS)  # as in documents.c
MIN_STORED_FIELDS: Final = (
    FIELD_NAMES.index("rule") + 1
)  # fields of the first format; later ones are stored as far as the last one that is set
_MOMENTS, _TEXTS, _OPTIONAL = (
    tuple(i for i, kind in enumerate(_KINDS) if kind == each) for each in ("moment", "texts", "optional text")
)
_moment_of: Final = datetime.fromisoformat
_values: Final = attrgetter(*FIELD_NAMES)
# A document before it is frozen. Setting the fields of a frozen one takes 1.4 us, this and giving it its class 0.5.
_Unfrozen: Final[Any] = dataclasses.make_dataclass("_Unfrozen", FIELD_NAMES, slots=True)


def pack_document(document: Document) -> bytes:
    fields = list(_values(document))
    for i in _MOMENTS:
        fields[i] = fields[i].isoformat() if fields[i] else ""
    for i in _TEXTS:
        fields[i] = ITEM_SEPARATOR.join(fields[i])
    for i in _OPTIONAL:
        fields[i] = fields[i] or ""
    while len(fields) > MIN_STORED_FIELDS and not fields[-1]:
        fields.pop()
    joined = SEPARATOR.join(fields)
    if joined.count(SEPARATOR) != len(fields) - 1:  # replace a separator that a text contains against the rules
        joined = SEPARATOR.join(field.replace(SEPARATOR, " ") for field in fields)
    data = joined.encode("utf-8", "replace")
    if len(data) < MIN_COMPRESSED_BYTES:
        return _PLAIN + data
    with _turn:
        return _ZSTANDARD + _packer.compress(data)


def plain_document(packed: bytes) -> bytes:
    """Return a packed document that is not compressed. Raises zstandard.ZstdError."""
    if packed[:1] == _PLAIN:
        return packed
    with _turn:
        return _PLAIN + _unpacker.decompress(packed[1:])


def new_decompress() -> Callable[[bytes], bytes]:
    """Return what decompresses packed documents without their first byte, in one thread at a time. Raises zstandard.ZstdError."""
    return zstandard.ZstdDecompressor().decompress


def unpack_document(packed: bytes) -> Document:
    """Return a stored document. Raises ValueError, TypeError or zstandard.ZstdError if `pack_document` has not made it."""
    fields: list[Any] = plain_document(packed).decode().split(SEPARATOR)
    missing = _FIELD_COUNT - len(fields)
    if not 0 <= missing <= _FIELD_COUNT - MIN_STORED_FIELDS:
        raise ValueError(f"a stored document has {len(fields)} fields")
    fields[0] = fields[0][1:]  # without the mark that it is not compressed
    fields += [""] * missing
    for i in _MOMENTS:
        text = fields[i]
        fields[i] = _moment_of(text) if text else None
    for i in _TEXTS:
        text = fields[i]
        fields[i] = tuple(text.split(ITEM_SEPARATOR)) if text else ()
    for i in _OPTIONAL:
        fields[i] = fields[i] or None
    document = _Unfrozen(*fields)
    document.__class__ = Document
    return document  # type: ignore[no-any-return]  # its class was assigned above
