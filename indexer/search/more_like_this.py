"""Documents that resemble a given one."""

from __future__ import annotations

from collections import Counter

from indexer.analysis.analyzer import analyze
from indexer.analysis.stemming import is_exact
from indexer.engines.base import Matches, Reader
from indexer.model import Document
from indexer.query.nodes import TEXT_FIELDS, Node, Nothing, Or, Terms

MAX_TERMS = 12
MIN_FORM_LETTERS = 4
MAX_CHARACTERS = 20_000  # of the text; later words hardly change which ones are characteristic


def characteristic_terms(document: Document, reader: Reader) -> list[str]:
    """Return the terms that are frequent in the document and rare in the index, most characteristic first."""
    text = f"{document.title}\n\n{document.text[:MAX_CHARACTERS]}"
    tokens = [token for token in analyze(text, document.language) if not is_exact(token.term)]
    counts = Counter(token.term for token in tokens)
    forms = {token.term: token.surface for token in tokens}
    ranked = sorted(counts, key=lambda term: (-counts[term] / (1 + reader.surface_frequency(forms[term])), term))
    return [term for term in ranked if len(forms[term]) >= MIN_FORM_LETTERS][:MAX_TERMS]


def similar_documents(document: Document, terms: list[str], reader: Reader, size: int) -> Matches:
    """Return up to `size` other documents that share some of these terms; `total` does not count the document itself."""
    tree: Node = Or(tuple(Terms((term,), TEXT_FIELDS) for term in terms)) if terms else Nothing()
    matches = reader.search(tree, limit=size + 1)
    others = tuple(match for match in matches.matches if match.document.id != document.id)[:size]
    return Matches(max(0, matches.total - 1), others)
