"""Look up the offset of a time zone by its abbreviation or its IANA name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# Hours ahead of UTC. RFC 822 defines the American ones. An abbreviation with several meanings has the one that is most frequent
# in feeds, such as IST in India and CST in North America.
_HOURS: Final = {
    "UT": 0, "UTC": 0, "GMT": 0, "WET": 0,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "AKST": -9, "AKDT": -8, "HST": -10, "AST": -4, "ADT": -3, "NST": -3.5, "NDT": -2.5,
    "BRT": -3, "BRST": -2, "ART": -3, "UYT": -3, "CLT": -4, "CLST": -3, "COT": -5, "PET": -5, "VET": -4,
    "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MET": 1, "MEST": 2, "MEZ": 1, "MESZ": 2,
    "EET": 2, "EEST": 3, "MSK": 3, "MSD": 4, "TRT": 3, "SAST": 2, "CAT": 2, "WAT": 1, "EAT": 3,
    "IRST": 3.5, "GST": 4, "PKT": 5, "IST": 5.5, "NPT": 5.75, "BDT": 6, "ICT": 7, "WIB": 7, "WITA": 8, "WIT": 9,
    "SGT": 8, "HKT": 8, "PHT": 8, "MYT": 8, "JST": 9, "KST": 9,
    "AWST": 8, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
}  # fmt: skip
MAX_OFFSET_HOURS: Final = 14  # of UTC+14, the Line Islands


def offset_zone(sign: str, hours: int, minutes: int) -> timezone | None:
    """Return the zone of a numeric offset; None if no place has it."""
    offset = timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or offset > timedelta(hours=MAX_OFFSET_HOURS):
        return None
    return timezone(-offset if sign == "-" else offset)


def named_zone(name: str) -> tzinfo | None:
    """Return the zone of an abbreviation or an IANA name; None if it is unknown.

    >>> named_zone("CEST"), named_zone("Nowhere/Land")
    (datetime.timezone(datetime.timedelta(seconds=7200)), None)
    """
    hours = _HOURS.get(name.upper())
    if hours is not None:
        return timezone(timedelta(hours=hours))
    return iana_zone(name) if "/" in name else None


@lru_cache(maxsize=256)
def iana_zone(name: str) -> tzinfo | None:
    """Return the zone of an IANA name, in any case; None if it is unknown."""
    parts = [part.capitalize() for part in name.lower().replace("-", "_").split("_")]
    for spelling in (name, "_".join("/".join(piece.capitalize() for piece in part.split("/")) for part in parts)):
        try:
            return ZoneInfo(spelling)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return None


def zone_of(name: str) -> tzinfo:
    """Return the zone of an IANA name from the settings; UTC for "" and for an unknown name."""
    return (iana_zone(name) if name else None) or UTC


def with_fixed_offset(moment: datetime) -> datetime:
    """Return a moment whose zone is its numeric offset, so that it can be stored and compared without zone data."""
    if isinstance(moment.tzinfo, timezone):
        return moment
    return moment.replace(tzinfo=timezone(moment.utcoffset() or timedelta(0)))
