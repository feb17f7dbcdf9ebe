"""Queries in scripts without spaces: by the words of each language that is cut into words, and by pairs of letters elsewhere."""

from __future__ import annotations

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.model import RankingWeights
from indexer.query.parse import parse
from indexer.search.query_context import QueryContext, QueryNotes
from indexer.search.query_understanding import run_passes
from support.contract_corpus import doc, fill
from support.tree_text import tree_text

JAPANESE = doc("ja", "", "京都の図書館を食べました。", language="ja")
CHINESE = doc("zh", "", "京都图书馆重新开放", language="zh")
ENGLISH = doc("en", "", "京都 in the station", language="en")


@pytest.mark.parametrize(
    ("languages", "query", "tree"),
    [
        ("ja", "京都", "<ja/~京都>"),
        ("ja", '"京都"', "<ja/~京都>"),
        ("ja", "title:京都", "title:<ja/京都>"),  # no title has the word
        ("ja", "京都の図書館", "<ja/~京都>___<ja/~図书>__<ja/~馆>"),
        ("ja", "京都図書館", "<ja/京都>_<ja/都図>_<ja/図书>_<ja/书馆>"),  # no page has these words in this order
        ("ja", "京", "<ja/京都>"),  # a single letter is a pattern
        ("ja", "食べる", "<ja/~食べる>"),
        ("ja zh en", "京都", "(<ja/~京都> | <zh/~京都> | <en/京都>)"),
        ("ja zh en", "图书馆", "(<zh/~图书馆> | <ja/图书|en/图书>_<ja/书馆|en/书馆>)"),
        ("ja zh", "京都", "(<ja/~京都> | <zh/~京都>)"),
        ("ja en", "京都站", "<ja/京都|en/京都>_<ja/都站|en/都站>"),
        ("en", "京都", "(<en/京都> >> 京都!*0.1)"),
    ],
)
def test_a_tree(languages: str, query: str, tree: str) -> None:
    reader = fill(MemoryEngine(RankingWeights()), [JAPANESE, CHINESE, ENGLISH])
    context = QueryContext(reader, tuple(languages.split()), RankingWeights())
    assert tree_text(run_passes(parse(query).node, context, QueryNotes())) == tree
