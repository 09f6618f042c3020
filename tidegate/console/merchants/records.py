"""What people write down about a merchant: exemptions, cooperation, links with other accounts."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import Response

from tidegate.console.merchants.typed import day
from tidegate.console.visit import Page, Visit
from tidegate.p2p.links import flow as links
from tidegate.policy import flow as policies
from tidegate.rating.facts import flow as facts
from tidegate.rating.standing import flow as standing
from tidegate.rating.subjects import flow as subjects
from tidegate.rating.window import midnight

HOME = "/console/merchants"


def exempt(visit: Visit) -> Response:
    """Write into the register why a warning sign is none, from a day to a last day. Another person applies it."""
    zone = policies.active(visit.conn, visit.now).rating.zone
    first, last = day(visit, "from_day"), day(visit, "last_day")
    facts.exempt(
        visit.conn,
        subjects.account(visit.conn, visit.id).merchant_id,
        visit.given("article"),
        visit.given("reason"),
        visit.given("owner"),
        (midnight(first, zone), midnight(last + timedelta(days=1), zone)),
        visit.actor,
        visit.now,
    )
    return visit.back_to(f"{HOME}/{visit.id}", "mer_exempted")


def end_exemption(visit: Visit) -> Response:
    """It counts no longer."""
    done = facts.end_exemption(visit.conn, visit.id, visit.actor, visit.now)
    return visit.back_to(f"{HOME}/{done.merchant_id}", "mer_exemption_ended")


def cooperation(visit: Visit) -> Response:
    """The merchant cooperates: a fall from HIGH depends on it."""
    found = subjects.account(visit.conn, visit.id)
    standing.record_cooperation(visit.conn, found.subject_id, visit.given("reason"), visit.actor, visit.now)
    return visit.back_to(f"{HOME}/{visit.id}", "cooperation_recorded")


def link(visit: Visit) -> Response:
    """Another merchant account is the same person's."""
    other = visit.given("merchant").strip()
    links.link(visit.conn, visit.id, other, visit.given("evidence"), visit.given("reason"), visit.actor, visit.now)
    return visit.back_to(f"{HOME}/{visit.id}", "accounts_linked")


def undo(visit: Visit) -> Response:
    """A link was wrong, another person says."""
    done = links.undo(visit.conn, visit.id, visit.given("reason"), visit.actor, visit.now)
    return visit.back_to(f"{HOME}/{done.merchant_id}", "accounts_parted")


PAGES = (
    Page("/merchants/{id}/exemptions", exempt, "rating:write", "POST"),
    Page("/rating-exemptions/{id}/end", end_exemption, "rating:write", "POST"),
    Page("/merchants/{id}/cooperation", cooperation, "rating:decide", "POST"),
    Page("/merchants/{id}/links", link, "merchants:decide", "POST"),
    Page("/merchant-links/{id}/undo", undo, "merchants:decide", "POST", sensitive=True),
)
