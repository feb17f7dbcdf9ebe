"""Each rule of the grammar, each limit at its edge, and the notice of everything that is read in another way than typed."""

from __future__ import annotations

import pytest

from indexer.query.format import format_query
from indexer.query.grammar import MAX_CHARACTERS, MAX_DEPTH, MAX_LEAVES, MAX_SLOP, MAX_STARS, MAX_WORDS
from indexer.query.nodes import (
    TEXT_FIELDS,
    And,
    Boost,
    Constant,
    DateRange,
    Everything,
    Filter,
    Fuzzy,
    HalfTyped,
    Node,
    Not,
    Nothing,
    Or,
    Phrase,
    Prefix,
    Surface,
    TermPhrase,
    Terms,
    Wildcard,
    Word,
)
from indexer.query.parse import parse, with_half_typed_end

A, B, C = Word("a1"), Word("b1"), Word("c1")


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("“a1 b1”", Phrase("a1 b1")),
        ("„a1 b1“", Phrase("a1 b1")),
        ("＂a1 b1＂", Phrase("a1 b1")),
        ("（a1 OR b1） c1", And((Or((A, B)), C))),
        ("a1\x00b1", And((A, B))),
        ("a1\u2028b1\u0085c1", And((A, B, C))),
        ("date:{2020 TO 2021}", Constant(DateRange("2020-01-01", "2022-01-01"))),
        ('"a1 b1"~', Phrase("a1 b1", 3)),
        (f'"a1 b1"~{MAX_SLOP}', Phrase("a1 b1", MAX_SLOP)),
        (f'"a1 b1"~{MAX_SLOP + 1}', Phrase("a1 b1", MAX_SLOP)),
        ('a1"b1 c1"d1', And((A, Phrase("b1 c1"), Word("d1")))),
        ("a1 ^2", Boost(A, 2.0)),
        ("a1^2.5", Boost(A, 2.5)),
        ("a1^0.01", Boost(A, 0.01)),
        ("a1^100", Boost(A, 100.0)),
        ("-a1^2", Not(Boost(A, 2.0))),
        ("(a1 -b1)^2", Boost(And((A, Not(B))), 2.0)),
        ("category:x^2", Constant(Filter("category", "x"))),
        ("--a1", A),
        ("---a1", Not(A)),
        ("a1 -(-b1)", And((A, B))),
        ("a1 AND NOT b1", And((A, Not(B)))),
        ("a1 OR (b1 OR c1)", Or((A, B, C))),
        ("x-1 OR (a1 b1) c1", Or((Word("x-1"), And((A, B, C))))),
        ("x-1 a1 OR b1", Or((And((Word("x-1"), A)), B))),
        ("title:(a1 OR summary:b1)", Or((Word("a1", "title"), Word("b1", "summary")))),
        ("intitle:a1", Word("a1", "title")),
        ("TEXT:a1", Word("a1", "body")),
        ("lang:de", Constant(Filter("language", "de"))),
        ("inurl:news", Constant(Filter("url", "news"))),
        ('url:"a  b"', Constant(Filter("url", "a b"))),
        ("site:https://www.example.org/x", Or((Constant(Filter("url", "//example.org/x")), Constant(Filter("url", ".example.org/x"))))),
        ("date:2020..", Constant(DateRange("2020-01-01", None))),
        ("date:..2020", Constant(DateRange(None, "2021-01-01"))),
        ("date:2020..2020", Constant(DateRange("2020-01-01", "2021-01-01"))),
        ("before:2020..2021", Constant(DateRange(None, "2020-01-01"))),
        ("after:2020..2021", Constant(DateRange("2020-01-01", None))),
        ("bordr~0", Word("bordr")),
        ("bordr~~", Fuzzy("bordr", 1)),
        ("bordr.~", Fuzzy("bordr", 1)),
        ("title:bordr~2", Fuzzy("bordr", 2, "title")),
        ("*".join("abcde"), Wildcard("a*b*c*d*e")),
        ("a**b", Wildcard("a*b")),
        ("bord**", Prefix("bord")),
        ("a*?", Wildcard("a*?")),
        ("*a*", Wildcard("*a*")),
        ("a1:", A),
        ("a1::", A),
        ("x OR b1", Or((Word("x"), B))),
        ("😀", Word("😀")),
        ("☀", Word("☀")),
    ],
)  # fmt: skip
def test_reads_without_a_notice(text: str, node: Node) -> None:
    parsed = parse(text)
    assert (parsed.node, parsed.notices) == (node, ())
    assert parse(format_query(node)).node == node


@pytest.mark.parametrize(
    ("text", "node", "notices"),
    [
        ("a1^1000", Boost(A, 100.0), [("boost-limited", "^1000")]),
        ("a1^0.001", Boost(A, 0.01), [("boost-limited", "^0.001")]),
        ("a1^", A, [("operator-ignored", "^")]),
        ("^2 a1", A, [("operator-ignored", "^2")]),
        ("a1^2^3", A, [("operator-ignored", "^2^3")]),
        ("a1^1234567", A, [("operator-ignored", "^1234567")]),
        ("NOT", Nothing(), [("operator-ignored", "NOT")]),
        ("a1 NOT", A, [("operator-ignored", "NOT")]),
        ("a1 NOT OR b1", Or((A, B)), [("operator-ignored", "NOT")]),
        ("a1 (NOT) b1", And((A, B)), [("operator-ignored", "NOT")]),
        ("OR a1", A, [("operator-ignored", "OR")]),
        ("a1 OR", A, [("operator-ignored", "OR")]),
        ("a1 OR AND b1", Or((A, B)), [("operator-ignored", "AND")]),
        ("a1 AND^2 b1", And((A, B)), [("operator-ignored", "^2")]),
        ("a1)", A, [("operator-ignored", ")")]),
        ("title:(a1", Word("a1", "title"), [("parenthesis-missing", "")]),
        ('title:"a1 b1', Phrase("a1 b1", 0, "title"), [("quotation-mark-missing", "")]),
        ("date:..", Nothing(), [("not-a-date", "..")]),
        ("after:..2021", Nothing(), [("not-a-date", "..2021")]),
        ("before:..2021", Nothing(), [("not-a-date", "..2021")]),
        ("date:2020..x", Nothing(), [("not-a-date", "2020..x")]),
        ("date:x..2020", Nothing(), [("not-a-date", "x..2020")]),
        ("after:soon", Nothing(), [("not-a-date", "soon")]),
        ("date:2021..2020", Constant(DateRange("2020-01-01", "2022-01-01")), [("date-range-swapped", "")]),
        ("bordr~3", Fuzzy("bordr", 2), [("distance-limited", "~3")]),
        ("bor*~", Prefix("bor"), [("pattern-and-fuzzy", "bor*~")]),
        ("bor?r~2", Wildcard("bor?r"), [("pattern-and-fuzzy", "bor?r~2")]),
        ("*".join("abcdef"), Wildcard("a*b*c*d*"), [("pattern-limited", "a*b*c*d*e*f")]),
        ("title:*", Nothing(), [("pattern-without-letter", "*")]),
        ("before:", Word("before"), [("field-without-value", "before:")]),
        ("Category: a1", And((Word("Category"), A)), [("field-without-value", "Category:")]),
        ("nosuch:x*", Prefix("nosuch:x"), [("unknown-field", "nosuch")]),
        ("-nosuch:AND", Not(Word("nosuch:AND")), [("unknown-field", "nosuch")]),
        ("a1 NOT nosuch:OR b1", And((A, Not(Word("nosuch:OR")), B)), [("unknown-field", "nosuch")]),
        ("€", Nothing(), [("nothing-to-search", "")]),
        ("~", Nothing(), [("nothing-to-search", "")]),
        ('author:""', Nothing(), [("nothing-to-search", "")]),
        ("AND^A", Nothing(), [("operator-ignored", "AND"), ("operator-ignored", "^A")]),
    ],
)
def test_says_what_is_read_in_another_way(text: str, node: Node, notices: list[tuple[str, str]]) -> None:
    parsed = parse(text)
    assert parsed.node == node
    assert [(notice.code, notice.part) for notice in parsed.notices] == notices


@pytest.mark.parametrize("text", ["", " ", "\t"])
def test_an_empty_text_needs_no_notice(text: str) -> None:
    assert parse(text).notices == ()


@pytest.mark.parametrize(
    ("allowed", "too_many", "code"),
    [
        ("+" + "a1 " * MAX_WORDS, "+" + "a1 " * (MAX_WORDS + 1), "too-many-words"),
        ("x* " * MAX_LEAVES, "x* " * (MAX_LEAVES + 1), "too-many-words"),
        (f"({'a1 ' * MAX_LEAVES})", f"({'a1 ' * (MAX_LEAVES + 1)})", "too-many-words"),
        (f"-({'a1 ' * MAX_LEAVES})", f"-({'a1 ' * (MAX_LEAVES + 1)})", "too-many-words"),
        ("-a1 " * MAX_LEAVES, "-a1 " * (MAX_LEAVES + 1), "too-many-words"),
        ("title:a1 " * MAX_LEAVES, "title:a1 " * (MAX_LEAVES + 1), "too-many-words"),
        ('"a1" ' * MAX_LEAVES, '"a1" ' * (MAX_LEAVES + 1), "too-many-words"),
        ("(" * MAX_DEPTH + "a1" + ")" * MAX_DEPTH, "(" * (MAX_DEPTH + 1) + "a1" + ")" * (MAX_DEPTH + 1), "too-deep"),
        ("a*" * MAX_STARS + "b", "a*" * (MAX_STARS + 1) + "b", "pattern-limited"),
        ("a-" * (MAX_CHARACTERS // 2), "a-" * (MAX_CHARACTERS // 2) + "b", "query-too-long"),
    ],
)
def test_a_limit_is_reached_only_beyond_it(allowed: str, too_many: str, code: str) -> None:
    assert code not in [notice.code for notice in parse(allowed).notices]
    assert parse(too_many).notices[0].code == code


def test_as_many_parts_are_used_as_are_allowed() -> None:
    for text, most in (("+" + "a1 " * 2000, MAX_WORDS), ("x* " * 200, MAX_LEAVES), ("-a1 " * 200, MAX_LEAVES)):
        parsed = parse(text)
        assert isinstance(parsed.node, And)
        assert len(parsed.node.nodes) == most
    long = parse("harbour " * 2_000)
    assert len(long.words) == MAX_WORDS


def test_a_text_that_is_too_long_ends_between_words() -> None:
    parsed = parse("harbour-wall " * 1_000)
    assert set(parsed.node.nodes) == {Word("harbour-wall")}  # type: ignore[union-attr]  # an And of words
    (notice, *_) = parsed.notices
    assert f"first {len('harbour-wall ') * (MAX_CHARACTERS // len('harbour-wall ')) - 1} characters" in notice.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a1 b1?", ("a1", "b1")),
        ("a1 (b1 OR -c1) NOT d1", ("a1", "b1")),
        ('a1 "b1 c1" d* e1~ title:f1', ("a1", "f1")),
        ("a1 -(b1 c1) d1", ("a1", "d1")),
    ],
)
def test_the_plain_words_are_those_that_documents_should_have(text: str, words: tuple[str, ...]) -> None:
    assert parse(text).words == words


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("fer", HalfTyped("fer")),
        ("night fer", And((Word("night"), HalfTyped("fer")))),
        ("night fer ", And((Word("night"), Word("fer")))),
        ("title:fer", Word("fer", "title")),
        ("night OR fer", Or((Word("night"), Word("fer")))),
        ('"night fer', Phrase("night fer")),
        ("fer?", Word("fer")),
    ],
)
def test_the_last_word_is_half_typed_if_the_text_ends_in_it(text: str, node: Node) -> None:
    half_typed = with_half_typed_end(parse(text), text)
    assert half_typed.node == node
    assert half_typed.words == parse(text).words


def test_each_node_that_can_be_typed_has_a_text() -> None:
    assert format_query(Nothing()) == ""
    assert format_query(HalfTyped("fer")) == "fer"
    assert format_query(Constant(DateRange("2020-05-01", "2020-06-01"))) == "date:2020-05-01..2020-05-31"
    assert format_query(Constant(DateRange("2020-05-01", None))) == "after:2020-05-01"
    assert format_query(Constant(DateRange(None, "2020-05-01"))) == "before:2020-05-01"
    assert format_query(Not(Or((A, B)))) == "-(a1 OR b1)"
    with pytest.raises(TypeError, match="Everything has no text"):
        format_query(Everything())


@pytest.mark.parametrize(
    ("text", "code", "length"),
    [
        (f"a1^{'9' * 6}.{'0' * 6}{'9' * 90}", "operator-ignored", 20),
        (f"a1 ^{'x' * 90}", "operator-ignored", 20),
        (f"{'x' * 90}:a1", "unknown-field", 40),
        (f"bordr~{'9' * 90}", "distance-limited", 21),
        (f"{'bor' * 90}*~", "pattern-and-fuzzy", 20),
        (f"{'a*' * 90}", "pattern-limited", 20),
        (f"{'*?' * 90}", "pattern-without-letter", 20),
        (f"date:{'x' * 90}", "not-a-date", 40),
    ],
)
def test_a_notice_repeats_the_beginning_of_what_was_typed(text: str, code: str, length: int) -> None:
    (notice,) = [notice for notice in parse(text).notices if notice.code == code]
    assert len(notice.part) == length
    assert notice.part in text
    assert notice.part in notice.text
    assert text[text.index(notice.part) :][: length + 1] not in notice.text


def test_a_leaf_counts_once_unless_it_is_boosted() -> None:
    terms = Terms(("en/a",), TEXT_FIELDS)
    phrase = TermPhrase((("en/a",), ("en/b",)), (0, 1), TEXT_FIELDS)
    assert (terms.boost, phrase.boost, phrase.slop, Surface("a").boost) == (1.0, 1.0, 0, 1.0)
    assert (Phrase("a b").slop, Fuzzy("a").distance) == (0, 1)
