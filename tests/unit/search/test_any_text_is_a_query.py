"""Any text can be searched for and completed: parts of the language in the wrong place, other scripts, long and broken texts."""

from __future__ import annotations

import random

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.model import RankingWeights, SearchRequest
from indexer.search.searcher import Searcher
from support.contract_corpus import doc, fill

PARTS = (
    'ferry night s \' the and NOT AND OR - -- + " "" ( ) (( )) * ? ~ ~9 ^ ^2 ^-1 title: intitle:ferry site: site:x date: date:2020'
    ' date:2030..2010 date:abc date:.. before: after:2020 language:xx author:" url:* filetype:pdf source:(a night" ferry~3 fer*'
    " *erry f?rry ** f*r*r*y* ferry~ C++ .NET C# #MeToo @anna 1,000 3.5 U.S. O.P.E.C. a.b \u200bferry fer\u00adry \x00 \x7f \ud800"
    " \u202eferry \ufeff ＦＥＲＲＹ ﬁsh جامعة ספרייה 東京 京 กฎหมาย 먹다 다 Ⅳ ½ İstanbul ß ſ foo:bar a:b:c :: http://x.y/z?q=1 ... \\"
    " 。 — ferry–night ferry/night {a TO b} [2020 TO 2026] TO 2026 may NaN 🦀 latest die \"die x\" s's l' d'un"
).split(" ")
LONG = (
    " OR ".join(f"w{n}" for n in range(3_000)),
    *(
        part * (9_000 // len(part))
        for part in ("ferry ", "the ", "(", '"', "-", "*", "東", "a\u0301", "a'", "title:", "U.S.", "🦀", "s ")
    ),
)


@pytest.fixture(scope="module")
def searcher() -> Searcher:
    engine = MemoryEngine(RankingWeights())
    fill(
        engine,
        [
            doc("a", "The night ferry's S", "A ferry by night. s S 's. The U.S. and O.P.E.C. said C++ is 1,000 🦀."),
            doc("b", "Die Fähre", "Die Fähre fährt. L’école d’un s.", language="de"),
            doc("c", "東京", "東京の天気。먹었다 جامعة", language="ja"),
        ],
    )
    return Searcher(engine)


def check(searcher: Searcher, text: str) -> None:
    result = searcher.search(SearchRequest(text))
    assert result.total >= len(result.hits)
    assert all(notice.text for notice in result.notices)
    searcher.search(SearchRequest(text, prefix_last=True))
    assert all(completion.text for completion in searcher.suggest(text))


@pytest.mark.parametrize("text", ["", " ", *dict.fromkeys(PARTS)])
def test_each_part_alone(searcher: Searcher, text: str) -> None:
    check(searcher, text)


@pytest.mark.parametrize("seed", range(120))
def test_parts_in_any_order(searcher: Searcher, seed: int) -> None:
    draw = random.Random(seed)
    check(searcher, draw.choice(("", " ", "  ")).join(draw.choices(PARTS, k=draw.randint(2, 6))))


@pytest.mark.parametrize("text", LONG, ids=range(len(LONG)))
def test_long_texts(searcher: Searcher, text: str) -> None:
    check(searcher, text)
