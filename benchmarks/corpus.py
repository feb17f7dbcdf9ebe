"""Make the documents: invented news of about 130 words (800 bytes), like those of Reuters. Equal options give equal documents.

Queries should cost what they cost on real news, so the documents have its properties. Four of ten words are function words. A
document belongs to one of 60 topics and repeats its own words. Words have companions, so that phrases recur. Titles repeat words
of the text. Lengths are log-normal. The file has the JSON lines that `indexer export` writes and `indexer import` reads. The
process of each engine reads this file. A file of `indexer export` can replace it.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from words import FUNCTION_WORDS, content_shares, cumulated, drawn, function_shares, names, vocabulary

SOURCES = ("Harbour Wire", "Northern Post", "The Observer of Trade")
CATEGORIES = (
    "Harbour", "Nature", "Culture", "Energy", "Education", "Science", "Transport", "Trade", "Money", "Grain", "Metals",
    "Shipping", "Health", "Sport",
)  # fmt: skip
AUTHORS, TOPICS, YEARS = 300, 60, 15
FUNCTION_SHARE, TOPIC_SHARE, REPEATED_SHARE, COMPANION_SHARE = 0.41, 0.25, 0.3, 0.12
CHUNK = 4_000  # documents drawn at once
BREAKS = (" ", ", ", ". ", ".\n\n")
_BORN = datetime(2010, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Text:
    """Hold one document as all engines get it. `size` is the number of bytes of title and body in UTF-8."""

    number: int
    title: str
    body: str
    source: str
    categories: tuple[str, ...]
    authors: tuple[str, ...]
    language: str
    date: str

    @property
    def size(self) -> int:
        return len(self.title.encode()) + len(self.body.encode())


def read(path: Path, limit: int) -> Iterator[Text]:
    """Yield the first documents of a file of JSON lines."""
    for number, line in enumerate(lines(path, limit)):
        table = json.loads(line)
        yield Text(
            number, table.get("title") or "", table.get("text") or "", table.get("source") or "",
            tuple(table.get("categories") or ()), tuple(table.get("authors") or ()), table.get("language") or "und",
            table.get("date") or "",
        )  # fmt: skip


def lines(path: Path, limit: int) -> Iterator[str]:
    with path.open(encoding="utf-8") as file:
        yield from itertools.islice(file, limit)


def write(path: Path, count: int, words: int = 130, seed: int = 11) -> None:
    """Yield invented documents. A larger corpus begins with the documents of a smaller one."""
    people = names(AUTHORS)
    topics = _topics()
    with path.open("w", encoding="utf-8") as file:
        for first in range(0, count, CHUNK):
            chance = np.random.default_rng((seed, first))
            file.writelines(itertools.islice(_chunk(chance, first, words, people, topics), count - first))
            if first and first % 100_000 == 0:
                print(f"  {first:,} documents made", file=sys.stderr, flush=True)


def _topics() -> NDArray[np.int64]:
    """Return the favourite words of each topic. None of them is among the most frequent words."""
    chance = np.random.default_rng(3)
    return np.array([chance.choice(np.arange(80, 12_000), 300, replace=False) for _ in range(TOPICS)])


def _chunk(chance: np.random.Generator, first: int, words: int, people: list[str], topics: NDArray[np.int64]) -> Iterator[str]:
    lengths = np.clip(chance.lognormal(np.log(words) - 0.5 * 0.55**2, 0.55, CHUNK), 20, 12 * words).astype(np.int64)
    heads = chance.integers(6, 10, CHUNK)
    topic = chance.integers(0, TOPICS, CHUNK)
    content, running = _running_text(chance, lengths, topic, topics)
    breaks = _breaks(chance, lengths)
    small = vocabulary() + FUNCTION_WORDS
    capital = tuple(word.capitalize() for word in small)
    table = small + capital + BREAKS
    ends = np.cumsum(lengths)
    starts = ends - lengths
    after_stop = np.concatenate(([True], breaks[:-1] >= 2))
    after_stop[starts] = True
    pieces = np.empty(2 * len(running), dtype=np.int64)
    pieces[0::2] = running + after_stop * len(small)
    pieces[1::2] = breaks + 2 * len(small)
    by = drawn(chance, cumulated(1 / (np.arange(AUTHORS) + 5)), 2 * CHUNK)
    kinds = chance.random((3, CHUNK))
    hours = chance.integers(0, YEARS * 365 * 24, CHUNK)
    for i in range(CHUNK):
        begin, end = int(starts[i]), int(ends[i])
        body = "".join(map(table.__getitem__, pieces[2 * begin : 2 * end - 1].tolist())) + "."
        picked = chance.integers(begin, min(end, begin + 40), heads[i])
        title = " ".join(map(small.__getitem__, content[picked].tolist())).capitalize()
        url = f"https://news.example.org/{first + i}"
        authors = [] if kinds[0, i] < 0.1 else [people[by[2 * i]]]
        authors += [people[by[2 * i + 1]]] if kinds[0, i] > 0.9 and by[2 * i + 1] != by[2 * i] else []
        categories = [CATEGORIES[topic[i] % len(CATEGORIES)]]
        categories += [CATEGORIES[(topic[i] + 5) % len(CATEGORIES)]] if kinds[1, i] < 0.2 else []
        record = {
            "id": hashlib.blake2b(url.encode(), digest_size=8).hexdigest(), "url": url, "title": title, "text": body,
            "language": "en", "date": (_BORN + timedelta(hours=int(hours[i]))).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "authors": authors, "categories": categories, "source": SOURCES[int(kinds[2, i] ** 2 * len(SOURCES))],
        }  # fmt: skip
        yield json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"


def _running_text(
    chance: np.random.Generator, lengths: NDArray[np.int64], topic: NDArray[np.int64], topics: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw the words of all documents as ranks in the vocabulary: content words for titles, all words for texts."""
    total = int(lengths.sum())
    owner = np.repeat(np.arange(len(lengths)), lengths)
    start = np.repeat(np.cumsum(lengths) - lengths, lengths)
    place = np.arange(total)
    content = drawn(chance, content_shares(), total)
    on_topic = chance.random(total) < TOPIC_SHARE
    favourites = drawn(chance, cumulated(1 / (np.arange(topics.shape[1]) + 3)), int(on_topic.sum()))
    content[on_topic] = topics[topic[owner[on_topic]], favourites]
    repeated = chance.random(total) < REPEATED_SHARE
    earlier = start + (chance.random(total) * (place - start) / 3).astype(np.int64)
    content[repeated] = content[earlier[repeated]]
    follows = np.flatnonzero(chance.random(total - 1) < COMPANION_SHARE) + 1
    before = content[follows - 1]
    content[follows] = (before * 7_919 + chance.integers(0, 3, len(follows))) % 9_000
    function = chance.random(total) < FUNCTION_SHARE
    running = content.copy()
    running[function] = len(vocabulary()) + drawn(chance, function_shares(), int(function.sum()))
    return content, running


def _breaks(chance: np.random.Generator, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what follows each word. A sentence has about 18 words, a paragraph about three sentences."""
    kinds = chance.random(int(lengths.sum()))
    return np.select([kinds < 0.02, kinds < 0.055, kinds < 0.1], [3, 2, 1], 0)
