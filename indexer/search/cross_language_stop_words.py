"""Match words that some of the languages of a query leave out as stop words: die in a site in English and German.

English pages have the word, and German pages are not indexed by it. A query in German must not require it of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from indexer.analysis.analyzer import is_left_out
from indexer.analysis.stopwords import MEANINGFUL_ELSEWHERE, STOP_WORDS
from indexer.model import QueryToken
from indexer.query.nodes import And, Constant, Filter, Leaf, Node, Or, Tokens, Word
from indexer.search.query_context import QueryContext, QueryNotes
from indexer.search.query_rewriting import map_leaves


def accept_stop_words_elsewhere(query: Node, context: QueryContext, notes: QueryNotes) -> Node | None:
    """Do not require a word in documents of a language in which it is a stop word, if they have the other words."""
    loose = map_leaves(query, lambda leaf: _without_stop_words(leaf, context))
    if not isinstance(loose, And):
        return loose
    query = loose
    languages = [languages_without(_single_word(node), context.languages) for node in query.nodes]
    if not any(languages) or not any(
        isinstance(node, Tokens) and not without for node, without in zip(query.nodes, languages, strict=True)
    ):
        return query
    nodes = [
        Or((node, *(Constant(Filter("language", language)) for language in without))) if without else node
        for node, without in zip(query.nodes, languages, strict=True)
    ]
    return And(tuple(nodes))


def _without_stop_words(leaf: Leaf, context: QueryContext) -> Node:
    """Return a phrase, also as documents have it whose language leaves out some of its words."""
    if not isinstance(leaf, Tokens) or len(leaf.tokens) < 2:
        return leaf
    languages: dict[tuple[QueryToken, ...], list[Node]] = {}
    for language in dict.fromkeys(each for token in leaf.tokens for each in languages_without(token.surface, context.languages)):
        rest = tuple(token for token in leaf.tokens if language not in languages_without(token.surface, context.languages))
        if rest:
            languages.setdefault(rest, []).append(Constant(Filter("language", language)))
    if not languages:
        return leaf
    others = (And((Tokens(leaf.typed, rest), Or(tuple(those)))) for rest, those in languages.items())
    return Or((leaf, *others))


def languages_without(word: str, languages: Iterable[str]) -> tuple[str, ...]:
    """Return the languages whose documents are not indexed by a word that others are indexed by.

    >>> languages_without("die", ("en", "de")), languages_without("ferry", ("en", "de"))
    (('de',), ())
    """
    if word not in MEANINGFUL_ELSEWHERE:
        return ()
    return tuple(language for language in languages if word in STOP_WORDS.get(language, ()))


def words_not_left_out(words: tuple[str, ...], language: str) -> tuple[str, ...]:
    """Return the words that a document in this language can lack."""
    stop_words = STOP_WORDS.get(language)
    if stop_words is None or ("".join(words).isascii() and stop_words.isdisjoint(map(str.lower, words))):  # as mostly
        return words
    return tuple(
        [word for word in words if (word.isascii() and word.lower() not in stop_words) or not is_left_out(word, language)]
    )


def _single_word(node: Node) -> str:
    """Return the folded form of a plain word; "" for anything else."""
    if isinstance(node, Tokens) and isinstance(node.typed, Word) and node.typed.field is None and len(node.tokens) == 1:
        return node.tokens[0].surface
    return ""
