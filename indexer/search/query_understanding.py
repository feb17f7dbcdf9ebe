"""Understand a query: turn the tree as typed into the tree that engines evaluate.

Word "Borders"  ->  Terms("en/border", "de/borders", …)      in every language that the index holds or the request names
Phrase          ->  TermPhrase                               any of the terms at each place
Prefix          ->  Terms                                    of all word forms in the index that begin with it
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from operator import add
from typing import Final, NamedTuple

from indexer.analysis.analyzer import only_term, query_terms
from indexer.analysis.segmentation import WORD_MARK
from indexer.analysis.stopwords import STOP_WORDS
from indexer.engines.base import TOO_SLOW
from indexer.model import Notice
from indexer.query.nodes import (
    TEXT_FIELDS,
    And,
    Boost,
    Labelled,
    Node,
    Not,
    Nothing,
    Or,
    Phrase,
    Prefer,
    Surface,
    TermPhrase,
    Terms,
    Tokens,
    Word,
)
from indexer.search import query_rewriting
from indexer.search.compounds import LINKS
from indexer.search.cross_language_stop_words import accept_stop_words_elsewhere, languages_without
from indexer.search.curated_words import curate_words
from indexer.search.hyphenated_stop_words import add_hyphenated_stop_words
from indexer.search.query_context import QueryContext, QueryNotes
from indexer.search.relaxation import without_labels
from indexer.search.word_forms import (
    has_one_spelling,
    hyphenated_parts,
    index_terms_of,
    looked_up_word,
    other_spellings,
    prefer_near,
)
from indexer.snippets.highlighter import HighlightTerms

PASSES = (
    query_rewriting.analyse_words,
    curate_words,
    query_rewriting.join_neighbours,
    query_rewriting.drop_stop_words,
    query_rewriting.keep_informative_words,
    query_rewriting.add_spelling_variants,
    add_hyphenated_stop_words,
    accept_stop_words_elsewhere,
    query_rewriting.match_typed_filters,
    query_rewriting.expand_patterns,
    query_rewriting.use_index_terms,
    query_rewriting.prefer_near_words,
)
WORDS_TOO_COMMON = Notice("words-too-common", "these words are too common to be searched for")
NO_PAGE_HAS_SIGNS = Notice("nothing-to-search", "the query has no letters or digits, and no page contains its signs")
SEARCH_TOO_SLOW = Notice("too-slow", TOO_SLOW)


class PlainWord(NamedTuple):
    """A word in the form that engines evaluate, its folded form, what is looked up for it, and how many documents contain it as
    typed. Thousands are remembered, so they consist of few objects."""

    node: Node
    surface: str
    terms: Terms
    frequency: int
    targets: HighlightTerms | None = None  # what snippets mark of it; None: the terms


class UnderstoodQuery(NamedTuple):
    """`typed` is the tree from which `tree` was made; `tree` is None if nothing remains to search for.

    `optional` holds the words that `relaxed` made optional, each as typed and with its tree. `is_plain`: all words are
    required, documents have each of them as typed, and none has two of them as one word. `words`: the words of a query that
    consists of plain words alone, otherwise none.
    """

    typed: Node
    tree: Node | None
    notes: QueryNotes
    optional: tuple[tuple[str, Node], ...] = ()
    is_plain: bool = False
    words: tuple[PlainWord, ...] = ()


def understand(query: Node, context: QueryContext) -> UnderstoodQuery:
    """Apply all passes in order. If the deadline passes meanwhile, nothing is searched for, and a notice says so."""
    context.reader.prepare(_words_to_look_up(query), context.languages, context.deadline)
    plain = understand_plain_words(query, context)
    return plain if plain is not None and not context.deadline.has_passed else understand_by_passes(query, context)


def understand_by_passes(query: Node, context: QueryContext) -> UnderstoodQuery:
    """Do the same for any query, without the shorter way for plain words."""
    notes = QueryNotes()
    tree = run_passes(query, context, notes)
    if context.deadline.has_passed:
        notes.notices.append(SEARCH_TOO_SLOW)
        tree = None
    elif tree is None and not notes.notices and not isinstance(query, Nothing):
        has_words = any(query_terms(text, context.languages) for text in typed_texts(query))
        notes.notices.append(WORDS_TOO_COMMON if has_words else NO_PAGE_HAS_SIGNS)
    optional: list[tuple[str, Node]] = []
    return UnderstoodQuery(query, tree and without_labels(tree, optional), notes, tuple(optional))


def _words_to_look_up(query: Node) -> Iterator[str]:
    """Yield the words of a query, then the parts of those that may be written with a hyphen."""
    texts = list(typed_texts(query))
    yield from texts
    for text in texts:
        for parts in hyphenated_parts(text.lower()):
            yield from parts


def run_passes(query: Node, context: QueryContext, notes: QueryNotes) -> Node | None:
    """Apply all passes in order; None if nothing remains to search for."""
    tree: Node | None = query
    for run in PASSES:
        if tree is None:
            break
        tree = run(tree, context, notes)
    return tree


def typed_texts(query: Node) -> Iterator[str]:
    """Yield the typed words and phrases of a query."""
    match query:
        case And(nodes=nodes) | Or(nodes=nodes):
            for node in nodes:
                yield from typed_texts(node)
        case Not(node=inner) | Boost(node=inner) | Labelled(node=inner):
            yield from typed_texts(inner)
        case Word(text=text) | Phrase(text=text):
            yield text


def highlight_terms(tree: Node | None) -> HighlightTerms:
    """Return the terms and phrases of an understood query that snippets mark. Exclusions and filters are not marked."""
    terms: set[str] = set()
    phrases: list[tuple[frozenset[str], ...]] = []
    pending = [tree] if tree is not None else []
    while pending:
        node = pending.pop()
        if isinstance(node, Terms):
            terms.update(node.terms)
        elif isinstance(node, (And, Or)):
            pending += reversed(node.nodes)
        elif isinstance(node, (Boost, Prefer)):
            pending.append(node.node)
        elif isinstance(node, TermPhrase):
            own = _targets_of_phrase(node)
            terms |= own.terms
            phrases += own.phrases
    return _new(HighlightTerms, (frozenset(terms), tuple(phrases)))


def _targets_of_phrase(phrase: TermPhrase) -> HighlightTerms:
    terms = [*chain.from_iterable(phrase.places)]
    has_words = WORD_MARK in "".join(terms)
    phrases = () if has_words else (tuple([frozenset(place) for place in phrase.places]),)
    return _new(HighlightTerms, (frozenset(terms) if phrase.slop or has_words else NO_TERMS, phrases))


# -- plain words: most queries are a few words in ASCII that the index has --------------------------------------------------
#
# No pass changes them but the last two, so these alone are applied. What they make of a word depends on the index and is
# remembered with its reader: a page with partial matches needs each word twice.

NO_NOTES: Final = QueryNotes()
NO_TERMS: Final = frozenset[str]()
_MAX_REMEMBERED_LANGUAGES: Final = 20  # combinations of them, of one reader: 3 MB each
_MAX_REMEMBERED_CHARACTERS: Final = 100  # of a word
_MAX_REMEMBERED_WORDS: Final = 5_000  # of one reader
_new = tuple.__new__  # half of the time of calling the class of a named tuple


_PlainWords = dict[str, PlainWord | None]  # None: a pass may change the word


def understand_plain_words(query: Node, context: QueryContext) -> UnderstoodQuery | None:
    """Return what all passes make of a phrase or a word, or of several words of which all or any are required; None if a pass may
    change them."""
    plain = plain_query(query, context)
    if plain is None or not plain.words:
        return plain
    words = plain.words
    parts = tuple([word.node for word in words])
    optional: tuple[tuple[str, Node], ...] = ()
    tree: Node | None
    if isinstance(query, Or):
        tree = Or(parts)
        if isinstance(query.nodes[0], Labelled):  # `relaxed` labels all
            optional = tuple([(n.text, part) for n, part in zip(query.nodes, parts, strict=True) if isinstance(n, Labelled)])
    elif isinstance(query, And):
        tree = prefer_near(parts, context.weights.proximity_bonus)
    else:
        tree = parts[0]
    return _new(UnderstoodQuery, (query, tree, NO_NOTES, optional, plain.is_plain, words))


def plain_query(query: Node, context: QueryContext) -> UnderstoodQuery | None:
    """Do the same without the tree of words, which an engine that searches for words at once does not need."""
    curation = context.curation
    if curation.synonyms.rules or curation.stop_words:
        return None
    if isinstance(query, Phrase):
        return _understand_phrase(query, context)
    words = _plain_words(query, context)
    return None if words is None else _new(UnderstoodQuery, (query, None, NO_NOTES, (), not isinstance(query, Or), tuple(words)))


def _plain_words(query: Node, context: QueryContext) -> list[PlainWord] | None:
    """Return what all passes make of each word of a word, a conjunction or a disjunction; None if a pass may change the query."""
    nodes = query.nodes if isinstance(query, (And, Or)) else (query,)
    if len(nodes) > query_rewriting.MAX_WORDS:
        return None
    remembered = _remembered_words(context)
    words: list[PlainWord] = []
    for node in nodes:
        word = node if isinstance(node, Word) else node.node if isinstance(node, Labelled) else None
        if not isinstance(word, Word) or word.field is not None:
            return None
        plain = remembered.get(word.text) or _understand_word(word, context, remembered)
        if plain is None:
            return None
        words.append(plain)
    return None if isinstance(query, And) and _may_be_joined(words, context) else words


def loosened(query: UnderstoodQuery) -> UnderstoodQuery | None:
    """Return what `relaxed` makes of a query of plain words, without understanding the same words again; None if it has one."""
    if not isinstance(query.typed, And):
        return None
    nodes = [word for word in query.typed.nodes if isinstance(word, Word)]
    parts = tuple([word.node for word in query.words])
    optional = tuple([(word.text, part) for word, part in zip(nodes, parts, strict=True)])
    typed = Or(tuple([Labelled(word, word.text) for word in nodes]))  # facets without a selection of languages need it
    return UnderstoodQuery(typed, Or(parts), query.notes, optional, words=query.words)


def targets_of(query: UnderstoodQuery) -> HighlightTerms:
    """Return what snippets mark of an understood query."""
    words, tree = query.words, query.tree
    if not words:
        return _targets_of_phrase(tree) if isinstance(tree, TermPhrase) else highlight_terms(tree)
    if len(words) == 1:
        return words[0].targets or _new(HighlightTerms, (frozenset(words[0].terms.terms), ()))
    terms: list[str] = []
    phrases: tuple[tuple[frozenset[str], ...], ...] = ()
    for word in words:
        if word.targets is None:
            terms += word.terms.terms
        else:
            terms += word.targets.terms
            phrases += word.targets.phrases
    return _new(HighlightTerms, (frozenset(terms), phrases))


def _understand_phrase(phrase: Phrase, context: QueryContext) -> UnderstoodQuery | None:
    if phrase.field is not None or not phrase.text.isascii():
        return None
    if (tree := _phrase_of_terms(phrase, context)) is not None:
        return _new(UnderstoodQuery, (phrase, tree, NO_NOTES, (), False, ()))
    tokens = query_terms(phrase.text, context.languages)
    informative = tuple([token for token in tokens if not token.stop])
    if len(tokens) < 2 or not informative:
        return None
    has_stop_words, text = len(informative) < len(tokens), phrase.text
    if has_stop_words and (text != text.lower() or not text.replace(" ", "").isalnum()):  # some with signs or capitals remain
        return None
    if any([languages_without(token.surface, context.languages) for token in informative]):  # noqa: C419 # a list takes half of the time
        return None
    return UnderstoodQuery(phrase, index_terms_of(Tokens(phrase, informative), context), NO_NOTES)


def _phrase_of_terms(phrase: Phrase, context: QueryContext) -> Node | None:
    """Return what all passes make of a phrase in a site of one language, if each of its words is a stop word or has one term."""
    words = phrase.text.lower().split(" ")
    if len(context.languages) != 1 or len(words) < 2 or not "".join(words).isalpha() or phrase.text.isupper():
        return None
    language = context.languages[0]
    stop_words = STOP_WORDS.get(language, ())
    places: list[tuple[str, ...]] = []
    gaps: list[int] = []
    for position, word in enumerate(words):
        if word in stop_words:
            continue
        term = only_term(word, language)
        if term is None:
            return None
        places.append((term,))
        gaps.append(position)
    if len(gaps) < len(words) and any([word.isupper() for word in phrase.text.split(" ")]):  # noqa: C419 # names in capitals remain
        return None
    if len(places) > 1:
        first = gaps[0]
        return TermPhrase(tuple(places), tuple([gap - first for gap in gaps]), TEXT_FIELDS, phrase.slop)
    return Terms(places[0], TEXT_FIELDS) if places else None


def _remembered_words(context: QueryContext) -> _PlainWords:
    memo, key = context.reader.memo, ("words", context.languages)
    weights, words = memo.get(key, (None, {}))
    is_same = weights is context.weights or weights == context.weights  # the first is quicker, and usual
    if not is_same or len(words) >= _MAX_REMEMBERED_WORDS:
        if len(memo) >= _MAX_REMEMBERED_LANGUAGES:  # a request may name any
            memo.clear()
        words = {}
        memo[key] = context.weights, words
    remembered: _PlainWords = words
    return remembered


def _understand_word(word: Word, context: QueryContext, remembered: _PlainWords) -> PlainWord | None:
    text = word.text
    if text in remembered or not (text.isascii() and text.isalnum()):
        return remembered.get(text)
    plain = _make_plainly_written(text, context)
    if plain is None:
        plain = _make(word, context)
        if context.deadline.has_passed:  # not all was looked up
            return None
    if len(text) <= _MAX_REMEMBERED_CHARACTERS:
        remembered[text] = plain
    return plain


def _make_plainly_written(text: str, context: QueryContext) -> PlainWord | None:
    """Return what `_make` does of most words in ASCII letters and digits, in a third of the time; None for the others.

    Such a word has one spelling, and one term in each language of the query. No language joins words to compounds.
    """
    languages, bonus = context.languages, context.weights.exact_bonus
    if not bonus or not LINKS.keys().isdisjoint(languages):
        return None
    surface = text.lower()
    distinct_terms: dict[str, None] = {}
    for language in languages:
        if (term := only_term(surface, language)) is None:
            return None
        distinct_terms[term] = None
    terms = Terms(tuple(distinct_terms), TEXT_FIELDS)
    frequency, are_plain = context.reader.look_up(surface, terms.terms)
    if not frequency or not are_plain:
        return None
    if not has_one_spelling(text, surface, context) and (
        other_spellings(text, (surface,), context) or context.deadline.has_passed
    ):
        return None
    return _new(PlainWord, (Prefer(terms, (Surface(surface, bonus),)), surface, terms, frequency, None))


def _make(word: Word, context: QueryContext) -> PlainWord | None:
    tokens = query_terms(word.text, context.languages)
    if len(tokens) != 1 or tokens[0].stop or not (frequency := context.reader.surface_frequency(tokens[0].surface)):
        return None
    surface = tokens[0].surface
    if languages_without(surface, context.languages):
        return None
    if not has_one_spelling(word.text, surface, context) and other_spellings(word.text, (surface,), context):
        return None
    leaf = Tokens(word, tokens)
    other = index_terms_of(leaf, context)
    return PlainWord(other, *looked_up_word(leaf), frequency, highlight_terms(other))


def _may_be_joined(words: Sequence[PlainWord], context: QueryContext) -> bool:
    """Return whether the index has two or three of the words side by side as one."""
    surfaces = [word.surface for word in words]
    joined = list(map(add, surfaces, surfaces[1:]))
    return context.reader.has_any_surface([*joined, *map(add, joined, surfaces[2:])])
