"""Which facts a month's rating looks at (S2 Art. 4: "the last 30 days", each month)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tidegate.base.refusals import Malformed
from tidegate.rating.fact import Fact

DAYS = 30
_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` on and before `as_of`; both UTC."""

    month: str  # "2026-03"
    start: datetime
    as_of: datetime  # the first instant of the next month
    strict_start: datetime  # exactly 30 days before: what the gap-free window adds lies before it

    def holds(self, at: datetime) -> bool:
        return self.start <= at < self.as_of

    def of(self, facts: Iterable[Fact]) -> list[Fact]:
        """The facts that count in it (R22)."""
        return [fact for fact in facts if self.holds(fact.counts_at)]


def of_month(month: str, zone: ZoneInfo) -> Window:
    """R04: from 30 days before the month's end or its first instant, whichever is earlier.

    A strict 30 days loses the first of 31-day months, so that an event there would never be rated. Raises Malformed
    `month_invalid`.
    """
    first = first_day(month)
    after = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    strict = midnight(after - timedelta(days=DAYS), zone)
    return Window(month, min(strict, midnight(first, zone)), midnight(after, zone), strict)


def trailing(now: datetime, zone: ZoneInfo) -> Window:
    """The 30 days before now, for what happens between two months."""
    start = days_after(now, -DAYS, zone)
    return Window(f"{now.astimezone(zone):%Y-%m}", start, now + timedelta(microseconds=1), start)


def first_day(month: str) -> date:
    """The first day of "2026-03". Raises Malformed `month_invalid`."""
    found = _MONTH.fullmatch(month)
    if found is None:
        raise Malformed("month_invalid", f'{month[:40]!r} is not a month; write it like "2026-03"', field="month")
    return date(int(found.group(1)), int(found.group(2)), 1)


def month_after(month: str) -> str:
    """ "2027-01" of "2026-12"."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12}-{number % 12 + 1:02}"


def month_before(month: str) -> str:
    """ "2025-12" of "2026-01"."""
    return f"{first_day(month) - timedelta(days=1):%Y-%m}"


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day there, in UTC; where clocks jump over midnight, the instant of the jump."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def days_after(at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same time of day, so many days on: a day on which clocks change is still one day."""
    local = at.astimezone(zone).replace(tzinfo=None)
    return (local + timedelta(days=days)).replace(tzinfo=zone).astimezone(UTC)


def months_after(at: datetime, months: int, zone: ZoneInfo) -> datetime:
    """The same day so many calendar months on, or that month's last: 30 November and three months is 28 February."""
    local = at.astimezone(zone).replace(tzinfo=None)
    count = local.year * 12 + local.month - 1 + months
    year, month = divmod(count, 12)
    last = (date(year + month // 11, (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    moved = local.replace(year=year, month=month + 1, day=min(local.day, last))
    return moved.replace(tzinfo=zone).astimezone(UTC)
