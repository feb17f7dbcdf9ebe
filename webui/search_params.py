"""Parameters of a search -> `SearchRequest`: the one place that knows them. The API refuses wrong ones, the page forgives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.datastructures import MultiDict

from indexer.model import SearchRequest
from indexer.query.dates import span

MAX_SIZE = 50
DEEPEST = 10_000  # hits that can be paged through
MAX_VALUES = 20  # of one filter
MAX_VALUE = 300  # characters
SORTS = ("relevance", "date")


class BadParameter(Exception):
    """A parameter that cannot be used: its name, and a sentence."""

    def __init__(self, name: str, detail: str) -> None:
        self.name, self.detail = name, detail
        super().__init__(f"{name}: {detail}")


def read_request(args: MultiDict[str, str], *, strict: bool, facets: bool = False) -> SearchRequest:
    """Raises BadParameter when `strict`; otherwise a wrong parameter counts as not given."""

    def take(name: str, read: Callable[[str], Any], default: Any) -> Any:
        if name not in args:  # most are not; `get` would raise and catch an exception for each
            return default
        text = args[name]
        if text == "":
            if strict and name in ("page", "size"):
                raise BadParameter(name, "must not be empty")
            return default
        try:
            return read(text)
        except ValueError as error:
            if strict:
                raise BadParameter(name, str(error)) from None
            return default

    size = take("size", lambda text: _number(text, 1, MAX_SIZE), 10)
    return SearchRequest(
        query=args.get("q", ""),
        page=take("page", lambda text: _number(text, 1, DEEPEST // size), 1),
        size=size,
        sort=take("sort", _sort, "relevance"),
        sources=_values(args, "source", strict),
        categories=_values(args, "category", strict),
        authors=_values(args, "author", strict),
        languages=_values(args, "language", strict),
        date_from=take("from", _date, None),
        date_to=take("to", _date, None),
        facets=take("facets", _switch, facets),
        explain=take("explain", _switch, False),
    )


def _number(text: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9 and low <= int(text) <= high):
        raise ValueError(f"must be a whole number from {low} to {high}")
    return int(text)


def _sort(text: str) -> str:
    if text not in SORTS:
        raise ValueError(f"must be one of: {', '.join(SORTS)}")
    return text


def _switch(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError("must be 0 or 1")
    return text == "1"


def _date(text: str) -> str:
    if span(text) is None:
        raise ValueError("must be a date: YYYY, YYYY-MM or YYYY-MM-DD")
    return text


def _values(args: MultiDict[str, str], name: str, strict: bool) -> tuple[str, ...]:
    if name not in args:
        return ()
    values = [value.strip() for value in args.getlist(name)]
    if strict and len(values) > MAX_VALUES:
        raise BadParameter(name, f"can be given {MAX_VALUES} times at most")
    if strict and any(len(value) > MAX_VALUE for value in values):
        raise BadParameter(name, f"must not be longer than {MAX_VALUE} characters")
    return tuple(dict.fromkeys(value[:MAX_VALUE] for value in values if value))[:MAX_VALUES]
