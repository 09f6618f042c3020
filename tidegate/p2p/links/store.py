"""Links of merchant accounts, and those that were undone: the statements."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class Link:
    """A merchant account was found to be the same person's as another."""

    id: str  # "lnk_…"
    merchant_id: str
    other_id: str
    subject_id: str  # whom its accounts joined
    subject_before: str
    evidence: str
    note: str
    actor: str
    at: datetime
    undone_by: str | None = None
    undone_at: datetime | None = None
    undone_reason: str | None = None


def add(conn: Conn, made: Link) -> None:
    """Who found what to be one person's, and how."""
    run(
        conn,
        """
        INSERT INTO p2p_link (id, merchant_id, other_id, subject_id, subject_before, evidence, note, actor, at)
        VALUES (%(id)s, %(merchant_id)s, %(other_id)s, %(subject_id)s, %(subject_before)s, %(evidence)s, %(note)s,
                %(actor)s, %(at)s)
        """,
        asdict(made),
    )


def undo(conn: Conn, id: str, reason: str, actor: str, now: datetime) -> None:
    """It was wrong. The accounts are locked."""
    run(
        conn,
        "INSERT INTO p2p_unlink (link_id, reason, actor, at) VALUES (%(id)s, %(reason)s, %(actor)s, %(now)s)",
        {"id": id, "reason": reason, "actor": actor, "now": now},
    )


def get(conn: Conn, id: str) -> Link | None:
    """One link."""
    return row(
        conn,
        Link,
        """
        SELECT l.id, l.merchant_id, l.other_id, l.subject_id, l.subject_before, l.evidence, l.note, l.actor, l.at,
               u.actor AS undone_by, u.at AS undone_at, u.reason AS undone_reason
          FROM p2p_link l LEFT JOIN p2p_unlink u ON u.link_id = l.id WHERE l.id = %(id)s
        """,
        {"id": id},
    )


def of_subject(conn: Conn, subject_id: str) -> list[Link]:
    """Links that joined accounts to a person, or name one of theirs, oldest first; also those that were undone."""
    return rows(
        conn,
        Link,
        """
        SELECT l.id, l.merchant_id, l.other_id, l.subject_id, l.subject_before, l.evidence, l.note, l.actor, l.at,
               u.actor AS undone_by, u.at AS undone_at, u.reason AS undone_reason
          FROM p2p_link l LEFT JOIN p2p_unlink u ON u.link_id = l.id
         WHERE l.subject_id = %(subject)s
            OR l.merchant_id IN (SELECT id FROM p2p_merchant WHERE subject_id = %(subject)s)
            OR l.other_id IN (SELECT id FROM p2p_merchant WHERE subject_id = %(subject)s)
         ORDER BY l.at, l.id
        """,
        {"subject": subject_id},
    )
