"""BM25F's X of postings, and X / (k1 + X), which a score is a multiple of: worked out when asked for, or stored beside postings.

    norms    by field and document: what one occurrence adds to X, weight / (1 - b + b * length / average)
    X        the sum over fields of counts times norms
    share    X / (k1 + X), from 0 to 1

Shares depend on the weights and on the average lengths (`Scale`), which an index keeps while documents come and go
(`postings.kept_averages`). A segment says by which scale its shares were worked out, and by no other are they used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from indexer.engines.scoring import FIELDS, Averages
from indexer.engines.whoosh.storage.array_file import Array, Slices, Streamed, Writable, sliced
from indexer.engines.whoosh.storage.layout import BODY, BODY_ONLY, pack_counts, smallest
from indexer.engines.whoosh.storage.posting_lists import DocumentLists, ListReader, blocks_of
from indexer.model import RankingWeights

Floats = npt.NDArray[np.float32]

SHARED_FROM: Final = 4_096  # documents of a list whose shares are stored: those of a shorter one are soon worked out
_SUMMED: Final = 500  # postings of which all fields are added up: below, calls cost more than numbers


@dataclass(frozen=True, slots=True)
class NormScale:
    """What shares depend on beside a document's counts and lengths."""

    averages: Averages
    weights: tuple[float, ...]  # of FIELDS
    k1: float
    b: float

    @classmethod
    def of(cls, averages: Averages, weights: RankingWeights) -> NormScale:
        return cls(averages, tuple(float(getattr(weights, name)) for name in FIELDS), weights.k1, weights.b)

    @property
    def meta(self) -> list[Any]:
        """As the header of a segment holds it: JSON gives back the same numbers."""
        return [list(self.averages), list(self.weights), self.k1, self.b]


def is_long(size: int) -> bool:
    """Whether the shares of a list of so many documents are stored."""
    return size >= SHARED_FROM


def averages_of(lengths: Sequence[Sequence[Array]], gone: Sequence[Array]) -> Averages:
    """The average lengths of fields, given those of each segment's fields and the numbers of its deleted documents."""
    count = sum(len(fields[0]) - len(numbers) for fields, numbers in zip(lengths, gone, strict=True))
    totals = [0] * len(FIELDS)
    for fields, numbers in zip(lengths, gone, strict=True):
        for i, field in enumerate(fields):
            totals[i] += int(field.sum(dtype="u8")) - int(field[numbers].sum(dtype="u8"))
    return tuple(total / count if count else 0.0 for total in totals)


def norms_of(lengths: Sequence[Array], scale: NormScale) -> Floats:
    """[field, document]: what one occurrence adds to X, of documents with these lengths, field by field."""
    norms: Floats = np.empty((len(FIELDS), len(lengths[0])), "f4")
    for norm, length, average, weight in zip(norms, lengths, scale.averages, scale.weights, strict=True):
        if average:
            norm[:] = length
            norm *= scale.b / average
            norm += 1 - scale.b
            np.divide(weight, norm, out=norm)
        else:
            norm[:] = 0
    return norms


def x_of(table: Floats, body_codes: int, norms: Floats, documents: Array, codes: Array) -> Floats:
    """X of each posting over all fields. `table`: counts by [field][code]; codes below `body_codes` are of the body alone."""
    if len(documents) < _SUMMED:
        shares = table.take(codes, 1)
        shares *= norms.take(documents, 1)
        return np.asarray(shares.sum(0))
    total: Floats = table[BODY].take(codes)
    total *= norms[BODY].take(documents)
    mixed = (codes >= body_codes).nonzero()[0]
    if mixed.size:
        shares = table.take(codes[mixed], 1)
        shares *= norms.take(documents[mixed], 1)
        total[mixed] = shares.sum(0)
    return total


def saturate(x: Floats, k1: float) -> Floats:
    """X -> X / (k1 + X), in place."""
    x /= x + np.float32(k1)
    return x


def with_shares(arrays: Mapping[str, Writable], scale: NormScale) -> tuple[dict[str, Writable], dict[str, Any]]:
    """A segment's arrays with the shares of its long lists, and what its header says of them."""
    held = {name: array for name, array in arrays.items() if isinstance(array, np.ndarray)}
    size, all_starts = len(held["date"]), held["posting.starts"]
    lists = ListReader(all_starts, sliced(arrays["posting.document"]), len(all_starts) // blocks_of(size), size)
    sizes = np.diff(lists.starts(0, lists.count))
    rows = (sizes >= SHARED_FROM).nonzero()[0]
    if not rows.size:
        return dict(arrays), {}
    shares = Streamed("<f4", int(sizes[rows].sum()), _shares(held, sliced(arrays["posting.code"]), lists, rows, scale))
    return {**arrays, "share.row": smallest(rows), "share.value": shares}, {"scale": scale.meta}


def _shares(
    arrays: Mapping[str, Array], all_codes: Array | Slices, lists: ListReader, rows: Array, scale: NormScale
) -> Iterator[Array]:
    norms = norms_of([arrays[f"length.{name}"] for name in FIELDS], scale)
    counts = arrays["counts"].reshape(-1, len(FIELDS))
    table = np.ascontiguousarray(counts.T.astype("f4"))
    body_codes = int(np.searchsorted(pack_counts(counts), BODY_ONLY))
    for row in rows.tolist():
        codes = all_codes[slice(*lists.starts(row, row + 1).tolist())]
        yield saturate(x_of(table, body_codes, norms, lists.between(row, row + 1), codes), scale.k1)


class StoredSaturations:
    """Those of an opened segment."""

    def __init__(self, rows: Array, values: Floats, lists: DocumentLists, scale: Any) -> None:
        """`scale`: as the header has it. Raises ValueError when there are not as many shares as postings."""
        ends = np.cumsum(lists.sizes(rows.astype("i8"))).tolist()
        if ends[-1] != len(values):
            raise ValueError("not as many shares as postings")
        self.scale, self._values = scale, values
        self._places = dict(zip(rows.tolist(), zip([0, *ends[:-1]], ends, strict=True), strict=True))

    def of(self, row: int) -> Floats | None:
        """None where a list is too short to have any."""
        place = self._places.get(row)
        return None if place is None else self._values[place[0] : place[1]]
