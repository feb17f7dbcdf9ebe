"""What a builder does quickly is what the analyzer and the postings say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from indexer.analysis.analyzer import chunks
from indexer.engines.fields import facet_values
from indexer.engines.whoosh.storage.layout import FACETS, SEPARATOR
from indexer.engines.whoosh.write.segment_builder import SegmentBuilder, _facets
from indexer.engines.whoosh.write.word_ids import runs
from indexer.model import Document


@given(st.text(alphabet="ab9'_- .\n\x1f’é", max_size=15))
def test_runs_are_those_of_the_analyzer(text: str) -> None:
    assert runs(text) == chunks(text)


@given(st.text(max_size=40))
def test_runs_of_any_text(text: str) -> None:
    assert runs(text) == chunks(text)


@given(st.lists(st.sampled_from(["", "a", "b", "c"]), max_size=4).map(tuple), st.sampled_from(["", "a"]))
def test_facets_are_those_of_the_postings(values: tuple[str, ...], one: str) -> None:
    document = Document("x", "", "", "", language=one, source=one, categories=values, authors=values[::-1])
    assert dict(_facets(document)) == {name: SEPARATOR.join(facet_values(document)[name]) for name in FACETS}


def test_letters_of_scripts_without_spaces_count_as_words() -> None:
    """A segment is cut by what its making takes: a run of Chinese is one piece of text and thousands of terms."""
    builder = SegmentBuilder()
    builder.add(Document("x", "", "Ferry", "the ferry returns to the harbour"))
    assert builder.word_count == 7
    builder.add(Document("y", "", "", "\u6771\u4eac" * 500))
    assert builder.word_count == 1007
