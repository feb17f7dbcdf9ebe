"""The characteristic terms of documents: for similar documents, and for relevance feedback."""

from __future__ import annotations

import pytest

from indexer.engines.base import Reader
from indexer.engines.memory import MemoryEngine
from indexer.model import Match, RankingWeights
from indexer.query.nodes import TEXT_FIELDS, Terms
from indexer.search.more_like_this import MAX_CHARACTERS, MAX_TERMS, characteristic_terms, similar_documents
from indexer.search.relevance_feedback import FEEDBACK_WEIGHT, MAX_DOCUMENTS, with_feedback
from support.contract_corpus import doc, fill
from support.tree_text import tree_text

DOCUMENTS = [
    doc("a", "Lantern", "lantern wick wick solder of glass the 12 née"),
    doc("b", "Wick", "wick glass"),
    doc("c", "", "solder fog"),
    doc("d", "", "fog fog glass"),
    doc("e", "", "fog wall"),
]
LANTERN = Terms(("en/lantern",), TEXT_FIELDS)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return fill(MemoryEngine(RankingWeights()), DOCUMENTS)


@pytest.mark.parametrize(
    ("number", "terms"),
    [
        (0, ["en/lantern", "en/wick", "en/solder", "en/glass"]),  # 2/2, 2/3, 1/3, 1/4; shorter words are none
        (1, ["en/wick", "en/glass"]),
        (2, ["en/solder"]),
        (3, ["en/glass"]),
        (4, ["en/wall"]),
    ],
)
def test_frequent_here_and_rare_elsewhere(reader: Reader, number: int, terms: list[str]) -> None:
    assert characteristic_terms(DOCUMENTS[number], reader) == terms


def test_their_number_is_bounded_and_so_is_the_text(reader: Reader) -> None:
    words = " ".join(f"harbour{letter}" for letter in "abcdefghijklmno")
    assert len(characteristic_terms(doc("x", "", words), reader)) == MAX_TERMS
    late = characteristic_terms(doc("x", "", "fog " * (MAX_CHARACTERS // 4) + "lighthouse"), reader)
    assert late == []


@pytest.mark.parametrize(
    ("number", "size", "ids", "total"),
    [(0, 9, ["b", "c", "d"], 3), (0, 1, ["b"], 3), (1, 9, ["a", "d"], 2), (2, 9, ["a"], 1), (4, 9, [], 0)],
)
def test_similar_documents_are_others(reader: Reader, number: int, size: int, ids: list[str], total: int) -> None:
    document = DOCUMENTS[number]
    matches = similar_documents(document, characteristic_terms(document, reader), reader, size)
    assert ([match.document.id for match in matches.matches], matches.total) == (ids, total)


def test_a_document_without_terms_has_no_similar_ones(reader: Reader) -> None:
    matches = similar_documents(DOCUMENTS[0], [], reader, 9)
    assert (matches.matches, matches.total) == ((), 0)


def test_terms_of_the_best_documents_are_preferred_by_their_share(reader: Reader) -> None:
    (best,) = reader.search(LANTERN).matches
    half = FEEDBACK_WEIGHT / 2  # wick is there twice, the others once
    expected = f"(<en/lantern> >> <en/wick>*{FEEDBACK_WEIGHT:g}, <en/solder>*{half:g}, <en/glass>*{half:g})"
    assert tree_text(with_feedback(LANTERN, [best], reader)) == expected, "lantern is in no other document"


def test_better_documents_count_more(reader: Reader) -> None:
    one, other = Match(DOCUMENTS[1], 1.0), Match(DOCUMENTS[3], 3.0)
    # wick 2/3 of one; glass 1/3 of one, and 1/3 of the other one three times; fog 2/3 of it, three times
    expected = f"(<en/lantern> >> <en/fog>*{FEEDBACK_WEIGHT:g}, <en/glass>*{FEEDBACK_WEIGHT * 2 / 3:g}, <en/wick>*{FEEDBACK_WEIGHT / 3:g})"
    assert tree_text(with_feedback(LANTERN, [one, other], reader)) == expected


def test_only_the_best_documents_are_read(reader: Reader) -> None:
    matches = [Match(DOCUMENTS[1], 1.0)] * MAX_DOCUMENTS + [Match(DOCUMENTS[3], 9.0)]
    assert "fog" not in tree_text(with_feedback(LANTERN, matches, reader))


def test_without_characteristic_terms_the_tree_remains(reader: Reader) -> None:
    assert with_feedback(LANTERN, [], reader) is LANTERN
    assert with_feedback(LANTERN, [Match(doc("x", "", "unheard"), 1.0)], reader) is LANTERN
