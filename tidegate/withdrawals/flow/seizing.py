"""A lawful order takes the funds."""

from __future__ import annotations

from datetime import datetime

from tidegate.cases import flow as cases
from tidegate.custody import flow as custody
from tidegate.db import Conn, Tx, act
from tidegate.ledger import accounts
from tidegate.ledger import flow as ledger
from tidegate.withdrawals import seizure, store
from tidegate.withdrawals.flow.following import give_back, move
from tidegate.withdrawals.flow.given import Setting
from tidegate.withdrawals.flow.looking import locked_in_order
from tidegate.withdrawals.withdrawal import MOVES, Status


def propose_seizure(
    conn: Conn, id: str, order_reference: str, document_sha256: str, actor: str, setting: Setting, now: datetime
) -> str:
    """Lay a lawful order before a second person; the case. Nothing moves yet: a freeze is what acts at once.

    Raises NotFound; Conflict `withdrawal_not_seizable`, `case_open`; Malformed `order_reference_invalid`,
    `document_sha256_invalid`; Forbidden `case_other_role`.
    """
    seizure.check_order(order_reference, document_sha256)
    with act(conn, actor, now) as tx:
        withdrawal = locked_in_order(tx, id)
        seizure.check_seizable(withdrawal)
        case_id = cases.open_case(
            tx,
            kind="seizure",
            subject=id,
            party_id=withdrawal.party_id,
            requester=actor,
            reasons=["lawful_order"],
            quorum=seizure.PEOPLE,
            sla_hours=setting.policy.review_sla_hours,
        )
        store.add_seizure_order(conn, store.SeizureOrder(case_id, id, order_reference, document_sha256, actor, now))
        cases.propose(tx, case_id, f"Order {order_reference}, document {document_sha256}")
    return case_id


def seizure_answered(tx: Tx, id: str, answer_: str, case_id: str) -> None:
    """A lawful order was agreed to, or not (news from `cases`). It takes what no payment owns: the payout's row
    decides the race. What came too late is noted, for people to act on."""
    if answer_ != "approved":
        return
    withdrawal = locked_in_order(tx, id)
    order = store.seizure_order(tx.conn, case_id)
    assert order is not None  # written with the case
    if Status.SEIZED not in MOVES[withdrawal.status] or not custody.recall(tx, id):
        tx.note("case.order_too_late", case_id, {"subject": id, "status": withdrawal.status})
        return
    move(tx, withdrawal, Status.SEIZED, why=f"order {order.order_reference}, document {order.document_sha256}")
    ledger.spend(tx, "withdrawal", id, "seizure", {accounts.LEGAL_HOLD: withdrawal.units})
    give_back(tx, id)
    cases.moot(tx, id, "the withdrawal is seized", seizure.ENDS)
