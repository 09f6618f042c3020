"""Disputing an order, and what people decide about it. Whether a bond is touched is decided apart (section 8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from tidegate.base.refusals import Conflict
from tidegate.cases import flow as cases
from tidegate.cases.case import check_words
from tidegate.db import Conn, Tx, act
from tidegate.p2p.ads.flow import Desk
from tidegate.p2p.disputes import dispute as rules
from tidegate.p2p.merchants import flow as merchants
from tidegate.p2p.orders import flow as orders
from tidegate.p2p.orders.order import Order, Role, Status

KIND: Literal["p2p_dispute"] = "p2p_dispute"

_ANSWERS = {"release": "approve", "refund": "decline"}
_OUTCOMES = {"approved": "release", "declined": "refund"}


def dispute(conn: Conn, id: str, by: Role, reason: str, note: str, actor: str, desk: Desk, now: datetime) -> Order:
    """One of the two asks people to decide; `note` says what happened.

    Raises as `dispute.check_open`; Malformed `note_invalid`.
    """
    check_words(note, "note", 2000)
    numbers = desk.policy.p2p
    with act(conn, actor, now) as tx:
        order = orders.locked(tx, id)
        rules.check_open(order, by, reason)
        cases.open_case(
            tx,
            kind=KIND,
            subject=id,
            party_id=order.party(by),
            requester=actor,
            reasons=[reason],
            quorum=rules.people(order.value, numbers.two_people_from),
            sla_hours=numbers.dispute_hours,
        )
        cases.tell(tx, id, KIND, f"{by}: {note}")
        merchants.open_matter(tx, order.merchant_id, "dispute", id)
        moved = replace(order, status=Status.DISPUTED, dispute_reason=reason, dispute_by=by)
        return orders.move(tx, moved, order.status, "order.disputed")


def resolve(conn: Conn, id: str, outcome: str, reason: str, at_fault: str | None, actor: str, now: datetime) -> Order:
    """One person's decision, for the record of the case; the order ends with the last that is needed.

    Raises Malformed `outcome_unknown`, `at_fault_unknown`; Conflict `order_not_disputed`; and as `cases.answer`.
    """
    rules.check_outcome(outcome)
    with act(conn, actor, now) as tx:
        order = orders.locked(tx, id)
        lost = rules.lost_by(order, outcome, at_fault)
        if order.status is not Status.DISPUTED:
            raise Conflict("order_not_disputed", f"{id} is {order.status}; only a dispute is resolved.")
        case = next(case for case in cases.about(conn, id) if case.kind == KIND and case.status == "open")
        file = cases.answer(conn, case.id, actor, _ANSWERS[outcome], reason, now)
        return order if file.case.status == "open" else _end(tx, order, outcome, lost, file)


def answered(tx: Tx, id: str, answer: str, case_id: str) -> None:
    """News from `cases`: people answered there. Nothing is left to do where they did it through `resolve`."""
    order = orders.locked(tx, id)
    if order.status is Status.DISPUTED:
        outcome = _OUTCOMES[answer]
        _end(tx, order, outcome, rules.lost_by(order, outcome, None), cases.file(tx.conn, case_id))


def _end(tx: Tx, order: Order, outcome: str, lost: Role | None, file: cases.File) -> Order:
    level = len({voice.person for voice in file.answers if voice.answer == _ANSWERS[outcome]})
    ended = replace(order, dispute_lost_by=lost, resolved_level=level)
    target = rules.OUTCOMES[outcome]
    merchants.close_matter(tx, order.merchant_id, order.id)
    if target is Status.RESOLVED_RELEASE:
        return orders.hand_over(tx, ended, target, "order.resolved")
    return orders.give_back(tx, ended, target, "order.resolved")
