"""Rewrite a query in passes, in the order in which `query_understanding.PASSES` lists them.

Each pass takes a whole query tree and returns a new one. A leaf that a pass removes is dropped from its parent.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence

from indexer.analysis.analyzer import fold, is_paired_letter, query_terms, terms_of_surface
from indexer.model import Notice, QueryToken
from indexer.phrases import shortened
from indexer.query.nodes import (
    TEXT_FIELDS,
    And,
    Boost,
    Constant,
    Everything,
    Filter,
    Fuzzy,
    HalfTyped,
    Labelled,
    Leaf,
    Node,
    Not,
    Nothing,
    Or,
    Phrase,
    Prefer,
    Prefix,
    Scale,
    Terms,
    TextField,
    Tokens,
    Wildcard,
    Word,
)
from indexer.search.orthographic_variants import are_initials
from indexer.search.query_context import QueryContext, QueryNotes
from indexer.search.word_forms import (
    combine,
    index_terms_of,
    looked_up_word,
    other_spellings,
    prefer_near,
    symbol_terms_of,
    term_phrase,
)

MAX_WORDS = 64  # of one query that are searched for
JOINED_FACTOR = 2.0  # of words that are typed apart and written as one: it counts as both
OTHER_SPELLING_FACTOR = 0.4  # of e-mail for email: as a phrase it has the rarity of both of its words
HALF_TYPED_FACTOR = 0.1  # of words that continue a half-typed one, so that they rank after the whole word
MAX_FORMS = 500  # word forms that one pattern stands for: the most frequent ones

_WITH_SIGNS = re.compile(r"[\w.&+#@]{1,8}")
_SIGNS = re.compile(r"[&+#@]|[^\W\d_]\.[^\W\d_]")
_LEADING_OR_TRAILING_SIGN = re.compile(r"\.\w+|\w+(?:\+\+?|#)")  # .NET, C++, C#: not the end of a sentence


# -- passes ----------------------------------------------------------------------------------------------------------


def analyse_words(query: Node, context: QueryContext, notes: QueryNotes) -> Node | None:
    """Replace typed words and phrases by their tokens: `King-Grubert` becomes two."""

    def analyse(leaf: Leaf) -> Node | None:
        if isinstance(leaf, Word) and (with_symbols := symbol_terms_of(leaf, context)):
            return with_symbols
        if isinstance(leaf, Word | Phrase):
            return Tokens(leaf, query_terms(leaf.text, context.languages))
        if isinstance(leaf, HalfTyped):
            tokens = query_terms(leaf.text, context.languages)
            return Or((Tokens(Word(leaf.text), tokens), Boost(Prefix(leaf.text), HALF_TYPED_FACTOR)))
        return leaf

    return map_leaves(query, analyse)


def drop_stop_words(query: Node, context: QueryContext, notes: QueryNotes) -> Node | None:
    """Remove stop words, except where they matter: they are all there is, they are in capitals (WHO, US), or they are
    part of a word with signs (AT&T, U.S.)."""
    leaves = list(_included_leaves(query))
    are_capitals_names = not _is_in_capitals(leaves)

    def is_significant(token: QueryToken, text: str, field_: TextField | None) -> bool:
        is_name = are_capitals_names and len(token.written) > 1 and token.written.isupper()
        has_signs = _WITH_SIGNS.fullmatch(text) and _SIGNS.search(text)
        if not (is_name or _has_stop_words_only(leaves, field_) or has_signs):
            return False
        if not context.reader.surface_frequency(token.surface):  # documents contain it only as a stop word
            return False
        return field_ is None or context.reader.count(Terms(token.terms, (field_,))) > 0

    def drop(leaf: Leaf) -> Node | None:
        if not isinstance(leaf, Tokens):
            return leaf
        typed, tokens = leaf.typed, leaf.tokens
        remaining = tuple([token for token in tokens if not token.stop or is_significant(token, typed.text, typed.field)])
        if not remaining:
            notes.notices += _why_dropped(typed, tokens)
            return None
        return leaf if len(remaining) == len(tokens) else Tokens(typed, remaining)

    return map_leaves(query, drop)


def keep_informative_words(query: Node, context: QueryContext, notes: QueryNotes) -> Node | None:
    """Keep the rarest words of a very long text. Words that no document contains are dropped first."""
    leaves = [leaf for leaf in _included_leaves(query) if isinstance(leaf, Tokens) and isinstance(leaf.typed, Word)]
    if len(leaves) <= MAX_WORDS:
        return query

    def rank(leaf: Tokens) -> float:
        return min((context.reader.surface_frequency(token.surface) or math.inf for token in leaf.tokens), default=math.inf)

    chosen = frozenset(sorted(dict.fromkeys(leaves), key=rank)[:MAX_WORDS])
    notes.notices.append(Notice("too-many-words", f"the query has {len(leaves)} words; the {MAX_WORDS} rarest are used"))
    return map_leaves(query, lambda leaf: leaf if leaf in chosen or not isinstance(leaf, Tokens) else None)


def add_spelling_variants(query: Node, context: QueryContext, notes: QueryNotes) -> Node | None:
    """Add other spellings of a word, if the index has all of its parts: covid19 and COVID-19, 1000 and 1,000, wifi and Wi-Fi."""

    def is_indexed(token: QueryToken, is_name: bool) -> bool:
        return (is_name or not token.stop) and context.reader.surface_frequency(token.surface) > 0

    def add(leaf: Leaf) -> Node | None:
        if not isinstance(leaf, Tokens) or not isinstance(leaf.typed, Word):
            return leaf
        typed, parts = leaf.typed, [token.surface for token in leaf.tokens]
        is_name = are_initials(typed.text)  # W.H.O.: the index has the stop word only as a name in capitals
        if _LEADING_OR_TRAILING_SIGN.fullmatch(typed.text) and not typed.text.isalnum():
            text = f"“{shortened(typed.text)}” is searched for as “{shortened(parts[0])}”: signs are not indexed"
            notes.notices.append(Notice("sign-not-indexed", text, shortened(typed.text)))
        others = [
            Boost(Tokens(Phrase(variant, 0, typed.field), tokens), OTHER_SPELLING_FACTOR)
            for variant in other_spellings(typed.text, parts, context)
            if (tokens := query_terms(variant, context.languages)) and all(is_indexed(token, is_name) for token in tokens)
        ]
        return Or((leaf, *others)) if others else leaf

    return map_leaves(query, add)


def match_typed_filters(query: Node, context: QueryContext, notes: QueryNotes) -> Node | None:
    """Match a typed filter by its words: author:vik also matches Hanne Vik."""

    def match(leaf: Leaf) -> Node | None:
        if not isinstance(leaf, Filter) or leaf.field not in ("category", "author"):
            return leaf
        tokens = [token for token in query_terms(leaf.value, context.languages) if not token.stop]
        if not tokens:
            return leaf
        fields: tuple[TextField, ...] = ("categories",) if leaf.field == "category" else ("authors",)
        return Or((leaf, term_phrase(tokens, fields, 0)))

    return map_leaves(query, match)


def expand_patterns(query: Node, context: QueryContext, notes: QueryNotes) -> Node | None:
    """Replace patterns by the index terms of all word forms that they match: harb*, h?rbour, harbuor~.

    A single letter of a script that is indexed in pairs of letters is a pattern too: it matches the pairs that contain it.
    """
    reader = context.reader

    def expand(leaf: Leaf) -> Node | None:
        if context.deadline.has_passed:
            return leaf
        match leaf:
            case Prefix(text=text):
                forms = reader.surfaces_matching(fold(text), None, MAX_FORMS, context.deadline)
                return _terms_of_forms(forms, leaf.field, f"{text}*", context, notes)
            case Wildcard(pattern=pattern):
                folded = "".join(c if c in "*?" else fold(c) for c in pattern)
                forms = reader.surfaces_matching(re.split(r"[*?]", folded)[0], _regex_of(folded), MAX_FORMS, context.deadline)
                return _terms_of_forms(forms, leaf.field, pattern, context, notes)
            case Fuzzy(text=text, distance=distance):
                forms = reader.surfaces_near(fold(text), distance, MAX_FORMS, context.deadline)
                return _terms_of_forms(forms, leaf.field, f"{text}~", context, notes)
            case Tokens(typed=typed, tokens=(QueryToken(surface=letter),)) if not letter.isascii() and is_paired_letter(letter):
                forms = reader.surfaces_matching("", re.compile(f".*{re.escape(letter)}.*"), MAX_FORMS, context.deadline)
                return _terms_of_forms(forms, typed.field, typed.text, context, notes)
        return leaf

    return map_leaves(query, expand)


def use_index_terms(query: Node, context: QueryContext, notes: QueryNotes) -> Node | None:
    """Replace tokens by the index terms in every language of the query. A single word prefers its exact form.

    Several words that are typed as one (King-Grubert, 日本語) must be next to each other.
    """
    words = [leaf for leaf in _included_leaves(query) if isinstance(leaf, Tokens) and isinstance(leaf.typed, Word)]
    notes.words += [looked_up_word(leaf) for leaf in words if len(leaf.tokens) == 1]
    return map_leaves(query, lambda leaf: index_terms_of(leaf, context) if isinstance(leaf, Tokens) else leaf)


def prefer_near_words(query: Node, context: QueryContext, notes: QueryNotes) -> Node | None:
    """Prefer documents that have the words of a conjunction close together. Exclusions alone exclude from all documents."""
    match query:
        case And(nodes=nodes):
            parts = [part for node in nodes if (part := prefer_near_words(node, context, notes)) is not None]
            if parts and all(isinstance(part, Not) for part in parts):
                parts.insert(0, Everything())
            return prefer_near(parts, context.weights.proximity_bonus)
        case Or(nodes=nodes):
            alternatives = [part for node in nodes if (part := prefer_near_words(node, context, notes)) is not None]
            return combine(Or, alternatives)
        case Not(node=inner):
            return Not(part) if (part := prefer_near_words(inner, context, notes)) is not None else None
        case Boost(node=inner, factor=factor):
            return Boost(part, factor) if (part := prefer_near_words(inner, context, notes)) is not None else None
        case Labelled(node=inner, text=text):
            return Labelled(part, text) if (part := prefer_near_words(inner, context, notes)) is not None else None
    return query


def join_neighbours(query: Node, context: QueryContext, notes: QueryNotes) -> Node | None:
    """Let two or three words side by side also match as one word, if the index has it: o neill and O'Neill, me too and #MeToo."""
    if not isinstance(query, And):
        return query
    nodes, at = list(query.nodes), 0
    joined: list[Node] = []
    while at < len(nodes):
        for length in (3, 2):
            words = [node for node in nodes[at : at + length] if isinstance(node, Tokens) and isinstance(node.typed, Word)]
            if len(words) < length or any(len(word.tokens) != 1 or word.typed.field for word in words):
                continue
            text = "".join(word.tokens[0].surface for word in words)
            tokens = query_terms(text, context.languages)
            if len(tokens) == 1 and context.reader.surface_frequency(tokens[0].surface):
                joined.append(Or((And(tuple(words)), Boost(Tokens(Phrase(text), tokens), JOINED_FACTOR))))
                at += length
                break
        else:
            joined.append(nodes[at])
            at += 1
    return And(tuple(joined)) if len(joined) > 1 else joined[0]


# -- their parts -----------------------------------------------------------------------------------------------------


def map_leaves(node: Node, change: Callable[[Leaf], Node | None]) -> Node | None:
    """Return the tree with each leaf replaced by what `change` returns; None removes it."""
    match node:
        case And(nodes=nodes) | Or(nodes=nodes):
            parts = tuple([new for each in nodes if (new := map_leaves(each, change)) is not None])
            return type(node)(parts) if parts else None
        case Not(node=inner):
            return Not(new) if (new := map_leaves(inner, change)) is not None else None
        case Boost(node=inner, factor=factor):
            return Boost(new, factor) if (new := map_leaves(inner, change)) is not None else None
        case Constant(node=inner):
            return Constant(new) if (new := map_leaves(inner, change)) is not None else None
        case Labelled(node=inner, text=text):
            return Labelled(new, text) if (new := map_leaves(inner, change)) is not None else None
        case Prefer() | Scale():
            return node
        case _:
            return change(node)


def _included_leaves(node: Node) -> Iterator[Leaf]:
    """Yield the leaves that documents should match, without filters and exclusions."""
    match node:
        case And(nodes=nodes) | Or(nodes=nodes):
            for each in nodes:
                yield from _included_leaves(each)
        case Boost(node=inner) | Labelled(node=inner):
            yield from _included_leaves(inner)
        case Not() | Constant() | Prefer() | Scale():
            pass
        case _:
            yield node


def _has_stop_words_only(leaves: Sequence[Leaf], field_: TextField | None) -> bool:
    """Return whether the query (if `field_` is None) or its part for this field consists of stop words."""
    return all(
        isinstance(leaf, Tokens) and all(token.stop for token in leaf.tokens)
        for leaf in leaves
        if field_ is None or _field_of(leaf) == field_
    )


def _is_in_capitals(leaves: Sequence[Leaf]) -> bool:
    """Return whether the whole query is in capitals, so that capitals do not indicate names: HARBOUR AND THE WALL."""
    texts = [_text_of(leaf) for leaf in leaves]
    if any(letter.islower() for text in texts for letter in text):
        return False
    return any(
        text.isupper() and not (isinstance(leaf, Tokens) and all(token.stop for token in leaf.tokens))
        for leaf, text in zip(leaves, texts, strict=True)
    )


def _field_of(leaf: Leaf) -> TextField | None:
    if isinstance(leaf, Tokens):
        return leaf.typed.field
    return leaf.field if isinstance(leaf, Prefix | Wildcard | Fuzzy) else None


def _text_of(leaf: Leaf) -> str:
    match leaf:
        case Tokens(typed=Word(text=text) | Phrase(text=text)) | Prefix(text=text) | Fuzzy(text=text) | Wildcard(pattern=text):
            return text
    return ""


def _why_dropped(typed: Word | Phrase, tokens: Sequence[QueryToken]) -> list[Notice]:
    """Return the notices for a leaf of which nothing is searched for. Ordinary stop words cause none."""
    shown = shortened(typed.text)
    if isinstance(typed, Phrase):
        return [Notice("phrase-without-word", f"“{shown}” has no word that can be searched for", shown)]
    if not tokens or typed.text.replace("'", "").replace("’", "").isalnum():
        return []
    parts = ", ".join(f"“{token.surface}”" for token in tokens[:4])
    text = f"“{shown}” cannot be searched for: of it only {parts} would be left, which is too common"
    return [Notice("sign-not-indexed", text, shown)]


def _regex_of(folded: str) -> re.Pattern[str]:
    """Return a wildcard pattern as a regular expression."""
    return re.compile("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in re.sub(r"\*+", "*", folded)))


def _terms_of_forms(
    matching: tuple[Sequence[tuple[str, int]], int],
    field_: TextField | None,
    typed: str,
    context: QueryContext,
    notes: QueryNotes,
) -> Node:
    """Return the index terms of the word forms that a pattern matches."""
    forms, total = matching
    if total > len(forms) >= MAX_FORMS:
        text = f"{shortened(typed)} stands for {total} words; the {MAX_FORMS} most frequent are used"
        notes.notices.append(Notice("pattern-limited", text, shortened(typed)))
    terms = tuple(sorted({term for form, _ in forms for term in terms_of_surface(form, context.languages)}))
    return Terms(terms, (field_,) if field_ else TEXT_FIELDS) if terms else Nothing()
