"""Are two readings one document?"""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.dedup.near_duplicate import (
    MAX_WORDS,
    MINHASH_SIZE,
    NO_LETTERS,
    DuplicateEvidence,
    ShingledDocument,
    are_of_a_series,
    are_one_document,
    encoded_words,
    jaccard,
    minhash_of,
    reuses_guid,
    shingles_of,
    split_ascii,
    words_of,
)
from indexer.model import Document, Entry

DAY = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = [f"word{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(600)]


def text(seed: int, count: int = 200) -> list[str]:
    return Random(seed).choices(WORDS, k=count)


def reading(words: list[str], title: str = "Ferry sinks", days: int = 0) -> ShingledDocument:
    return ShingledDocument(Document("x", "", title, " ".join(words), date=DAY + timedelta(days=days)))


LONG = text(1)
NEARLY = [*LONG[:100], "another", *LONG[101:]]


@pytest.mark.parametrize(
    ("one", "other", "because", "expected"),
    [
        (reading(LONG), reading(LONG, "Ship lost off the coast", 9), DuplicateEvidence.TEXT, True),  # another paper's headline
        (reading(LONG), reading(NEARLY), DuplicateEvidence.TEXT, True),
        (reading(LONG), reading(NEARLY, "Ferry sank"), DuplicateEvidence.TEXT, True),
        (reading(LONG), reading(NEARLY, "Tram sinks"), DuplicateEvidence.TEXT, False),
        (reading(LONG), reading(text(2)), DuplicateEvidence.TEXT, False),
        (reading(LONG[:30]), reading(LONG[:30]), DuplicateEvidence.TEXT, False),  # too short to tell
        (reading(LONG[:30]), reading(LONG[:30]), DuplicateEvidence.URL_FORM, True),
        (reading(["closed"]), reading(["closed"]), DuplicateEvidence.URL_FORM, True),
        (reading(["closed"], "Room 1"), reading(["closed"], "Room 2"), DuplicateEvidence.URL_FORM, False),
        (reading(LONG, "Report 4"), reading(LONG, "Report 5", 7), DuplicateEvidence.TEXT, False),
        (reading(LONG, "Report 4"), reading(LONG, "Report 5", 7), DuplicateEvidence.GUID, False),
        (reading(LONG, "Two dead"), reading(NEARLY, "Three dead"), DuplicateEvidence.GUID, True),  # corrected on the same day
        (reading([*LONG, "1204"]), reading([*LONG, "1371"], days=7), DuplicateEvidence.TEXT, False),
        (reading([*LONG, "1204"]), reading([*LONG, "1371"]), DuplicateEvidence.TEXT, True),
        (reading(LONG), reading([*LONG[:120], *text(3, 80)]), DuplicateEvidence.GUID, False),
        (reading(LONG), reading([*LONG[:160], *text(3, 40)]), DuplicateEvidence.GUID, True),
        (reading(LONG), reading(LONG[:80]), DuplicateEvidence.NAMED, True),  # an AMP version with less
        (reading(LONG), reading(text(2)), DuplicateEvidence.NAMED, False),
    ],
)
def test_same(one: ShingledDocument, other: ShingledDocument, because: DuplicateEvidence, expected: bool) -> None:
    assert are_one_document(one, other, because) is expected
    assert are_one_document(other, one, because) is expected


def sharing(common: int, count: int = 120) -> tuple[ShingledDocument, ShingledDocument]:
    """Return two texts of so many different words, which begin with the same ones. Each has a shingle for all but three words."""
    return reading(WORDS[:count]), reading([*WORDS[:common], *WORDS[count : 2 * count - common]])


@pytest.mark.parametrize(
    ("common", "jaccard_share", "is_one"),
    [
        (57, 54 / 180, True),  # three tenths of all shingles
        (56, 53 / 181, False),
        (74, 71 / 163, True),  # 61 % of the shingles of each: it would suffice as well
    ],
)
def test_a_page_that_names_the_other_may_differ_in_most(common: int, jaccard_share: float, is_one: bool) -> None:
    one, other = sharing(common)
    assert jaccard(one.shingles, other.shingles) == pytest.approx(jaccard_share)
    assert are_one_document(one, other, DuplicateEvidence.NAMED) is is_one
    assert not are_one_document(one, other, DuplicateEvidence.TEXT)


@given(st.text(max_size=300), st.text(max_size=300))
def test_resemblance_is_a_share_and_alike_texts_have_alike_sketches(one: str, other: str) -> None:
    hashes = shingles_of(encoded_words(one)), shingles_of(encoded_words(other))
    a, b = (frozenset(each.tolist()) for each in hashes)
    assert 0 <= jaccard(a, b) == jaccard(b, a) <= 1
    assert jaccard(a, a) == 1
    assert (a == b) <= (minhash_of(hashes[0]) == minhash_of(hashes[1]))
    assert minhash_of(hashes[0]) == tuple(sorted(a)[:MINHASH_SIZE])


def test_texts_that_are_alike_share_most_of_their_sketch() -> None:
    shared = []
    for seed in range(200):
        words = text(seed)
        changed = [*words[:70], "changed", *words[71:140], "again", *words[141:]]
        sketches = [minhash_of(shingles_of(encoded_words(" ".join(each)))) for each in (words, changed)]
        shared.append(len(set(sketches[0]) & set(sketches[1])))
    assert min(shared) >= MINHASH_SIZE / 2
    assert sum(shared) / len(shared) > 0.85 * MINHASH_SIZE


def test_scripts_without_spaces_have_words() -> None:
    assert len(words_of("\u6e21\u8f2a\u6c88\u6ca1")) == 4


@pytest.mark.parametrize(
    ("words", "because", "expected"),
    [
        (50, DuplicateEvidence.TEXT, True),
        (49, DuplicateEvidence.TEXT, False),
        (1, DuplicateEvidence.GUID, True),
        (1, DuplicateEvidence.NAMED, True),
    ],
)
def test_how_long_equal_texts_must_be(words: int, because: DuplicateEvidence, expected: bool) -> None:
    assert are_one_document(reading(LONG[:words]), reading(LONG[:words], "Another title"), because) is expected


@pytest.mark.parametrize("because", [DuplicateEvidence.GUID, DuplicateEvidence.URL_FORM])
def test_nearly_equal_texts_need_twenty_words(because: DuplicateEvidence) -> None:
    """One word more at the end leaves all runs but one."""
    assert are_one_document(reading(LONG[:20]), reading(LONG[:21]), because)
    assert not are_one_document(reading(LONG[:19]), reading(LONG[:20]), because)


@pytest.mark.parametrize(("hours", "expected"), [(0, True), (36, True), (37, False)])
def test_a_headline_is_corrected_within_a_day_and_a_half(hours: int, expected: bool) -> None:
    later = ShingledDocument(Document("x", "", "Three dead", " ".join(NEARLY), date=DAY + timedelta(hours=hours)))
    assert are_one_document(reading(LONG, "Two dead"), later, DuplicateEvidence.GUID) is expected
    assert are_one_document(later, reading(LONG, "Two dead"), DuplicateEvidence.GUID) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Report 4", "Report 5", True),
        ("Report of May", "Report of June", True),
        ("Budget 2024 approved", "Budget 2025 rejected", True),  # in other words as well
        ("Report", "Report 5", False),  # only one has something more
        ("Report on ferries", "Report on trams", False),  # they differ, but in no number and no date
        ("Report 4", "Report 4", False),
    ],
)
def test_titles_of_a_series_differ_in_a_number_or_a_date(one: str, other: str, expected: bool) -> None:
    assert are_of_a_series(one, other) is expected
    assert are_of_a_series(other, one) is expected


def test_a_title_with_the_name_of_its_site_is_the_same_title() -> None:
    assert are_one_document(reading(LONG), reading(NEARLY, "Ferry sinks | The Tide"), DuplicateEvidence.TEXT)
    assert are_one_document(
        reading(LONG, "Ferry sinks"), reading(NEARLY, "Boat founders"), DuplicateEvidence.TEXT
    )  # nothing in common
    assert not are_one_document(reading(LONG, "Ferry sinks"), reading(NEARLY, "Ferry sank fast"), DuplicateEvidence.TEXT)


FERRY = Entry(
    "https://n.example/a", guid="7", title="The ferry is back", content_html="<p>It crosses the estuary again after nine winters."
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"title": "Bread prices rise", "content_html": "<p>Bakers blame the wet summer and dear flour."}, True),
        ({"title": "The ferry is back again"}, False),  # its title was corrected
        ({"content_html": "<p>Bakers blame the wet summer and dear flour."}, False),  # its text was rewritten
        ({"title": "", "content_html": "<p>Bakers blame the wet summer and dear flour."}, False),
    ],
)
def test_a_guid_stands_for_another_item_if_title_and_text_differ(changes: dict[str, str], expected: bool) -> None:
    assert reuses_guid(FERRY, dataclasses.replace(FERRY, **changes)) is expected


def test_items_of_one_moment_are_one_item() -> None:
    moment = datetime(2026, 5, 1, tzinfo=UTC)
    other = {"title": "Bread prices rise", "content_html": "<p>Bakers blame the wet summer and dear flour."}
    dated = dataclasses.replace(FERRY, published=moment)
    assert not reuses_guid(dated, dataclasses.replace(dated, **other))
    assert reuses_guid(dated, dataclasses.replace(dated, published=moment + timedelta(days=1), **other))


@given(st.text(st.one_of(st.characters(max_codepoint=127), st.sampled_from("‘’“”–—…äß東\u0300\xa0_"))))
def test_the_quick_way_to_the_words_of_ascii_texts_gives_the_same_words(text: str) -> None:
    folded = text.casefold()
    words = split_ascii(folded, NO_LETTERS)
    assert (words is None) is any(ord(letter) > 127 and letter not in "‘’“”–—…" for letter in folded)
    if words is not None:
        assert words == re.findall(r"[^\W_]+", folded) == words_of(text)


@given(st.text(st.one_of(st.characters(), st.characters(max_codepoint=127), st.sampled_from("‘’“”–—…äß東_"))))
def test_the_words_in_bytes_are_the_words_of_a_text(text: str) -> None:
    assert encoded_words(text) == [word.encode("utf-8", "surrogatepass") for word in words_of(text)]


def test_a_text_of_too_many_words_is_cut_off_the_same_way_in_bytes() -> None:
    text = "a b " * MAX_WORDS
    assert len(encoded_words(text)) == len(words_of(text)) == MAX_WORDS
