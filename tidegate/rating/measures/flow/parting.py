"""Two people had been taken for one: each keeps the measures of lines that stand on their own facts."""

from __future__ import annotations

from dataclasses import replace

from tidegate.base.ids import new_id
from tidegate.db import Tx
from tidegate.p2p.merchants import flow as merchants
from tidegate.parties import flow as parties
from tidegate.policy.pack import Policy
from tidegate.rating.measures import store
from tidegate.rating.measures.flow.ending import give_back
from tidegate.rating.measures.flow.ordering import keep
from tidegate.rating.measures.measure import Measure
from tidegate.rating.measures.store import MeasureRow
from tidegate.rating.subjects import flow as subjects
from tidegate.rating.subjects.store import Account


def part(tx: Tx, stays: str, leaves: str, policy: Policy, *, keep: bool) -> None:
    """Sort the measures of one person out between two. What was taken for the other's facts is given back.

    `keep`: whoever stays keeps what holds for them, until two people have decided about their tier.
    """
    for measure in store.of_subject(tx.conn, stays):
        if measure.state not in ("waiting", "active", "done"):
            continue
        owners = store.owners(tx.conn, measure.id)
        if leaves in owners and (keep or stays in owners):
            _copy(tx, measure, leaves)
        elif leaves in owners:
            store.hand_over(tx.conn, measure.id, leaves)
            _free(tx, measure, subjects.accounts(tx.conn, stays), policy)
        else:
            _free(tx, measure, subjects.accounts(tx.conn, leaves), policy)


def _copy(tx: Tx, measure: MeasureRow, leaves: str) -> None:
    """It holds for both, and ends for each of them apart."""
    made = replace(measure, id=new_id("msr"), subject_id=leaves)
    keep(tx, made)
    own = subjects.accounts(tx.conn, leaves)
    store.move_orders(tx.conn, measure.id, made.id, [account.party_id for account in own])
    if measure.state == "waiting":
        for account in own:
            merchants.close_matter(tx, account.merchant_id, measure.id)
            merchants.open_matter(tx, account.merchant_id, "deduction", made.id)
    tx.note("rating.measure", made.id, {"subject": leaves, "measure": measure.measure, "like": measure.id})


def _free(tx: Tx, measure: MeasureRow, accounts: list[Account], policy: Policy) -> None:
    """It is not about these accounts, and never was."""
    reason = f"{measure.id} is about somebody else: a link was undone"
    own = {account.party_id for account in accounts}
    in_force = {r.id for held in parties.restrictions(tx.conn, own, tx.now).values() for r in held}
    for order in store.orders(tx.conn, [measure.id]):
        if order.party_id in own and order.restriction_id in in_force:
            parties.lift(tx.conn, order.restriction_id, reason, tx.actor, tx.now)
    if measure.measure == Measure.DISMISSAL and measure.state == "active":
        for account in accounts:
            merchants.reinstate(tx, account.merchant_id, measure.id, reason, policy)
    if measure.measure in (Measure.PARTIAL_DEDUCTION, Measure.FULL_DEDUCTION) and measure.state == "done":
        give_back(tx, measure, accounts, reason, policy)
    if measure.state == "waiting":
        for account in accounts:
            merchants.close_matter(tx, account.merchant_id, measure.id)
