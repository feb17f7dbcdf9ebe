"""What a date as the query is searched for, as whole trees, and what is no date."""

from __future__ import annotations

import pytest

from indexer.engines.base import Reader
from indexer.engines.memory import MemoryEngine
from indexer.model import RankingWeights
from indexer.query.nodes import Or, Phrase
from indexer.query.parse import parse
from indexer.search.date_queries import DATE_SLOP_WORDS, pages_of_date
from support.contract_corpus import doc, fill
from support.tree_text import tree_text


@pytest.fixture(scope="module")
def reader() -> Reader:
    documents = [
        doc("a", "", "On 27 May 2020 and 1 March 2020; may sept dec", date="2020-05-27"),
        doc("b", "", "Am 3. Mai, Dezember.", language="de", date="2021-12-03"),
        doc("c", "", "mai 1999 2 octobre", language="fr"),
        doc("d", "", "Mayo de 2020", language="es", date="1998-01-01"),
    ]
    return fill(MemoryEngine(RankingWeights()), documents)


@pytest.mark.parametrize(
    ("query", "phrases", "dates"),
    [
        ("May 2020", ["May 2020", "may 2020", "mai 2020", "mayo 2020", "2020-05"], "2020-05-01..2020-06-01"),
        ("  may   2020 ", ["may 2020", "mai 2020", "mayo 2020", "2020-05"], "2020-05-01..2020-06-01"),
        ("mayo de 2020", ["mayo de 2020", "may 2020", "mai 2020", "mayo 2020", "2020-05"], "2020-05-01..2020-06-01"),
        ("2020-05", ["2020-05", "may 2020", "mai 2020", "mayo 2020"], "2020-05-01..2020-06-01"),
        ("05/2020", ["05/2020", "may 2020", "mai 2020", "mayo 2020", "2020-05"], "2020-05-01..2020-06-01"),
        ("12/2021", ["12/2021", "dec 2021", "dezember 2021", "2021-12"], "2021-12-01..2022-01-01"),
        ("März 2020", ["März 2020", "march 2020", "2020-03"], "2020-03-01..2020-04-01"),
        ("mars 2020", ["mars 2020", "march 2020", "2020-03"], "2020-03-01..2020-04-01"),
        ("Sept. 2020", ["Sept. 2020", "sept 2020", "2020-09"], "2020-09-01..2020-10-01"),
        (
            "1.3.2020",
            ["1.3.2020", "1 march 2020", "march 1 2020", "1st march 2020", "march 1st 2020",
             "1 3 2020", "01 03 2020", "03 01 2020", "2020 03 01"],
            "2020-03-01..2020-03-02",
        ),
        (
            "1 March 2020",
            ["1 March 2020", "1 march 2020", "march 1 2020", "1st march 2020", "march 1st 2020",
             "1 3 2020", "01 03 2020", "03 01 2020", "2020 03 01"],
            "2020-03-01..2020-03-02",
        ),
    ],
)  # fmt: skip
def test_a_day_or_month(reader: Reader, query: str, phrases: list[str], dates: str) -> None:
    node = pages_of_date(parse(query), query, reader).node
    assert isinstance(node, Or)
    assert list(node.nodes[:-1]) == [Phrase(phrase, DATE_SLOP_WORDS) for phrase in phrases]
    assert tree_text(node.nodes[-1]) == f"=date={dates}"


@pytest.mark.parametrize(
    ("day", "ordinal"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (21, "21st"), (22, "22nd"), (30, "30th")]
)  # fmt: skip
def test_the_ordinal_of_a_day(reader: Reader, day: int, ordinal: str) -> None:
    query = f"{day} March 2020"
    assert f'"{ordinal} march 2020"~{DATE_SLOP_WORDS}' in tree_text(pages_of_date(parse(query), query, reader).node)


def test_a_year_that_no_page_contains_lists_its_pages(reader: Reader) -> None:
    assert tree_text(pages_of_date(parse("1998"), "1998", reader).node) == "=date=1998-01-01..1999-01-01"


@pytest.mark.parametrize(
    "query",
    [
        "1999", "1997", "2020", "20200527", "27 May", "13/2020", "0/2020", "2020-13", "2020-00", "xyz 2020", "Dezem 2021", "ma 2020",
        "27 May 1720", "27 May 2220", "12020-05", '"27 May 2020"', "may 2020 fog", "27 May 2020, and many other words of it", "",
    ],
)  # fmt: skip
def test_no_date(reader: Reader, query: str) -> None:
    parsed = parse(query)
    assert pages_of_date(parsed, query, reader) is parsed


def test_a_month_in_a_language_that_the_index_lacks_is_a_word() -> None:
    english = fill(MemoryEngine(RankingWeights()), [doc("a", "", "Mars in 2020", date="2020-03-01")])
    parsed = parse("Mars 2020")
    assert pages_of_date(parsed, "Mars 2020", english) is parsed
