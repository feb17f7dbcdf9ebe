from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from indexer.query.date_ranges import span
from indexer.query.format import format_query
from indexer.query.grammar import MAX_LEAVES, MAX_WORDS
from indexer.query.nodes import (
    And,
    Boost,
    Constant,
    DateRange,
    Filter,
    Fuzzy,
    Node,
    Not,
    Nothing,
    Or,
    Phrase,
    Prefix,
    Wildcard,
    Word,
)
from indexer.query.parse import parse

A, B, C = Word("a1"), Word("b1"), Word("c1")


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("", Nothing()),
        ("a1", A),
        ("a1 b1", And((A, B))),
        ("a1 AND b1", And((A, B))),
        ("a1 OR b1 c1", Or((A, And((B, C))))),
        ("(a1 OR b1) c1", And((Or((A, B)), C))),
        ("a1 (b1 c1)", And((A, B, C))),
        ("a1 -b1", And((A, Not(B)))),
        ("a1 NOT (b1 OR c1)", And((A, Not(Or((B, C)))))),
        ("NOT NOT a1", A),
        ('"a1  b1"', Phrase("a1 b1")),
        ('"a1 b1"~3', Phrase("a1 b1", 3)),
        ('title:"a1 b1"', Phrase("a1 b1", 0, "title")),
        ("title:a1 b1", And((Word("a1", "title"), B))),
        ("title:(a1 b1)", And((Word("a1", "title"), Word("b1", "title")))),
        ("bord*", Prefix("bord")),
        ("b*d?r", Wildcard("b*d?r")),
        ("border?", Word("border")),
        ("bordr~", Fuzzy("bordr", 1)),
        ("bordr~2", Fuzzy("bordr", 2)),
        ("a1^2 b1", And((Boost(A, 2.0), B))),
        ("(a1 b1)^3", Boost(And((A, B)), 3.0)),
        ('category:"Expert Voice"', Constant(Filter("category", "Expert Voice"))),
        ("language:de a1", And((Constant(Filter("language", "de")), A))),
        ("date:2020-05", Constant(DateRange("2020-05-01", "2020-06-01"))),
        ("date:2020-05-01..2020-05-31", Constant(DateRange("2020-05-01", "2020-06-01"))),
        ("date:[20200501 TO 20200531]", Constant(DateRange("2020-05-01", "2020-06-01"))),
        ("after:2020-05", Constant(DateRange("2020-05-01", None))),
        ("before:2020", Constant(DateRange(None, "2020-01-01"))),
        ("+++a1", A),
        ("C++ AT&T O'Brien e-mail", And((Word("C++"), Word("AT&T"), Word("O'Brien"), Word("e-mail")))),
        ("nosuchfield:a1", Word("nosuchfield:a1")),
    ],
)
def test_reads(text: str, node: Node) -> None:
    parsed = parse(text)
    assert parsed.node == node
    assert parse(format_query(node)).node == node


@pytest.mark.parametrize(
    ("text", "node", "warning"),
    [
        ('"a1 b1', Phrase("a1 b1"), "quotation mark"),
        ("((a1", A, "closing parenthesis"),
        ("a1)", A, ")"),
        ("AND OR NOT", Nothing(), "ignored"),
        ("a1 AND AND b1", And((A, B)), "ignored"),
        ("*", Nothing(), "letter"),
        ("????", Nothing(), "letter"),
        ("a1^1e999", A, "ignored"),
        ("bordr~99999", Fuzzy("bordr", 2), "~2"),
        ("title:", Word("title"), "no value"),
        ("date:[foo to bar] a1", None, "not a date"),
        ("date:2021..2020", Constant(DateRange("2020-01-01", "2022-01-01")), "backwards"),
        ("a*b*c*d*e*f*g*", Wildcard("a*b*c*d*"), "stars"),
        ("x1 " * 2_000, None, "too many parts"),
        ("x* " * 200, None, "too many parts"),
        ("x1" * 20_000, None, "too long"),
        ("(" * 500 + "a1" + ")" * 500, None, "parentheses"),
    ],
)
def test_reads_leniently_and_says_so(text: str, node: Node | None, warning: str) -> None:
    parsed = parse(text)
    if node is not None:
        assert parsed.node == node
    assert any(warning in notice.text for notice in parsed.notices), parsed.notices
    assert all(notice.code.islower() for notice in parsed.notices)


def test_excluded_words_are_not_among_the_words() -> None:
    assert parse("a1 -b1 OR c1").words == ("a1", "c1")


def _leaves(node: Node) -> int:
    if isinstance(node, And | Or):
        return sum(_leaves(each) for each in node.nodes)
    return _leaves(node.node) if isinstance(node, Not | Boost | Constant) else 1


def test_the_longest_queries_are_read_at_once() -> None:
    for text in ("(" * 100_000, '"' * 100_000, "a^" * 50_000, "-" * 100_000, "a*" * 50_000, "x OR " * 20_000, "title:" * 20_000):
        assert _leaves(parse(text).node) <= MAX_WORDS


PIECES = st.sampled_from(
    ["a", "AND", "OR", "NOT", "-", "(", ")", '"', "~", "^", "*", "?", ":", "title:", "date:", "category:", "2020", " ", "x",
     "..", "ü", "日本", "\ud800", "\x00", "'", "+", "[", "TO", "]", "9"]
)  # fmt: skip


@settings(max_examples=1000, deadline=None)
@example("AND^A")
@example("AND?^A")
@example("NOT(_:AND")
@example("A OR B date:x")
@given(st.text(max_size=300) | st.lists(PIECES, max_size=80).map("".join) | st.lists(PIECES, max_size=60).map(" ".join))
def test_never_raises_is_bounded_and_format_is_its_inverse(text: str) -> None:
    parsed = parse(text)
    assert _leaves(parsed.node) <= MAX_LEAVES
    written = format_query(parsed.node)
    again = parse(written)
    assert again.node == parsed.node, (text, written)


@pytest.mark.parametrize("text", ["2020-13", "2020-02-30", "0000", "9999", "foo", "", "20", "202005", "٢٠٢٠"])
def test_no_dates(text: str) -> None:
    assert span(text) is None


def test_a_time_stands_for_its_day() -> None:
    assert span("2020-05-27T09:00:00Z") == ("2020-05-27", "2020-05-28")
    assert span("2020-12") == ("2020-12-01", "2021-01-01")


@given(st.lists(st.text("abcäß中1٣", min_size=1, max_size=6), min_size=1, max_size=8))
def test_plain_words_are_read_as_the_parser_reads_them(words: list[str]) -> None:
    plain = parse(" ".join(words))
    through_the_parser = parse(" ".join(words) + " )")
    assert (plain.node, plain.words) == (through_the_parser.node, through_the_parser.words)
    assert plain.notices == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("FERRY AND WALL", ("FERRY", "AND", "WALL")),
        ("NOT A FERRY OR A WALL", ("NOT", "A", "FERRY", "OR", "A", "WALL")),
        ("ÉCOLE OR ПОРТ", ("ÉCOLE", "OR", "ПОРТ")),
    ],
)
def test_a_text_in_capitals_has_no_operators(text: str, words: tuple[str, ...]) -> None:
    parsed = parse(text)
    assert (parsed.node, parsed.notices) == (And(tuple(Word(word) for word in words)), ())


def test_operators_between_numbers_and_letters_without_case_are_read() -> None:
    assert parse("2020 OR 日本").node == Or((Word("2020"), Word("日本")))


@pytest.mark.parametrize("text", ["€", "-", '""', "…", "()"])
def test_a_text_without_letters_says_why_nothing_is_found(text: str) -> None:
    assert parse(text).node == Nothing()
    assert parse(text).notices


@given(st.lists(st.sampled_from(["a1", "B", "OR", "AND", "ferry", "Été", "x-y", "OR"]), max_size=7).map(" ".join))
def test_what_is_read_directly_is_read_alike_by_the_parser(text: str) -> None:
    direct, parsed = parse(text), parse(f"{text} )")  # a closing bracket is ignored, but not plain
    assert (direct.node, direct.words) == (parsed.node, parsed.words)
