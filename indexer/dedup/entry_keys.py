"""Which items of a listing are items of their own, and under what key?

An item is known by its address. Several items at one address are one item listed twice, or items that share a page (a
changelog, a list of episodes): then each is a document of its own, made of the feed's text, under the address with its guid or
title. An item without an address is known by its guid; a guid that is used again for something else makes another item.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from indexer.archive.store import Archive
from indexer.dedup.near_duplicate import of_a_series, resemblance, words_of
from indexer.extract.extractor import feed_text, page_key
from indexer.model import Entry, Source

ANOTHER = 0.4  # items that resemble each other less tell different things
A_VERSION = 0.6  # items at one address that resemble each other more are versions of one, whatever their guids
A_TITLE_CORRECTED = 0.8  # of its letters are the same
MAX_COMPARED = 200  # items at one address, each with each


def unique(entries: Iterable[Entry], source: Source) -> dict[str, Entry]:
    """Return the entries by their keys; of several that are one item the first, as publishers list the newest first."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(page_key(entry, source), []).append(entry)
    kept: dict[str, Entry] = {}
    for key, group in groups.items():
        different = _different(group) if len(group) > 1 else group
        if len(different) == 1:
            kept.setdefault(key, different[0])
        else:
            for entry in different:
                own = _of_its_own(entry, different)
                kept.setdefault(page_key(own, source), own)
    return kept


def settled(entries: dict[str, Entry], source: Source, source_id: int, archive: Archive) -> dict[str, Entry]:
    """Return the entries under the keys that they had before.

    An address that several items once shared stays shared. A guid without an address that now stands for something else makes
    another item.
    """
    kept: dict[str, Entry] = {}
    for key, entry in entries.items():
        before = entry
        if entry.url:
            if archive.pages.share_link(source_id, entry.url):
                named = (_of_its_own(entry, ()), _of_its_own(replace(entry, guid=None), ()))
                known_as = [each for each in named if archive.pages.get(page_key(each, source)) is not None]
                entry = replace((*known_as, named[0])[0], guid=entry.guid)
        elif entry.guid and not entry.key and (known := archive.pages.get(key)) is not None and _is_another(known.entry, entry):
            entry = replace(entry, key=f"{entry.guid}\n{entry.title or _text(entry)}")
        kept[key if entry is before else page_key(entry, source)] = entry
    return kept


def _different(group: Sequence[Entry]) -> list[Entry]:
    """Return the entries that are neither a copy nor another version of an earlier one."""
    kept: list[_Item] = []
    for entry in group:
        item = _Item.of(entry)
        if len(group) > MAX_COMPARED:  # nobody lists so many versions
            same = any(each.entry.title == entry.title and each.words == item.words for each in kept[-1:])
        else:
            same = any(_same_item(item, each) for each in kept)
        if not same:
            kept.append(item)
    return [item.entry for item in kept]


@dataclass(frozen=True, slots=True)
class _Item:
    entry: Entry
    words: frozenset[str]

    @staticmethod
    def of(entry: Entry) -> _Item:
        return _Item(entry, frozenset(words_of(_text(entry))))


def _same_item(a: _Item, b: _Item) -> bool:
    one, other = a.entry, b.entry
    alike = resemblance(a.words, b.words)
    if one.title == other.title:
        return one.guid == other.guid is not None or one.published == other.published is not None or alike >= ANOTHER
    titles = frozenset(words_of(one.title)), frozenset(words_of(other.title))
    alike = resemblance(a.words | titles[0], b.words | titles[1])
    if one.guid and one.guid == other.guid:
        return alike >= ANOTHER
    if of_a_series(one.title, other.title):
        return False
    corrected = SequenceMatcher(None, one.title, other.title).ratio() >= A_TITLE_CORRECTED
    return alike >= A_VERSION or (corrected and resemblance(a.words, b.words) >= ANOTHER)


def _is_another(a: Entry, b: Entry) -> bool:
    """Return whether an item is another one than the known item with its guid."""
    if a.title == b.title or not a.title or not b.title or a.published == b.published is not None:
        return False
    one, other = (frozenset(words_of(f"{each.title} {_text(each)}")) for each in (a, b))
    return resemblance(one, other) < ANOTHER


def _text(entry: Entry) -> str:
    return feed_text(entry.content_html or entry.summary_html)


def _of_its_own(entry: Entry, among: Sequence[Entry]) -> Entry:
    link = entry.url or entry.shared_url
    same_guid = sum(each.guid == entry.guid for each in among) > 1
    same_title = sum(each.title == entry.title for each in among) > 1
    name = entry.guid if entry.guid and not same_guid else entry.title if entry.title and not same_title else None
    if name is None:
        name = f"{entry.guid or ''}\n{entry.title}\n{entry.published or _text(entry)}"
    return replace(entry, url=None, shared_url=link, key=f"{link or ''}\n{name}")
