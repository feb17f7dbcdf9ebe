"""How often something changes, from looks now and then, and when to look again. Pure.

The estimator is that of J. Cho and H. Garcia-Molina, "Estimating frequency of change", ACM Transactions on Internet Technology
3 (2003), 5.2: of n looks, one every I days, X found a change (how many there were between two looks nobody knows); then

    rate = -ln((n - X + 0.5) / (n + 0.5)) / I        changes a day

Looks are not regular here, so I is their mean distance. A first guess counts as `PRIOR_LOOKS` looks of which half found a change;
looks beyond `MEMORY` make the older ones fade, so that a site which changes its habits is followed.
"""

from __future__ import annotations

import math
from datetime import timedelta
from hashlib import sha256

from indexer.archive.visits import ChangeHistory

PRIOR_LOOKS = 2.0
MEMORY = 12.0  # looks
_PRIOR_RATE = math.log((PRIOR_LOOKS + 0.5) / (PRIOR_LOOKS / 2 + 0.5))  # changes in the interval that was guessed


def learned(known: ChangeHistory, days: float, *, changed: bool) -> ChangeHistory:
    """The evidence with one more look, `days` after the one before."""
    fade = min(1.0, (MEMORY - 1.0) / known.looks) if known.looks else 1.0
    return ChangeHistory(known.looks * fade + 1.0, known.changes * fade + changed, known.days * fade + max(days, 0.0))


def interval(known: ChangeHistory, guess: timedelta, least: timedelta, most: timedelta) -> timedelta:
    """When to look again: `guess` without any evidence, then as long as in the guess's time a change was expected (0.51 changes:
    two looks of five find one)."""
    looks, changes = known.looks + PRIOR_LOOKS, known.changes + PRIOR_LOOKS / 2
    days = known.days + PRIOR_LOOKS * guess / timedelta(days=1)
    rate = -math.log((looks - changes + 0.5) / (looks + 0.5)) * looks / days
    return min(max(timedelta(days=_PRIOR_RATE / rate), least), most)


def jitter(wait: timedelta, key: str, least: float, most: float) -> timedelta:
    """`wait` times a factor between `least` and `most` that is always the same for a key: what was fetched on one day must not
    come due on one day."""
    share = int.from_bytes(sha256(key.encode("utf-8", "surrogatepass")).digest()[:4], "big") / 0xFFFFFFFF
    return wait * (least + (most - least) * share)
