"""Calls about restrictions ordered and lifted."""

from __future__ import annotations

from typing import Any

from tidegate.api.door import Call, Route
from tidegate.api.params import UNFIT, UNKNOWN, Before, Limit, Text
from tidegate.api.restrictions import say, shapes
from tidegate.api.say import page
from tidegate.api.shapes import Lift
from tidegate.base.times import hours
from tidegate.parties import flow as parties


def list_restrictions(call: Call, customer: Text = None, before: Before = None, limit: Limit = 50) -> Any:
    """Restrictions ever ordered, newest first."""
    found = parties.restriction_page(call.conn, customer, before, limit)
    return page("restrictions", [say.restriction(r) for r in found], limit)


def restrict(call: Call, body: shapes.NewRestriction) -> Any:
    """Order a restriction; it stops moves from now on and rewrites nothing."""
    made = parties.restrict(call.conn, body.party, body.kind, body.until, body.reason, call.actor, call.now, body.value)
    return say.restriction(made)


def lift_restriction(call: Call, id: str, body: Lift) -> Any:
    """End a restriction. A customer's own freeze takes compliance, a new verification of who they are, and a wait."""
    wait = hours(call.setting().policy.factors.unfreeze_hours)
    compliance = call.identity.role == "compliance"
    return say.restriction(parties.lift(call.conn, id, body.reason, call.actor, call.now, compliance, wait))


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/restrictions", "restrictions:read", list_restrictions, shapes.Restrictions),
    Route("POST", "/v1/restrictions", "restrictions:write", restrict, shapes.Restriction, 201, True, "json", UNKNOWN),
    Route(
        "POST",
        "/v1/restrictions/{id}/lift",
        "restrictions:write",
        lift_restriction,
        shapes.Restriction,
        200,
        True,
        "json",
        UNFIT,
    ),
)
