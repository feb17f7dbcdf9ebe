"""Counts, sizes and freshness, and what needs a person's eye, as `status`, `sources` and the web's `/status` show them."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from indexer.archive.statistics import ArchiveStatistics, FailingPage
from indexer.diagnostics.quality_checks import ADVICE, Kind, QualityIssue, suspects
from indexer.errors import EngineError
from indexer.fetch.host_state import HostState
from indexer.fetch.politeness import host_key
from indexer.messages import source_argument
from indexer.reasons import PREFIXED, Reason

if TYPE_CHECKING:
    from indexer.archive.store import Archive, SourceState
    from indexer.engines.base import Engine

LOOKED_AT: Final = 2_000  # documents of all sources together, when not all are looked at
SHOWN: Final = 5  # examples of one kind in one source
GONE_TWICE: Final = 2  # from then on a page is asked for once a day at most (`crawl.schedule`)


def _iso(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def status(archive: Archive, engine: Engine) -> dict[str, Any]:
    """The keys of `indexer --json status`, but for those of `attention`."""
    states = archive.sources.all()
    crawls = [state.last_crawl for state in states if state.last_crawl]
    generation, position, outdated = None, 0, False
    errors: list[dict[str, Any]] = [
        {"source": _name(s), "error": s.last_error, "since": _iso(s.error_since), **_after_failure(s)}
        for s in states
        if s.last_error
    ]
    damage: Sequence[str] = ()
    try:
        outdated = engine.is_outdated()
        reader = engine.reader()
        generation, position = reader.generation, reader.position
        reader.close()
        damage = engine.known_damage()
    except EngineError as error:
        if archive.documents.last_change:
            damage = [error.message]
    # `reindex.catch_up` rebuilds a damaged index.
    then = "the next crawl rebuilds it from the archive; at once, without the network: indexer check --repair"
    errors += [{"source": "index", "error": message, "since": None, "next": then} for message in damage]
    return {
        **archive.counts(),
        "pending": archive.documents.pending(position),
        "generation": generation,
        "outdated": outdated,
        "archive_bytes": archive.size_bytes(),
        "index_bytes": engine.size_bytes(),
        "last_crawl": _iso(max(crawls, default=None)),
        "errors": errors,
        "hosts": hosts(archive),
    }


def hosts(archive: Archive, now: datetime | None = None) -> list[dict[str, Any]]:
    """Hosts that are left alone, that fail or that are asked more slowly: since when, until when, why, what happens next."""
    now = now or datetime.now(UTC)
    on: dict[str, list[str]] = defaultdict(list)
    for state in archive.sources.all():
        on[host_key(state.source.url)].append(_name(state))
    known = (HostState.from_mapping(each) for each in archive.hosts.all())
    return [_host(each, on.get(each.host, []), now) for each in known if not each.is_plain]


def sources(archive: Archive, now: datetime | None = None) -> list[dict[str, Any]]:
    """A row for each source."""
    now = now or datetime.now(UTC)
    spared = {row["host"]: row for row in hosts(archive, now)}
    with closing(ArchiveStatistics(archive.path)) as insight:
        entries, documents, failing = insight.entries(), insight.documents(), insight.failing()
    return [
        {
            "url": state.source.url,
            "name": state.source.name,
            "kind": state.source.kind,
            "state": state.state,
            "last_crawl": _iso(state.last_crawl),
            "next_crawl": _iso(state.next_crawl),
            "entries": entries.get(state.id, 0),
            "documents": documents.get(state.id, 0),
            "last_error": state.last_error,
            "error_since": _iso(state.error_since),
            "failures": state.failures,
            "failing_pages": failing.get(state.id, 0),
            "next": next_crawl(state, now),
            "command": _command(state),
            "diagnosis": f"indexer doctor {source_argument(state.source.name, state.source.url)}",
            "host": spared.get(host_key(state.source.url)),
        }
        for state in archive.sources.all()
    ]


def attention(archive: Archive, most: int | None = LOOKED_AT, kept: QualityCache | None = None) -> dict[str, Any]:
    """What needs a person's eye: `failing_pages`, by source and reason, and `suspects`, documents that look wrongly extracted
    (of `most` that are looked at; None: of all). `kept`: for who asks again and again."""
    now = datetime.now(UTC)
    states = {state.id: state for state in archive.sources.all()}
    with closing(ArchiveStatistics(archive.path)) as insight:
        failing = [
            row
            for id_, count in insight.failing().items()
            if (state := states.get(id_)) and count
            for row in _reasons(state, insight.failing_pages(id_), now)
        ]
    return {"failing_pages": failing, "suspects": (kept or QualityCache()).of(archive, states, most)}


class QualityCache:
    """Which documents look wrongly extracted: worked out once for each state of the archive (60 ms of 20,000 documents)."""

    def __init__(self) -> None:
        self._known: tuple[object, dict[str, Any]] | None = None

    def of(self, archive: Archive, states: Mapping[int, SourceState], most: int | None) -> dict[str, Any]:
        """`states`: the archive's sources by number."""
        sources = tuple((state.id, state.source.name, state.source.url) for state in states.values())
        key, known = (archive.documents.last_change, sources, most), self._known
        if known is None or known[0] != key:
            known = self._known = key, _suspicions(archive, states, most)
        return known[1]


def _suspicions(archive: Archive, states: Mapping[int, SourceState], most: int | None) -> dict[str, Any]:
    looked_at = 0
    odd: list[tuple[SourceState, QualityIssue]] = []
    with closing(ArchiveStatistics(archive.path)) as insight:
        total = sum(count for id_, count in insight.documents().items() if id_ in states)
        for sample in insight.sample(most):
            state = states.get(sample[0].source_id) if sample else None
            if state is not None:
                looked_at += len(sample)
                odd += [(state, one) for one in suspects(sample, state.source.name, state.source.url)]
    return {"documents": total, "looked_at": looked_at, "found": len(odd), "groups": _grouped(odd)}


def _name(state: SourceState) -> str:
    return state.source.name or state.source.url


def _command(state: SourceState) -> str:
    """What crawls it at once; what answers the question of one that asks."""
    if state.state == "asking":
        return f"indexer crawl --accept-removals {source_argument(state.source.name, state.source.url)}"
    return f"indexer crawl {source_argument(state.source.name, state.source.url)}"


def next_crawl(state: SourceState, now: datetime | None = None) -> str:
    """When the source is read again, in words."""
    now = now or datetime.now(UTC)
    if state.state == "asking":
        return "asking: all documents stay until it is answered"
    if state.next_crawl is None or state.next_crawl <= now:
        when = "due, so it is read with the next: indexer crawl"
    else:
        when = f"due again at {state.next_crawl:%Y-%m-%d %H:%M} UTC"
    if state.last_error and state.failures > 1:
        when += f" (it failed {state.failures} times in a row; each time it waits twice as long, up to a day)"
    return when


def _after_failure(state: SourceState) -> dict[str, Any]:
    return {
        "url": state.source.url,
        "failures": state.failures,
        "next_crawl": _iso(state.next_crawl),
        "next": next_crawl(state, datetime.now(UTC)),
        "command": _command(state),
        "diagnosis": f"indexer doctor {source_argument(state.source.name, state.source.url)}",
    }


def _host(state: HostState, names: list[str], now: datetime) -> dict[str, Any]:
    waits, slowed = state.waits(now) > 0, f"{state.slowed_seconds:.3g} s more between two requests"
    slower = f", with {slowed}" if state.slowed_seconds else ""
    failed = f"it failed {state.failures} times in a row" if state.failures > 1 else "it failed once"
    if waits:
        kind = "left-alone"
        what = f"left alone, as {failed}" if state.failures > 1 else "left alone, as it asked for that (Retry-After)"
        then = f"asked again after {state.not_before:%Y-%m-%d %H:%M} UTC{slower}; at once by indexer crawl --all"
    elif state.failures:
        kind, what = "failing", failed
        then = f"asked again with the next crawl{slower}; if it goes on, it is left alone for longer each time, up to a day"
    else:
        kind, what = "slowed", f"{slowed}, as it said that it was asked too fast (429 or 503)"
        then = "a tenth less with each good answer"
    return {
        "host": state.host,
        "state": kind,
        "sources": names,
        "what": what,
        "since": _iso(state.failing_since or state.slowed_since),
        "until": _iso(state.not_before) if waits else None,
        "failures": state.failures,
        "slowed_seconds": round(state.slowed_seconds, 3),
        "error": state.error or None,
        "next": then,
    }


def _reasons(state: SourceState, pages: list[FailingPage], now: datetime) -> list[dict[str, Any]]:
    """Failing pages of one source by what was said of them, the most frequent first."""
    by_reason: dict[Reason, list[FailingPage]] = defaultdict(list)
    for page in pages:
        by_reason[_without_page(page)].append(page)
    rows = []
    for reason, alike in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        good = [page.last_good for page in alike if page.last_good]
        gone = all(page.gone_count >= GONE_TWICE for page in alike)
        rows.append(
            {
                "source": _name(state),
                "reason": reason,
                "pages": len(alike),
                "examples": [page.url for page in alike[:SHOWN]],
                "last_good": _iso(max(good, default=None)),
                "never_had": sum(page.last_good is None for page in alike),
                "tried": _iso(max((page.tried for page in alike if page.tried), default=None)),
                "next": "asked for once a day at most, as they are gone"
                if gone
                else f"tried again with its source, which is {next_crawl(state, now)}",
                "next_crawl": _iso(state.next_crawl),
                "command": _command(state),
            }
        )
    return rows


def _without_page(page: FailingPage) -> Reason:
    """Return the page's reason without what differs from page to page: its own address, and since when."""
    cause = page.failure
    return replace(cause, url="" if cause.code in PREFIXED or cause.url == page.url else cause.url, since="")


def _grouped(odd: list[tuple[SourceState, QualityIssue]]) -> list[dict[str, Any]]:
    """By source and kind, in the order of kinds."""
    groups: dict[tuple[int, Kind], list[tuple[SourceState, QualityIssue]]] = defaultdict(list)
    for state, one in odd:
        groups[state.id, one.kind].append((state, one))
    order = list(ADVICE)
    rows = []
    for (_, kind), alike in sorted(groups.items(), key=lambda item: (item[0][0], order.index(item[0][1]))):
        state, first = alike[0]
        rows.append(
            {
                "source": _name(state),
                "kind": kind,
                "pages": len(alike),
                "label": ADVICE[kind].label,
                "examples": [{"id": one.id, "url": one.url, "title": one.title, "what": one.what} for _, one in alike[:SHOWN]],
                "remedy": ADVICE[kind].remedy.format(
                    source=source_argument(state.source.name, state.source.url), url=shlex.quote(first.url or first.id)
                ),
            }
        )
    return rows
