"""Read the parameters of a search into a `SearchRequest`. The API refuses wrong values; the page ignores them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.datastructures import MultiDict

from indexer.model import SearchRequest
from indexer.query.dates import span

MAX_SIZE = 50
MAX_RANK = 10_000  # of the last hit that paging reaches
MAX_VALUES = 20  # of one filter
MAX_VALUE_CHARACTERS = 300
SORTS = ("relevance", "date")


class BadParameter(Exception):
    """A parameter with a value that cannot be used."""

    def __init__(self, name: str, detail: str) -> None:
        self.name, self.detail = name, detail
        super().__init__(f"{name}: {detail}")


def read_request(args: MultiDict[str, str], *, strict: bool, facets: bool = False) -> SearchRequest:
    """Return the search. A wrong parameter raises BadParameter if `strict`; otherwise its default is used."""

    def take(name: str, read: Callable[[str], Any], default: Any) -> Any:
        if name not in args:  # most are absent, and `get` raises and catches an exception for each
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
        page=take("page", lambda text: _number(text, 1, MAX_RANK // size), 1),
        size=size,
        sort=take("sort", _sort, "relevance"),
        sources=_values(args, "source", strict),
        categories=_values(args, "category", strict),
        authors=_values(args, "author", strict),
        languages=_values(args, "language", strict),
        date_from=take("from", _date, None),
        date_to=take("to", _date, None),
        facets=take("facets", _switch, facets),
        explain=take("explain", _switch, False) if strict else False,
        prefix_last=take("prefix_last", _switch, False),
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
        raise BadParameter(name, f"can be repeated at most {MAX_VALUES} times")
    if strict and any(len(value) > MAX_VALUE_CHARACTERS for value in values):
        raise BadParameter(name, f"must not be longer than {MAX_VALUE_CHARACTERS} characters")
    return tuple(dict.fromkeys(value[:MAX_VALUE_CHARACTERS] for value in values if value))[:MAX_VALUES]
