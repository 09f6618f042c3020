"""A merchant's life, step by step: one transaction each (S2 Art. 2).

Lock order: parties by id, the person's merchant accounts, bonds, ledger accounts, cases.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from tidegate.base.ids import new_id
from tidegate.base.money import Asset
from tidegate.base.refusals import Conflict, Malformed, NotFound
from tidegate.cases import flow as cases
from tidegate.db import Conn, Tx, act
from tidegate.p2p.bond import flow as bonds
from tidegate.p2p.merchants import merchant as rules
from tidegate.p2p.merchants import store
from tidegate.p2p.merchants.merchant import Certification, Matter, Merchant
from tidegate.p2p.merchants.store import Consent
from tidegate.p2p.scope import flow as scope
from tidegate.parties import flow as parties
from tidegate.parties.party import RestrictionKind, check_reason
from tidegate.policy.pack import Policy

C = Certification
BANNING = frozenset({RestrictionKind.BAN, RestrictionKind.FREEZE, RestrictionKind.TRADE_BLOCK})
"""What keeps somebody from becoming a merchant."""


# --- apply, agree ------------------------------------------------------------------------------------------------


def apply(conn: Conn, party_id: str, rules_version: str, policy: Policy, actor: str, now: datetime) -> Merchant:
    """A customer wants to be a merchant and agrees to the rules. Who was rejected applies again with the same account;
    who has left gets a new one, of the same person.

    Raises NotFound `customer_unknown`; Conflict `rules_version_stale`, `merchant_exists`, `merchant_dismissed`.
    """
    rules.check_rules_version(rules_version, policy.merchants.rules_version)
    with act(conn, actor, now) as tx:
        owner = parties.lock(conn, [party_id]).get(party_id)
        if owner is None:
            raise NotFound("customer_unknown", f"There is no customer {party_id}.", field="customer")
        before = store.of_party(conn, party_id)
        current = next((own for own in before if own.certification is not C.CLOSED), None)
        if current is not None:
            made = _applied_again(scope.lock(tx, current.id), rules_version, now)
            store.keep(conn, made)
        else:
            id = new_id("mer")
            made = _new(id, before[-1].subject_id if before else id, party_id, owner.country, rules_version, now)
            added = store.add(conn, made)
            assert added == 1  # the party is locked, and it had no other
        store.add_consent(conn, made.id, Consent(rules_version, True, actor, now))
        scope.refresh(tx, made.subject_id)
        said = {"party": party_id, "person": made.subject_id, "rules_version": rules_version, "country": made.country}
        tx.note("merchant.applied", made.id, said)
        return made


def _new(id: str, subject_id: str, party_id: str, country: str, rules_version: str, now: datetime) -> Merchant:
    return Merchant(
        id=id,
        party_id=party_id,
        subject_id=subject_id,
        country=country,
        certification=C.PENDING,
        reason=None,
        rules_version=rules_version,
        applied_at=now,
        certified_at=None,
        exit_from=None,
        exit_asked_at=None,
        exit_approved_at=None,
        closed_at=None,
        changed_at=now,
    )


def _applied_again(current: Merchant, rules_version: str, now: datetime) -> Merchant:
    if current.certification is C.DISMISSED:
        raise Conflict("merchant_dismissed", f"{current.id} was dismissed; this account does not become one again.")
    if current.certification is not C.REJECTED:
        raise Conflict("merchant_exists", f"{current.party_id} is merchant {current.id} already.")
    return replace(
        current, certification=C.PENDING, reason=None, rules_version=rules_version, applied_at=now, changed_at=now
    )


def consent(
    conn: Conn, id: str, rules_version: str, agreed: bool, policy: Policy, actor: str, now: datetime
) -> Merchant:
    """The merchant agrees to the rules in force, or declines them, which asks to leave (S2 Art. 2).

    Raises NotFound; Conflict `rules_version_stale`, `merchant_over`.
    """
    rules.check_rules_version(rules_version, policy.merchants.rules_version)
    with act(conn, actor, now) as tx:
        merchant = scope.lock(tx, id)
        if merchant.certification in (C.CLOSED, C.DISMISSED):
            raise Conflict("merchant_over", f"{id} is {merchant.certification}; there is nothing to agree to.")
        store.add_consent(conn, id, Consent(rules_version, agreed, actor, now))
        said = replace(merchant, rules_version=rules_version if agreed else None, changed_at=now)
        store.keep(conn, said)
        tx.note("merchant.consent", id, {"rules_version": rules_version, "agreed": agreed})
        if not agreed and merchant.certification is not C.EXITING:
            said = _ask_exit(tx, said, "declined the rules", policy)
        return said


# --- a person decides --------------------------------------------------------------------------------------------


def certify(conn: Conn, id: str, reason: str, actor: str, now: datetime) -> Merchant:
    """A person certifies the merchant: verified, agreed to the rules, the bond locked.

    Raises NotFound; Malformed `reason_invalid`; Forbidden `party_restricted`; Conflict `merchant_not_pending`,
    `rules_not_agreed`, `identity_missing`, `bond_short`.
    """
    check_reason(reason)
    with act(conn, actor, now) as tx:
        merchant = _pending(scope.lock(tx, id))
        if merchant.rules_version is None:
            raise Conflict("rules_not_agreed", f"{id} has declined the rules.")
        owner = parties.get(conn, merchant.party_id)
        orders = parties.restrictions(conn, [owner.id], now)[owner.id]
        banned = [order.kind for order in orders if order.kind in BANNING]
        rules.check_certifiable(owner.level, owner.verified_name, bonds.covered(conn, id), banned)
        done = replace(
            merchant, certification=C.CERTIFIED, reason=reason, certified_at=now, country=owner.country, changed_at=now
        )
        return _decided(tx, done, "merchant.certified")


def reject(conn: Conn, id: str, reason: str, actor: str, now: datetime) -> Merchant:
    """A person rejects the application. Raises as `certify` for what is no application."""
    check_reason(reason)
    with act(conn, actor, now) as tx:
        merchant = _pending(scope.lock(tx, id))
        return _decided(
            tx, replace(merchant, certification=C.REJECTED, reason=reason, changed_at=now), "merchant.rejected"
        )


def _pending(merchant: Merchant) -> Merchant:
    if merchant.certification is not C.PENDING:
        raise Conflict(
            "merchant_not_pending", f"{merchant.id} is {merchant.certification}; only an application is decided."
        )
    return merchant


def dismiss(tx: Tx, id: str, decision: str, reason: str, policy: Policy) -> Merchant:
    """A decision ends the qualification (S2 Art. 7); the people were counted where it was taken. What is left of the
    bond stays locked until the merchant asks to leave. Again changes nothing.

    Raises NotFound; Conflict `merchant_not_dismissed`.
    """
    merchant = scope.lock(tx, id)
    if merchant.certification is C.DISMISSED:
        return merchant
    rules.check_move(merchant, C.DISMISSED)
    bonds.stop_release(tx, id)
    cases.moot(tx, id, "the merchant is dismissed", ["merchant_exit"])
    done = replace(
        merchant,
        certification=C.DISMISSED,
        reason=reason,
        exit_from=None,
        exit_asked_at=None,
        exit_approved_at=None,
        changed_at=tx.now,
    )
    bonds.waive(tx, done, policy)
    return _decided(tx, done, "merchant.dismissed", decision=decision)


def reinstate(tx: Tx, id: str, decision: str, reason: str, policy: Policy) -> Merchant:
    """A dismissal was wrong: they are what they were before, and what was required is required again. Who has left
    meanwhile may apply anew. What else was taken is given back by `bond.flow.give_back`. Again changes nothing.

    Raises NotFound `merchant_unknown`.
    """
    merchant = scope.lock(tx, id)
    if merchant.certification is not C.DISMISSED:
        return merchant
    if merchant.closed_at is not None:
        gone = replace(merchant, certification=C.CLOSED, reason=reason, changed_at=tx.now)
        return _decided(tx, gone, "merchant.reinstated", decision=decision)
    cases.moot(tx, id, "the dismissal was taken back", ["merchant_exit"])
    bonds.stop_release(tx, id)
    back = replace(
        merchant,
        certification=C.PENDING if merchant.certified_at is None else C.CERTIFIED,
        reason=reason,
        exit_from=None,
        exit_asked_at=None,
        exit_approved_at=None,
        changed_at=tx.now,
    )
    bonds.require_again(tx, back, policy)
    return _decided(tx, back, "merchant.reinstated", decision=decision)


def _decided(tx: Tx, merchant: Merchant, kind: str, **more: object) -> Merchant:
    store.keep(tx.conn, merchant)
    scope.refresh(tx, merchant.subject_id)
    tx.note(kind, merchant.id, {"party": merchant.party_id, "reason": merchant.reason, **more})
    return merchant


# --- leave -------------------------------------------------------------------------------------------------------


def ask_exit(conn: Conn, id: str, reason: str, policy: Policy, actor: str, now: datetime) -> Merchant:
    """The merchant wants to leave; a person looks at it. Ads end at once, the rating goes on while the bond is locked.

    Raises NotFound; Malformed `reason_invalid`; Conflict `merchant_not_exiting`, `exit_asked`.
    """
    check_reason(reason)
    with act(conn, actor, now) as tx:
        return _ask_exit(tx, scope.lock(tx, id), reason, policy)


def _ask_exit(tx: Tx, merchant: Merchant, reason: str, policy: Policy) -> Merchant:
    if merchant.exit_open:
        raise Conflict("exit_asked", f"{merchant.id} has asked to leave already.")
    if merchant.certification is not C.DISMISSED or merchant.closed_at is not None:
        rules.check_move(merchant, C.EXITING)
    asked = replace(
        merchant,
        certification=C.DISMISSED if merchant.certification is C.DISMISSED else C.EXITING,
        exit_from=merchant.certification,
        exit_asked_at=tx.now,
        changed_at=tx.now,
    )
    store.keep(tx.conn, asked)
    scope.refresh(tx, asked.subject_id)
    tx.note("merchant.exit_asked", asked.id, {"party": asked.party_id, "reason": reason})
    cases.open_case(
        tx,
        kind="merchant_exit",
        subject=asked.id,
        party_id=asked.party_id,
        requester=tx.actor,
        reasons=["exit_asked"],
        quorum=1,
        sla_hours=policy.merchants.exit_review_hours,
    )
    return asked


def exit_answered(tx: Tx, id: str, answer: str, policy: Policy) -> None:
    """A person has looked at the wish to leave (news from `cases`).

    Approved: nothing more is required, and the bond goes back once the delay is over, nothing is open and what is owed
    is paid. Declined: they are what they were.
    """
    merchant = scope.lock(tx, id)
    if merchant.exit_asked_at is None or merchant.exit_approved_at is not None:
        return  # dismissed meanwhile
    if answer != "approved":
        back = merchant.exit_from or merchant.certification
        declined = replace(merchant, certification=back, exit_from=None, exit_asked_at=None, changed_at=tx.now)
        _decided(tx, declined, "merchant.exit_declined")
        return
    approved = replace(merchant, exit_approved_at=tx.now, changed_at=tx.now)
    store.keep(tx.conn, approved)
    bonds.waive(tx, approved, policy)
    tx.note("merchant.exit_approved", id, {"party": merchant.party_id})
    bonds.release_all(tx, id, policy)
    scope.refresh(tx, approved.subject_id)


def release_due(conn: Conn, id: str, asset: Asset, policy: Policy, now: datetime) -> bool:
    """Give a bond back when its delay is over and nothing is open. Whether it was given back."""
    with act(conn, "worker", now) as tx:
        return bonds.release(tx, scope.lock(tx, id), asset, policy) is not None


def close_done(conn: Conn, id: str, now: datetime) -> bool:
    """Who was allowed to leave has left once nothing is locked, owed or open. Whether they have."""
    with act(conn, "worker", now) as tx:
        merchant = scope.lock(tx, id)
        own = bonds.of(conn, id)
        if merchant.exit_approved_at is None or merchant.closed_at is not None:
            return False
        if any(bond.locked or bond.owed for bond in own) or store.matters(conn, [id]):
            return False
        stays = C.DISMISSED if merchant.certification is C.DISMISSED else C.CLOSED
        _decided(tx, replace(merchant, certification=stays, closed_at=now, changed_at=now), "merchant.closed")
        return True


# --- what is open about them -------------------------------------------------------------------------------------


def open_matter(tx: Tx, id: str, kind: str, ref: str) -> None:
    """Something is open about a merchant: no bond goes back meanwhile. Again changes nothing.

    Raises NotFound `merchant_unknown`; Malformed `matter_unknown`.
    """
    if kind not in rules.MATTERS:
        raise Malformed("matter_unknown", f"{kind[:40]!r} is none of {', '.join(rules.MATTERS)}", field="kind")
    merchant = scope.lock(tx, id)
    if store.open_matter(tx.conn, Matter(merchant.id, kind, ref, tx.now), tx.actor):
        tx.note("merchant.matter_opened", id, {"kind": kind, "ref": ref})


def close_matter(tx: Tx, id: str, ref: str) -> None:
    """It is over. Again changes nothing."""
    scope.lock(tx, id)
    if store.close_matter(tx.conn, id, ref, tx.actor, tx.now):
        tx.note("merchant.matter_closed", id, {"ref": ref})


# --- read --------------------------------------------------------------------------------------------------------


def get(conn: Conn, id: str) -> Merchant:
    """One merchant account. Raises NotFound `merchant_unknown`."""
    return scope.get(conn, id)


def of_party(conn: Conn, party_id: str) -> Merchant | None:
    """The merchant account that a customer has now; None = none, or it is closed."""
    return next((own for own in store.of_party(conn, party_id) if own.certification is not C.CLOSED), None)


def person(conn: Conn, subject_id: str) -> list[Merchant]:
    """Every merchant account of a person."""
    return store.of_subject(conn, subject_id)


def consents(conn: Conn, id: str) -> list[Consent]:
    """What was said about the rules, oldest first."""
    return store.consents(conn, id)


def matters(conn: Conn, ids: Collection[str]) -> list[Matter]:
    """What is open about merchants."""
    return store.matters(conn, sorted(ids))


def page(
    conn: Conn,
    certification: str | None = None,
    party_id: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> list[Merchant]:
    """Merchant accounts, newest first. Raises Malformed `certification_unknown`."""
    if certification is not None and certification not in set(C):
        raise Malformed(
            "certification_unknown", f"{certification[:40]!r} is none of {', '.join(C)}", field="certification"
        )
    return store.page(conn, certification, party_id, before, limit)
