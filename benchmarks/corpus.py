"""A corpus for measuring: made-up words with English-like lengths, Zipf's frequencies, news-like documents.

Reproducible: the same seed gives the same documents. Half of the words get an English ending now and then, so that stemmers
have something to do.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate

_ONSETS = "b bl br c ch cl d dr f fl fr g gl gr h j k l m n p pl pr r s sh sl sp st str t th tr v w".split()
_VOWELS = "a e i o u ai ea ee oa ou".split()
_CODAS = ["", "", "", "n", "r", "s", "t", "l", "nd", "st", "ck", "m", "rt", "ng"]
_ENDINGS = ["s", "ing", "ed", "er", "ation"]
CATEGORIES = ("Harbour", "Nature", "Culture", "Energy", "Education", "Science", "Transport")


@dataclass(frozen=True, slots=True)
class Text:
    number: int
    title: str
    body: str
    category: str
    date: datetime


def vocabulary(size: int, seed: int = 7) -> list[str]:
    """Different words; the frequent ones are short, as in languages."""
    chance = random.Random(seed)
    words: dict[str, None] = {}
    while len(words) < size:
        syllables = 1 + (len(words) > 200) + (chance.random() < 0.45) + (chance.random() < 0.15)
        word = "".join(chance.choice(_ONSETS) + chance.choice(_VOWELS) + chance.choice(_CODAS) for _ in range(syllables))
        if len(word) > 2:
            words[word] = None
    return list(words)


def documents(count: int, words: list[str], seed: int = 11) -> Iterator[Text]:
    """Some 230 words each, log-normally distributed."""
    chance = random.Random(seed)
    weights = list(accumulate(1 / (rank + 2.7) for rank in range(len(words))))
    start = datetime(2010, 1, 1, tzinfo=UTC)
    for number in range(count):
        length = max(30, min(2_000, int(chance.lognormvariate(5.3, 0.5))))
        drawn = chance.choices(words, cum_weights=weights, k=length + 8)
        text = [word + chance.choice(_ENDINGS) if chance.random() < 0.15 else word for word in drawn]
        sentences = []
        at = 8
        while at < len(text):
            step = chance.randint(8, 22)
            sentences.append(" ".join(text[at : at + step]).capitalize() + ".")
            at += step
        paragraphs = ["\n\n".join(" ".join(sentences[i : i + 4]) for i in range(0, len(sentences), 4))]
        date = start + timedelta(hours=chance.randrange(24 * 365 * 15))
        yield Text(number, " ".join(text[:8]).capitalize(), paragraphs[0], chance.choice(CATEGORIES), date)


def queries(texts: list[Text], count: int, seed: int = 13) -> dict[str, list[str]]:
    """Queries of each kind, from words and phrases that stand in the documents, as people take them."""
    chance = random.Random(seed)

    def some(number: int) -> list[str]:
        body = chance.choice(texts).body.replace(".", "").lower().split()
        return chance.sample([word for word in body if len(word) > 4] or body, number)

    def phrase() -> str:
        sentence = chance.choice(chance.choice(texts).body.split(".")[:-1] or ["a b"]).lower().split()
        at = chance.randrange(max(1, len(sentence) - 2))
        return " ".join(sentence[at : at + 2])

    return {
        "single word": [some(1)[0] for _ in range(count)],
        "2-4 words, AND": [" ".join(some(chance.randint(2, 4))) for _ in range(count)],
        "2-4 words, OR": [" OR ".join(some(chance.randint(2, 4))) for _ in range(count)],
        "phrase": [f'"{phrase()}"' for _ in range(count)],
        "prefix": [some(1)[0][:4] + "*" for _ in range(count)],
    }
