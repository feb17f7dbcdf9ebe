"""Each completion of a half-typed query, in order, on a small index."""

from __future__ import annotations

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.model import RankingWeights
from indexer.query.nodes import Constant, Everything
from indexer.search.suggest import MAX_PREFIX_CHARACTERS, Suggester
from support.contract_corpus import doc, fill

ENGLISH = [
    doc(
        "a",
        "Night ferry",
        "The night ferry leaves. A night ferry and the night fog. Night-Ferry! Night FERRIES sail, night ferries.",
        categories=("Ferry news", "Night", "Night life", "Nightly"),
        authors=("Ann Night",),
    ),
    doc("b", "By night", "At night the moon; night of the moon. Night at sea. The night is dark.", url=""),
    doc("c", "Night falls", "nothing"),
    doc("d", "Night ends", "nothing"),
    doc("e", "A knight", "knight knight"),
]
OTHERS = [
    doc("a", "Äpfel", "Die Äpfel und Äpfel, äpfel, Äpfel. Apfelbaum. Äpfelkuchen", language="de"),
    doc("z", "港口", "港口重新开放。港口很大。港湾。 港", language="zh"),
]


def suggester(documents: list) -> Suggester:
    reader = fill(MemoryEngine(RankingWeights()), documents)
    return Suggester(reader, reader.search(Constant(Everything()), limit=0, facets=True).facets)


@pytest.fixture(scope="module")
def english() -> Suggester:
    return suggester(ENGLISH)


@pytest.fixture(scope="module")
def others() -> Suggester:
    return suggester(OTHERS)


def completions(suggester: Suggester, prefix: str, limit: int = 8) -> dict[str, list[str]]:
    by_kind: dict[str, list[str]] = {}
    for each in suggester.complete(prefix, limit):
        by_kind.setdefault(each.kind, []).append(each.text)
    return by_kind


@pytest.mark.parametrize(
    ("prefix", "queries"),
    [
        ("nig", ["night", "Nightly"]),
        ("  nig", ["night", "Nightly"]),
        ("night f", ["night ferry", "Night FERRIES", "night fog"]),
        ("Night F", ["night ferry", "Night FERRIES", "night fog"]),
        ("night fe", ["night ferry", "Night FERRIES"]),
        ("night ferry l", ["night ferry leaves"]),
        ("of the m", ["of the moon"]),
        ("the m", ["the moon"]),
        ("night of the m", ["night of the moon"]),
        ("nigth", ["night", "Nightly"]),  # misspelt
        ("nigt fer", ["night ferry", "Night FERRIES"]),  # a word before it is misspelt
        ("mo", ["moon"]),
        ("m", []),  # one letter
        ("a n", ["A night"]),  # no page has "a nothing"
        ("ngi", []),  # too short for an error
        ("ight", []),  # not the beginning of a word
        ("night x", []),
        ("night of", []),  # what follows ends in a stop word
    ],
)
def test_queries(english: Suggester, prefix: str, queries: list[str]) -> None:
    assert completions(english, prefix).get("query", []) == queries


@pytest.mark.parametrize(
    ("prefix", "queries"),
    [
        ("apf", ["äpfel", "Apfelbaum", "Äpfelkuchen"]),
        ("Äpfelk", ["Äpfelkuchen"]),
        ("港", ["港口", "港湾"]),
        ("港口", ["港口重", "港口很"]),
        ("港口重", ["港口重新"]),
        ("x 港", ["x 港口", "x 港湾"]),
    ],
)
def test_queries_in_other_scripts(others: Suggester, prefix: str, queries: list[str]) -> None:
    assert completions(others, prefix)["query"] == queries


@pytest.mark.parametrize(
    ("prefix", "pages"),
    [
        ("night", ["Night ferry", "Night falls"]),  # two at most
        ("night f", ["Night falls"]),  # the other one is a query already
        ("falls", ["Night falls"]),
        ("kni", ["A knight"]),
        ("by n", []),  # it has no address
    ],
)
def test_titles(english: Suggester, prefix: str, pages: list[str]) -> None:
    listed = [each for each in english.complete(prefix, 8) if each.kind == "page"]
    assert [each.text for each in listed] == pages
    assert all(each.url.startswith("https://example.org/") for each in listed)


@pytest.mark.parametrize(
    ("prefix", "kind", "values"),
    [
        ("night", "category", ["Night life"]),  # Night itself is a query already
        ("night ", "category", ["Night", "Night life"]),
        ("ferry new", "category", ["Ferry news"]),
        ("ann n", "query", ["Ann Night"]),
    ],
)
def test_categories_and_authors(english: Suggester, prefix: str, kind: str, values: list[str]) -> None:
    assert completions(english, prefix)[kind] == values


@pytest.mark.parametrize(
    ("limit", "texts"),
    [
        (1, ["night"]),
        (2, ["night", "Night life"]),
        (5, ["night", "Night life", "Night ferry", "Night falls"]),
        (6, ["night", "Nightly", "Night life", "Night ferry", "Night falls"]),
    ],
)
def test_few_completions_have_all_kinds(english: Suggester, limit: int, texts: list[str]) -> None:
    assert [each.text for each in english.complete("night", limit)] == texts


def test_a_long_prefix_is_cut(english: Suggester) -> None:
    spaces = " " * (MAX_PREFIX_CHARACTERS - len("night"))
    assert "night fog" in completions(english, f"night{spaces}fe")["query"], "the second word is beyond the limit"
    assert "night fog" not in completions(english, f"night{spaces[2:]}fe")["query"]


def test_an_empty_index_completes_nothing() -> None:
    reader = fill(MemoryEngine(RankingWeights()), [doc("a", "", "night"), "a"])
    assert Suggester(reader, {}).complete("night", 8) == ()


def test_a_phrase_continues_without_a_gap() -> None:
    assert completions(suggester([doc("a", "", "a night ferry")]), "night f") == {"query": ["night ferry"]}
    assert completions(suggester([doc("a", "", "the bank of the island")]), "bank of the i") == {"query": ["bank of the island"]}
    assert completions(suggester([doc("a", "", "a night by ferry")]), "night f") == {}


WRITTEN = [
    doc("a", "Die Nachtfähre", "Das Boot fährt. L’école ouvre ses portes.", language="de", authors=("Mirre Aldous",)),
    doc(
        "b",
        "Tides",
        "The tide mill turned. Wheat is cut. Both tide mills stand. The U.S. trade deficit of the Bank of Orrin",
        language="en",
    ),
    doc("d", "Le moulin à marée", "On a fermé le moulin à café.", language="fr"),
    doc("e", "The old storm bell rang", "Nothing else. Storm! Belts."),
    doc("c", "", "Mills in the bank of Orrin. This trade is old.", language="en"),
]


@pytest.mark.parametrize(
    ("prefix", "queries"),
    [
        ("nachtf", ["Nachtfähre"]),  # in a title only: with its accent and capital
        ("mir", ["Mirre", "Mirre Aldous"]),  # an author
        ("tide-m", ["tide mill", "tide mills"]),  # a hyphen that the pages do not write
        ("the ti", ["The tide"]),  # after a stop word, only what pages have next to it
        ("the mi", []),
        ("thi", []),  # a stop word is no completion
        ("when is", []),  # not wheat: stop words are not in the index
        ("us tr", ["U.S. trade"]),
        ("u.s. tr", ["U.S. trade"]),
        ("bank of", ["bank of Orrin"]),  # what follows a whole word
        ("moulin a c", ["moulin à café"]),  # the accent of a stop word
        ("le moulin à m", []),  # the whole title: the page itself is listed
        ("moulin à m", ["moulin à marée"]),
        ("storm b", ["storm bell"]),  # in a title only
        ("tr&d", []),  # signs are no misspelling
    ],
)
def test_completions_are_written_as_in_the_pages(prefix: str, queries: list[str]) -> None:
    assert [each.text for each in suggester(WRITTEN).complete(prefix, 8) if each.kind == "query"] == queries
