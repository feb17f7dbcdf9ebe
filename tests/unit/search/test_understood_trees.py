"""What query understanding makes of a query, as whole trees: each pass leaves its trace in them."""

from __future__ import annotations

import pytest

from indexer.engines.base import Reader
from indexer.engines.memory import MemoryEngine
from indexer.model import RankingWeights
from indexer.query.nodes import Labelled, Or, Phrase, Word
from indexer.query.parse import parse, with_half_typed_end
from indexer.search import query_rewriting
from indexer.search.query_context import QueryContext, QueryNotes
from indexer.search.query_rewriting import HALF_TYPED_FACTOR, MAX_WORDS, OTHER_SPELLING_FACTOR
from indexer.search.query_understanding import highlight_terms, run_passes, typed_texts, understand
from indexer.search.relaxation import relaxed
from support.contract_corpus import doc, fill
from support.tree_text import tree_text

WEIGHTS = RankingWeights(exact_bonus=0.5, proximity_bonus=0.25)
OTHER = f"^{OTHER_SPELLING_FACTOR:g}"


@pytest.fixture(scope="module")
def reader() -> Reader:
    documents = [
        doc(
            "a",
            "Night ferry",
            "The harbour wall has Wi-Fi. O'Neill likes metoo. WHO said so. Harbours. AT&T.",
            authors=("Ann Vik",),
        ),
        doc("b", "Hafen", "Der Hafen. Grenzschutz, behörde, Grenzschutzbehörde.", language="de"),
        doc("c", "WHO", "who covid-19 1,000"),
    ]
    return fill(MemoryEngine(RankingWeights()), documents)


def tree(reader: Reader, query: str, *languages: str) -> tuple[str, QueryNotes]:
    notes = QueryNotes()
    context = QueryContext(reader, languages or ("en",), WEIGHTS)
    return tree_text(run_passes(parse(query).node, context, notes)), notes


def word(form: str, term: str = "") -> str:
    """Return what becomes of one English word."""
    return f"(<en/{term or form}> >> {form}!*0.5)"


FERRY, WALL, NIGHT, HARBOUR = word("ferry", "ferri"), word("wall"), word("night"), word("harbour", "harbor")


@pytest.mark.parametrize(
    ("texts", "query", "has_hyphenated"),
    [
        (["on-line"], "online", True),
        (["on-line", "online"], "online", False),  # a page writes it as typed
        (["plug-in"], "plugin", True),
        (["vis-a"], "visa", False),  # a part has two letters or more
        (["a line"], "online", False),
    ],
)
def test_a_word_that_no_page_has_is_also_one_with_a_hyphen(texts: list[str], query: str, has_hyphenated: bool) -> None:
    documents = [doc(f"d{number}", "", text) for number, text in enumerate(texts)]
    understood, _ = tree(fill(MemoryEngine(RankingWeights()), documents), query)
    assert ("-" in understood) is has_hyphenated


@pytest.mark.parametrize(("limit", "notices"), [(2, []), (1, ["pattern-limited"])])
def test_a_pattern_of_many_words_says_so(reader: Reader, monkeypatch: pytest.MonkeyPatch, limit: int, notices: list[str]) -> None:
    monkeypatch.setattr(query_rewriting, "MAX_FORMS", limit)
    _, notes = tree(reader, "har*")  # harbour, harbours
    assert [notice.code for notice in notes.notices] == notices


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ferry", FERRY),
        ("ferries wall", f"(({word('ferries', 'ferri')} {WALL}) >> <en/ferri>_<en/wall>~8*0.25)"),
        ("ferry wall -harbour", f"(({FERRY} {WALL} -{HARBOUR}) >> <en/ferri>_<en/wall>~8*0.25)"),
        ("ferry (wall harbour)", f"(({FERRY} {WALL} {HARBOUR}) >> <en/ferri>_<en/wall>_<en/harbor>~8*0.25)"),
        ("(ferry wall)^2", f"(({FERRY} {WALL}) >> <en/ferri>_<en/wall>~8*0.25)^2"),
        ("(ferry wall) OR night", f"((({FERRY} {WALL}) >> <en/ferri>_<en/wall>~8*0.25) | {NIGHT})"),
        ("night -(ferry wall)", f"({NIGHT} -(({FERRY} {WALL}) >> <en/ferri>_<en/wall>~8*0.25))"),
        ("ferry^2 wall", f"({FERRY}^2 {WALL})"),
        ("-ferry", f"-{FERRY}"),
        ("-ferry -wall", f"(everything -{FERRY} -{WALL})"),
        ("(ferry OR wall) night", f"(({FERRY} | {WALL}) {NIGHT})"),
        ("title:ferry wall", f"(title:<en/ferri> {WALL})"),
        ("title:ferry title:wall", "(title:<en/ferri> title:<en/wall>)"),
        ('"night ferry" wall', f"(<en/night>_<en/ferri> {WALL})"),
        ('"night ferry"~3', "<en/night>_<en/ferri>~3"),
        ('"wall of harbour"', "<en/wall>__<en/harbor>"),
        ('title:"night ferry"', "title:<en/night>_<en/ferri>"),
        ('"ferry"', "<en/ferri>"),
        ("ferry date:2020", f"({FERRY} =date=2020-01-01..2021-01-01)"),
        ("harb*", "<en/harbor>"),
        ("h?rb*r", "<en/harbor>"),
        ("h*b*s", "<en/harbor>"),
        ("harbou?", HARBOUR.replace("harbour", "harbou").replace("harbor", "harbou")),
        ("*arb?ur*", "<en/harbor>"),
        ("ferru~", "<en/ferri>"),
        ("ferruu~", "nothing"),
        ("ferruu~2", "<en/ferri>"),
        ("title:harb*", "title:<en/harbor>"),
        ("zz*", "nothing"),
        ("ferry -wall*", f"({FERRY} -<en/wall>)"),
        ("the ferry", FERRY),
        ("title:the ferry", FERRY),
        ("-the ferry", FERRY),
        ("the of", ""),
        ('ferry "the of"', FERRY),
        ("WHO", word("who")),
        ("WHO ferry", f"(({word('who')} {FERRY}) >> <en/who>_<en/ferri>~8*0.25)"),
        ("WHO FERRY", FERRY),
        ("who ferry", FERRY),
        ("title:who ferry", f"(title:<en/who> {FERRY})"),
        ("body:so ferry", FERRY),
        ("AT&T", "<en/at>_<en/t>"),
        ("wifi", f"({word('wifi')} | <en/wi>_<en/fi>{OTHER})"),
        ("Wi-Fi", "<en/wi>_<en/fi>"),
        ("o neill", f"((({word('o')} {word('neill')}) >> <en/o>_<en/neill>~8*0.25) | <en/oneil>^2)"),
        ("wall o neill night", f"(({WALL} ((({word('o')} {word('neill')}) >> <en/o>_<en/neill>~8*0.25) | <en/oneil>^2) {NIGHT}) >> <en/wall>_<en/night>~8*0.25)"),
        ("author:vik", "=(author=vik | authors:<en/vik>)"),
        ('category:"old news"', "=(category=old news | categories:<en/old>_<en/news>)"),
        ("category:the", "=category=the"),
        ("source:vik", "=source=vik"),
    ],
)  # fmt: skip
def test_a_tree_in_one_language(reader: Reader, query: str, expected: str) -> None:
    assert tree(reader, query)[0] == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("harbour", "(<en/harbor|de/harbour> >> harbour!*0.5)"),
        ("harb*", "<de/harbour|en/harbor>"),
        ("grenzschutz", "((<en/grenzschutz|de/grenzschutz> >> grenzschutz!*0.5) | <de/grenzschutzbehord>^0.3)"),
        ("behörde", "((<en/behord|de/behord> >> behorde!*0.5, <de/=behörd>*2.5) | <de/grenzschutzbehord>^0.3)"),
        ("behorde", "((<en/behord|de/behord> >> behorde!*0.5, (behorde!*0.5 -<de/=behörd>)^5) | <de/grenzschutzbehord>^0.3)"),
    ],
)
def test_a_tree_in_two_languages(reader: Reader, query: str, expected: str) -> None:
    assert tree(reader, query, "en", "de")[0] == expected


@pytest.mark.parametrize(
    ("query", "codes", "words"),
    [
        ("ferry wall", [], ["ferry", "wall"]),
        ("Ferries -wall", [], ["ferries"]),
        ('title:ferry "night wall" harb* (night OR fog)', [], ["ferry", "night", "fog"]),
        ("Wi-Fi night", [], ["night"]),
        ("the of", [], []),
        ('ferry "the of"', ["phrase-without-word"], ["ferry"]),
        ("F++", ["sign-not-indexed"], ["f"]),
        ("a.i.", ["sign-not-indexed"], []),
        ("fog.", [], ["fog"]),
    ],
)
def test_the_notes_of_a_query(reader: Reader, query: str, codes: list[str], words: list[str]) -> None:
    _, notes = tree(reader, query)
    assert ([notice.code for notice in notes.notices], [surface for surface, _ in notes.words]) == (codes, words)


def test_without_a_bonus_nothing_is_preferred(reader: Reader) -> None:
    context = QueryContext(reader, ("en",), RankingWeights(exact_bonus=0, proximity_bonus=0))
    assert tree_text(run_passes(parse("ferry wall").node, context, QueryNotes())) == "(<en/ferri> <en/wall>)"


def test_more_words_than_six_have_no_bonus_for_being_near(reader: Reader) -> None:
    assert "~8" in tree(reader, "one two three four five six".replace("one", "fog"))[0]
    assert "~8" not in tree(reader, "fog two three four five six seven")[0]


def test_a_half_typed_word_is_a_word_or_the_beginning_of_one(reader: Reader) -> None:
    node = with_half_typed_end(parse("night ferr"), "night ferr").node
    context = QueryContext(reader, ("en",), WEIGHTS)
    assert f"({word('ferr')} | <en/ferri>^{HALF_TYPED_FACTOR:g})" in tree_text(understand(node, context).tree)


def test_the_rarest_words_of_a_long_text_are_kept(reader: Reader) -> None:
    absent = " ".join(f"x{number}y" for number in range(MAX_WORDS))
    expected = [("wall", True), ("night", True), ("x0y", True), (f"x{MAX_WORDS - 3}y", True), (f"x{MAX_WORDS - 2}y", False)]
    _, notes = tree(reader, f"{absent} wall night")
    words = [surface for surface, _ in notes.words]
    assert len(words) == MAX_WORDS
    assert [(each, each in words) for each, _ in expected] == expected
    assert [notice.code for notice in notes.notices] == ["too-many-words"]
    _, notes = tree(reader, f"{absent} -wall night*")
    assert (len(notes.words), notes.notices) == (MAX_WORDS, []), "so many are not too many"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ferry", ""),
        ("ferry OR wall", ""),
        ("ferry wall", "([ferry] | [wall])"),
        ("ferry^2 wall", "([ferry^2] | [wall])"),
        ("ferr* w?ll fogg~", "([ferr*] | [w?ll] | [fogg~1])"),
        ("ferry title:wall", ""),
        ("ferry wall title:night", "(([ferry] | [wall]) title:night)"),
        ('ferry wall "a b" -night', '(([ferry] | [wall]) "a b" -night)'),
        ("ferry title:wall^2 night", "(([ferry] | [night]) title:wall^2)"),
        ("ferry (wall OR night)^2 fog", "(([ferry] | [fog]) (wall OR night)^2)"),
        ("multi-target wall", "([multi-target] | multi^0.3 | target^0.3 | [wall])"),
        ("e-mail wall", "([e-mail] | [wall])"),
        ("either/or-else", ""),
        ("covid-19 wall", "([covid-19] | [wall])"),
        ("one-two-on3 wall", "([one-two-on3] | one^0.3 | two^0.3 | [wall])"),
    ],
)
def test_plain_words_become_optional(query: str, expected: str) -> None:
    assert tree_text(relaxed(parse(query).node)).replace("(wall | night)", "(wall OR night)") == expected


def test_optional_words_are_listed_with_their_trees(reader: Reader) -> None:
    node = relaxed(parse("Ferries wall -night").node)
    assert node is not None
    understood = understand(node, QueryContext(reader, ("en",), WEIGHTS))
    assert [(text, tree_text(part)) for text, part in understood.optional] == [
        ("Ferries", word("ferries", "ferri")),
        ("wall", WALL),
    ]
    assert tree_text(understood.tree) == f"(({word('ferries', 'ferri')} | {WALL}) -{NIGHT})"


def test_the_typed_texts_are_words_and_phrases() -> None:
    node = parse('ferry OR ("night wall" -fog^2 harb* author:vik)').node
    assert list(typed_texts(node)) == ["ferry", "night wall", "fog"]
    assert list(typed_texts(Or((Labelled(Word("a"), "a"), Phrase("b"))))) == ["a", "b"]


@pytest.mark.parametrize(
    ("query", "terms", "phrases"),
    [
        ("ferry wall -night", {"en/ferri", "en/wall"}, []),
        ("ferry OR wall^2", {"en/ferri", "en/wall"}, []),
        ('"night ferry" author:vik', set(), [({"en/night"}, {"en/ferri"})]),
        ('"night ferry"~2', {"en/night", "en/ferri"}, [({"en/night"}, {"en/ferri"})]),
        ('"night ferry" "ferry wall"', set(), [({"en/night"}, {"en/ferri"}), ({"en/ferri"}, {"en/wall"})]),
        ("harb*", {"en/harbor"}, []),
    ],
)
def test_what_is_marked(reader: Reader, query: str, terms: set[str], phrases: list[tuple[set[str], ...]]) -> None:
    marked = highlight_terms(understand(parse(query).node, QueryContext(reader, ("en",), WEIGHTS)).tree)
    assert marked.terms == terms
    assert list(marked.phrases) == [tuple(map(frozenset, phrase)) for phrase in phrases]


def test_nothing_is_marked_without_a_query() -> None:
    assert (highlight_terms(None).terms, highlight_terms(None).phrases) == (frozenset(), ())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("#metoo", "((<en/metoo> >> metoo!*0.5) | <en/~#metoo>^3)"),
        ("@vik", "((<en/vik> >> vik!*0.5) | <en/~@vik>^3)"),
        ("#fog", "(<en/fog> >> fog!*0.5)"),  # no page has this hashtag
        ("C++", "<en/~c++>"),
        ("title:C++", "title:<en/c>"),
        (".NET", "<en/~.net>"),
        ("😀", "<en/~😀>"),
        ("☀", ""),
    ],
)
def test_a_word_with_signs(query: str, expected: str) -> None:
    signs = fill(MemoryEngine(RankingWeights()), [doc("a", "", "#MeToo and C++ by @vik and .NET 😀")])
    assert tree(signs, query)[0] == expected
