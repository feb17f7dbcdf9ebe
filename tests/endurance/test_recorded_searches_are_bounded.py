"""Random searches from outside can neither fill the disk nor slow the status page down."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from indexer.archive.query_log import LoggedSearch, QueryLog
from support.amount import amount, dice
from support.commands import Indexer
from support.load import measure
from support.server_process import Served
from support.web import NOW

SEARCHES = amount(small=20_000, full=1_000_000)
BATCH = 5_000
DAYS = 10
MAX_RATIO = 10  # of the status page after and before
MAX_GROWTH_BYTES = 25_000_000  # of 100,000 candidates and 1,000 new texts a day


def test_a_million_random_searches_leave_the_archive_small_and_the_status_page_fast(many: Indexer, server: Served) -> None:
    """Each is searched by two clients, as a program does that wants its text to be stored."""
    archive, numbers = many.data / "archive.db", dice("searches")
    log = QueryLog(archive)
    try:
        log.write([LoggedSearch("api", f"ferry {number}", 3, NOW) for number in range(BATCH)], 30)
        before, size = measure(server.port, "/status", 2, 0.1), sizes(archive)
        for batch in range(SEARCHES // BATCH):
            at = NOW + timedelta(days=batch * DAYS * BATCH // SEARCHES)
            texts = [f"{numbers.getrandbits(128):x}" for _ in range(BATCH // 2)]
            log.write([LoggedSearch("api", text, 0, at, client) for text in texts for client in ("a", "b")], 30)
    finally:
        log.close()
    after, grown = measure(server.port, "/status", 3, 0.1), sizes(archive)
    print(f"\n/status before: {before}\n/status after:  {after}\narchive: {size:,} -> {grown:,} bytes for {SEARCHES:,} searches")
    assert set(after.statuses) == {200}
    assert after.typical < MAX_RATIO * before.typical
    assert grown - size < MAX_GROWTH_BYTES


def sizes(archive: Path) -> int:
    return sum(path.stat().st_size for path in archive.parent.glob("archive.db*"))
