"""Crawlers of one archive in PostgreSQL: leases on sources, turns at hosts, and one follower for each engine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from indexer.archive.leases import Leases, place_of
from indexer.archive.postgres_address import PostgresAddress, postgres_address
from indexer.archive.store import Archive, PageRecord, SourceState
from indexer.crawl import distributed_crawl
from indexer.crawl.batch_writer import BatchWriter, PageUpdate
from indexer.crawl.report import SourceReport
from indexer.errors import ArchiveBusy
from indexer.model import Entry, Source
from support.postgres import PostgresServer
from support.waiting import eventually

FOREVER = 3_600.0


@pytest.fixture
def address(postgres: PostgresServer) -> Iterator[PostgresAddress]:
    with postgres.schema() as url:
        address = postgres_address(url)
        with closing(Archive(address)) as archive:
            for number in range(1, 6):
                archive.sources.add(Source(f"https://example.org/{number}"))
        yield address


def test_a_source_is_leased_once(address: PostgresAddress) -> None:
    with Leases(address, "a", FOREVER) as a, Leases(address, "b", FOREVER) as b:
        assert a.take([3, 1, 2, 4, 5], 2) == [3, 1]
        assert b.take([1, 2, 3, 4], 9) == [2, 4]
        assert b.take([1, 3], 9) == []
        a.give_back(1)
        b.give_back(3)  # it is not its own
        assert b.take([1, 3], 9) == [1]
    with Leases(address, "c", FOREVER) as c:
        assert c.take([1, 2, 3, 4, 5], 9) == [1, 2, 3, 4, 5]  # what ends gives everything back


def end_lease(address: PostgresAddress, worker: str) -> None:
    """Let the time of a worker's leases pass."""
    with closing(Archive(address)) as archive:
        archive.database.execute("UPDATE leases SET until = '-infinity' WHERE worker = ?", worker)


def test_the_sources_of_a_dead_worker_are_taken_over_and_never_renewed(address: PostgresAddress) -> None:
    with Leases(address, "dead", FOREVER) as dead, Leases(address, "b", FOREVER) as b:
        assert dead.take([1, 2], 9) == [1, 2]
        end_lease(address, "dead")
        assert b.take([1], 9) == [1]
        dead.renew()
        assert b.take([1, 2], 9) == [2]


def test_the_sources_of_a_killed_worker_are_free_at_once(address: PostgresAddress) -> None:
    """The server ends the connections of a process that was killed, and with them the lock that says that it lives."""
    dead = Leases(address, "killed", FOREVER)
    with Leases(address, "b", seconds=0.2) as b:
        dead._alive.__enter__()
        assert dead.take([1, 2], 9) == [1, 2]
        assert b.take([1, 2], 9) == []
        dead._beats._connection.close()
        while b._database.is_held("life of killed"):
            pass  # the server notices by itself
        assert b.take([1, 2], 9) == [1, 2]
    dead.__exit__()


def test_the_sources_of_an_earlier_worker_on_the_same_data_folder_are_free_at_once(
    address: PostgresAddress, tmp_path: Path
) -> None:
    """The later one has the lock of the folder, so the earlier one is dead, whatever the server knows of it."""
    places = [place_of(tmp_path), place_of(tmp_path.parent)]
    assert places[0] != places[1]
    with Leases(address, "dead", FOREVER, places[0]) as dead, Leases(address, "other", FOREVER, places[1]) as other:
        assert dead.take([1], 1) == [1]
        assert other.take([1, 2], 9) == [2]
        with Leases(address, "later", FOREVER, places[0]) as later:
            assert later.take([1, 2], 9) == [1]


def test_a_worker_that_was_cut_off_keeps_its_sources_if_it_comes_back_in_time(address: PostgresAddress) -> None:
    """After an outage of the server every lease has passed."""
    with Leases(address, "a", FOREVER) as a, Leases(address, "b", FOREVER) as b, closing(Archive(address)) as archive:
        a.take([1, 2], 9)
        archive.database.execute("UPDATE leases SET until = now() - interval '1 hour'")
        assert b.take([1, 2], 9) == []
        archive.database.execute("UPDATE leases SET overdue_since = now() - interval '1 hour' WHERE source_id = 2")
        assert b.take([1, 2], 9) == [2]
        a.renew()
        assert b.take([1, 2], 9) == []
        assert (set(archive.held_sources("a", {1, 2})), set(archive.held_sources("b", {1, 2}))) == ({1}, {2})


def test_a_heartbeat_keeps_the_sources(address: PostgresAddress) -> None:
    with Leases(address, "a", 2.0) as a, closing(Archive(address)) as archive:
        a.take([1], 1)
        first = archive.leased_until()[1]
        assert eventually(lambda: archive.leased_until()[1] > first)


def test_a_page_is_claimed_by_one_worker_until_it_is_stored(address: PostgresAddress) -> None:
    with Leases(address, "a", FOREVER) as a, Leases(address, "b", FOREVER) as b:
        assert (a.take([1, 2], 2), b.take([3], 1)) == ([1, 2], [3])
        assert a.claim("p", 1)
        assert a.claim("p", 1)
        assert not b.claim("p", 3)
        b.release(["p"])  # it is not its own
        assert not b.claim("p", 3)
        a.release(["p", "q"])
        assert b.claim("p", 3)


def test_a_claim_ends_with_the_lease_of_its_source(address: PostgresAddress) -> None:
    with Leases(address, "dead", FOREVER) as dead, Leases(address, "b", FOREVER) as b:
        assert (dead.take([1, 2], 2), b.take([3], 1)) == ([1, 2], [3])
        assert dead.claim("p", 1)
        assert dead.claim("q", 2)
        with closing(Archive(address)) as archive:
            archive.database.execute("UPDATE leases SET until = '-infinity' WHERE source_id = 1")
        assert b.take([1], 1) == [1]
        assert b.claim("p", 1)
        assert not b.claim("q", 3)  # its source is still leased
    with closing(Archive(address)) as archive:
        assert archive.database.number("SELECT COUNT(*) FROM claims") == 0


def test_a_page_that_two_sources_list_is_stored_by_the_first_worker(address: PostgresAddress) -> None:
    with Leases(address, "a", FOREVER) as a, Leases(address, "b", FOREVER) as b, closing(Archive(address)) as archive:
        a.take([1], 1)
        first, second = BatchWriter(archive, "a", a), BatchWriter(archive, "b", b)
        assert first.claim("p")
        assert first.claim_shared("p", 1)
        assert second.claim("p")
        assert not second.claim_shared("p", 9)
        assert second.claim("p")  # for source 1, when its first worker was killed and this one takes it over
        entry, source = Entry("https://example.org/p", title="Ferry", content_html="<p>The ferry returns."), Source("x")
        first.add(PageUpdate(PageRecord("p", entry.url or "", 1, entry, "")), source, SourceReport(source))
        assert not second.claim_shared("p", 9)
        first.flush()
        assert second.claim_shared("p", 9)
        assert archive.pages.get("p") is not None


@pytest.mark.parametrize("is_lost", [False, True])
def test_what_a_worker_stores_after_its_lease_is_left_out(address: PostgresAddress, *, is_lost: bool) -> None:
    with Leases(address, "a", FOREVER) as a, closing(Archive(address)) as archive:
        a.take([1], 1)
        if is_lost:
            end_lease(address, "a")
            with Leases(address, "b", FOREVER) as b:
                assert b.take([1], 1) == [1]
        writer = BatchWriter(archive, "a")
        entry, source = Entry("https://example.org/p", title="Ferry", content_html="<p>The ferry returns."), Source("x")
        writer.add(PageUpdate(PageRecord("p", entry.url or "", 1, entry, "")), source, report := SourceReport(source))
        writer.flush()
        assert (archive.pages.get("p") is None, report.new) == (is_lost, 0 if is_lost else 1)


def test_a_host_has_one_turn_at_a_time_with_its_pause_in_between(address: PostgresAddress) -> None:
    with Leases(address, "a", FOREVER) as a, Leases(address, "b", FOREVER) as b:
        assert a.take_turn("example.org", FOREVER) == 0.0
        assert b.take_turn("example.org", FOREVER) > FOREVER / 2
        assert b.take_turn("other.example", FOREVER) == 0.0
        a.end_turn("example.org", FOREVER / 2, is_known=True)
        assert FOREVER / 3 < b.take_turn("example.org", FOREVER) < FOREVER
        a.end_turn("example.org", 0.0, is_known=True)
        assert b.take_turn("example.org", FOREVER) == 0.0


def test_the_longest_pause_that_a_worker_has_read_counts_for_all(address: PostgresAddress) -> None:
    """A worker that has not read the robots.txt would let the others go on too early."""
    with Leases(address, "a", FOREVER) as a, Leases(address, "b", FOREVER) as b:
        a.take_turn("example.org", FOREVER)
        a.end_turn("example.org", 0.0, is_known=True)
        b.take_turn("example.org", FOREVER)
        b.end_turn("example.org", FOREVER, is_known=True)
        a.end_turn("example.org", 0.0, is_known=False)
        assert a.take_turn("example.org", FOREVER) > FOREVER / 2


def test_one_follower_writes_to_an_engine(address: PostgresAddress) -> None:
    with ExitStack() as stack:
        one, two = (stack.enter_context(closing(Archive(address))) for _ in range(2))
        with one.following("whoosh", 0):
            with pytest.raises(ArchiveBusy), two.following("whoosh", 0):
                pass
            with two.following("opensearch", 0):
                pass
        with two.following("whoosh", 0):
            pass


def test_a_worker_that_crawls_all_it_may_does_not_ask_what_is_due(
    address: PostgresAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each answer holds all sources, and a worker asked four times a second."""
    monkeypatch.setattr(distributed_crawl, "MAX_SOURCES", 2)
    monkeypatch.setattr(distributed_crawl, "STEP_SECONDS", 0.01)
    questions = 0
    ids: list[int] = []

    async def run() -> list[SourceReport]:
        are_two, is_over = asyncio.Event(), asyncio.Event()

        def find_due() -> list[SourceState]:
            nonlocal questions
            questions += 1
            return archive.sources.all()

        async def crawl_source(state: SourceState) -> SourceReport:
            ids.append(state.id)
            if len(ids) == 2:
                are_two.set()
            await is_over.wait()
            return SourceReport(state.source)

        shared = asyncio.create_task(distributed_crawl.crawl_shared(leases, find_due, crawl_source))
        await are_two.wait()
        before = questions
        await asyncio.sleep(20 * distributed_crawl.STEP_SECONDS)
        assert (questions, len(ids)) == (before, 2)
        is_over.set()
        return await shared

    with Leases(address, "a", FOREVER) as leases, closing(Archive(address)) as archive:
        assert len(asyncio.run(run())) == 5
