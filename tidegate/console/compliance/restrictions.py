"""Restrictions of customers: those ever ordered, one more, and their end."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from starlette.responses import Response

from tidegate.base.refusals import Malformed
from tidegate.base.times import hours
from tidegate.console.visit import Page, Visit
from tidegate.parties import flow as parties
from tidegate.parties.party import RestrictionKind
from tidegate.policy import flow as policies

ROWS = 50
HOME = "/console/restrictions"


def restrictions(visit: Visit) -> Response:
    """Restrictions, newest first, of one customer or of all."""
    customer = visit.asked("customer")
    found = parties.restriction_page(visit.conn, customer, visit.asked("before"), ROWS)
    return visit.render(
        "compliance/restrictions.html",
        restrictions=[(item, item.in_force(visit.now)) for item in found],
        kinds=list(RestrictionKind),
        chosen=customer or "",
        names={key.id: key.label for key in parties.keys(visit.conn)},
        older=found[-1].id if len(found) == ROWS else None,
    )


def impose(visit: Visit) -> Response:
    """Order a restriction; it stops moves from now on and rewrites nothing."""
    customer = visit.given("customer").strip()
    parties.restrict(
        visit.conn,
        customer,
        visit.given("kind"),
        _until(visit.given("until")),
        visit.given("reason"),
        visit.actor,
        visit.now,
        visit.given("value").strip() or None,
    )
    return visit.back_to(f"{HOME}?customer={customer}", "restricted")


def lift(visit: Visit) -> Response:
    """End a restriction. A customer's own freeze goes on for the policy's wait."""
    wait = hours(policies.active(visit.conn, visit.now).factors.unfreeze_hours)
    compliance = visit.session.identity.role == "compliance"
    order = parties.lift(visit.conn, visit.id, visit.given("reason"), visit.actor, visit.now, compliance, wait)
    return visit.back_to(f"{HOME}?customer={order.party_id}", "lifted" if order.lifted_at else "lift_agreed")


def _until(text: str) -> datetime | None:
    """The end of a day, UTC; None = until somebody lifts it."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(23, 59, 59), UTC)
    except ValueError as bad:
        raise Malformed("day_malformed", f"{text[:20]!r} is no day of the calendar.", field="until") from bad


PAGES = (
    Page("/restrictions", restrictions, "restrictions:read"),
    Page("/restrictions/impose", impose, "restrictions:write", "POST"),
    Page("/restrictions/{id}/lift", lift, "restrictions:write", "POST", sensitive=True),
)
