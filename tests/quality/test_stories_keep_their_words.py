"""Every word of a story is in its text: at least 99.9 % of those of 20,000 stories of mixed shapes.

`STORIES=20000 python -m pytest tests/quality/test_stories_keep_their_words.py` takes all of them, otherwise it is a sample.
"""

from __future__ import annotations

import os
import re
from collections import Counter

from indexer.extract.article import extract_article
from support.stories import LAYOUTS, story

MIN_KEPT = 0.999  # of the words
WORD = re.compile(r"\w+")


def test_nearly_every_word_of_a_story_is_in_its_text() -> None:
    total, missing = Counter[str](), Counter[str]()
    for number in range(int(os.environ.get("STORIES", "600"))):
        one = story(number)
        article = extract_article(one.page, one.url)
        text = f"{article.lead} {article.text}" if article else ""
        truth = Counter(WORD.findall(" ".join(one.blocks)))
        total[one.layout] += truth.total()
        missing[one.layout] += (truth - Counter(WORD.findall(text))).total()
    assert total.keys() == LAYOUTS.keys()
    kept = {layout: 1 - missing[layout] / total[layout] for layout in total}
    assert 1 - missing.total() / total.total() >= MIN_KEPT, kept


def test_what_is_around_a_story_is_not_in_its_text() -> None:
    for number in range(60):
        one = story(number)
        article = extract_article(one.page, one.url)
        assert article is not None
        extra = Counter(WORD.findall(article.text)) - Counter(WORD.findall(" ".join(one.blocks)))
        assert extra.total() <= 0.02 * len(WORD.findall(article.text)) + 3, (number, one.layout, extra)
