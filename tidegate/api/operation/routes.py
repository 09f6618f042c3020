"""Calls about status, assets and metrics: what everybody may know."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tidegate.api import store
from tidegate.api.door import PUBLIC, Call, Route, Said
from tidegate.api.kill_switches.say import switch
from tidegate.api.operation import say, shapes
from tidegate.base.times import rfc3339
from tidegate.notifications import templates
from tidegate.policy import flow as policies


def get_status(call: Call) -> Any:
    """What everybody may know: what is paused and why, and how long withdrawals took in the last 24 hours."""
    switches = policies.switches(call.conn)
    trip = policies.open_trip(call.conn)
    assets = call.setting().assets
    return {
        "at": rfc3339(call.now),
        "withdrawals": "paused" if trip is not None or any(s.scope == "platform" for s in switches) else "open",
        "switches": [{k: v for k, v in switch(s).items() if k != "id"} for s in switches],
        "egress": None
        if trip is None
        else {"since": rfc3339(trip.since), "reason": templates.WAITING["egress"].both()},
        "assets": [
            {
                "asset": assets[s.asset_id].symbol,
                "network": assets[s.asset_id].network,
                "settled": s.settled,
                "median_seconds": s.median_seconds,
                "p95_seconds": s.p95_seconds,
            }
            for s in store.speeds(call.conn, call.now - timedelta(hours=24))
        ],
    }


def list_assets(call: Call) -> Any:
    """The assets that are handled here."""
    return {"assets": say.assets_by_id(call.setting().assets)}


def get_metrics(call: Call) -> Any:
    """For Prometheus."""
    return Said(200, call.gate.metrics.text(call.conn, call.gate.batching.depth, call.now), "text/plain; version=0.0.4")


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/assets", PUBLIC, list_assets, shapes.Assets),
    Route("GET", "/v1/status", PUBLIC, get_status, shapes.PublicStatus),
    Route("GET", "/metrics", PUBLIC, get_metrics, None),
)
