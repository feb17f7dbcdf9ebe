"""The compiled kernel writes the hits of a result as Python describes them, byte by byte."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indexer.model import Document, Fragment, Hit
from indexer.search.result_json import hit_mapping
from indexer.snippets import kernel
from support.engines import require_kernel

texts = st.text(max_size=40) | st.text("<>&'\"\\/\n\t\x00\x1f\x7fé“港😀a ", max_size=60)
several = st.lists(texts, max_size=3).map(tuple)
zones = st.sampled_from([UTC, None, *(timezone(timedelta(hours=h, minutes=m)) for h, m in ((2, 0), (-5, -30), (0, 1)))])
moments = st.none() | st.builds(lambda moment, zone: moment.replace(tzinfo=zone), st.datetimes(), zones)
documents = st.builds(
    Document,
    id=texts,
    url=texts,
    title=texts,
    text=texts,
    language=st.sampled_from(["en", "und", "zh"]),
    date=moments,
    authors=several,
    categories=several,
    source=texts,
    image=st.none() | texts,
    also=several,
)
fragments = st.lists(st.builds(Fragment, texts, st.booleans()), max_size=5).map(tuple)
hits = st.builds(
    Hit,
    document=documents,
    score=st.floats(0, 1e6).map(lambda score: score if score >= 1e-3 else 0.0),
    title=fragments,
    snippet=fragments,
    missing=several,
    pinned=st.booleans(),
    similar=st.lists(documents, max_size=2).map(tuple),
)
NO_DOCUMENT: Any = None
BARE = Hit(NO_DOCUMENT, 1.0, (), ())
HARBOUR = Document("h", "https://example.org/", "Harbour", "", date=datetime(2020, 5, 27, 9, 6, 40, 999_999, UTC))


def by_kernel(*several: Hit) -> bytes | None:
    require_kernel()
    assert kernel.hits_json is not None
    return kernel.hits_json(several)


@given(st.lists(hits, max_size=4))
@example([Hit(HARBOUR, 12.0, (Fragment("a" * 16 + "<"), Fragment("b" * 15 + '"', True)), (Fragment("x" * 5_000, True),))])
def test_the_json_of_hits_is_that_of_python(several: list[Hit]) -> None:
    assert by_kernel(*several) == orjson.dumps([hit_mapping(hit) for hit in several])


@pytest.mark.parametrize("score", [0.00000149, 1e-6, -2.5, 123_456_789.123_456_7])
def test_scores_are_rounded_as_by_python(score: float) -> None:
    written = by_kernel(Hit(HARBOUR, score, (), ()))
    assert written is not None
    assert orjson.loads(written)[0]["score"] == round(score, 6)


@pytest.mark.parametrize(
    "hit",
    [
        Hit(HARBOUR, float("nan"), (), ()),
        Hit(HARBOUR, 1e300, (), ()),
        Hit(HARBOUR, 1.0, (Fragment("\ud800"),), ()),
        Hit(Document("\udfff", "", "", ""), 1.0, (), ()),
    ],
)
def test_what_the_kernel_cannot_write_is_left_to_python(hit: Hit) -> None:
    assert by_kernel(hit) is None


@pytest.mark.parametrize(
    ("wrong", "error"),
    [(["no tuple"], TypeError), ((BARE,), AttributeError), ((HARBOUR,), None)],
)
def test_other_objects_are_refused(wrong: Any, error: type[Exception] | None) -> None:
    require_kernel()
    assert kernel.hits_json is not None
    if error is None:
        assert kernel.hits_json(wrong) is None
    else:
        with pytest.raises(error):
            kernel.hits_json(wrong)
