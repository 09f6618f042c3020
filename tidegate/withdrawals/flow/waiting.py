"""Time passes: a delay ends, a deadline passes; a step that fails waits for a person."""

from __future__ import annotations

from datetime import datetime

import structlog

from tidegate.base.times import rfc3339
from tidegate.db import Conn, act
from tidegate.withdrawals import store
from tidegate.withdrawals.flow.deciding import decide
from tidegate.withdrawals.flow.following import end, follow
from tidegate.withdrawals.flow.given import Setting
from tidegate.withdrawals.flow.looking import look
from tidegate.withdrawals.review import blocked
from tidegate.withdrawals.withdrawal import Status

log = structlog.get_logger("withdrawals")


def release(conn: Conn, id: str, setting: Setting, now: datetime) -> Status:
    """A delay has ended: review again, never straight to approved. A blocked party's withdrawal stays as it is."""
    with act(conn, "worker", now) as tx:
        looked = look(tx, id, setting)
        withdrawal = looked.withdrawal
        if withdrawal.status is not Status.DELAYED or withdrawal.release_at is None or withdrawal.release_at > now:
            return withdrawal.status
        if blocked(looked.facts):
            store.waits_for(tx.conn, id, "freeze")
            return withdrawal.status
        decision_id, verdict = decide(tx, looked, "release", setting)
        return follow(tx, looked, decision_id, verdict, setting)


def expire(conn: Conn, id: str, setting: Setting, now: datetime) -> Status:
    """A deadline has passed: funds and limit are free again."""
    with act(conn, "worker", now) as tx:
        withdrawal = look(tx, id, setting).withdrawal
        waits = withdrawal.status in (Status.AWAITING_CONFIRMATION, Status.AWAITING_INFORMATION)
        if not waits or withdrawal.expires_at is None or withdrawal.expires_at > now:
            return withdrawal.status
        asked = "confirmed" if withdrawal.status is Status.AWAITING_CONFIRMATION else "informed about"
        end(tx, withdrawal, Status.EXPIRED, why=f"not {asked} by {rfc3339(withdrawal.expires_at)}")
        return Status.EXPIRED


def set_aside(conn: Conn, id: str, fault: Exception, now: datetime) -> None:
    """A step about one withdrawal, or one lone decision, met a bug: it waits for a person, and says why once."""
    kind, detail = type(fault).__name__, str(fault)[:2000]
    with act(conn, "worker", now) as tx:
        store.waits_for(tx.conn, id, "person")
        if not store.has_failed(tx.conn, id, kind):
            tx.note("step.failed", id, {"fault": kind, "detail": detail})
            log.error("step failed", subject=id, fault=f"{kind}: {detail}")
