"""Estimate how often something changes from irregular visits, and when to visit it again. Pure.

The estimator is that of J. Cho and H. Garcia-Molina, "Estimating frequency of change", ACM Transactions on Internet Technology
3 (2003), 5.2. Of n visits, one every I days, X found a change. (How many changes there were between two visits is unknown.)
Then

    rate = -ln((n - X + 0.5) / (n + 0.5)) / I        changes a day

Visits are not regular here, so I is their mean distance. A first guess counts as `PRIOR_VISITS` visits of which half found a
change. Visits beyond `MAX_VISITS` make the older ones count less, so the estimate follows a site that changes its ways.
"""

from __future__ import annotations

import math
from datetime import timedelta
from hashlib import sha256

from indexer.archive.visits import ChangeHistory

PRIOR_VISITS = 2.0
MAX_VISITS = 12.0  # with full weight
_PRIOR_RATE = math.log((PRIOR_VISITS + 0.5) / (PRIOR_VISITS / 2 + 0.5))  # changes in the interval that was guessed


def with_visit(history: ChangeHistory, days: float, *, changed: bool) -> ChangeHistory:
    """Return the history with one more visit, `days` after the one before."""
    fade = min(1.0, (MAX_VISITS - 1.0) / history.looks) if history.looks else 1.0
    return ChangeHistory(history.looks * fade + 1.0, history.changes * fade + changed, history.days * fade + max(days, 0.0))


def interval(history: ChangeHistory, guess: timedelta, shortest: timedelta, longest: timedelta) -> timedelta:
    """Return the time until the next visit: `guess` without a history, then the time in which as many changes are expected.

    These are 0.51 changes, so two visits of five find one.
    """
    looks, changes = history.looks + PRIOR_VISITS, history.changes + PRIOR_VISITS / 2
    days = history.days + PRIOR_VISITS * guess / timedelta(days=1)
    rate = -math.log((looks - changes + 0.5) / (looks + 0.5)) * looks / days
    return min(max(timedelta(days=_PRIOR_RATE / rate), shortest), longest)


def jitter(wait: timedelta, key: str, least: float, most: float) -> timedelta:
    """Return `wait` times a factor between `least` and `most`, always the same for a key.

    Pages that were fetched on one day must not all be due on one day.
    """
    share = int.from_bytes(sha256(key.encode("utf-8", "surrogatepass")).digest()[:4], "big") / 0xFFFFFFFF
    return wait * (least + (most - least) * share)
