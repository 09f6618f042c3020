"""Calls about deposits and the addresses at which they arrive."""

from __future__ import annotations

from typing import Any

from tidegate.api.deposits import say, shapes
from tidegate.api.door import Call, Route
from tidegate.api.params import UNKNOWN, Before, Limit, Text
from tidegate.api.say import page
from tidegate.base.refusals import Malformed
from tidegate.custody import flow as custody


def make_deposit_address(call: Call, id: str, body: shapes.AssetName) -> Any:
    """The address at which the customer's deposits arrive; always the same one per network."""
    asset = call.setting().by_name.get((body.asset, body.network))
    if asset is None:
        raise Malformed("asset_unknown", f"{body.asset}@{body.network} is not an asset here.", field="asset")
    address = custody.deposit_address(call.conn, call.customer(id), asset.network, call.actor, call.now)
    return {"customer": id, "asset": asset.symbol, "network": asset.network, "address": address, "memo": None}


def list_deposits(call: Call, customer: Text = None, before: Before = None, limit: Limit = 50) -> Any:
    """Deposits, newest first: seen on chain, credited when final."""
    whose = call.whose(customer)
    assets = call.setting().assets
    found = custody.deposits(call.conn, whose, before, limit)
    return page("deposits", [say.deposit(d, assets[d.asset_id]) for d in found], limit)


_C = "/v1/customers"

ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        _C + "/{id}/deposit-addresses",
        "deposits:write",
        make_deposit_address,
        shapes.DepositAddress,
        201,
        True,
        "json",
        UNKNOWN,
    ),
    Route("GET", "/v1/deposits", "deposits:read", list_deposits, shapes.Deposits, refuses=UNKNOWN),
)
