"""Calls about what places ask for, and who is exempt."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Query

from tidegate.api.door import Call, Route
from tidegate.api.jurisdictions import say, shapes
from tidegate.api.params import UNFIT, UNKNOWN, Before, Limit, Text
from tidegate.api.say import page
from tidegate.base.refusals import Malformed, NotFound
from tidegate.policy import flow as policies
from tidegate.policy import jurisdictions

Day = Annotated[str | None, Query(pattern=r"^\d{4}-\d\d-\d\d$", description="A day like 2026-08-20.")]


def get_jurisdiction(call: Call, place: str, on: Day = None) -> Any:
    """What a place asks for on a day, with each rule's source; today where no day is named."""
    policy = call.setting().policy
    if not jurisdictions.is_place(place):
        raise NotFound("place_unknown", f"{place[:20]!r} is no place, like DE, AE-DU or EU.", field="place")
    try:
        day = date.fromisoformat(on) if on else call.now.date()
    except ValueError as fault:
        raise Malformed("day_malformed", f"{on} is no day of the calendar: {fault}.", field="on") from fault
    held = jurisdictions.law(policy.places, [place], day)
    return say.jurisdiction(place, held, jurisdictions.worse(held.standing, policy.jurisdiction(place)))


def list_exemptions(
    call: Call, place: Text = None, customer: Text = None, before: Before = None, limit: Limit = 50
) -> Any:
    """Customers whom a place's delays do not hold, newest first."""
    found = policies.exemption_page(call.conn, place, customer, before, limit)
    return page("exemptions", [say.exemption(e, call.now) for e in found], limit)


def propose_exemption(call: Call, body: shapes.NewExemption) -> Any:
    """Ask that a place's delays do not hold a customer. A second person must agree."""
    made = policies.propose_exemption(
        call.conn, body.place, body.customer, body.until, body.reason, call.actor, call.now
    )
    return say.exemption(made, call.now)


def approve_exemption(call: Call, id: str) -> Any:
    """Agree with an exemption that somebody else proposed."""
    return say.exemption(policies.approve_exemption(call.conn, id, call.actor, call.now), call.now)


def end_exemption(call: Call, id: str) -> Any:
    """Let the place's delays hold the customer again, at once."""
    return say.exemption(policies.end_exemption(call.conn, id, call.actor, call.now), call.now)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/jurisdictions/{place}", "policy:read", get_jurisdiction, shapes.Jurisdiction, refuses=UNKNOWN),
    Route("GET", "/v1/exemptions", "policy:read", list_exemptions, shapes.Exemptions),
    Route("POST", "/v1/exemptions", "policy:write", propose_exemption, shapes.Exemption, 201, True, "json", UNFIT),
    Route(
        "POST",
        "/v1/exemptions/{id}/approve",
        "policy:approve",
        approve_exemption,
        shapes.Exemption,
        200,
        True,
        refuses=UNFIT,
    ),
    Route("POST", "/v1/exemptions/{id}/end", "policy:write", end_exemption, shapes.Exemption, 200, True, refuses=UNFIT),
)
