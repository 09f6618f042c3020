"""A decision takes from a bond; and gives back, where it was wrong."""

from __future__ import annotations

from dataclasses import replace

from tidegate.base.ids import new_id
from tidegate.base.money import Asset
from tidegate.base.refusals import Conflict
from tidegate.db import Conn, Tx
from tidegate.ledger import accounts
from tidegate.p2p.bond import bond as rules
from tidegate.p2p.bond import store
from tidegate.p2p.bond.bond import Bond, Kind
from tidegate.p2p.bond.flow import writing
from tidegate.p2p.bond.store import Movement
from tidegate.p2p.merchants import store as merchant_store
from tidegate.p2p.merchants.merchant import Merchant
from tidegate.p2p.scope import flow as scope
from tidegate.parties import flow as parties
from tidegate.policy.pack import Policy


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
    bond = writing.known(tx.conn, merchant_id, asset)
    done = store.taken_by(tx.conn, decision, merchant_id, asset.id, receiver)
    if done is not None:
        return done
    outcome = rules.deduct(bond.required, bond.locked, bond.owed, units)
    after = replace(bond, locked=outcome.locked, owed=outcome.owed)
    kind = Kind.DEDUCT if victim_id is None else Kind.COMPENSATE
    movement = writing.moved(tx, bond, after, kind, reason, decision, receiver)
    writing.lock_accounts(tx, {merchant.party_id, receiver}, asset)
    writing.write(tx, merchant, bond, after, movement, asset, policy, taken=outcome.taken)
    if units > outcome.taken:
        store.add_claim(tx.conn, new_id("bcl"), movement, units - outcome.taken)
    return movement


def give_back(tx: Tx, merchant_id: str, asset: Asset, *, decision: str, reason: str, policy: Policy) -> Movement | None:
    """A decision was wrong: what the platform took by it goes back, and what is still owed for it is owed no more.

    It pays what else is owed, the oldest first, and the rest is locked again; to whoever has left it is simply paid.
    What a victim got stays theirs. Again changes nothing. None where it had taken nothing. Raises NotFound
    `merchant_unknown`, `bond_unknown`.
    """
    merchant = scope.lock(tx, merchant_id)
    bond = writing.known(tx.conn, merchant_id, asset)
    taken = store.taken_by(tx.conn, decision, merchant_id, asset.id, accounts.BONDS)
    if taken is None:
        return None
    done = store.given_back(tx.conn, decision, merchant_id, asset.id)
    if done is not None:
        return done
    claim = store.forgive(tx.conn, taken.id, tx.now)
    forgiven, paid = (0, 0) if claim is None else (claim.forgiven, claim.paid)
    pays, locks = rules.paid_in(bond.owed - forgiven, paid - taken.locked_delta)
    shares = rules.settled(store.claims(tx.conn, merchant_id, asset.id), pays)
    after = replace(bond, locked=bond.locked + locks, owed=bond.owed - forgiven - pays)
    movement = writing.moved(tx, bond, after, Kind.REFUND, reason, decision)
    writing.lock_accounts(tx, {accounts.BONDS, merchant.party_id, *(one.receiver for one, _ in shares)}, asset)
    writing.pay_claims(tx, movement, accounts.BONDS, shares, {merchant.party_id: locks}, "bond_refund")
    writing.write(tx, merchant, bond, after, movement, asset, policy)
    if merchant.closed_at is not None and locks:
        bond = writing.known(tx.conn, merchant_id, asset)
        writing.give(tx, merchant, bond, bond.locked, asset, policy, "the merchant has left")
    return movement


def check_taking(tx: Tx, merchant_id: str, asset: Asset, victim_id: str | None) -> Bond:
    """Whether something could be taken from this bond for this victim; the bond, locked. Raises as `deduct`."""
    merchant = scope.lock(tx, merchant_id, others=() if victim_id is None else (victim_id,))
    _check_victim(tx.conn, merchant, victim_id)
    return writing.known(tx.conn, merchant_id, asset)


def _check_victim(conn: Conn, merchant: Merchant, victim_id: str | None) -> None:
    if victim_id is None:
        return
    parties.get(conn, victim_id)
    if any(own.party_id == victim_id for own in merchant_store.of_subject(conn, merchant.subject_id)):
        raise Conflict("victim_is_merchant", f"{victim_id} is {merchant.id}'s own; nobody compensates themself.")
