"""Calls about years of working days, imported and confirmed."""

from __future__ import annotations

from typing import Any

from tidegate.api.calendars import say, shapes
from tidegate.api.door import Call, Route
from tidegate.api.params import UNFIT, UNKNOWN
from tidegate.base.refusals import Malformed
from tidegate.rating.calendars import flow as calendars
from tidegate.rating.calendars.calendar import Day, Year
from tidegate.rating.calendars.proposal import WEEKEND


def list_calendars(call: Call) -> Any:
    """Every year that was imported, newest first."""
    return {"years": [say.year(y) for y in calendars.listed(call.conn)]}


def import_calendar(call: Call, body: shapes.NewCalendar) -> Any:
    """Import a year of working days. It counts once a person has looked at it and confirmed it."""
    if body.days is None:
        if body.weekend is not None:
            raise Malformed("weekend_unexpected", "Without days the library's year is taken as it is", field="weekend")
        return say.file(calendars.propose(call.conn, body.calendar, body.year, call.actor, call.now))
    days = tuple(Day(line.day, line.kind, line.name) for line in sorted(body.days, key=lambda line: line.day))
    year = Year(body.calendar, body.year, tuple(body.weekend or WEEKEND), days)
    return say.file(calendars.import_year(call.conn, year, "import", call.actor, call.now))


def get_calendar(call: Call, id: str) -> Any:
    """One imported year, with every day that is not what its weekday says."""
    return say.file(calendars.get(call.conn, id))


def confirm_calendar(call: Call, id: str, body: shapes.ConfirmCalendar) -> Any:
    """Confirm the table that you looked at; an earlier one of that year is replaced for runs to come."""
    return say.file(calendars.confirm(call.conn, id, body.hash, call.actor, call.now))


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/calendars", "rating:read", list_calendars, shapes.Calendars),
    Route("POST", "/v1/calendars", "rating:write", import_calendar, shapes.CalendarFile, 201, True, "json"),
    Route("GET", "/v1/calendars/{id}", "rating:read", get_calendar, shapes.CalendarFile, refuses=UNKNOWN),
    Route(
        "POST",
        "/v1/calendars/{id}/confirm",
        "rating:write",
        confirm_calendar,
        shapes.CalendarFile,
        200,
        True,
        "json",
        UNFIT,
    ),
)
