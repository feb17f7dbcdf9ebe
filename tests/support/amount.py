"""How much an endurance test does: little with `make test`, what acceptance asks for with `make endurance`."""

from __future__ import annotations

import os
import random

FULL = os.environ.get("ENDURANCE") == "full"
SEED = int(os.environ.get("ENDURANCE_SEED", "1"))


def amount(small: int, full: int) -> int:
    return full if FULL else small


def dice(name: str) -> random.Random:
    """Return random numbers that are the same in each run with the same seed."""
    return random.Random(f"{name} {SEED}")
