"""Appeals, and what people answered: the statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class AppealRow:
    id: str  # "apl_…"
    line_id: str
    subject_id: str
    party_id: str
    text: str
    made_at: datetime
    status: str  # "open", "upheld", "rejected"
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Voice:
    person: str
    answer: str  # "uphold", "reject"
    tier: str | None  # to go back to
    reason: str
    at: datetime


def add(conn: Conn, made: AppealRow) -> int:
    """Keep an appeal; 0 where the line has one."""
    return run(
        conn,
        """
        INSERT INTO rating_appeal (id, line_id, subject_id, party_id, text, made_at, status)
        VALUES (%(id)s, %(line)s, %(subject)s, %(party)s, %(text)s, %(at)s, %(status)s)
        ON CONFLICT (line_id) DO NOTHING
        """,
        {
            "id": made.id,
            "line": made.line_id,
            "subject": made.subject_id,
            "party": made.party_id,
            "text": made.text,
            "at": made.made_at,
            "status": made.status,
        },
    )


def lock(conn: Conn, id: str) -> AppealRow | None:
    """One appeal, row-locked."""
    return row(
        conn,
        AppealRow,
        """
        SELECT id, line_id, subject_id, party_id, text, made_at, status, answered_at
          FROM rating_appeal WHERE id = %(id)s FOR UPDATE
        """,
        {"id": id},
    )


def get(conn: Conn, id: str) -> AppealRow | None:
    """One appeal."""
    return row(
        conn,
        AppealRow,
        """
        SELECT id, line_id, subject_id, party_id, text, made_at, status, answered_at
          FROM rating_appeal WHERE id = %(id)s
        """,
        {"id": id},
    )


def of_line(conn: Conn, line_id: str) -> AppealRow | None:
    """The appeal against a line."""
    return row(
        conn,
        AppealRow,
        """
        SELECT id, line_id, subject_id, party_id, text, made_at, status, answered_at
          FROM rating_appeal WHERE line_id = %(line)s
        """,
        {"line": line_id},
    )


def of_subject(conn: Conn, subject_id: str) -> list[AppealRow]:
    """The appeals against the lines of a person, newest first."""
    return rows(
        conn,
        AppealRow,
        """
        SELECT a.id, a.line_id, a.subject_id, a.party_id, a.text, a.made_at, a.status, a.answered_at
          FROM rating_line l JOIN rating_appeal a ON a.line_id = l.id
         WHERE l.subject_id = %(subject)s ORDER BY a.id DESC
        """,
        {"subject": subject_id},
    )


def page(conn: Conn, status: str | None, before: str | None, limit: int) -> list[AppealRow]:
    """Appeals, newest first."""
    return rows(
        conn,
        AppealRow,
        """
        SELECT id, line_id, subject_id, party_id, text, made_at, status, answered_at FROM rating_appeal
         WHERE (%(status)s::text IS NULL OR status = %(status)s) AND (%(before)s::text IS NULL OR id < %(before)s)
         ORDER BY id DESC LIMIT %(limit)s
        """,
        {"status": status, "before": before, "limit": limit},
    )


def voices(conn: Conn, id: str) -> list[Voice]:
    """What people answered, in order."""
    return rows(
        conn,
        Voice,
        """
        SELECT person, answer, tier, reason, at FROM rating_appeal_voice WHERE appeal_id = %(id)s ORDER BY number
        """,
        {"id": id},
    )


def add_voice(conn: Conn, id: str, number: int, voice: Voice) -> None:
    """Keep a person's answer; the appeal is locked."""
    run(
        conn,
        """
        INSERT INTO rating_appeal_voice (appeal_id, number, person, answer, tier, reason, at)
        VALUES (%(id)s, %(number)s, %(person)s, %(answer)s, %(tier)s, %(reason)s, %(at)s)
        """,
        {
            "id": id,
            "number": number,
            "person": voice.person,
            "answer": voice.answer,
            "tier": voice.tier,
            "reason": voice.reason,
            "at": voice.at,
        },
    )


def end(conn: Conn, id: str, status: str, now: datetime) -> None:
    """It is answered."""
    run(
        conn,
        "UPDATE rating_appeal SET status = %(status)s, answered_at = %(now)s WHERE id = %(id)s",
        {"id": id, "status": status, "now": now},
    )
