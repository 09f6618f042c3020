"""The link of a mail that confirms is sent."""

from __future__ import annotations

from datetime import datetime, timedelta

from tidegate.base.refusals import Conflict, TooMany
from tidegate.base.times import hours, rfc3339
from tidegate.db import Conn, Tx, act
from tidegate.notifications import flow as notifications
from tidegate.parties import flow as parties
from tidegate.policy.factor_numbers import MAIL
from tidegate.withdrawals import answer, factors, store
from tidegate.withdrawals.flow.confirming import confirmable
from tidegate.withdrawals.flow.given import Setting
from tidegate.withdrawals.flow.looking import look
from tidegate.withdrawals.withdrawal import Status, Withdrawal


def mail_link(tx: Tx, id: str, setting: Setting) -> bool:
    """Send the customer the link that confirms, where the withdrawal waits for it; whether it does (news of ours)."""
    withdrawal = store.get(tx.conn, id)
    if withdrawal is None or withdrawal.status is not Status.AWAITING_CONFIRMATION:
        return False
    if MAIL not in factors.missing(withdrawal.required_factors, withdrawal.used_factors):
        return False
    _send_link(tx, withdrawal, setting)
    return True


def resend(conn: Conn, id: str, actor: str, setting: Setting, now: datetime) -> Withdrawal:
    """Send the link that confirms once more; the ones before still count, for one confirmation in all.

    Raises NotFound, Conflict (`link_not_asked` and as `confirm`), TooMany `resend_too_soon`.
    """
    with act(conn, actor, now) as tx:
        looked = look(tx, id, setting)
        withdrawal = looked.withdrawal
        if MAIL not in factors.missing(withdrawal.required_factors, withdrawal.used_factors):
            raise Conflict("link_not_asked", f"{id} waits for no link of a mail.")
        confirmable(withdrawal, looked, MAIL, now)
        last = notifications.last_link(conn, id)
        wait = timedelta(seconds=setting.policy.factors.resend_seconds)
        if last is not None and now < last.created_at + wait:
            again = last.created_at + wait
            raise TooMany("resend_too_soon", f"A mail was sent already; ask again at {rfc3339(again)}.", until=again)
        _send_link(tx, withdrawal, setting)
        return withdrawal


def _send_link(tx: Tx, withdrawal: Withdrawal, setting: Setting) -> None:
    owner = parties.get(tx.conn, withdrawal.party_id)
    numbers, asset = setting.policy.factors, setting.assets[withdrawal.asset_id]
    until = min(tx.now + hours(numbers.link_hours), withdrawal.expires_at or tx.now)
    mail = notifications.put(
        tx,
        notifications.To(owner.id, owner.email, owner.language),
        "confirm",
        answer.as_lines(withdrawal, asset),
        numbers.freeze_link_days,
        notifications.Confirms(withdrawal.id, withdrawal.payload_hash, until),
    )
    tx.note("withdrawal.link_mailed", withdrawal.id, {"mail": mail.id, "party": owner.id, "until": until})
