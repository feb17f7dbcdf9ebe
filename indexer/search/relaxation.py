"""Relax a query: let any of its plain words suffice, where no document has all of them or too few do."""

from __future__ import annotations

import re

from indexer.query.format import format_query
from indexer.query.nodes import And, Boost, Fuzzy, HalfTyped, Labelled, Node, Or, Prefer, Prefix, Wildcard, Word

MIN_PART_LETTERS = 3
PART_FACTOR = 0.3  # of each part of a word with hyphens, against the word. On Cranfield nDCG@10 rises from .3995 to .4030
_SENTENCE_SIGNS = "—–!.,;…¿¡«»‹›“”‘’'\""
_JOINTS = re.compile("[-/–—]")


def relaxed(query: Node) -> Node | None:
    """Return the query that any of the plain words satisfies; None if it has fewer than two of them.

    Only words without a field on the top level become optional. Phrases, fields, filters, groups and exclusions remain.
    """
    if not isinstance(query, And):
        return None
    optional = tuple(node for labelled in (_labelled(node) for node in query.nodes if _is_optional(node)) for node in labelled)
    required = tuple(node for node in query.nodes if not _is_optional(node))
    if len(optional) < 2:
        return None
    return And((Or(optional), *required)) if required else Or(optional)


def _labelled(word: Node) -> tuple[Node, ...]:
    """Return a plain word as optional; one with hyphens or slashes also by its parts: a page on targets is near multi-target."""
    text = format_query(word)
    bare = text.strip(_SENTENCE_SIGNS)
    labelled = Labelled(word, bare if bare.isalnum() else text)
    if not isinstance(word, Word) or word.text.isalnum():
        return (labelled,)
    parts = [part for part in _JOINTS.split(word.text) if len(part) >= MIN_PART_LETTERS and part.isalpha()]
    return (labelled, *(Boost(Word(part), PART_FACTOR) for part in parts)) if len(parts) > 1 else (labelled,)


def _is_optional(node: Node) -> bool:
    if isinstance(node, Boost):
        return isinstance(node.node, Word) and node.node.field is None
    return isinstance(node, HalfTyped) or (isinstance(node, Word | Prefix | Wildcard | Fuzzy) and node.field is None)


def without_labels(tree: Node, labelled: list[tuple[str, Node]]) -> Node:
    """Return the tree without its labels, which are on the top level, and add what they label to the list."""
    match tree:
        case Labelled(node=inner, text=text):
            labelled.append((text, inner))
            return inner
        case And(nodes=nodes) | Or(nodes=nodes):
            return type(tree)(tuple([without_labels(node, labelled) for node in nodes]))
        case Prefer(node=inner, better=better):
            return Prefer(without_labels(inner, labelled), better)
    return tree
