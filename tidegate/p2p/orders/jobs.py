"""What time brings about at the desk: orders that nobody paid, lots that mature.

Nothing outside the database is touched, and each order is its own act: a worker may die at any line, and the next one
goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tidegate.db import Conn
from tidegate.p2p.lots import flow as lots
from tidegate.p2p.orders import flow, store

Clock = Callable[[], datetime]


def expire_due(conn: Conn, clock: Clock, limit: int = 50) -> int:
    """Give back the coins of orders that nobody paid in time; how many were looked at."""
    due = store.unpaid(conn, clock(), limit)
    for id in due:
        flow.expire(conn, id, clock())
    return len(due)


def mature_due(conn: Conn, clock: Clock) -> int:
    """Say of lots that they have matured; how many."""
    return lots.mature(conn, clock())
