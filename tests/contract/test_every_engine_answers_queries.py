"""Each kind of node, on documents that can be checked by eye."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from indexer.engines.base import Engine, Sideways
from indexer.engines.memory import MemoryEngine
from indexer.engines.whoosh.engine import WhooshEngine
from indexer.model import FacetValue, RankingWeights
from indexer.query.nodes import (
    And,
    Boost,
    Constant,
    DateRange,
    Everything,
    Filter,
    IdFilter,
    Node,
    Not,
    Nothing,
    Or,
    Prefer,
    Scale,
    Surface,
    Word,
)
from support.contract_corpus import NEWS, doc, fill, ids, phrase, word
from support.engines import NOW

LANTERN, RIVER, BRIDGE = word("en/lantern"), word("en/river"), word("en/bridge")


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (LANTERN, "abcd"),
        (word("en/lantern", "de/lantern"), "abcde"),
        (And((LANTERN, RIVER)), "abcd"),
        (And((LANTERN, BRIDGE)), "ad"),
        (Or((BRIDGE, RIVER)), "abcd"),
        (And((LANTERN, Not(BRIDGE))), "bc"),
        (Not(LANTERN), "ef"),
        (And((Not(LANTERN), Not(word("en/different")))), "e"),
        (word("en/absent"), ""),
        (And((LANTERN, word("en/absent"))), ""),
        (Or((LANTERN, word("en/absent"))), "abcd"),
        (word("en/river", fields=("title",)), "b"),
        (word("en/river", fields=("summary",)), "d"),
        (Everything(), "abcdef"),
        (Nothing(), ""),
        (Word("lantern"), ""),
        (And(()), "abcdef"),
        (Or(()), ""),
        (Boost(LANTERN, 2.0), "abcd"),
        (Constant(LANTERN), "abcd"),
        (Prefer(LANTERN, (BRIDGE,)), "abcd"),
        (Surface("lantern"), "abcde"),
        (Filter("category", "CITY"), "ab"),
        (Filter("category", "ol"), "a"),
        (Filter("author", "ann smith"), "ac"),
        (Filter("author", "ann"), ""),
        (Filter("source", "herald"), "ab"),
        (Filter("language", "de"), "e"),
        (Filter("url", "example.org/stadte"), "f"),
        (Filter("url", "example.org"), "abcef"),
        (Filter("source", ""), ""),
        (Filter("filetype", "PDF"), "c"),
        (IdFilter(("a", "d", "unknown")), "ad"),
        (And((LANTERN, Not(IdFilter(("a", "a"))))), "bcd"),
        (And((BRIDGE, IdFilter(("a", "b")))), "a"),
        (Scale(LANTERN, ((IdFilter(("a",)), 2.0),)), "abcd"),
        (Scale(And((LANTERN, Filter("source", "herald"))), ()), "ab"),
        (DateRange("2020", "2021"), "a"),
        (DateRange("2019-12-31", "2020-05-27T09:06:40"), "ac"),
        (DateRange(None, "2020"), "c"),
        (DateRange("2022-03-04", None), "ef"),
        (DateRange(None, None), "abcef"),
        (phrase("en/lantern", "en/bridge"), "a"),
        (phrase("en/lantern", "en/lantern", "en/lantern"), "b"),
        (phrase("en/bridge", "en/river"), ""),
        (phrase("en/bridge", "en/river", slop=1), "a"),
        (phrase("en/bridge", "en/river", gaps=(0, 2)), "a"),
        (phrase("en/rain", "en/river", gaps=(0, 3)), "c"),
        (phrase("en/river", "en/bridge", slop=9), ""),
        (phrase(("en/x", "en/lantern"), ("en/bridge", "en/y")), "a"),
        (phrase("en/smith", "en/bob", fields=("authors",)), ""),
        (phrase("en/ann", "en/smith", fields=("authors",)), "ac"),
        (Prefer(LANTERN, (phrase("en/lantern", "en/bridge"),)), "abcd"),
    ],
    ids=str,
)
def test_finds(engine: Engine, tree: Node, expected: str) -> None:
    reader = fill(engine, NEWS)
    assert "".join(sorted(ids(reader, tree))) == expected
    assert reader.count(tree) == len(expected) == reader.search(tree, limit=0).total


def test_a_long_part_of_an_address_is_found(engine: Engine) -> None:
    addresses = {"x": f"https://example.org/{'x' * 600}", "y": f"https://example.org/{'xy' * 300}"}
    reader = fill(engine, [doc(name, "kite", url=url) for name, url in addresses.items()])
    for text, expected in (("x" * 450, ["x"]), ("xy" * 220, ["y"]), ("x" * 400 + "y", []), ("x" * 250, ["x"]), ("a" * 450, [])):
        assert ids(reader, Filter("url", text)) == expected


def test_scores_and_order(engine: Engine) -> None:
    reader = fill(engine, NEWS)
    assert ids(reader, word("en/bridge"))[0] == "a"  # in the title, too
    assert ids(reader, LANTERN)[0] == "b"
    assert ids(reader, Prefer(LANTERN, (Boost(word("en/rain"), 50.0),)))[0] == "c"
    plain = reader.search(LANTERN).matches[0].score
    assert reader.search(Boost(LANTERN, 3.0)).matches[0].score == pytest.approx(3 * plain)
    assert {match.score for match in reader.search(Constant(LANTERN)).matches} == {0.0}


def test_factors_multiply_the_scores_of_what_their_filters_match(engine: Engine) -> None:
    reader = fill(engine, NEWS)
    tree = And((Prefer(LANTERN, (BRIDGE,)), Not(word("en/absent"))))
    plain = {match.document.id: match.score for match in reader.search(tree).matches}
    scaled = reader.search(Scale(tree, ((Filter("source", "herald"), 0.5), (IdFilter(("a", "c")), 3.0))), explain=True).matches
    expected = {"a": 1.5, "b": 0.5, "c": 3.0, "d": 1.0}
    assert {match.document.id: match.score for match in scaled} == pytest.approx(
        {id_: plain[id_] * expected[id_] for id_ in plain}
    )
    assert [match.score for match in scaled] == sorted((match.score for match in scaled), reverse=True)
    for match in scaled:
        assert sum(match.parts.values()) == pytest.approx(match.score)


def test_equal_scores_come_newest_first_then_by_id(engine: Engine) -> None:
    reader = fill(engine, [*NEWS, doc("0", "old", date="2019-12-31T23:59:59"), doc("1", "undated")])
    assert ids(reader, Everything()) == ["e", "f", "b", "a", "0", "c", "1", "d"]
    assert ids(reader, Everything(), limit=3) == ["e", "f", "b"]
    assert ids(reader, Everything(), offset=4, limit=3) == ["0", "c", "1"]
    assert ids(reader, Everything(), offset=7, limit=3) == ["d"]
    assert ids(reader, Everything(), offset=70, limit=3) == []
    assert ids(reader, LANTERN, sort="date") == ["b", "a", "c", "d"]
    assert ids(reader, LANTERN, sort="date", limit=2) == ["b", "a"]
    assert ids(reader, LANTERN, sort="oldest") == ["c", "a", "b", "d"]
    assert ids(reader, LANTERN, sort="oldest", limit=2) == ["c", "a"]
    assert ids(reader, LANTERN, sort="oldest", offset=1, limit=2) == ["a", "b"]


def test_newer_documents_score_a_little_higher(engine: Engine) -> None:
    reader = fill(
        engine,
        [
            doc("new", "kite", date="2024-05-31"),
            doc("old", "kite", date="2023-06-01"),
            doc("none", "kite"),
            doc("future", "kite", date="2044-01-01"),
        ],
    )
    scores = {match.document.id: match.score for match in reader.search(word("en/kite")).matches}
    assert scores["new"] == pytest.approx(scores["none"] * 1.1)
    assert scores["old"] == pytest.approx(scores["none"] * 1.05)
    assert scores["future"] == pytest.approx(scores["new"])


def test_old_documents_are_ranked_by_date_among_equals_as_new_ones_are(engine: Engine) -> None:
    """The bonus differs by more than rounding, so the dates also decide between texts that are nearly equally relevant."""
    years = ("2008", "2009", "2010", "2011")
    archive = [doc(year, "kite", date=f"{year}-03-01") for year in years]
    reader = fill(engine, [*archive, doc("now", "lantern", date="2026-11-30")])
    matches = reader.search(word("en/kite")).matches
    assert [match.document.id for match in matches] == sorted(years, reverse=True)
    for newer, older in pairwise(matches):
        assert newer.score > older.score * 1.0001


def test_facets_count_all_matches(engine: Engine) -> None:
    reader = fill(engine, NEWS)
    facets = reader.search(LANTERN, limit=1, facets=True).facets
    assert facets["source"] == (FacetValue("Example", 2), FacetValue("Herald", 2))
    assert facets["category"] == (FacetValue("City", 1), FacetValue("city", 1), FacetValue("Öl", 1))
    assert facets["author"] == (FacetValue("Ann Smith", 2), FacetValue("Bob Jones", 1))
    assert facets["language"] == (FacetValue("en", 4),)
    assert facets["year"] == (FacetValue("2019", 1), FacetValue("2020", 1), FacetValue("2021", 1))
    assert reader.search(LANTERN, limit=0, facets=("year",)).facets["year"] == facets["year"]
    assert facets["month"] == (FacetValue("2019-12", 1), FacetValue("2020-05", 1), FacetValue("2021-01", 1))
    assert facets["filetype"] == (FacetValue("html", 2), FacetValue("pdf", 1))


def test_a_facet_is_counted_without_its_own_filter(engine: Engine) -> None:
    reader = fill(engine, NEWS)
    herald, early = Constant(Filter("source", "Herald")), Constant(DateRange(None, "2021"))
    sideways = (Sideways(herald, ("source",)), Sideways(early, ("year", "month")))
    matches = reader.search(And((LANTERN, herald, early)), facets=True, sideways=sideways)
    only_early = reader.search(And((LANTERN, early)), facets=True).facets
    only_herald = reader.search(And((LANTERN, herald)), facets=True).facets
    both = reader.search(And((LANTERN, herald, early)), facets=True).facets
    assert matches.facets["source"] == only_early["source"] != both["source"]
    assert matches.facets["year"] == only_herald["year"] != both["year"]
    assert matches.facets["month"] == only_herald["month"]
    assert matches.facets["category"] == both["category"]
    assert matches.total == sum(each.count for each in both["source"])


def test_a_filter_is_found_among_the_operators_factors(engine: Engine) -> None:
    reader = fill(engine, NEWS)
    herald = Constant(Filter("source", "Herald"))
    tree = Scale(And((And((LANTERN, herald)), Not(IdFilter(("a",))))), ((Filter("source", "Herald"), 2.0),))
    facets = reader.search(tree, facets=True, sideways=(Sideways(herald, ("source",)),)).facets
    assert facets["source"] == reader.search(And((LANTERN, Not(IdFilter(("a",))))), facets=True).facets["source"]


def test_the_parts_add_up_to_the_score(engine: Engine) -> None:
    reader = fill(engine, NEWS)
    tree = Prefer(And((Or((Boost(LANTERN, 2.0), And((RIVER, word("en/absent"))))), Not(word("en/rain")))), (Surface("lantern"),))
    found = reader.search(tree, explain=True).matches
    assert len(found) == 3
    for match in found:
        assert sum(match.parts.values()) == pytest.approx(match.score)
        assert any(name.startswith("exact:lantern") for name in match.parts)
        assert not any("river" in name for name in match.parts)
    assert reader.search(tree).matches[0].parts == {}


def test_what_a_reader_knows(engine: Engine) -> None:
    reader = fill(engine, NEWS)
    assert reader.document_count == 6
    assert reader.position == 6
    assert reader.languages() == ("en", "de")
    assert reader.document("a") == NEWS[0]
    assert reader.document("zzz") is None
    assert reader.surfaces("la", 10) == [("lantern", 5)]
    assert [form for form, _ in reader.surfaces("", 3)] == ["ann", "bob", "bridge"]
    assert reader.surface_frequency("lantern") == 5
    assert reader.surface_frequency("lanter") == 0
    assert reader.look_up("lantern", ("en/lantern",)) == (5, True)
    assert reader.look_up("lantern", ("en/lantern", "de/nowhere")) == (5, True)
    assert reader.look_up("lanter", ("en/lanter",)) == (0, True)
    assert reader.look_up("lanter", ()) == (0, True)


def test_a_term_that_documents_write_with_accents(engine: Engine) -> None:
    reader = fill(engine, [doc("a", "Cafés", "a café"), doc("b", "Cafe", "one cafe")])
    assert reader.look_up("cafe", ("en/cafe",)) == (2, False)
    assert reader.look_up("one", ("en/one", "fr/one")) == (1, True)
    assert reader.look_up("one", ("en/one", "en/cafe")) == (1, False)
    assert reader.look_up("ones", ("en/one",)) == (0, False), "no document has this form"


def test_words_are_looked_for_in_chosen_documents(engine: Engine) -> None:
    reader = fill(engine, NEWS)
    both = ids(reader, LANTERN)[:2]
    assert reader.select([LANTERN, word("en/nowhere")], [*both, "absent"]) == [frozenset(both), frozenset()]


@pytest.mark.parametrize("chosen", [[], ["absent"]])
def test_no_word_is_found_in_no_document(engine: Engine, chosen: list[str]) -> None:
    assert fill(engine, NEWS).select([LANTERN, RIVER], chosen) == [frozenset(), frozenset()]


def test_documents_come_back_as_they_were(engine: Engine) -> None:
    whole = doc("x", "Tïtle 😀", "a\n\nb", summary="s", date="2020-01-01", modified=NEWS[0].date, authors=("A", "B"),
                categories=("C",), image="https://e.org/i.png", rule="feed", source="S", language="fr")  # fmt: skip
    assert fill(engine, [whole]).document("x") == whole


def test_a_thousand_terms_and_more(engine: Engine) -> None:
    reader = fill(engine, NEWS)
    assert reader.count(word("en/lantern", *(f"en/t{i}" for i in range(5000)))) == 4


def test_documents_without_a_word_are_searched(engine: Engine) -> None:
    """A segment that holds no word at all is not damaged."""
    reader = fill(engine, [doc("a")])
    assert reader.surfaces_near("amber", 1, 10) == ([], 0)
    assert reader.count(Everything()) == 1


LONG = "rindfleischetikettierung"


@pytest.mark.parametrize("letters", [11, 21, len(LONG), 60])
def test_forms_near_a_long_word_are_found(engine: Engine, letters: int) -> None:
    """Compounds are long. A cluster refuses some ways to look for the forms that are near them."""
    word = (LONG * 3)[:letters]
    swapped, doubled = word[:4] + word[5] + word[4] + word[6:], word[:7] + word[6:]
    wrong, short = word[:3] + "q" + word[4:], word[1:-1]
    far = "qqq" + word[3:]
    reader = fill(engine, [doc(str(n), f"{form} kite") for n, form in enumerate((swapped, doubled, wrong, short, far, wrong))])
    near, count = reader.surfaces_near(word, 2, 10)
    assert (near[0], dict(near), count) == ((wrong, 2), {wrong: 2, swapped: 1, doubled: 1, short: 1}, 4)
    near, count = reader.surfaces_near(word, 1, 2)
    assert (near[0], len(near), count) == ((wrong, 2), 2, 3)


def test_an_empty_index_answers(engine: Engine) -> None:
    reader = fill(engine, [])
    assert reader.search(LANTERN, facets=True).total == 0
    assert reader.count(Everything()) == 0
    assert reader.languages() == ()
    assert reader.surfaces("", 10) == []
    assert reader.document("a") is None


def test_a_word_a_thousand_times_in_a_small_field_spoils_no_phrase(engine: Engine) -> None:
    flood = doc("flood", "Flood", "text", categories=tuple("x " * 99 + str(n) for n in range(100)), authors=("x " * 999,))
    asian = doc("asian", "界" * 999, "界" * 60_000, summary="界" * 7_999, language="zh", categories=("界" * 1_999,))
    reader = fill(engine, [flood, asian, doc("a", "x marks", "the x marks the spot"), doc("b", "none", "x marks")])
    assert sorted(ids(reader, phrase("en/x", "en/marks"))) == ["a", "b"]
    assert sorted(ids(reader, word("en/x", fields=("authors",)))) == ["flood"]
    assert ids(reader, word("zh/界界", fields=("authors",))) == []
    assert ids(reader, word("zh/界界")) == ["asian"]


@pytest.mark.parametrize("kind", ["memory", "whoosh"])
def test_a_field_that_weighs_nothing_is_searched_all_the_same(kind: str, tmp_path: Path) -> None:
    weights = RankingWeights(authors=0.0)
    engine = MemoryEngine(weights, now=lambda: NOW) if kind == "memory" else WhooshEngine(tmp_path, weights, now=lambda: NOW)
    reader = fill(engine, [doc("a", "one", "two", authors=("Hanne Vik",)), doc("b", "Hanne", "Vik")])
    assert ids(reader, phrase("en/hann", "en/vik", fields=("authors",))) == ["a"]
    assert ids(reader, word("en/vik", fields=("authors",))) == ["a"]
    assert reader.search(word("en/vik", fields=("authors",)), explain=True).total == 1


def test_a_condition_that_adds_nothing_takes_nothing_away(engine: Engine) -> None:
    """`author:vik ferry` scored 0 where more documents had the author than the word."""
    reader = fill(engine, NEWS)
    rain, lantern = word("en/rain"), word("en/lantern")
    (alone,) = reader.search(rain).matches
    (found,) = reader.search(And((rain, Constant(lantern)))).matches
    assert found.score == pytest.approx(alone.score) != 0


def test_a_document_is_found_by_each_of_its_addresses(engine: Engine) -> None:
    page = doc("a", "one", url="https://a.example/News", also=("https://a.example/older", "https://mirror.example/x"))
    reader = fill(engine, [page, doc("b", "two", url="https://b.example/news")])
    assert ids(reader, Filter("url", "a.example/news")) == ["a"]
    assert ids(reader, Filter("url", "a.example/OLDER")) == ["a"]
    assert ids(reader, Filter("url", "//mirror.example")) == ["a"]
    assert ids(reader, Filter("url", "newshttps")) == [], "an address ends where the next one begins"
