"""What is a finding? How bad, about what, what was seen, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["ok", "notice", "warning", "error"]
SEVERITIES: Final[tuple[Severity, ...]] = ("ok", "notice", "warning", "error")
Topic = Literal["address", "feed", "items", "dates", "past", "robots", "pages", "texts"]
_SHOWN = 3  # examples of a list


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` stays the same for scripts; the three texts are for people: sentences without a line end."""

    severity: Severity
    topic: Topic
    code: str
    what: str
    seen: str = ""
    remedy: str = ""


def worst(findings: Iterable[Finding]) -> Severity:
    return max((each.severity for each in findings), key=SEVERITIES.index, default="ok")


def some(values: Sequence[str], longest: int = 90) -> str:
    """The first few of a list, each cut short; empty ones are left out.

    >>> some(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    values = [value for value in values if value]
    shown = [value if len(value) <= longest else value[: longest - 1] + "…" for value in values[:_SHOWN]]
    left = len(values) - len(shown)
    return ", ".join(shown) + (f" and {left:,} more" if left else "")
