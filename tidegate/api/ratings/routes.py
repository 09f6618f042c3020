"""Calls about how a merchant stands, measures, exemptions, and the rating seen from outside."""

from __future__ import annotations

from typing import Any

from tidegate.api.door import Call, Route
from tidegate.api.params import UNFIT, UNKNOWN, Limit
from tidegate.api.rating_runs.routes import After as AfterId
from tidegate.api.ratings import say, shapes
from tidegate.api.say import Said
from tidegate.base.refusals import NotFound
from tidegate.rating.facts import flow as facts
from tidegate.rating.governance import flow as governance
from tidegate.rating.lines import flow as lines
from tidegate.rating.measures import flow as measures
from tidegate.rating.measures.store import MeasureRow
from tidegate.rating.off_boarding import flow as off_boarding
from tidegate.rating.publishing import flow as publishing
from tidegate.rating.readings import READINGS, fingerprint
from tidegate.rating.standing import flow as standing
from tidegate.rating.subjects import flow as subjects
from tidegate.rating.subjects.store import Account


def get_merchant_rating(call: Call, id: str) -> Any:
    """The tier that holds, its timers, what was told and why, and what was ordered."""
    return _rating(call, _account(call, id))


def record_cooperation(call: Call, id: str, body: shapes.Cooperation) -> Any:
    """Record that a merchant cooperates; a fall from HIGH depends on it."""
    found = _account(call, id)
    standing.record_cooperation(call.conn, found.subject_id, body.reason, call.actor, call.now)
    return _rating(call, found)


def list_rating_exemptions(call: Call, id: str) -> Any:
    """Documented reasons why a warning sign of a merchant is none."""
    found = _account(call, id)
    return {"exemptions": [say.exemption(e) for e in facts.exemptions(call.conn, found.merchant_id)]}


def exempt_merchant(call: Call, id: str, body: shapes.NewRatingExemption) -> Any:
    """Write an exemption into the register. Another person applies it to a fact."""
    span = (body.from_at, body.until)
    found = _account(call, id)
    made = facts.exempt(call.conn, found.merchant_id, body.article, body.reason, body.owner, span, call.actor, call.now)
    return say.exemption(made)


def end_rating_exemption(call: Call, id: str) -> Any:
    """An exemption counts no longer."""
    return say.exemption(facts.end_exemption(call.conn, id, call.actor, call.now))


def order_interim(call: Call, body: shapes.NewInterim) -> Any:
    """Order a measure before any rating, for hours, on what a person has confirmed."""
    policy = call.setting().policy
    made = measures.interim(
        call.conn, body.fact, body.measure, body.value, body.hours, body.reason, policy, call.actor, call.now
    )
    return _measure(call, made)


def prolong_interim(call: Call, id: str, body: shapes.Prolong) -> Any:
    """Let an interim measure hold longer."""
    policy = call.setting().policy
    return _measure(call, measures.prolong(call.conn, id, body.hours, body.reason, policy, call.actor, call.now))


def lift_measure(call: Call, id: str, body: shapes.Cooperation) -> Any:
    """End a measure early: an off-boarding that is done, an interim measure whose ground is gone."""
    return _measure(call, measures.lift(call.conn, id, body.reason, call.actor, call.now))


def list_off_boardings(call: Call, after: AfterId = "", limit: Limit = 50) -> Any:
    """Whose own coins wait to leave through people after EXTREME, the longest first; lifting the measure is the act."""
    found = off_boarding.queue(call.conn, after, limit, call.now)
    return {
        "off_boardings": [say.off_boarding(one) for one in found],
        "next": found[-1].measure.id if len(found) == limit else None,
    }


def ask_what_if(call: Call, body: shapes.WhatIfAsked) -> Any:
    """Rate the last months again under other numbers, and say who would move. Nothing is written."""
    numbers = governance.draft(call.conn, body.numbers, call.now, body.indicators)
    return say.what_if(governance.what_if(call.conn, numbers, call.now, body.months))


def get_rating_figures(call: Call, id: str) -> Any:
    """How a month moved, who overrode what, how right the indicators were."""
    return say.figures(governance.of_run(call.conn, id))


def list_readings(call: Call) -> Any:
    """How each doubtful sentence of the rules is read."""
    return {"readings": [say.reading(r) for r in READINGS.values()], "hash": fingerprint()}


def _account(call: Call, id: str) -> Account:
    """The merchant account, where the caller may see it."""
    found = subjects.account(call.conn, id)
    if call.party_id not in (None, found.party_id):
        raise NotFound("merchant_unknown", f"There is no merchant {id}.")
    return found


def _rating(call: Call, found: Account) -> Said:
    subject = found.subject_id
    ordered = measures.of_subject(call.conn, subject)
    told = [(p, lines.get(call.conn, p.line_id)) for p in publishing.of_subject(call.conn, subject)]
    return say.rating(
        found.merchant_id,
        standing.of(call.conn, subject),
        told,
        ordered,
        measures.steps(call.conn, ordered),
        standing.moves(call.conn, subject),
        to_staff=call.identity.may("rating:read"),
    )


def _measure(call: Call, found: MeasureRow) -> Said:
    return say.measure(found, measures.steps(call.conn, [found])[found.id])


ROUTES: tuple[Route, ...] = (
    Route(
        "GET", "/v1/merchants/{id}/rating", "merchants:read", get_merchant_rating, shapes.MerchantRating,
        refuses=UNKNOWN,
    ),
    Route(
        "POST", "/v1/merchants/{id}/cooperation", "rating:decide", record_cooperation, shapes.MerchantRating, 200,
        True, "json", UNFIT,
    ),
    Route(
        "GET", "/v1/merchants/{id}/exemptions", "rating:read", list_rating_exemptions, shapes.RatingExemptions,
        refuses=UNKNOWN,
    ),
    Route(
        "POST", "/v1/merchants/{id}/exemptions", "rating:write", exempt_merchant, shapes.RatingExemption, 201, True,
        "json", UNKNOWN,
    ),
    Route(
        "POST", "/v1/rating-exemptions/{id}/end", "rating:write", end_rating_exemption, shapes.RatingExemption, 200,
        True, refuses=UNFIT,
    ),
    Route(
        "POST", "/v1/interim-measures", "rating:decide", order_interim, shapes.RatingMeasure, 201, True, "json", UNFIT
    ),
    Route(
        "POST", "/v1/interim-measures/{id}/prolong", "rating:decide", prolong_interim, shapes.RatingMeasure, 200, True,
        "json", UNFIT,
    ),
    Route(
        "POST", "/v1/measures/{id}/lift", "rating:decide", lift_measure, shapes.RatingMeasure, 200, True, "json", UNFIT
    ),
    Route("GET", "/v1/off-boardings", "rating:read", list_off_boardings, shapes.OffBoardings),
    Route("POST", "/v1/rating-whatif", "rating:read", ask_what_if, shapes.WhatIfAnswer, 200, False, "json"),
    Route(
        "GET", "/v1/rating-runs/{id}/figures", "rating:read", get_rating_figures, shapes.RatingFigures, refuses=UNKNOWN
    ),
    Route("GET", "/v1/rating-readings", "rating:read", list_readings, shapes.Readings),
)  # fmt: skip
