"""SQL of cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.cases.case import Answer, Case
from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a person added to a case's file."""

    person: str
    note: str
    at: datetime


def add(conn: Conn, case: Case) -> int:
    """Open a case; 0 where one is open about the subject already."""
    return run(
        conn,
        """
        INSERT INTO case_file (id, kind, subject, party_id, requester, reasons, quorum, opened_at, due_at)
        VALUES (%(id)s, %(kind)s, %(subject)s, %(party)s, %(requester)s, %(reasons)s, %(quorum)s, %(opened)s, %(due)s)
        ON CONFLICT (subject) WHERE status = 'open' DO NOTHING
        """,
        {
            "id": case.id,
            "kind": case.kind,
            "subject": case.subject,
            "party": case.party_id,
            "requester": case.requester,
            "reasons": case.reasons,
            "quorum": case.quorum,
            "opened": case.opened_at,
            "due": case.due_at,
        },
    )


def get(conn: Conn, id: str) -> Case | None:
    """One case."""
    return row(
        conn,
        Case,
        """
        SELECT id, kind, subject, party_id, requester, reasons, quorum, status, assignee, opened_at, due_at, closed_at
          FROM case_file WHERE id = %(id)s
        """,
        {"id": id},
    )


def lock(conn: Conn, id: str) -> Case | None:
    """One case, row-locked: of two answers at once the second sees the first."""
    return row(
        conn,
        Case,
        """
        SELECT id, kind, subject, party_id, requester, reasons, quorum, status, assignee, opened_at, due_at, closed_at
          FROM case_file WHERE id = %(id)s FOR UPDATE
        """,
        {"id": id},
    )


def lock_open(conn: Conn, subject: str) -> Case | None:
    """The open case about a subject, row-locked."""
    return row(
        conn,
        Case,
        """
        SELECT id, kind, subject, party_id, requester, reasons, quorum, status, assignee, opened_at, due_at, closed_at
          FROM case_file WHERE subject = %(subject)s AND status = 'open' FOR UPDATE
        """,
        {"subject": subject},
    )


def of_subject(conn: Conn, subject: str) -> list[Case]:
    """Every case about a subject, oldest first."""
    return rows(
        conn,
        Case,
        """
        SELECT id, kind, subject, party_id, requester, reasons, quorum, status, assignee, opened_at, due_at, closed_at
          FROM case_file WHERE subject = %(subject)s ORDER BY id
        """,
        {"subject": subject},
    )


def page(conn: Conn, status: str | None, before: str | None, limit: int) -> list[Case]:
    """Cases, newest first, those before `before`."""
    return rows(
        conn,
        Case,
        """
        SELECT id, kind, subject, party_id, requester, reasons, quorum, status, assignee, opened_at, due_at, closed_at
          FROM case_file
         WHERE (%(status)s::text IS NULL OR status = %(status)s) AND (%(before)s::text IS NULL OR id < %(before)s)
         ORDER BY id DESC LIMIT %(limit)s
        """,
        {"status": status, "before": before, "limit": limit},
    )


def close(conn: Conn, id: str, status: str, now: datetime) -> None:
    """End an open case."""
    run(
        conn,
        "UPDATE case_file SET status = %(status)s, closed_at = %(now)s WHERE id = %(id)s AND status = 'open'",
        {"id": id, "status": status, "now": now},
    )


def assign(conn: Conn, id: str, person: str) -> None:
    """Say who looks at it."""
    run(conn, "UPDATE case_file SET assignee = %(person)s WHERE id = %(id)s", {"id": id, "person": person})


def add_answer(conn: Conn, case_id: str, answer: Answer) -> None:
    """Keep a voice."""
    run(
        conn,
        """
        INSERT INTO case_answer (case_id, person, answer, reason, at)
        VALUES (%(case)s, %(person)s, %(answer)s, %(reason)s, %(at)s)
        """,
        {"case": case_id, "person": answer.person, "answer": answer.answer, "reason": answer.reason, "at": answer.at},
    )


def answers(conn: Conn, case_ids: Sequence[str]) -> list[Answer]:
    """The voices of some cases, oldest first."""
    return rows(
        conn,
        Answer,
        "SELECT person, answer, reason, at FROM case_answer WHERE case_id = ANY(%(ids)s) ORDER BY at, person",
        {"ids": list(case_ids)},
    )


def add_evidence(conn: Conn, case_id: str, evidence: Evidence) -> None:
    """Keep what a person added."""
    run(
        conn,
        "INSERT INTO case_evidence (case_id, person, note, at) VALUES (%(case)s, %(person)s, %(note)s, %(at)s)",
        {"case": case_id, "person": evidence.person, "note": evidence.note, "at": evidence.at},
    )


def evidence(conn: Conn, case_id: str) -> list[Evidence]:
    """What people added to a case, oldest first."""
    return rows(
        conn,
        Evidence,
        "SELECT person, note, at FROM case_evidence WHERE case_id = %(case)s ORDER BY id",
        {"case": case_id},
    )
