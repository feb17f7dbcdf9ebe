from __future__ import annotations

from pathlib import Path

import pytest

from indexer.curation.rules import RuleTable, parse_rules
from indexer.errors import SettingsError
from indexer.model import Answer

PATH = Path("/data/curation.toml")
RULE = """
[[rule]]
queries = ["Login", "log-in"]
pin = ["https://a.example/account"]
hide = ["https://a.example/old"]
boost = { "https://a.example/new" = 2 }
answer = { title = "Your account", url = "https://a.example/account", text = "Log in here." }

[[rule]]
queries = ["opening hours"]
match = "words"
answer = { title = "Hours", url = "https://a.example/hours" }
"""


def test_a_rule_is_read() -> None:
    first, second = parse_rules(RULE, PATH)
    assert first.queries == ("login", "log in")
    assert first.boost == (("https://a.example/new", 2.0),)
    assert first.answer == Answer("Your account", "https://a.example/account", "Log in here.")
    assert (first.place, second.place) == ("/data/curation.toml, line 2", "/data/curation.toml, line 9")


@pytest.mark.parametrize(
    ("query", "rules"),
    [
        ("LOGIN", 1),
        ("log in!", 1),
        ("login page", 0),
        ("hours of opening", 1),
        ("opening", 0),
        ("", 0),
        ("?", 0),
    ],
)
def test_rules_are_found_by_the_words_of_a_query(query: str, rules: int) -> None:
    assert len(RuleTable(parse_rules(RULE, PATH)).matching(query)) == rules


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("[[rule]]\nqueries = 'login'\npin = ['https://a.example/']", 2, "queries cannot be 'login'"),
        ("[[rule]]\nqueries = ['a']\npin = ['a.example/x']", 3, "not a web address"),
        ("[[rule]]\nqueries = ['a']\npin = ['javascript:alert(1)']", 3, "not a web address"),
        ("[[rule]]\nqueries = ['a']\nboost = {'https://a.example/' = 0}", 3, "a factor is a number from 0.01 to 100"),
        ("[[rule]]\nqueries = ['a']\nanswer = {title = 'x'}", 3, "answer cannot be"),
        ("[[rule]]\nqueries = ['a']\nanswer = {title = 'x', url = 'javascript:1'}", 3, "not a web address"),
        ("[[rule]]\nqueries = ['a']\nmatch = 'all'\npin = ['https://a.example/']", 3, 'allowed: "exact" or "words"'),
        ("[[rule]]\nqueries = ['a']\npins = []", 3, 'unknown key "pins"'),
        ("[[rule]]\nqueries = ['?']\npin = ['https://a.example/']", 2, "needs a letter"),
        ("[[rule]]\npin = ['https://a.example/']", 1, "a rule needs queries"),
        ("[[rule]]\nqueries = ['a']", 1, "the rule does nothing"),
        ("\n[rules]\nx = 1", 2, 'unknown entry "rules"'),
        ("[rule]\nqueries = ['a']", 1, "two brackets"),
        ("[[rule]]\nqueries = ]", 2, "not valid TOML"),
    ],
)
def test_an_error_names_the_line_and_what_is_allowed(text: str, line: int, problem: str) -> None:
    with pytest.raises(SettingsError) as error:
        parse_rules(text, PATH)
    assert f"line {line}" in str(error.value)
    assert problem in str(error.value)
