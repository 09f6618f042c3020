"""What goes in and comes out of calls about calendars."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tidegate.api.shapes import At, Date, In, Out, Short


class CalendarDay(In):
    day: Date
    kind: Literal["off", "working"] = Field(description="A holiday, or a day of the weekend on which people work.")
    name: Short


class NewCalendar(In):
    """A year: without days, as the library has it; with them, as you say."""

    calendar: Short = Field(examples=["CN"])
    year: int
    weekend: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] | None = Field(default=None, max_length=6)
    days: list[CalendarDay] | None = Field(default=None, max_length=366)


class ConfirmCalendar(In):
    hash: Short = Field(description="Of the table that you looked at.")


class CalendarDayOut(Out):
    day: str
    kind: Literal["off", "working"]
    name: str


class CalendarYear(Out):
    id: str
    calendar: str
    year: int
    weekend: list[str]
    hash: str
    source: str
    imported_by: str
    imported_at: At
    confirmed_by: str | None
    confirmed_at: At | None
    replaced_at: At | None


class CalendarFile(Out):
    year: CalendarYear
    days: list[CalendarDayOut] = Field(description="Those that are not what their weekday says.")


class Calendars(Out):
    years: list[CalendarYear]
