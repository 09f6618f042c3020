"""What places ask for on a day, and customers whom a place's delays do not hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from starlette.responses import Response

from tidegate.api.jurisdictions.say import place_rule
from tidegate.base.refusals import Malformed, NotFound
from tidegate.console.visit import Page, Visit
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.policy import jurisdictions

ROWS = 25
EXEMPTIONS = "/console/exemptions"


def places(visit: Visit) -> Response:
    """Every place that the policy in force describes, with how many of its rules hold today."""
    policy = policies.active(visit.conn, visit.now)
    today = visit.now.date()
    found = [
        (place, sum(rule.in_force(today) for rule in place.rules), _next_change(place, today))
        for place in sorted(policy.places.values(), key=lambda place: place.code)
    ]
    return visit.render("compliance/places.html", places=found, version=policy.version)


def _next_change(place: jurisdictions.Place, today: date) -> date | None:
    """The first day on which one of its rules begins or has ended."""
    begins = [rule.since for rule in place.rules if rule.since > today]
    ends = [rule.until + timedelta(days=1) for rule in place.rules if rule.until is not None and rule.until >= today]
    return min(begins + ends, default=None)


def place(visit: Visit) -> Response:
    """One place on a day: its standing, and every rule with its source; those of other days below."""
    code, day = visit.id, _day(visit.asked("on"), visit.now.date(), "on")
    policy = policies.active(visit.conn, visit.now)
    if not jurisdictions.is_place(code):
        raise NotFound("place_unknown", f"{code[:20]!r} is no place, like DE, AE-DU or EU.")
    held = jurisdictions.law(policy.places, [code], day)
    other = [(where.code, rule) for where in held.places for rule in where.rules if not rule.in_force(day)]
    return visit.render(
        "compliance/place.html",
        code=code,
        day=day,
        standing=jurisdictions.worse(held.standing, policy.jurisdiction(code)),
        wider=held.places,
        rules=[place_rule(where, rule) for where, rule in held.rules],
        other=[place_rule(where, rule) for where, rule in other],
        version=policy.version,
    )


def exemptions(visit: Visit) -> Response:
    """Exemptions, newest first."""
    place, customer = visit.asked("place"), visit.asked("customer")
    found = policies.exemption_page(visit.conn, place, customer, visit.asked("before"), ROWS)
    policy = policies.active(visit.conn, visit.now)
    return visit.render(
        "compliance/exemptions.html",
        exemptions=[(item, item.status(visit.now)) for item in found],
        places=sorted(policy.places),
        chosen={"place": place or "", "customer": customer or ""},
        names={key.id: key.label for key in parties.keys(visit.conn)},
        until=(visit.now + timedelta(days=90)).date(),
        older=found[-1].id if len(found) == ROWS else None,
    )


def propose(visit: Visit) -> Response:
    """Ask that a place's delays do not hold a customer; somebody else must agree."""
    until = datetime.combine(_day(visit.given("until"), None, "until"), time(23, 59, 59), UTC)
    policies.propose_exemption(
        visit.conn,
        visit.given("place"),
        visit.given("customer").strip(),
        until,
        visit.given("reason"),
        visit.actor,
        visit.now,
    )
    return visit.back_to(EXEMPTIONS, "exemption_proposed")


def approve(visit: Visit) -> Response:
    policies.approve_exemption(visit.conn, visit.id, visit.actor, visit.now)
    return visit.back_to(EXEMPTIONS, "exemption_approved")


def end(visit: Visit) -> Response:
    policies.end_exemption(visit.conn, visit.id, visit.actor, visit.now)
    return visit.back_to(EXEMPTIONS, "exemption_ended")


def _day(text: str | None, otherwise: date | None, field: str) -> date:
    if not text and otherwise is not None:
        return otherwise
    try:
        return date.fromisoformat(text or "")
    except ValueError as bad:
        raise Malformed("day_malformed", f"{(text or '')[:20]!r} is no day of the calendar.", field=field) from bad


_READ = "policy:read"

PAGES = (
    Page("/jurisdictions", places, _READ),
    Page("/jurisdictions/{id}", place, _READ),
    Page("/exemptions", exemptions, _READ),
    Page("/exemptions/propose", propose, "policy:write", "POST"),
    Page("/exemptions/{id}/approve", approve, "policy:approve", "POST", sensitive=True),
    Page("/exemptions/{id}/end", end, "policy:write", "POST"),
)
