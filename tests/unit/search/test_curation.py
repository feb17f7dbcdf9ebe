"""The operator's rules change what a search returns, on both engines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from indexer.curation.curation import Curation, field_boosts, folded_stop_words
from indexer.curation.rules import RuleTable, parse_rules
from indexer.curation.settings import CurationSettings
from indexer.curation.synonyms import SynonymTable, parse_synonyms
from indexer.engines.base import Engine
from indexer.engines.memory import MemoryEngine
from indexer.engines.whoosh.engine import WhooshEngine
from indexer.model import RankingWeights, SearchRequest, SearchResult
from indexer.search.searcher import Searcher
from indexer.urls import document_id
from support.contract_corpus import doc, fill

PAGES = {
    "laptop": ("Repair your laptop", "A laptop can be repaired with a screwdriver.", "Handbook"),
    "notebook": ("Notebooks on sale", "Every notebook is cheap this week.", "Shop"),
    "york": ("Hotels in New York", "The best beds of the city.", "Shop"),
    "nyc": ("NYC at night", "Walks through the city and its hotels.", "Handbook"),
    "account": ("Your account", "Change your password here.", "Shop"),
    "login": ("Login trouble", "When the login fails.", "Handbook"),
}


def url(name: str) -> str:
    return f"https://a.example/{name}"


@pytest.fixture(params=["memory", "whoosh"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    engine = MemoryEngine(RankingWeights()) if request.param == "memory" else WhooshEngine(tmp_path, RankingWeights())
    fill(
        engine,
        [doc(document_id(url(name)), title, text, url=url(name), source=source) for name, (title, text, source) in PAGES.items()],
    )
    return engine


def curation(synonyms: str = "", rules: str = "", **settings: tuple[str, ...]) -> Curation:
    given = CurationSettings(**settings)
    return Curation(
        SynonymTable(parse_synonyms(synonyms, "synonyms.txt")),
        RuleTable(parse_rules(rules, Path("curation.toml"))),
        folded_stop_words(given.stop_words),
        field_boosts(given),
        "1",
    )


def search(engine: Engine, rules: Curation, query: str, **more: object) -> SearchResult:
    return Searcher(engine, curation=lambda: rules).search(SearchRequest(query, **more))  # type: ignore[arg-type]  # fields of any type


def names(hits: Sequence) -> list[str]:
    return [hit.document.url.rpartition("/")[2] for hit in hits]


def test_a_synonym_finds_and_marks_the_other_word_after_the_typed_one(engine: Engine) -> None:
    result = search(engine, curation("laptop, notebook"), "laptops", explain=True)
    assert names(result.hits) == ["laptop", "notebook"]
    assert any(fragment.marked and fragment.text == "Notebooks" for fragment in result.hits[1].title)
    assert result.rules == ("synonyms.txt, line 1: also notebook",)
    assert result.did_you_mean is None


def test_an_arrow_replaces_the_word(engine: Engine) -> None:
    replaced = search(engine, curation("laptop => notebook"), "laptop", explain=True)
    assert names(replaced.hits) == ["notebook"]
    assert replaced.rules == ("synonyms.txt, line 1: instead notebook",)
    assert names(search(engine, curation("laptop => notebook"), "notebook").hits) == ["notebook"]


def test_several_words_have_a_synonym_together(engine: Engine) -> None:
    rules = curation("new york, nyc")
    assert set(names(search(engine, rules, "hotel new york").hits)) == {"york", "nyc"}
    assert names(search(engine, rules, "nyc hotel").hits) == ["nyc", "york"]
    assert names(search(engine, rules, '"new york"').hits) == ["york"]


def test_a_relaxed_query_has_synonyms_and_lists_what_is_missing(engine: Engine) -> None:
    result = search(engine, curation("new york, nyc"), "new york screwdriver walks")
    missing = {name: hit.missing for name, hit in zip(names(result.hits), result.hits, strict=True)}
    assert missing["nyc"] == ("screwdriver",)
    assert missing["york"] == ("screwdriver", "walks")


def test_stop_words_are_not_required_unless_they_are_all_there_is(engine: Engine) -> None:
    rules = curation(stop_words=("Inc", "cheap"))
    assert names(search(engine, rules, "laptop inc").hits) == ["laptop"]
    assert names(search(engine, rules, "cheap").hits) == ["notebook"]
    assert search(engine, rules, "inc").total == 0


RULE = f"""
[[rule]]
queries = ["login", "laptop"]
pin = ["{url("account")}", "{url("gone")}"]
hide = ["{url("login")}"]
answer = {{ title = "Your account", url = "{url("account")}", text = "Log in here." }}
"""


def test_pins_come_first_and_hidden_pages_not_at_all(engine: Engine) -> None:
    result = search(engine, curation(rules=RULE), "LOGIN", explain=True, facets=True)
    assert names(result.hits) == ["account"]
    assert result.hits[0].pinned
    assert result.total == 1
    assert [(value.value, value.count) for value in result.facets["source"]] == [("Shop", 1)]
    assert result.answers[0].text == "Log in here."
    assert f"curation.toml, line 2: pin {url('gone')} (not in the index)" in result.rules
    assert names(search(engine, curation(rules=RULE), "login trouble").hits) == ["login"]


def test_every_document_is_on_one_page_of_results(engine: Engine) -> None:
    rules = curation(rules=f'[[rule]]\nqueries = ["city"]\npin = ["{url("account")}", "{url("nyc")}", "{url("login")}"]')
    pages = [names(search(engine, rules, "city", page=page, size=2).hits) for page in (1, 2, 3)]
    assert pages == [["account", "nyc"], ["login", "york"], []]
    assert search(engine, rules, "city", size=2).total == 4


def test_pins_pass_the_filters_and_are_ignored_by_date(engine: Engine) -> None:
    rules = curation(rules=RULE)
    assert names(search(engine, rules, "laptop", sources=("Handbook",)).hits) == ["laptop"]
    assert names(search(engine, rules, "laptop", sort="date").hits) == ["laptop"]


def test_boosts_change_the_order(engine: Engine) -> None:
    plain = names(search(engine, curation(), "city").hits)
    assert sorted(plain) == ["nyc", "york"]
    last = plain[-1]
    source = {"nyc": "Handbook", "york": "Shop"}[last]
    assert names(search(engine, curation(source_boosts=(f"{source} = 9",)), "city").hits)[0] == last
    rule = f'[[rule]]\nqueries = ["city"]\nboost = {{ "{url(last)}" = 9 }}'
    result = search(engine, curation(rules=rule), "city", explain=True)
    assert names(result.hits)[0] == last
    assert "boost" in result.hits[0].parts


def test_a_facet_is_counted_without_its_own_filter(engine: Engine) -> None:
    result = search(engine, curation(), "city", facets=True, sources=("Shop",))
    assert {value.value: value.count for value in result.facets["source"]} == {"Handbook": 1, "Shop": 1}
    assert sum(value.count for value in result.facets["language"]) == 1 == result.total
    only = search(engine, curation(), "", facets=True, sources=("Shop",))
    assert {value.value: value.count for value in only.facets["source"]} == {"Handbook": 3, "Shop": 3}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("site:a.example city", ["nyc", "york"]),
        ("site:www.a.example city", ["nyc", "york"]),
        ("site:b.example city", []),
        ("site:a.example/york", ["york"]),
        ("intitle:night", ["nyc"]),
        ("filetype:html hotels", ["nyc", "york"]),
        ("filetype:pdf hotels", []),
    ],
)
def test_fields_have_the_names_that_other_engines_use(engine: Engine, query: str, expected: list[str]) -> None:
    assert sorted(names(search(engine, curation(), query).hits)) == expected
