"""A taker asks what an ad would cost, and takes so much of it: its coins go into escrow."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.base.ids import new_id
from tidegate.base.money import Asset, BadAmount, to_units
from tidegate.base.refusals import Conflict, Forbidden, Malformed, NotFound
from tidegate.db import Conn, Tx, act, unawaited
from tidegate.ledger import store as ledger_store
from tidegate.ledger.store import NewHold
from tidegate.p2p import price as prices
from tidegate.p2p.accounts import flow as accounts
from tidegate.p2p.accounts.account import Account
from tidegate.p2p.ads import ad as ads
from tidegate.p2p.ads import flow as book
from tidegate.p2p.ads import store as ads_store
from tidegate.p2p.ads.ad import Ad, Side
from tidegate.p2p.ads.conditions import Taker, check_taker, of_body, unmet
from tidegate.p2p.ads.flow import Desk
from tidegate.p2p.merchants.merchant import check_certified
from tidegate.p2p.orders import store
from tidegate.p2p.orders.flow import payee as payees
from tidegate.p2p.orders.flow.moving import ESCROW, said
from tidegate.p2p.orders.flow.paying import own_account
from tidegate.p2p.orders.order import Order, Role, Status
from tidegate.p2p.orders.store import Between
from tidegate.parties import flow as parties
from tidegate.parties.party import Party, Restriction, RestrictionKind, network_of
from tidegate.policy.pricing import VALUE_DECIMALS, value_micro_usd


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a taker asks for. `price` is the one they saw; None = they take whatever it is now."""

    ad_id: str
    taker_id: str
    amount: str
    method: str
    price: str | None = None
    payee_account: str | None = None  # "pac_…" of a taker who sells; None = the newest of that method
    device_id: str | None = None
    ip: str | None = None
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What an order would be, before anybody is bound by it."""

    ad: Ad
    price: int | None
    fiat_amount: int | None
    retention_hours: int  # so long the coins would stay with whoever buys them
    unmet: tuple[str, ...]  # conditions that this taker does not meet


def quote(conn: Conn, ad_id: str, taker_id: str, amount: str, method: str, desk: Desk, now: datetime) -> Quote:
    """What a taker would pay, and how long the coins would stay. Binds nobody.

    Raises NotFound `ad_unknown`, `customer_unknown`; Malformed `method_not_offered` or the code of the amount.
    """
    offer = book.get(conn, ad_id, desk, now)
    ad, asset = offer.ad, desk.assets[offer.ad.asset_id]
    ads.check_method(ad, method)
    units = _units(amount, asset)
    known = store.between(conn, ad, taker_id)
    taker = _taker(parties.get(conn, taker_id), known)
    return Quote(
        ad,
        offer.price,
        None if offer.price is None else prices.to_pay(units, asset.decimals, offer.price),
        _retention(known, method, desk),
        tuple(unmet(offer.conditions, taker, now)),
    )


def create(conn: Conn, wanted: Wanted, actor: str, desk: Desk, now: datetime) -> Order:
    """Take so much of an ad: its coins go into escrow, and the payer's time begins.

    Raises NotFound `ad_unknown`, `customer_unknown`; Malformed naming the field; Forbidden `trading_blocked`; Conflict
    `ad_not_active`, `own_ad`, `merchant_not_certified`, `conditions_unmet`, `orders_too_many`, `ad_exhausted`,
    `amount_below_min`, `amount_above_max`, `price_stale`, `price_moved`, `trade_limit_reached`, `funds_short`,
    `merchant_funds_short`.
    """
    with act(conn, actor, now) as tx:
        peek = book.written(conn, wanted.ad_id)
        people = parties.lock(conn, {peek.party_id, wanted.taker_id})
        if wanted.taker_id not in people:
            raise NotFound("customer_unknown", f"There is no customer {wanted.taker_id}.", field="taker")
        (ad,) = ads_store.lock(conn, [peek.id])
        account = _payee(conn, ad, wanted)
        made = _agreed(tx, ad, people[wanted.taker_id], wanted, None if account is None else account.hash, desk)
        hold = _escrow(tx, made)
        with unawaited(conn):
            ledger_store.add_holds(conn, [hold], now)
            ads_store.take(conn, ad.id, made.units)
            store.insert(conn, made)
            payees.keep(tx, made, account)
        tx.note("order.created", made.id, {**said(made), "expires": made.expires_at})
        return made


def _agreed(tx: Tx, ad: Ad, taker: Party, wanted: Wanted, payee_hash: str | None, desk: Desk) -> Order:
    """What the two agree on, or the refusal that says why they cannot."""
    conn, now, asset = tx.conn, tx.now, desk.assets[ad.asset_id]
    ads.check_active(ad)
    known = store.between(conn, ad, taker.id)
    check_certified(ad.merchant_id, known.certification)
    _check_strangers(ad, known, taker.id)
    ads.check_method(ad, wanted.method)
    conditions = of_body(json.loads(known.conditions))
    check_taker(conditions, _taker(taker, known), now)
    if known.open >= desk.policy.p2p.open_orders:
        raise Conflict("orders_too_many", f"{known.open} orders of this taker are open; finish one first.")
    units = _units(wanted.amount, asset)
    ads.check_amount(ad, units, asset)
    market = book.reference(conn, asset, ad.fiat, desk, now)
    price = _price(ad, market.fiat, wanted.price)
    value = None if market.usd is None else value_micro_usd(units, asset.decimals, market.usd)
    _check_orders(tx, {ad.party_id, taker.id}, value)
    return Order(
        id=new_id("ord"),
        ad_id=ad.id,
        merchant_id=ad.merchant_id,
        subject_id=known.subject_id,
        merchant_party=ad.party_id,
        taker_id=taker.id,
        side=ad.side,
        asset_id=ad.asset_id,
        units=units,
        value=value,
        fiat=ad.fiat,
        fiat_amount=prices.to_pay(units, asset.decimals, price),
        price=price,
        reference=market.fiat,
        method=wanted.method,
        conditions_version=ad.conditions_version,
        has_conditions=conditions.any,
        payer_hash=None,
        payee_hash=payee_hash,
        payer_similarity=None,
        taker_level=taker.level,
        taker_since=taker.created_at,
        taker_orders_before=known.completed,
        device_id=_text(wanted.device_id, "device_id"),
        ip_net=_network(wanted.ip),
        agent=_text(wanted.agent, "agent"),
        retention_hours=_retention(known, wanted.method, desk),
        status=Status.CREATED,
        created_at=now,
        expires_at=now + timedelta(minutes=ad.payment_minutes),
        paid_at=None,
        released_at=None,
        ended_at=None,
        cancelled_by=None,
        dispute_reason=None,
        dispute_by=None,
        dispute_lost_by=None,
        resolved_level=None,
        changed_at=now,
    )


def _escrow(tx: Tx, order: Order) -> NewHold:
    """A hold of the order's coins, which are there and locked.

    Raises Conflict: `funds_short`, `merchant_funds_short`.
    """
    accounts = ledger_store.lock(tx.conn, [order.seller_party], [order.asset_id])  # none = never had any
    if sum(account.posted - account.held for account in accounts) < order.units:
        if order.seller is Role.MERCHANT:
            raise Conflict("merchant_funds_short", "The merchant has not so many coins free just now; take another ad.")
        raise Conflict("funds_short", "The amount is more than the taker's free coins.", field="amount")
    return NewHold(new_id("hld"), accounts[0].id, ESCROW, order.id, order.units)


def _check_strangers(ad: Ad, known: Between, taker_id: str) -> None:
    """Nobody trades with themself, nor with another account of the same person."""
    if taker_id == ad.party_id or known.taker_subject == known.subject_id:
        raise Conflict("own_ad", f"{ad.id} is the taker's own; nobody trades with themself.", field="taker")


def _check_orders(tx: Tx, ids: Collection[str], value: int | None) -> None:
    """What is ordered about either of the two: blocks, and limits of trading."""
    for party_id, orders in parties.restrictions(tx.conn, ids, tx.now).items():
        stopped = ads.blocked([order.kind for order in orders])
        if stopped is not None:
            raise Forbidden("trading_blocked", f"Trading of one of the two is stopped by a {stopped}.")
        limits = _limits(orders)
        used = store.traded_value(tx.conn, party_id, tx.now - timedelta(hours=24)) if limits else 0
        ads.check_trade_limit(limits, used, value)


def _limits(orders: Collection[Restriction]) -> dict[str, int]:
    return {
        order.id: int(order.value or 0) * 10**VALUE_DECIMALS
        for order in orders
        if order.kind == RestrictionKind.TRADE_LIMIT
    }


def _price(ad: Ad, reference: int | None, seen: str | None) -> int:
    price = ad.price_at(reference)
    if price is None:
        raise Conflict("price_stale", f"{ad.id} follows the market, and nobody has a fresh price; take another one.")
    if seen is not None and (shown := prices.read(seen, "price")) != price:
        worse = price > shown if ad.side is Side.SELL else price < shown
        if worse:
            raise Conflict("price_moved", f"{ad.id} is not at that price any more; look again.", field="price")
    return price


def _retention(known: Between, method: str, desk: Desk) -> int:
    """N of T+N: how long the coins would stay with the buyer."""
    return desk.policy.p2p.retention.hours(known.seller_tier, method, not known.bought_before)


def _payee(conn: Conn, ad: Ad, wanted: Wanted) -> Account | None:
    """The account to pay: the one that a taker who sells names, or the seller's newest of that method, if any."""
    seller = ad.party_id if ad.side is Side.SELL else wanted.taker_id
    if wanted.payee_account is not None:
        return own_account(conn, wanted.payee_account, seller, wanted.method)
    mine = [a for a in accounts.of_party(conn, seller) if a.method == wanted.method and a.retired_at is None]
    return mine[-1] if mine else None


def _taker(party: Party, known: Between) -> Taker:
    return Taker(party.id, party.level, party.country, party.created_at, known.completed, known.ended)


def _units(text: str, asset: Asset) -> int:
    try:
        units = to_units(text, asset.decimals)
    except BadAmount as bad:
        raise Malformed(bad.code, str(bad), field="amount") from bad
    if units == 0:
        raise Malformed("amount_zero", "amount is 0; name how much.", field="amount")
    return units


def _text(text: str | None, field: str) -> str | None:
    if text is not None and not (1 <= len(text) <= 200 and text.isprintable()):
        raise Malformed(f"{field}_invalid", f"{field} is 1 to 200 printable characters.", field=field)
    return text


def _network(ip: str | None) -> str | None:
    try:
        return network_of(ip)
    except ValueError as bad:
        raise Malformed("ip_invalid", f"{(ip or '')[:60]!r} is not an IPv4 or IPv6 address.", field="ip") from bad
