"""Check that work grows with its input and no faster, without asserting how long it takes.

A test that compares a time with a limit fails on a slow or busy machine. This one compares two inputs in one run, so the
speed of the machine cancels out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

TIMES = 8  # how much larger the large input is: linear work takes 8 times as long, quadratic work 64 times
MAX_RATIO = 24  # a factor of three above linear, and nearly three below quadratic
MIN_SECONDS = 0.004  # shorter work is repeated, or the clock's own steps would decide
ROUNDS = 4  # a busy machine spoils one measurement, seldom four


def assert_linear(build: Callable[[int], T], work: Callable[[T], object], size: int) -> None:
    """Fail if `work` on `build(8 * size)` takes more than 24 times the processor time of `work` on `build(size)`.

    Only `work` is measured. The last measurement is repeated up to four times before the test fails.
    """
    small, large = build(size), build(size * TIMES)
    ratios = []
    for _ in range(ROUNDS):
        ratios.append(_seconds(work, large) / _seconds(work, small))
        if ratios[-1] <= MAX_RATIO:
            return
    raise AssertionError(f"{TIMES} times the input took {min(ratios):.0f} times the processor time, more than {MAX_RATIO}")


def _seconds(work: Callable[[T], object], value: T) -> float:
    """Return the processor seconds of one call, from as many calls as the clock needs."""
    calls = 0
    started = time.process_time()
    while (spent := time.process_time() - started) < MIN_SECONDS:
        work(value)
        calls += 1
    return spent / calls
