from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.analysis.analyzer import query_terms
from indexer.curation.synonyms import SynonymTable, parse_synonyms
from indexer.errors import SettingsError


def expansions(
    rules: str, query: str, languages: tuple[str, ...] = ("en",), language: str = ""
) -> list[tuple[int, tuple[str, ...]]]:
    table = SynonymTable(parse_synonyms(rules, "synonyms.txt", language))
    found = table.expansions(query_terms(query, languages), languages)
    return [(each.length, tuple(text for text, _ in each.alternatives)) for each in found]


def test_comments_and_empty_lines_are_skipped_and_escapes_are_read() -> None:
    (rule,) = parse_synonyms("\ufeff# words\n\n  a\\,b , C \\=> D \n", "f")
    assert rule.words == ("a,b", "C => D")
    assert rule.place == "f, line 3"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("laptop", "needs two words"),
        ("laptop, ", "a word is missing"),
        ("=> laptop", "a word is missing"),
        ("a => b => c", "one =>"),
        ("a, ---", "no letter or digit"),
        ("a, " + "w " * 9, "more than 8 words"),
        (", ".join(f"w{i}" for i in range(41)), "more than 40 words"),
    ],
)
def test_an_error_names_the_line(line: str, problem: str) -> None:
    with pytest.raises(SettingsError) as error:
        parse_synonyms(f"# first\n{line}\n", "/data/synonyms.txt")
    assert "/data/synonyms.txt, line 2: " in str(error.value)
    assert problem in str(error.value)


def test_synonyms_go_both_ways_and_cover_the_forms_of_a_word() -> None:
    assert expansions("laptop, notebook", "laptops") == [(1, ("notebook",))]
    assert expansions("laptop, notebook", "Notebook") == [(1, ("laptop",))]
    assert expansions("laptop, notebook", "books") == []


def test_an_arrow_goes_one_way() -> None:
    assert expansions("sign in, log on => login", "login") == []
    assert expansions("sign in, log on => login", "log on now") == [(2, ("login",))]


def test_the_longest_run_of_words_counts() -> None:
    rules = "new, fresh\nnew york, nyc"
    assert expansions(rules, "new york hotels") == [(2, ("nyc",))]
    assert expansions(rules, "new hotels") == [(1, ("fresh",))]


def test_rules_of_one_language_add_words_of_that_language_only() -> None:
    table = SynonymTable(parse_synonyms("Bank, Geldinstitut", "synonyms.de.txt", "de"))
    languages = ("en", "de")
    (expansion,) = table.expansions(query_terms("Bank", languages), languages)
    ((_, tokens),) = expansion.alternatives
    assert {term for token in tokens for term in token.terms} == set(query_terms("Geldinstitut", ("de",))[0].terms)
    assert table.expansions(query_terms("Bank", ("en",)), ("en",)) == []


@given(st.text(alphabet=st.sampled_from("ab ,=>\\#ñ日\u200b\n"), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        rules = parse_synonyms(text, "f")
    except SettingsError:
        return
    for rule in rules:
        for words in rule.words:
            if tokens := query_terms(words, ("en",)):
                SynonymTable(rules).expansions(tokens, ("en",))
