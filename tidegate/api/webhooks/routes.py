"""Calls about webhooks: who is told what happens, and what became of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from tidegate.api.door import Call, Route, Secret
from tidegate.api.params import UNFIT, UNKNOWN, Limit
from tidegate.api.say import page
from tidegate.api.webhooks import say, shapes
from tidegate.notifications.webhooks import flow as webhooks
from tidegate.notifications.webhooks.flow import Terms

Sequence = Annotated[int | None, Query(ge=1, le=2**53 - 1, description="`next` of the page before.")]


def register_webhook(call: Call, body: shapes.NewWebhook) -> Any:
    """Tell a server what happens from now on. The secret that signs is shown in this answer and nowhere else."""
    made = webhooks.register(call.conn, _terms(call, body), call.gate.data_key, call.actor, call.now)
    return Secret({**say.webhook(made.endpoint, call.now), "secret": made.secret}, made.endpoint.id)


def list_webhooks(call: Call) -> Any:
    """Every endpoint, newest first, without secrets."""
    return {"webhooks": [say.webhook(e, call.now) for e in webhooks.endpoints(call.conn)]}


def get_webhook(call: Call, id: str) -> Any:
    """One endpoint, and how it does."""
    return say.webhook(webhooks.get(call.conn, id), call.now)


def edit_webhook(call: Call, id: str, body: shapes.NewWebhook) -> Any:
    """Another address, label or choice of events, for what is queued as well."""
    return say.webhook(webhooks.edit(call.conn, id, _terms(call, body), call.actor, call.now), call.now)


def rotate_webhook(call: Call, id: str, body: shapes.NewWebhookSecret) -> Any:
    """Make a new secret. For `overlap_hours` the one before signs beside it."""
    made = webhooks.rotate(call.conn, id, body.overlap_hours, call.gate.data_key, call.actor, call.now)
    return Secret({**say.webhook(made.endpoint, call.now), "secret": made.secret}, made.endpoint.id)


def enable_webhook(call: Call, id: str) -> Any:
    """Switch an endpoint on again that failed for too long: what was queued meanwhile goes out."""
    return say.webhook(webhooks.enable(call.conn, id, call.actor, call.now), call.now)


def remove_webhook(call: Call, id: str) -> Any:
    """Tell it nothing more."""
    webhooks.remove(call.conn, id, call.actor, call.now)
    return {"webhooks": [say.webhook(e, call.now) for e in webhooks.endpoints(call.conn)]}


def test_webhook(call: Call, id: str) -> Any:
    """Send a delivery that says nothing, to see whether it arrives."""
    return say.delivery(webhooks.test(call.conn, id, call.actor, call.now))


def list_deliveries(
    call: Call,
    id: str,
    status: Annotated[shapes.DeliveryStatus | None, Query()] = None,
    before: Sequence = None,
    limit: Limit = 50,
) -> Any:
    """What an endpoint was sent in the last 30 days, newest first, and what became of it."""
    found = webhooks.deliveries(call.conn, id, status, before, limit)
    return page("deliveries", [say.delivery(d) for d in found], limit, "sequence")


def redeliver(call: Call, id: str, sequence: int) -> Any:
    """Send one delivery again, the same bytes under the same id."""
    return say.delivery(webhooks.again(call.conn, id, sequence, call.actor, call.now))


def redeliver_dead(call: Call, id: str, body: shapes.DeadSince) -> Any:
    """Send again everything that is dead and was queued since."""
    return {"queued": webhooks.dead_again(call.conn, id, body.since, call.actor, call.now)}


def _terms(call: Call, body: shapes.NewWebhook) -> Terms:
    return Terms(body.url, body.label, body.types, call.gate.webhook_networks)


_H = "/v1/webhooks"
_READ, _WRITE = "webhooks:read", "webhooks:write"

ROUTES: tuple[Route, ...] = (
    Route("POST", _H, _WRITE, register_webhook, shapes.WebhookWithSecret, 201, True, "json", (409,)),
    Route("GET", _H, _READ, list_webhooks, shapes.Webhooks),
    Route("GET", _H + "/{id}", _READ, get_webhook, shapes.Webhook, refuses=UNKNOWN),
    Route("PUT", _H + "/{id}", _WRITE, edit_webhook, shapes.Webhook, takes="json", refuses=UNKNOWN),
    Route("DELETE", _H + "/{id}", _WRITE, remove_webhook, shapes.Webhooks, refuses=UNKNOWN),
    Route("POST", _H + "/{id}/rotate", _WRITE, rotate_webhook, shapes.WebhookWithSecret, 201, True, "json", UNKNOWN),
    Route("POST", _H + "/{id}/enable", _WRITE, enable_webhook, shapes.Webhook, 200, True, refuses=UNKNOWN),
    Route("POST", _H + "/{id}/test", _WRITE, test_webhook, shapes.Delivery, 201, True, refuses=UNFIT),
    Route("GET", _H + "/{id}/deliveries", _READ, list_deliveries, shapes.Deliveries, refuses=UNKNOWN),
    Route(
        "POST",
        _H + "/{id}/deliveries/{sequence}/redeliver",
        _WRITE,
        redeliver,
        shapes.Delivery,
        200,
        True,
        refuses=UNFIT,
    ),
    Route("POST", _H + "/{id}/redeliver", _WRITE, redeliver_dead, shapes.QueuedAgain, 200, True, "json", UNKNOWN),
)
