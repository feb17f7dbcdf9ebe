"""Store sources in the archive: those that `add` found and those of config.toml."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from indexer.archive.store import Archive, SourceState
from indexer.model import Source
from indexer.urls import host, identity, resolve


def store_sources(archive: Archive, sources: Sequence[Source]) -> list[tuple[Source, bool]]:
    """Store sources; return each one with whether it is new. Names are made unique, so that a name identifies a source."""
    stored = []
    with archive.transaction():
        for source in sources:
            source = dataclasses.replace(source, url=_stored_spelling(archive, source.url))
            state = archive.sources.find(source.url) or _with_alternate(archive, source.url)
            if state is not None and state.state != "removed" and source.url in (state.source.url, *state.source.alternates):
                stored.append((state.source, False))
                continue
            source = dataclasses.replace(source, name=_unique_name(archive, source))
            stored.append((source, archive.sources.add(source)))
    return stored


def sync_configured(archive: Archive, sources: Sequence[Source]) -> None:
    """Store the sources of config.toml; a stored one takes over the settings of the file."""
    stored = {state.source.url: state.source for state in archive.sources.all()}
    for source in sources:
        url = resolve(source.url) or source.url
        before = stored.get(url)
        name = source.name or (before.name if before else "") or host(url)
        configured = dataclasses.replace(source, url=url, name=name)
        if before is not None:  # what the file cannot set stays
            configured = dataclasses.replace(
                configured, template=before.template, alternates=before.alternates, timezone=before.timezone
            )
        if before != configured:
            archive.sources.add(configured)


def _with_alternate(archive: Archive, url: str) -> SourceState | None:
    """Return the source that this feed is an alternate of."""
    return next((state for state in archive.sources.all() if url in state.source.alternates), None)


def _stored_spelling(archive: Archive, url: str) -> str:
    """Return the address as the archive spells it, if it holds another spelling of the same address."""
    urls = (state.source.url for state in archive.sources.all())
    return next((each for each in urls if identity(each) == identity(url)), url)


def _unique_name(archive: Archive, source: Source) -> str:
    names = {state.source.name for state in archive.sources.all() if state.source.url != source.url}
    name, number = source.name, 2
    while name in names:
        name, number = f"{source.name} ({number})", number + 1
    return name
