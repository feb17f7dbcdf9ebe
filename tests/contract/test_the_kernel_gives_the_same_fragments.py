"""The compiled kernel and Python mark the same words and cut the same snippets, in all scripts."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from indexer.analysis.analyzer import query_terms
from indexer.model import Document, Hit, Match
from indexer.search.matching import words_lacking
from indexer.search.near_duplicate_hits import similar_pairs_without_kernel
from indexer.search.searcher import present
from indexer.snippets import kernel
from indexer.snippets.highlighter import HighlightTerms, Marker, SurfaceFormCache, finders_of
from indexer.snippets.span_finder import SpanFinder
from indexer.snippets.term_finder import ExactFinder, TermFinder
from support.engines import require_kernel
from support.fragments_fuzz import LANGUAGES, SEPARATORS, WANTED, WORDS
from support.marks_by_analysis import forms_in

texts = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(SEPARATORS)), max_size=120).map(
    lambda pairs: "".join(word + separator for word, separator in pairs)
)
latin = st.lists(
    st.tuples(
        st.sampled_from([word for word in WORDS if max(word) < "ɐ"]), st.sampled_from([". ", " ", " ", " ", "’ ", "\n", ", "])
    ),
    max_size=250,
).map(lambda pairs: "".join(word + separator for word, separator in pairs))
pages = st.lists(st.tuples(texts | latin, texts | latin | st.text(max_size=300)), min_size=1, max_size=4)
languages = st.sampled_from(LANGUAGES)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    pages,
    languages,
    st.lists(st.sampled_from(WANTED), max_size=4),
    st.lists(st.lists(st.sampled_from(WANTED), max_size=3), max_size=2),
)
@example([("", ""), ("Harbour", "'" * 200 + "harbour " + "x'" * 90 + "harbour")], "en", ["harbour"], [])
@example([("Harbour", "harbour of the ferry, harbour, don't ferry, harbour\nof IT ferries")], "en", ["x"], [["harbour", "ferry"]])
@example([("a " * 3_000, "x")], "en", ["a"], [])
def test_both_paths_show_the_same(page: list[tuple[str, str]], language: str, words: list[str], phrases: list[list[str]]) -> None:
    require_kernel()
    wanted = HighlightTerms(
        frozenset(term for word in words for token in query_terms(word, [language]) for term in token.terms),
        tuple(tuple(frozenset(t for token in query_terms(word, [language]) for t in token.terms) for word in p) for p in phrases),
    )
    forms = forms_in(*[text for pair in page for text in pair], language=language)
    markers = [Marker(wanted, SurfaceFormCache(forms), compiled=by_kernel) for by_kernel in (True, False)]
    fresh, plain = (marker.page(page, language) for marker in markers)
    assert fresh == plain
    again, plain = (marker.page(page, language) for marker in markers)  # with what the first page has taught
    assert again == plain == fresh
    matches = tuple([Match(document(title, text, language), 1.0 / (n + 1)) for n, (title, text) in enumerate(page)])
    by_kernel, by_python = (present(matches, marker) for marker in markers)
    assert by_kernel == by_python
    assert [(hit.title, hit.snippet) for hit in by_kernel] == fresh


def document(title: str, text: str, language: str) -> Document:
    return Document("id", "https://example.org/", title, text, language=language)


def test_hits_are_those_of_python_whatever_the_documents_are() -> None:
    require_kernel()
    targets = HighlightTerms(frozenset({"en/harbour", "fr/port"}))
    markers = [Marker(targets, SurfaceFormCache(lambda term: [term[3:]]), compiled=each) for each in (True, False)]
    english, french = document("Harbour", "The harbour", "en"), document("Port", "Le port", "fr")
    bare = dataclasses.replace(english, text="", summary="A summary of the harbour")
    several = ([], [english], [bare, english], [english, french, bare], [document("harbour " * 7_000, "", "en"), english])
    for documents in several:
        matches = tuple([Match(each, 0.5, {"part": 1.0}) for each in documents])
        missing = tuple([("port", "ferry")[:number] for number in range(len(documents))])
        by_kernel, by_python = (present(matches, marker, missing=missing) for marker in markers)
        assert by_kernel == by_python
        assert tuple([(hit.document, hit.score, hit.parts) for hit in by_kernel]) == matches
        assert tuple([hit.missing for hit in by_kernel]) == missing
        assert all(type(hit) is Hit for hit in by_kernel)
    assert markers[0].hits((Match(english, 1.0),), "en") is not None
    assert markers[0].hits((Match(english, 1.0), Match(french, 1.0)), "en") is None


@pytest.mark.parametrize("text", ["The harbour opens. " * 40, "Le “port” d’été à l’État, 10 €. " * 30, "Порт открыт – да. " * 40])
def test_pages_of_ordinary_texts_are_left_to_the_kernel(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    require_kernel()
    shown = []
    mark_page = kernel.mark_page
    assert mark_page is not None

    def recorded(*arguments: object) -> object:
        shown.append(mark_page(*arguments))  # type: ignore[arg-type]  # passed on as they came
        return shown[-1]

    monkeypatch.setattr(kernel, "mark_page", recorded)
    wanted = HighlightTerms(frozenset({"en/harbour", "fr/port", "ru/порт"}))
    Marker(wanted, SurfaceFormCache(lambda term: [term[3:]])).page([("Title", text)] * 10, "en")
    assert len(shown) == 1
    assert shown[0] is not None


spellings = st.sampled_from(
    ("harbour", "harbours", "harb", "har", "Harbour", "ferry2", "who", "it", "zuerich", "aarhus", "été", "", "o'b")
)


@settings(deadline=None)
@given(st.lists(spellings | st.text("abe1'", max_size=5), max_size=9), st.sampled_from(("en", "de", "da", "und")), st.booleans())
@example(["harbour"] * 8 + ["harbours"], "en", False)
@example(["\udcff"], "en", False)
@example(["harb", "harbour"], "en", False)
def test_both_paths_make_the_same_finder_of_a_term(forms: list[str], language: str, begins_alike: bool) -> None:
    require_kernel()
    spelt = [f"harb{form}" for form in forms] if begins_alike else forms
    quick = SurfaceFormCache(lambda _: tuple(spelt)).single(f"{language}/harb")
    plain = TermFinder(frozenset({f"{language}/harb"}), filter(None, spelt), language)
    assert {name: getattr(quick, name) for name in TermFinder.__slots__} == {
        name: getattr(plain, name) for name in TermFinder.__slots__
    }


def test_the_finder_of_a_usual_word_is_made_by_the_kernel() -> None:
    require_kernel()
    made = SurfaceFormCache(lambda _: ("migrate", "migrates", "migration")).single("en/migrat")
    assert isinstance(made, ExactFinder)
    assert made.needles == ("migrat",)


lacking_words = st.lists(st.sampled_from(("harbour", "ferry", "quay", "who", "die", "été", "Ferry", "ferry")), max_size=6).map(
    tuple
)


@settings(deadline=None)
@given(lacking_words, st.lists(st.tuples(st.sets(st.integers(0, 5)), st.sampled_from(("en", "en", "de"))), max_size=30))
def test_both_paths_name_the_same_missing_words(words: tuple[str, ...], documents: list[tuple[set[int], str]]) -> None:
    require_kernel()
    lacks = [tuple([number for number in sorted(numbers) if number < len(words)]) for numbers, _ in documents]
    matches = [Match(document("", "", language), 1.0) for _, language in documents]
    by_kernel = words_lacking(words, lacks, matches)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "missing_words", None)
        assert words_lacking(words, lacks, matches) == by_kernel


@pytest.mark.parametrize("lacks", [((1,),), ((-1,),), ((2**70,),), ((None,),), (0,), ((0, 63),), ((), (1,)), ((), 0)])
def test_the_kernel_refuses_numbers_that_no_word_has(lacks: tuple[Any, ...]) -> None:
    require_kernel()
    assert kernel.missing_words is not None
    with pytest.raises((ValueError, TypeError, OverflowError)):
        kernel.missing_words(("harbour",), lacks)
    with pytest.raises(ValueError, match="too many"):
        kernel.missing_words(("harbour",) * 65, ())
    assert kernel.missing_words(("harbour",) * 64, ((0, 63),)) == (("harbour", "harbour"),)


@pytest.mark.parametrize("texts", [[3], [("Harbour",)], [("Harbour", 3)], [("Harbour", "harbour"), None]])
def test_the_kernel_refuses_texts_that_are_not_pairs_of_strings(texts: list[Any]) -> None:
    require_kernel()
    finders = finders_of(HighlightTerms(frozenset({"en/harbour"})), SurfaceFormCache(lambda term: [term[3:]]), "en")
    finder = SpanFinder(*finders, "en")
    assert finder.page([("Harbour", "harbour")], 240) is not None
    with pytest.raises(TypeError, match="texts must be"):
        finder.page(texts, 240)


copies = st.lists(
    st.tuples(texts | latin, st.integers(0, 900), st.integers(0, 900)).map(
        lambda parts: parts[0][: parts[1]] + "x" + parts[0][parts[2] :]
    ),
    max_size=5,
).map(lambda several: several + [each + "x" for each in several])


@settings(deadline=None)
@given(copies)
@example(["\udcff" * 700, "\udcff" * 700])
def test_both_paths_find_the_same_similar_texts(several: list[str]) -> None:
    require_kernel()
    limits = 300, 600, 0.8, 30
    assert kernel.similar_pairs is not None
    matches = tuple([Match(Document(str(number), "", "", text), 1.0) for number, text in enumerate(several)])
    assert similar_pairs_without_kernel(matches, *limits) == kernel.similar_pairs(matches, *limits)
