"""An opened segment: word look-up and views of its arrays (docs/array-format.md)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from indexer.engines.fields import FIELDS
from indexer.engines.scoring import Floats
from indexer.engines.whoosh.storage import layout
from indexer.engines.whoosh.storage.array_file import Array, ArrayFile
from indexer.engines.whoosh.storage.form_signatures import FormSignatures, signatures_of
from indexer.engines.whoosh.storage.layout import DICTIONARY_STRIDE, LAYOUT_VERSION, expand_ranges
from indexer.errors import IndexDamaged

_END: Final = b"\n"
_MAX_REMEMBERED_ROWS: Final = 1_000
_MIN_INDEXED_LOOKUPS: Final = 16  # from this many words on, the ends of all lines are indexed first: 0.3 us a word instead of 5
_TEXTS: Final = ("id", "url")


class Dictionary:
    """Sorted words as lines of one text, with an index of every DICTIONARY_STRIDE-th line.

    A word is found by binary search in the index and one `bytes.find` in 64 lines, in about a microsecond.
    """

    def __init__(self, text: Array, every: Array, count: int) -> None:
        self._text, self._view, self.count = text, memoryview(text.data), count  # slices of a view cost half
        self._places: list[int] = [*every.tolist(), max(len(text) - 1, 0)]
        self._rows: dict[bytes, int] = {}  # of the last words that were looked up: a search needs each several times

    @cached_property
    def _heads(self) -> list[bytes]:
        """Return every DICTIONARY_STRIDE-th word."""
        text = self._text.tobytes()
        return [text[at + 1 : text.index(_END, at + 1)] for at in self._places[:-1]]

    def find(self, word: bytes) -> int:
        """Return the row of the word, or -1."""
        row = self._rows.get(word)
        if row is None:
            if len(self._rows) >= _MAX_REMEMBERED_ROWS:
                self._rows.clear()
            row = self._rows[word] = self._find(word)
        return row

    def _find(self, word: bytes) -> int:
        block = bisect_right(self._heads, word) - 1
        if block < 0:
            return -1
        text = bytes(self._view[self._places[block] : self._places[block + 1] + 1])
        at = text.find(b"\n%b\n" % word)
        return -1 if at < 0 else block * DICTIONARY_STRIDE + text.count(_END, 0, at)

    def lower_bound(self, word: bytes) -> int:
        """Return the row of the first word that is not less than this one."""
        block = bisect_left(self._heads, word) - 1
        if block < 0:
            return 0
        return block * DICTIONARY_STRIDE + bisect_left(
            self.words(block * DICTIONARY_STRIDE, min((block + 1) * DICTIONARY_STRIDE, self.count)), word
        )

    def prefix_range(self, prefix: bytes) -> tuple[int, int]:
        """Return the rows of the words with this prefix: the first, and one after the last."""
        if not prefix:
            return 0, self.count
        # UTF-8 has no byte 0xFF, so this sorts after all words with the prefix and before all later ones.
        return self.lower_bound(prefix), self.lower_bound(prefix + b"\xff")

    def words(self, first: int, last: int) -> list[bytes]:
        """Return the words of the rows first … last - 1."""
        if first >= last:
            return []
        skipped = first % DICTIONARY_STRIDE
        return self._lines(first, last).split(_END)[skipped : skipped + last - first]

    def lines(self, first: int, last: int) -> bytes:
        """Return the words of these rows as lines, the last without its line end."""
        return _END.join(self.words(first, last)) if last - first < self.count else self._text[1:-1].tobytes()

    @cached_property
    def text_and_ends(self) -> tuple[Array, Array]:
        """Return all lines as one array and where each of them ends."""
        text = self._text[1:]
        return text, np.flatnonzero(text == 10)

    def words_at(self, rows: Array) -> list[bytes]:
        """Return the words of these rows, which are sorted."""
        if not len(rows):
            return []
        first, last = int(rows[0]), int(rows[-1]) + 1
        if last - first <= 4 * len(rows):
            words = self.words(first, last)
            return [words[row - first] for row in rows.tolist()]
        if len(rows) < _MIN_INDEXED_LOOKUPS:
            return [self.words(row, row + 1)[0] for row in rows.tolist()]
        ends, view = self.text_and_ends[1], self._view[1:]
        starts = ends.take(rows - 1, mode="wrap") + 1
        if first == 0:
            starts[0] = 0
        return [bytes(view[start:end]) for start, end in zip(starts.tolist(), ends.take(rows).tolist(), strict=True)]

    def _lines(self, first: int, last: int) -> bytes:
        """Return the lines of all blocks that contain these rows."""
        end = self._places[min(-(-last // DICTIONARY_STRIDE), len(self._places) - 1)]
        return self._text[self._places[first // DICTIONARY_STRIDE] + 1 : end].tobytes()


class DocumentLists:
    """The document lists of an opened segment."""

    def __init__(self, starts: Array, low: Array, size: int) -> None:
        self._blocks = layout.block_count(size)
        self._all_starts, self._low = starts, low
        self._at = starts.data  # single numbers of a view cost a third
        self.starts = starts[:: self._blocks]
        self.count = len(self.starts) - 1

    def __len__(self) -> int:
        """Return the number of all postings."""
        return len(self._low)

    def bounds(self, row: int) -> tuple[int, int]:
        """Return where a list begins and ends among all postings."""
        at = row * self._blocks
        return self._at[at], self._at[at + self._blocks]

    def sizes(self, rows: Array) -> Array:
        """Return the number of documents in each of these lists."""
        return np.asarray(self.starts[rows + 1].astype("i8") - self.starts[rows])

    def documents(self, row: int, offset: int = 0) -> npt.NDArray[np.int64]:
        """Return the documents of a list, with `offset` added to each number."""
        at, starts = row * self._blocks, self._at
        first = starts[at]
        numbers = self._low[first : starts[at + self._blocks]].astype("i8")
        if offset:
            numbers += offset
        for block in range(1, self._blocks):
            numbers[starts[at + block] - first :] += 1 << layout.BLOCK_BITS
        return numbers

    def postings_of(self, rows: Array) -> tuple[Array, npt.NDArray[np.int64]]:
        """Return the concatenated postings of several lists: their indices and their documents."""
        if self._blocks == 1:
            first = self.starts[rows].astype("i8")
            at = expand_ranges(first, self.starts[rows + 1] - first)
            return at, self._low[at].astype("i8")
        places = (rows[:, None] * self._blocks + np.arange(self._blocks)).ravel()
        first = self._all_starts[places].astype("i8")
        sizes = self._all_starts[places + 1] - first
        at = expand_ranges(first, sizes)
        return at, self._low[at] + np.repeat(places % self._blocks << layout.BLOCK_BITS, sizes)


class StoredSaturations:
    """The stored saturations of an opened segment."""

    def __init__(self, rows: Array, values: Floats, lists: DocumentLists, scale: Any) -> None:
        """`scale`: as in the header. Raises ValueError when the number of saturations differs from that of the postings."""
        ends = np.cumsum(lists.sizes(rows.astype("i8"))).tolist()
        if ends[-1] != len(values):
            raise ValueError("the number of saturations differs from that of the postings")
        self.scale, self._values, self._lists = scale, values, lists
        # By row, the index of the first saturation. Lists that are too short to have any are left out.
        self.starts: dict[int, int] = dict(zip(rows.tolist(), [0, *ends[:-1]], strict=True))

    def of(self, row: int) -> Floats | None:
        """Return the saturations of a list, or None where the list is too short to have any."""
        first = self.starts.get(row)
        if first is None:
            return None
        start, end = self._lists.bounds(row)
        return self._values[first : first + end - start]


class Segment:
    """An opened segment. Raises IndexDamaged when the file is not a segment of this layout."""

    def __init__(self, path: Path) -> None:
        self.file = ArrayFile(path)
        if self.file.meta.get("layout") != LAYOUT_VERSION:
            raise IndexDamaged(f"{path} has the layout of another version of this program")
        arrays = self.arrays = self.file.arrays
        try:
            self.size = len(arrays["date"])
            self.counts = arrays["counts"].reshape(-1, len(FIELDS))
            self.term_lists = DocumentLists(arrays["posting.starts"], arrays["posting.document"], self.size)
            self.surface_lists = DocumentLists(arrays["surface.starts"], arrays["surface.document"], self.size)
            self.terms = Dictionary(arrays["term.text"], arrays["term.every"], self.term_lists.count)
            self.surfaces = Dictionary(arrays["surface.text"], arrays["surface.every"], self.surface_lists.count)
            self.position_starts = arrays["position.starts"]
            self.position_counts = self.counts.sum(1, dtype="i8")  # by code: the number of positions of a posting
            self.codes = arrays["posting.code"]
            self.saturations: StoredSaturations | None = None
            if "saturation.row" in arrays:
                self.saturations = StoredSaturations(
                    arrays["saturation.row"], arrays["saturation.value"], self.term_lists, self.file.meta.get("scale")
                )
            self.positions = arrays["position"]
            self.dates = arrays["date"]
            self.lengths = [arrays[f"length.{name}"] for name in FIELDS]
            self.field_starts = [arrays[f"start.{name}"] for name in FIELDS]
            self._position_starts = self.position_starts.data
            self._stored_ends, self._read_stored = arrays["stored.ends"].data, self.file.byte_reader("stored.bytes")
            self.stored_place = (*self.file.place_of("stored.bytes"), arrays["stored.ends"])
            self._form_text, self._form_starts = arrays["form.text"].data, arrays["form.starts"].data
            self._texts = {name: (arrays[f"{name}.bytes"].data, arrays[f"{name}.ends"].data) for name in _TEXTS}
        except (KeyError, ValueError) as error:
            raise IndexDamaged(f"{path} has unusable arrays: {error}") from error

    def positions_of(self, row: int) -> Array:
        """Return the positions of a term, posting by posting."""
        return self.positions[self._position_starts[row] : self._position_starts[row + 1]]

    def text(self, name: str, number: int) -> bytes:
        """Return one text of a packed array: "id" or "url"."""
        data, ends = self._texts[name]
        return bytes(data[ends[number - 1] if number else 0 : ends[number]])

    def stored(self, numbers: Iterable[int]) -> list[bytes]:
        """Return documents as `layout.pack_document` packed them."""
        ends, read, packed = self._stored_ends, self._read_stored, []
        for number in numbers:
            start = ends[number - 1] if number else 0
            packed.append(read(start, ends[number] - start))
        return packed

    def texts(self, name: str) -> list[bytes]:
        """Return all texts of a packed array."""
        data, start, result = self.arrays[f"{name}.bytes"].tobytes(), 0, []
        for end in self.arrays[f"{name}.ends"].tolist():
            result.append(data[start:end])
            start = end
        return result

    def numbers_with_id(self, document_id: bytes) -> list[int]:
        """Return the numbers of documents with this id: at most one, plus versions replaced before they were written."""
        order, result = self.arrays["id.sorted"], []
        at = bisect_left(order, document_id, key=lambda number: self.text("id", int(number)))
        while at < len(order) and self.text("id", int(order[at])) == document_id:
            result.append(int(order[at]))
            at += 1
        return result

    def forms(self, row: int) -> list[str]:
        """Return the spellings of a term, in lower case."""
        text, starts = self._form_text, self._form_starts
        return bytes(text[starts[row] : starts[row + 1] - 1]).decode("utf-8", "replace").split("\n")

    @cached_property
    def form_signatures(self) -> FormSignatures:
        """Return the signatures of all word forms."""
        text = self.surfaces.lines(0, self.surfaces.count).decode("utf-8", "replace") + "\n" if self.surfaces.count else ""
        return signatures_of(text, np.diff(self.surface_lists.starts.astype("i8")))

    def facet(self, name: str) -> tuple[list[bytes], Array]:
        """Return the distinct combinations of values and the ordinal of each document's combination."""
        return self.texts(name), self.arrays[f"{name}.ordinal"]

    def numbers_with_url_part(self, part: bytes) -> list[int]:
        """Return the documents whose folded address contains this text."""
        data, ends = self.arrays["url.bytes"].tobytes(), self.arrays["url.ends"]
        if not part:
            return np.flatnonzero(np.diff(ends, prepend=0)).tolist()
        result: list[int] = []
        at = data.find(part)
        while at >= 0:
            number = int(np.searchsorted(ends, at, "right"))
            if at + len(part) <= int(ends[number]):
                result.append(number)
                at = data.find(part, int(ends[number]))
            else:
                at = data.find(part, at + 1)
        return result

    def find_damage(self) -> str | None:
        """Return a message about the first fault in the file, or None. Reads all of it."""
        problem = self.file.find_damage()
        if problem is None and len(self.term_lists) != len(self.codes):
            problem = f"{self.file.path}: posting lists of different lengths"
        return problem
