"""When the lastmod of a sitemap shows that nothing has changed since."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from indexer.crawl.sitemap_index import DAY_AND_CACHES, _hash, _is_over

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lastmod", "is_over"),
    [
        (datetime(2026, 1, 10, 11, 59, tzinfo=UTC), True),
        (NOW, False),  # a change in this moment would have the same
        (NOW + timedelta(hours=1), False),
        (datetime(2026, 1, 8, tzinfo=UTC), True),
        (datetime(2026, 1, 9, tzinfo=UTC), False),  # without a time: it may mean any time of its day, in any time zone
        (datetime(2026, 1, 10, tzinfo=UTC), False),
        (datetime(2026, 1, 9, 0, 1, tzinfo=UTC), True),
    ],
)
def test_a_day_is_over_when_it_has_ended_everywhere_and_caches_have_expired(lastmod: datetime, is_over: bool) -> None:
    assert _is_over(lastmod, NOW) is is_over


def test_a_day_ends_in_the_moment_when_caches_have_expired() -> None:
    day = datetime(2026, 1, 8, tzinfo=UTC)
    assert _is_over(day, day + DAY_AND_CACHES)
    assert not _is_over(day, day + DAY_AND_CACHES - timedelta(seconds=1))


def test_lists_of_pages_are_told_apart_by_a_short_hash() -> None:
    assert len(_hash(["a", "b"])) == 16
    assert len({_hash(["a", "b"]), _hash(["b", "a"]), _hash(["ab"]), _hash([])}) == 4
    assert _hash(["\ud800"]) == _hash(["\ud800"]), "an address may hold half a character"
