"""Working days, by which the deadline of a month is counted: a year is imported, looked at and confirmed."""

from __future__ import annotations

from starlette.responses import Response

from tidegate.base.refusals import Malformed
from tidegate.console.merchants.typed import whole
from tidegate.console.visit import Page, Visit
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.rating.calendars import flow as calendars

HOME = "/console/calendars"


def listed(visit: Visit) -> Response:
    """Every year that was imported."""
    return visit.render(
        "merchants/calendars.html",
        years=calendars.listed(visit.conn),
        calendar=policies.active(visit.conn, visit.now).rating.calendar,
        year=visit.now.year,
        names={key.id: key.label for key in parties.keys(visit.conn)},
    )


def one(visit: Visit) -> Response:
    """A year's days off and make-up working days, as somebody looks at them before they confirm."""
    file = calendars.get(visit.conn, visit.id)
    names = {key.id: key.label for key in parties.keys(visit.conn)}
    return visit.render("merchants/calendar.html", row=file.row, days=file.days, names=names)


def import_year(visit: Visit) -> Response:
    """Import a year as the library has it."""
    year = whole(visit, "year")
    if year is None:
        raise Malformed("year_missing", "Say which year.", field="year")
    name = policies.active(visit.conn, visit.now).rating.calendar
    file = calendars.propose(visit.conn, name, year, visit.actor, visit.now)
    return visit.back_to(f"{HOME}/{file.row.id}", "calendar_was_imported")


def confirm(visit: Visit) -> Response:
    """Exactly the table that was looked at counts from now on."""
    calendars.confirm(visit.conn, visit.id, visit.given("hash"), visit.actor, visit.now)
    return visit.back_to(f"{HOME}/{visit.id}", "calendar_was_confirmed")


PAGES = (
    Page("/calendars", listed, "rating:read"),
    Page("/calendars/import", import_year, "rating:write", "POST"),
    Page("/calendars/{id}", one, "rating:read"),
    Page("/calendars/{id}/confirm", confirm, "rating:write", "POST", sensitive=True),
)
