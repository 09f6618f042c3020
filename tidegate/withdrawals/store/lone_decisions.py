"""Decisions that stand alone, and how each of them ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tidegate.db import Conn, row, run
from tidegate.withdrawals.deciding import Lone


def insert_lone(conn: Conn, items: Sequence[Lone]) -> None:
    """Write lone decisions; their decisions are there already."""
    run(
        conn,
        """
        INSERT INTO lone_decision (decision_id, party_id, requester, status, expires_at, created_at, ended_at)
        SELECT * FROM unnest(%(ids)s::text[], %(parties)s::text[], %(requesters)s::text[], %(statuses)s::text[],
                             %(expires)s::timestamptz[], %(created)s::timestamptz[], %(ended)s::timestamptz[])
        """,
        {
            "ids": [d.decision_id for d in items],
            "parties": [d.party_id for d in items],
            "requesters": [d.requester for d in items],
            "statuses": [d.status.value for d in items],
            "expires": [d.expires_at for d in items],
            "created": [d.created_at for d in items],
            "ended": [d.ended_at for d in items],
        },
    )


def lone(conn: Conn, decision_id: str) -> Lone | None:
    """One lone decision; None for one about a withdrawal."""
    return row(
        conn,
        Lone,
        """
        SELECT decision_id, party_id, requester, status, expires_at, created_at, ended_at
          FROM lone_decision WHERE decision_id = %(id)s
        """,
        {"id": decision_id},
    )


def end_lone(conn: Conn, decision_id: str, status: str, now: datetime) -> int:
    """The only move of a lone decision; 1 when it was open. Its party is locked."""
    return run(
        conn,
        """
        UPDATE lone_decision SET status = %(status)s, ended_at = %(now)s
         WHERE decision_id = %(id)s AND status = 'open'
        """,
        {"id": decision_id, "status": status, "now": now},
    )


def lone_expiring(conn: Conn, now: datetime, limit: int) -> list[str]:
    """Lone decisions whose room was kept long enough, oldest first."""
    found = conn.execute(
        """
        SELECT decision_id FROM lone_decision WHERE status = 'open' AND expires_at <= %(now)s
         ORDER BY expires_at, decision_id LIMIT %(limit)s
        """,
        {"now": now, "limit": limit},
    ).fetchall()
    return [id for (id,) in found]
