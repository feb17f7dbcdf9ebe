"""Group the failing pages of a source by reason."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from indexer.archive.serialization import time_text
from indexer.archive.statistics import FailingPage
from indexer.crawl.revisit_policy import MIN_GONE_ANSWERS
from indexer.diagnostics.source_phrases import crawl_command, display_name, next_crawl
from indexer.phrases import phrase
from indexer.reasons import PREFIXED, Reason

if TYPE_CHECKING:
    from indexer.archive.store import SourceState

MAX_EXAMPLES: Final = 5  # of one reason


def failing_rows(state: SourceState, pages: list[FailingPage], now: datetime) -> list[dict[str, Any]]:
    """Return the failing pages of one source by reason, the most frequent reason first."""
    by_reason: dict[Reason, list[FailingPage]] = defaultdict(list)
    for page in pages:
        by_reason[_without_page(page)].append(page)
    rows = []
    for reason, alike in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        good = [page.last_good for page in alike if page.last_good]
        are_gone = all(page.gone_count >= MIN_GONE_ANSWERS for page in alike)
        rows.append(
            {
                "source": display_name(state),
                "reason": reason,
                "pages": len(alike),
                "examples": [page.url for page in alike[:MAX_EXAMPLES]],
                "last_good": time_text(max(good, default=None)),
                "never_had": sum(page.last_good is None for page in alike),
                "tried": time_text(max((page.tried for page in alike if page.tried), default=None)),
                "next": phrase("fetched once a day at most, because they are gone")
                if are_gone
                else phrase("next attempt with its source: %(when)s", when=next_crawl(state, now)),
                "next_crawl": time_text(state.next_crawl),
                "command": crawl_command(state),
            }
        )
    return rows


def _without_page(page: FailingPage) -> Reason:
    """Return the page's reason without what differs from page to page: its own address, and since when."""
    cause = page.failure
    return replace(cause, url="" if cause.code in PREFIXED or cause.url == page.url else cause.url, since="")
