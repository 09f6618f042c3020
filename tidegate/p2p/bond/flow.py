"""Moving a bond: one movement, one hold in the ledger, all or nothing.

The locked units stay on the merchant's own account under one hold of purpose "bond"; each movement ends it and places
the next, so that the bond, its movements and the ledger say one number.
Lock order: parties by id, the person's merchant accounts, the merchant's bonds, ledger accounts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from tidegate.base.ids import new_id
from tidegate.base.money import Asset, to_text
from tidegate.base.refusals import Conflict, NotFound
from tidegate.db import Conn, Tx, act
from tidegate.ledger import accounts
from tidegate.ledger import flow as ledger
from tidegate.ledger import store as ledger_store
from tidegate.ledger.store import NewHold
from tidegate.p2p.bond import bond as rules
from tidegate.p2p.bond import store
from tidegate.p2p.bond.bond import Bond, Kind
from tidegate.p2p.bond.store import Movement
from tidegate.p2p.delisting import flow as delisting
from tidegate.p2p.merchants import merchant as life
from tidegate.p2p.merchants import store as merchant_store
from tidegate.p2p.merchants.merchant import Certification, Merchant
from tidegate.p2p.scope import flow as scope
from tidegate.parties import flow as parties
from tidegate.policy.pack import Policy

PURPOSE = "bond"
"""Of the ledger's holds."""


# --- the merchant pays in ----------------------------------------------------------------------------------------


def lock(conn: Conn, merchant_id: str, asset: Asset, units: int, policy: Policy, actor: str, now: datetime) -> Movement:
    """The merchant locks units of their balance.

    Raises NotFound `merchant_unknown`; Malformed `amount_zero`; Conflict `merchant_over`, `asset_delisting`, `no_bond`,
    `bond_owed`, `funds_short`.
    """
    rules.check_amount(units)
    required = policy.bond_units(asset)
    with act(conn, actor, now) as tx:
        merchant = _open(scope.lock(tx, merchant_id))
        delisting.check_listed(conn, asset)
        bond = _bond(conn, merchant_id, asset, required)
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
        bond = _known(conn, merchant_id, asset)
        rules.check_top_up(bond, units, asset)
        return _pay_in(tx, merchant, bond, asset, Kind.TOP_UP, units, policy)


def _pay_in(tx: Tx, merchant: Merchant, bond: Bond, asset: Asset, kind: Kind, units: int, policy: Policy) -> Movement:
    """From the merchant's balance to whom they owe, and into the bond."""
    pays, locks = rules.paid_in(bond.owed, units)
    shares = rules.settled(store.claims(tx.conn, bond.merchant_id, bond.asset_id), pays)
    owners = {merchant.party_id, *(claim.receiver for claim, _ in shares)}
    available = _lock_accounts(tx, owners, asset)[merchant.party_id]
    if available < units:
        raise Conflict(
            "funds_short",
            f"{to_text(available, asset.decimals)} {asset.symbol} are available, "
            f"{to_text(units, asset.decimals)} are needed.",
            field="amount",
        )
    after = replace(bond, locked=bond.locked + locks, owed=bond.owed - pays)
    movement = _movement(tx, bond, after, kind, reason=kind.value)
    if shares:
        moves = {merchant.party_id: -pays}
        for claim, share in shares:
            moves[claim.receiver] = moves.get(claim.receiver, 0) + share
            store.pay_claim(tx.conn, claim.id, share, tx.now)
        ledger.post(tx, "bond_claim", movement.id, asset.id, moves)
    _write(tx, merchant, bond, after, movement, asset, policy)
    return movement


# --- a decision takes --------------------------------------------------------------------------------------------


def deduct(
    tx: Tx,
    merchant_id: str,
    asset: Asset,
    units: int,
    *,
    decision: str,
    reason: str,
    policy: Policy,
    victim_id: str | None = None,
) -> Movement:
    """Take from the bond what a decision says: at most what is locked. The rest is owed and demanded, never debited.

    `decision` names who decided ("case_…", a measure of the rating): the people were counted there. It takes once: done
    again it changes nothing and answers the same. With a victim the units compensate them, otherwise the platform keeps
    them. Raises NotFound `merchant_unknown`, `bond_unknown`, `customer_unknown`; Malformed `amount_zero`; Conflict
    `victim_is_merchant`.
    """
    rules.check_amount(units)
    receiver = victim_id or accounts.BONDS
    merchant = scope.lock(tx, merchant_id, others=() if victim_id is None else (victim_id,))
    _check_victim(tx.conn, merchant, victim_id)
    bond = _known(tx.conn, merchant_id, asset)
    done = store.taken_by(tx.conn, decision, merchant_id, asset.id, receiver)
    if done is not None:
        return done
    outcome = rules.deduct(bond.required, bond.locked, bond.owed, units)
    after = replace(bond, locked=outcome.locked, owed=outcome.owed)
    kind = Kind.DEDUCT if victim_id is None else Kind.COMPENSATE
    movement = _movement(tx, bond, after, kind, reason, decision, receiver)
    _lock_accounts(tx, {merchant.party_id, receiver}, asset)
    _write(tx, merchant, bond, after, movement, asset, policy, taken=outcome.taken)
    if units > outcome.taken:
        store.add_claim(tx.conn, new_id("bcl"), movement, units - outcome.taken)
    return movement


def check_taking(tx: Tx, merchant_id: str, asset: Asset, victim_id: str | None) -> Bond:
    """Whether something could be taken from this bond for this victim; the bond, locked. Raises as `deduct`."""
    merchant = scope.lock(tx, merchant_id, others=() if victim_id is None else (victim_id,))
    _check_victim(tx.conn, merchant, victim_id)
    return _known(tx.conn, merchant_id, asset)


def _check_victim(conn: Conn, merchant: Merchant, victim_id: str | None) -> None:
    if victim_id is None:
        return
    parties.get(conn, victim_id)
    if any(own.party_id == victim_id for own in merchant_store.of_subject(conn, merchant.subject_id)):
        raise Conflict("victim_is_merchant", f"{victim_id} is {merchant.id}'s own; nobody compensates themself.")


# --- back to the merchant ----------------------------------------------------------------------------------------


def ask_unlock(
    conn: Conn, merchant_id: str, asset: Asset, units: int, policy: Policy, actor: str, now: datetime
) -> Bond:
    """The merchant wants back what is locked beyond the required; it comes after the release delay.

    Raises NotFound `bond_unknown`; Malformed `amount_zero`; Conflict `matter_open`, `unlock_waiting`, `bond_short`,
    `unlock_above_surplus`, `merchant_over`.
    """
    rules.check_amount(units)
    with act(conn, actor, now) as tx:
        merchant = _open(scope.lock(tx, merchant_id))
        own = store.lock(conn, merchant_id)
        bond = _of(own, merchant_id, asset)
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
    bond = _known(tx.conn, merchant.id, asset)
    if bond.release_at is None or bond.release_at > tx.now or merchant_store.matters(tx.conn, [merchant.id]):
        return None
    after = replace(bond, locked=bond.locked - bond.releasing, releasing=0, release_at=None)
    movement = _movement(tx, bond, after, Kind.RELEASE, reason="the release delay is over")
    _lock_accounts(tx, {merchant.party_id}, asset)
    _write(tx, merchant, bond, after, movement, asset, policy)
    return movement


# --- what is required --------------------------------------------------------------------------------------------


def require(
    tx: Tx, merchant_id: str, asset: Asset, units: int, reason: str, policy: Policy, merchant: Merchant | None = None
) -> Bond:
    """Say how much this merchant must lock in an asset from now on; what is missing is demanded.

    Raises NotFound `merchant_unknown`; Conflict `merchant_over`.
    """
    merchant = _open(merchant or scope.lock(tx, merchant_id))
    bond = _bond(tx.conn, merchant_id, asset, 0)
    after = _demanded(tx, merchant, replace(bond, required=units), policy)
    store.keep(tx.conn, after)
    said = {"asset": asset.name, "before": bond.required, "required": units, "demand": after.demand, "reason": reason}
    tx.note("bond.required", merchant_id, said)
    return after


def waive(tx: Tx, merchant: Merchant, policy: Policy) -> None:
    """The trade is over: nothing more has to be locked, what is owed stays owed. The caller has locked the merchant."""
    for bond in store.lock(tx.conn, merchant.id):
        store.keep(tx.conn, _demanded(tx, merchant, replace(bond, required=0), policy))


def change_asset(
    conn: Conn, merchant_id: str, old: Asset, new: Asset, policy: Policy, actor: str, now: datetime
) -> list[Bond]:
    """The bond is to be in another asset: it is required there from now on, and what is locked in the old one can be
    unlocked once the new one is covered. Raises as `require`, and Conflict `asset_delisting`, `no_bond`."""
    required = policy.bond_units(new)
    with act(conn, actor, now) as tx:
        merchant = _open(scope.lock(tx, merchant_id))
        _known(conn, merchant_id, old)
        delisting.check_listed(conn, new)
        if old.id != new.id:
            require(tx, merchant_id, new, required, "another asset", policy, merchant)
            require(tx, merchant_id, old, 0, "another asset", policy, merchant)
        return of(conn, merchant_id)


def note_overdue(conn: Conn, merchant_id: str, asset: Asset, now: datetime) -> bool:
    """A demand was not paid in time: said once. Whether it still was so."""
    with act(conn, "worker", now) as tx:
        scope.lock(tx, merchant_id)
        bond = _known(conn, merchant_id, asset)
        if bond.top_up_due_at is None or bond.top_up_due_at > now or bond.overdue_at is not None:
            return False
        store.keep(conn, replace(bond, overdue_at=now))
        tx.note("bond.overdue", merchant_id, {"asset": asset.name, "demand": bond.demand, "due": bond.top_up_due_at})
        return True


# --- read --------------------------------------------------------------------------------------------------------


def of(conn: Conn, merchant_id: str) -> list[Bond]:
    """A merchant's bonds, by asset."""
    return store.of_merchants(conn, [merchant_id])


def covered(conn: Conn, merchant_id: str) -> bool:
    """Whether everything that is required is locked and nothing is owed; a merchant without a bond is not covered."""
    own = of(conn, merchant_id)
    return bool(own) and all(bond.covered for bond in own)


def movements(conn: Conn, merchant_id: str) -> list[Movement]:
    """Every movement, by asset, in their order."""
    return store.movements(conn, merchant_id)


# --- how a movement is written -----------------------------------------------------------------------------------


def _movement(
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


def _write(
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
    releasing = min(after.releasing, after.locked)
    kept = replace(
        after,
        hold_ref=movement.id if after.locked else None,
        movements=movement.number,
        releasing=releasing,
        release_at=after.release_at if releasing else None,
    )
    store.keep(tx.conn, _demanded(tx, merchant, kept, policy))
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


def _demanded(tx: Tx, merchant: Merchant, bond: Bond, policy: Policy) -> Bond:
    """A demand has its last day from when it arises. Who only applies takes their time, unless they owe."""
    if bond.covered or (merchant.qualification is not Certification.CERTIFIED and not bond.owed):
        return replace(bond, top_up_due_at=None, overdue_at=None)
    if bond.top_up_due_at is not None:
        return bond
    return replace(bond, top_up_due_at=tx.now + timedelta(days=policy.merchants.top_up_days))


def _lock_accounts(tx: Tx, owners: set[str], asset: Asset) -> dict[str, int]:
    """What is available on each account, all locked in id order until the transaction ends."""
    names = sorted(owners)
    ledger_store.ensure(tx.conn, names, [asset.id] * len(names))
    locked = ledger_store.lock(tx.conn, names, [asset.id] * len(names))
    return {account.owner: account.posted - account.held for account in locked}


def _bond(conn: Conn, merchant_id: str, asset: Asset, required: int) -> Bond:
    """The bond in an asset, locked. A new one is required in full only if no other asset carries the requirement."""
    own = store.lock(conn, merchant_id)
    if all(bond.asset_id != asset.id for bond in own):
        store.ensure(conn, merchant_id, asset.id, 0 if any(bond.required for bond in own) else required)
        own = store.lock(conn, merchant_id)
    return _of(own, merchant_id, asset)


def _known(conn: Conn, merchant_id: str, asset: Asset) -> Bond:
    return _of(store.lock(conn, merchant_id), merchant_id, asset)


def _of(own: list[Bond], merchant_id: str, asset: Asset) -> Bond:
    for bond in own:
        if bond.asset_id == asset.id:
            return bond
    raise NotFound("bond_unknown", f"{merchant_id} has no bond in {asset.name}.", field="asset")


def _open(merchant: Merchant) -> Merchant:
    if merchant.certification in (Certification.CLOSED, Certification.DISMISSED, Certification.EXITING):
        raise Conflict("merchant_over", f"{merchant.id} is {merchant.certification}; its bond takes nothing new.")
    return merchant
