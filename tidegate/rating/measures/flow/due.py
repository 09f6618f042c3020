"""What time does to measures."""

from __future__ import annotations

from datetime import datetime

from tidegate.db import Conn, act
from tidegate.policy.pack import Policy
from tidegate.rating.measures.flow.ending import end
from tidegate.rating.measures.flow.ordering import carry_out
from tidegate.rating.measures.flow.reading import get
from tidegate.rating.subjects import flow as subjects


def expire(conn: Conn, id: str, now: datetime) -> bool:
    """A measure's time is over. Its restrictions have ended by themselves."""
    with act(conn, "worker", now) as tx:
        found = get(conn, id)
        subjects.lock(tx, found.subject_id)
        found = get(conn, id)
        if found.state != "active" or found.ends_at is None or found.ends_at > now:
            return False
        end(tx, found, "expired", "its time is over")
        return True


def carry_out_due(conn: Conn, id: str, policy: Policy, now: datetime) -> bool:
    """The time for an appeal is over: do what waited for it."""
    with act(conn, "worker", now) as tx:
        found = get(conn, id)
        subjects.lock(tx, found.subject_id)
        found = get(conn, id)
        if found.state != "waiting" or found.starts_at > now:
            return False
        tx.note("rating.measure_due", id, {"subject": found.subject_id, "measure": found.measure})
        carry_out(tx, found, policy)
        return True
