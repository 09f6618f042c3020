"""Calls about which staff are told what."""

from __future__ import annotations

from typing import Any

from tidegate.api.door import Call, Route
from tidegate.api.params import UNKNOWN
from tidegate.api.subscriptions import say, shapes
from tidegate.notifications import flow as notifications


def list_subscriptions(call: Call) -> Any:
    """Who is told about what, the oldest subscription first."""
    return {"subscriptions": [say.subscription(s) for s in notifications.subscriptions(call.conn)]}


def subscribe(call: Call, body: shapes.NewSubscription) -> Any:
    """Have an address told about a topic: one mail per piece of news, from now on."""
    made = notifications.subscribe(call.conn, body.topic, body.email, body.language, call.actor, call.now)
    return say.subscription(made)


def unsubscribe(call: Call, id: str) -> Any:
    """Tell it no more, and forget the address."""
    notifications.unsubscribe(call.conn, id, call.actor, call.now)
    return {"subscriptions": [say.subscription(s) for s in notifications.subscriptions(call.conn)]}


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/subscriptions", "notices:read", list_subscriptions, shapes.Subscriptions),
    Route("POST", "/v1/subscriptions", "notices:write", subscribe, shapes.Subscription, 201, True, "json", (409,)),
    Route("DELETE", "/v1/subscriptions/{id}", "notices:write", unsubscribe, shapes.Subscriptions, refuses=UNKNOWN),
)
