"""Runs: the statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class RunRow:
    id: str  # "rat_…"
    month: str
    timezone: str
    start_at: datetime
    as_of: datetime
    calendar: str
    calendar_hash: str
    deadline: datetime
    policy_version: int
    readings_hash: str
    made_by: str
    made_at: datetime
    late_at: datetime | None
    published_at: datetime | None


def add(conn: Conn, made: RunRow) -> int:
    """Keep a run; 0 where the month has one."""
    return run(
        conn,
        """
        INSERT INTO rating_run (id, month, timezone, start_at, as_of, calendar, calendar_hash, deadline,
                                policy_version, readings_hash, made_by, made_at)
        VALUES (%(id)s, %(month)s, %(timezone)s, %(start_at)s, %(as_of)s, %(calendar)s, %(calendar_hash)s,
                %(deadline)s, %(policy_version)s, %(readings_hash)s, %(made_by)s, %(made_at)s)
        ON CONFLICT (month) DO NOTHING
        """,
        {
            "id": made.id,
            "month": made.month,
            "timezone": made.timezone,
            "start_at": made.start_at,
            "as_of": made.as_of,
            "calendar": made.calendar,
            "calendar_hash": made.calendar_hash,
            "deadline": made.deadline,
            "policy_version": made.policy_version,
            "readings_hash": made.readings_hash,
            "made_by": made.made_by,
            "made_at": made.made_at,
        },
    )


def lock_month(conn: Conn, month: str) -> RunRow | None:
    """A month's run, row-locked: two who draw or tell it take turns."""
    return row(
        conn,
        RunRow,
        """
        SELECT id, month, timezone, start_at, as_of, calendar, calendar_hash, deadline, policy_version, readings_hash,
               made_by, made_at, late_at, published_at
          FROM rating_run WHERE month = %(month)s FOR UPDATE
        """,
        {"month": month},
    )


def get(conn: Conn, id: str) -> RunRow | None:
    """One run."""
    return row(
        conn,
        RunRow,
        """
        SELECT id, month, timezone, start_at, as_of, calendar, calendar_hash, deadline, policy_version, readings_hash,
               made_by, made_at, late_at, published_at
          FROM rating_run WHERE id = %(id)s
        """,
        {"id": id},
    )


def listed(conn: Conn, limit: int) -> list[RunRow]:
    """Runs, the newest month first."""
    return rows(
        conn,
        RunRow,
        """
        SELECT id, month, timezone, start_at, as_of, calendar, calendar_hash, deadline, policy_version, readings_hash,
               made_by, made_at, late_at, published_at
          FROM rating_run ORDER BY month DESC LIMIT %(limit)s
        """,
        {"limit": limit},
    )


@dataclass(frozen=True, slots=True)
class Counts:
    """How far the lines of a run that hold have come."""

    lines: int
    waiting: int  # for a person
    published: int


def counts(conn: Conn, id: str) -> Counts:
    """How far a run has come."""
    found = row(
        conn,
        Counts,
        """
        SELECT count(*)::int AS lines,
               count(*) FILTER (WHERE l.person AND d.line_id IS NULL AND p.line_id IS NULL)::int AS waiting,
               count(p.line_id)::int AS published
          FROM rating_line l
          LEFT JOIN rating_decision d ON d.line_id = l.id
          LEFT JOIN rating_publication p ON p.line_id = l.id
         WHERE l.run_id = %(id)s AND NOT EXISTS (SELECT FROM rating_line s WHERE s.supersedes = l.id)
        """,
        {"id": id},
    )
    assert found is not None
    return found


def published(conn: Conn, id: str, now: datetime) -> int:
    """Everybody was told; 0 where that was so before."""
    return run(
        conn,
        "UPDATE rating_run SET published_at = %(now)s WHERE id = %(id)s AND published_at IS NULL",
        {"id": id, "now": now},
    )


def late(conn: Conn, id: str, now: datetime) -> int:
    """It was noticed that the deadline is over; 0 where that was noticed before."""
    return run(
        conn,
        "UPDATE rating_run SET late_at = %(now)s WHERE id = %(id)s AND late_at IS NULL",
        {"id": id, "now": now},
    )


@dataclass(frozen=True, slots=True)
class Overdue:
    id: str
    month: str
    deadline: datetime


def overdue(conn: Conn, now: datetime) -> list[Overdue]:
    """Runs whose deadline is over, that are not told, and of which nobody has noticed it."""
    return rows(
        conn,
        Overdue,
        """
        SELECT id, month, deadline FROM rating_run
         WHERE published_at IS NULL AND late_at IS NULL AND deadline <= %(now)s ORDER BY month
        """,
        {"now": now},
    )
