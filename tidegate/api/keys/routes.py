"""Calls about keys of machines."""

from __future__ import annotations

from typing import Any

from tidegate.api.door import Call, Route, Secret
from tidegate.api.keys import say, shapes
from tidegate.api.params import UNFIT, UNKNOWN
from tidegate.parties import flow as parties


def list_keys(call: Call) -> Any:
    """Every key, without secrets."""
    return {"keys": [say.key(k) for k in parties.keys(call.conn)]}


def create_key(call: Call, body: shapes.NewKey) -> Any:
    """Give somebody a key. It is shown in this answer and nowhere else."""
    made = parties.create_key(
        call.conn,
        body.role,
        body.label,
        call.actor,
        call.now,
        body.customer,
        body.scopes,
        body.addresses,
        body.expires_at,
    )
    kept = next(k for k in parties.keys(call.conn) if k.id == made.id)
    return Secret({**say.key(kept), "key": made.secret}, made.id)


def revoke_key(call: Call, id: str) -> Any:
    """Take a key away for good."""
    parties.revoke_key(call.conn, id, call.actor, call.now)
    return say.key(next(k for k in parties.keys(call.conn) if k.id == id))


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/keys", "keys:read", list_keys, shapes.Keys),
    Route("POST", "/v1/keys", "keys:write", create_key, shapes.KeyWithSecret, 201, True, "json", UNKNOWN),
    Route("POST", "/v1/keys/{id}/revoke", "keys:write", revoke_key, shapes.Key, 200, True, refuses=UNFIT),
)
