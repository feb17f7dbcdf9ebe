"""What a person means by a word that the index hardly knows, or writes in another way.

    who, WHO says, title:who    stop words are looked for when nothing else is asked, or when capitals make names of them
    AT&T, U.S., C++             what is written with signs counts with all its parts
    港                          a single letter of a script that is indexed in pairs stands for the pairs that hold it
    covid19, 1000               COVID-19, 1.000 and 1,000 as well, and the other way round

All of it is asked of the index at query time and only of words that look so: the others cost a glance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise

from indexer.analysis.analyzer import QueryToken, is_paired_letter, query_terms
from indexer.engines.base import Reader
from indexer.query.nodes import And, Boost, Constant, Fuzzy, Node, Or, Phrase, Prefix, Terms, TextField, Wildcard, Word

_WITH_SIGNS = re.compile(r"[\w.&+#@]{1,8}")
_SIGNS = re.compile(r"[&+#@]|[^\W\d_]\.[^\W\d_]")
_SIGN_OF_ITS_OWN = re.compile(r"\.\w+|\w+(?:\+\+?|#)")  # .NET, C++, C#: not what ends a sentence
_LETTERS_OR_DIGITS = re.compile(r"[^\W\d_]+|\d+")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,'’]\d{3}){1,3}")
_YEARS = range(1800, 2100)


class QueryUnderstanding:
    """Reads the words of one query for one snapshot of the index."""

    def __init__(self, query: Node, reader: Reader, languages: tuple[str, ...]) -> None:
        self._query, self._reader, self._languages = query, reader, languages
        self._alone: dict[TextField | None, bool] = {}

    def tokens(self, text: str, field: TextField | None) -> list[QueryToken]:
        """The words that a document must have, stop words only where they are meant."""
        tokens = query_terms(text, self._languages)
        return [token for token in tokens if not token.stop or self._is_meant(token, text, field)]

    def _is_meant(self, token: QueryToken, text: str, field: TextField | None) -> bool:
        named = len(token.written) > 1 and token.written.isupper() and not self._is_shouted
        meant = named or self._is_all_there_is(field) or bool(_WITH_SIGNS.fullmatch(text) and _SIGNS.search(text))
        if not meant or not self._reader.surface_frequency(token.surface):  # no page has it but as a stop word
            return False
        return field is None or self._reader.count(Terms(token.terms, (field,))) > 0

    def _is_all_there_is(self, field: TextField | None) -> bool:
        """Whether stop words are all that is asked: at all, or of this field."""
        if field not in self._alone:
            leaves = (leaf for leaf in _leaves(self._query) if field is None or leaf.field == field)
            self._alone[field] = all(isinstance(leaf, Word | Phrase) and self._is_stop(leaf.text) for leaf in leaves)
        return self._alone[field]

    @cached_property
    def _is_shouted(self) -> bool:
        """Whether capitals mean nothing, as in HARBOUR AND THE WALL."""
        texts = [leaf.pattern if isinstance(leaf, Wildcard) else leaf.text for leaf in _leaves(self._query)]
        if any(letter.islower() for text in texts for letter in text):
            return False
        return any(text.isupper() and not self._is_stop(text) for text in texts)

    def _is_stop(self, text: str) -> bool:
        return all(token.stop for token in query_terms(text, self._languages))

    def pairs_with(self, tokens: list[QueryToken]) -> re.Pattern[str] | None:
        """What the word forms look like for which a single letter of a paired script stands."""
        if len(tokens) != 1 or tokens[0].surface.isascii() or not is_paired_letter(tokens[0].surface):
            return None
        return re.compile(f".*{re.escape(tokens[0].surface)}.*")

    def written_otherwise(self, text: str, tokens: list[QueryToken]) -> list[QueryToken]:
        """The same word with its letters and digits, or its thousands, apart or together; none unless the index knows all
        of its parts."""
        if text.isalpha() or len(text) > 64:
            return []
        parts = [token.surface for token in tokens]
        other = "-".join(_apart(parts[0])) if len(parts) == 1 else _together(text, parts)
        found = query_terms(other, self._languages) if other and other != parts[0] else ()
        known = all(not token.stop and self._reader.surface_frequency(token.surface) for token in found)
        return list(found) if known else []

    def why_not(self, parts: list[str]) -> str:
        """What became of a word with signs that cannot be looked for: the word itself may be rare."""
        return f"cannot be searched for: of it only {', '.join(f'“{part}”' for part in parts)} would be left, which is too common"

    def only_in_part(self, text: str) -> bool:
        """Whether a sign that makes the word is not indexed."""
        return not text.isalnum() and _SIGN_OF_ITS_OWN.fullmatch(text) is not None


def _apart(surface: str) -> list[str]:
    if not surface.isdigit():
        parts = _LETTERS_OR_DIGITS.findall(surface)
        return parts if len(parts) <= 3 and "".join(parts) == surface else []
    if not 4 <= len(surface) <= 12 or surface[0] == "0" or (len(surface) == 4 and int(surface) in _YEARS):
        return []
    first = len(surface) % 3 or 3
    return [surface[:first], *(surface[at : at + 3] for at in range(first, len(surface), 3))]


def _together(text: str, parts: list[str]) -> str:
    kinds = [part.isdigit() for part in parts]
    takes_turns = len(parts) <= 3 and all(a != b for a, b in pairwise(kinds))
    return "".join(parts) if takes_turns or _THOUSANDS.fullmatch(text) else ""


def _leaves(node: Node) -> Iterator[Word | Phrase | Prefix | Wildcard | Fuzzy]:
    """What is asked for; what is excluded does not count."""
    match node:
        case Word() | Phrase() | Prefix() | Wildcard() | Fuzzy():
            yield node
        case And(nodes=nodes) | Or(nodes=nodes):
            for each in nodes:
                yield from _leaves(each)
        case Boost(node=inner) | Constant(node=inner):
            yield from _leaves(inner)
