"""What was told to whom: the statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class PublicationRow:
    line_id: str
    subject_id: str
    tier: str  # of the month, as decided
    before: str  # the tier that held
    after: str  # and holds from then on
    late: bool
    appeal_until: datetime
    by: str
    at: datetime


def add(conn: Conn, made: PublicationRow) -> None:
    """Keep that a line was told."""
    run(
        conn,
        """
        INSERT INTO rating_publication (line_id, subject_id, tier, before, after, late, appeal_until, by, at)
        VALUES (%(line)s, %(subject)s, %(tier)s, %(before)s, %(after)s, %(late)s, %(until)s, %(by)s, %(at)s)
        """,
        {
            "line": made.line_id,
            "subject": made.subject_id,
            "tier": made.tier,
            "before": made.before,
            "after": made.after,
            "late": made.late,
            "until": made.appeal_until,
            "by": made.by,
            "at": made.at,
        },
    )


def get(conn: Conn, line_id: str) -> PublicationRow | None:
    """When and how a line was told."""
    return row(
        conn,
        PublicationRow,
        """
        SELECT line_id, subject_id, tier, before, after, late, appeal_until, by, at
          FROM rating_publication WHERE line_id = %(line)s
        """,
        {"line": line_id},
    )


def of_subject(conn: Conn, subject_id: str, limit: int) -> list[PublicationRow]:
    """What was told about a person, newest first."""
    return rows(
        conn,
        PublicationRow,
        """
        SELECT line_id, subject_id, tier, before, after, late, appeal_until, by, at
          FROM rating_publication WHERE subject_id = %(subject)s ORDER BY at DESC, line_id DESC LIMIT %(limit)s
        """,
        {"subject": subject_id, "limit": limit},
    )


@dataclass(frozen=True, slots=True)
class Event:
    fact_id: str
    event_id: str
    opened: bool  # an alert that nobody has judged
    counts_at: datetime


def events(conn: Conn, line_id: str) -> list[Event]:
    """The events of a line that count still and have justified no rise."""
    return rows(
        conn,
        Event,
        """
        SELECT f.id AS fact_id, f.event_id, v.disposition = 'open' AS opened, greatest(f.at, f.known_at) AS counts_at
          FROM rating_line l JOIN rating_fact f ON f.id = ANY(l.facts)
          JOIN rating_facts_v v ON v.fact_id = f.id
         WHERE l.id = %(line)s AND (v.disposition = 'confirmed' OR v.disposition = 'open' AND v.fact = 'alert')
           AND NOT EXISTS (SELECT FROM rating_lift u WHERE u.event_id = f.event_id)
         ORDER BY f.id
        """,
        {"line": line_id},
    )
