"""The table of contents, which Whoosh reads and writes: the schema and the list of segments.

Whoosh commits the table of contents (the segments and their deleted documents) atomically. Our codec (`toc.codec`) reads
segments for Whoosh, so that any program that uses Whoosh can open the index. This engine reads the array file of a segment
itself.
"""

# Whoosh is only partly typed. The contract suite checks what is passed to it and what it returns.
# mypy: disallow-untyped-calls=False

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from whoosh.codec.base import Segment
from whoosh.fields import ID, STORED, FieldType, Schema
from whoosh.filedb.filestore import RamStorage
from whoosh.formats import Frequency
from whoosh.index import TOC

from indexer.analysis.analyzer import query_terms
from indexer.engines.fields import FIELDS
from indexer.engines.whoosh.storage import generations
from indexer.engines.whoosh.storage.generations import Manifest, read_verified
from indexer.engines.whoosh.storage.layout import LAYOUT_VERSION
from indexer.errors import index_read_error

SCHEMA_VERSION: Final = 400 + LAYOUT_VERSION  # 100 + …: pickles name classes that have moved; 200 + …: no checksums
INDEX_NAME: Final = "MAIN"
_TOC_NAME: Final = re.compile(rf"_{INDEX_NAME}_([0-9]+)\.toc")
EXTENSION: Final = ".arrays"


class TermsField(FieldType):  # type: ignore[misc, unused-ignore]  # Whoosh is not fully typed
    """A text field of the arrays: postings with frequencies. Whoosh's query parser asks it for the terms of a word."""

    def __init__(self, language: str = "en") -> None:
        super().__init__(format=Frequency(), analyzer=None)  # type: ignore[arg-type, unused-ignore]  # None is allowed, Whoosh's types say otherwise
        self.scorable = True
        self.language = language

    def process_text(self, qstring: str, mode: str = "", **_: Any) -> Iterator[str]:
        for token in query_terms(qstring, (self.language,)):
            if not token.stop:
                yield token.terms[0]


class ArraySegment(Segment):  # type: ignore[misc, unused-ignore]  # Whoosh is not fully typed
    """An entry of Whoosh's table of contents for one segment. It is pickled there: keep its name and attributes."""

    def __init__(self, indexname: str, size: int, deleted: Iterable[int] = ()) -> None:
        super().__init__(indexname)
        self.size = size
        self.deleted = set(deleted)

    def codec(self, **_: Any) -> Any:
        from indexer.engines.whoosh.toc.codec import ArrayCodec

        return ArrayCodec()

    def doc_count_all(self) -> int:
        return self.size

    def set_doc_count(self, doccount: int) -> None:
        self.size = doccount

    def deleted_count(self) -> int:
        return len(self.deleted)

    def deleted_docs(self) -> Iterator[int]:
        return iter(self.deleted)

    def is_deleted(self, docnum: int) -> bool:
        return docnum in self.deleted

    def delete_document(self, docnum: int, delete: bool = True) -> None:
        (self.deleted.add if delete else self.deleted.discard)(docnum)

    def should_assemble(self) -> bool:
        return False

    @property
    def name_(self) -> str:
        return f"{self.indexname}_{self.segid}"

    @property
    def living(self) -> int:
        return self.size - len(self.deleted)

    def path(self, folder: Path) -> Path:
        return folder / f"{self.name_}{EXTENSION}"


def make_schema() -> Schema:
    fields: dict[str, FieldType] = {name: TermsField() for name in FIELDS}
    return Schema(**fields, id=ID(stored=True), url=STORED(), stored=STORED())


def latest_commit(folder: Path) -> int:
    """Return the number of the latest commit, or -1. Raises IndexInaccessible if the folder cannot be listed.

    Whoosh takes such a folder for an empty one.
    """
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return -1
    except OSError as error:
        raise index_read_error(str(folder), error) from error
    return max((int(match[1]) for name in names if (match := _TOC_NAME.fullmatch(name))), default=-1)


def toc_name(number: int) -> str:
    """Return the file name of a commit's table of contents."""
    return f"_{INDEX_NAME}_{number}.toc"


def read_segments(folder: Path, number: int, manifest: Manifest) -> list[ArraySegment]:
    """Return the segments of a commit.

    The table of contents is pickled, so it is read only after its checksum was compared. Raises IndexDamaged, or nearly any
    exception when the checksum is right and the content is not.
    """
    storage = RamStorage()
    storage.files[toc_name(number)] = read_verified(folder, manifest, toc_name(number))
    segments = list(TOC.read(storage, INDEX_NAME, gen=number, schema=make_schema()).segments)
    if not all(isinstance(segment, ArraySegment) for segment in segments):
        raise ValueError("the table of contents lists segments that this program did not write")
    return segments


def encode_segments(number: int, segments: list[ArraySegment]) -> bytes:
    """Return the table of contents of a commit as bytes."""
    storage = RamStorage()
    TOC(make_schema(), segments, number).write(storage, INDEX_NAME)
    return bytes(storage.files[toc_name(number)])


def write_segments(folder: Path, number: int, data: bytes) -> None:
    """Commit: write the table of contents to a temporary file and rename it.

    The file is on the disk before it gets its name. Otherwise a power cut could leave an empty one in place of the last one.
    """
    new = folder / f"{toc_name(number)}.new"
    new.write_bytes(data)
    generations.sync(new)
    os.replace(new, folder / toc_name(number))
    generations.sync(folder)
