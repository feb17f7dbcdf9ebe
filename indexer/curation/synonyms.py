"""Read synonyms in the format of Apache Solr, and find the synonyms of the words of a query.

    laptop, notebook              each word also finds pages with the other one
    PC, personal computer         a synonym may have several words
    sign in, log on => login      the words on the left are replaced by those on the right; repeat a word there to keep it
    # a comment                   \\, and \\=> are an ordinary comma and arrow

Format: https://solr.apache.org/guide/solr/latest/indexing-guide/filters.html#synonym-graph-filter
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from indexer.analysis.analyzer import query_terms
from indexer.errors import SettingsError
from indexer.model import QueryToken

MAX_RULES: Final = 50_000  # of one file
MAX_ALTERNATIVES: Final = 40  # of one rule, on each side
MAX_WORDS: Final = 8  # of one synonym
MAX_TABLES: Final = 16  # one for each set of languages that queries ask for
_COMMA: Final = re.compile(r"(?<!\\),")
_ARROW: Final = re.compile(r"(?<!\\)=>")
_ESCAPE: Final = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class SynonymRule:
    """`words` find pages with `synonyms`. `replaces`: not with the words themselves. `language`: of the pages; "" is any."""

    words: tuple[str, ...]
    synonyms: tuple[str, ...]
    replaces: bool
    place: str  # such as "synonyms.txt, line 3"
    language: str = ""


def parse_synonyms(text: str, place: str, language: str = "") -> tuple[SynonymRule, ...]:
    """Read a file of synonyms. `place`: its name, for messages. Raises SettingsError that names the line.

    >>> [(r.words, r.synonyms, r.replaces) for r in parse_synonyms("PC, computer\\nsign in => login", "f")]
    [(('PC', 'computer'), ('PC', 'computer'), False), (('sign in',), ('login',), True)]
    """
    rules: list[SynonymRule] = []
    for number, line in enumerate(text.splitlines(), 1):
        content = line.strip().removeprefix("\ufeff")
        if not content or content.startswith("#"):
            continue
        where = f"{place}, line {number}"
        if len(rules) >= MAX_RULES:
            raise SettingsError(f"{where}: more than {MAX_RULES} rules", remedy="remove rules that are not needed")
        left, *right = _ARROW.split(content)
        if len(right) > 1:
            raise SettingsError(f"{where}: a rule may contain only one =>", remedy="write \\=> for an arrow in a word")
        words = _alternatives(left, where)
        if right:
            rules.append(SynonymRule(words, _alternatives(right[0], where), True, where, language))
        elif len(words) < 2:
            raise SettingsError(f"{where}: a rule needs two words", remedy="example: laptop, notebook")
        else:
            rules.append(SynonymRule(words, words, False, where, language))
    return tuple(rules)


def _alternatives(text: str, where: str) -> tuple[str, ...]:
    parts = [" ".join(_ESCAPE.sub(r"\1", part).split()) for part in _COMMA.split(text)]
    if len(parts) > MAX_ALTERNATIVES:
        raise SettingsError(f"{where}: more than {MAX_ALTERNATIVES} words", remedy="write several rules")
    for part in parts:
        if not any(letter.isalnum() for letter in part):
            problem = f"{part!r} has no letter or digit" if part else "a word is missing before or after a comma or =>"
            raise SettingsError(f"{where}: {problem}", remedy="example: laptop, notebook")
        if len(part.split()) > MAX_WORDS:
            raise SettingsError(f"{where}: {part[:40]!r} has more than {MAX_WORDS} words", remedy="write fewer words")
    return tuple(dict.fromkeys(parts))


@dataclass(frozen=True, slots=True)
class Expansion:
    """The synonyms of `length` words of a query, each analysed in the languages that its rule covers."""

    length: int
    alternatives: tuple[tuple[str, tuple[QueryToken, ...]], ...]
    replaces: bool
    rule: SynonymRule


@dataclass(frozen=True, slots=True)
class _SynonymEntry:
    words: tuple[frozenset[str], ...]  # the terms of each word
    expansion: Expansion


class SynonymTable:
    """All rules, found by the index terms of a query's words: a rule for `laptop` also covers `laptops`."""

    def __init__(self, rules: Sequence[SynonymRule] = ()) -> None:
        self.rules = tuple(rules)
        self._by_languages: dict[tuple[str, ...], Mapping[str, Sequence[_SynonymEntry]]] = {}

    def __bool__(self) -> bool:
        return bool(self.rules)

    def expansions(self, tokens: Sequence[QueryToken], languages: tuple[str, ...]) -> list[Expansion]:
        """Return the expansions of the words at the beginning of `tokens`: of the longest run of words that has rules."""
        table = self._by_languages.get(languages)
        if table is None:
            if len(self._by_languages) >= MAX_TABLES:
                self._by_languages.clear()
            table = self._by_languages[languages] = _table(self.rules, languages)
        candidates = {id(entry): entry for term in tokens[0].terms for entry in table.get(term, ())}
        matching = [entry.expansion for entry in candidates.values() if _begins_with(tokens, entry.words)]
        longest = max((each.length for each in matching), default=0)
        return [each for each in matching if each.length == longest]


def _begins_with(tokens: Sequence[QueryToken], words: Sequence[frozenset[str]]) -> bool:
    if len(words) > len(tokens):
        return False
    return all(not terms.isdisjoint(token.terms) for terms, token in zip(words, tokens, strict=False))


def _table(rules: Sequence[SynonymRule], languages: tuple[str, ...]) -> Mapping[str, Sequence[_SynonymEntry]]:
    """Return the entries by each term of their first word."""
    table: dict[str, list[_SynonymEntry]] = {}
    for rule in rules:
        covered = tuple(language for language in languages if rule.language in ("", language))
        if not covered:
            continue
        analysed = {text: query_terms(text, covered) for text in (*rule.words, *rule.synonyms)}
        for words in rule.words:
            if (entry := _entry(rule, words, analysed)) is not None:
                for term in entry.words[0]:
                    table.setdefault(term, []).append(entry)
    return table


def _entry(rule: SynonymRule, words: str, analysed: Mapping[str, tuple[QueryToken, ...]]) -> _SynonymEntry | None:
    tokens = analysed[words]
    others: Iterable[str] = (text for text in rule.synonyms if analysed[text] and (rule.replaces or text != words))
    alternatives = tuple((text, analysed[text]) for text in others)
    if not tokens or not alternatives:
        return None
    return _SynonymEntry(
        tuple(frozenset(token.terms) for token in tokens), Expansion(len(tokens), alternatives, rule.replaces, rule)
    )
