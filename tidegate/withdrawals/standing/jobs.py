"""What time brings about for standing withdrawals: runs that are due, drafts that nobody confirmed.

Each is its own act, and nothing outside the database is touched, so a worker may die at any line: what was not
committed is done again by the next one, under the same key.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from tidegate.db import Conn
from tidegate.withdrawals.flow import Setting
from tidegate.withdrawals.standing import flow, store

log = structlog.get_logger("standing")

Clock = Callable[[], datetime]


def run_due(conn: Conn, setting: Callable[[], Setting], clock: Clock, limit: int = 50) -> int:
    """Look at what is due; how many were looked at. One that fails is set aside and harms no other."""
    due = store.due(conn, clock(), limit)
    for id in due:
        try:
            flow.run(conn, id, setting(), clock())
        except Exception as fault:  # kept in the journal and tried again, not swallowed
            if conn.closed or conn.broken:
                raise
            log.error("run failed", standing=id, fault=f"{type(fault).__name__}: {fault}")
            flow.set_aside(conn, id, f"{type(fault).__name__}: {fault}", clock())
    return len(due)


def expire_drafts(conn: Conn, clock: Clock, limit: int = 50) -> int:
    """Drop what was not confirmed in time; how many were looked at."""
    due = store.unconfirmed(conn, clock(), limit)
    for id in due:
        flow.expire_draft(conn, id, clock())
    return len(due)
