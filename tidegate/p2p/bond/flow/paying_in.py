"""The merchant pays in: locks units of their balance, or pays what is demanded."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tidegate.base.money import Asset, to_text
from tidegate.base.refusals import Conflict
from tidegate.db import Conn, Tx, act
from tidegate.p2p.bond import bond as rules
from tidegate.p2p.bond import store
from tidegate.p2p.bond.bond import Bond, Kind
from tidegate.p2p.bond.flow import writing
from tidegate.p2p.bond.store import Movement
from tidegate.p2p.delisting import flow as delisting
from tidegate.p2p.merchants.merchant import Merchant
from tidegate.p2p.scope import flow as scope
from tidegate.policy.pack import Policy


def lock(conn: Conn, merchant_id: str, asset: Asset, units: int, policy: Policy, actor: str, now: datetime) -> Movement:
    """The merchant locks units of their balance.

    Raises NotFound `merchant_unknown`; Malformed `amount_zero`; Conflict `merchant_over`, `asset_delisting`, `no_bond`,
    `bond_owed`, `funds_short`.
    """
    rules.check_amount(units)
    required = policy.bond_units(asset)
    with act(conn, actor, now) as tx:
        merchant = writing.running(scope.lock(tx, merchant_id))
        delisting.check_listed(conn, asset)
        bond = writing.begun(conn, merchant_id, asset, required)
        rules.check_lock(bond, asset)
        return _pay_in(tx, merchant, bond, asset, Kind.LOCK, units, policy)


def top_up(
    conn: Conn, merchant_id: str, asset: Asset, units: int, policy: Policy, actor: str, now: datetime
) -> Movement:
    """The merchant pays what is demanded, or a part: what is owed first, the rest is locked.

    Raises as `lock`, and Conflict `nothing_demanded`, `top_up_above_demand`.
    """
    rules.check_amount(units)
    with act(conn, actor, now) as tx:
        merchant = scope.lock(tx, merchant_id)
        bond = writing.known(conn, merchant_id, asset)
        rules.check_top_up(bond, units, asset)
        return _pay_in(tx, merchant, bond, asset, Kind.TOP_UP, units, policy)


def _pay_in(tx: Tx, merchant: Merchant, bond: Bond, asset: Asset, kind: Kind, units: int, policy: Policy) -> Movement:
    """From the merchant's balance to whom they owe, and into the bond."""
    pays, locks = rules.paid_in(bond.owed, units)
    shares = rules.settled(store.claims(tx.conn, bond.merchant_id, bond.asset_id), pays)
    owners = {merchant.party_id, *(claim.receiver for claim, _ in shares)}
    available = writing.lock_accounts(tx, owners, asset)[merchant.party_id]
    if available < units:
        raise Conflict(
            "funds_short",
            f"{to_text(available, asset.decimals)} {asset.symbol} are available, "
            f"{to_text(units, asset.decimals)} are needed.",
            field="amount",
        )
    after = replace(bond, locked=bond.locked + locks, owed=bond.owed - pays)
    movement = writing.moved(tx, bond, after, kind, reason=kind.value)
    writing.pay_claims(tx, movement, merchant.party_id, shares, {}, "bond_claim")
    writing.write(tx, merchant, bond, after, movement, asset, policy)
    return movement
