"""Read a search from the parameters of a URL, and write URLs of variations of it.

The API refuses wrong values; the page ignores them.

A page has some fifty links that differ in one parameter. Each part is encoded once for a page, and each value once for many
pages: `urlencode` for every link took 0.3 ms of a page.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, get_args
from urllib.parse import parse_qsl, quote_plus, unquote_plus

from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from indexer.model import SearchRequest, Sort
from indexer.query.date_ranges import span
from webui.interface_language import LANGUAGES

DOCUMENT_ID = re.compile(r"[0-9a-f]{16}")
MAX_SIZE = 50
MAX_RANK = 10_000  # of the last hit that paging reaches
MAX_VALUES = 20  # of one filter
MAX_VALUE_CHARACTERS = 300
SORTS = get_args(Sort)


class BadParameter(Exception):
    """A parameter with a value that cannot be used."""

    def __init__(self, name: str, detail: str) -> None:
        self.name, self.detail = name, detail
        super().__init__(f"{name}: {detail}")


def parameters(query_string: str) -> MultiDict[str, str]:
    """Return the parameters in the QUERY_STRING of an environ, as Flask reads them. Raises UnicodeDecodeError."""
    text = query_string.encode("latin-1").decode()
    if text.startswith("q=") and "&" not in text:  # as in most searches: in half of the time
        return MultiDict([("q", unquote_plus(text[2:], errors="werkzeug.url_quote"))])
    return MultiDict(parse_qsl(text, keep_blank_values=True, errors="werkzeug.url_quote"))


def read_request(args: MultiDict[str, str], *, strict: bool, facets: bool = False) -> SearchRequest:
    """Return the search. A wrong parameter raises BadParameter if `strict`; otherwise its default is used."""
    if len(args) == 1 and "q" in args:  # as most searches are
        return SearchRequest(query=args["q"], facets=facets)

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
        file_types=_values(args, "filetype", strict),
        date_from=take("from", _date, None),
        date_to=take("to", _date, None),
        facets=take("facets", _switch, facets),
        explain=take("explain", _switch, False) if strict else False,
        prefix_last=take("prefix_last", _switch, False),
    )


def texts_language(args: MultiDict[str, str]) -> str:
    """Return the parameter `lang`: the language of the notices. Raises BadParameter."""
    language = args.get("lang", "")
    if language and language not in LANGUAGES:
        raise BadParameter("lang", f"must be one of: {', '.join(LANGUAGES)}")
    return language


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


# -- links to variations of a search ------------------------------------------------------------------------------------

FILTERS: Final = {
    "source": "sources",
    "category": "categories",
    "author": "authors",
    "language": "languages",
    "filetype": "file_types",
}
_quoted = lru_cache(maxsize=4_096)(quote_plus)


class Links:
    """Links to variations of one search. Defaults are omitted; a changed search starts at page 1."""

    def __init__(self, search: SearchRequest, root: str = "") -> None:
        """`root`: the path prefix of the application."""
        self._search, self._root = search, root
        self._parts = {
            "q": _part("q", search.query),
            **{
                name: "".join([_part(name, value) for value in getattr(search, attribute)]) for name, attribute in FILTERS.items()
            },
            "dates": _part("from", search.date_from or "") + _part("to", search.date_to or ""),
            "sort": _part("sort", search.sort) if search.sort != "relevance" else "",
            "size": _part("size", str(search.size)) if search.size != 10 else "",
            "page": "",
        }

        self._around: dict[str, tuple[str, str]] = {}

    def _with(self, name: str, part: str) -> str:
        """Return the address with one part replaced. The parts before and after are the same for all values of a filter."""
        around = self._around.get(name)
        if around is None:
            names = list(self._parts)
            place = names.index(name)
            before, after = ("".join([self._parts[each] for each in some]) for some in (names[:place], names[place + 1 :]))
            around = self._around[name] = (before, after)
        return f"{self._root}/?" + (around[0] + part + around[1])[1:]

    def query(self, text: str) -> str:
        """Link to the same search with another query."""
        return self._with("q", _part("q", text))

    def anchor(self, text: str) -> Markup:
        """Return an <a> element with another query as its text and its link."""
        return Markup('<a href="{}"><bdi>{}</bdi></a>').format(self.query(text), text)

    def sort(self, order: str) -> str:
        """Link to the same search in another order."""
        return self._with("sort", _part("sort", order) if order != "relevance" else "")

    def page(self, number: int) -> str:
        """Link to another page of results."""
        return self._with("page", _part("page", str(number)) if number > 1 else "")

    def dates(self, start: str | None, end: str | None) -> str:
        """Link to the same search in another range of dates."""
        return self._with("dates", _part("from", start or "") + _part("to", end or ""))

    def only(self, name: str, value: str) -> str:
        """Link to the same search with this value of a filter in place of the selected ones."""
        return self._with(name, _part(name, value))

    def toggled(self, name: str, value: str) -> str:
        """Link to the same search with this value of a filter added, or removed if it is selected."""
        attribute: tuple[str, ...] = getattr(self._search, FILTERS[name])
        if value not in attribute:
            return self._with(name, self._parts[name] + _part(name, value))
        return self._with(name, "".join([_part(name, each) for each in attribute if each != value]))

    def rss(self) -> str:
        """Link to the same search as a feed, which has its own order and size."""
        return (
            f"{self._root}/search.rss?"
            + "".join([part for name, part in self._parts.items() if name not in ("sort", "size")])[1:]
        )


def _part(name: str, value: str) -> str:
    return f"&{name}={_quoted(value)}" if value else ""
