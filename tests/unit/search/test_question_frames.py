"""What only introduces a question is left out; what a question is about remains, and so do short queries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.query.format import format_query
from indexer.query.nodes import And, Word
from indexer.query.parse import parse
from indexer.search import question_frames
from indexer.search.question_frames import MAX_FRAME_WORDS, framing_words, without_question_frames


@pytest.mark.parametrize(
    ("question", "remains"),
    [
        (
            "What papers exist which deal with night ferries (NF), a service for islands?",
            "night ferries NF a service for islands",
        ),
        ("I am interested in articles written either by Ann Vik or Bo Lund", "Ann Vik or Bo Lund"),
        (
            "I AM INTERESTED IN HARBOUR WALLS OF STONE. I WOULD LIKE TO RECEIVE INFORMATION ON THEIR REPAIR",
            "HARBOUR WALLS OF STONE. THEIR REPAIR",
        ),
        ("I'm looking for lists of old harbour pilots", "lists of old harbour pilots"),
        ("Give me all reports on mills, wheels and tides", "mills, wheels and tides"),
        ("Where can I find oysters in the harbour?", "oysters in the harbour?"),
        ("how do we get to Skarn", "to Skarn"),
        ("please tell me about crabs", "crabs"),
        ("how much does the night ferry cost", "the night ferry cost"),
        ("I'd like to know more about ferries", "ferries"),
        ("has anyone investigated the decay of sea walls", "the decay of sea walls"),
    ],
)
def test_the_frame_of_a_question_is_left_out(question: str, remains: str) -> None:
    assert format_query(without_question_frames(parse(question).node)) == format_query(parse(remains).node)


@pytest.mark.parametrize(
    "query",
    [
        "papers on migration",  # too short: it may ask for papers
        "articles of incorporation of a ferry company",
        "looking for Alaska",
        "tell me about it",
        "how to find the harbour master",
        "find the lost dog of the harbour master",
        "title:papers on old harbour walls",
        "information technology of large harbours",
    ],
)
def test_what_may_be_the_subject_remains(query: str) -> None:
    node = parse(query).node
    assert without_question_frames(node) == node


def test_each_sentence_has_its_own_frame() -> None:
    words = "Ferries leave at night. I want information about the timetable; are there any others?".split()
    assert [words[number] for number in sorted(framing_words(words))] == [
        *"I want information about".split(),
        *"are there any".split(),
    ]


@pytest.mark.parametrize(
    ("text", "framing"),
    [
        ("I would like to find information about ferries", "I would like to find information about"),
        (
            "we are also interested in recent papers and reports on tides",
            "we are also interested in recent papers and reports on",
        ),
        ("please send us all documents concerning walls", "please send us all documents concerning"),
        ("which articles describe harbour walls", "which articles describe"),
        ("are there any harbours", "are there any"),
        ("show me ferries", "show me"),
        ("literature regarding tides", "literature regarding"),
        ("literature", ""),
        ("information technology", ""),
        ("interested parties", ""),
        ("", ""),
    ],
)
def test_the_words_that_introduce_a_sentence(text: str, framing: str) -> None:
    words = text.split()
    numbers = framing_words(words)
    assert numbers == set(range(len(framing.split())))
    assert " ".join(words[: len(numbers)]) == framing


def test_a_frame_is_bounded() -> None:
    long = "I am also particularly especially mainly currently very interested in any other further available papers".split()
    assert len(framing_words([*long, "on", "tides"])) <= MAX_FRAME_WORDS


@pytest.mark.parametrize(
    ("question", "is_shortened"),
    [
        ("articles about harbour walls tides", True),
        ("articles about harbour walls", False),  # two words would remain
        ("articles about the walls of a harbour", False),  # stop words do not count
        ('articles about "harbour walls" tides', False),
        ('articles about "harbour walls" tides ferry', True),
        ("harbour walls tides ferry", False),
    ],
)
def test_enough_words_must_remain(question: str, is_shortened: bool) -> None:
    node = parse(question).node
    assert (without_question_frames(node) != node) == is_shortened


FRAME_WORDS = (
    "what which articles papers about on please find me i am interested in looking for how many ferry harbour deal with".split()
)


@given(st.lists(st.sampled_from(FRAME_WORDS), min_size=4, max_size=12))
def test_one_test_tells_which_plain_words_have_no_frame(words: list[str]) -> None:
    query = And(tuple(map(Word, words)))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(question_frames, "_may_have_frame", lambda words: True)
        expected = without_question_frames(query)
    assert without_question_frames(query) == expected
