"""Calls about kill switches."""

from __future__ import annotations

from typing import Any

from tidegate.api.door import Call, Route
from tidegate.api.kill_switches import say, shapes
from tidegate.api.params import UNFIT
from tidegate.policy import flow as policies


def list_switches(call: Call) -> Any:
    """The kill switches that are on."""
    return {"kill_switches": [say.switch(s) for s in policies.switches(call.conn)]}


def switch_on(call: Call, body: shapes.NewSwitch) -> Any:
    """Stop payments of an asset, a network or everything, at once."""
    return say.switch(policies.switch_on(call.conn, body.scope, body.subject, body.reason, call.actor, call.now))


def switch_off(call: Call, id: str) -> Any:
    """Let payments go on."""
    policies.switch_off(call.conn, id, call.actor, call.now)
    return {"kill_switches": [say.switch(s) for s in policies.switches(call.conn)]}


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/kill-switches", "policy:read", list_switches, shapes.KillSwitches),
    Route("POST", "/v1/kill-switches", "switches:write", switch_on, shapes.KillSwitch, 201, True, "json", (409,)),
    Route(
        "POST",
        "/v1/kill-switches/{id}/off",
        "switches:write",
        switch_off,
        shapes.KillSwitches,
        200,
        True,
        refuses=UNFIT,
    ),
)
