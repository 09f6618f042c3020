"""Which days people work, and when a month's results are due (S2 Art. 4: "within 10 working days")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from tidegate.base.canonical import digest
from tidegate.base.refusals import Conflict, Malformed
from tidegate.rating.window import first_day

NAME = re.compile(r"[A-Z][A-Z0-9_-]{1,19}")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
KINDS = ("off", "working")
YEARS = range(2000, 2100)


class NotConfirmed(Conflict):
    """Nobody has confirmed that year of that calendar."""

    def __init__(self, calendar: str, year: int) -> None:
        super().__init__(
            "CALENDAR_NOT_CONFIRMED",
            f"Nobody has confirmed the calendar {calendar} for {year}: import the year, look at it, confirm it.",
        )


@dataclass(frozen=True, slots=True)
class Day:
    """A day that is not what its weekday says."""

    day: date
    kind: str  # of KINDS: a holiday, or a day of the weekend on which people work
    name: str  # "National Day", "works for 10-08"


@dataclass(frozen=True, slots=True)
class Year:
    """One year of a calendar: its weekend, and every day that differs from it."""

    calendar: str  # "CN"
    year: int
    weekend: tuple[str, ...]  # of WEEKDAYS; said, because libraries guess it
    days: tuple[Day, ...]  # in order

    @property
    def hash(self) -> str:
        """What is pinned on each run."""
        days = [[day.day.isoformat(), day.kind, day.name] for day in self.days]
        return digest([self.calendar, self.year, list(self.weekend), days])

    def works(self, day: date) -> bool:
        said = next((line.kind for line in self.days if line.day == day), None)
        return said == "working" if said is not None else WEEKDAYS[day.weekday()] not in self.weekend


@dataclass(frozen=True, slots=True)
class Calendar:
    """The confirmed years of one calendar."""

    name: str
    years: Mapping[int, Year] = field(default_factory=dict)

    def works(self, day: date) -> bool:
        """Raises NotConfirmed."""
        if day.year not in self.years:
            raise NotConfirmed(self.name, day.year)
        return self.years[day.year].works(day)

    def after(self, day: date, count: int) -> date:
        """The `count`th working day after a day, which itself is not counted. Raises NotConfirmed."""
        while count > 0:
            day += timedelta(days=1)
            count -= self.works(day)
        return day

    def deadline(self, month: str, count: int) -> date:
        """R05: by the end of this day the results of a month are public. Raises NotConfirmed; Malformed."""
        return self.after(_last_day(month), count)


def check(year: Year) -> None:
    """Raises Malformed naming what is wrong: `calendar_…_invalid`."""
    if not NAME.fullmatch(year.calendar):
        raise Malformed("calendar_name_invalid", f"{year.calendar[:40]!r} is no name like CN", field="calendar")
    if year.year not in YEARS:
        raise Malformed("calendar_year_invalid", f"{year.year} is not from {YEARS[0]} to {YEARS[-1]}", field="year")
    strange = sorted(set(year.weekend) - set(WEEKDAYS))
    if strange or len(set(year.weekend)) != len(year.weekend) or len(year.weekend) > 6:
        raise Malformed(
            "calendar_weekend_invalid", f"Name each day of the weekend once, of {', '.join(WEEKDAYS)}", field="weekend"
        )
    before: date | None = None
    for line in year.days:
        if line.day.year != year.year or (before is not None and line.day <= before):
            raise Malformed(
                "calendar_day_invalid", f"{line.day} is not in {year.year}, or not in its order and once", field="days"
            )
        if line.kind not in KINDS:
            raise Malformed("calendar_day_invalid", f"{line.day} is {line.kind!r}, not off or working", field="days")
        weekend = WEEKDAYS[line.day.weekday()] in year.weekend
        if line.kind == "working" and not weekend:
            raise Malformed(
                "calendar_day_invalid", f"{line.day} is an ordinary working day: it needs no line", field="days"
            )
        if not 1 <= len(line.name) <= 100 or not line.name.isprintable():
            raise Malformed("calendar_day_invalid", f"{line.day} needs a name of 1 to 100 characters", field="days")
        before = line.day


def _last_day(month: str) -> date:
    return (first_day(month).replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
