"""From the query as typed to the query that engines know: words become index terms, patterns their expansions.

    Word "Borders"  ->  Terms("en/border", "de/borders", …)      every language the index holds, or those asked for
    Phrase          ->  TermPhrase                               any of the terms at each place
    Prefix          ->  Terms                                    of all word forms in the index that begin so

What was looked for is noted on the way (`Resolved.wanted`), so that snippets mark what really matched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from indexer.analysis.analyzer import QueryToken, fold, query_terms, terms_of_surface
from indexer.engines.base import Reader
from indexer.model import RankingWeights
from indexer.query.nodes import (
    And,
    Boost,
    Constant,
    Everything,
    Filter,
    Fuzzy,
    Node,
    Not,
    Nothing,
    Or,
    Phrase,
    Prefer,
    Prefix,
    Surface,
    TermPhrase,
    Terms,
    TextField,
    Wildcard,
    Word,
)
from indexer.search.query_understanding import QueryUnderstanding
from indexer.snippets.match_spans import HighlightTerms

TEXT_FIELDS: tuple[TextField, ...] = ("title", "summary", "body", "categories", "authors")
EXPANDED_FORMS = 500  # forms that one pattern stands for at most: the most frequent ones
NEAR_SLOP = 8  # words in between for the proximity bonus


@dataclass(slots=True)
class RewriteLog:
    """What resolving noted: terms and phrases to mark, warnings for the person, the words that were looked for."""

    terms: set[str] = field(default_factory=set)
    phrases: list[tuple[frozenset[str], ...]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    words: list[tuple[str, Terms]] = field(default_factory=list)  # folded, and what was asked of the index

    @property
    def wanted(self) -> HighlightTerms:
        return HighlightTerms(terms=frozenset(self.terms), phrases=tuple(self.phrases))

    def unknown(self, reader: Reader) -> list[str]:
        """The words that the index lacks."""
        return [form for form, terms in self.words if not reader.surface_frequency(form) and not reader.count(terms)]


class QueryRewriter:
    """Resolves one query against one snapshot of the index."""

    def __init__(self, reader: Reader, languages: tuple[str, ...], weights: RankingWeights) -> None:
        self.reader, self.languages, self.weights = reader, languages, weights
        self.noted = RewriteLog()
        self._meant: QueryUnderstanding | None = None

    def resolve(self, node: Node) -> Node | None:
        """The tree for engines; None where nothing is left to ask (stop words alone). The first node is the whole query."""
        self._meant = self._meant or QueryUnderstanding(node, self.reader, self.languages)
        match node:
            case And(nodes=nodes):
                return self._and(nodes)
            case Or(nodes=nodes):
                return _join(Or, self._each(nodes))
            case Not(node=inner):
                return self._not(inner)
            case Boost(node=inner, factor=factor):
                found = self.resolve(inner)
                return found and Boost(found, factor)
            case Constant(node=Filter(field="category" | "author") as wish):
                return Constant(self._typed_filter(wish))
            case Constant(node=inner):
                found = self.resolve(inner)
                return found and Constant(found)
            case Word():
                return self._word(node)
            case Phrase():
                return self._phrase(node)
            case Prefix(text=text):
                return self._expand(self.reader.surfaces_matching(fold(text), None, EXPANDED_FORMS), node.field, f"{text}*")
            case Wildcard(pattern=pattern):
                folded = "".join(c if c in "*?" else fold(c) for c in pattern)
                regex = re.compile("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in re.sub(r"\*+", "*", folded)))
                start = re.split(r"[*?]", folded)[0]
                return self._expand(self.reader.surfaces_matching(start, regex, EXPANDED_FORMS), node.field, pattern)
            case Fuzzy(text=text, distance=distance):
                return self._expand(self.reader.surfaces_near(fold(text), distance, EXPANDED_FORMS), node.field, f"{text}~")
        return node

    def _typed_filter(self, wish: Filter) -> Node:
        """A filter that was typed, not clicked: its words suffice, author:vik stands for Hanne Vik as well."""
        tokens = [token for token in query_terms(wish.value, self.languages) if not token.stop]
        fields: tuple[TextField, ...] = ("categories",) if wish.field == "category" else ("authors",)
        if not tokens:
            return wish
        gaps = tuple(token.position - tokens[0].position for token in tokens)
        return Or((wish, TermPhrase(tuple(token.terms for token in tokens), gaps, fields)))

    def _each(self, nodes: Iterable[Node]) -> list[Node]:
        return [found for node in nodes if (found := self.resolve(node)) is not None]

    def _not(self, inner: Node) -> Node | None:
        """What is excluded must be neither marked nor offered corrections."""
        kept, self.noted = self.noted, RewriteLog()
        found = self.resolve(inner)
        self.noted, dropped = kept, self.noted
        self.noted.warnings += dropped.warnings
        return found and Not(found)

    def _and(self, nodes: tuple[Node, ...]) -> Node | None:
        found = self._each(nodes)
        if found and all(isinstance(node, Not) for node in found):
            found.insert(0, Everything())
        together = _join(And, found)
        places = [node for node in found if isinstance(node, Terms | Prefer)]
        terms = [node.node if isinstance(node, Prefer) else node for node in places]
        near = tuple(term.terms for term in terms if isinstance(term, Terms) and term.fields == TEXT_FIELDS)
        if together is None or not 2 <= len(near) <= 6 or not self.weights.proximity_bonus:
            return together
        bonus = TermPhrase(near, tuple(range(len(near))), TEXT_FIELDS, NEAR_SLOP, self.weights.proximity_bonus)
        return Prefer(together, (bonus,))

    def _word(self, word: Word) -> Node | None:
        meant = self._meant or QueryUnderstanding(word, self.reader, self.languages)
        tokens = meant.tokens(word.text, word.field)
        if not tokens:
            if dropped := [token.surface for token in query_terms(word.text, self.languages)]:
                why = "is too common to be searched for" if word.text.isalnum() else meant.why_not(dropped)
                self.noted.warnings.append(f"“{word.text}” {why}")
            return None
        if meant.only_in_part(word.text):
            self.noted.warnings.append(f"“{word.text}” is looked for as “{tokens[0].surface}”: signs are not indexed")
        found = self._one_word(word, tokens, meant)
        others = meant.written_otherwise(word.text, tokens)
        return Or((found, self._places(others, 0, word.field))) if others else found

    def _one_word(self, word: Word, tokens: list[QueryToken], meant: QueryUnderstanding) -> Node:
        if pairs := meant.pairs_with(tokens):
            return self._expand(self.reader.surfaces_matching("", pairs, EXPANDED_FORMS), word.field, word.text)
        if len(tokens) > 1:  # King-Grubert, 日本語: what is written as one is looked for as one
            return self._places(tokens, 0, word.field)
        token = tokens[0]
        self.noted.terms |= set(token.terms)
        terms = Terms(token.terms, (word.field,) if word.field else TEXT_FIELDS)
        self.noted.words.append((token.surface, terms))
        if word.field or not self.weights.exact_bonus:
            return terms
        return Prefer(terms, (Surface(token.surface, self.weights.exact_bonus),))

    def _phrase(self, phrase: Phrase) -> Node | None:
        meant = self._meant or QueryUnderstanding(phrase, self.reader, self.languages)
        tokens = meant.tokens(phrase.text, phrase.field)
        if not tokens:
            self.noted.warnings.append(f"“{phrase.text}” has no word that can be searched for")
            return None
        if pairs := meant.pairs_with(tokens):
            return self._expand(self.reader.surfaces_matching("", pairs, EXPANDED_FORMS), phrase.field, phrase.text)
        return self._places(tokens, phrase.slop, phrase.field)

    def _places(self, tokens: list[QueryToken], slop: int, field_: TextField | None) -> Node:
        fields = (field_,) if field_ else TEXT_FIELDS
        places = tuple(token.terms for token in tokens)
        if len(tokens) == 1:
            self.noted.terms |= set(places[0])
            return Terms(places[0], fields)
        self.noted.phrases.append(tuple(frozenset(place) for place in places))
        if slop:
            self.noted.terms |= {term for place in places for term in place}
        return TermPhrase(places, tuple(token.position - tokens[0].position for token in tokens), fields, slop)

    def _expand(self, found: tuple[Sequence[tuple[str, int]], int], field_: TextField | None, typed: str) -> Node:
        forms, total = found
        if total > len(forms) >= EXPANDED_FORMS:
            self.noted.warnings.append(f"{typed} stands for {total} words; the {EXPANDED_FORMS} most frequent are used")
        terms = tuple(sorted({term for form, _ in forms for term in terms_of_surface(form, self.languages)}))
        if not terms:
            return Nothing()
        self.noted.terms |= set(terms)
        return Terms(terms, (field_,) if field_ else TEXT_FIELDS)


def _join(kind: type[And] | type[Or], nodes: list[Node]) -> Node | None:
    if len(nodes) < 2:
        return nodes[0] if nodes else None
    return kind(tuple(nodes))


def relaxed(node: Node) -> Node | None:
    """The query that any of the plain words satisfies; None when there are not two of them to choose from.

    Only words without a field on the top level are let go: phrases, fields, filters, groups and exclusions stay.
    """
    if not isinstance(node, And):
        return None
    words = [n for n in node.nodes if (isinstance(n, Word | Prefix | Wildcard | Fuzzy) and n.field is None) or _boosted_word(n)]
    rest = [n for n in node.nodes if n not in words]
    if len(words) < 2:
        return None
    return And((Or(tuple(words)), *rest)) if rest else Or(tuple(words))


def _boosted_word(node: Node) -> bool:
    return isinstance(node, Boost) and isinstance(node.node, Word) and node.node.field is None
