from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.engines.memory import MemoryEngine
from indexer.model import Change, Document, RankingWeights
from indexer.query.format import format_query
from indexer.query.nodes import And, Node, Or, Phrase, Word
from indexer.search import query_understanding
from indexer.search.did_you_mean import Corrector, may_be_misspelt
from indexer.search.query_context import QueryContext, QueryNotes
from indexer.search.query_rewriting import MAX_WORDS
from indexer.search.query_understanding import (
    UnderstoodQuery,
    highlight_terms,
    loosened,
    targets_of,
    understand,
    understand_by_passes,
    understand_plain_words,
)
from indexer.search.relaxation import relaxed
from indexer.search.word_correction import QueryWord

WEIGHTS = RankingWeights()
TEXT = (
    "The harbour reopens. Wi-Fi, wifi and O'Neill in Zürich; Zurich and a rosé, rose; WHO knows it. Meet me too, metoo. In 1999 "
    "covid-19 and covid19; 20,000 or 20000, 86975 and 86 of 975. Men die, plus others. Does email reach the e-mail of a mill? A value."
)


def context(*languages: str) -> QueryContext:
    engine = MemoryEngine(WEIGHTS)
    # Other words, and words with accents, have the stems of the English ones.
    texts = {"fr": "Mille ports, une valeur. Le plus rosé. Harbours, men, zurich et 1999."}
    documents = [Document(each, "", "Harbour", texts.get(each, TEXT), language=each) for each in languages]
    engine.writer().apply([Change(n + 1, d.id, d) for n, d in enumerate(documents)], len(documents))
    return QueryContext(engine.reader(), languages, WEIGHTS)


CONTEXT = context("en", "de")
CONTEXTS = (CONTEXT, context("en"), context("de"), context("fr", "en"), context("en", "fr", "es"))
VOCABULARY = (
    "harbour Harbours reopens the wifi wi fi oneill o neill zurich Zürich rose WHO who it me too absent"
    " x1 1999 covid19 20000 86975 men die plus does email e mail reach mill mille value"
).split()
words = st.sampled_from(VOCABULARY)
plain = words.map(Word)
phrases = st.lists(words, min_size=1, max_size=4).map(lambda several: Phrase(" ".join(several)))
queries = (
    plain
    | phrases
    | st.lists(plain | words.map(Phrase), min_size=2, max_size=5).map(lambda nodes: And(tuple(nodes)))
    | st.lists(plain, min_size=2, max_size=5).map(lambda nodes: Or(tuple(nodes)))
)


@pytest.mark.parametrize("site", CONTEXTS, ids=lambda site: " ".join(site.languages))
def test_each_plain_word_is_understood_as_the_passes_do(site: QueryContext) -> None:
    for word in map(Word, VOCABULARY):
        if (understood := understand_plain_words(word, site)) is not None:
            assert with_notes(understood) == understand_by_passes(word, site)


@pytest.mark.parametrize(("languages", "is_plain"), [(("en",), True), (("en", "de"), False)])
def test_a_phrase_with_a_stop_word_of_another_language_is_plain(languages: tuple[str, ...], is_plain: bool) -> None:
    """In German, die is the."""
    assert (understand_plain_words(Phrase("men die"), context(*languages)) is not None) == is_plain


def with_notes(understood: UnderstoodQuery) -> UnderstoodQuery:
    """Return what the passes report of plain words in the form of the passes."""
    notes = QueryNotes(words=[(word.surface, word.terms) for word in understood.words])
    return understood._replace(is_plain=False, words=(), notes=notes)


@given(queries, st.sampled_from(CONTEXTS))
def test_plain_words_are_understood_as_the_passes_do(query: Node, site: QueryContext) -> None:
    for each in (query, relaxed(query)):
        if each is not None and (understood := understand_plain_words(each, site)) is not None:
            assert with_notes(understood) == understand_by_passes(each, site)
            assert targets_of(understood) == highlight_terms(understood.tree)


@given(queries)
def test_plain_words_are_relaxed_without_being_understood_again(query: Node) -> None:
    understood = understand(query, CONTEXT)
    if understood.is_plain:
        looser = relaxed(query)
        expected = understand(looser, CONTEXT) if looser is not None else None
        assert loosened(understood) == expected


@given(queries)
def test_plain_words_that_fill_a_page_are_never_corrected(query: Node) -> None:
    understood = understand(query, CONTEXT)
    if understood.is_plain:
        words = [QueryWord(word.surface, word.terms) for word in understood.words]
        assert words
        assert Corrector(format_query(query), words, CONTEXT, lambda text: 1_000).corrected(10, is_full=True) is None


@given(queries)
def test_plain_words_that_cannot_be_misspelt_are_never_corrected(query: Node) -> None:
    understood = understand(query, CONTEXT)
    if understood.is_plain and not may_be_misspelt(understood.words, CONTEXT):
        words = [QueryWord(word.surface, word.terms) for word in understood.words]
        assert Corrector(format_query(query), words, CONTEXT, lambda text: 1_000).corrected(0) is None


@pytest.mark.parametrize(
    ("query", "is_plain"),
    [
        (Word("harbour"), True),
        (And((Word("harbour"), Word("reopens"))), True),
        (And((Word("harbour"), Word("1999"))), True),
        (Word("86975"), True),  # no document has 86 next to 975
        (Word("20000"), False),
        (Word("covid19"), False),
        (And((Word("me"), Word("too"))), False),  # documents have metoo
        (And((Word("harbour"), Word("absent"))), False),
        (Or((Word("me"), Word("too"))), False),
        (Phrase("harbour reopens"), False),  # it may be asked for without quotation marks
    ],
)
def test_words_are_plain_if_documents_have_them_as_typed(query: Node, is_plain: bool) -> None:
    assert understand(query, CONTEXT).is_plain is is_plain


def test_ordinary_queries_need_no_passes() -> None:
    for query in (
        Word("harbour"),
        And((Word("harbour"), Word("reopens"))),
        Or((Word("rose"), Word("zurich"))),
        Phrase("harbour reopens"),
    ):
        assert understand_plain_words(query, CONTEXT) is not None


def test_a_word_is_looked_up_once_for_each_index_and_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []
    term = query_understanding.only_term
    monkeypatch.setattr(query_understanding, "only_term", lambda form, language: looked_up.append(form) or term(form, language))
    fresh = context("en")
    for _ in range(2):
        understand(And((Word("harbour"), Word("reopens"))), fresh)
        understand(Word("harbour"), fresh)
    assert looked_up == ["harbour", "reopens"]
    understand(Word("harbour"), fresh._replace(weights=RankingWeights()))  # equal ones
    assert len(looked_up) == 2
    understand(Word("harbour"), fresh._replace(weights=RankingWeights(exact_bonus=0.5)))
    assert looked_up == ["harbour", "reopens", "harbour"]


def test_only_so_many_words_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_understanding, "_MAX_REMEMBERED_WORDS", 2)
    fresh = context("en")
    sizes = []
    for text in ("harbour", "reopens", "knows", "it"):
        understand(Word(text), fresh)
        sizes.append(len(query_understanding._remembered_words(fresh)))
    assert sizes == [1, 0, 1, 0], "the third begins anew"


def test_endless_words_are_not_remembered() -> None:
    fresh = context("en")
    for text in ("a" * 100, "a" * 101):
        understand(Word(text), fresh)
    assert list(query_understanding._remembered_words(fresh)) == ["a" * 100]


def test_only_so_many_combinations_of_languages_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_understanding, "_MAX_REMEMBERED_LANGUAGES", 3)
    fresh = context("en")
    for number in range(10):
        understand(Word("harbour"), fresh._replace(languages=("en", f"x{number}")))
        assert len(fresh.reader.memo) <= 3


@pytest.mark.parametrize(("count", "is_plain"), [(MAX_WORDS, True), (MAX_WORDS + 1, False)])
def test_a_query_of_very_many_words_is_left_to_the_passes(count: int, is_plain: bool) -> None:
    query = Or((Word("harbour"),) * count)
    assert (understand_plain_words(query, CONTEXT) is not None) is is_plain


def test_what_is_remembered_belongs_to_one_index() -> None:
    other = context("fr")
    assert understand(Word("harbour"), CONTEXT).tree != understand(Word("harbour"), other).tree
