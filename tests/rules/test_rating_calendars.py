"""Working days until a month is told: holidays, worked weekends, the turn of a year, and what is no calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from hashlib import sha256

import pytest
from refusal_kit import refused

from tidegate.rating.calendars.calendar import YEARS, Calendar, Day, Year, check
from tidegate.rating.calendars.proposal import known, proposed

WEEKEND = ("sat", "sun")
PLAIN = Year("XX", 2026, WEEKEND, ())
OCTOBER = replace(
    PLAIN,
    days=(
        *(Day(date(2026, 10, day), "off", "National Day") for day in (1, 2, 5, 6, 7)),
        Day(date(2026, 10, 10), "working", "works for 10-07"),
    ),
)


def of(*years: Year) -> Calendar:
    return Calendar("XX", {year.year: year for year in years})


@pytest.mark.parametrize(
    ("calendar", "month", "count", "last"),
    [
        (of(PLAIN), "2026-11", 1, date(2026, 12, 1)),  # a Tuesday: the month's own last day is not counted
        (of(PLAIN), "2026-11", 4, date(2026, 12, 4)),
        (of(PLAIN), "2026-11", 5, date(2026, 12, 7)),  # over a weekend
        (of(PLAIN), "2026-11", 10, date(2026, 12, 14)),
        (of(PLAIN), "2026-09", 1, date(2026, 10, 1)),
        (of(OCTOBER), "2026-09", 1, date(2026, 10, 8)),  # holidays are none
        (of(OCTOBER), "2026-09", 2, date(2026, 10, 9)),
        (of(OCTOBER), "2026-09", 3, date(2026, 10, 10)),  # a Saturday on which people work
        (of(OCTOBER), "2026-09", 4, date(2026, 10, 12)),
        (of(PLAIN, replace(PLAIN, year=2027)), "2026-12", 1, date(2027, 1, 1)),
        (of(PLAIN), "2026-02", 1, date(2026, 3, 2)),
        (of(replace(PLAIN, year=2028)), "2028-02", 1, date(2028, 3, 1)),  # a leap year's February
        (of(replace(PLAIN, weekend=("fri", "sat"))), "2026-11", 4, date(2026, 12, 6)),
        (of(replace(PLAIN, weekend=())), "2026-11", 10, date(2026, 12, 10)),
    ],
)
def test_a_month_is_told_by_its_working_day(calendar: Calendar, month: str, count: int, last: date) -> None:
    assert calendar.deadline(month, count) == last


def test_a_year_that_nobody_confirmed_is_never_guessed() -> None:
    assert refused(of(PLAIN).deadline, "2026-12", 1) == "CALENDAR_NOT_CONFIRMED"
    assert of(PLAIN).deadline("2026-11", 23) == date(2026, 12, 31)
    assert refused(of(PLAIN).deadline, "2026-11", 24) == "CALENDAR_NOT_CONFIRMED"


@pytest.mark.parametrize(
    ("year", "said"),
    [
        (PLAIN, None),
        (OCTOBER, None),
        (replace(PLAIN, year=YEARS[0]), None),
        (replace(PLAIN, year=YEARS[0] - 1), "calendar_year_invalid"),
        (replace(PLAIN, year=YEARS[-1]), None),
        (replace(PLAIN, year=YEARS[-1] + 1), "calendar_year_invalid"),
        (replace(PLAIN, calendar="xx" * 30), "calendar_name_invalid"),
        (replace(PLAIN, weekend=("sat", "sat")), "calendar_weekend_invalid"),
        (replace(PLAIN, weekend=("sat", "sunday")), "calendar_weekend_invalid"),
        (replace(PLAIN, weekend=("mon", "tue", "wed", "thu", "fri", "sat")), None),
        (replace(PLAIN, weekend=("mon", "tue", "wed", "thu", "fri", "sat", "sun")), "calendar_weekend_invalid"),
        (replace(PLAIN, days=(Day(date(2027, 1, 1), "off", "New Year"),)), "calendar_day_invalid"),
        (replace(PLAIN, days=(Day(date(2026, 1, 1), "off", "New Year"),) * 2), "calendar_day_invalid"),
        (replace(PLAIN, days=(Day(date(2026, 1, 1), "half", "New Year"),)), "calendar_day_invalid"),
        (replace(PLAIN, days=(Day(date(2026, 1, 5), "working", "Monday"),)), "calendar_day_invalid"),
        (replace(PLAIN, days=(Day(date(2026, 1, 3), "working", "Saturday"),)), None),
        (replace(PLAIN, days=(Day(date(2026, 1, 1), "off", ""),)), "calendar_day_invalid"),
        (replace(PLAIN, days=(Day(date(2026, 1, 1), "off", "n" * 100),)), None),
        (replace(PLAIN, days=(Day(date(2026, 1, 1), "off", "n" * 101),)), "calendar_day_invalid"),
    ],
)
def test_what_is_no_year_is_refused_with_its_field(year: Year, said: str | None) -> None:
    assert refused(lambda: check(year)) == said


def test_another_day_is_another_hash() -> None:
    days = '[["2026-10-01","off","National Day"]]'
    said = replace(OCTOBER, days=OCTOBER.days[:1])
    assert said.hash == sha256(f'["XX",2026,["sat","sun"],{days}]'.encode()).hexdigest()
    assert len({PLAIN.hash, OCTOBER.hash, replace(PLAIN, year=2027).hash, replace(PLAIN, weekend=("sun",)).hash}) == 4


def test_what_is_proposed_is_looked_at_by_a_person_and_never_made_up() -> None:
    assert known("CN")
    assert not known("MOON")
    year = proposed("CN", 2026)
    check(year)
    assert {line.kind for line in year.days} == {"off", "working"}
    national = [line for line in year.days if "National" in line.name]
    assert [(line.day.isoformat(), line.kind) for line in national[:2]] == [
        ("2026-10-01", "off"),
        ("2026-10-02", "off"),
    ]
    assert [line.day for line in year.days] == sorted({line.day for line in year.days})
    assert {line.name for line in year.days if line.kind == "working"} == {"make-up working day"}
    assert all(line.day.weekday() > 4 for line in year.days if line.kind == "working")
    weekends = {name: proposed(name, 2026).weekend for name in ("DE", "HK", "SA", "AF", "BD", "IR", "NP")}
    assert weekends == {
        "DE": ("sat", "sun"), "HK": ("sat", "sun"), "SA": ("fri", "sat"), "AF": ("thu", "fri"), "BD": ("fri", "sat"),
        "IR": ("fri",), "NP": ("sat",),
    }  # fmt: skip
    for calendar, of_year, said in (("MOON" * 20, 2026, "calendar_unknown"), ("CN", 2090, "calendar_not_announced")):
        assert refused(proposed, calendar, of_year) == said
