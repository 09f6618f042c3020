"""What time does to cases: those that nobody answered are raised. Each is its own act; the row lock decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tidegate.cases import flow, store
from tidegate.db import Conn


def escalate_late(conn: Conn, clock: Callable[[], datetime], limit: int = 50) -> int:
    """Raise the cases that are late; how many were."""
    return sum(flow.escalate(conn, id, clock()) for id in store.late(conn, clock(), None, limit))
