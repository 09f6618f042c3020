"""Measures end: the tier falls, a person lifts one, or the line that ordered them was wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tidegate.base.refusals import Conflict
from tidegate.base.times import rfc3339
from tidegate.db import Conn, Tx, act
from tidegate.ledger import store as ledger
from tidegate.p2p.bond import flow as bonds
from tidegate.p2p.merchants import flow as merchants
from tidegate.parties import flow as parties
from tidegate.parties.party import check_reason
from tidegate.policy.pack import Policy
from tidegate.rating.measures import store
from tidegate.rating.measures.flow.ordering import free_bond
from tidegate.rating.measures.flow.reading import get
from tidegate.rating.measures.measure import Measure
from tidegate.rating.measures.store import MeasureRow
from tidegate.rating.subjects import flow as subjects
from tidegate.rating.subjects.store import Account


def end_all(tx: Tx, subject_id: str, state: str, reason: str, *, line_id: str | None = None) -> None:
    """What can be undone holds no longer, of one line or of all: a lower tier allows none of it (S2 Art. 7)."""
    for measure in store.of_subject(tx.conn, subject_id):
        ours = line_id is None or measure.line_id == line_id
        if ours and measure.state in ("waiting", "active") and (measure.reversible or measure.state == "waiting"):
            end(tx, measure, state, reason)


def end(tx: Tx, measure: MeasureRow, state: str, reason: str, why: str | None = None) -> None:
    """It holds no longer, and neither do its restrictions; one that somebody has lifted already stays as it is.

    `why` says an interim measure's merchant why it ended before its time, of `rating_words.ENDED`.
    """
    if store.end(tx.conn, measure.id, state, tx.actor, reason, tx.now) == 0:
        return
    store.add_step(tx.conn, measure.id, tx.actor, reason, tx.now)
    orders = store.orders(tx.conn, [measure.id])
    held = parties.restrictions(tx.conn, {order.party_id for order in orders}, tx.now)
    in_force = {restriction.id for owned in held.values() for restriction in owned}
    for order in orders:
        if order.restriction_id in in_force:
            parties.lift(tx.conn, order.restriction_id, f"{measure.id}: {reason}"[:500], tx.actor, tx.now)
    if measure.state == "waiting":
        free_bond(tx, measure)
    body = {"subject": measure.subject_id, "measure": measure.measure, "state": state, "reason": reason}
    tx.note("rating.measure_ended", measure.id, body if why is None else {**body, "why": why})


def lift(conn: Conn, id: str, reason: str, actor: str, now: datetime) -> MeasureRow:
    """A person ends a measure early: an off-boarding that is done, an interim measure whose ground is gone.

    Raises NotFound `measure_missing`; Malformed `reason_invalid`; Conflict `measure_over`, `measure_irreversible`.
    """
    check_reason(reason)
    with act(conn, actor, now) as tx:
        found = get(conn, id)
        subjects.lock(tx, found.subject_id)
        found = get(conn, id)
        if found.state not in ("waiting", "active"):
            raise Conflict("measure_over", f"{id} is {found.state} since {rfc3339(found.ended_at or now)}.")
        if not found.reversible:
            raise Conflict("measure_irreversible", f"{id} ({found.measure}) is left only by an appeal.")
        end(tx, found, "lifted", reason, "lifted" if found.line_id is None else None)
    return get(conn, id)


def reverse(tx: Tx, subject_id: str, line_id: str, reason: str, policy: Policy) -> None:
    """A line was wrong (T9): all that it brought is taken back, bans and dismissal too, and the bond gets back what it
    lost. What a victim was paid stays theirs."""
    ours = [measure for measure in store.of_subject(tx.conn, subject_id) if measure.line_id == line_id]
    for measure in ours:
        if measure.state in ("waiting", "active"):
            end(tx, measure, "reversed", reason)
            if measure.measure == Measure.DISMISSAL:
                _reinstate(tx, measure, reason, policy)
    for measure in ours:
        if measure.state == "done" and measure.measure in (Measure.PARTIAL_DEDUCTION, Measure.FULL_DEDUCTION):
            store.reverse(tx.conn, measure.id, tx.actor, reason, tx.now)
            store.add_step(tx.conn, measure.id, tx.actor, reason, tx.now)
            give_back(tx, measure, subjects.accounts(tx.conn, subject_id), reason, policy)
            body = {"subject": subject_id, "measure": measure.measure, "state": "reversed", "reason": reason}
            tx.note("rating.measure_ended", measure.id, body)


def _reinstate(tx: Tx, measure: MeasureRow, reason: str, policy: Policy) -> None:
    """Unless another line has dismissed them as well."""
    every = store.of_subject(tx.conn, measure.subject_id)
    if any(other.measure == Measure.DISMISSAL and other.state == "active" for other in every):
        return
    for account in subjects.accounts(tx.conn, measure.subject_id):
        merchants.reinstate(tx, account.merchant_id, measure.id, reason, policy)


def give_back(tx: Tx, measure: MeasureRow, accounts: Sequence[Account], reason: str, policy: Policy) -> None:
    """What a measure took from the bonds of these accounts."""
    assets = {asset.id: asset for asset in ledger.assets(tx.conn)}
    for account in accounts:
        for bond in bonds.of(tx.conn, account.merchant_id):
            asset = assets[bond.asset_id]
            bonds.give_back(tx, account.merchant_id, asset, decision=measure.id, reason=reason, policy=policy)
