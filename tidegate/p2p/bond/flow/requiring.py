"""What a merchant must lock, in which asset, and that it is late."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tidegate.base.money import Asset
from tidegate.cases import flow as cases
from tidegate.db import Conn, Tx, act
from tidegate.p2p.bond import store
from tidegate.p2p.bond.bond import Bond, still_surplus
from tidegate.p2p.bond.flow import writing
from tidegate.p2p.bond.flow.reading import covered, of
from tidegate.p2p.delisting import flow as delisting
from tidegate.p2p.merchants.merchant import Merchant
from tidegate.p2p.scope import flow as scope
from tidegate.policy.pack import Policy


def require(
    tx: Tx, merchant_id: str, asset: Asset, units: int, reason: str, policy: Policy, merchant: Merchant | None = None
) -> Bond:
    """Say how much this merchant must lock in an asset from now on; what is missing is demanded.

    Raises NotFound `merchant_unknown`; Conflict `merchant_over`.
    """
    merchant = writing.running(merchant or scope.lock(tx, merchant_id))
    bond = writing.begun(tx.conn, merchant_id, asset, 0)
    after = writing.demanded(tx, merchant, still_surplus(replace(bond, required=units)), policy)
    store.keep(tx.conn, after)
    writing.settle_task(tx, merchant_id)
    said = {"asset": asset.name, "before": bond.required, "required": units, "demand": after.demand, "reason": reason}
    tx.note("bond.required", merchant_id, said)
    return after


def waive(tx: Tx, merchant: Merchant, policy: Policy) -> None:
    """The trade is over: nothing more has to be locked, what is owed stays owed. The caller has locked the merchant."""
    for bond in store.lock(tx.conn, merchant.id):
        waived = replace(bond, required=0, waived=bond.required or bond.waived)
        store.keep(tx.conn, writing.demanded(tx, merchant, waived, policy))
    writing.settle_task(tx, merchant.id)


def require_again(tx: Tx, merchant: Merchant, policy: Policy) -> None:
    """The trade goes on: what was required before is required again. The caller has locked the merchant."""
    for bond in store.lock(tx.conn, merchant.id):
        again = replace(bond, required=bond.waived or bond.required, waived=0)
        store.keep(tx.conn, writing.demanded(tx, merchant, again, policy))


def change_asset(
    conn: Conn, merchant_id: str, old: Asset, new: Asset, policy: Policy, actor: str, now: datetime
) -> list[Bond]:
    """The bond is to be in another asset: it is required there from now on, and what is locked in the old one can be
    unlocked once the new one is covered. Raises as `require`, and Conflict `asset_delisting`, `no_bond`."""
    required = policy.bond_units(new)
    with act(conn, actor, now) as tx:
        merchant = writing.running(scope.lock(tx, merchant_id))
        writing.known(conn, merchant_id, old)
        delisting.check_listed(conn, new)
        if old.id != new.id:
            require(tx, merchant_id, new, required, "another asset", policy, merchant)
            require(tx, merchant_id, old, 0, "another asset", policy, merchant)
        return of(conn, merchant_id)


def note_overdue(conn: Conn, merchant_id: str, asset: Asset, now: datetime) -> bool:
    """A demand was not paid in time: said once. Whether it still was so."""
    with act(conn, "worker", now) as tx:
        scope.lock(tx, merchant_id)
        bond = writing.known(conn, merchant_id, asset)
        if bond.top_up_due_at is None or bond.top_up_due_at > now or bond.overdue_at is not None:
            return False
        store.keep(conn, replace(bond, overdue_at=now))
        tx.note("bond.overdue", merchant_id, {"asset": asset.name, "demand": bond.demand, "due": bond.top_up_due_at})
        return True


def ask_for_cover(tx: Tx, merchant_id: str, policy: Policy) -> bool:
    """People look at a bond that is short (I-22), once at a time; whether somebody is asked now."""
    merchant = scope.lock(tx, merchant_id)
    open_one = cases.latest(tx.conn, [merchant_id], "bond_cover").get(merchant_id)
    if covered(tx.conn, merchant_id) or (open_one is not None and open_one.status == "open"):
        return False
    cases.open_case(
        tx,
        kind="bond_cover",
        subject=merchant_id,
        party_id=merchant.party_id,
        requester=tx.actor,
        reasons=["bond_short"],
        quorum=1,
        sla_hours=policy.review_sla_hours,
    )
    return True
