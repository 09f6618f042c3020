"""What raised somebody to EXTREME, what was told since, and restatements that wait: the statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows


@dataclass(frozen=True, slots=True)
class Raise:
    """The move to EXTREME that holds."""

    line_id: str
    before: str
    at: datetime


def raised(conn: Conn, subject_id: str) -> Raise | None:
    """The last line that raised somebody to EXTREME; of one who was joined with others, theirs (R20)."""
    return row(
        conn,
        Raise,
        """
        SELECT line_id, before, at FROM rating_move
         WHERE subject_id = %(subject)s AND after = 'extreme' AND before <> 'extreme'
           AND line_id IS NOT NULL
         ORDER BY id DESC LIMIT 1
        """,
        {"subject": subject_id},
    )


@dataclass(frozen=True, slots=True)
class Told:
    line_id: str


def told_since(conn: Conn, subject_id: str, since: datetime) -> list[Told]:
    """Lines about somebody's conduct that were told after a time, oldest first."""
    return rows(
        conn,
        Told,
        """
        SELECT p.line_id FROM rating_publication p JOIN rating_line l ON l.id = p.line_id
         WHERE p.subject_id = %(subject)s AND p.at > %(since)s AND l.cause IN ('month', 'event')
         ORDER BY p.at, p.line_id
        """,
        {"subject": subject_id, "since": since},
    )


@dataclass(frozen=True, slots=True)
class Lift:
    line_id: str
    event_id: str


def lifts(conn: Conn, lines: Sequence[str]) -> list[Lift]:
    """The events that justified the rises of some lines."""
    return rows(
        conn,
        Lift,
        "SELECT line_id, event_id FROM rating_lift WHERE line_id = ANY(%(lines)s::text[])",
        {"lines": list(lines)},
    )


@dataclass(frozen=True, slots=True)
class Pending:
    id: str


def pending(conn: Conn, subject_id: str) -> Pending | None:
    """The restatement about somebody that nobody has told yet and no other has superseded."""
    return row(
        conn,
        Pending,
        """
        SELECT l.id FROM rating_line l
         WHERE l.subject_id = %(subject)s AND l.cause = 'restatement'
           AND NOT EXISTS (SELECT FROM rating_line s WHERE s.supersedes = l.id)
           AND NOT EXISTS (SELECT FROM rating_publication p WHERE p.line_id = l.id)
        """,
        {"subject": subject_id},
    )
