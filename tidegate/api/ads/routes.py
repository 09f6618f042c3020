"""Calls about ads. The book is everybody's to see; only its own merchant changes an ad."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query

from tidegate.api import money
from tidegate.api.ads import say, shapes
from tidegate.api.door import Call, Route
from tidegate.api.params import UNFIT, UNKNOWN, Before, Limit, Text
from tidegate.base.money import Asset
from tidegate.base.refusals import Malformed, NotFound
from tidegate.p2p.ads import flow as ads
from tidegate.p2p.ads.ad import Side, Terms
from tidegate.p2p.ads.conditions import Conditions
from tidegate.p2p.ads.flow import Desk, Offer
from tidegate.p2p.lots import flow as lots
from tidegate.p2p.merchants import flow as merchants
from tidegate.p2p.orders import flow as orders

Sides = Annotated[shapes.Side | None, Query()]
Asked = Annotated[str | None, Query(max_length=200)]


def desk_of(call: Call) -> Desk:
    """The policy in force and the assets, read now."""
    setting = call.setting()
    return Desk(setting.policy, setting.assets)


def list_ads(
    call: Call,
    asset: Text = None,
    network: Text = None,
    side: Sides = None,
    fiat: Text = None,
    method: Annotated[shapes.Method | None, Query()] = None,
    amount: Asked = None,
    merchant: Text = None,
    before: Before = None,
    limit: Limit = 50,
) -> Any:
    """The book of an asset and a side: what can be taken now, best price first, then time. With `merchant` instead,
    their ads in every status, newest first."""
    desk = desk_of(call)
    if merchant is not None:
        found = ads.page(call.conn, desk, call.now, merchant, before, limit)
        return {"ads": _said(call, found, desk), "next": found[-1].ad.id if len(found) == limit else None}
    if asset is None or side is None:
        raise Malformed("book_unclear", "Name an asset and a side, or a merchant.", field="asset")
    traded = _asset(desk, asset, network)
    units = None if amount is None else money.units(amount, traded)
    offers = ads.book(call.conn, traded, Side(side), fiat, desk, call.now, method, units, limit)
    return {"ads": _said(call, offers, desk), "next": None}


def publish_ad(call: Call, body: shapes.NewAd) -> Any:
    """Put an ad into the book. A merchant has one active ad to buy and one to sell of an asset."""
    _own(call, body.merchant)
    desk = desk_of(call)
    traded = money.asset(call.setting(), body.asset, body.network)
    made = ads.publish(call.conn, body.merchant, body.side, traded, body.fiat, _terms(body), call.actor, desk, call.now)
    return _said(call, [made], desk)[0]


def get_ad(call: Call, id: str) -> Any:
    """One ad."""
    desk = desk_of(call)
    return _said(call, [ads.get(call.conn, id, desk, call.now)], desk)[0]


def quote_ad(call: Call, id: str, taker: Text = None, amount: Asked = None, method: Text = None) -> Any:
    """What a taker would pay, and how long the coins would stay. Binds nobody."""
    who = call.whose(taker)
    if who is None or amount is None or method is None:
        raise Malformed("quote_unclear", "Name a taker, an amount and a method.", field="taker")
    return say.quote(orders.quote(call.conn, id, who, amount, method, desk_of(call), call.now))


def edit_ad(call: Call, id: str, body: shapes.AdTerms) -> Any:
    """Change what an ad says; another price takes a new time. Orders keep what it said before."""
    desk = _own_ad(call, id)
    return _said(call, [ads.edit(call.conn, id, _terms(body), call.actor, desk, call.now)], desk)[0]


def pause_ad(call: Call, id: str) -> Any:
    """Take an ad out of the book for a while; open orders go on."""
    desk = _own_ad(call, id)
    return _said(call, [ads.pause(call.conn, id, call.actor, desk, call.now)], desk)[0]


def resume_ad(call: Call, id: str) -> Any:
    """Put a paused ad back, with a new time."""
    desk = _own_ad(call, id)
    return _said(call, [ads.resume(call.conn, id, call.actor, desk, call.now)], desk)[0]


def close_ad(call: Call, id: str) -> Any:
    """Take an ad out of the book for good; open orders go on."""
    desk = _own_ad(call, id)
    return _said(call, [ads.close(call.conn, id, call.actor, desk, call.now)], desk)[0]


def _said(call: Call, offers: Sequence[Offer], desk: Desk) -> list[Any]:
    tiers = lots.tiers(call.conn, {offer.ad.party_id for offer in offers})
    retention = desk.policy.p2p.retention
    return [say.ad(offer, desk.assets, tiers[offer.ad.party_id], retention) for offer in offers]


def _terms(body: shapes.AdTerms) -> Terms:
    c = body.conditions
    asked = Conditions(c.level, c.account_days, c.orders, c.completion_percent, tuple(c.countries))
    return Terms(
        body.price,
        body.percent,
        body.amount,
        body.min_amount,
        body.max_amount,
        tuple(body.methods),
        body.payment_minutes,
        asked,
        body.terms,
    )


def _asset(desk: Desk, symbol: str, network: str | None) -> Asset:
    """An asset by its ticker, where one network alone has it."""
    found = [a for a in desk.assets.values() if a.symbol == symbol and network in (None, a.network)]
    if len(found) > 1:
        known = ", ".join(sorted(asset.network for asset in found))
        raise Malformed("network_missing", f"{symbol} is on {known}; name one.", field="network")
    if not found:
        raise Malformed("asset_unknown", f"{symbol[:40]}@{network or '*'} is not an asset here.", field="asset")
    return found[0]


def _own(call: Call, merchant_id: str) -> None:
    """The merchant is there, and the caller's. Raises NotFound."""
    found = merchants.get(call.conn, merchant_id)
    if call.party_id not in (None, found.party_id):
        raise NotFound("merchant_unknown", f"There is no merchant {merchant_id}.", field="merchant")


def _own_ad(call: Call, id: str) -> Desk:
    desk = desk_of(call)
    if call.party_id not in (None, ads.get(call.conn, id, desk, call.now).ad.party_id):
        raise NotFound("ad_unknown", f"There is no ad {id}.")
    return desk


_A = "/v1/ads"

ROUTES: tuple[Route, ...] = (
    Route("GET", _A, "ads:read", list_ads, shapes.Book),
    Route("POST", _A, "ads:write", publish_ad, shapes.Ad, 201, True, "json", UNFIT),
    Route("GET", _A + "/{id}", "ads:read", get_ad, shapes.Ad, refuses=UNKNOWN),
    Route("GET", _A + "/{id}/quote", "ads:read", quote_ad, shapes.AdQuote, refuses=UNKNOWN),
    Route("PUT", _A + "/{id}", "ads:write", edit_ad, shapes.Ad, takes="json", refuses=UNFIT),
    Route("POST", _A + "/{id}/pause", "ads:write", pause_ad, shapes.Ad, 200, True, refuses=UNFIT),
    Route("POST", _A + "/{id}/resume", "ads:write", resume_ad, shapes.Ad, 200, True, refuses=UNFIT),
    Route("POST", _A + "/{id}/close", "ads:write", close_ad, shapes.Ad, 200, True, refuses=UNFIT),
)
