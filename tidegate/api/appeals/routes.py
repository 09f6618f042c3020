"""Calls about appeals against ratings."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query

from tidegate.api.appeals import say, shapes
from tidegate.api.door import Call, Route
from tidegate.api.params import UNFIT, UNKNOWN, Before, Limit
from tidegate.api.say import page
from tidegate.base.refusals import Malformed
from tidegate.rating.appeals import flow as appeals

Stands = Annotated[Literal["open", "upheld", "rejected"] | None, Query(alias="status")]


def appeal_rating(call: Call, body: shapes.NewRatingAppeal) -> Any:
    """Say that a rating is wrong, within its days. Other people look at it than those who decided."""
    party = call.party_id if call.party_id is not None else body.customer
    if party is None:
        raise Malformed("customer_missing", "Say who appeals", field="customer")
    made = appeals.appeal(call.conn, body.line, call.customer(party), body.text, call.actor, call.now)
    return say.appeal(made)


def list_appeals(call: Call, status: Stands = None, before: Before = None, limit: Limit = 50) -> Any:
    """Appeals, newest first; `status=open` for those that wait for a person."""
    return page("appeals", [say.appeal(a) for a in appeals.page(call.conn, status, before, limit)], limit)


def get_appeal(call: Call, id: str) -> Any:
    """One appeal."""
    return say.appeal(appeals.get(call.conn, id))


def answer_appeal(call: Call, id: str, body: shapes.RatingAppealAnswer) -> Any:
    """Uphold or reject. To leave EXTREME takes a second person who says the same."""
    return say.appeal(appeals.answer(call.conn, id, body.answer, body.tier, body.reason, call.actor, call.now))


ROUTES: tuple[Route, ...] = (
    Route("POST", "/v1/appeals", "appeals:write", appeal_rating, shapes.RatingAppeal, 201, True, "json", UNFIT),
    Route("GET", "/v1/appeals", "rating:read", list_appeals, shapes.RatingAppeals),
    Route("GET", "/v1/appeals/{id}", "rating:read", get_appeal, shapes.RatingAppeal, refuses=UNKNOWN),
    Route(
        "POST", "/v1/appeals/{id}/answer", "rating:decide", answer_appeal, shapes.RatingAppeal, 200, True, "json", UNFIT
    ),
)
