from collections.abc import Callable
from typing import Any

Rows = tuple[int, ...]  # one for each segment, -1 where the word does not occur
Place = tuple[Rows, int, float, Rows, str | None]  # rows, living documents, rarity, first saturations, spellings
Skips = tuple[bytes, ...]  # for each segment, where the positions of each 32nd posting begin
Form = tuple[float, Rows]  # what an exact form adds, its rows
Merged = tuple[Any, Any, Any]  # of several terms: where each block begins, documents, saturations
Word = tuple[float, Rows, Rows, tuple[Form, ...], Merged | None]  # unit, rows, first saturations, exact forms
# A value of each document, the lowest, the highest plus 1; or a flag of each value. A sideways one collects what fails it alone.
Condition = tuple[Any, int, int, Any, bool]
Phrase = tuple[
    tuple[tuple[int, Rows, Skips], ...], int, float, float, int
]  # places, slop, unit, ratio of the bound, its word or -1

def open(
    segments: tuple[Any, ...],
    table: Any,
    norms: Any,
    recency: Any,
    living: Any,
    field_starts: Any,
    k1: float,
    body_codes: int,
    block_bits: int,
    /,
) -> object: ...
def conjunction(snapshot: object, words: tuple[Word, ...], wants_scores: bool, wants_columns: bool, /) -> tuple[bytes, bytes]: ...
def best(
    snapshot: object,
    words: tuple[Word, ...],
    is_any: bool,
    conditions: tuple[Condition, ...],
    phrase: Phrase | tuple[()],
    k: int,
    wants_documents: bool,
    wants_total: bool,
    /,
) -> tuple[int, list[int], list[float], bytes, list[bytes]]: ...
def first_page(
    snapshot: object,
    words: tuple[Any, ...],
    conditions: tuple[Condition, ...],
    places: tuple[tuple[int, Rows, Skips], ...],
    slop: int,
    factor: float,
    is_phrase: bool,
    k: int,
    wants_documents: bool,
    /,
) -> tuple[int, int, list[int], list[float], tuple[tuple[int, ...], ...], int, bytes | None, list[bytes] | None] | None: ...
def phrase(snapshot: object, places: tuple[tuple[int, Rows, Skips], ...], slop: int, documents: Any, /) -> bytes: ...
def find(snapshot: object, word: str | bytes, is_surface: bool, /) -> Place: ...
def look_up(snapshot: object, terms: tuple[str, ...], form: str, /) -> tuple[tuple[Place, ...], Place, bool]: ...
def has_any(snapshot: object, forms: list[str], /) -> bool: ...
def skips(snapshot: object, rows: Rows, /) -> Skips: ...
def contains(snapshot: object, lists: tuple[Rows, ...], documents: Any, /) -> bytes: ...
def near(
    text: Any, ends: Any, rows: Any, letters: Any, lengths: Any, form: str, own_letters: int, distance: int, most: int, /
) -> bytes | None: ...
def open_documents(
    kind: type[Any],
    names: tuple[str, ...],
    kinds: bytes,
    least: int,
    moment: Any,
    new_decompress: Callable[[], Callable[[bytes], bytes]],
    places: tuple[tuple[int, int, int, Any], ...],
    /,
) -> object: ...
def read_matches(opened: object, kind: type[Any], parts: Any, numbers: list[int], scores: list[float], /) -> tuple[Any, ...]: ...
def read_documents(opened: object, numbers: list[int], /) -> list[Any]: ...
def most_frequent(
    kind: type[Any],
    names: tuple[str, str],
    columns: tuple[tuple[tuple[list[str], Any, Any, Any], Any], ...],
    documents: Any,
    most: int,
    /,
) -> tuple[tuple[Any, ...], ...]: ...
