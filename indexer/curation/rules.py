"""Read `curation.toml`: what the operator decided about single queries.

[[rule]]
queries = ["login", "log in"]              # these queries, whatever their case and accents
match = "exact"                            # or "words": every query with these words
pin = ["https://www.example.org/account"]  # first results, in this order
hide = ["https://www.example.org/old"]     # never a result
boost = { "https://www.example.org/new" = 2.0 }  # factor of the score
answer = { title = "Your account", url = "https://www.example.org/account", text = "Log in here." }
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from indexer.analysis.analyzer import fold
from indexer.errors import SettingsError
from indexer.model import Answer
from indexer.toml_lines import TomlLines
from indexer.urls import resolve

MAX_RULES: Final = 10_000
MAX_ADDRESSES: Final = 50  # of one rule, in each list
MAX_ANSWER_CHARACTERS: Final = 1_000
MIN_FACTOR, MAX_FACTOR = 0.01, 100.0
KEYS: Final = ("queries", "match", "pin", "hide", "boost", "answer")
_ANSWER_KEYS: Final = ("title", "url", "text")


@dataclass(frozen=True, slots=True)
class QueryRule:
    """What happens to the results of some queries. `queries` are folded; addresses are absolute."""

    queries: tuple[str, ...]
    match: Literal["exact", "words"]
    place: str  # such as "curation.toml, line 3"
    pin: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()
    boost: tuple[tuple[str, float], ...] = ()
    answer: Answer | None = None


def query_key(text: str) -> str:
    """Return the words of a query, folded: case, accents, signs and white space do not matter.

    >>> query_key("  Log-in? "), query_key("LOG IN")
    ('log in', 'log in')
    """
    return " ".join(re.findall(r"\w+", fold(text)))


class RuleTable:
    """The rules of queries, found by their words."""

    def __init__(self, rules: Sequence[QueryRule] = ()) -> None:
        self.rules = tuple(rules)
        self._exact: dict[str, list[int]] = {}
        self._by_first_word: dict[str, list[tuple[frozenset[str], int]]] = {}
        for number, rule in enumerate(self.rules):
            for query in rule.queries:
                if rule.match == "exact":
                    self._exact.setdefault(query, []).append(number)
                else:
                    first, *_ = words = query.split()
                    self._by_first_word.setdefault(first, []).append((frozenset(words), number))

    def __bool__(self) -> bool:
        return bool(self.rules)

    def matching(self, query: str) -> list[QueryRule]:
        """Return the rules for a query, in the order of the file."""
        key = query_key(query)
        words = set(key.split())
        numbers = set(self._exact.get(key, ()))
        numbers |= {number for word in words for needed, number in self._by_first_word.get(word, ()) if needed <= words}
        return [self.rules[number] for number in sorted(numbers)]


def parse_rules(text: str, path: Path) -> tuple[QueryRule, ...]:
    """Read the file. Raises SettingsError that names the line and the allowed values."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}", remedy="fix that line") from error
    except RecursionError:
        raise SettingsError(f"{path} is nested too deeply", remedy="write one [[rule]] for each rule") from None
    lines = TomlLines(path, text)
    for name in table:
        if name != "rule":
            place = lines.of(name, None) if isinstance(table[name], dict) else lines.of("", name)
            raise SettingsError(f'{place}: unknown entry "{name}"', remedy="allowed: [[rule]]; settings belong into config.toml")
    tables = table.get("rule", [])
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        raise SettingsError(f"{lines.of('rule', None)}: write [[rule]] with two brackets", remedy="one for each rule")
    if len(tables) > MAX_RULES:
        raise SettingsError(f"{path}: more than {MAX_RULES} rules", remedy="remove rules that are not needed")
    return tuple(_rule(each, number, lines) for number, each in enumerate(tables))


def _rule(table: Mapping[str, Any], number: int, lines: TomlLines) -> QueryRule:
    place = lines.of("rule", None, number)

    def read(name: str, check: Callable[[Any], Any], allowed: str, default: Any) -> Any:
        if name not in table:
            return default
        try:
            return check(table[name])
        except ValueError as error:
            reason = f" ({error})" if str(error) else ""
            where = lines.of("rule", name, number)
            raise SettingsError(f"{where}: {name} cannot be {table[name]!r}{reason}", remedy=f"allowed: {allowed}") from None

    for name in table:
        if name not in KEYS:
            where = lines.of("rule", name, number)
            raise SettingsError(f'{where}: unknown key "{name}" in [[rule]]', remedy="allowed: " + ", ".join(KEYS))
    if "queries" not in table:
        raise SettingsError(f"{place}: a rule needs queries", remedy='example: queries = ["login"]')
    addresses = 'a list of web addresses, such as ["https://www.example.org/page"]'
    rule = QueryRule(
        read("queries", _queries, 'a list of queries, such as ["login", "log in"]', ()),
        read("match", _match, '"exact" or "words"', "exact"),
        place,
        read("pin", _addresses, addresses, ()),
        read("hide", _addresses, addresses, ()),
        read("boost", _boosts, f'{{ "https://www.example.org/page" = FACTOR }}, factors {MIN_FACTOR:g} to {MAX_FACTOR:g}', ()),
        read("answer", _answer, '{ title = "…", url = "https://…", text = "…" }; text may be omitted', None),
    )
    if not (rule.pin or rule.hide or rule.boost or rule.answer):
        raise SettingsError(f"{place}: the rule does nothing", remedy="add one of: pin, hide, boost, answer")
    return rule


def _queries(value: Any) -> tuple[str, ...]:
    keys = tuple(dict.fromkeys(query_key(text) for text in _strings(value)))
    if not keys or "" in keys:
        raise ValueError("a query needs a letter or a digit")
    return keys


def _match(value: Any) -> str:
    if value not in ("exact", "words"):
        raise ValueError
    return str(value)


def _strings(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError
    return value


def _address(text: str) -> str:
    address = resolve(text)
    if address is None or "//" not in text:
        raise ValueError(f"{text[:80]!r} is not a web address")
    return address


def _addresses(value: Any) -> tuple[str, ...]:
    return _limited(dict.fromkeys(_address(each) for each in _strings(value)))


def _limited(addresses: Iterable[Any]) -> tuple[Any, ...]:
    several = tuple(addresses)
    if len(several) > MAX_ADDRESSES:
        raise ValueError(f"at most {MAX_ADDRESSES} addresses")
    return several


def _boosts(value: Any) -> tuple[tuple[str, float], ...]:
    if not isinstance(value, dict):
        raise ValueError
    return _limited((_address(url), factor(number)) for url, number in value.items())


def factor(value: Any) -> float:
    """Return the factor of a score. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not MIN_FACTOR <= value <= MAX_FACTOR:
        raise ValueError(f"a factor is a number from {MIN_FACTOR:g} to {MAX_FACTOR:g}")
    return float(value)


def _answer(value: Any) -> Answer:
    if not isinstance(value, dict) or not set(value) <= set(_ANSWER_KEYS) or not {"title", "url"} <= set(value):
        raise ValueError
    if not all(isinstance(each, str) for each in value.values()) or not value["title"].strip():
        raise ValueError
    text = " ".join(value.get("text", "").split())
    if len(text) + len(value["title"]) > MAX_ANSWER_CHARACTERS:
        raise ValueError(f"at most {MAX_ANSWER_CHARACTERS} characters")
    return Answer(" ".join(value["title"].split()), _address(value["url"]), text)
