"""How long bought coins stay, what a sale ends, and how much of a party's coins may leave.

Callers hold the party's lock: lots change and are read under it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from tidegate.base.ids import new_id
from tidegate.base.money import Asset
from tidegate.base.refusals import Malformed
from tidegate.base.times import hours
from tidegate.db import Conn, Tx, act
from tidegate.p2p import price
from tidegate.p2p.lots import store
from tidegate.p2p.lots.lot import Lot, Retained, Worth, netted
from tidegate.policy.market import flow as market
from tidegate.policy.p2p_numbers import TIERS
from tidegate.policy.pack import Policy


def set_standing(tx: Tx, subject_id: str, tier: str) -> None:
    """Where a person stands from now on: their coins are bound by it once they are sold. Raises Malformed."""
    if tier not in TIERS[:4]:
        raise Malformed("tier_unknown", f"{tier[:20]!r} is not one of {', '.join(TIERS[:4])}.", field="tier")
    store.set_standing(tx.conn, subject_id, tier, tx.actor, tx.now)
    tx.note("merchant.standing", subject_id, {"tier": tier})


def tiers(conn: Conn, ids: Collection[str]) -> dict[str, str]:
    """Where each of the parties stands as a seller; every id is there."""
    found = {standing.party_id: standing.tier for standing in store.standings(conn, ids)}
    return {id: found.get(id, "unrated") for id in ids}


def traded(tx: Tx, order_id: str, asset_id: int, units: int, seller: str, buyer: str, stay_hours: int) -> Lot:
    """A trade is done: the seller's lots shrink by it, and what the buyer got stays for so many hours."""
    mine = [lot for lot in store.binding(tx.conn, [seller], tx.now) if lot.asset_id == asset_id]
    store.shrink(tx.conn, netted(mine, units, tx.now))
    until = tx.now + hours(stay_hours)
    lot = Lot(
        new_id("lot"), buyer, asset_id, order_id, units, units, tx.now, until, "open" if stay_hours else "matured"
    )
    store.add(tx.conn, lot)
    return lot


def retained(
    conn: Conn,
    ids: Collection[str],
    assets: Mapping[int, Asset],
    policy: Policy,
    now: datetime,
    asking: str | None = None,
) -> dict[str, Retained]:
    """What the open lots of some parties keep behind; parties without one are absent. Mostly one statement.

    What withdrawals are taking away covers nothing; of a withdrawal that is looked at again (`asking`) only earlier
    ones count, so that a later one never takes back what it was given.
    """
    lots: dict[str, list[Lot]] = {}
    for lot in store.binding(conn, ids, now):
        lots.setdefault(lot.party_id, []).append(lot)
    if not lots:
        return {}
    covers: dict[str, dict[int, int]] = {party: {} for party in lots}
    for cover in store.covers(conn, list(lots), asking):
        covers[cover.party_id][cover.asset_id] = cover.units
    named = {lot.asset_id for mine in lots.values() for lot in mine} | {a for own in covers.values() for a in own}
    worth = _worth(conn, (assets[id] for id in sorted(named)), policy, now)
    return {party: Retained(mine, covers[party], worth) for party, mine in lots.items()}


def _worth(conn: Conn, assets: Iterable[Asset], policy: Policy, now: datetime) -> dict[int, Worth]:
    return {a.id: Worth(a.decimals, price.market(market.prices(conn, a, now, policy))) for a in assets}


def mature(conn: Conn, now: datetime, limit: int = 200) -> int:
    """Say of what has matured that it has; how many."""
    with act(conn, "worker", now) as tx:
        done = store.mature(conn, now, limit)
        for lot in done:
            tx.note("lot.matured", lot.id, {"party": lot.party_id})
        return len(done)


def of_order(conn: Conn, order_id: str) -> Lot:
    """The lot that an order made. Raises LookupError for an order without one."""
    found = store.of_order(conn, order_id)
    if found is None:
        raise LookupError(f"{order_id} made no lot")
    return found


def page(conn: Conn, party_id: str, before: str | None = None, limit: int = 50) -> list[Lot]:
    """The lots of a party, newest first."""
    return store.page(conn, party_id, before, limit)
