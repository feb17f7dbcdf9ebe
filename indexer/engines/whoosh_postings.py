"""One opened commit of a Whoosh index: posting lists and columns, as plain lists of Python, over all segments.

Document numbers run through all segments; deleted documents are left out here, so nobody else meets them. What is read
once (columns, hot posting lists) stays in memory as long as the snapshot is open. Whoosh's readers share file positions,
so whoever shares a snapshot between threads must lock it (`whoosh_index.WhooshReader` does).
"""

# Whoosh is typed in part only; what it is given and gives back is checked by the contract suite.
# mypy: disallow-untyped-calls=False

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Final

from whoosh.columns import EmptyColumnReader
from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC
from whoosh.reading import SegmentReader

from indexer.engines import generations
from indexer.engines.postings import FIELDS, in_range
from indexer.engines.whoosh_schema import UNDATED, make_schema, read_stored, unpack_lengths, unpack_positions
from indexer.engines.whoosh_write import INDEX_NAME
from indexer.errors import IndexDamaged
from indexer.model import Document

Postings = tuple[Sequence[int], Sequence[float]]  # documents, and how often each holds the term

_CACHED_POSTINGS: Final = 400_000  # postings kept ready: 20 MB at most
_EXACT_FORMS: Final = 200  # word forms whose documents are counted one by one where some are deleted


def latest_commit(folder: Path) -> int:
    """-1 when there is none."""
    return int(TOC._latest_generation(FileStorage(str(folder)), INDEX_NAME))


class Snapshot:
    """Raises anything while being opened when files are damaged or go away; the caller knows which it is."""

    def __init__(self, folder: Path, number: int) -> None:
        self.folder, self.number = folder, number
        self.state = generations.read_state(folder, number)
        manifest = generations.read_manifest(folder, number)
        if manifest is not None and (wrong := generations.wrong_files(folder, manifest, deep=False)):
            raise IndexDamaged(wrong[0])
        storage, schema = FileStorage(str(folder)), make_schema()
        toc = TOC.read(storage, INDEX_NAME, gen=number, schema=schema)
        self.leaves: list[Any] = []
        self.offsets: list[int] = []
        self.size = 0  # documents, with the deleted ones
        for segment in toc.segments:
            self.leaves.append(SegmentReader(storage, schema, segment, generation=number))
            self.offsets.append(self.size)
            self.size += segment.doc_count_all()
        self._deleted = frozenset(
            offset + number
            for leaf, offset in zip(self.leaves, self.offsets, strict=True)
            for number in leaf.deleted_docs_set
        )
        self.document_count = self.size - len(self._deleted)
        self._postings: OrderedDict[tuple[str, str], Postings] = OrderedDict()
        self._postings_held = 0
        self._columns: dict[str, list[str]] = {}
        self._stored: dict[int, Any] = {}
        self._lengths: dict[str, tuple[Sequence[int], float]] = {}

    def close(self) -> None:
        for leaf in self.leaves:
            if not leaf.is_closed:
                leaf.close()

    # -- posting lists -----------------------------------------------------------------------------------------------

    def postings(self, field: str, term: str) -> Postings:
        key = (field, term)
        known = self._postings.get(key)
        if known is not None:
            self._postings.move_to_end(key)
            return known
        documents: list[int] = []
        frequencies: list[float] = []
        for ids, weights, _ in self._blocks(field, term, values=False):
            if self._deleted:
                kept = [(i, w) for i, w in zip(ids, weights, strict=True) if i not in self._deleted]
                documents += [i for i, _ in kept]
                frequencies += [w for _, w in kept]
            else:
                documents += ids
                frequencies += weights
        self._remember(key, (documents, frequencies))
        return documents, frequencies

    def positions(self, field: str, term: str, candidates: set[int]) -> Iterator[tuple[int, list[int]]]:
        """The positions of the term, for the candidates that hold it."""
        for ids, _, values in self._blocks(field, term, values=True):
            for document, packed in zip(ids, values, strict=True):
                if document in candidates:
                    yield document, unpack_positions(packed)

    def _blocks(self, field: str, term: str, *, values: bool) -> Iterator[tuple[Sequence[int], Any, Any]]:
        """Block by block out of Whoosh's matcher, with its private names: asking it for one posting after the other
        takes six times as long. whoosh3 is pinned, and a test compares both ways."""
        key = term.encode("utf-8", "replace")
        for leaf, offset in zip(self.leaves, self.offsets, strict=True):
            if (field, key) not in leaf:
                continue
            matcher = leaf._terms.matcher(field, key, leaf.schema[field].format)
            while matcher.is_active():
                matcher._read_ids()
                matcher._read_weights()
                if values:
                    matcher._read_values()
                ids = [offset + i for i in matcher._ids] if offset else matcher._ids
                yield ids, matcher._weights, matcher._values
                matcher._next_block()

    def _remember(self, key: tuple[str, str], found: Postings) -> None:
        self._postings[key] = found
        self._postings_held += len(found[0]) + 50  # an entry costs something, too
        while self._postings_held > _CACHED_POSTINGS and len(self._postings) > 1:
            _, (documents, _) = self._postings.popitem(last=False)
            self._postings_held -= len(documents) + 50

    def surfaces(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        """Where documents are deleted and many forms are asked for, forms of three documents and more may be counted
        too high (until the segment is merged): counting them one by one would take half a second."""
        start = prefix.encode("utf-8", "replace")
        counts: Counter[bytes] = Counter()
        forms: set[bytes] = set()
        for leaf in self.leaves:
            deleted = leaf.deleted_docs_set
            beginning = islice(_forms_from(leaf, start), limit)
            for form, info in beginning:
                forms.add(form)
                frequency = info.doc_frequency()
                if deleted:
                    ends = {info.min_id(), info.max_id()}
                    frequency -= len(ends & deleted)
                counts[form] += frequency
        found = [(form.decode("utf-8", "replace"), counts[form]) for form in sorted(forms)[:limit] if counts[form] > 0]
        if self._deleted and len(found) <= _EXACT_FORMS:
            exact = [(form, len(self.postings("surface", form)[0])) for form, _ in found]
            return [(form, count) for form, count in exact if count]
        return found

    # -- columns -----------------------------------------------------------------------------------------------------

    def living(self) -> frozenset[int]:
        return self._living

    @cached_property
    def _living(self) -> frozenset[int]:
        return frozenset(range(self.size)) - self._deleted

    def column(self, name: str) -> list[str]:
        """A text for every document number."""
        if name not in self._columns:
            self._columns[name] = [
                value.decode("utf-8", "replace")
                for leaf in self.leaves
                for value in leaf.column_reader(f"col_{name}", translate=False)
            ]
        return self._columns[name]

    @cached_property
    def dates(self) -> list[str]:
        width = len(UNDATED)
        text = self._fixed("date", width, UNDATED).decode("ascii", "replace")
        return [text[i : i + width].strip() for i in range(0, len(text), width)]

    def lengths(self, field: str) -> tuple[Sequence[int], float]:
        """The lengths of the field for all document numbers, and their average over the living documents."""
        if field not in self._lengths:
            columns = unpack_lengths(self._fixed("lengths", 4 * len(FIELDS), b"\0" * 4 * len(FIELDS)))
            for name, lengths in zip(FIELDS, columns, strict=True):
                total = sum(lengths) - sum(lengths[number] for number in self._deleted)
                self._lengths[name] = (lengths, total / self.document_count if self.document_count else 0.0)
        return self._lengths[field]

    def _fixed(self, name: str, width: int, default: bytes) -> bytes:
        """All values of a column of fixed width, read at once instead of one by one."""
        pieces = []
        for leaf in self.leaves:
            reader = leaf.column_reader(f"col_{name}", translate=False)
            count = leaf.doc_count_all()
            held = 0 if isinstance(reader, EmptyColumnReader) else reader._count
            if held:
                pieces.append(reader._dbfile.get(reader._basepos, held * width))
            pieces.append(default * (count - held))
        return b"".join(pieces)

    def dated(self, start: str | None, end: str | None) -> list[int]:
        dates = self.dates
        return [number for number in self.living() if in_range(dates[number], start, end)]

    def urls_with(self, part: str) -> list[int]:
        urls = self.column("url")
        return [number for number in self.living() if part in urls[number]]

    def stored(self, number: int) -> Document:
        place = bisect_right(self.offsets, number) - 1
        if place not in self._stored:
            self._stored[place] = self.leaves[place].column_reader("col_stored", translate=False)
        return read_stored(self._stored[place][number - self.offsets[place]])

    # -- checking ----------------------------------------------------------------------------------------------------

    def read_all(self) -> None:
        """Read every posting and every document; raises where that cannot be done."""
        for leaf in self.leaves:
            for field, term in leaf.all_terms():
                matcher = leaf._terms.matcher(field, term, leaf.schema[field].format)
                while matcher.is_active():
                    matcher._read_ids()
                    matcher._read_weights()
                    matcher._read_values()
                    matcher._next_block()
        for number in self.living():
            self.stored(number)
        for name in ("id", "url", "source", "category", "author", "language"):
            if len(self.column(name)) != self.size:
                raise ValueError(f"column {name} is too short")
        if len(self.dates) != self.size or len(self.lengths("body")[0]) != self.size:
            raise ValueError("a column is too short")


def _forms_from(leaf: Any, start: bytes) -> Iterator[tuple[bytes, Any]]:
    for (field, form), info in leaf.iter_from("surface", start):
        if field != "surface" or not form.startswith(start):
            return
        yield form, info
