"""A bond goes back to the merchant, after the delay."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from tidegate.base.money import Asset
from tidegate.db import Conn, Tx, act
from tidegate.p2p.bond import bond as rules
from tidegate.p2p.bond import store
from tidegate.p2p.bond.bond import Bond
from tidegate.p2p.bond.flow import writing
from tidegate.p2p.bond.store import Movement
from tidegate.p2p.merchants import merchant as life
from tidegate.p2p.merchants import store as merchant_store
from tidegate.p2p.merchants.merchant import Merchant
from tidegate.p2p.scope import flow as scope
from tidegate.policy.pack import Policy


def ask_unlock(
    conn: Conn, merchant_id: str, asset: Asset, units: int, policy: Policy, actor: str, now: datetime
) -> Bond:
    """The merchant wants back what is locked beyond the required; it comes after the release delay.

    Raises NotFound `bond_unknown`; Malformed `amount_zero`; Conflict `matter_open`, `unlock_waiting`, `bond_short`,
    `unlock_above_surplus`, `merchant_over`.
    """
    rules.check_amount(units)
    with act(conn, actor, now) as tx:
        merchant = writing.running(scope.lock(tx, merchant_id))
        own = store.lock(conn, merchant_id)
        bond = writing.of_asset(own, merchant_id, asset)
        life.check_free("Unlocking", merchant_store.matters(conn, [merchant.id]))
        rules.check_unlock(bond, own, units, asset)
        return _begin_release(tx, bond, units, policy)


def release_all(tx: Tx, merchant_id: str, policy: Policy) -> int:
    """The merchant leaves: everything locked is given back after the delay; how many bonds wait for it.

    The caller has locked the merchant and made sure that nothing is owed.
    """
    waiting = [bond for bond in store.lock(tx.conn, merchant_id) if bond.locked]
    for bond in waiting:
        _begin_release(tx, replace(bond, releasing=0, release_at=None), bond.locked, policy)
    return len(waiting)


def stop_release(tx: Tx, merchant_id: str) -> None:
    """Nothing is given back for now. The caller has locked the merchant."""
    for bond in store.lock(tx.conn, merchant_id):
        if bond.release_at is not None:
            store.keep(tx.conn, replace(bond, releasing=0, release_at=None))
            tx.note("bond.release_stopped", merchant_id, {"asset": bond.asset_id, "units": bond.releasing})


def _begin_release(tx: Tx, bond: Bond, units: int, policy: Policy) -> Bond:
    at = tx.now + timedelta(days=policy.merchants.release_days)
    waiting = replace(bond, releasing=units, release_at=at)
    store.keep(tx.conn, waiting)
    tx.note("bond.release_asked", bond.merchant_id, {"asset": bond.asset_id, "units": units, "release_at": at})
    return waiting


def release(tx: Tx, merchant: Merchant, asset: Asset, policy: Policy) -> Movement | None:
    """Give back what is due; None where it is not due or a matter is open. The caller has locked the merchant."""
    bond = writing.known(tx.conn, merchant.id, asset)
    if bond.release_at is None or bond.release_at > tx.now or merchant_store.matters(tx.conn, [merchant.id]):
        return None
    return writing.give(tx, merchant, bond, bond.releasing, asset, policy, "the release delay is over")
