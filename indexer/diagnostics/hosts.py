"""Report the hosts that are in back-off, that fail or that are slowed down."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from indexer.archive.serialization import time_text
from indexer.diagnostics.source_phrases import display_name
from indexer.fetch.politeness import HostState, host_key
from indexer.phrases import ReportPhrase, phrase

if TYPE_CHECKING:
    from indexer.archive.store import Archive


def hosts(archive: Archive, now: datetime | None = None) -> list[dict[str, Any]]:
    """Return a row for each host in back-off, that fails or that is slowed down: since when, until when, why, what is next."""
    now = now or datetime.now(UTC)
    on: dict[str, list[str]] = defaultdict(list)
    for state in archive.sources.all():
        on[host_key(state.source.url)].append(display_name(state))
    states = (HostState.from_mapping(each) for each in archive.hosts.all())
    return [_host(each, on.get(each.host, []), now) for each in states if not each.is_plain]


def _host(state: HostState, names: list[str], now: datetime) -> dict[str, Any]:
    waits, slowed = state.waits(now) > 0, phrase("%(seconds)s s more between requests", seconds=state.slowed_seconds)
    failed = phrase("it failed once", "it failed %(num)s times in a row", max(1, state.failures))
    if waits:
        kind = "left-alone"
        requested = phrase("in back-off, as the server requests (Retry-After)")
        what = phrase("in back-off: %(failed)s", failed=failed) if state.failures > 1 else requested
        attempt = phrase("next attempt after %(time)s", time=state.not_before)
        then = phrase("%(attempt)s; now with: indexer crawl --all", attempt=_slower(attempt, state, slowed))
    elif state.failures:
        kind, what = "failing", failed
        attempt = _slower(phrase("next attempt with the next crawl"), state, slowed)
        then = phrase("%(attempt)s; further failures lead to growing back-off, up to a day", attempt=attempt)
    else:
        kind = "slowed"
        what = phrase("%(slowed)s, because it answered that requests were too frequent (429 or 503)", slowed=slowed)
        then = phrase("the delay shrinks by a tenth with each successful response")
    return {
        "host": state.host,
        "state": kind,
        "sources": names,
        "what": what,
        "since": time_text(state.failing_since or state.slowed_since),
        "until": time_text(state.not_before) if waits else None,
        "failures": state.failures,
        "slowed_seconds": round(state.slowed_seconds, 3),
        "error": state.error or None,
        "next": then,
    }


def _slower(attempt: ReportPhrase, state: HostState, slowed: ReportPhrase) -> ReportPhrase:
    """Add the longer pause between requests to the next attempt, if there is one."""
    return phrase("%(attempt)s, with %(slowed)s", attempt=attempt, slowed=slowed) if state.slowed_seconds else attempt
