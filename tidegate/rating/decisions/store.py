"""Voices, decisions, comments: the statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run
from tidegate.rating.decisions.decision import Voice


@dataclass(frozen=True, slots=True)
class DecisionRow:
    line_id: str
    tier: str
    code: str
    reason: str
    measures: str  # canonical JSON
    restriction_days: int | None
    secret: bool
    decided_by: list[str]
    decided_at: datetime
    check_until: datetime | None


@dataclass(frozen=True, slots=True)
class CommentRow:
    id: str
    line_id: str
    party_id: str
    text: str
    at: datetime


def voices(conn: Conn, line_id: str) -> list[Voice]:
    """What people said on a line, in order."""
    return rows(
        conn,
        Voice,
        "SELECT person, terms, reason, at FROM rating_voice WHERE line_id = %(line)s ORDER BY number",
        {"line": line_id},
    )


def add_voice(conn: Conn, line_id: str, number: int, voice: Voice) -> None:
    """Keep a person's word; the line is locked."""
    run(
        conn,
        """
        INSERT INTO rating_voice (line_id, number, person, terms, reason, at)
        VALUES (%(line)s, %(number)s, %(person)s, %(terms)s, %(reason)s, %(at)s)
        """,
        {
            "line": line_id,
            "number": number,
            "person": voice.person,
            "terms": voice.terms,
            "reason": voice.reason,
            "at": voice.at,
        },
    )


def add(conn: Conn, made: DecisionRow) -> None:
    """Keep a decision."""
    run(
        conn,
        """
        INSERT INTO rating_decision (line_id, tier, code, reason, measures, restriction_days, secret, decided_by,
                                     decided_at, check_until)
        VALUES (%(line)s, %(tier)s, %(code)s, %(reason)s, %(measures)s, %(days)s, %(secret)s, %(by)s::text[], %(at)s,
                %(check_until)s)
        """,
        {
            "line": made.line_id,
            "tier": made.tier,
            "code": made.code,
            "reason": made.reason,
            "measures": made.measures,
            "days": made.restriction_days,
            "secret": made.secret,
            "by": made.decided_by,
            "at": made.decided_at,
            "check_until": made.check_until,
        },
    )


def get(conn: Conn, line_id: str) -> DecisionRow | None:
    """What was decided about a line."""
    return row(
        conn,
        DecisionRow,
        """
        SELECT line_id, tier, code, reason, measures, restriction_days, secret, decided_by, decided_at, check_until
          FROM rating_decision WHERE line_id = %(line)s
        """,
        {"line": line_id},
    )


def add_comment(conn: Conn, made: CommentRow) -> None:
    """Keep what the merchant says."""
    run(
        conn,
        """
        INSERT INTO rating_comment (id, line_id, party_id, text, at)
        VALUES (%(id)s, %(line)s, %(party)s, %(text)s, %(at)s)
        """,
        {"id": made.id, "line": made.line_id, "party": made.party_id, "text": made.text, "at": made.at},
    )


def comments(conn: Conn, line_id: str) -> list[CommentRow]:
    """What the merchant said to a line, in order."""
    return rows(
        conn,
        CommentRow,
        "SELECT id, line_id, party_id, text, at FROM rating_comment WHERE line_id = %(line)s ORDER BY id",
        {"line": line_id},
    )


@dataclass(frozen=True, slots=True)
class Teller:
    recorded_by: str


def tellers(conn: Conn, line_id: str) -> list[Teller]:
    """Who told the facts that a line stands on."""
    return rows(
        conn,
        Teller,
        """
        SELECT DISTINCT f.recorded_by FROM rating_line l JOIN rating_fact f ON f.id = ANY(l.facts)
         WHERE l.id = %(line)s
        """,
        {"line": line_id},
    )
