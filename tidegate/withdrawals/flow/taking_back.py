"""The customer takes it back, or insists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tidegate.base.refusals import Conflict
from tidegate.custody import flow as custody
from tidegate.db import Conn, Tx, act
from tidegate.screening import flow as screening
from tidegate.withdrawals.flow.following import end
from tidegate.withdrawals.flow.given import Setting
from tidegate.withdrawals.flow.looking import look
from tidegate.withdrawals.flow.reading import got
from tidegate.withdrawals.withdrawal import CANCELLABLE, FINAL, Status, Withdrawal


def cancel(conn: Conn, id: str, actor: str, setting: Setting, now: datetime) -> Withdrawal:
    """The customer takes it back, while no payout attempt owns it. Raises Conflict `withdrawal_not_cancellable`.

    The race with the payout is decided on the payout's row: whoever changes it first wins.
    """
    with act(conn, actor, now) as tx:
        withdrawal = look(tx, id, setting).withdrawal
        if withdrawal.status not in CANCELLABLE or not custody.recall(tx, withdrawal.id):
            status = Status.PAYING if withdrawal.status in CANCELLABLE else withdrawal.status
            raise Conflict("withdrawal_not_cancellable", f"{id} is {status}; it can no longer be cancelled.")
        end(tx, withdrawal, Status.CANCELLED, why=f"by {actor}")
    return got(conn, id)


def cancel_if_free(tx: Tx, id: str, why: str, setting: Setting) -> bool:
    """Take it back inside somebody's act; False where a payout attempt owns it or it has ended."""
    withdrawal = look(tx, id, setting).withdrawal
    if withdrawal.status not in CANCELLABLE or not custody.recall(tx, id):
        return False
    end(tx, withdrawal, Status.CANCELLED, why=why)
    return True


def insist(
    conn: Conn, id: str, warning_id: str, evidence: Mapping[str, str], actor: str, setting: Setting, now: datetime
) -> Withdrawal:
    """The customer has read the warning about the destination and wants the withdrawal all the same: kept as a fact.

    It goes on to a person as before. Raises NotFound; Conflict as `screening.insist` says, `withdrawal_ended`.
    """
    with act(conn, actor, now) as tx:
        withdrawal = look(tx, id, setting).withdrawal
        if withdrawal.status in FINAL:
            raise Conflict("withdrawal_ended", f"{id} is {withdrawal.status}; there is nothing left to insist on.")
        place = (withdrawal.network, withdrawal.address)
        screening.insist(tx, warning_id, withdrawal.party_id, id, place, evidence, setting.policy.screening)
    return got(conn, id)
