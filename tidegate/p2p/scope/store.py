"""The statements about scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class Interval:
    """From when to when a person is rated, half-open. `until_at` None = still."""

    subject_id: str
    from_at: datetime
    until_at: datetime | None
    ground: str


def current(conn: Conn, subject_id: str) -> Interval | None:
    """The open interval of a subject."""
    return row(
        conn,
        Interval,
        """
        SELECT subject_id, from_at, until_at, ground FROM p2p_scope
         WHERE subject_id = %(subject)s AND until_at IS NULL
        """,
        {"subject": subject_id},
    )


def end(conn: Conn, subject_id: str, now: datetime) -> None:
    """Close the open interval."""
    run(
        conn,
        """
        UPDATE p2p_scope SET until_at = greatest(%(now)s, from_at) WHERE subject_id = %(subject)s AND until_at IS NULL
        """,
        {"subject": subject_id, "now": now},
    )


def begin(conn: Conn, subject_id: str, ground: str, now: datetime) -> None:
    """Open an interval; another open one is a constraint error."""
    run(
        conn,
        "INSERT INTO p2p_scope (subject_id, from_at, ground) VALUES (%(subject)s, %(now)s, %(ground)s)",
        {"subject": subject_id, "now": now, "ground": ground},
    )


def intervals(conn: Conn, subject_id: str) -> list[Interval]:
    """Every interval of a subject, oldest first, without those that began and ended at one instant."""
    return rows(
        conn,
        Interval,
        """
        SELECT subject_id, from_at, until_at, ground FROM p2p_scope_v
         WHERE subject_id = %(subject)s ORDER BY from_at
        """,
        {"subject": subject_id},
    )
