"""What the arrays of a segment are called and how they hang together; ARCHITECTURE.md draws it.

A segment holds up to MAX_DOCUMENTS documents, numbered in the order of the tie-break: newest first, undated last, then by
id. So any list of documents in the order of their numbers is already sorted by date.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from indexer.engines.scoring import FIELDS
from indexer.engines.whoosh.storage.array_file import Array

LAYOUT_VERSION: Final = 5  # raise it whenever the arrays change; readers of the older ones say "outdated" or "damaged"
MAX_DOCUMENTS: Final = 1 << 18  # of a segment: each takes a query as long again, and merging so many takes some seconds
MAX_BUILT: Final = 1 << 16  # of a segment that is not merged from others
EVERY: Final = 64  # terms of a dictionary between two places that are known beforehand
UNDATED: Final = -(1 << 62)  # seconds since 1970 of a document without a date: before all others
FACETS: Final = ("source", "category", "author", "language")  # kept as ordinals; years are worked out from dates
SEPARATOR: Final = "\x1f"  # between values and between stored fields; documents hold no control characters
ITEM_SEPARATOR: Final = "\x1e"

# A posting's counts by field, packed into one number while a segment is built: the body lowest, so that postings of the
# body alone come first when the different numbers are sorted. The bits hold what `INDEXED_CHARACTERS` allows, a token for each
# character (scripts of pairs have so many).
FIELD_BITS: Final = {"body": (0, 19), "title": (19, 10), "summary": (29, 13), "categories": (42, 11), "authors": (53, 11)}
SHIFTS: Final = np.array([FIELD_BITS[name][0] for name in FIELDS], "u8")
MASKS: Final = np.array([(1 << FIELD_BITS[name][1]) - 1 for name in FIELDS], "u8")
BODY_ONLY: Final = np.uint64(1 << FIELD_BITS["body"][1])
BODY: Final = FIELDS.index("body")


def pack_counts(counts: Array) -> Array:
    """Each row of counts by field as one number; the inverse of `unpack_counts`."""
    return np.asarray((counts.astype("u8") << SHIFTS).sum(1, dtype="u8"))


def unpack_counts(packed: Array) -> Array:
    return np.asarray((packed[:, None] >> SHIFTS) & MASKS)


def narrowest(top: int) -> np.dtype[Any]:
    """The unsigned type for numbers from 0 to this one."""
    return np.min_scalar_type(top) if top < 1 << 32 else np.dtype("u8")


def smallest(values: Array) -> Array:
    """The same numbers, none negative, in the narrowest unsigned type that holds them."""
    return values.astype(narrowest(int(values.max()) if values.size else 0), copy=False)


def ends_of(lengths: Iterable[int], count: int) -> Array:
    return smallest(np.cumsum(np.fromiter(lengths, "u8", count), dtype="u8"))


def pack_texts(texts: Sequence[bytes]) -> tuple[Array, Array]:
    """All bytes, and where each text ends."""
    return np.frombuffer(b"".join(texts), "u1"), ends_of(map(len, texts), len(texts))


def pack_dictionary(words: Sequence[bytes]) -> tuple[Array, Array]:
    """Sorted words as lines, and where each 64th line begins (with the end of the line before it)."""
    text = b"\n" + b"\n".join(words) + b"\n" if words else b"\n"
    lengths = np.fromiter(map(len, words), "u4", len(words)).astype("u8") + 1
    starts = np.concatenate(([0], np.cumsum(lengths)))[: len(words)]
    return np.frombuffer(text, "u1"), starts[::EVERY].astype("u4")


def group_starts(sorted_keys: Array, groups: int) -> Array:
    """For each key 0 … groups - 1 where its run begins; one more for the end."""
    return np.searchsorted(sorted_keys, np.arange(groups + 1, dtype=sorted_keys.dtype))


def form_arrays(rows: Array, forms: Iterable[bytes], terms: int) -> dict[str, Array]:
    """For each term the ways in which it is written, sorted, as lines; `rows` says of which term each form is, in order."""
    pairs = sorted(zip(rows.tolist(), forms, strict=True))
    lengths = np.fromiter((len(form) + 1 for _, form in pairs), "i8", len(pairs))
    ends = np.concatenate(([0], np.cumsum(lengths))).astype("i8")
    text = b"".join([form + b"\n" for _, form in pairs])
    return {"form.text": np.frombuffer(text, "u1"), "form.starts": smallest(ends[group_starts(rows, terms)])}


def spread(starts: Array, counts: Array) -> Array:
    """The indices starts[0] … starts[0] + counts[0] - 1, then those of the next, in one array.

    >>> spread(np.array([5, 0]), np.array([2, 3])).tolist()
    [5, 6, 0, 1, 2]
    """
    ends = counts.cumsum(dtype="i8")
    indices: Array = np.arange(int(ends[-1]) if ends.size else 0)
    ends -= counts
    indices += (starts.astype("i8", copy=False) - ends).repeat(counts)
    return indices


def seconds_of(moment: datetime | None) -> int:
    if moment is None:
        return UNDATED
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int((moment.replace(microsecond=0) - _EPOCH).total_seconds())


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OPEN: Final = "0001-01-01T00:00:00"


def bound_seconds(bound: str) -> int:
    """A bound of a date range ("2020", "2020-05-27T09:06:40") in seconds since 1970. Raises ValueError."""
    return seconds_of(datetime.fromisoformat(bound + _OPEN[len(bound) :]).replace(tzinfo=UTC))
