"""A standing withdrawal and its runs as the API and the console say them. Amounts are decimal strings in coins."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tidegate.base.money import Asset, to_text
from tidegate.base.times import rfc3339
from tidegate.notifications import templates
from tidegate.policy.pricing import PRICE_DECIMALS
from tidegate.withdrawals.standing.calendar import Schedule
from tidegate.withdrawals.standing.instruction import Instruction, Run
from tidegate.withdrawals.standing.terms import Terms, Threshold, account, percent_text

SHOWN = 3
"""How many derived addresses are shown before a code is entered: the customer compares them with their wallet."""


def as_json(i: Instruction, asset: Asset, in_force: Terms | None, draft: Terms | None) -> dict[str, Any]:
    """One instruction: its terms in force, and those that wait for a code."""
    return {
        "id": i.id,
        "customer": i.party_id,
        "asset": asset.symbol,
        "network": asset.network,
        "status": i.status.value,
        "reason": None if i.reason is None else {"code": i.reason, **templates.STANDING[i.reason].both()},
        "required_factor": None if i.draft is None else "totp",
        "confirm_by": _at(i.draft_until),
        "terms": None if in_force is None else terms(in_force, asset),
        "draft": None if draft is None else terms(draft, asset),
        "next_due_at": _at(i.due_at),
        "waiting_for": None
        if i.waiting_for is None
        else {"code": i.waiting_for, **templates.STANDING[i.waiting_for].both()},
        "waits_until": _at(i.wait_until),
        "runs": i.runs,
        "created_at": rfc3339(i.created_at),
        "changed_at": rfc3339(i.changed_at),
    }


def terms(t: Terms, asset: Asset) -> dict[str, Any]:
    """What the customer confirms, in words that they gave."""

    def coins(units: int | None) -> str | None:
        return None if units is None else to_text(units, asset.decimals)

    if isinstance(t.trigger, Schedule):
        trigger: dict[str, Any] = {
            "type": "schedule",
            "every": t.trigger.every,
            "at": t.trigger.at,
            "zone": t.trigger.zone,
            "weekday": t.trigger.weekday,
            "day": t.trigger.day,
        }
    elif isinstance(t.trigger, Threshold):
        trigger = {"type": "threshold", "balance": coins(t.trigger.units)}
    else:
        trigger = {"type": "price", "when": t.trigger.when, "price": to_text(t.trigger.price, PRICE_DECIMALS)}
    amount: dict[str, Any] = {"type": t.amount.kind}
    if t.amount.kind == "fixed":
        amount["amount"] = coins(t.amount.units)
    if t.amount.kind == "percent":
        amount["percent"] = percent_text(t.amount.share)
    key = None if t.xpub is None else account(t)
    kind = "xpub" if key is not None else "fixed" if len(t.places) == 1 else "rotating"
    return {
        "trigger": trigger,
        "amount": amount,
        "keep_back": coins(t.keep_units),
        "least": coins(t.least_units),
        "most": coins(t.most_units),
        "fee_ceiling": {
            "amount": coins(t.ceiling.units),
            "percent": None if t.ceiling.share is None else percent_text(t.ceiling.share),
        },
        "destination": {
            "type": kind,
            "address_ids": [p.id for p in t.places],
            "xpub": t.xpub,
            "addresses": [p.address for p in t.places]
            if key is None
            else [key.address(index) for index in range(SHOWN)],
        },
    }


def run(r: Run) -> dict[str, Any]:
    """One line of the record; `detail` is for analysts and stays out."""
    return {
        "number": r.number,
        "due_at": rfc3339(r.due_at),
        "at": rfc3339(r.at),
        "outcome": "made" if r.reason is None else "skipped",
        "reason": None if r.reason is None else {"code": r.reason, **templates.STANDING[r.reason].both()},
        "withdrawal": r.withdrawal_id,
        "address": r.address,
        "address_index": r.address_index,
    }


def _at(time: datetime | None) -> str | None:
    return None if time is None else rfc3339(time)
