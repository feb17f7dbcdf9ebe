"""Understand a query: turn the tree as typed into the tree that engines evaluate.

Word "Borders"  ->  Terms("en/border", "de/borders", …)      in every language that the index holds or the request names
Phrase          ->  TermPhrase                               any of the terms at each place
Prefix          ->  Terms                                    of all word forms in the index that begin with it
"""

from __future__ import annotations

from dataclasses import dataclass

from indexer.engines.base import TOO_SLOW
from indexer.query.nodes import And, Boost, Constant, Fuzzy, Node, Not, Or, Prefer, Prefix, TermPhrase, Terms, Wildcard, Word
from indexer.search import passes
from indexer.search.passes import QueryContext, QueryNotes
from indexer.snippets.match_spans import HighlightTerms

PASSES = (
    passes.analyse_words,
    passes.drop_stop_words,
    passes.add_spelling_variants,
    passes.match_typed_filters,
    passes.expand_patterns,
    passes.use_index_terms,
    passes.prefer_near_words,
)


@dataclass(frozen=True, slots=True)
class UnderstoodQuery:
    """`tree` is None if nothing remains to search for. `typed` is the tree from which it was made."""

    typed: Node
    tree: Node | None
    notes: QueryNotes


def understand(query: Node, context: QueryContext) -> UnderstoodQuery:
    """Apply all passes in order. If the deadline passes meanwhile, nothing is searched for, and a warning says so."""
    notes = QueryNotes()
    tree: Node | None = query
    for run in PASSES:
        if tree is None:
            break
        tree = run(tree, context, notes)
    if context.is_late:
        notes.warnings.append(TOO_SLOW)
        tree = None
    return UnderstoodQuery(query, tree, notes)


def relaxed(query: Node) -> Node | None:
    """Return the query that any of the plain words satisfies; None if it has fewer than two of them.

    Only words without a field on the top level become optional. Phrases, fields, filters, groups and exclusions remain.
    """
    if not isinstance(query, And):
        return None
    optional = tuple(node for node in query.nodes if _is_optional(node))
    required = tuple(node for node in query.nodes if not _is_optional(node))
    if len(optional) < 2:
        return None
    return And((Or(optional), *required)) if required else Or(optional)


def _is_optional(node: Node) -> bool:
    if isinstance(node, Boost):
        return isinstance(node.node, Word) and node.node.field is None
    return isinstance(node, Word | Prefix | Wildcard | Fuzzy) and node.field is None


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
                phrases.append(tuple(frozenset(place) for place in places))
                if slop:
                    terms.update(term for place in places for term in place)
            case Not() | Constant():
                pass
    return HighlightTerms(terms=frozenset(terms), phrases=tuple(phrases))
