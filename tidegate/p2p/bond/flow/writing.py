"""How a movement is written: one movement, one hold in the ledger, one journal entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from tidegate.base.ids import new_id
from tidegate.base.money import Asset
from tidegate.base.refusals import Conflict, NotFound
from tidegate.cases import flow as cases
from tidegate.db import Conn, Tx
from tidegate.ledger import flow as ledger
from tidegate.ledger import store as ledger_store
from tidegate.ledger.store import NewHold
from tidegate.p2p.bond import store
from tidegate.p2p.bond.bond import Bond, Claim, Kind, still_surplus
from tidegate.p2p.bond.store import Movement
from tidegate.p2p.merchants.merchant import Certification, Merchant
from tidegate.p2p.scope import flow as scope
from tidegate.policy.pack import Policy

PURPOSE = "bond"
"""Of the ledger's holds."""


def moved(
    tx: Tx, bond: Bond, after: Bond, kind: Kind, reason: str, decision: str | None = None, receiver: str | None = None
) -> Movement:
    made = Movement(
        id=new_id("bmv"),
        merchant_id=bond.merchant_id,
        asset_id=bond.asset_id,
        number=bond.movements + 1,
        kind=kind.value,
        locked_delta=after.locked - bond.locked,
        owed_delta=after.owed - bond.owed,
        locked_after=after.locked,
        owed_after=after.owed,
        decision=decision,
        receiver=receiver,
        reason=reason,
        actor=tx.actor,
        at=tx.now,
    )
    store.add_movement(tx.conn, made)
    return made


def pay_claims(
    tx: Tx, movement: Movement, payer: str, shares: Sequence[tuple[Claim, int]], rest: Mapping[str, int], kind: str
) -> None:
    """Pay each claim its share, and others the rest, from the payer's account. The ledger accounts are locked."""
    moves = dict(rest)
    for claim, share in shares:
        moves[claim.receiver] = moves.get(claim.receiver, 0) + share
        store.pay_claim(tx.conn, claim.id, share, tx.now)
    moves[payer] = moves.get(payer, 0) - sum(moves.values())
    if any(moves.values()):
        ledger.post(tx, kind, movement.id, movement.asset_id, moves)


def give(tx: Tx, merchant: Merchant, bond: Bond, units: int, asset: Asset, policy: Policy, reason: str) -> Movement:
    """Units of the bond are the merchant's to use again."""
    after = replace(bond, locked=bond.locked - units, releasing=0, release_at=None)
    movement = moved(tx, bond, after, Kind.RELEASE, reason)
    lock_accounts(tx, {merchant.party_id}, asset)
    write(tx, merchant, bond, after, movement, asset, policy)
    return movement


def write(
    tx: Tx,
    merchant: Merchant,
    bond: Bond,
    after: Bond,
    movement: Movement,
    asset: Asset,
    policy: Policy,
    taken: int = 0,
) -> None:
    """End the hold, pay what was taken, hold what is left, and say so. The ledger accounts are locked."""
    if bond.hold_ref is not None:
        freed = ledger.release(tx, PURPOSE, bond.hold_ref)
        assert freed == bond.locked  # the hold is the bond
    if taken:
        assert movement.receiver is not None  # a taking has one
        moves = {merchant.party_id: -taken, movement.receiver: taken}
        ledger.post(tx, "bond_taken", movement.id, asset.id, moves)
    if after.locked:
        (account,) = ledger_store.lock(tx.conn, [merchant.party_id], [asset.id])
        hold = NewHold(new_id("hld"), account.id, PURPOSE, movement.id, after.locked)
        ledger_store.add_holds(tx.conn, [hold], tx.now)
    held = replace(after, hold_ref=movement.id if after.locked else None, movements=movement.number)
    kept = still_surplus(held)
    store.keep(tx.conn, demanded(tx, merchant, kept, policy))
    settle_task(tx, merchant.id)
    scope.refresh(tx, merchant.subject_id)
    said: Mapping[str, object] = {
        "movement": movement.id,
        "asset": asset.name,
        "locked": kept.locked,
        "owed": kept.owed,
        "demand": kept.demand,
        "units": abs(movement.locked_delta),
        "decision": movement.decision,
        "receiver": movement.receiver,
    }
    tx.note(f"bond.{movement.kind}", merchant.id, said)


def demanded(tx: Tx, merchant: Merchant, bond: Bond, policy: Policy) -> Bond:
    """A demand has its last day from when it arises. Who only applies takes their time, unless they owe."""
    if bond.covered or (merchant.qualification is not Certification.CERTIFIED and not bond.owed):
        return replace(bond, top_up_due_at=None, overdue_at=None)
    if bond.top_up_due_at is not None:
        return bond
    return replace(bond, top_up_due_at=tx.now + timedelta(days=policy.merchants.top_up_days))


def settle_task(tx: Tx, merchant_id: str) -> None:
    """A task about a bond that was short settles itself once nothing is demanded any more."""
    if all(bond.covered for bond in store.of_merchants(tx.conn, [merchant_id])):
        cases.moot(tx, merchant_id, "nothing is demanded any more", ["bond_cover"])


def lock_accounts(tx: Tx, owners: set[str], asset: Asset) -> dict[str, int]:
    """What is available on each account, all locked in id order until the transaction ends."""
    names = sorted(owners)
    ledger_store.ensure(tx.conn, names, [asset.id] * len(names))
    locked = ledger_store.lock(tx.conn, names, [asset.id] * len(names))
    return {account.owner: account.posted - account.held for account in locked}


def begun(conn: Conn, merchant_id: str, asset: Asset, required: int) -> Bond:
    """The bond in an asset, locked. A new one is required in full only if no other asset carries the requirement."""
    own = store.lock(conn, merchant_id)
    if all(bond.asset_id != asset.id for bond in own):
        store.ensure(conn, merchant_id, asset.id, 0 if any(bond.required for bond in own) else required)
        own = store.lock(conn, merchant_id)
    return of_asset(own, merchant_id, asset)


def known(conn: Conn, merchant_id: str, asset: Asset) -> Bond:
    return of_asset(store.lock(conn, merchant_id), merchant_id, asset)


def of_asset(own: list[Bond], merchant_id: str, asset: Asset) -> Bond:
    for bond in own:
        if bond.asset_id == asset.id:
            return bond
    raise NotFound("bond_unknown", f"{merchant_id} has no bond in {asset.name}.", field="asset")


def running(merchant: Merchant) -> Merchant:
    if merchant.certification in (Certification.CLOSED, Certification.DISMISSED, Certification.EXITING):
        raise Conflict("merchant_over", f"{merchant.id} is {merchant.certification}; its bond takes nothing new.")
    return merchant
