from __future__ import annotations

import gc
import html
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indexer.analysis.analyzer import analyze, query_terms
from indexer.analysis.segmentation import WORD_MARK
from indexer.model import Fragment
from indexer.snippets.highlighter import HighlightTerms, Marker, SurfaceFormCache, marked_html
from indexer.snippets.term_finder import MAX_CACHED_SPELLINGS
from support.growth import assert_linear
from support.marks_by_analysis import forms_in, marked_spans

Fragments = tuple[Fragment, ...]


def wanted(*words: str, language: str = "en") -> HighlightTerms:
    return HighlightTerms(frozenset(term for word in words for token in query_terms(word, [language]) for term in token.terms))


def phrase(*words: str, language: str = "en") -> HighlightTerms:
    return HighlightTerms(phrases=(tuple(frozenset(query_terms(word, [language])[0].terms) for word in words),))


def highlight(text: str, language: str, asked: HighlightTerms) -> Fragments:
    return Marker(asked, SurfaceFormCache(forms_in(text, language=language))).highlight(text, language)


def snippet(text: str, language: str, asked: HighlightTerms, length: int = 240) -> Fragments:
    return Marker(asked, SurfaceFormCache(forms_in(text, language=language))).snippet(text, language, length=length)


def marked(fragments: Fragments) -> list[str]:
    return [fragment.text for fragment in fragments if fragment.marked]


def plain(fragments: Fragments) -> str:
    return "".join(fragment.text for fragment in fragments)


# -- which words are marked --------------------------------------------------------------------------------------------


def test_marks_every_form_of_a_word_and_nothing_else() -> None:
    fragments = highlight("Migrants and migration at Zürich's borders", "en", wanted("border", "zurich"))
    assert marked(fragments) == ["Zürich", "borders"]
    assert plain(fragments) == "Migrants and migration at Zürich's borders"


@pytest.mark.parametrize(
    ("text", "language", "word", "expected"),
    [
        ("l'Europe et Europe's, Européens", "fr", "Europe", ["Europe", "Europe"]),
        ("d’aujourd’hui", "fr", "aujourd'hui", ["aujourd’hui"]),
        ("Don doesn't, Don't", "en", "Don", ["Don"]),
        ("King-Grubert, Kings, baking", "en", "king", ["King", "Kings"]),
        ("Sta\u0308dte und STÄDTE", "de", "Städte", ["Sta\u0308dte", "STÄDTE"]),
        ("Mi\u00adgra\u00adtion migration\u200b", "en", "migration", ["Mi\u00adgra\u00adtion", "migration\u200b"]),
        ("COVID-19, 190, 19", "en", "19", ["19", "19"]),
        ("the WHO, who knows", "en", "WHO", ["WHO"]),
        ("İstanbul and istanbul", "en", "istanbul", ["İstanbul", "istanbul"]),
        ("İstanbul, I – ’", "de", "istanbul i", ["İstanbul", "I"]),
        ("ΟΔΟΣ.GR, οδός", "el", "οδός", ["ΟΔΟΣ", "οδός"]),
        ("STRAẞE, Straße, strasse", "de", "Strasse", ["STRAẞE", "Straße", "strasse"]),
        ("\u212bNGSTRÖM’s \u212aelvin, Ångström", "en", "ångström", ["\u212bNGSTRÖM", "Ångström"]),
        ("Zuerich, zuerich", "en", "zurich", ["Zuerich"]),
        ("港口重新开放", "zh", "港口", ["港口"]),
        ("海, 海港", "zh", "海", ["海"]),
        ("\u1112\u1161\u11ab\u1100\u116e\u11a8\u200b港口", "zh", "港", ["\u200b港"]),
        ("harbour_master harbour", "en", "harbour", ["harbour", "harbour"]),
    ],
)
def test_words_are_marked_as_they_are_indexed(text: str, language: str, word: str, expected: list[str]) -> None:
    assert marked(highlight(text, language, wanted(word, language=language))) == expected


def test_only_terms_of_the_documents_own_language_count() -> None:
    assert marked(highlight("border", "en", wanted("border", language="de"))) == []


def test_a_form_that_is_a_word_of_its_own_is_not_marked_within_others() -> None:
    index = forms_in("Don", "don't", "donut")
    assert marked(Marker(wanted("don"), SurfaceFormCache(index)).highlight("Don't eat a donut, Don", "en")) == ["Don"]


def test_pairs_of_letters_become_one_mark() -> None:
    assert marked(highlight("港口重新开放", "zh", wanted("重新开放", language="zh"))) == ["重新开放"]


def test_a_phrase_is_marked_as_a_whole_and_its_words_alone_are_not() -> None:
    fragments = highlight("A rumour. The “rumour ledger” and a ledger.", "en", phrase("rumour", "ledger"))
    assert marked(fragments) == ["rumour ledger"]


def test_stop_words_may_stand_within_a_phrase_but_not_many() -> None:
    assert marked(highlight("The ledger of the rumours", "en", phrase("ledger", "rumour"))) == ["ledger of the rumours"]
    assert marked(highlight("ledger of the in on to by at from rumours", "en", phrase("ledger", "rumour"))) == []


def test_a_phrase_goes_before_its_words() -> None:
    asked = HighlightTerms(wanted("rumour").terms, phrase("rumour", "ledger").phrases)
    assert marked(highlight("rumour: the rumour ledger", "en", asked)) == ["rumour", "rumour ledger"]


WORDS = [
    *"migration Migrants migrate BORDER borders the The of who WHO us US Zuerich zuerich goethe Frauen neue 19 3.5".split(),
    *"Städte städte Sta\u0308dte STÄDTE Straße STRASSE STRAẞE über où élève ÉLÈVES réfugiée œuvre cœur Ÿ \u212aelvin \u212bngström ångström kelvin".split(),
    *"l'Europe l’Europe lʼEurope Europe's Europe don don't DON'T O'Brien qu'il d'l ' ’ King-Grubert a b x_y".split(),
    *"İstanbul istanbul ΟΔΟΣ οδός ΣΣ Москва й ї ﬁn ½ ﷺ Ａｂ".split(),
    *"港口重新开放 港 口重 重新 日本語 が か\u3099 한국어 \u1112\u1161\u11ab\u1100\u116e\u11a8 กินข้าว ภาษาไทย ｶﾞ".split(),
    *["Mi\u00adgration", "migration\u200b", "\u0301", "e\u0301", "e" * 65, "'s", "x" * 63 + "'s"],
]
BETWEEN = [" ", " ", " ", "", "'", "’", "-", ", ", ". ", "\n\n", "  ", "\u200b", "\u00ad", "\u0301", "_"]
written = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(BETWEEN)), max_size=25).map(
    lambda pieces: "".join(word + space for word, space in pieces)
)
languages = st.sampled_from(["en", "de", "fr", "el", "tr", "zh", "und"])


@st.composite
def questions(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> tuple[str, str, HighlightTerms, str]:
    """A text, its language, what of it (and of another text that the index holds) is wanted, and that other text."""
    text, other, language = draw(texts), draw(texts), draw(languages)
    tokens = [*analyze(text, language), *analyze(other, language)]
    if not tokens:
        return text, language, HighlightTerms(), other
    places = st.integers(0, len(tokens) - 1)
    terms = frozenset(tokens[i].term for i in draw(st.lists(places, max_size=4)))
    phrases = []
    for start in draw(st.lists(places, max_size=2)):
        length = draw(st.integers(1, 4))
        phrase = [token.term for token in tokens[start : start + length]]
        if not any(WORD_MARK in term for term in phrase):  # `highlight_terms` makes no phrase of such words
            phrases.append(tuple(frozenset({term}) for term in phrase))
    return text, language, HighlightTerms(terms, tuple(phrases)), other


@example(("\ud55c\uad6d\uc5b4 \uad6d\uc5b4", "en", HighlightTerms(phrases=((frozenset({"en/-\uad6d\uc5b4"}),),)), ""))
@example(
    (
        "\ud55c\uad6d\uc5b4\ud55c\uad6d\uc5b4 ",
        "en",
        HighlightTerms(phrases=((frozenset({"en/\ud55c\uad6d"}), frozenset({"en/-\uad6d\uc5b4"})),)),
        "",
    )
)
@example(("3.5 \u53e3\u91cd ", "zh", HighlightTerms(frozenset({"zh/~\u53e3", "zh/\u53e3\u91cd"})), ""))
@given(questions(written | st.text(max_size=60)))
def test_exactly_those_words_are_marked_that_analysing_all_of_them_would_mark(
    asked: tuple[str, str, HighlightTerms, str],
) -> None:
    text, language, what, other = asked
    fragments = Marker(what, SurfaceFormCache(forms_in(text, other, language=language))).highlight(text, language)
    assert marked(fragments) == [" ".join(f" {text[a:b]} ".split()) for a, b in marked_spans(text, language, what)]


@given(questions(written))
def test_many_forms_mark_the_same_as_few(asked: tuple[str, str, HighlightTerms, str]) -> None:
    text, language, what, other = asked
    index = forms_in(text, other, language=language)
    filling = [chr(97 + i // 26) + chr(97 + i % 26) + "qqqq" for i in range(100)]
    many = Marker(what, SurfaceFormCache(lambda term: [*index(term), *filling]))
    assert many.highlight(text, language) == Marker(what, SurfaceFormCache(index)).highlight(text, language)


# -- which passages are shown ------------------------------------------------------------------------------------------

FILLER = "Nothing of interest happened on the quay that morning. " * 30


def test_the_snippet_shows_the_sentence_that_matched() -> None:
    text = FILLER + "The lighthouse keeper repaired the lamp. " + FILLER
    fragments = snippet(text, "en", wanted("lighthouse", "lamps"))
    assert marked(fragments) == ["lighthouse", "lamp"]
    assert plain(fragments).startswith("… The lighthouse keeper")
    assert plain(fragments).endswith("…")
    assert len(plain(fragments)) <= 260


def test_the_passage_with_most_different_words_is_shown_before_the_one_with_most_words() -> None:
    text = FILLER + "A lamp, a lamp, a lamp. " + FILLER + "The lamp of the lighthouse. " + FILLER
    assert marked(snippet(text, "en", wanted("lighthouse", "lamp"))) == ["lamp", "lighthouse"]


def test_two_passages_when_one_cannot_hold_all() -> None:
    text = FILLER + "The lighthouse is white. " + FILLER + "A pelican landed. " + FILLER
    fragments = snippet(text, "en", wanted("lighthouse", "pelican"))
    assert marked(fragments) == ["lighthouse", "pelican"]
    assert plain(fragments).count("…") == 3


def test_after_very_many_marks_a_passage_still_has_all_of_its_own() -> None:
    text = "The harbour. " * 600 + FILLER + "A pelican in the harbour. " + FILLER
    assert marked(snippet(text, "en", wanted("harbour", "pelican")))[-2:] == ["pelican", "harbour"]


def test_without_a_match_the_beginning_is_shown() -> None:
    assert plain(snippet("First words.\n\nSecond words.", "en", wanted("absent"))) == "First words. Second words."
    assert snippet("", "en", wanted("x")) == ()


def test_a_text_without_spaces_is_cut_too() -> None:
    assert len(plain(snippet("x" * 5000, "en", wanted("absent")))) < 300
    assert len(plain(snippet("港口重新开放" * 500, "zh", wanted("重新", language="zh")))) < 300
    assert 200 <= len(marked(snippet("哈" * 5000, "zh", wanted("哈哈", language="zh")))[0]) <= 240


@given(questions(st.lists(written, max_size=30).map("".join) | st.text(max_size=600)), st.integers(40, 300))
def test_a_snippet_is_short_has_a_mark_when_there_is_one_and_spells_the_text(
    asked: tuple[str, str, HighlightTerms, str], length: int
) -> None:
    text, language, what, other = asked
    found = Marker(what, SurfaceFormCache(forms_in(text, other, language=language))).snippet(text, language, length=length)
    spans = marked_spans(text, language, what)
    assert bool(marked(found)) == bool(spans)
    assert len(plain(found)) <= length + len("…  …  …")
    bare = "".join(text.split())
    for piece in plain(found).split("…"):
        assert "".join(piece.split()) in bare
    assert all(fragment.text for fragment in found)


# -- a page of hits ----------------------------------------------------------------------------------------------------


@given(questions(written | st.text(max_size=60)), st.lists(st.tuples(written, written | st.text(max_size=600)), max_size=4))
def test_on_a_page_each_hit_is_shown_as_it_would_be_alone(
    asked: tuple[str, str, HighlightTerms, str], texts: list[tuple[str, str]]
) -> None:
    text, language, what, other = asked
    texts = [(text, other), *texts, (other, text)]
    forms = forms_in(*(each for both in texts for each in both), language=language)
    marker = Marker(what, SurfaceFormCache(forms))
    alone = [(marker.highlight(title, language), marker.snippet(body, language)) for title, body in texts]
    assert marker.page(texts, language) == alone
    assert Marker(what, SurfaceFormCache(forms)).page(texts, language) == alone


def test_a_phrase_does_not_reach_from_one_text_into_the_next() -> None:
    marker = Marker(phrase("rumour", "ledger"), SurfaceFormCache(forms_in("rumour ledger", language="en")))
    (title, text), _ = marker.page([("A rumour", "ledger of a rumour"), ("ledger", "A rumour ledger")], "en")
    assert marked(title) == marked(text) == []


def test_texts_that_hold_what_stands_between_texts_are_shown_all_the_same() -> None:
    marker = Marker(wanted("rumour"), SurfaceFormCache(forms_in("rumour", language="en")))
    assert [[marked(part) for part in both] for both in marker.page([("a\x1fb rumour", "rumour\x1f")], "en")] == [
        [["rumour"]] * 2
    ]


def test_a_page_full_of_marks_is_shown() -> None:
    marker = Marker(wanted("rumour"), SurfaceFormCache(forms_in("rumour", language="en")))
    title, text = "rumour", "rumour " * 500
    assert marker.page([(title, text)] * 10, "en") == [(marker.highlight(title, "en"), marker.snippet(text, "en"))] * 10


def test_what_is_kept_about_words_is_bounded() -> None:
    spellings = SurfaceFormCache(forms_in("a'b", language="en"))
    words = spellings.of({"en/x"}, "en")
    assert spellings.of(["en/x", "de/y"], "en") is words
    text = " ".join(f"x{n}" for n in range(2_000))
    assert words.find(text, text, 5_000) == []
    many = SurfaceFormCache(lambda term: [term[3:]])
    marker = Marker(HighlightTerms(frozenset({"en/x"})), many)
    marker.highlight(text, "en")
    assert len(many.of(["en/x"], "en").parts) <= MAX_CACHED_SPELLINGS


def test_a_word_is_kept_in_few_objects_that_the_collector_of_garbage_has_to_look_at() -> None:
    words, text = [f"harbour{n}" for n in range(200)], "The {0}, a {0}; {0}s"
    spellings = SurfaceFormCache(lambda term: [term[3:], term[3:] + "s"])
    gc.collect()
    before = len(gc.get_objects())
    for word in words:
        Marker(HighlightTerms(frozenset({"en/" + word})), spellings).page([(word, text.format(word))] * 3, "en")
    gc.collect()
    assert spellings.of(["en/harbour7"], "en") is spellings.of(["en/harbour7"], "en")
    assert len(gc.get_objects()) - before < 4 * len(words)


def test_a_word_that_is_the_end_of_another_one_is_not_marked_there() -> None:
    index = {"en/order": ["order", "orders"]}
    marker = Marker(HighlightTerms(frozenset({"en/order"})), SurfaceFormCache(lambda term: index.get(term, ())))
    assert marked(marker.highlight("borders order xorders order, order", "en")) == ["order", "order", "order"]
    assert marked(marker.highlight("order", "en")) == ["order"]


# -- texts made to be slow ---------------------------------------------------------------------------------------------


def words_of(terms: frozenset[str]) -> HighlightTerms:
    return HighlightTerms(terms)


def phrase_of(terms: frozenset[str]) -> HighlightTerms:
    return HighlightTerms(phrases=((terms, terms, terms, frozenset({"en/x"})),))


@pytest.mark.parametrize(
    ("word", "language"),
    [
        ("aa ", "en"),
        ("a'", "en"),
        ("a", "en"),
        ("é ", "fr"),
        ("港口", "zh"),
        ("İ aa ", "tr"),
        ("a\u0301", "en"),
    ],
)
@pytest.mark.parametrize("asked", [words_of, phrase_of])
def test_a_huge_text_full_of_marks_takes_linear_time(
    word: str, language: str, asked: Callable[[frozenset[str]], HighlightTerms]
) -> None:
    sample = list(analyze(word * 32, language))[:3] or list(analyze("aa a", language))
    spellings = SurfaceFormCache(forms_in(word * 32, "aa a", language=language))

    def mark(text: str) -> None:
        marker = Marker(asked(frozenset(token.term for token in sample)), spellings)
        marker.snippet(text, language)
        marker.highlight(text, language)

    assert_linear(lambda n: word * n, mark, 6_000)


# -- as HTML ------------------------------------------------------------------------------------------------------------


def test_marks_are_the_only_markup() -> None:
    assert marked_html([Fragment("a <b> & "), Fragment("\"c\" 'd'", True)]) == (
        "a &lt;b&gt; &amp; <mark>&quot;c&quot; &#x27;d&#x27;</mark>"
    )


@given(st.text(st.sampled_from("&<>\"'aé港;")))
def test_text_is_escaped_as_the_standard_library_does(text: str) -> None:
    assert marked_html([Fragment(text)]) == html.escape(text)
