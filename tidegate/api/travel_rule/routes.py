"""Calls of counterparties and about what they write: the travel rule, both ways."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import Query

from tidegate.api.door import SIGNED, Call, Route
from tidegate.api.params import UNFIT, UNKNOWN, Before, Limit
from tidegate.api.say import page
from tidegate.api.travel_rule import say, shapes
from tidegate.base.outside import Reply
from tidegate.screening.inbox import flow as inbox
from tidegate.withdrawals import flow as withdrawals


def take_message(call: Call, body: shapes.TravelRuleMessage) -> Any:
    """Tell us of coins on their way to our customer. While the answer is `pending`, send the same message again."""
    setting, said = call.setting(), body.model_dump()
    numbers = setting.policy.screening_numbers
    vasp_id = call.identity.key_id
    kept = inbox.receive(call.conn, vasp_id, _text(said), said, setting.by_name, numbers, call.now)
    return {"id": kept.message_id, "status": kept.status, "reason": kept.reason}


def take_answer(call: Call, body: shapes.TravelRuleAnswer) -> Any:
    """Say what you say to a message of ours, without waiting for us to ask again. The first answer counts."""
    reply = Reply(body.status, "".join(letter if letter.isprintable() else " " for letter in body.reason))
    status = withdrawals.travel_told(call.conn, call.identity.key_id, body.id, reply, call.setting(), call.now)
    return {"id": body.id, "status": status, "reason": ""}


def list_messages(
    call: Call,
    status: Annotated[shapes.MessageStatus | None, Query()] = None,
    before: Before = None,
    limit: Limit = 50,
) -> Any:
    """What counterparties wrote about coins for our customers, newest first."""
    assets = call.setting().assets
    found = inbox.page(call.conn, status, before, limit)
    return page("messages", [say.message(m, assets[m.asset_id]) for m in found], limit)


def get_message(call: Call, id: str) -> Any:
    """One message with its IVMS101 payload."""
    found = inbox.get(call.conn, id)
    return say.whole(found, call.setting().assets[found.asset_id])


def ask_counterparty(call: Call, id: str, body: shapes.TravelRuleQuestion) -> Any:
    """Ask the counterparty for more. It reads the question with its next try; the case stays open."""
    found = inbox.ask(call.conn, id, body.question, call.actor, call.now)
    return say.message(found, call.setting().assets[found.asset_id])


def _text(said: dict[str, Any]) -> str:
    """A message as it is kept: what it says, however it was spaced and ordered."""
    return json.dumps(said, sort_keys=True, separators=(",", ":"))


_T = "/v1/travel-rule"
_REVIEW = "travel_rule:review"

ROUTES: tuple[Route, ...] = (
    Route("POST", _T + "/messages", SIGNED, take_message, shapes.TravelRuleReply, takes="json", refuses=(409,)),
    Route("POST", _T + "/answers", SIGNED, take_answer, shapes.TravelRuleReply, takes="json", refuses=UNKNOWN),
    Route("GET", _T + "/messages", _REVIEW, list_messages, shapes.ReceivedMessages),
    Route("GET", _T + "/messages/{id}", _REVIEW, get_message, shapes.ReceivedMessageWhole, refuses=UNKNOWN),
    Route(
        "POST", _T + "/messages/{id}/ask", _REVIEW, ask_counterparty, shapes.ReceivedMessage, 200, True, "json", UNFIT
    ),
)
