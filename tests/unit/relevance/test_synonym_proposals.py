from __future__ import annotations

from indexer.curation.synonyms import parse_synonyms
from indexer.relevance.synonym_proposals import propose_synonyms

INDEXED = set("laptop repair cheap world trade organization opening hours".split())


def row(query: str, total: int, count: int = 1, opened: int = 0) -> dict:
    return {"query": query, "count": count, "total": total, "opened": opened}


def proposals(*rows: dict, titles: tuple[str, ...] = ()) -> list[tuple[str, str, int]]:
    return [(each.word, each.synonym, each.searches) for each in propose_synonyms(rows, titles, INDEXED.__contains__)]


def test_a_query_that_differs_in_one_word_from_a_successful_one_is_a_hint() -> None:
    assert proposals(row("Notebook repair", 0, 7), row("laptop repair", 12)) == [("notebook", "laptop", 7)]


def test_several_words_may_have_a_synonym_together() -> None:
    assert ("business times", "hours", 3) in proposals(row("opening business times", 0, 3), row("opening hours", 4))


def test_a_word_that_the_index_has_is_not_replaced() -> None:
    assert proposals(row("cheap repair", 0), row("laptop repair", 12)) == []


def test_initials_of_titles_are_a_hint() -> None:
    titles = ("The World Trade Organization meets", "World Trade Organization rules")
    assert proposals(row("WTO", 0, 5), titles=titles) == [("wto", "world trade organization", 5)]


def test_queries_that_share_nothing_are_none() -> None:
    assert proposals(row("zeppelin", 0), row("laptop", 3), row("?!", 0)) == []


def test_every_proposal_is_a_valid_rule() -> None:
    rows = [row("notebook repair", 0), row("laptop repair", 2)]
    for each in propose_synonyms(rows, (), INDEXED.__contains__):
        assert parse_synonyms(each.line, "synonyms.txt")
