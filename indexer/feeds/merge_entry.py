"""What two listings say of one item, put together. Pure."""

from __future__ import annotations

import dataclasses

from indexer.model import Entry


def completed(listed: Entry, held: Entry) -> Entry:
    """The entry as listed now, with what only the one held says.

    A sitemap gives an address and a date: it must not take the title and the text from an item that a feed listed once. When
    it says that the page changed since, that is the one thing that changes.

    >>> completed(Entry("https://example.org/a"), Entry("https://example.org/a", title="T")).title
    'T'
    """
    kept = {
        name: old
        for name in (each.name for each in dataclasses.fields(Entry))
        if not getattr(listed, name) and (old := getattr(held, name))
    }
    if listed.updated and held.updated and listed.updated < held.updated:
        kept["updated"] = held.updated
    return dataclasses.replace(listed, **kept)
