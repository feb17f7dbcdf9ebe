"""Look up in the index which forms of a word it has: with the accents as typed, with others, or written in parts."""

from __future__ import annotations

from indexer.analysis.analyzer import surface_of, terms_of_surface
from indexer.analysis.stemming import exact_term, has_own_letters
from indexer.model import QueryToken
from indexer.query.nodes import TEXT_FIELDS, And, Boost, Node, Not, Surface, TermPhrase, Terms
from indexer.search.query_context import QueryContext
from indexer.search.word_forms import splits

ACCENT_FACTOR = 5.0  # of the exact bonus, for the right accents


def terms_with_own_letters(token: QueryToken, context: QueryContext) -> tuple[str, ...]:
    """Return the terms of a word. If a language has letters of its own in it, only words with these letters count there, unless
    no document has them: Danish får (sheep) is not far (father)."""
    if token.written.isascii():
        return token.terms
    terms = []
    for term in token.terms:
        exact = exact_term(token.written, term) if has_own_letters(token.written, term.partition("/")[0]) else None
        terms.append(exact if exact is not None and context.reader.forms(exact) else term)
    return tuple(dict.fromkeys(terms))


def exact_forms(token: QueryToken, context: QueryContext) -> tuple[Node, ...]:
    """Return what documents with the form as typed match: with its accents, or without those of other words."""
    bonus, reader = context.weights.exact_bonus, context.reader
    surface = Surface(token.surface, bonus)
    if not token.written.isascii():
        exact = tuple(exact for term in token.terms if (exact := exact_term(token.written, term)) and reader.forms(exact))
        return (surface, Terms(exact, TEXT_FIELDS, ACCENT_FACTOR * bonus)) if exact else (surface,)
    others = other_accents(token, "", context)
    return (
        (surface, Boost(And((surface, Not(Terms(tuple(sorted(others)), TEXT_FIELDS)))), ACCENT_FACTOR)) if others else (surface,)
    )


def other_accents(token: QueryToken, language: str, context: QueryContext) -> set[str]:
    """Return the terms of the same word with other accents than typed, in one language or ("") in all."""
    typed = {exact_term(token.written, term) for term in token.terms}
    exact_terms = {
        exact_term(form, term)
        for term in token.terms
        if term.startswith(language)
        for form in context.reader.forms(term)
        if not form.isascii() and surface_of(form) == token.surface
    }
    return {term for term in exact_terms - typed if term is not None}


def adjacent_splits(surface: str, context: QueryContext) -> list[str]:
    """Return how a word is written in parts that occur next to each other."""

    def is_indexed(part: str) -> bool:
        return context.reader.surface_frequency(part) > 0

    for parts in splits(surface, is_indexed):
        places = tuple(terms_of_surface(part, context.languages) for part in parts)
        if context.reader.count(TermPhrase(places, tuple(range(len(places))), TEXT_FIELDS)):
            return ["-".join(parts)]
    return []
