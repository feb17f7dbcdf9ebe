"""What synonyms and stop words of the operator make of a query, as whole trees."""

from __future__ import annotations

import pytest

from indexer.curation.curation import Curation, folded_stop_words
from indexer.curation.synonyms import SynonymTable, parse_synonyms
from indexer.engines.memory import MemoryEngine
from indexer.model import RankingWeights
from indexer.query.parse import parse
from indexer.search.curated_words import curate_words
from indexer.search.query_context import QueryContext, QueryNotes
from indexer.search.query_rewriting import analyse_words
from indexer.search.relaxation import relaxed
from support.contract_corpus import doc, fill
from support.tree_text import tree_text

SYNONYMS = """
tv, telly, television set
new york, nyc
pc => desktop
mac => apple, macintosh
usb stick => memory
ferry, boat
ferry => ship
wi-fi, wireless
"""


def curated(query: str, synonyms: str = SYNONYMS, *, is_relaxed: bool = False) -> tuple[str, QueryNotes]:
    curation = Curation(SynonymTable(parse_synonyms(synonyms, "s")), stop_words=folded_stop_words(("Inc", "cheap")))
    reader = fill(MemoryEngine(RankingWeights()), [doc("a", "A wall")])
    context = QueryContext(reader, ("en",), RankingWeights(), curation=curation)
    node, notes = parse(query).node, QueryNotes()
    typed = relaxed(node) if is_relaxed else node
    analysed = analyse_words(typed, context, notes) if typed else None
    return tree_text(curate_words(analysed, context, notes) if analysed else None), notes


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("telly", '(telly | "tv"^0.8 | "television+set"^0.4)'),
        ("television set", '(((television set) | "tv"^0.8 | "telly"^0.8))'),
        ("wall telly", '(wall (telly | "tv"^0.8 | "television+set"^0.4))'),
        ("nyc hotel", '((nyc | "new+york"^0.4) hotel)'),
        ("new york hotel", '(((new york) | "nyc"^0.8) hotel)'),
        ("york new", "(york new)"),
        ("new", "new"),
        ("pc", '"desktop"'),
        ("mac pc", '(("apple" | "macintosh") "desktop")'),
        ("usb stick", '("memory")'),
        ("ferry", '(ferry | "boat"^0.8 | "ship"^0.8)'),
        ("Wi-Fi", '(wi+fi | "wireless"^0.8)'),
        ("wireless", '(wireless | "wi+fi"^0.4)'),
        ("ferry-king", "ferry+king"),  # a word of it has synonyms
        ("usb -stick", "(usb -stick)"),
        ("title:nyc", "title:nyc"),
        ('"new york"', '"new+york"'),
        ("wall -nyc", "(wall -nyc)"),
        ("ferry OR wall", "(ferry | wall)"),
        ("(ferry wall) OR mac", "((ferry wall) | mac)"),
    ],
)
def test_synonyms(query: str, tree: str) -> None:
    assert curated(query)[0] == tree


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("new york hotel", '([new: (new | "nyc"^0.4)] | [york: (york | "nyc"^0.4)] | [hotel])'),
        ("usb stick", '([usb: "memory"] | [stick: "memory"])'),
        ("mac wall", '([mac: ("apple" | "macintosh")] | [wall])'),
        ("nyc inc", '[nyc: (nyc | "new+york"^0.4)]'),
        ("nyc wall -mac language:en", '(([nyc: (nyc | "new+york"^0.4)] | [wall]) -mac =language=en)'),
        ("wall mill inc title:nyc", "(([wall] | [mill]) title:nyc)"),
        ("wall inc title:mill", "([wall] title:mill)"),
    ],
)
def test_in_a_relaxed_query_each_word_has_the_synonym_with_its_share_of_the_score(query: str, tree: str) -> None:
    assert curated(query, is_relaxed=True)[0] == tree


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("wall inc", "wall"),
        ("INC wall mill", "(wall mill)"),
        ("inc", "inc"),
        ("inc cheap", "(inc cheap)"),
        ("inc OR wall", "wall"),
        ("inc-cheap wall", "wall"),
        ("inc-wall mill", "(inc+wall mill)"),
        ("inc -wall", "(inc -wall)"),
        ("inc title:wall", "(inc title:wall)"),
        ("inc wall -mill", "(wall -mill)"),
        ("title:inc wall", "(title:inc wall)"),
        ('"inc" wall', '("inc" wall)'),
    ],
)
@pytest.mark.parametrize("synonyms", ["", SYNONYMS])
def test_stop_words_are_dropped_if_a_plain_word_remains(query: str, tree: str, synonyms: str) -> None:
    assert curated(query, synonyms)[0] == tree


def test_the_notes_name_the_rules_and_the_words_that_have_synonyms() -> None:
    _, notes = curated("ferry new york wall")
    assert notes.rules == ["s, line 7: also boat", "s, line 8: instead ship", "s, line 3: also nyc"]
    assert notes.curated_words == {"ferry", "new", "york"}
    _, notes = curated("wall")
    assert (notes.rules, notes.curated_words) == ([], set())
