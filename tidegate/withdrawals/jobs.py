"""What time and readiness bring about: delays that end, deadlines that pass, approvals that are handed to custody.

Each withdrawal is its own act, so any number of workers may run these beside each other: the row lock decides. One
that meets a bug is set aside where a person sees it, and tried again in later turns; the others do not wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import psycopg

from tidegate.db import Conn
from tidegate.withdrawals import flow, store

Clock = Callable[[], datetime]
SettingNow = Callable[[], flow.Setting]


def release_due(conn: Conn, setting: SettingNow, clock: Clock, limit: int = 50) -> int:
    """Review again what has waited long enough; how many were looked at."""
    due = store.due(conn, clock(), limit)
    return _each(conn, due, lambda id: flow.release(conn, id, setting(), clock()), clock)


def expire_due(conn: Conn, setting: SettingNow, clock: Clock, limit: int = 50) -> int:
    """End what was not confirmed or informed about in time; how many were looked at."""
    due = store.expiring(conn, clock(), limit)
    return _each(conn, due, lambda id: flow.expire(conn, id, setting(), clock()), clock)


def outside_due(conn: Conn, setting: SettingNow, clock: Clock, limit: int = 50) -> int:
    """Go on without outside checks that did not answer in time; how many withdrawals were looked at."""
    overdue = store.outside_overdue(conn, clock(), limit)
    return _each(conn, overdue, lambda id: flow.outside_overdue(conn, id, setting(), clock()), clock)


def expire_alone_due(conn: Conn, clock: Clock, limit: int = 50) -> int:
    """Free the room of decisions that nobody committed in time; how many were looked at."""
    due = store.lone_expiring(conn, clock(), limit)
    return _each(conn, due, lambda id: flow.expire_alone(conn, id, clock()), clock)


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
    return _each(conn, ready, lambda id: flow.authorise(conn, id, sign, chain_ids, setting(), clock()), clock)


def _each(conn: Conn, ids: Sequence[str], step: Callable[[str], object], clock: Clock) -> int:
    """Take the step for each, whatever becomes of the one before; how many were looked at."""
    for id in ids:
        try:
            step(id)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise  # the database's trouble, not this withdrawal's: the loop connects anew
        except Exception as fault:  # kept in the journal with its words, and shown: not swallowed
            flow.set_aside(conn, id, fault, clock())
    return len(ids)
