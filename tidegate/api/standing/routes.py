"""Calls about standing withdrawals."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from tidegate.api.door import Call, Route
from tidegate.api.params import UNFIT, UNKNOWN, Before, Limit, Text
from tidegate.api.say import page
from tidegate.api.standing import shapes
from tidegate.base.refusals import Malformed
from tidegate.withdrawals.standing import answer as standing_answer
from tidegate.withdrawals.standing import flow as standing
from tidegate.withdrawals.standing import store as standing_store
from tidegate.withdrawals.standing.calendar import Schedule
from tidegate.withdrawals.standing.instruction import Instruction
from tidegate.withdrawals.standing.instruction import Status as StandingStatus
from tidegate.withdrawals.standing.wanted import Wanted


def create_standing(call: Call, body: shapes.NewStanding) -> Any:
    """Set up a standing withdrawal. Nothing runs before the customer has confirmed it with a code."""
    party_id, name = call.customer(body.customer), (body.asset, body.network)
    made = standing.create(call.conn, party_id, name, _wanted(body), call.actor, call.setting(), call.now)
    return _standing(call, made)


def list_standing(
    call: Call,
    customer: Text = None,
    status: Annotated[StandingStatus | None, Query()] = None,
    before: Before = None,
    limit: Limit = 50,
) -> Any:
    """Standing withdrawals, newest first, deleted ones too: without their settings."""
    whose = call.whose(customer)
    found = standing_store.page(call.conn, whose, status.value if status else None, before, limit)
    return page("standing_withdrawals", standing.views(call.conn, found, call.setting().assets), limit)


def get_standing(call: Call, id: str) -> Any:
    """One standing withdrawal: its terms in force, and those that wait for a code."""
    return _standing(call, standing.get(call.conn, id, call.party_id))


def edit_standing(call: Call, id: str, body: shapes.StandingTerms) -> Any:
    """Draft new terms. Those in force stay in force until the customer has confirmed the draft with a code."""
    standing.get(call.conn, id, call.party_id)
    return _standing(call, standing.edit(call.conn, id, _wanted(body), call.actor, call.setting(), call.now))


def confirm_standing(call: Call, id: str, body: shapes.StandingConfirmation) -> Any:
    """Confirm the draft that was shown."""
    standing.get(call.conn, id, call.party_id)
    key, setting = call.gate.data_key, call.setting()
    done = standing.confirm(call.conn, id, body.factor, body.code, key, call.actor, setting, call.now)
    return _standing(call, done)


def pause_standing(call: Call, id: str) -> Any:
    """Stop running, and keep the settings."""
    standing.get(call.conn, id, call.party_id)
    return _standing(call, standing.pause(call.conn, id, call.actor, call.now))


def resume_standing(call: Call, id: str, body: shapes.StandingConfirmation) -> Any:
    """Let it run again, with a code. What was due meanwhile is not made up for."""
    standing.get(call.conn, id, call.party_id)
    key, setting = call.gate.data_key, call.setting()
    done = standing.resume(call.conn, id, body.factor, body.code, key, call.actor, setting, call.now)
    return _standing(call, done)


def delete_standing(call: Call, id: str) -> Any:
    """Wipe its settings for good, and take back what it asked for and no payment has begun."""
    standing.get(call.conn, id, call.party_id)
    return _standing(call, standing.delete(call.conn, id, call.actor, call.setting(), call.now))


def list_standing_runs(
    call: Call, id: str, before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None, limit: Limit = 50
) -> Any:
    """Every run, newest first: the withdrawal it made, or why it was skipped."""
    standing.get(call.conn, id, call.party_id)
    found = [standing_answer.run(r) for r in standing_store.runs(call.conn, id, before, limit)]
    return page("runs", found, limit, "number")


def _standing(call: Call, found: Instruction) -> Any:
    return standing.views(call.conn, [found], call.setting().assets)[0]


def _wanted(body: shapes.StandingTerms) -> Wanted:
    """The body as the rules read it."""
    trigger, amount, to = body.trigger, body.amount, body.destination
    ceiling = body.fee_ceiling
    if ceiling is not None and (ceiling.amount is None) == (ceiling.percent is None):
        raise Malformed("fee_ceiling_invalid", "Give either an amount of coins or a percentage.", field="fee_ceiling")
    schedule = None
    if isinstance(trigger, shapes.ScheduleTrigger):
        schedule = Schedule(trigger.every, trigger.at, trigger.zone, trigger.weekday, trigger.day)
    ids: tuple[str, ...] = ()
    if isinstance(to, shapes.FixedDestination):
        ids = (to.address_id,)
    if isinstance(to, shapes.RotatingDestination):
        ids = tuple(to.address_ids)
    return Wanted(
        schedule=schedule,
        balance=trigger.balance if isinstance(trigger, shapes.ThresholdTrigger) else None,
        price=trigger.price if isinstance(trigger, shapes.PriceTrigger) else None,
        when=trigger.when if isinstance(trigger, shapes.PriceTrigger) else None,
        amount=amount.amount if isinstance(amount, shapes.FixedAmount) else None,
        percent=amount.percent if isinstance(amount, shapes.PercentAmount) else None,
        keep_back=body.keep_back,
        least=body.least,
        most=body.most,
        fee_ceiling=None if ceiling is None else ceiling.amount,
        fee_percent=None if ceiling is None else ceiling.percent,
        address_ids=ids,
        xpub=to.xpub if isinstance(to, shapes.XpubDestination) else None,
    )


_S = "/v1/standing-withdrawals"

ROUTES: tuple[Route, ...] = (
    Route("POST", _S, "withdrawals:write", create_standing, shapes.Standing, 201, True, "json", UNFIT),
    Route("GET", _S, "withdrawals:read", list_standing, shapes.Standings, refuses=UNKNOWN),
    Route("GET", _S + "/{id}", "withdrawals:read", get_standing, shapes.Standing, refuses=UNKNOWN),
    Route("PUT", _S + "/{id}", "withdrawals:write", edit_standing, shapes.Standing, takes="json", refuses=UNFIT),
    Route("DELETE", _S + "/{id}", "withdrawals:write", delete_standing, shapes.Standing, refuses=UNFIT),
    Route(
        "POST",
        _S + "/{id}/confirm",
        "withdrawals:write",
        confirm_standing,
        shapes.Standing,
        200,
        True,
        "json",
        (404, 409, 429),
    ),
    Route("POST", _S + "/{id}/pause", "withdrawals:write", pause_standing, shapes.Standing, 200, True, refuses=UNFIT),
    Route(
        "POST",
        _S + "/{id}/resume",
        "withdrawals:write",
        resume_standing,
        shapes.Standing,
        200,
        True,
        "json",
        (404, 409, 429),
    ),
    Route("GET", _S + "/{id}/runs", "withdrawals:read", list_standing_runs, shapes.StandingRuns, refuses=UNKNOWN),
)
