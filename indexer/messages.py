"""Words that depend on a number, for all who tell people something."""

from __future__ import annotations


def number(count: int, one: str, many: str = "") -> str:
    """
    >>> number(1, "item"), number(1200, "item"), number(2, "is", "are")
    ('1 item', '1,200 items', '2 are')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"
