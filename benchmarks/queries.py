"""Draw the queries from the documents, as people search for what is there. All engines get the same ones.

A query has a kind and words. Each engine writes it in its own syntax; `for_ours` has that of the product. A word is drawn as
often as it occurs in the texts, so frequent words are asked for often. Function words are left out, so that "the" does not
decide the comparison. A measurement asks each query once, so that no cache of answers helps.
"""

from __future__ import annotations

import random
import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from corpus import Text
from words import FUNCTION_WORDS

Kind = Literal["words", "phrase", "or", "prefix", "wildcard", "fuzzy"]
_STOP = frozenset(FUNCTION_WORDS)
_SENTENCE = re.compile(r"[.!?,;:\n]+")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Query:
    kind: Kind
    words: tuple[str, ...]

    def for_ours(self) -> str:
        match self.kind:
            case "phrase":
                return f'"{" ".join(self.words)}"'
            case "or":
                return " OR ".join(self.words)
            case "prefix":
                return self.words[0] + "*"
            case "fuzzy":
                return self.words[0] + "~1"
        return " ".join(self.words)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Hold a category and a range of days, both ends included."""

    category: str
    date_from: str
    date_to: str


class Asker:
    """Draw queries from a sample of the documents."""

    def __init__(self, texts: Sequence[Text], seed: int = 13) -> None:
        self._texts, self._chance = texts, random.Random(seed)
        self._drawn = texts[0]  # the document that the last query came from

    def pages(self, count: int) -> list[Query]:
        """Return a mix: a third are single words, a third 2 to 4 words of one document, a third phrases."""
        return self._different(count, lambda n: (self._single, self._together, self._phrase)[n % 3]())

    def frequent(self, count: int) -> list[Query]:
        """Return the most frequent words of the sample."""
        counts: dict[str, int] = {}
        for text in self._texts:
            for word in set(_content(text.body)):
                counts[word] = counts.get(word, 0) + 1
        return [Query("words", (word,)) for word in sorted(counts, key=lambda word: (-counts[word], word))[:count]]

    def either(self, count: int, most: int) -> list[Query]:
        """Return alternatives: any of 2 to `most` words of one document."""
        return self._different(count, lambda _: Query("or", self._words(self._chance.randint(2, most))))

    def scattered(self, count: int) -> list[Query]:
        """Return queries of 2 to 8 words, each word of another document. Most have no full match; the caller must check."""
        return self._different(
            count, lambda _: Query("words", tuple(self._words(1)[0] for _ in range(self._chance.randint(2, 8))))
        )

    def prefixes(self, count: int) -> list[Query]:
        """Return prefixes: the first 2 to 5 letters of longer words."""

        def one(_: int) -> Query:
            letters = self._chance.randint(2, 5)
            return Query("prefix", (self._long_word(letters + 1)[:letters],))

        return self._different(count, one)

    def wildcards(self, count: int, *, leading: bool) -> list[Query]:
        """Return patterns such as `har*ur` and `ha?bo*`; with `leading`, such as `*arbo*`."""

        def one(n: int) -> Query:
            word = self._long_word(6)
            if leading:
                at = self._chance.randint(1, len(word) - 5)
                return Query("wildcard", (f"*{word[at : at + 4]}*",))
            if n % 2:
                return Query("wildcard", (f"{word[:3]}*{word[-2:]}",))
            return Query("wildcard", (f"{word[:2]}?{word[3:5]}*",))

        return self._different(count, one)

    def fuzzy(self, count: int) -> list[Query]:
        """Return words with one letter changed, left out or doubled."""

        def one(n: int) -> Query:
            word = self._long_word(5)
            at = self._chance.randrange(1, len(word))
            middle = (self._chance.choice("aeionrst"), "", word[at] * 2)[n % 3]
            return Query("fuzzy", (word[:at] + middle + word[at + 1 :],))

        return self._different(count, one)

    def narrowed(self, count: int) -> list[tuple[Query, Narrowing]]:
        """Return the mix of `pages`, each with the category of its document and about five years around its date."""
        dates = sorted(text.date[:10] for text in self._texts if text.date) or ["2000-01-01"]
        found: dict[Query, Narrowing] = {}
        for n in range(20 * count):
            if len(found) == count:
                break
            query, text = (self._single, self._together, self._phrase)[n % 3](), self._drawn
            at = bisect_left(dates, text.date[:10]) - self._chance.randrange(1 + len(dates) // 3)
            upto = dates[min(len(dates) - 1, max(0, at) + len(dates) // 3)]
            found.setdefault(query, Narrowing((*text.categories, "")[0], dates[max(0, at)], upto))
        return list(found.items())

    # -- how they are drawn --------------------------------------------------------------------------------------------

    def _different(self, count: int, one: Callable[[int], Query]) -> list[Query]:
        found: dict[Query, None] = {}
        for n in range(20 * count):
            if len(found) == count:
                break
            found[one(n)] = None
        return list(found)

    def _single(self) -> Query:
        return Query("words", self._words(1))

    def _together(self) -> Query:
        return Query("words", self._words(self._chance.randint(2, 4)))

    def _words(self, count: int) -> tuple[str, ...]:
        """Return different words of one document, in their order there."""
        for _ in range(100):
            self._drawn = self._chance.choice(self._texts)
            words = _content(self._drawn.body)
            if len(set(words)) >= count:
                picked = set(self._chance.sample(list(dict.fromkeys(words)), count))
                return tuple(word for word in dict.fromkeys(words) if word in picked)
        raise ValueError("the documents hold too few words to draw queries from")

    def _long_word(self, letters: int) -> str:
        return next((word for _ in range(1000) if len(word := self._words(1)[0]) >= letters), "harbour"[:letters])

    def _phrase(self) -> Query:
        """Return 2 or 3 neighbouring words of a sentence. The outer words are not function words."""
        for _ in range(1000):
            self._drawn = self._chance.choice(self._texts)
            sentence = _WORD.findall(self._chance.choice(_SENTENCE.split(self._drawn.body)).lower())
            length = self._chance.randint(2, 3)
            if len(sentence) < length:
                continue
            at = self._chance.randrange(len(sentence) - length + 1)
            words = sentence[at : at + length]
            if not {words[0], words[-1]} & _STOP:
                return Query("phrase", tuple(words))
        return self._together()


def _content(body: str) -> list[str]:
    return [word for word in _WORD.findall(body.lower()) if word not in _STOP and len(word) > 2 and word.isascii()]
