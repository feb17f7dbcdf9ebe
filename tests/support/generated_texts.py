"""Documents of invented words, some frequent and some rare, for indexes of any size."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

from indexer.model import Document
from support.contract_corpus import doc
from support.engines import NOW

# By rank: the first words stand in nearly every document, the last in one of a hundred.
WORDS = [f"{a}{b}{c}" for a in "bdfg" for b in "aeiou" for c in "kmnrt"]


def documents(count: int) -> Iterator[Document]:
    chance = random.Random(3)
    weights = [1 / (rank + 1) for rank in range(len(WORDS))]
    for n in range(count):
        text = " ".join(chance.choices(WORDS, weights, k=chance.randrange(5, 40)))
        date = NOW - timedelta(days=chance.randrange(900)) if n % 7 else None
        yield doc(f"d{n:05}", " ".join(chance.choices(WORDS, weights, k=2)), text, date=date)
