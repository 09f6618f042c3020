"""What nobody needs any more is deleted."""

from __future__ import annotations

from datetime import datetime, timedelta

from tidegate.db import Conn, act
from tidegate.parties import store


def purge(conn: Conn, challenges: timedelta, sessions: timedelta, now: datetime, limit: int = 1000) -> int:
    """Forget what passkeys had to sign and when people were signed in, once that is so long over; how many rows."""
    with act(conn, "worker", now) as tx:
        sessions_done = store.purge_sessions(conn, now - sessions, limit)
        challenges_done = store.purge_challenges(conn, now - challenges, limit)
        if challenges_done or sessions_done:
            tx.note("retention.purged", "sessions", {"challenges": challenges_done, "sessions": sessions_done})
    return challenges_done + sessions_done
