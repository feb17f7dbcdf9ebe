"""What a crawl is about to do, in words. Pure."""

from __future__ import annotations

from indexer.messages import duration


def plan(items: int, pause_seconds: float, *, more: bool = False) -> str:
    """How many pages are to be fetched, and how long that takes at least; `more`: there are others that nobody counted yet.

    >>> plan(1240, 1.0), plan(1, 0.0)
    ('about 1,240 items, 21 minutes at one a second', '1 item, without pauses')
    """
    count = f"{items:,} item{'' if items == 1 else 's'}"
    about = f"at least {count}" if more else f"about {count}" if items > 1 else count
    if pause_seconds <= 0:
        return f"{about}, without pauses"
    return f"{about}, {duration(items * pause_seconds)} at {_rate(pause_seconds)}"


def _rate(pause_seconds: float) -> str:
    if pause_seconds == 1:
        return "one a second"
    if pause_seconds > 1:
        return f"one every {pause_seconds:g} seconds"
    return f"{1 / pause_seconds:.3g} a second"
