"""Write the tables: each ratio with its target, and the figures behind it."""

from __future__ import annotations

from dataclasses import dataclass

from measure import Figures


@dataclass(frozen=True, slots=True)
class Row:
    """Hold a target. `value` must be at least `limit`, or at most if `at_most`. None means that it could not be measured."""

    what: str
    value: float | None
    limit: float
    unit: str = "x"
    at_most: bool = False
    remark: str = ""

    @property
    def is_met(self) -> bool:
        return self.value is not None and (self.value <= self.limit if self.at_most else self.value >= self.limit)


@dataclass(frozen=True, slots=True)
class Measured:
    """Hold the figures of one engine for one kind of query."""

    what: str
    engine: str
    figures: Figures


def number(value: float) -> str:
    """Write a number with three significant digits."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def targets(rows: list[Row]) -> str:
    lines = ["| what | measured | target | | how |", "|---|---:|---:|:-:|---|"]
    for row in rows:
        value = "–" if row.value is None else f"{number(row.value)} {row.unit}"
        sign = "≤" if row.at_most else "≥"
        mark = "?" if row.value is None else "✓" if row.is_met else "✗"
        lines.append(f"| {row.what} | {value} | {sign} {number(row.limit)} {row.unit} | {mark} | {row.remark} |")
    met = sum(row.is_met for row in rows)
    return "\n".join([*lines, "", f"{met} of {len(rows)} targets are met."])


def details(measured: list[Measured]) -> str:
    lines = ["| queries | engine | p50 ms | p95 ms | p99 ms | mean ms | queries/s | mean total |", "|---|---|" + "---:|" * 6]
    for one in measured:
        f = one.figures
        cells = " | ".join(f"{value:.2f}" for value in (f.p50, f.p95, f.p99, f.mean))
        lines.append(f"| {one.what} | {one.engine} | {cells} | {f.qps:,.0f} | {f.total:,.1f} |")
    return "\n".join(lines)
