"""Random searches from outside can neither fill the disk nor slow the status page down."""

from __future__ import annotations

from pathlib import Path

from indexer.archive.query_log import QueryLog
from indexer.model import LoggedSearch
from support.amount import amount, dice
from support.commands import Indexer
from support.load import measure
from support.server_process import Served
from support.web import NOW

SEARCHES = amount(small=20_000, full=1_000_000)
BATCH = 5_000
MAX_RATIO = 10  # of the status page after and before, and of the archive's size


def test_a_million_random_searches_leave_the_archive_small_and_the_status_page_fast(many: Indexer, server: Served) -> None:
    archive, numbers = many.data / "archive.db", dice("searches")
    record(archive, [LoggedSearch("api", f"ferry {number}", 3, NOW) for number in range(BATCH)])
    before, size = measure(server.port, "/status", 2, 0.1), sizes(archive)
    for _ in range(SEARCHES // BATCH):
        record(archive, [LoggedSearch("api", f"{numbers.getrandbits(128):x}", 0, NOW) for _ in range(BATCH)])
    after, grown = measure(server.port, "/status", 3, 0.1), sizes(archive)
    print(f"\n/status before: {before}\n/status after:  {after}\narchive: {size:,} -> {grown:,} bytes for {SEARCHES:,} searches")
    assert set(after.statuses) == {200}
    assert after.typical < MAX_RATIO * before.typical
    assert grown < MAX_RATIO * size


def record(archive: Path, searches: list[LoggedSearch]) -> None:
    log = QueryLog(archive)
    try:
        log.note(searches, 30)
    finally:
        log.close()


def sizes(archive: Path) -> int:
    return sum(path.stat().st_size for path in archive.parent.glob("archive.db*"))
