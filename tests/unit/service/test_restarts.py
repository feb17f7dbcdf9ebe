"""When a part of the service may start again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from indexer.service.restarts import Backoff, after_crawl, after_server_exit

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failures", "ran_seconds", "failures_then", "delay"),
    [
        (0, 3600, 1, 1),  # it was stable: start again after a second
        (5, 30, 1, 1),  # stable again, so earlier failures are forgotten
        (0, 0, 1, 1),
        (1, 29, 2, 2),
        (2, 1, 3, 4),
        (30, 1, 31, 300),  # never later than five minutes
    ],
)
def test_a_server_that_ends_starts_again_later_and_later(failures: int, ran_seconds: int, failures_then: int, delay: int) -> None:
    backoff = after_server_exit(Backoff(failures), NOW - timedelta(seconds=ran_seconds), NOW)
    assert backoff == Backoff(failures_then, NOW + timedelta(seconds=delay))
    assert not backoff.may_start(NOW + timedelta(seconds=delay - 1))
    assert backoff.may_start(NOW + timedelta(seconds=delay))


@pytest.mark.parametrize(
    ("exit_code", "failures", "failures_then", "minutes"),
    [
        (0, 4, 0, 1),
        (1, 4, 0, 1),  # some pages failed, as on any day
        (5, 0, 1, 1),
        (-9, 1, 2, 2),
        (3, 2, 3, 4),
        (3, 20, 21, 60),  # never later than an hour
    ],
)
def test_a_crawl_that_fails_is_repeated_later_and_later(exit_code: int, failures: int, failures_then: int, minutes: int) -> None:
    assert after_crawl(Backoff(failures), exit_code, NOW) == Backoff(failures_then, NOW + timedelta(minutes=minutes))
