"""The desk lets an asset go: nothing new in it, and a task for every bond that is left in it."""

from __future__ import annotations

from datetime import date, datetime

from tidegate.base.money import Asset
from tidegate.base.refusals import Conflict, Malformed
from tidegate.cases import flow as cases
from tidegate.db import Conn, Tx, act
from tidegate.p2p.bond import store as bonds
from tidegate.p2p.delisting import store
from tidegate.p2p.delisting.store import Delisting
from tidegate.p2p.scope import flow as scope
from tidegate.parties.party import check_reason
from tidegate.policy.pack import Policy


def delist(
    conn: Conn, asset: Asset, last_day: date, reason: str, policy: Policy, actor: str, now: datetime
) -> Delisting:
    """Order it: news for the ads, and a case for each bond in the asset. Bonds stay locked until they have moved.

    Raises Malformed `reason_invalid`, `last_day_past`; Conflict `asset_delisting`.
    """
    check_reason(reason)
    if last_day < now.date():
        raise Malformed("last_day_past", f"{last_day} is past; name a day to come.", field="last_day")
    with act(conn, actor, now) as tx:
        store.hold(conn, asset.id)
        order = Delisting(asset.id, last_day, reason, actor, now)
        if store.add(conn, order) != 1:
            raise Conflict("asset_delisting", f"{asset.name} is being delisted already.", field="asset")
        tx.note("asset.delisting", asset.name, {"asset": asset.id, "last_day": str(last_day), "reason": reason})
        for bond in bonds.of_asset(conn, asset.id):
            _open_task(tx, bond.merchant_id, asset, policy)
    return order


def _open_task(tx: Tx, merchant_id: str, asset: Asset, policy: Policy) -> None:
    cases.open_case(
        tx,
        kind="bond_delisting",
        subject=f"{merchant_id}:{asset.name}",
        party_id=scope.get(tx.conn, merchant_id).party_id,
        requester=tx.actor,
        reasons=["asset_delisting"],
        quorum=1,
        sla_hours=policy.review_sla_hours,
    )


def orders(conn: Conn) -> list[Delisting]:
    """Every asset that the desk lets go."""
    return store.all_orders(conn)


def of(conn: Conn, asset_id: int) -> Delisting | None:
    """The order about an asset; None = it stays."""
    return store.get(conn, asset_id)


def check_listed(conn: Conn, asset: Asset) -> None:
    """Nothing new begins in an asset that the desk lets go; in any other, an order to do so waits for the caller's
    transaction. Raises Conflict `asset_delisting`."""
    store.share(conn, asset.id)
    order = of(conn, asset.id)
    if order is not None:
        raise Conflict(
            "asset_delisting",
            f"{asset.name} is being delisted by {order.last_day}; choose another asset.",
            field="asset",
        )
