"""Forms of one word find each other, and other words do not: 40 pairs in each of ten languages, judged by hand.

`word_forms.tsv` has a line for each language and kind: pairs of one word (`same`) and of two (`other`).
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.model import Change, Document, RankingWeights, SearchRequest
from indexer.search.searcher import Searcher

PAIRS = {
    (language, kind): [tuple(pair.split()) for pair in pairs.split("; ")]
    for language, kind, pairs in (
        line.split("\t") for line in Path(__file__).with_name("word_forms.tsv").read_text("utf-8").splitlines()
    )
}
LANGUAGES = sorted({language for language, _ in PAIRS})
MIN_FOUND_OF_34 = 28  # in each language
MIN_FOUND, MAX_JOINED = 316, 4  # of 340 and of 60; they were 317 and 3 when this was set


def finds(language: str, one: str, other: str) -> bool:
    """Return whether a page with the other form is among the hits for the one, with a page of each in the index."""
    engine = MemoryEngine(RankingWeights())
    pages = [Document(name, f"https://example.org/{name}", "-", f"{name}.", language=language) for name in (one, other)]
    engine.writer().apply([Change(n, page.id, page) for n, page in enumerate(pages, 1)], len(pages))
    result = Searcher(engine).search(SearchRequest(one))
    return not result.relaxed and other in [hit.document.id for hit in result.hits]


@pytest.fixture(scope="module")
def found() -> Counter[tuple[str, str]]:
    return Counter({key: sum(finds(key[0], *pair) for pair in pairs) for key, pairs in PAIRS.items()})


def test_there_are_40_pairs_in_each_of_ten_languages() -> None:
    assert {language: sum(len(PAIRS[language, kind]) for kind in ("same", "other")) for language in LANGUAGES} == dict.fromkeys(
        LANGUAGES, 40
    )
    assert len(LANGUAGES) == 10


@pytest.mark.parametrize("language", LANGUAGES)
def test_forms_of_one_word_find_each_other(language: str, found: Counter[tuple[str, str]]) -> None:
    assert found[language, "same"] >= MIN_FOUND_OF_34


def test_the_sums_do_not_fall(found: Counter[tuple[str, str]]) -> None:
    assert sum(found[language, "same"] for language in LANGUAGES) >= MIN_FOUND
    assert sum(found[language, "other"] for language in LANGUAGES) <= MAX_JOINED
