"""What feeds say of how often they change."""

from __future__ import annotations

import pytest

from indexer.feeds.parse import parse_feed

SY = "xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("<ttl>90</ttl>", 5_400), ("<ttl> 60 </ttl>", 3_600), ("<ttl>soon</ttl>", 0), ("<ttl>-5</ttl>", 0), ("", 0),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>", 3_600),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", 21_600),
        ("<sy:updatePeriod>weekly</sy:updatePeriod>", 604_800), ("<sy:updatePeriod>often</sy:updatePeriod>", 0),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", 86_400),
    ],
)  # fmt: skip
def test_ttl_and_update_period(said: str, seconds: float) -> None:
    feed = parse_feed(
        f"<rss version='2.0' {SY}><channel>{said}<item><title>a</title></item></channel></rss>".encode(),
        None,
        "https://x.example",
    )
    assert feed.refresh_seconds == seconds


def test_hours_and_days_to_skip() -> None:
    skip = (
        "<skipHours><hour>0</hour><hour> 23 </hour><hour>24</hour><hour>99</hour><hour>x</hour></skipHours>"
        "<skipDays><day>Saturday</day><day>sunday</day><day>Someday</day></skipDays>"
    )
    feed = parse_feed(
        f"<rss version='2.0'><channel><item><title>a</title></item>{skip}</channel></rss>".encode(), None, "https://x.example"
    )
    assert (feed.skip_hours, feed.skip_days) == ({0, 23}, {5, 6})
    hours = "".join(f"<hour>{n}</hour>" for n in range(24))
    text = f"<rss version='2.0'><channel><skipHours>{hours}</skipHours><item><title>a</title></item></channel></rss>"
    assert parse_feed(text.encode(), None, "https://x.example").skip_hours == frozenset()  # nobody means that


def test_other_kinds_say_nothing() -> None:
    atom = b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>a</title><id>1</id></entry></feed>"
    assert parse_feed(atom, None, "https://x.example").refresh_seconds == 0


@pytest.mark.parametrize(
    ("markup", "hours"),
    [
        ("<skipHours><HOUR>5</HOUR></skipHours>", {5}),
        ("<SKIPHOURS><hour>5</hour></SKIPHOURS>", {5}),
        ("<skipHours><hour>\u0665</hour></skipHours>", set()),  # digits of ASCII only
    ],
)
def test_hours_to_skip_in_any_case_of_their_elements(markup: str, hours: set[int]) -> None:
    text = f"<rss version='2.0'><channel>{markup}<item><title>a</title></item></channel></rss>"
    assert parse_feed(text.encode(), "application/rss+xml", "https://n.example/rss").skip_hours == hours
