"""Define a finding: its severity, its topic, what was seen, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["ok", "notice", "warning", "error"]
SEVERITIES: Final[tuple[Severity, ...]] = ("ok", "notice", "warning", "error")
Topic = Literal["address", "feed", "items", "dates", "past", "robots", "pages", "texts"]
MAX_EXAMPLES = 3  # of a list


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a check. `code` is stable, for scripts. The three texts are sentences for people, without line ends."""

    severity: Severity
    topic: Topic
    code: str
    what: str
    seen: str = ""
    remedy: str = ""


def worst(findings: Iterable[Finding]) -> Severity:
    """Return the highest severity of these findings."""
    return max((each.severity for each in findings), key=SEVERITIES.index, default="ok")


def some(values: Sequence[str], longest: int = 90) -> str:
    """Return the first few of a list as text, each shortened, and the number of the others. Empty values are left out.

    >>> some(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    values = [value for value in values if value]
    shown = [value if len(value) <= longest else value[: longest - 1] + "…" for value in values[:MAX_EXAMPLES]]
    rest = len(values) - len(shown)
    return ", ".join(shown) + (f" and {rest:,} more" if rest else "")
