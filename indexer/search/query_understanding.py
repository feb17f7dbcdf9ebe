"""Understand a query: turn the tree as typed into the tree that engines evaluate.

Word "Borders"  ->  Terms("en/border", "de/borders", …)      in every language that the index holds or the request names
Phrase          ->  TermPhrase                               any of the terms at each place
Prefix          ->  Terms                                    of all word forms in the index that begin with it
"""

from __future__ import annotations

from dataclasses import dataclass

from indexer.analysis.segmentation import WORD_MARK
from indexer.engines.base import TOO_SLOW
from indexer.model import Notice
from indexer.query.format import format_query
from indexer.query.nodes import (
    And,
    Boost,
    Constant,
    Fuzzy,
    HalfTyped,
    Labelled,
    Node,
    Not,
    Nothing,
    Or,
    Prefer,
    Prefix,
    TermPhrase,
    Terms,
    Wildcard,
    Word,
)
from indexer.search import passes
from indexer.search.curated_words import curate_words
from indexer.search.plain_words import understand_plain_words
from indexer.search.query_context import QueryContext, QueryNotes
from indexer.snippets.match_spans import HighlightTerms

PASSES = (
    passes.analyse_words,
    curate_words,
    passes.join_neighbours,
    passes.drop_stop_words,
    passes.keep_informative_words,
    passes.add_spelling_variants,
    passes.match_typed_filters,
    passes.expand_patterns,
    passes.use_index_terms,
    passes.prefer_near_words,
)
WORDS_TOO_COMMON = Notice("words-too-common", "these words are too common to be searched for")
SEARCH_TOO_SLOW = Notice("too-slow", TOO_SLOW)


@dataclass(frozen=True, slots=True)
class UnderstoodQuery:
    """`typed` is the tree from which `tree` was made; `tree` is None if nothing remains to search for.

    `optional` holds the words that `relaxed` made optional, each as typed and with its tree.
    """

    typed: Node
    tree: Node | None
    notes: QueryNotes
    optional: tuple[tuple[str, Node], ...] = ()


def understand(query: Node, context: QueryContext) -> UnderstoodQuery:
    """Apply all passes in order. If the deadline passes meanwhile, nothing is searched for, and a notice says so."""
    notes = QueryNotes()
    tree = understand_plain_words(query, context, notes)
    if tree is None:
        tree = run_passes(query, context, notes)
    if context.deadline.has_passed:
        notes.notices.append(SEARCH_TOO_SLOW)
        tree = None
    elif tree is None and not notes.notices and not isinstance(query, Nothing):
        notes.notices.append(WORDS_TOO_COMMON)
    optional: list[tuple[str, Node]] = []
    return UnderstoodQuery(query, tree and _without_labels(tree, optional), notes, tuple(optional))


def run_passes(query: Node, context: QueryContext, notes: QueryNotes) -> Node | None:
    """Apply all passes in order; None if nothing remains to search for."""
    tree: Node | None = query
    for run in PASSES:
        if tree is None:
            break
        tree = run(tree, context, notes)
    return tree


def relaxed(query: Node) -> Node | None:
    """Return the query that any of the plain words satisfies; None if it has fewer than two of them.

    Only words without a field on the top level become optional. Phrases, fields, filters, groups and exclusions remain.
    """
    if not isinstance(query, And):
        return None
    optional = tuple(Labelled(node, format_query(node)) for node in query.nodes if _is_optional(node))
    required = tuple(node for node in query.nodes if not _is_optional(node))
    if len(optional) < 2:
        return None
    return And((Or(optional), *required)) if required else Or(optional)


def _is_optional(node: Node) -> bool:
    if isinstance(node, Boost):
        return isinstance(node.node, Word) and node.node.field is None
    return isinstance(node, HalfTyped) or (isinstance(node, Word | Prefix | Wildcard | Fuzzy) and node.field is None)


def _without_labels(tree: Node, labelled: list[tuple[str, Node]]) -> Node:
    """Return the tree without its labels, which are on the top level, and add what they label to the list."""
    match tree:
        case Labelled(node=inner, text=text):
            labelled.append((text, inner))
            return inner
        case And(nodes=nodes) | Or(nodes=nodes):
            return type(tree)(tuple([_without_labels(node, labelled) for node in nodes]))
        case Prefer(node=inner, better=better):
            return Prefer(_without_labels(inner, labelled), better)
    return tree


def highlight_terms(tree: Node | None) -> HighlightTerms:
    """Return the terms and phrases of an understood query that snippets mark. Exclusions and filters are not marked."""
    terms: set[str] = set()
    phrases: list[tuple[frozenset[str], ...]] = []
    pending = [tree] if tree is not None else []
    while pending:
        match pending.pop(0):
            case And(nodes=nodes) | Or(nodes=nodes):
                pending = [*nodes, *pending]
            case Boost(node=inner) | Prefer(node=inner):
                pending.insert(0, inner)
            case Terms(terms=several):
                terms.update(several)
            case TermPhrase(places=places, slop=slop):
                has_words = any(WORD_MARK in term for place in places for term in place)
                if not has_words:
                    phrases.append(tuple(frozenset(place) for place in places))
                if slop or has_words:
                    terms.update(term for place in places for term in place)
            case Not() | Constant():
                pass
    return HighlightTerms(terms=frozenset(terms), phrases=tuple(phrases))
