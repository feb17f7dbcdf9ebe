"""Which documents look wrongly extracted, each beside neighbours that look well."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import pytest

from indexer.archive.statistics import DocumentSample
from indexer.diagnostics.quality_checks import ADVICE, QualityIssue, find_issues

NAME, URL = "Gazette", "https://www.gazette.example/rss.xml"


def well(number: int, **changes: object) -> DocumentSample:
    made = DocumentSample(
        id=str(number), url=f"https://gazette.example/{number}", title=f"Title {number}", source_id=1, language="en", rule="trafilatura",
        length=2_000 + number, feed_length=300, fingerprint=number, has_page=True,
    )  # fmt: skip
    return dataclasses.replace(made, **changes)


def among_others(*odd: DocumentSample) -> list[QualityIssue]:
    return find_issues([*(well(number) for number in range(20)), *odd], NAME, URL)


def kinds(found: Iterable[QualityIssue]) -> dict[str, str]:
    return {one.id: one.kind for one in found}


def test_what_looks_well_is_not_suspected() -> None:
    assert among_others() == []
    assert find_issues([], NAME, URL) == []


def test_versions_for_other_readers_that_wait_for_their_translation_are_not_suspected() -> None:
    addresses = ("https://gazette.example/en/one", "https://gazette.example/de/one", "https://gazette.example/fr-be/one")
    versions = [well(30 + n, url=url, fingerprint=99) for n, url in enumerate(addresses)]
    assert among_others(*versions) == []
    odd = well(40, url="https://gazette.example/en/log-in", fingerprint=99)
    assert set(kinds(among_others(*versions, odd)).values()) == {"same-text"}


@pytest.mark.parametrize(
    ("changes", "kind", "said"),
    [
        ({"rule": "body+selector-missed"}, "selector", "matched nothing"),
        ({"title": "gazette"}, "title", "site's name"),
        ({"title": "www.gazette.example"}, "title", "site's name"),
        ({"fingerprint": 3}, "same-text", "https://gazette.example/3"),
        ({"rule": "feed"}, "feed-has-more", "less text than the feed has"),
        ({"rule": "body"}, "body", "whole page"),
        ({"length": 60}, "short", "60 characters; the median of its source is 2,009"),
        ({"language": "fr"}, "language", "is in fr"),
    ],
)  # fmt: skip
def test_what_looks_odd_is_suspected(changes: dict[str, object], kind: str, said: str) -> None:
    found = {one.id: one for one in among_others(well(99, **changes))}
    assert found["99"].kind == kind
    assert said in found["99"].what
    assert ADVICE[found["99"].kind].remedy
    assert set(found) - {"99"} <= {"3"}  # its twin


@pytest.mark.parametrize(
    "changes",
    [
        {"rule": "feed", "has_page": False},  # its page cannot be had: that is told elsewhere
        {"rule": "feed", "feed_length": 100},
        {"length": 60, "has_page": False},
        {"length": 60, "language": "ja"},  # other scripts say more with fewer letters
        {"length": 20, "language": "fr"},  # too short to tell a language by
        {"language": "und"},
    ],
)
def test_what_has_a_reason_is_not(changes: dict[str, object]) -> None:
    assert [
        one.kind for one in among_others(well(99, **changes)) if one.kind != "language" or changes.get("language") != "ja"
    ] == []


def test_what_most_documents_of_a_source_have_is_its_way() -> None:
    whole_text_in_the_feed = [well(number, rule="feed") for number in range(20)]
    assert find_issues(whole_text_in_the_feed, NAME, URL) == []
    in_two_languages = [well(number, language="en" if number % 3 else "de") for number in range(20)]
    assert find_issues(in_two_languages, NAME, URL) == []
    notes = [well(number, length=120 + number) for number in range(20)]
    assert find_issues([*notes, well(99, length=9)], NAME, URL) == []


def test_a_title_that_many_share_is_none() -> None:
    found = among_others(*(well(number, title="Press release") for number in range(90, 93)))
    assert kinds(found) == {"90": "title", "91": "title", "92": "title"}
    assert kinds(among_others(well(90, title="Weather"), well(91, title="Weather"))) == {}


def test_a_document_is_suspected_once_of_the_worst() -> None:
    found = among_others(well(99, title="Gazette", rule="body", length=60, language="fr"))
    assert kinds(found) == {"99": "title"}
