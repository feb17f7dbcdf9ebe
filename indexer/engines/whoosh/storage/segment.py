"""One opened segment: looking up words, and views of the arrays that `array_build` has laid out."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np

from indexer.engines.scoring import FIELDS
from indexer.engines.whoosh.storage.array_file import Array, ArrayFile
from indexer.engines.whoosh.storage.layout import EVERY, LAYOUT_VERSION
from indexer.engines.whoosh.storage.posting_lists import DocumentLists
from indexer.engines.whoosh.storage.saturated_tf import StoredSaturations
from indexer.errors import IndexDamaged

_END: Final = b"\n"
_SOME: Final = 16  # words that are looked for in their blocks one by one: 5 us each, 0.3 when all ends are known
_TEXTS: Final = ("id", "url")


class Dictionary:
    """Sorted words as lines of one text, with the place of each 64th.

    A word is looked up by halving among the known ones and one `bytes.find` in 64 lines: about a microsecond.
    """

    def __init__(self, text: Array, every: Array, count: int) -> None:
        self._text, self._view, self.count = text, memoryview(text.data), count  # of a view, slices cost half
        self._places: list[int] = [*every.tolist(), max(len(text) - 1, 0)]

    @cached_property
    def _heads(self) -> list[bytes]:
        """Each 64th word."""
        text = self._text.tobytes()
        return [text[at + 1 : text.index(_END, at + 1)] for at in self._places[:-1]]

    def find(self, word: bytes) -> int:
        """The row of the word; -1 when it is not there."""
        block = bisect_right(self._heads, word) - 1
        if block < 0:
            return -1
        text = bytes(self._view[self._places[block] : self._places[block + 1] + 1])
        at = text.find(b"\n%b\n" % word)
        return -1 if at < 0 else block * EVERY + text.count(_END, 0, at)

    def from_(self, word: bytes) -> int:
        """The row of the first word that is not before this one."""
        block = bisect_left(self._heads, word) - 1
        if block < 0:
            return 0
        return block * EVERY + bisect_left(self.words(block * EVERY, min((block + 1) * EVERY, self.count)), word)

    def beginning_with(self, prefix: bytes) -> tuple[int, int]:
        """The rows of the words with this prefix: first, and the one after the last."""
        if not prefix:
            return 0, self.count
        # No byte of UTF-8 is 0xFF, so this is after all words with the prefix and before all others that follow.
        return self.from_(prefix), self.from_(prefix + b"\xff")

    def words(self, first: int, last: int) -> list[bytes]:
        """The words of the rows first … last - 1."""
        if first >= last:
            return []
        skipped = first % EVERY
        return self._lines(first, last).split(_END)[skipped : skipped + last - first]

    def lines(self, first: int, last: int) -> bytes:
        """The words of these rows as lines, the last without its end."""
        return _END.join(self.words(first, last)) if last - first < self.count else self._text[1:-1].tobytes()

    @cached_property
    def text_and_ends(self) -> tuple[Array, Array]:
        """All lines, and where each ends."""
        text = self._text[1:]
        return text, np.flatnonzero(text == 10)

    def some(self, rows: Array) -> list[bytes]:
        """The words of these rows, which are in order."""
        if not len(rows):
            return []
        first, last = int(rows[0]), int(rows[-1]) + 1
        if last - first <= 4 * len(rows):
            words = self.words(first, last)
            return [words[row - first] for row in rows.tolist()]
        if len(rows) < _SOME:
            return [self.words(row, row + 1)[0] for row in rows.tolist()]
        ends, view = self.text_and_ends[1], self._view[1:]
        starts = ends.take(rows - 1, mode="wrap") + 1
        if first == 0:
            starts[0] = 0
        return [bytes(view[start:end]) for start, end in zip(starts.tolist(), ends.take(rows).tolist(), strict=True)]

    def _lines(self, first: int, last: int) -> bytes:
        """The lines of all blocks that hold these rows."""
        end = self._places[min(-(-last // EVERY), len(self._places) - 1)]
        return self._text[self._places[first // EVERY] + 1 : end].tobytes()


class Segment:
    """Raises IndexDamaged when the file is not one of this layout."""

    def __init__(self, path: Path) -> None:
        self.file = ArrayFile(path)
        if self.file.meta.get("layout") != LAYOUT_VERSION:
            raise IndexDamaged(f"{path} has the layout of another version of this program")
        arrays = self.arrays = self.file.arrays
        try:
            self.size = len(arrays["date"])
            self.counts = arrays["counts"].reshape(-1, len(FIELDS))
            self.holders = DocumentLists(arrays["posting.starts"], arrays["posting.document"], self.size)
            self.users = DocumentLists(arrays["surface.starts"], arrays["surface.document"], self.size)
            self.terms = Dictionary(arrays["term.text"], arrays["term.every"], self.holders.count)
            self.surfaces = Dictionary(arrays["surface.text"], arrays["surface.every"], self.users.count)
            self.position_starts = arrays["position.starts"]
            self.totals = self.counts.sum(1, dtype="i8")  # by code: positions that a posting has
            self.codes = arrays["posting.code"]
            self.shares: StoredSaturations | None = None
            if "share.row" in arrays:
                self.shares = StoredSaturations(
                    arrays["share.row"], arrays["share.value"], self.holders, self.file.meta.get("scale")
                )
            self.positions = arrays["position"]
            self.dates = arrays["date"]
            self.lengths = [arrays[f"length.{name}"] for name in FIELDS]
            self.field_starts = [arrays[f"start.{name}"] for name in FIELDS]
            self._position_starts = self.position_starts.data
            self._stored_ends, self._read_stored = arrays["stored.ends"].data, self.file.reading("stored.bytes")
            self._form_text, self._form_starts = arrays["form.text"].data, arrays["form.starts"].data
            self._texts = {name: (arrays[f"{name}.bytes"].data, arrays[f"{name}.ends"].data) for name in _TEXTS}
        except (KeyError, ValueError) as error:
            raise IndexDamaged(f"{path} lacks an array: {error}") from error

    def positions_of(self, row: int) -> Array:
        """A term's positions, posting by posting."""
        return self.positions[self._position_starts[row] : self._position_starts[row + 1]]

    def text(self, name: str, number: int) -> bytes:
        """One of the texts that `pack_texts` has packed: "id" or "url"."""
        data, ends = self._texts[name]
        return bytes(data[ends[number - 1] if number else 0 : ends[number]])

    def stored(self, number: int) -> bytes:
        """A document as `array_stored` has packed it."""
        ends = self._stored_ends
        start = ends[number - 1] if number else 0
        return self._read_stored(start, ends[number] - start)

    def texts(self, name: str) -> list[bytes]:
        data, start, found = self.arrays[f"{name}.bytes"].tobytes(), 0, []
        for end in self.arrays[f"{name}.ends"].tolist():
            found.append(data[start:end])
            start = end
        return found

    def numbers_of(self, document_id: bytes) -> list[int]:
        """The numbers of the documents with this id: none or one, and those that were replaced before they were written."""
        order, found = self.arrays["id.sorted"], []
        at = bisect_left(order, document_id, key=lambda number: self.text("id", int(number)))
        while at < len(order) and self.text("id", int(order[at])) == document_id:
            found.append(int(order[at]))
            at += 1
        return found

    def forms(self, row: int) -> list[str]:
        """How a term is written, in lower case."""
        text, starts = self._form_text, self._form_starts
        return bytes(text[starts[row] : starts[row + 1] - 1]).decode("utf-8", "replace").split("\n")

    @cached_property
    def letters(self) -> tuple[Array, Array]:
        """Of each word form the set of its letters, as bits, and its length."""
        text = self.surfaces.lines(0, self.surfaces.count).decode("utf-8", "replace") + "\n"
        points = np.frombuffer(text.encode("utf-32-le"), "u4")
        ends = np.flatnonzero(points == 10)
        starts = np.concatenate(([0], ends[:-1] + 1))
        bits = np.uint64(1) << (points & 63).astype("u8")
        bits[ends] = 0
        return np.bitwise_or.reduceat(bits, starts), np.minimum(ends - starts, 255).astype("u1")

    def facet(self, name: str) -> tuple[list[bytes], Array]:
        """The combinations of values there are, and which of them each document has."""
        return self.texts(name), self.arrays[f"{name}.ordinal"]

    def urls_with(self, part: bytes) -> list[int]:
        """The documents whose address contains this."""
        data, ends = self.arrays["url.bytes"].tobytes(), self.arrays["url.ends"]
        if not part:
            return np.flatnonzero(np.diff(ends, prepend=0)).tolist()
        found: list[int] = []
        at = data.find(part)
        while at >= 0:
            number = int(np.searchsorted(ends, at, "right"))
            if at + len(part) <= int(ends[number]):
                found.append(number)
                at = data.find(part, int(ends[number]))
            else:
                at = data.find(part, at + 1)
        return found

    def damage(self) -> str | None:
        """What is wrong in the file, in a sentence; reads all of it."""
        wrong = self.file.damage()
        if wrong is None and len(self.holders) != len(self.codes):
            wrong = f"{self.file.path}: posting lists of different lengths"
        return wrong
