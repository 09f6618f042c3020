"""Deleting what nobody needs any more: the statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows of each kind were deleted."""

    challenges: int
    sessions: int


def purge(conn: Conn, expired_before: datetime, used_before: datetime, limit: int) -> Purged:
    """Delete passkeys' challenges that expired, and sessions of staff last used, before these times; the oldest first,
    at most `limit` of each."""
    found = row(
        conn,
        Purged,
        """
        WITH challenges AS (
            DELETE FROM passkey_challenge WHERE challenge IN (
                SELECT challenge FROM passkey_challenge WHERE expires_at < %(expired)s
                 ORDER BY expires_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED) RETURNING challenge
        ), sessions AS (
            DELETE FROM staff_session WHERE hash IN (
                SELECT hash FROM staff_session WHERE greatest(seen_at, ended_at) < %(used)s
                 ORDER BY seen_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED) RETURNING hash
        )
        SELECT (SELECT count(*) FROM challenges) AS challenges, (SELECT count(*) FROM sessions) AS sessions
        """,
        {"expired": expired_before, "used": used_before, "limit": limit},
    )
    assert found is not None  # it counts
    return found
