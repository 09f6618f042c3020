"""Calls about prices told and regimes shown."""

from __future__ import annotations

from typing import Any

from tidegate.api.door import Call, Route
from tidegate.api.market import say, shapes
from tidegate.api.params import UNKNOWN
from tidegate.base.times import rfc3339
from tidegate.policy.market import flow as market
from tidegate.policy.market.quotes import Quote
from tidegate.withdrawals import flow as withdrawals


def tell_prices(call: Call, body: shapes.NewPrices) -> Any:
    """Tell prices of one source. Each is believed or refused on its own, and only tightens or eases the regime."""
    quotes = [Quote(**{name: getattr(q, name) for name in type(q).model_fields}) for q in body.prices]
    fed = market.feed(call.conn, body.source, quotes, call.actor, call.now)
    return {
        "accepted": fed.accepted,
        "duplicates": fed.duplicates,
        "refused": [{"place": r.place, "code": r.code, "message": r.message} for r in fed.refused],
        "changes": fed.changes,
    }


def list_regimes(call: Call) -> Any:
    """How restless the market of each asset is, and what that leaves of a limit."""
    return _regimes(call, call.setting())


def restart_source(call: Call, body: shapes.NewRestart) -> Any:
    """Say what a source's price really is, however far from its last one, or that the source is gone for good."""
    market.restart(call.conn, body.asset, body.network, body.source, body.price, body.reason, call.actor, call.now)
    return _regimes(call, call.setting())


def _regimes(call: Call, setting: withdrawals.Setting) -> Any:
    found = market.regimes(call.conn, setting.assets.keys(), call.now, setting.policy)
    return {"at": rfc3339(call.now), "regimes": [say.regime(setting.assets[id], found[id]) for id in sorted(found)]}


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/market/regimes", "market:read", list_regimes, shapes.MarketRegimes),
    Route("POST", "/v1/market/prices", "market:write", tell_prices, shapes.PricesTaken, 200, True, "json"),
    Route(
        "POST",
        "/v1/market/sources/restart",
        "market:confirm",
        restart_source,
        shapes.MarketRegimes,
        200,
        True,
        "json",
        UNKNOWN,
    ),
)
