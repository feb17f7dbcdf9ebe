"""When a word is corrected, split or joined: how frequent the other spelling must be, at the edges of each rule."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.engines.base import Deadline
from indexer.engines.memory import MemoryEngine
from indexer.model import RankingWeights
from indexer.query.nodes import Constant, Everything, Nothing
from indexer.query.parse import parse
from indexer.search import word_correction
from indexer.search.did_you_mean import Corrector, as_in_pages, may_be_misspelt, unquoted
from indexer.search.query_context import QueryContext, QueryNotes
from indexer.search.query_understanding import run_passes, understand
from indexer.search.truecasing import usual_spelling
from indexer.search.word_correction import QueryWord, WordCorrector
from support.contract_corpus import doc, fill

Texts = dict[str, int]  # text -> how many documents have it


def corrected(texts: Texts, query: str, *, total: int = 0, is_full: bool = False, seconds: float = 60) -> str | None:
    """Return the correction of a query. `total`: how many documents it is taken to match."""
    documents = [doc(f"{text}-{number}", "", text) for text, count in texts.items() for number in range(count)]
    context = QueryContext(fill(MemoryEngine(RankingWeights()), documents), ("en",), RankingWeights(), Deadline(seconds))

    def understood(text: str, notes: QueryNotes) -> int:
        return context.reader.count(run_passes(parse(text).node, context, notes) or Nothing())

    notes = QueryNotes()
    understood(query, notes)
    words = [QueryWord(surface, terms) for surface, terms in notes.words]
    return Corrector(query, words, context, lambda text: understood(text, QueryNotes())).corrected(total, is_full=is_full)


@pytest.mark.parametrize(
    ("texts", "query", "expected"),
    [
        ({"harbour": 1}, "harbuor", "harbour"),
        ({"harbour": 1}, "Harbuor!", "harbour!"),
        ({"harbour": 1}, "harbuor9", None),  # not a word of letters
        ({"harbour": 1}, "hbruour", None),  # too different
        ({"wall": 1}, "wal", None),  # too short
        ({"wall": 1}, "walll", "wall"),
        ({"walls": 3, "fog": 997}, "wals", "walls"),  # four letters: 0.3 % of the documents
        ({"walls": 2, "fog": 998}, "wals", None),
        ({"tunnel": 2, "fog": 998}, "tunel", "tunnel"),  # five letters: 0.15 %
        ({"tunnel": 1, "fog": 999}, "tunel", None),
        ({"harbour": 1, "fog": 1099}, "haqrbour", "harbour"),  # an addition, in six letters or more: 0.05 %
        ({"boats": 1}, "bosty", None),  # two errors in fewer than six letters
        ({"committee": 1}, "comitte", "committee"),
        ({"tunnel": 3, "funnel": 9}, "tunnle", "tunnel"),  # the likelier error wins
        ({"harbour": 1, "ferry": 1, "harbour ferry": 1}, "harbuor fery", "harbour ferry"),
        ({"boats": 4, "boaters": 2}, "boatrs", "boats"),  # a likely error against a frequent word
        ({"boats": 3, "boaters": 2}, "boatrs", "boaters"),
        ({"harbour": 2}, "absent harbuor", None),  # nothing has all words
    ],
)
def test_a_word_that_no_document_contains(texts: Texts, query: str, expected: str | None) -> None:
    assert corrected(texts, query) == expected


@pytest.mark.parametrize(
    ("texts", "query", "expected"),
    [
        ({"government": 8, "goverment": 1}, "goverment", "government"),  # a letter left out: eight times as frequent
        ({"government": 7, "goverment": 1}, "goverment", None),
        ({"government": 16, "goverment": 2}, "goverment", "government"),
        ({"government": 99, "goverment": 3}, "goverment", None),  # not rare
        ({"government": 99, "goverment": 1, "goverments": 2}, "goverment", None),  # not rare either: an inflected form
        ({"government": 3, "governments": 5, "goverment": 1}, "goverment", "government"),  # all of its forms count
        ({"government": 2, "governments": 9, "goverment": 1}, "goverment", None),
        ({"split": 40, "spilt": 1}, "spilt", "split"),  # five times as much in fewer than six letters
        ({"split": 39, "spilt": 1}, "spilt", None),
        ({"tariff": 8, "tarriff": 1}, "tarriff", "tariff"),  # a doubled letter
        ({"failed": 400, "foiled": 1}, "foiled", "failed"),  # another letter: 400 times as frequent
        ({"failed": 399, "foiled": 1}, "foiled", None),
        ({"harbours": 500, "harbour": 1}, "harbour", None),  # the same word
        ({"committee": 99, "comitte": 1}, "comitte", None),  # two errors are seldom made alike twice
    ],
)
def test_a_word_that_few_documents_contain(texts: Texts, query: str, expected: str | None) -> None:
    assert corrected(texts, query, total=1) == expected


def test_a_form_of_the_word_in_one_language_is_no_correction() -> None:
    """In English, "noted" and "notes" are one word; French pages have the second only."""
    documents = [doc(str(number), "", "notes", language="fr") for number in range(500)] + [doc("e", "", "noted", language="en")]
    context = QueryContext(fill(MemoryEngine(RankingWeights()), documents), ("en", "fr"), RankingWeights(), Deadline(60))

    def found(text: str, notes: QueryNotes) -> int:
        return context.reader.count(run_passes(parse(text).node, context, notes) or Nothing())

    notes = QueryNotes()
    assert found("noted", notes) == 1
    words = [QueryWord(surface, terms) for surface, terms in notes.words]
    assert Corrector("noted", words, context, lambda text: found(text, QueryNotes())).corrected(1, is_full=False) is None


def test_in_a_large_index_a_word_in_one_of_a_thousand_documents_is_rare() -> None:
    assert corrected({"government": 24, "goverment": 3, "fog": 2973}, "goverment", total=3) == "government"
    assert corrected({"government": 24, "goverment": 3, "fog": 2972}, "goverment", total=3) is None


def test_rare_words_of_long_queries_are_right() -> None:
    texts = {"government wall fog night": 20, "goverment": 1}
    assert corrected(texts, "goverment wall fog", total=0) == "government wall fog"
    assert corrected(texts, "goverment wall fog night", total=0) is None
    assert corrected(texts, "govermant wall fog night", total=0) == "government wall fog night"


def test_only_the_rarest_words_are_checked() -> None:
    texts = {"government treasury parliament": 30, "goverment": 1, "tresury": 1, "parliment": 2}
    assert corrected(texts, "goverment tresury parliament", total=0) == "government treasury parliament"
    assert corrected(texts, "parliment goverment tresury", total=0) is None
    assert (
        corrected(texts | {"parliment government treasury": 1}, "parliment goverment tresury") == "parliment government treasury"
    )


def test_no_more_than_eight_words_are_checked() -> None:
    texts = {"one two three four five six seven harbour": 1}
    assert corrected(texts, "one two three four five six seven harbuor") == "one two three four five six seven harbour"
    assert (
        corrected({"zero one two three four five six seven harbour": 1}, "zero one two three four five six seven harbuor") is None
    )


@pytest.mark.parametrize(("total", "expected"), [(0, "harbour"), (2, "harbour"), (3, None)])
def test_a_correction_must_find_more(total: int, expected: str | None) -> None:
    assert corrected({"harbour": 3}, "harbuor", total=total) == expected


def test_a_full_page_has_no_misspelt_words() -> None:
    assert corrected({"harbour": 3}, "harbuor", is_full=True) is None
    assert corrected({"government": 99, "goverment": 1}, "goverment", total=1, is_full=True) is None
    assert corrected({"harbour wall": 3}, "harbourwall", total=3, is_full=True) == "harbour wall"
    assert corrected({"harbour wall": 3}, "harbourwall", total=4, is_full=True) is None


def test_nothing_is_corrected_after_the_deadline() -> None:
    assert corrected({"harbour": 3}, "harbuor", seconds=-1) is None


@pytest.mark.parametrize(
    ("texts", "query", "expected"),
    [
        ({"sea wall": 3}, "seawall", "sea wall"),
        ({"sea wall": 2}, "seawall", None),  # so rarely that it is probably written with a hyphen
        ({"sea fog": 3}, "seafog", None),  # too short
        ({"an orchard": 5}, "anorchard", None),  # a part is too short
        ({"harbour and wall": 3}, "harbourwall", "harbour wall"),  # never next to each other
        ({"harbour and wall": 2}, "harbourwall", None),
        ({"night and ferry": 3}, "nightferry", "night ferry"),  # ten letters
        ({"moon and ferry": 3}, "moonferry", None),
        ({"moon and wall": 3}, "moonwall", None),
        ({"harbour": 9, "wall": 9}, "harbourwall", None),
        ({"harbour wall": 3, "harbourwall": 1}, "harbourwall", None),
        ({"see wallflowers": 3, "seewall flowers": 4}, "seewallflowers", "seewall flowers"),
    ],
)
def test_words_are_split(texts: Texts, query: str, expected: str | None) -> None:
    assert corrected(texts, query) == expected


@pytest.mark.parametrize(
    ("texts", "query", "total", "expected"),
    [
        ({"shareholders": 1}, "share holders", 0, "shareholders"),
        ({"shareholders fog": 1}, "Share  Holders fog", 0, "shareholders fog"),
        ({"shareholders fog": 1}, "fog (share holders)", 0, "fog (shareholders)"),
        ({"shareholders": 9}, "share holders", 1, None),
        ({"shareholders": 10}, "share holders", 1, "shareholders"),  # ten times as frequent as both next to each other
        ({"shareholders": 9, "share holders": 1}, "share holders", 0, None),
        ({"shareholders": 10, "share holders": 1}, "share holders", 1, "shareholders"),
        ({"shareholders": 19, "share holders": 2}, "share holders", 2, None),
        ({"shareholders": 20, "share holders": 2}, "share holders", 2, "shareholders"),
        ({"wall9": 20}, "wall 9", 0, None),
        ({"shareholders": 20}, "share and holders", 0, None),  # not next to each other
        ({"shareholders": 20}, "share holders fog", 0, None),  # nothing has all words
        ({"fog moonlight": 20}, "fog moon light", 0, "fog moonlight"),
        ({"fog 9 moonlight": 20}, "fog 9 moon light", 0, "fog 9 moonlight"),
    ],
)
def test_words_are_joined(texts: Texts, query: str, total: int, expected: str | None) -> None:
    assert corrected(texts, query, total=total) == expected


@pytest.mark.parametrize(
    ("text", "plain"),
    [('"a b" c', "a b c"), ('"a b"~3 -"c"', "a b - c"), ("a b", None), ('""', None), ('" "~2', None), ('"a', "a")],
)
def test_a_query_without_its_quotation_marks(text: str, plain: str | None) -> None:
    assert unquoted(text) == plain


@pytest.mark.parametrize(
    ("word", "texts", "spelling"),
    [
        ("osterreich", ["Österreich und Österreich, Osterreich"], "Österreich"),
        ("harbour", ["Harbour. Harbour. A harbour."], "harbour"),  # a capital begins a sentence
        ("harbour", ["Harbour. Harbour. The HARBOUR."], "HARBOUR"),  # the only one inside a sentence
        ("harbour", ["Harbour."], "Harbour"),
        ("fpo", ["Die FPÖ", "Die FPO FPO"], "FPO"),
        ("ecole", ["Dans l’école"], "école"),  # without the article
        ("strasse", ["Die Straße, die Straße und die Strasse"], "Straße"),
        ("fussgangerstrasse", ["Die Fußgängerstraße"], "Fußgängerstraße"),  # two letters shorter
        ("absent", ["harbour"], "absent"),
        ("s", ["The S and S"], "S"),
        ("Absent", [], "Absent"),
    ],
)
def test_a_word_is_spelt_as_most_pages_do(word: str, texts: list[str], spelling: str) -> None:
    reader = fill(
        MemoryEngine(RankingWeights()), [doc(str(n), "", text) for n, text in enumerate(texts)] or [doc("a", "", "fog")]
    )
    matches = reader.search(Constant(Everything())).matches if texts else ()
    assert usual_spelling(word, matches) == spelling


@pytest.mark.parametrize(
    ("text", "corrected", "shown"),
    [
        ("wall osterreihc", "wall osterreich", "wall Österreich"),
        ("bernard perchinig", "bernhard perchinig", "Bernhard Perchinig"),  # the other name as well
        ("fog tarifs", "fog tariffs", "fog tariffs"),  # another page shows that it has no capital
        ("site:x osterreihc", "site:x osterreich", "site:x Österreich"),
    ],
)
def test_new_words_of_a_correction_are_spelt_as_in_pages(text: str, corrected: str, shown: str) -> None:
    documents = [
        doc("a", "", "In Österreich, FOG and a wall by Bernhard Perchinig. Tariffs"),
        doc("b", "", "The tariffs and tariffs"),
    ]
    reader = fill(MemoryEngine(RankingWeights()), documents)
    matches = [match for match in reader.search(Constant(Everything())).matches if match.document.id == "a"]
    context = QueryContext(reader, ("en",), RankingWeights(), Deadline(60))
    assert as_in_pages(text, corrected, matches, context) == shown


LETTERS = st.text("abo", min_size=4, max_size=7)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(LETTERS, st.integers(1, 40), min_size=2, max_size=12), st.data())
def test_a_query_of_words_that_cannot_be_misspelt_stays(texts: Texts, data: st.DataObject) -> None:
    documents = [doc(f"{text}-{number}", "", text) for text, count in texts.items() for number in range(count)]
    context = QueryContext(fill(MemoryEngine(RankingWeights()), documents), ("en",), RankingWeights())
    query = " ".join(data.draw(st.lists(st.sampled_from(sorted(texts)), min_size=1, max_size=4)))
    understood = understand(parse(query).node, context)
    words = [QueryWord(word.surface, word.terms) for word in understood.words]
    words += [QueryWord(surface, terms) for surface, terms in understood.notes.words]
    changed = Corrector(query, words, context, lambda text: len(documents)).corrected(0)
    if understood.is_plain and changed is not None:
        assert may_be_misspelt(understood.words, context)
        assert may_be_misspelt(understood.words, context), "remembered"


def test_whether_a_word_has_corrections_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {"government": 40, "goverment": 1, "harbour": 1, "harbours": 1, "tunnel": 1}
    documents = [doc(f"{text}-{number}", "", text) for text, count in texts.items() for number in range(count)]
    context = QueryContext(fill(MemoryEngine(RankingWeights()), documents), ("en",), RankingWeights())
    looked_up: list[str] = []
    candidates = WordCorrector.candidates
    monkeypatch.setattr(WordCorrector, "candidates", lambda self, word: looked_up.append(word.surface) or candidates(self, word))
    monkeypatch.setattr(word_correction, "_MAX_REMEMBERED_WORDS", 2)
    for surface, expected in (
        ("goverment", True),
        ("tunnel", False),
        ("goverment", True),
        ("harbour", False),
        ("goverment", True),
    ):
        words = understand(parse(surface).node, context).words
        assert may_be_misspelt(words, context) is expected
    assert looked_up == ["goverment", "tunnel", "harbour", "goverment"], "the third begins anew"
