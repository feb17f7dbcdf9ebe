"""Other spellings of one word: joined, apart, in parts, and compounds at the edges of their bounds."""

from __future__ import annotations

import pytest

from indexer.engines.base import MAX_SPLIT_CHARACTERS
from indexer.engines.memory import MemoryEngine
from indexer.model import RankingWeights
from indexer.search.compounds import compounds
from indexer.search.orthographic_variants import MAX_CHARACTERS, MAX_NUMBER_PARTS, spelling_variants, splits
from support.contract_corpus import doc, fill


@pytest.mark.parametrize(
    ("text", "parts", "variants"),
    [
        ("wifi", ["wifi"], []),  # letters alone may be apart anywhere
        ("covid19", ["covid19"], ["covid-19"]),
        ("4x4", ["4x4"], ["4-x-4"]),
        ("a1b2", ["a1b2"], []),  # four parts
        ("Wi-Fi", ["wi", "fi"], ["wifi"]),
        ("U.S.A", ["u", "s", "a"], ["usa"]),
        ("a-b-c-d", ["a", "b", "c", "d"], []),
        ("COVID-19", ["covid", "19"], ["covid19"]),
        ("4-x-4", ["4", "x", "4"], ["4x4"]),
        ("4-x-4-y", ["4", "x", "4", "y"], []),
        ("12-05", ["12", "05"], []),
        ("1,000", ["1", "000"], ["1000"]),
        ("1.000.000.000", ["1", "000", "000", "000"], ["1000000000"]),
        ("1.000.00", ["1", "000", "00"], []),
        ("20000", ["20000"], ["20-000"]),
        ("1234567", ["1234567"], ["1-234-567"]),
        ("123456", ["123456"], ["123-456"]),
        ("999", ["999"], []),
        ("1799", ["1799"], ["1-799"]),
        ("1800", ["1800"], []),  # years
        ("2099", ["2099"], []),
        ("2100", ["2100"], ["2-100"]),
        ("01234", ["01234"], []),
        ("123456789012", ["123456789012"], ["123-456-789-012"]),
        ("1234567890123", ["1234567890123"], []),
        ("a" * (MAX_CHARACTERS - 2) + "-b", ["a" * (MAX_CHARACTERS - 2), "b"], ["a" * (MAX_CHARACTERS - 2) + "b"]),
        ("a" * (MAX_CHARACTERS - 1) + "-b", ["a" * (MAX_CHARACTERS - 1), "b"], []),
    ],
)
def test_variants(text: str, parts: list[str], variants: list[str]) -> None:
    assert list(spelling_variants(text, parts)) == variants


@pytest.mark.parametrize(
    ("surface", "indexed", "parts"),
    [
        ("abc", "a bc", [("a", "bc")]),
        ("ab", "a b", []),
        ("abc", "a b c", []),  # words of letters have two parts
        ("abcd", "a ab bcd cd", [("a", "bcd"), ("ab", "cd")]),
        ("abc", "abc", []),
        ("1bc", "1 b c", [("1", "b", "c")]),
        ("1bc", "1 bc b c", [("1", "bc"), ("1", "b", "c")]),
        ("1" * MAX_NUMBER_PARTS, "1", [("1",) * MAX_NUMBER_PARTS]),
        ("1" * (MAX_NUMBER_PARTS + 1), "1", []),
        ("a" * MAX_SPLIT_CHARACTERS, "a " + "a" * (MAX_SPLIT_CHARACTERS - 1), [("a", "a" * 23), ("a" * 23, "a")]),
        ("a" * (MAX_SPLIT_CHARACTERS + 1), "a " + "a" * MAX_SPLIT_CHARACTERS, []),
    ],
)
def test_splits_with_the_fewest_parts_first(surface: str, indexed: str, parts: list[tuple[str, ...]]) -> None:
    assert splits(surface, set(indexed.split()).__contains__) == parts


@pytest.mark.parametrize(
    ("word", "language", "forms", "expected"),
    [
        ("haus", "de", "haustier tier", {"haustier"}),
        ("haus", "de", "hauslich lich", set()),  # an ending
        ("haus", "de", "hausbau bau", set()),  # a rest of three letters
        ("haus", "de", "haustier", {"haustier"}),  # the rest is a frequent part of compounds
        ("haus", "de", "hausgnom", set()),  # the rest is no word
        ("haus", "de", "haus12345 12345", set()),
        ("arbeit", "de", "arbeitsmarkt markt", {"arbeitsmarkt"}),
        ("arbeit", "de", "arbeitxmarkt markt", set()),
        ("arbeit", "nl", "arbeitenmarkt markt", {"arbeitenmarkt"}),
        ("arbeit", "nl", "arbeitermarkt markt", set()),  # a German link
        ("markt", "de", "arbeitsmarkt arbeit", {"arbeitsmarkt"}),
        ("platz", "de", "sportplatz sport", {"sportplatz"}),
        ("rung", "de", "bohrung bohr", set()),  # four letters end too many words
        ("haus", "de", "bankhaus", {"bankhaus"}),  # unless they often end compounds
        ("schutz", "de", "grenzschutz grenze", {"grenzschutz"}),  # it lost its e
        ("schaft", "de", "landschaft land", set()),
    ],
)
def test_compounds(word: str, language: str, forms: str, expected: set[str]) -> None:
    documents = [doc(form, "", form, language=language) for form in forms.split()]
    assert set(compounds(word, language, fill(MemoryEngine(RankingWeights()), documents))) == expected
