from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from indexer.analysis.analyzer import analyze, query_terms
from indexer.analysis.highlight import Wanted, highlight, snippet
from indexer.model import Segment


def wanted(*words: str, language: str = "en") -> Wanted:
    return Wanted(frozenset(term for word in words for token in query_terms(word, [language]) for term in token.terms))


def marked(segments: tuple[Segment, ...]) -> list[str]:
    return [segment.text for segment in segments if segment.marked]


def plain(segments: tuple[Segment, ...]) -> str:
    return "".join(segment.text for segment in segments)


def test_marks_every_form_of_a_word_and_nothing_else() -> None:
    segments = highlight("Migrants and migration at Zürich's borders", "en", wanted("border", "zurich"))
    assert marked(segments) == ["Zürich", "borders"]
    assert plain(segments) == "Migrants and migration at Zürich's borders"


def test_pairs_of_letters_become_one_mark() -> None:
    assert marked(highlight("港口重新开放", "zh", wanted("重新开放", language="zh"))) == ["重新开放"]


def test_a_phrase_is_marked_as_a_whole_and_its_words_alone_are_not() -> None:
    phrase = (frozenset(query_terms("rumour", ["en"])[0].terms), frozenset(query_terms("ledger", ["en"])[0].terms))
    segments = highlight("A rumour. The “rumour ledger” and a ledger.", "en", Wanted(phrases=(phrase,)))
    assert marked(segments) == ["rumour ledger"]


FILLER = "Nothing of interest happened on the quay that morning. " * 30


def test_the_snippet_shows_the_sentence_that_matched() -> None:
    text = FILLER + "The lighthouse keeper repaired the lamp. " + FILLER
    segments = snippet(text, "en", wanted("lighthouse", "lamps"))
    assert marked(segments) == ["lighthouse", "lamp"]
    assert plain(segments).startswith("… The lighthouse keeper")
    assert plain(segments).endswith("…")
    assert len(plain(segments)) <= 260


def test_two_passages_when_one_cannot_hold_all() -> None:
    text = FILLER + "The lighthouse is white. " + FILLER + "A pelican landed. " + FILLER
    segments = snippet(text, "en", wanted("lighthouse", "pelican"))
    assert marked(segments) == ["lighthouse", "pelican"]
    assert plain(segments).count("…") == 3


def test_without_a_match_the_beginning_is_shown() -> None:
    assert plain(snippet("First words.\n\nSecond words.", "en", wanted("absent"))) == "First words. Second words."
    assert snippet("", "en", wanted("x")) == ()


def test_a_text_without_spaces_is_cut_too() -> None:
    assert len(plain(snippet("x" * 5000, "en", wanted("absent")))) < 300
    assert len(plain(snippet("港口重新开放" * 500, "zh", wanted("重新", language="zh")))) < 300


@given(st.text(max_size=600), st.sampled_from(["en", "de", "zh", "und"]), st.integers(10, 300))
def test_segments_always_spell_the_text(text: str, language: str, length: int) -> None:
    terms = frozenset(token.term for token in list(analyze(text, language))[::3])
    phrase = tuple(frozenset([token.term]) for token in list(analyze(text, language))[1:3])
    asked = Wanted(terms, (phrase,) if phrase else ())
    assert "".join(plain(highlight(text, language, asked)).split()) == "".join(text.split())
    found = snippet(text, language, asked, length=length)
    for piece in plain(found).replace("…", "\n").split("\n"):
        assert "".join(piece.split()) in "".join(text.replace("…", "\n").split()) or "…" in text
