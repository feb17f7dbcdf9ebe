"""Shapes of the charts on the operator's page. The template draws them as SVG, and writes the same figures as a table.

A chart is STEP units wide for each value and HEIGHT units high; the page stretches it. So it contains no text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from webui.interface_language import Interface

STEP: Final = 10
HEIGHT: Final = 100
_GAP: Final = 2
_NICE: Final = (1, 2, 5, 10)
_STRIP_HEIGHTS: Final = {"ok": HEIGHT, "partial": 65}  # other states: a crawl that failed
_FAILED_HEIGHT: Final = 35
MAX_CRAWLS: Final = 30
CRAWL_COUNTS: Final = ("added", "changed", "removed", "failed")
CRAWL_RESULTS: Final = ("succeeded", "most pages failed", "failed")


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart: its place, what it shows, and the class of its colour."""

    x: float
    y: float
    height: float
    label: str
    kind: str = ""

    width = STEP - _GAP


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of one row of values. `top` is the value at its upper edge."""

    width: int
    top: float
    bars: tuple[Bar, ...] = ()
    lines: tuple[tuple[str, str], ...] = ()  # class of the colour, path

    height = HEIGHT


def top_of(values: Sequence[float | None]) -> float:
    """Return the next round number that is not below any value, and not below 1.

    >>> top_of([3, None, 17]), top_of([]), top_of([50])
    (20, 1, 50)
    """
    most = max((value for value in values if value is not None), default=0)
    scale = 1
    while scale * 10 < most:
        scale *= 10
    return next(scale * step for step in _NICE if scale * step >= most)


def bar_chart(rows: Sequence[tuple[str, Sequence[tuple[str, float]]]]) -> Chart:
    """Return stacked bars. A row has a label, and for each part the class of its colour and its value."""
    top = top_of([sum(value for _, value in parts) for _, parts in rows])
    bars = []
    for index, (label, parts) in enumerate(rows):
        floor = float(HEIGHT)
        for kind, value in parts:
            height = value / top * HEIGHT
            floor -= height
            if value:
                bars.append(Bar(index * STEP + _GAP / 2, round(floor, 2), round(height, 2), label, kind))
    return Chart(max(1, len(rows)) * STEP, top, tuple(bars))


def line_chart(lines: Sequence[tuple[str, Sequence[float | None]]], top: float | None = None) -> Chart:
    """Return lines over the same scale. A line has the class of its colour and its values; None interrupts it."""
    top = top or top_of([value for _, values in lines for value in values])
    width = max((len(values) for _, values in lines), default=1) * STEP
    return Chart(width, top, lines=tuple((kind, _path(values, top)) for kind, values in lines))


def crawl_strip(ui: Interface, crawls: Sequence[dict[str, Any]]) -> Chart:
    """Return one bar for each crawl, the latest at the end. A crawl that failed is also lower, not only of another colour."""
    crawls = crawls[-MAX_CRAWLS:]
    first = MAX_CRAWLS - len(crawls)
    bars = []
    for index, crawl in enumerate(crawls, start=first):
        kind = crawl["state"] if crawl["state"] in _STRIP_HEIGHTS else "failing"
        height = _STRIP_HEIGHTS.get(kind, _FAILED_HEIGHT)
        bars.append(Bar(index * STEP + _GAP / 2, HEIGHT - height, height, _crawl_label(ui, crawl), kind))
    return Chart(MAX_CRAWLS * STEP, 1, tuple(bars))


def crawl_summary(ui: Interface, crawls: Sequence[dict[str, Any]]) -> str:
    """Say in words what a strip shows.

    >>> crawl_summary(Interface("en"), [{"state": "ok"}, {"state": "failing"}, {"state": "ok"}])
    'The last 3 crawls (succeeded: 2, failed: 1)'
    """
    if not crawls:
        return ui.plain("No crawl yet")
    states = [crawl["state"] for crawl in crawls[-MAX_CRAWLS:]]
    ok, partial = states.count("ok"), states.count("partial")
    counts = zip((ok, partial, len(states) - ok - partial), CRAWL_RESULTS, strict=True)
    text = ", ".join(f"{ui.plain(name)}: {ui.number(count)}" for count, name in counts if count)
    return f"{ui.count('The last crawl', 'The last %(num)s crawls', len(states))} ({text})"


def _crawl_label(ui: Interface, crawl: dict[str, Any]) -> str:
    """Return what the pointer shows at a crawl."""
    at = ui.moment(datetime.fromisoformat(crawl["at"]))
    if crawl["error"]:
        return f"{at}: {crawl['error']}"
    counts = ", ".join(f"{ui.plain(name)}: {ui.number(crawl[name])}" for name in CRAWL_COUNTS if crawl[name])
    return f"{at}: {counts or ui.plain('nothing changed')}"


def _path(values: Sequence[float | None], top: float) -> str:
    """Return the path of a line through the middles of its steps. A single point becomes a short dash."""
    path: list[str] = []
    before: float | None = None
    for index, value in enumerate(values):
        if value is not None:
            x, y = index * STEP, round(HEIGHT - value / top * HEIGHT, 2)
            path.append(f"{'M' if before is None else 'L'}{x + _GAP} {y}H{x + STEP - _GAP}")
        before = value
    return "".join(path)
