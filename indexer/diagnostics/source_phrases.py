"""Phrases about a source that several reports share: its name, its next crawl, the command for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from indexer.phrases import ReportPhrase, phrase, source_argument

if TYPE_CHECKING:
    from indexer.archive.store import SourceState


def display_name(state: SourceState) -> str:
    """Return the name of a source, otherwise its URL."""
    return state.source.name or state.source.url


def crawl_command(state: SourceState) -> str:
    """Return the command that crawls a source now, or confirms the removals that it waits for."""
    if state.state == "asking":
        return f"indexer crawl --accept-removals {source_argument(state.source.name, state.source.url)}"
    return f"indexer crawl {source_argument(state.source.name, state.source.url)}"


def next_crawl(state: SourceState, now: datetime | None = None) -> ReportPhrase:
    """Return when a source is crawled next, as a phrase."""
    now = now or datetime.now(UTC)
    if state.state == "asking":
        return phrase("waiting for confirmation: no document is removed before")
    if state.next_crawl is None or state.next_crawl <= now:
        when = phrase("due, so it is fetched by the next: indexer crawl")
    else:
        when = phrase("due again at %(time)s", time=state.next_crawl)
    if state.last_error and state.failures > 1:
        when = phrase(
            "%(when)s (it failed %(num)s time in a row; the interval doubles each time, up to a day)",
            "%(when)s (it failed %(num)s times in a row; the interval doubles each time, up to a day)",
            state.failures,
            when=when,
        )
    return when
