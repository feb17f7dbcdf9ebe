"""Find in the index how a word is written, and turn words into what engines evaluate.

index_terms_of    a word or phrase -> its terms in every language of the query, its exact form and its accents preferred
prefer_near       several words    -> a conjunction that prefers documents with the words close together
other_spellings   a word           -> how else documents write it: e-mail for email, Aalborg for Ålborg
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from indexer.analysis import segmentation
from indexer.analysis.analyzer import fold, is_paired_run, query_terms, segmented, surface_of, terms_of_surface
from indexer.analysis.irregular_forms import is_irregular
from indexer.analysis.stemming import exact_term, has_own_letters, term_of
from indexer.analysis.symbol_terms import symbol_term
from indexer.model import QueryToken
from indexer.query.nodes import (
    TEXT_FIELDS,
    And,
    Boost,
    Node,
    Not,
    Or,
    Phrase,
    Prefer,
    Surface,
    TermPhrase,
    Terms,
    TextField,
    Tokens,
    Word,
)
from indexer.search.compounds import LINKS, with_compounds
from indexer.search.korean_verbs import verb_forms
from indexer.search.orthographic_variants import korean_noun, spelling_variants, splits
from indexer.search.query_context import QueryContext

SYMBOL_FACTOR = 3.0  # of a hashtag, against its plain word
_TWO_LETTERS: Final = str.maketrans({"å": "aa", "æ": "ae", "ä": "ae", "ø": "oe", "ö": "oe", "ü": "ue"})
_TWO_LETTER_LANGUAGES: Final = frozenset(("da", "de", "no", "sv"))
OTHER_LANGUAGE_FACTOR = 0.2  # of words of another language that share the stem alone
ACCENT_FACTOR = 5.0  # of the exact bonus, for the right accents
NEAR_SLOP = 8  # words in between for the proximity bonus
MAX_NEAR_WORDS = 6


# -- words as engines evaluate them -------------------------------------------------------------------------------------


def looked_up_word(leaf: Tokens) -> tuple[str, Terms]:
    """Return the folded form of a single typed word, and what is looked up for it."""
    (token,) = leaf.tokens
    return token.surface, Terms(token.terms, (leaf.typed.field,) if leaf.typed.field else TEXT_FIELDS)


def index_terms_of(leaf: Tokens, context: QueryContext) -> Node:
    """Return what matches the words of a leaf in every language of the query."""
    typed, tokens = leaf.typed, leaf.tokens
    fields = (typed.field,) if typed.field else TEXT_FIELDS
    if not typed.text.isascii() and (words := words_without_spaces(typed.text, tokens, fields, context)):
        return words
    if len(tokens) > 1:
        return term_phrase(tokens, fields, typed.slop if isinstance(typed, Phrase) else 0)
    (token,) = tokens
    terms = Terms(terms_with_own_letters(token, context), fields)
    if isinstance(typed, Phrase) or typed.field or not context.weights.exact_bonus:
        return terms
    preferred = in_its_language(terms, token, context)
    others = words_with_other_accents(token, context) if not token.written.isascii() else ()
    if not others:
        return preferred
    exact = tuple(exact for term in terms.terms if (exact := exact_term(token.written, term)))
    without_others = And((preferred, Not(Terms(tuple(sorted(others)), TEXT_FIELDS))))
    return Or((without_others, Terms(exact, TEXT_FIELDS))) if exact else without_others


def term_phrase(tokens: Sequence[QueryToken], fields: tuple[TextField, ...], slop: int) -> TermPhrase:
    """Return the phrase of these words, with the places between them as typed."""
    places, first = tuple([token.terms for token in tokens]), tokens[0].position
    return TermPhrase(places, tuple([token.position - first for token in tokens]), fields, slop)


def prefer_near(parts: Sequence[Node], bonus: float) -> Node | None:
    """Return what documents with all parts match. Those that have the words among them close together get the bonus."""
    together = combine(And, parts)
    words = [_word_of(part) for part in parts]
    places = tuple([word.terms for word in words if isinstance(word, Terms) and word.fields == TEXT_FIELDS])
    if together is None or not 2 <= len(places) <= MAX_NEAR_WORDS or not bonus:
        return together
    return Prefer(together, (TermPhrase(places, tuple(range(len(places))), TEXT_FIELDS, NEAR_SLOP, bonus),))


def _word_of(part: Node) -> Node:
    """Return the word itself of a word with its preferred forms, its compounds and what else it may mean."""
    if isinstance(part, Or) and all(isinstance(each, Boost) for each in part.nodes[1:]):
        return _word_of(part.nodes[0])
    return part.node if isinstance(part, Prefer) else part


def combine(kind: type[And] | type[Or], nodes: Sequence[Node]) -> Node | None:
    """Return the conjunction or disjunction of the nodes: the node itself if there is one, None if there is none."""
    return kind(tuple(nodes)) if len(nodes) > 1 else next(iter(nodes), None)


# -- forms that the index has -------------------------------------------------------------------------------------------


def terms_with_own_letters(token: QueryToken, context: QueryContext) -> tuple[str, ...]:
    """Return the terms of a word. If a language has letters of its own in it, only words with these letters count there, unless
    no document has them: Danish får (sheep) is not far (father). Two letters may stand for one: Aarhus is Århus."""
    if token.written.isascii():
        return token.terms
    terms = []
    for term in token.terms:
        exact, language = exact_term(token.written, term), term.partition("/")[0]
        if (
            exact
            and has_own_letters(exact, term)
            and not is_irregular(token.written.lower(), language)
            and context.reader.forms(exact)
        ):
            terms.append(exact)
            two_letters = token.written.lower().translate(_TWO_LETTERS)
            if language in _TWO_LETTER_LANGUAGES and two_letters.isascii():
                terms.append(term_of(two_letters, language))
        else:
            terms.append(term)
    return tuple(dict.fromkeys(terms))


def terms_of_other_words(terms: Sequence[str], token: QueryToken, context: QueryContext) -> tuple[str, ...]:
    """Return the terms under which a language has other forms than the typed one, if another language has the typed one.

    In a site in English and French, mill is English; the stem of the French mille is the same. If French has only héron, the
    English herons are as good for heron.
    """
    surface, written = token.surface, token.written.lower()
    if len(context.languages) < 2 or len(terms) < 2:
        return ()
    forms = {term: context.reader.forms(term) for term in terms}
    having = {term for term, several in forms.items() if any(surface_of(form) == surface for form in several)}
    as_typed = {term for term in having if any(form == written or not written.isascii() for form in forms[term])}
    return tuple(term for term in terms if forms[term] and term not in having) if as_typed else ()


def in_its_language(terms: Terms, token: QueryToken, context: QueryContext) -> Node:
    """Return a word with its exact form preferred, then its compounds, then other words of another language with its stem."""
    others = terms_of_other_words(terms.terms, token, context)
    own = Terms(tuple(term for term in terms.terms if term not in others), terms.fields) if others else terms
    node: Node = Prefer(own, exact_forms(token, context))
    if not LINKS.keys().isdisjoint(context.languages):
        node = with_compounds(node, token, context)
    return Or((node, Boost(Terms(others, terms.fields), OTHER_LANGUAGE_FACTOR))) if others else node


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
    mine = [term for term in token.terms if term.startswith(language)]
    accented = [(form, term) for term in mine for form in context.reader.forms(term) if not form.isascii()]
    if not accented:
        return set()
    exact_terms = {exact_term(form, term) for form, term in accented if surface_of(form) == token.surface}
    typed = {exact_term(token.written, term) for term in token.terms}
    return {term for term in exact_terms - typed if term is not None}


def words_with_other_accents(token: QueryToken, context: QueryContext) -> set[str]:
    """Return the terms of other words than typed: those with other tones in Vietnamese, and elsewhere those whose accents
    contradict the typed ones, if the index has the form as typed.

    French pêche (peach) is not péché (sin). A page that omits accents does not contradict: peche.
    """
    words = other_accents(token, "vi/", context)
    marks = _marks(token.written)
    french = _french_verb(token.written)
    for term in token.terms:
        typed = exact_term(token.written, term)
        if typed is None or not context.reader.forms(typed):
            continue
        for form in context.reader.forms(term):
            if form.isascii() or surface_of(form) != token.surface or not _contradict(marks, _marks(form)):
                continue
            if not (term.startswith("fr/") and _french_verb(form) == french):
                words.add(exact_term(form, term) or typed)
        words.discard(typed)
    return words


def _marks(form: str) -> set[tuple[int, str]]:
    """Return the letters of a form that have accents, with their places."""
    return {(at, letter) for at, letter in enumerate(unicodedata.normalize("NFC", form.lower())) if fold(letter) != letter}


def _french_verb(form: str) -> str:
    """Return a form without the accents that change within one verb: je préfère, préféré."""
    return re.sub("é(?=e?s?$)", "e", unicodedata.normalize("NFC", form.lower()).replace("è", "é"))


def _contradict(one: set[tuple[int, str]], other: set[tuple[int, str]]) -> bool:
    """Return whether each form has an accent that the other one lacks."""
    return not (one <= other or other <= one)


def symbol_terms_of(word: Word, context: QueryContext) -> Node | None:
    """Return what matches C++, .NET or an emoji; None for an ordinary word, and if no document has this one.

    A hashtag or a name after @ also matches as a plain word, with a lower score.
    """
    sign = symbol_term(word.text)
    if sign is None:
        return None
    fields = (word.field,) if word.field else TEXT_FIELDS
    terms = Terms(tuple(segmentation.word_term(sign, language) for language in context.languages), fields)
    if not context.reader.count(terms):
        return None
    if sign[0] not in "#@":
        return terms
    return Or((Tokens(word, query_terms(word.text, context.languages)), Boost(terms, SYMBOL_FACTOR)))


def words_without_spaces(
    text: str, tokens: Sequence[QueryToken], fields: tuple[TextField, ...], context: QueryContext
) -> Node | None:
    """Return the words of a text in a script without spaces; None if the index has no such words in this order.

    Documents of the languages that are not cut into words match by pairs of letters. The same holds for a language in which no
    document has the words: a text may be cut in another way than the query.
    """
    if not is_paired_run(text):
        return None
    languages = [language for language in context.languages if segmentation.is_installed(language)]
    by_words: list[Node] = []
    by_pairs = set(context.languages)
    for language in languages:
        words = list(segmented(text, language, query=True))
        places, gaps = tuple((word.term,) for word in words), tuple(word.position - words[0].position for word in words)
        node = TermPhrase(places, gaps, fields) if len(words) > 1 else Terms(places[0], fields) if words else None
        if node is not None and context.reader.count(node):
            by_words.append(node)
            by_pairs.discard(language)
    if not by_words:
        return None
    pairs = [tuple(term for term in token.terms if term.partition("/")[0] in by_pairs) for token in tokens]
    if pairs and all(pairs):
        phrase = TermPhrase(tuple(pairs), tuple(token.position - tokens[0].position for token in tokens), fields)
        by_words.append(phrase if len(pairs) > 1 else Terms(pairs[0], fields))
    return Or(tuple(by_words)) if len(by_words) > 1 else by_words[0]


def adjacent_splits(surface: str, context: QueryContext) -> list[str]:
    """Return how a word is written in parts that occur next to each other."""

    def is_indexed(part: str) -> bool:
        return context.reader.surface_frequency(part) > 0

    return next((["-".join(parts)] for parts in splits(surface, is_indexed) if _are_adjacent(parts, context)), [])


# What is often written with a hyphen before a word. Prefixes that are words of their own (on, over, up) are not listed.
HYPHENED_PREFIXES: Final = tuple(
    "e t u x anti auto bio co counter cyber eco ex extra geo infra inter intra mega micro mid mini multi neo non pan post pre re"
    " sci self semi sub super tele ultra vice wi".split()
)
_HYPHENED_PREFIXES: Final = frozenset(HYPHENED_PREFIXES)
_PREFIXES_BY_LETTER: Final = {
    letter: tuple(prefix for prefix in HYPHENED_PREFIXES if prefix[0] == letter) for letter in {p[0] for p in HYPHENED_PREFIXES}
}
MAX_PREFIX_LETTERS: Final = 7
MAX_INITIALS: Final = 4


def other_spellings(text: str, parts: Sequence[str], context: QueryContext) -> list[str]:
    """Return how else a word may be written. `parts`: its folded words without stop words."""
    spellings: list[str] = []
    if not (text.isascii() and text.isalpha()):  # other words have neither parts nor particles
        all_parts = [token.surface for token in query_terms(text, context.languages)]  # with on of on-line
        spellings += spelling_variants(text, all_parts)
        if len(all_parts) == 1:  # parts that are nowhere next to each other would only cost time: 86-975 for 86975
            spellings = [variant for variant in spellings if _are_adjacent(variant.split("-"), context)]
        if noun := korean_noun(text):
            spellings.append(noun)
    if text.endswith("다"):
        spellings += verb_forms(text)
    if len(parts) == 1 and not context.deadline.has_passed:
        is_known = context.reader.surface_frequency(parts[0]) > 0
        spellings += variants_with_signs(text, parts[0], context) if is_known else adjacent_splits(parts[0], context)
        spellings += with_other_letters(text, parts[0], context)
    return list(dict.fromkeys(spellings))


def has_one_spelling(text: str, surface: str, context: QueryContext) -> bool:
    """Test whether `other_spellings` surely returns nothing for a word that documents contain. True for most words."""
    if not (text.isalpha() and text.isascii()) or text.isupper() or "aa" in surface or "dj" in surface:
        return False
    if not surface.startswith(_PREFIXES_BY_LETTER.get(surface[0], ())):
        return True
    return not context.reader.has_any_surface([rest for _, rest in hyphenated_parts(surface)])


_LETTERS_AS_TWO: Final = (("å", "aa"), ("đ", "dj"))  # in names: Ålborg or Aalborg, Đakovo or Djakovo


def with_other_letters(text: str, surface: str, context: QueryContext) -> list[str]:
    """Return a word with two letters for one, or one for two, as pages in any language write it."""
    low, spellings = text.lower(), []
    for letter, two in _LETTERS_AS_TWO:
        if letter in low and context.reader.surface_frequency(fold(changed := low.replace(letter, two))):
            spellings.append(changed)
        elif two in surface and context.reader.surface_frequency(fold(changed := surface.replace(two, letter))):
            terms = terms_of_surface(fold(changed), context.languages)
            if any(letter in form for term in terms for form in context.reader.forms(term)):
                spellings.append(changed)
    return spellings


def variants_with_signs(written: str, surface: str, context: QueryContext) -> list[str]:
    """Return how else documents write a word that they also write like this: e-mail for email, U.K. for UK."""
    if not surface.isascii() or not surface.isalpha():
        return []
    splits_of_word: list[tuple[str, ...]] = [*hyphenated_parts(surface)]
    if written.isupper() and 2 <= len(surface) <= MAX_INITIALS:
        splits_of_word.append(tuple(surface))
    return ["-".join(parts) for parts in splits_of_word if _are_adjacent(parts, context)]


def hyphenated_parts(surface: str) -> list[tuple[str, str]]:
    """Return the parts of a word around a hyphen that it may be written with: e, mail."""
    if not surface.startswith(_PREFIXES_BY_LETTER.get(surface[:1], ())):  # most words: this takes a fifth of the time
        return []
    ends = range(1, min(MAX_PREFIX_LETTERS + 1, len(surface) - 1))
    return [(surface[:at], surface[at:]) for at in ends if surface[:at] in _HYPHENED_PREFIXES]


def _are_adjacent(parts: Sequence[str], context: QueryContext) -> bool:
    """Return whether some document has these words next to each other."""
    frequency = context.reader.surface_frequency
    for part in reversed(parts):  # in most words, what follows the beginning is no word
        if not frequency(part):
            return False
    places = tuple(terms_of_surface(part, context.languages) for part in parts)
    return context.reader.count(TermPhrase(places, tuple(range(len(places))), TEXT_FIELDS)) > 0
