"""The customer says that it is wrong."""

from __future__ import annotations

from datetime import datetime

from tidegate.cases import flow as cases
from tidegate.db import Conn, Tx, act
from tidegate.withdrawals import appeals, store
from tidegate.withdrawals.flow.given import Setting
from tidegate.withdrawals.flow.looking import locked_in_order
from tidegate.withdrawals.flow.reading import got
from tidegate.withdrawals.withdrawal import FINAL, Withdrawal


def appeal(conn: Conn, id: str, text: str, actor: str, setting: Setting, now: datetime) -> Withdrawal:
    """The customer says that it is wrong; people who have not answered about it before look at it.

    Raises NotFound; Conflict `withdrawal_not_appealable`, `appeal_open`, `appeal_answered`; Malformed `text_invalid`.
    """
    with act(conn, actor, now) as tx:
        withdrawal = locked_in_order(tx, id)
        last = cases.latest(conn, [id], "withdrawal_appeal").get(id)
        appeals.check(withdrawal, last.status if last else None, last.closed_at if last else None)
        latest = store.decision(conn, withdrawal.decision_id)
        assert latest is not None  # the column says so
        case_id = cases.open_case(
            tx,
            kind="withdrawal_appeal",
            subject=id,
            party_id=withdrawal.party_id,
            requester=actor,
            reasons=["appeal"],
            quorum=setting.policy.quorum(withdrawal.value),
            sla_hours=setting.policy.review_sla_hours,
            policy_version=latest.policy_version,
        )
        cases.tell(tx, id, "withdrawal_appeal", text, field="text")
        tx.note("withdrawal.appealed", id, {"case": case_id})
    return got(conn, id)


def appeal_answered(tx: Tx, id: str, answer_: str, case_id: str) -> None:
    """An appeal was answered (news from `cases`). It moves nothing: what has ended stays ended, a delay runs its time,
    a review goes on and is told; the customer is told in the hold letter (decision 17)."""
    withdrawal = locked_in_order(tx, id)
    overturned = answer_ == "approved"
    tx.note(f"withdrawal.appeal_{'overturned' if overturned else 'upheld'}", id, {"case": case_id})
    if overturned and withdrawal.status not in FINAL:
        cases.tell(tx, id, "withdrawal_review", f"The customer's appeal was right: see {case_id}.")
