"""Find the compounds that a word is a part of: Grenzschutzbehörde for Grenzschutz.

A compound is split by the index's own vocabulary. The rest of it, without a linking element as in Arbeit-s-markt, must also be a
word of the index, or one that compounds often consist of (`common_compound_parts`). Endings that look
like words (-ende, -schaft) and short remainders are not accepted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from indexer.analysis.stemming import term_of
from indexer.engines.base import Reader
from indexer.model import QueryToken
from indexer.query.nodes import TEXT_FIELDS, Boost, Node, Or, Terms
from indexer.search.common_compound_parts import compound_parts
from indexer.search.query_context import QueryContext

# Linking elements by language, the longest first; "" joins the words directly.
LINKS: Final = {
    "de": ("en", "es", "er", "n", "s", "e", ""),
    "nl": ("en", "s", "e", ""),
    "da": ("s", "e", ""),
    "fi": ("n", "en", ""),
    "no": ("s", "e", ""),
    "sv": ("s", "e", "o", "u", ""),
}
MIN_WORD_LETTERS: Final = 4  # of a word whose compounds are searched for
MIN_LAST_LETTERS: Final = 5  # of one that ends a compound, unless it often does: shorter ones are endings of other words
MIN_REST_LETTERS: Final = 4
MIN_REST_DOCUMENTS: Final = 1
MAX_FORMS: Final = 200  # of the index that are considered for each word
MAX_COMPOUNDS: Final = 40
COMPOUND_FACTOR: Final = 0.3  # of the score of the word itself
_ENDINGS: Final = frozenset(
    "ende enden ender endes schaft schaften lich liche lichen heit heiten keit keiten isch ische ischen ieren iert ierung"
    " haft hafte haften ling linge ungen erin erinnen innen sten stens eren erne erner lijk lijke heid heden"
    " ande ends else elser heden hets ning ningen ligt ligen ings".split()
)
_MAX_REMEMBERED_WORDS: Final = 1_000


def with_compounds(node: Node, token: QueryToken, context: QueryContext) -> Node:
    """Return what matches a word, and after it the compounds with it that the index has."""
    languages = tuple(language for language in context.languages if language in LINKS)
    if not languages or len(token.surface) < MIN_WORD_LETTERS or not token.surface.isalpha() or token.stop:
        return node
    words: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = context.reader.memo.setdefault("compounds", {})
    key = token.surface, languages
    if key not in words:
        if len(words) >= _MAX_REMEMBERED_WORDS:
            words.clear()
        terms = {term_of(form, language) for language in languages for form in compounds(token.surface, language, context.reader)}
        words[key] = tuple(sorted(terms - set(token.terms)))[:MAX_COMPOUNDS]
    terms_of_compounds = words[key]
    return Or((node, Boost(Terms(terms_of_compounds, TEXT_FIELDS), COMPOUND_FACTOR))) if terms_of_compounds else node


def compounds(word: str, language: str, reader: Reader) -> Iterator[str]:
    """Yield the folded forms of the index that are compounds with a folded word at their beginning or end."""
    for form, _ in reader.surfaces_matching(word, None, MAX_FORMS)[0]:
        rests = [form[len(word) + len(link) :] for link in LINKS[language] if form.startswith(word + link)]
        if any(_is_word(rest, language, reader) for rest in rests):
            yield form
    if word in _ENDINGS or (len(word) < MIN_LAST_LETTERS and word not in compound_parts(language)):
        return
    for form, _ in reader.surfaces_matching("", re.compile(f".*{re.escape(word)}"), MAX_FORMS)[0]:
        first = form[: -len(word)]
        if any(_is_first_part(first.removesuffix(link), language, reader) for link in LINKS[language] if first.endswith(link)):
            yield form


def _is_first_part(part: str, language: str, reader: Reader) -> bool:
    """Return whether a word of the index can be the first part of a compound; it may have lost an e, as Grenze in Grenzschutz."""
    return _is_word(part, language, reader) or _is_word(part + "e", language, reader)


def _is_word(part: str, language: str, reader: Reader) -> bool:
    """Return whether a part of a compound is a word of the index, or one of the frequent parts of compounds."""
    if len(part) < MIN_REST_LETTERS or part in _ENDINGS or not part.isalpha():
        return False
    return reader.surface_frequency(part) >= MIN_REST_DOCUMENTS or _is_frequent_part(part, language)


def _is_frequent_part(part: str, language: str) -> bool:
    """Return whether a part, without an ending of two letters at most, is a frequent part of compounds."""
    parts = compound_parts(language)
    return any(part[: len(part) - ending] in parts for ending in range(3) if len(part) - ending >= MIN_REST_LETTERS)
