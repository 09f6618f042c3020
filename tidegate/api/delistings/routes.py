"""Calls about assets that the desk lets go."""

from __future__ import annotations

from typing import Any

from tidegate.api import money
from tidegate.api.delistings import say, shapes
from tidegate.api.door import Call, Route
from tidegate.p2p.delisting import flow as delisting


def list_delistings(call: Call) -> Any:
    """Assets in which the desk takes no new bonds and ads."""
    assets = call.setting().assets
    return {"delistings": [say.delisting(d, assets[d.asset_id]) for d in delisting.orders(call.conn)]}


def delist_asset(call: Call, body: shapes.NewDelisting) -> Any:
    """Let an asset go: nothing new in it from now on, and a case for each bond that is left."""
    setting = call.setting()
    asset = money.asset(setting, body.asset, body.network)
    order = delisting.delist(call.conn, asset, body.last_day, body.reason, setting.policy, call.actor, call.now)
    return say.delisting(order, asset)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/delistings", "merchants:read", list_delistings, shapes.Delistings),
    Route("POST", "/v1/delistings", "merchants:decide", delist_asset, shapes.Delisting, 201, True, "json", (409,)),
)
