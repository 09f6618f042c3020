"""Publishing, editing, pausing and closing ads; the book as a taker sees it. One transaction per step.

Lock order: the merchant's party, the ad.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tidegate.base.canonical import canonical
from tidegate.base.ids import new_id
from tidegate.base.money import Asset
from tidegate.base.refusals import Conflict, Forbidden, NotFound
from tidegate.db import Conn, Tx, act
from tidegate.ledger import store as ledger_store
from tidegate.p2p import price
from tidegate.p2p.ads import ad as rules
from tidegate.p2p.ads import conditions as takers
from tidegate.p2p.ads import store
from tidegate.p2p.ads.ad import Ad, AdStatus, Side, Terms
from tidegate.p2p.ads.conditions import Conditions
from tidegate.p2p.delisting import flow as delisting
from tidegate.p2p.merchants import flow as merchants
from tidegate.p2p.merchants.merchant import Merchant, check_certified
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.policy.market import flow as market
from tidegate.policy.pack import Policy

MOST_OFFERS = 100
"""So deep anybody may look into the book at once."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a step of the desk goes by: the policy in force and the assets there are."""

    policy: Policy
    assets: Mapping[int, Asset]


@dataclass(frozen=True, slots=True)
class Reference:
    """What the market says of an asset in one currency; None = nobody has a fresh price."""

    usd: int | None  # 10^-12 USD per coin
    fiat: int | None  # 10^-8 of the currency per coin


@dataclass(frozen=True, slots=True)
class Offer:
    """An ad with the price it has now and what it asks."""

    ad: Ad
    price: int | None  # None = it floats, and nobody knows the market
    conditions: Conditions

    @property
    def unrestricted(self) -> bool:
        """S2 5.3c: a sell ad that anybody may take is flagged."""
        return self.ad.side is Side.SELL and not self.conditions.any


def desk(conn: Conn, now: datetime) -> Desk:
    """What holds now."""
    return Desk(policies.active(conn, now), {asset.id: asset for asset in ledger_store.assets(conn)})


def publish(
    conn: Conn,
    merchant_id: str,
    side: str,
    asset: Asset,
    fiat: str,
    terms: Terms,
    actor: str,
    desk: Desk,
    now: datetime,
) -> Offer:
    """Put an ad into the book.

    Raises Malformed naming the field; NotFound `merchant_unknown`; Conflict `merchant_not_certified`,
    `ad_active_already`, `asset_delisting`; Forbidden `trading_blocked`.
    """
    takers.check(terms.conditions)
    with act(conn, actor, now) as tx:
        parties.lock(conn, [merchants.get(conn, merchant_id).party_id])
        merchant = _may_trade(tx, merchant_id)
        delisting.check_listed(conn, asset)
        whose = (merchant.id, merchant.party_id)
        made = rules.drafted(new_id("ad"), whose, side, asset, fiat, terms, desk.policy.p2p, now)
        _check_alone(conn, made)
        made = replace(made, conditions_version=1)
        store.insert(conn, made)
        _conditions(tx, made, terms.conditions)
        tx.note("ad.published", made.id, _said(made))
        return _offer(conn, made, desk, now)


def edit(conn: Conn, id: str, terms: Terms, actor: str, desk: Desk, now: datetime) -> Offer:
    """Change what an ad says; orders keep what it said before. Raises as `publish`, Conflict `ad_closed`."""
    takers.check(terms.conditions)
    with act(conn, actor, now) as tx:
        ad = locked(tx, id)
        if ad.status is AdStatus.CLOSED:
            raise Conflict("ad_closed", f"{id} is closed for good; publish another one.")
        changed = rules.edited(ad, desk.assets[ad.asset_id], terms, desk.policy.p2p, now)
        if conditions_of(conn, [id])[id] != terms.conditions:
            changed = replace(changed, conditions_version=ad.conditions_version + 1)
            _conditions(tx, changed, terms.conditions)
        store.keep(conn, changed)
        tx.note("ad.edited", id, _said(changed))
        return _offer(conn, changed, desk, now)


def pause(conn: Conn, id: str, actor: str, desk: Desk, now: datetime) -> Offer:
    """Take an ad out of the book for a while; its open orders go on. Raises Conflict `ad_not_active`, `ad_closed`."""
    with act(conn, actor, now) as tx:
        return _offer(conn, _move(tx, locked(tx, id), AdStatus.PAUSED, "merchant"), desk, now)


def resume(conn: Conn, id: str, actor: str, desk: Desk, now: datetime) -> Offer:
    """Put a paused ad back. It takes a new time: whoever was away stands behind those who stayed.

    Raises Conflict `ad_not_paused`, `ad_closed`, `ad_active_already`, `merchant_not_certified`; Forbidden.
    """
    with act(conn, actor, now) as tx:
        ad = locked(tx, id)
        moved = replace(rules.moved(ad, AdStatus.ACTIVE, None, now), priced_at=now)
        _may_trade(tx, ad.merchant_id)
        delisting.check_listed(conn, desk.assets[ad.asset_id])
        _check_alone(conn, moved)
        store.keep(conn, moved)
        tx.note("ad.resumed", id, _said(moved))
        return _offer(conn, moved, desk, now)


def close(conn: Conn, id: str, actor: str, desk: Desk, now: datetime) -> Offer:
    """Take an ad out of the book for good; its open orders go on. Raises Conflict `ad_closed`."""
    with act(conn, actor, now) as tx:
        return _offer(conn, _move(tx, locked(tx, id), AdStatus.CLOSED, "merchant"), desk, now)


def close_of_merchant(tx: Tx, merchant_id: str, why: str) -> list[str]:
    """A merchant leaves or is dismissed: their ads close, their open orders go on. The ads that were closed."""
    return _close_all(tx, [ad.id for ad in store.not_closed(tx.conn, merchant_id, None)], why)


def close_of_asset(tx: Tx, asset_id: int, why: str) -> list[str]:
    """An asset is delisted: every ad in it closes, open orders go on. The ads that were closed."""
    found = store.not_closed(tx.conn, None, asset_id)
    parties.lock(tx.conn, {ad.party_id for ad in found})
    return _close_all(tx, [ad.id for ad in found], why)


def _close_all(tx: Tx, ids: Sequence[str], why: str) -> list[str]:
    closed = [ad for ad in store.lock(tx.conn, ids) if ad.status is not AdStatus.CLOSED]
    for ad in closed:
        _move(tx, ad, AdStatus.CLOSED, why)
    return [ad.id for ad in closed]


# --- read --------------------------------------------------------------------------------------------------------


def book(
    conn: Conn,
    asset: Asset,
    side: Side,
    fiat: str | None,
    desk: Desk,
    now: datetime,
    method: str | None = None,
    units: int | None = None,
    limit: int = 50,
) -> list[Offer]:
    """What can be taken now, best price first, then time. An ad that floats is left out while nobody knows the market.

    `fiat` None = in every currency, compared at the policy's rates. Raises Malformed `fiat_unknown`.
    """
    currencies = desk.policy.p2p.currencies
    wanted = sorted(currencies) if fiat is None else [fiat]
    known = {name: reference(conn, asset, name, desk, now).fiat for name in wanted}
    limit = min(limit, MOST_OFFERS)
    found = [
        ad
        for name in wanted
        for ad in store.best(conn, asset.id, side, name, method, units, rules.BLOCKING, known[name], now, limit)
    ]
    best = rules.rank(side, found, lambda ad: ad.exact_at(known[ad.fiat] or 0) * currencies[ad.fiat])[:limit]
    return [Offer(ad, ad.price_at(known[ad.fiat]), takers.of_body(json.loads(ad.asks))) for ad in best]


def page(
    conn: Conn, desk: Desk, now: datetime, merchant_id: str | None = None, before: str | None = None, limit: int = 50
) -> list[Offer]:
    """Ads in every status, of one merchant or of all, newest first."""
    found = store.page(conn, merchant_id, before, limit)
    asked = conditions_of(conn, [ad.id for ad in found])
    known = {
        (asset_id, fiat): reference(conn, desk.assets[asset_id], fiat, desk, now).fiat
        for asset_id, fiat in {(ad.asset_id, ad.fiat) for ad in found}
    }
    return [Offer(ad, ad.price_at(known[ad.asset_id, ad.fiat]), asked[ad.id]) for ad in found]


def get(conn: Conn, id: str, desk: Desk, now: datetime) -> Offer:
    """One ad. Raises NotFound `ad_unknown`."""
    return _offer(conn, written(conn, id), desk, now)


def written(conn: Conn, id: str) -> Ad:
    """One ad as it stands, without asking what it costs now. Raises NotFound `ad_unknown`."""
    found = store.get(conn, id)
    if found is None:
        raise NotFound("ad_unknown", f"There is no ad {id}.")
    return found


def reference(conn: Conn, asset: Asset, fiat: str, desk: Desk, now: datetime) -> Reference:
    """The market's price of an asset: the middle one of its sources' fresh prices. Raises Malformed `fiat_unknown`."""
    currencies = desk.policy.p2p.currencies
    price.check_fiat(fiat, currencies)
    usd = price.market(market.prices(conn, asset, now, desk.policy))
    return Reference(usd, None if usd is None else price.in_fiat(usd, currencies[fiat]))


def conditions_of(conn: Conn, ids: Collection[str]) -> dict[str, Conditions]:
    """What each of the ads asks of its takers now."""
    return {row.ad_id: takers.of_body(json.loads(row.body)) for row in store.conditions(conn, list(ids))}


def locked(tx: Tx, id: str) -> Ad:
    """An ad with its merchant's party, in the order of locks."""
    peek = written(tx.conn, id)
    parties.lock(tx.conn, [peek.party_id])
    (ad,) = store.lock(tx.conn, [id])
    return ad


def certified(conn: Conn, merchant_id: str) -> Merchant:
    """A merchant who may trade. Raises NotFound `merchant_unknown`, Conflict `merchant_not_certified`."""
    merchant = merchants.get(conn, merchant_id)
    check_certified(merchant_id, merchant.certification)
    return merchant


# --- parts -------------------------------------------------------------------------------------------------------


def _may_trade(tx: Tx, merchant_id: str) -> Merchant:
    merchant = certified(tx.conn, merchant_id)
    orders = parties.restrictions(tx.conn, [merchant.party_id], tx.now)[merchant.party_id]
    stopped = rules.blocked([order.kind for order in orders])
    if stopped is not None:
        raise Forbidden("trading_blocked", f"Trading of this merchant is stopped by a {stopped}.")
    return merchant


def _check_alone(conn: Conn, ad: Ad) -> None:
    """The merchant's party is locked, so nobody publishes another one meanwhile; the index says the same."""
    for other in store.not_closed(conn, ad.merchant_id, ad.asset_id):
        found = written(conn, other.id)
        if found.id != ad.id and found.status is AdStatus.ACTIVE and found.side is ad.side:
            raise Conflict(
                "ad_active_already", f"{found.id} to {ad.side} this asset is active; edit, pause or close it first."
            )


def _conditions(tx: Tx, ad: Ad, conditions: Conditions) -> None:
    body = canonical(conditions.body())
    store.add_conditions(tx.conn, ad.id, ad.conditions_version, body, conditions.any, tx.now)


def _move(tx: Tx, ad: Ad, target: AdStatus, why: str) -> Ad:
    moved = rules.moved(ad, target, why, tx.now)
    store.keep(tx.conn, moved)
    tx.note(f"ad.{target}", ad.id, {"merchant": ad.merchant_id, "party": ad.party_id, "why": why})
    return moved


def _said(ad: Ad) -> dict[str, object]:
    return {
        "merchant": ad.merchant_id,
        "party": ad.party_id,
        "side": ad.side,
        "price": ad.price,
        "percent": ad.percent,
        "units": ad.left_units,
        "conditions": ad.conditions_version,
    }


def _offer(conn: Conn, ad: Ad, desk: Desk, now: datetime) -> Offer:
    known = reference(conn, desk.assets[ad.asset_id], ad.fiat, desk, now).fiat
    return Offer(ad, ad.price_at(known), conditions_of(conn, [ad.id])[ad.id])
