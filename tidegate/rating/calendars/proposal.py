"""A year of a calendar as the library `holidays` has it: a proposal that a person looks at, never an answer.

The library knows China's make-up working days only once the State Council has announced them, and says nothing of
their absence; and it takes Hong Kong's Saturdays for working days. So the weekend is ours, and a Chinese year without
a single make-up day is not announced yet.
"""

from __future__ import annotations

from datetime import date

import holidays

from tidegate.base.refusals import Malformed
from tidegate.rating.calendars.calendar import NAME, WEEKDAYS, Day, Year

WEEKEND = ("sat", "sun")
_OTHER_WEEKENDS = {
    **dict.fromkeys(("BH", "DZ", "EG", "IL", "IQ", "JO", "KW", "LY", "OM", "QA", "SA", "SD", "YE"), ("fri", "sat")),
    "AF": ("thu", "fri"),
    "BD": ("fri", "sat"),
    "IR": ("fri",),
    "NP": ("sat",),
}
_ANNOUNCED = frozenset({"CN"})
"""Where weekends are worked to make up for holidays, every year, as announced a year at a time."""


def known(calendar: str) -> bool:
    """Whether the library has that calendar at all."""
    return bool(NAME.fullmatch(calendar)) and calendar in holidays.list_supported_countries()


def proposed(calendar: str, year: int) -> Year:
    """That year, for a person to look at. Raises Malformed `calendar_unknown`, `calendar_not_announced`."""
    if not known(calendar):
        raise Malformed("calendar_unknown", f"{calendar[:40]!r} is no calendar that is known here", field="calendar")
    found = holidays.country_holidays(calendar, years=year, language="en_US")  # not the machine's own
    weekend = _OTHER_WEEKENDS.get(calendar, WEEKEND)
    made_up = sorted(day for day in getattr(found, "weekend_workdays", ()) if day.year == year)
    if calendar in _ANNOUNCED and not made_up:
        raise Malformed(
            "calendar_not_announced",
            f"The make-up working days of {calendar} for {year} are not announced yet; import the year by hand",
            field="year",
        )
    days = {day: Day(day, "working", "make-up working day") for day in made_up if _weekday(day) in weekend}
    off = {day: Day(day, "off", _name(name)) for day, name in found.items() if day not in days}
    return Year(calendar, year, weekend, tuple(line for _, line in sorted({**off, **days}.items())))


def _weekday(day: date) -> str:
    return WEEKDAYS[day.weekday()]


def _name(said: str) -> str:
    return "".join(letter for letter in said if letter.isprintable())[:100] or "holiday"
