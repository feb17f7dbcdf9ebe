from collections.abc import Callable
from typing import Any

Term = Any  # a `TermFinder`

def page(
    words: tuple[Term, ...],
    phrases: tuple[tuple[Term, ...], ...],
    texts: list[tuple[str, str]],
    length: int,
    fragment: type,
    tables: Callable[[], tuple[Any, Any]],
    stop_words: frozenset[str],
    phrase_end: Callable[[str, int, int], int],
    /,
) -> list[Any] | None: ...
def hits(
    words: tuple[Term, ...],
    phrases: tuple[tuple[Term, ...], ...],
    matches: tuple[Any, ...],
    missing: tuple[tuple[str, ...], ...] | None,
    language: str,
    length: int,
    hit: type,
    fragment: type,
    tables: Callable[[], tuple[Any, Any]],
    stop_words: frozenset[str],
    phrase_end: Callable[[str, int, int], int],
    /,
) -> tuple[Any, ...] | None: ...
def exact_needle(forms: tuple[str, ...], stop_words: frozenset[str], /) -> str | None: ...
def missing_words(words: tuple[str, ...], lacks: tuple[tuple[int, ...], ...], /) -> tuple[tuple[str, ...], ...]: ...
def json(hits: tuple[Any, ...], /) -> bytes | None: ...
def similar_pairs(
    matches: tuple[Any, ...], shortest: int, longest: int, ratio: float, sample: int, /
) -> list[tuple[int, int]]: ...
