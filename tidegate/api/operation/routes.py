"""Calls about status, assets and metrics: what everybody may know."""

from __future__ import annotations

from typing import Any

from tidegate.api.door import PUBLIC, Asking, Call, Route, Said
from tidegate.api.operation import say, shapes
from tidegate.base.canonical import readable


async def get_status(asking: Asking) -> Said:
    """What everybody may know: what is paused and why, what is slow, and how long withdrawals took."""
    status = await asking.gate.noticeboard.status(asking.gate.clock())
    return Said(200, readable(say.status(status)))


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
