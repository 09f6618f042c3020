"""What time and readiness bring about: delays that end, deadlines that pass, approvals that are handed to custody.

Each withdrawal is its own act, so any number of workers may run these beside each other: the row lock decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from tidegate.db import Conn
from tidegate.withdrawals import flow, store

Clock = Callable[[], datetime]
SettingNow = Callable[[], flow.Setting]


def release_due(conn: Conn, setting: SettingNow, clock: Clock, limit: int = 50) -> int:
    """Review again what has waited long enough; how many were looked at."""
    due = store.due(conn, clock(), limit)
    for id in due:
        flow.release(conn, id, setting(), clock())
    return len(due)


def expire_due(conn: Conn, setting: SettingNow, clock: Clock, limit: int = 50) -> int:
    """End what was not confirmed or informed about in time; how many were looked at."""
    due = store.expiring(conn, clock(), limit)
    for id in due:
        flow.expire(conn, id, setting(), clock())
    return len(due)


def outside_due(conn: Conn, setting: SettingNow, clock: Clock, limit: int = 50) -> int:
    """Go on without outside checks that did not answer in time; how many withdrawals were looked at."""
    overdue = store.outside_overdue(conn, clock(), limit)
    for id in overdue:
        flow.outside_overdue(conn, id, setting(), clock())
    return len(overdue)


def expire_alone_due(conn: Conn, clock: Clock, limit: int = 50) -> int:
    """Free the room of decisions that nobody committed in time; how many were looked at."""
    due = store.lone_expiring(conn, clock(), limit)
    for id in due:
        flow.expire_alone(conn, id, clock())
    return len(due)


def authorise_approved(
    conn: Conn,
    sign: flow.Sign,
    chain_ids: Mapping[str, int],
    setting: SettingNow,
    clock: Clock,
    limit: int = 50,
) -> int:
    """Look once more at what is approved, sign its authorisation and queue its payout; how many were looked at."""
    ready = store.to_authorise(conn, limit)
    for id in ready:
        flow.authorise(conn, id, sign, chain_ids, setting(), clock())
    return len(ready)
