"""When a schedule is due: wall-clock times of a place, as that place's clocks really ran.

A time that a clock change leaves out is taken by the offset before it (02:30 becomes 03:30), one that comes twice
is its first: so RFC 5545, 3.3.5 has it. A day that a month does not have is its last.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tidegate.base.refusals import Malformed

EVERY = ("day", "week", "month")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Daily, weekly or monthly at a time of a place."""

    every: str  # of EVERY
    at: str  # "09:30"
    zone: str  # "Europe/Berlin"
    weekday: int | None = None  # 1 Monday to 7 Sunday; of a weekly one
    day: int | None = None  # 1 to 31; of a monthly one


def check(s: Schedule) -> None:
    """Raises Malformed naming the field that cannot be right."""
    if s.every not in EVERY:
        raise Malformed("every_unknown", f"{s.every[:20]!r} is none of {', '.join(EVERY)}.", field="trigger.every")
    for name, value, owner, most in (("weekday", s.weekday, "week", 7), ("day", s.day, "month", 31)):
        if (value is not None) != (s.every == owner) or (value is not None and not 1 <= value <= most):
            raise Malformed(
                f"{name}_invalid",
                f"{name} is {value}; it is from 1 to {most} for every {owner}, and left out otherwise.",
                field=f"trigger.{name}",
            )
    _time(s.at)
    _zone(s.zone)


def next_due(s: Schedule, after: datetime) -> datetime:
    """The first due time later than `after`. Whatever was missed before it is missed: one run catches up."""
    zone, at = _zone(s.zone), _time(s.at)
    # From the day before: across a change of the date line the local day can be behind the instant.
    day = after.astimezone(zone).date() - _DAY
    while True:
        if _matches(s, day.isoweekday(), day.day, monthrange(day.year, day.month)[1]):
            # fold=0 is the first of two, and in a gap the offset before it.
            due = datetime.combine(day, at, zone).astimezone(UTC)
            if due > after:
                return due
        day += _DAY


def _matches(s: Schedule, weekday: int, day: int, last: int) -> bool:
    if s.every == "week":
        return weekday == s.weekday
    return s.every == "day" or day == min(s.day or 1, last)


def _time(text: str) -> time:
    parts = text.split(":")
    if len(text) == 5 and len(parts) == 2 and all(p.isascii() and p.isdigit() and len(p) == 2 for p in parts):
        hour, minute = int(parts[0]), int(parts[1])
        if hour < 24 and minute < 60:
            return time(hour, minute)
    raise Malformed("time_of_day_invalid", f"{text[:20]!r} is no time of day like 09:30.", field="trigger.at")


def _zone(name: str) -> ZoneInfo:
    try:
        if "/" in name or name == "UTC":  # no abbreviations: nobody knows which EST or CST was meant
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    raise Malformed(
        "zone_unknown", f"{name[:40]!r} is no IANA time zone like Europe/Berlin or UTC.", field="trigger.zone"
    )
