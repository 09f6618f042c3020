"""What is ordered about a party: the statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tidegate.db import Conn, row, rows, run
from tidegate.parties.party import Restriction


def add_restriction(conn: Conn, order: Restriction) -> None:
    """Put a restriction in force."""
    run(
        conn,
        """
        INSERT INTO restriction (id, party_id, kind, until, value, reason, created_by, created_at)
        VALUES (%(id)s, %(party)s, %(kind)s, %(until)s, %(value)s, %(reason)s, %(by)s, %(at)s)
        """,
        {
            "id": order.id,
            "party": order.party_id,
            "kind": order.kind,
            "until": order.until,
            "value": order.value,
            "reason": order.reason,
            "by": order.created_by,
            "at": order.created_at,
        },
    )


def end_restriction(conn: Conn, id: str, until: datetime) -> int:
    """Let a restriction end at a time; 1 where it was this call that said so."""
    return run(
        conn,
        "UPDATE restriction SET until = %(until)s WHERE id = %(id)s AND lifted_at IS NULL AND until IS NULL",
        {"id": id, "until": until},
    )


def lift_restriction(conn: Conn, id: str, by: str, reason: str, now: datetime) -> int:
    """Lift a restriction that is not lifted yet; 1 where it was this call that did."""
    return run(
        conn,
        """
        UPDATE restriction SET lifted_by = %(by)s, lifted_at = %(now)s, lift_reason = %(reason)s
         WHERE id = %(id)s AND lifted_at IS NULL
        """,
        {"id": id, "by": by, "reason": reason, "now": now},
    )


def restriction(conn: Conn, id: str) -> Restriction | None:
    """One restriction, lifted or not."""
    return row(
        conn,
        Restriction,
        """
        SELECT id, party_id, kind, until, value, reason, created_by, created_at, lifted_by, lifted_at, lift_reason
          FROM restriction WHERE id = %(id)s
        """,
        {"id": id},
    )


def restrictions(conn: Conn, ids: Sequence[str], now: datetime) -> list[Restriction]:
    """What is in force on these parties, oldest first."""
    return rows(
        conn,
        Restriction,
        """
        SELECT id, party_id, kind, until, value, reason, created_by, created_at, lifted_by, lifted_at, lift_reason
          FROM restriction
         WHERE party_id = ANY(%(ids)s) AND lifted_at IS NULL AND (until IS NULL OR until > %(now)s)
         ORDER BY created_at, id
        """,
        {"ids": list(ids), "now": now},
    )


def restriction_page(conn: Conn, party_id: str | None, before: str | None, limit: int) -> list[Restriction]:
    """Restrictions ever ordered, of one party or of all, newest first, those before `before`."""
    return rows(
        conn,
        Restriction,
        """
        SELECT id, party_id, kind, until, value, reason, created_by, created_at, lifted_by, lifted_at, lift_reason
          FROM restriction
         WHERE (%(party)s::text IS NULL OR party_id = %(party)s) AND (%(before)s::text IS NULL OR id < %(before)s)
         ORDER BY id DESC LIMIT %(limit)s
        """,
        {"party": party_id, "before": before, "limit": limit},
    )
