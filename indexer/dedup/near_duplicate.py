"""Decide whether two documents, or two items of a listing, are the same. Pure.

The same text under two addresses is one document. These are not the same:

- translations, which share no words (`language_variants` recognises pages that are announced as such and not translated yet);
- texts that are too short to compare;
- the issues of a series ("Weekly report 34" and "35"), whose titles differ in a number, a date or a word.

The more evidence there is in addition to the text, the less the texts need to agree.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from enum import IntEnum
from functools import cached_property, lru_cache
from typing import Final, TypeVar
from zlib import crc32

import numpy as np
import numpy.typing as npt

from indexer.extract.extractor import feed_text, page_key
from indexer.model import Document, Entry, Source


class DuplicateEvidence(IntEnum):
    """The evidence in addition to the text, the strongest last."""

    TEXT = 0
    URL_FORM = 1  # their addresses are forms of one: www, mobile, AMP, print (`urls.url_form_key`)
    GUID = 2  # the feed gives both items one guid
    NAMED = 3  # one page names the address of the other as its own, or as its AMP or print version


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A document that is the same, and the strongest evidence for it."""

    document: Document
    because: DuplicateEvidence


MIN_WORDS = 50  # of two texts that have nothing but the text in common
MIN_JACCARD = 0.9
MIN_URL_FORM_JACCARD = 0.8
MIN_GUID_JACCARD = (
    0.5  # an article that was corrected when it moved; another one with a guid used again has nearly nothing in common
)
MIN_NAMED_JACCARD = 0.3
MIN_CONTAINMENT = 0.6  # AMP and print versions leave out, or take in, whole paragraphs
MIN_CORRECTED_WORD_RATIO = 0.6  # of the letters of two words are the same
MAX_SAME_DAY_DISTANCE = timedelta(hours=36)

_DAYS_AND_MONTHS = frozenset(
    """january february march april may june july august september october november december monday tuesday wednesday
    thursday friday saturday sunday spring summer autumn winter first second third fourth fifth one two three four five
    six seven eight nine ten januar februar märz mai juni juli oktober dezember montag dienstag mittwoch donnerstag
    freitag samstag sonntag frühling sommer herbst erste zweite dritte eins zwei drei vier fünf janvier février mars avril
    juin juillet août septembre octobre novembre décembre lundi mardi mercredi jeudi vendredi samedi dimanche printemps
    été automne hiver un deux trois quatre cinq enero febrero marzo abril mayo junio julio agosto septiembre octubre
    noviembre diciembre lunes martes miércoles jueves viernes sábado domingo primavera verano otoño invierno uno dos tres
    cuatro cinco gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre lunedì martedì mercoledì giovedì
    venerdì sabato domenica due tre quattro januari februari maart mei augustus maandag dinsdag woensdag donderdag vrijdag
    zaterdag zondag een twee drie vier vijf janeiro fevereiro março maio junho julho setembro outubro novembro dezembro
    segunda terça quarta quinta sexta i ii iii iv v vi vii viii ix x xi xii""".split()
)


@dataclass(frozen=True)
class ShingledDocument:
    """A document with its words, their shingles and its MinHash sketch, each computed when it is first used."""

    document: Document

    @cached_property
    def words(self) -> list[str]:
        return words_of(self.document.text)

    @property
    def length(self) -> int:
        """Return the number of words."""
        return len(encoded_words(self.document.text))

    @cached_property
    def _hashes(self) -> Hashes:
        return shingles_of(encoded_words(self.document.text))

    @cached_property
    def shingles(self) -> frozenset[int]:
        return frozenset(self._hashes.tolist())

    @cached_property
    def minhash(self) -> tuple[int, ...]:
        return minhash_of(self._hashes)


def are_one_document(a: ShingledDocument, b: ShingledDocument, because: DuplicateEvidence) -> bool:
    """Return whether two documents are the same one: by their texts and by further evidence."""
    if not a.words or not b.words:
        return (
            a.words == b.words
            and bool(a.document.title)
            and a.document.title == b.document.title
            and because > DuplicateEvidence.TEXT
        )
    # A headline may be corrected in a number when its page moves, but not weeks later.
    moved = because is DuplicateEvidence.NAMED or (
        because is DuplicateEvidence.GUID and _same_day(a.document.date, b.document.date)
    )
    if not moved and are_of_a_series(a.document.title, b.document.title):
        return False
    equal, alike = a.words == b.words, jaccard(a.shingles, b.shingles)
    match because:
        case DuplicateEvidence.NAMED:
            return alike >= MIN_NAMED_JACCARD or containment(a.shingles, b.shingles) >= MIN_CONTAINMENT
        case DuplicateEvidence.GUID:
            return equal or (alike >= MIN_GUID_JACCARD and _long_enough(a, b, 20))
        case DuplicateEvidence.URL_FORM:
            return equal or (alike >= MIN_URL_FORM_JACCARD and _long_enough(a, b, 20))
        case _:
            return _long_enough(a, b, MIN_WORDS) and (equal or (alike >= MIN_JACCARD and not _are_distinct(a, b)))


def _long_enough(a: ShingledDocument, b: ShingledDocument, least: int) -> bool:
    return min(len(a.words), len(b.words)) >= least


def are_of_a_series(a: str, b: str) -> bool:
    """Return whether each of two titles has a number or a date that the other one has not."""
    first, second = Counter(words_of(a)), Counter(words_of(b))
    left, right = first - second, second - first
    return bool(left and right) and any(word in _DAYS_AND_MONTHS or any(map(str.isdigit, word)) for word in left | right)


def _are_distinct(a: ShingledDocument, b: ShingledDocument) -> bool:
    """Return whether two nearly equal texts tell different things, judging by their numbers and their titles."""
    one, other = a.document, b.document
    if _numbers(a.words) != _numbers(b.words) and (one.title != other.title or not _same_day(one.date, other.date)):
        return True
    first, second = words_of(one.title), words_of(other.title)
    common = Counter(first) & Counter(second)
    left, right = [w for w in first if not common[w]], [w for w in second if not common[w]]
    if not left or not right or not common:  # one has a site's name more, or they have nothing in common
        return False
    corrected = len(left) == len(right) and all(map(_nearly, left, right))
    return not (corrected and _same_day(one.date, other.date))


def _nearly(a: str, b: str) -> bool:
    return SequenceMatcher(None, a, b).ratio() >= MIN_CORRECTED_WORD_RATIO


def _numbers(words: Sequence[str]) -> Counter[str]:
    return Counter(word for word in words if word[0].isdigit())


def _same_day(a: datetime | None, b: datetime | None) -> bool:
    return a is None or b is None or abs(a - b) <= MAX_SAME_DAY_DISTANCE


# -- How alike are two texts, and which of many are like this one? Pure ---------------------------------------------
_Part = TypeVar("_Part", int, str)
Hashes = npt.NDArray[np.uint32]
SHINGLE_WORDS: Final = 4
MINHASH_SIZE: Final = 8
MAX_WORDS: Final = 20_000  # of a text that are compared
_LAST_BIT: Final = np.uint32(1)
_FACTORS: Final = tuple(map(np.uint32, (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F)))  # of a shingle's words, in order
# A letter of a script without spaces between words stands for itself.
_WORD: Final = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]"
    r"|[^\W_\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+"
)


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, without punctuation.

    >>> words_of("The ferry's 2nd trip: 東京")
    ['the', 'ferry', 's', '2nd', 'trip', '東', '京']
    """
    folded = text[: MAX_WORDS * 20].casefold()
    words = split_ascii(folded, NO_LETTERS)
    return (_WORD.findall(folded) if words is None else words)[:MAX_WORDS]


@lru_cache(maxsize=4)  # a page's words are needed to judge its answer, and again to find its duplicates
def encoded_words(text: str) -> Sequence[bytes]:
    """Return the words of `words_of` in UTF-8. Words of ASCII texts are split and hashed in half the time as bytes.

    >>> encoded_words("The ferry's 2nd trip: 東")
    [b'the', b'ferry', b's', b'2nd', b'trip', b'\\xe6\\x9d\\xb1']
    """
    folded = _without_punctuation(text[: MAX_WORDS * 20].casefold())
    if folded.isascii():
        return folded.encode().translate(_LETTERS_OF_BYTES).split()[:MAX_WORDS]
    return [word.encode("utf-8", "surrogatepass") for word in words_of(text)]


NO_LETTERS: Final = str.maketrans({chr(code): " " for code in range(128) if not chr(code).isalnum()})
_LETTERS_OF_BYTES: Final = bytes(range(256)).decode("latin-1").translate(NO_LETTERS).encode("latin-1")
_PUNCTUATION: Final = "‘’“”–—…"  # that English texts have besides ASCII


def split_ascii(text: str, between: dict[int, str]) -> list[str] | None:
    """Return the words of a text whose letters are all ASCII; None for other texts. It takes a third of an expression's time.

    `between`: the ASCII characters between words, each with a space in its place.
    """
    text = _without_punctuation(text)
    return text.translate(between).split() if text.isascii() else None


def _without_punctuation(text: str) -> str:
    for mark in _PUNCTUATION if not text.isascii() else "":
        text = text.replace(mark, " ")
    return text


def shingles_of(words: Sequence[bytes]) -> Hashes:
    """Return a 32-bit hash of each different shingle, sorted; one hash if the text is shorter than a shingle."""
    if not words:
        return np.zeros(0, "u4")
    numbers = np.zeros(max(len(words), SHINGLE_WORDS), "u4")
    numbers[: len(words)] = np.fromiter(map(crc32, words), "u4", len(words)) | _LAST_BIT
    count = len(numbers) - SHINGLE_WORDS + 1
    hashes = numbers[:count] * _FACTORS[0]
    for place in range(1, SHINGLE_WORDS):
        hashes += numbers[place : place + count] * _FACTORS[place]  # modulo 2^32
    hashes.sort()  # `np.unique` takes ten times as long
    is_first = np.ones(count, "?")
    np.not_equal(hashes[1:], hashes[:-1], out=is_first[1:])
    return hashes[is_first]


def minhash_of(shingles: Hashes) -> tuple[int, ...]:
    """Return the MinHash sketch of a text: the smallest of its hashes (Broder 1997, bottom-k)."""
    return tuple(shingles[:MINHASH_SIZE].tolist())


def jaccard(a: frozenset[_Part], b: frozenset[_Part]) -> float:
    """Return the Jaccard index of two sets of shingles or words: the share of all of them that both have, 0 to 1."""
    if not a or not b:
        return float(a == b)
    common = len(a & b)
    return common / (len(a) + len(b) - common)


def containment(a: frozenset[int], b: frozenset[int]) -> float:
    """Return the share of the shorter text's shingles that the longer one also has: 0 to 1."""
    return len(a & b) / min(len(a), len(b)) if a and b else 0.0


# -- the items of a listing -----------------------------------------------------------------------------------------
# An item is known by its address. Several items at one address are one item listed twice, or items that share a page (a
# changelog, a list of episodes): then each is a document of its own, made of the feed's text, under the address with its guid or
# title. An item without an address is known by its guid; a guid that is used again for something else makes another item.

MIN_ITEM_JACCARD = 0.4  # items that resemble each other less tell different things
MIN_VERSION_JACCARD = 0.6  # items at one address that resemble each other more are versions of one, whatever their guids
MIN_CORRECTED_TITLE_RATIO = 0.8  # of its letters are the same
MAX_COMPARED_ITEMS = 200  # items at one address, each with each


def unique(entries: Iterable[Entry], source: Source) -> dict[str, Entry]:
    """Return the entries by their keys; of several that are one item the first, as publishers list the newest first."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(page_key(entry, source), []).append(entry)
    items: dict[str, Entry] = {}
    for key, group in groups.items():
        different = _different(group) if len(group) > 1 else group
        if len(different) == 1:
            items.setdefault(key, different[0])
        else:
            for entry in different:
                own = as_own_item(entry, different)
                items.setdefault(page_key(own, source), own)
    return items


def _different(group: Sequence[Entry]) -> list[Entry]:
    """Return the entries that are neither a copy nor another version of an earlier one."""
    distinct: list[_Item] = []
    for entry in group:
        item = _Item.of(entry)
        if len(group) > MAX_COMPARED_ITEMS:  # no item has so many versions
            same = any(each.entry.title == entry.title and each.words == item.words for each in distinct[-1:])
        else:
            same = any(_same_item(item, each) for each in distinct)
        if not same:
            distinct.append(item)
    return [item.entry for item in distinct]


@dataclass(frozen=True, slots=True)
class _Item:
    entry: Entry
    words: frozenset[str]

    @staticmethod
    def of(entry: Entry) -> _Item:
        return _Item(entry, frozenset(words_of(entry_text(entry))))


def _same_item(a: _Item, b: _Item) -> bool:
    one, other = a.entry, b.entry
    alike = jaccard(a.words, b.words)
    if one.title == other.title:
        return one.guid == other.guid is not None or one.published == other.published is not None or alike >= MIN_ITEM_JACCARD
    titles = frozenset(words_of(one.title)), frozenset(words_of(other.title))
    alike = jaccard(a.words | titles[0], b.words | titles[1])
    if one.guid and one.guid == other.guid:
        return alike >= MIN_ITEM_JACCARD
    if are_of_a_series(one.title, other.title):
        return False
    corrected = SequenceMatcher(None, one.title, other.title).ratio() >= MIN_CORRECTED_TITLE_RATIO
    return alike >= MIN_VERSION_JACCARD or (corrected and jaccard(a.words, b.words) >= MIN_ITEM_JACCARD)


def reuses_guid(a: Entry, b: Entry) -> bool:
    """Return whether an entry has the guid of a known item but stands for another one."""
    if a.title == b.title or not a.title or not b.title or a.published == b.published is not None:
        return False
    one, other = (frozenset(words_of(f"{each.title} {entry_text(each)}")) for each in (a, b))
    return jaccard(one, other) < MIN_ITEM_JACCARD


def entry_text(entry: Entry) -> str:
    """Return the text that the feed has of an entry."""
    return feed_text(entry.content_html or entry.summary_html)


def as_own_item(entry: Entry, among: Sequence[Entry]) -> Entry:
    """Return an entry as an item of its own at an address that it shares with the items `among`: its key says which it is."""
    link = entry.url or entry.shared_url
    same_guid = sum(each.guid == entry.guid for each in among) > 1
    same_title = sum(each.title == entry.title for each in among) > 1
    name = entry.guid if entry.guid and not same_guid else entry.title if entry.title and not same_title else None
    if name is None:
        name = f"{entry.guid or ''}\n{entry.title}\n{entry.published or entry_text(entry)}"
    return replace(entry, url=None, shared_url=link, key=f"{link or ''}\n{name}")
