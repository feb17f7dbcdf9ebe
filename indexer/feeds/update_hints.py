"""Read how often a feed announces to change: RSS's ttl, skipHours and skipDays, and the syndication module's update period.

Sources: RSS 2.0 (https://www.rssboard.org/rss-specification), https://web.resource.org/rss/1.0/modules/syndication/
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from indexer.model import Feed

PERIODS = {"hourly": 3_600.0, "daily": 86_400.0, "weekly": 7 * 86_400.0, "monthly": 30 * 86_400.0, "yearly": 365 * 86_400.0}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SKIP_HOURS = re.compile(r"<skipHours>(.{0,2000}?)</skipHours>", re.I | re.S)
_SKIP_DAYS = re.compile(r"<skipDays>(.{0,1000}?)</skipDays>", re.I | re.S)
_HOUR = re.compile(r"<hour>\s*(\d{1,2})\s*</hour>", re.I | re.A)
_DAY = re.compile(r"<day>\s*([a-z]{1,12})\s*</day>", re.I)


def with_update_hints(feed: Feed, about: Mapping[str, Any], text: str) -> Feed:
    """Return the feed with its update hints.

    `about` is feedparser's reading of the channel. It holds only the last of several hours and days, so these are read from the
    text.
    """
    minutes = str(about.get("ttl") or "").strip()
    seconds = float(minutes) * 60 if re.fullmatch(r"[0-9]{1,7}", minutes) else 0.0
    period = PERIODS.get(str(about.get("sy_updateperiod") or "").strip().lower(), 0.0)
    frequency = str(about.get("sy_updatefrequency") or "").strip()
    often = int(frequency) if re.fullmatch(r"[0-9]{1,5}", frequency) else 1
    hours = frozenset(int(each) % 24 for part in _SKIP_HOURS.findall(text) for each in _HOUR.findall(part) if int(each) <= 24)
    names = (each.lower() for part in _SKIP_DAYS.findall(text) for each in _DAY.findall(part))
    return dataclasses.replace(
        feed,
        refresh_seconds=max(seconds, period / max(often, 1)),
        skip_hours=hours if len(hours) < 24 else frozenset(),
        skip_days=frozenset(_DAYS.index(each) for each in names if each in _DAYS),
    )
