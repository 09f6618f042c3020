"""SQL of cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.cases.case import Answer, Case, Question
from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a person added to a case's file."""

    person: str
    note: str
    at: datetime


def add(conn: Conn, case: Case) -> int:
    """Open a case; 0 where one of its kind is open about the subject already."""
    return run(
        conn,
        """
        INSERT INTO case_file (id, kind, subject, party_id, requester, reasons, quorum, opened_at, due_at,
                               policy_version, escalates_at)
        VALUES (%(id)s, %(kind)s, %(subject)s, %(party)s, %(requester)s, %(reasons)s, %(quorum)s, %(opened)s, %(due)s,
                %(policy)s, %(due)s)
        ON CONFLICT (subject, kind) WHERE status = 'open' DO NOTHING
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
            "policy": case.policy_version,
        },
    )


def get(conn: Conn, id: str) -> Case | None:
    """One case."""
    return row(
        conn,
        Case,
        """
        SELECT id, kind, subject, party_id, requester, reasons, quorum, status, assignee, opened_at, due_at, closed_at,
               policy_version, escalation, escalates_at, overdue_at, snoozed_until, snooze_reason
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
        SELECT id, kind, subject, party_id, requester, reasons, quorum, status, assignee, opened_at, due_at, closed_at,
               policy_version, escalation, escalates_at, overdue_at, snoozed_until, snooze_reason
          FROM case_file WHERE id = %(id)s FOR UPDATE
        """,
        {"id": id},
    )


def lock_open(conn: Conn, subject: str, kinds: Sequence[str]) -> list[Case]:
    """The open cases of some kinds about a subject, row-locked by id."""
    return rows(
        conn,
        Case,
        """
        SELECT id, kind, subject, party_id, requester, reasons, quorum, status, assignee, opened_at, due_at, closed_at,
               policy_version, escalation, escalates_at, overdue_at, snoozed_until, snooze_reason
          FROM case_file WHERE subject = %(subject)s AND kind = ANY(%(kinds)s) AND status = 'open'
         ORDER BY id FOR UPDATE
        """,
        {"subject": subject, "kinds": list(kinds)},
    )


def of_subject(conn: Conn, subject: str) -> list[Case]:
    """Every case about a subject, oldest first."""
    return rows(
        conn,
        Case,
        """
        SELECT id, kind, subject, party_id, requester, reasons, quorum, status, assignee, opened_at, due_at, closed_at,
               policy_version, escalation, escalates_at, overdue_at, snoozed_until, snooze_reason
          FROM case_file WHERE subject = %(subject)s ORDER BY id
        """,
        {"subject": subject},
    )


def page(
    conn: Conn,
    status: str | None,
    overdue: bool | None,
    kinds: Sequence[str] | None,
    before: str | None,
    limit: int,
) -> list[Case]:
    """Cases, newest first, those before `before`; None = whatever it is."""
    return rows(
        conn,
        Case,
        """
        SELECT id, kind, subject, party_id, requester, reasons, quorum, status, assignee, opened_at, due_at, closed_at,
               policy_version, escalation, escalates_at, overdue_at, snoozed_until, snooze_reason
          FROM case_file
         WHERE (%(status)s::text IS NULL OR status = %(status)s) AND (%(before)s::text IS NULL OR id < %(before)s)
           AND (%(overdue)s::boolean IS NULL OR (overdue_at IS NOT NULL) = %(overdue)s)
           AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s))
         ORDER BY id DESC LIMIT %(limit)s
        """,
        {
            "status": status,
            "overdue": overdue,
            "kinds": None if kinds is None else list(kinds),
            "before": before,
            "limit": limit,
        },
    )


def late(conn: Conn, now: datetime, among: Sequence[str] | None, limit: int) -> list[str]:
    """Open cases that nobody has answered in time, the longest late first; `among` None = all.

    One that waits for the customer, or that somebody let sleep, is not late.
    """
    found = conn.execute(
        """
        SELECT id FROM case_file c
         WHERE status = 'open' AND escalates_at <= %(now)s AND (%(among)s::text[] IS NULL OR id = ANY(%(among)s))
           AND (snoozed_until IS NULL OR snoozed_until <= %(now)s)
           AND NOT EXISTS (SELECT FROM case_question q WHERE q.case_id = c.id AND q.ended_at IS NULL)
         ORDER BY escalates_at, id LIMIT %(limit)s
        """,
        {"now": now, "among": None if among is None else list(among), "limit": limit},
    ).fetchall()
    return [id for (id,) in found]


def raise_case(conn: Conn, id: str, level: int, again_at: datetime | None, now: datetime) -> None:
    """Make it more urgent and nobody's: whoever had it did not answer."""
    run(
        conn,
        """
        UPDATE case_file SET escalation = %(level)s, escalates_at = %(again)s, assignee = NULL, snoozed_until = NULL,
               snooze_reason = NULL, overdue_at = coalesce(overdue_at, %(now)s)
         WHERE id = %(id)s
        """,
        {"id": id, "level": level, "again": again_at, "now": now},
    )


def hand_up(conn: Conn, id: str, level: int) -> None:
    """Make it more urgent, awake and nobody's, though it is not late."""
    run(
        conn,
        """
        UPDATE case_file SET escalation = %(level)s, assignee = NULL, snoozed_until = NULL, snooze_reason = NULL
         WHERE id = %(id)s
        """,
        {"id": id, "level": level},
    )


def snooze(conn: Conn, id: str, until: datetime, reason: str) -> None:
    """Let it sleep."""
    run(
        conn,
        "UPDATE case_file SET snoozed_until = %(until)s, snooze_reason = %(reason)s WHERE id = %(id)s",
        {"id": id, "until": until, "reason": reason},
    )


def postpone(conn: Conn, id: str, span: timedelta) -> None:
    """Give it so much more time: as long as it waited for somebody who is not ours."""
    run(
        conn,
        "UPDATE case_file SET due_at = due_at + %(span)s, escalates_at = escalates_at + %(span)s WHERE id = %(id)s",
        {"id": id, "span": span},
    )


def add_question(conn: Conn, question: Question) -> int:
    """Ask the customer; 0 where a question of the case is open already."""
    return run(
        conn,
        """
        INSERT INTO case_question (id, case_id, what, asked_by, asked_at, due_at)
        VALUES (%(id)s, %(case)s, %(what)s, %(by)s, %(at)s, %(due)s)
        ON CONFLICT (case_id) WHERE ended_at IS NULL DO NOTHING
        """,
        {
            "id": question.id,
            "case": question.case_id,
            "what": question.what,
            "by": question.asked_by,
            "at": question.asked_at,
            "due": question.due_at,
        },
    )


def questions(conn: Conn, case_ids: Sequence[str]) -> list[Question]:
    """What some cases asked, oldest first."""
    return rows(
        conn,
        Question,
        """
        SELECT id, case_id, what, asked_by, asked_at, due_at, kind, text, answered_by, ended_at
          FROM case_question WHERE case_id = ANY(%(ids)s) ORDER BY asked_at, id
        """,
        {"ids": list(case_ids)},
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """The question that a subject's customer has to answer."""

    subject: str
    what: str


def asked(conn: Conn, subjects: Sequence[str]) -> list[Asked]:
    """The open questions about some subjects."""
    return rows(
        conn,
        Asked,
        """
        SELECT c.subject, q.what FROM case_file c JOIN case_question q ON q.case_id = c.id AND q.ended_at IS NULL
         WHERE c.subject = ANY(%(subjects)s)
        """,
        {"subjects": list(subjects)},
    )


def end_question(
    conn: Conn, case_id: str, kind: str | None, text: str | None, answered_by: str | None, now: datetime
) -> int:
    """End the open question of a case: with the customer's answer, or None where nobody needs one any more."""
    return run(
        conn,
        """
        UPDATE case_question SET kind = %(kind)s, text = %(text)s, answered_by = %(by)s, ended_at = %(now)s
         WHERE case_id = %(case)s AND ended_at IS NULL
        """,
        {"case": case_id, "kind": kind, "text": text, "by": answered_by, "now": now},
    )


@dataclass(frozen=True, slots=True)
class Latest:
    """How the newest case of a kind about a subject stands."""

    subject: str
    status: str
    closed_at: datetime | None


def latest(conn: Conn, subjects: Sequence[str], kind: str) -> list[Latest]:
    """The newest case of a kind about each subject that has one."""
    return rows(
        conn,
        Latest,
        """
        SELECT DISTINCT ON (subject) subject, status, closed_at FROM case_file
         WHERE subject = ANY(%(subjects)s) AND kind = %(kind)s ORDER BY subject, id DESC
        """,
        {"subjects": list(subjects), "kind": kind},
    )


def earlier_voices(conn: Conn, subject: str, but: str) -> list[Answer]:
    """What was said in every other case about a subject."""
    return rows(
        conn,
        Answer,
        """
        SELECT a.person, a.answer, a.reason, a.at
          FROM case_answer a JOIN case_file c ON c.id = a.case_id
         WHERE c.subject = %(subject)s AND c.id <> %(but)s ORDER BY a.at, a.person
        """,
        {"subject": subject, "but": but},
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


def queue(
    conn: Conn,
    kinds: Sequence[str] | None,
    kind: str | None,
    assignee: str | None,
    unassigned: bool,
    late: bool,
    raised: bool,
    about: str | None,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[Case]:
    """Open cases, the soonest due first, those after (due, id); None = whatever it is. `about` is the
    id of a case, of what it is about, or of a customer."""
    return rows(
        conn,
        Case,
        """
        SELECT id, kind, subject, party_id, requester, reasons, quorum, status, assignee, opened_at, due_at, closed_at,
               policy_version, escalation, escalates_at, overdue_at, snoozed_until, snooze_reason
          FROM case_file
         WHERE status = 'open' AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s))
           AND (%(kind)s::text IS NULL OR kind = %(kind)s)
           AND (%(assignee)s::text IS NULL OR assignee = %(assignee)s)
           AND (NOT %(unassigned)s OR assignee IS NULL) AND (NOT %(late)s OR overdue_at IS NOT NULL)
           AND (NOT %(raised)s OR escalation > 0)
           AND (%(about)s::text IS NULL OR %(about)s IN (id, subject, party_id))
           AND (%(due)s::timestamptz IS NULL OR (due_at, id) > (%(due)s, %(id)s))
         ORDER BY due_at, id LIMIT %(limit)s
        """,
        {
            "kinds": None if kinds is None else list(kinds),
            "kind": kind,
            "assignee": assignee,
            "unassigned": unassigned,
            "late": late,
            "raised": raised,
            "about": about,
            "due": after[0] if after else None,
            "id": after[1] if after else None,
            "limit": limit,
        },
    )


def alike(conn: Conn, kind: str, reasons: Sequence[str], but: str, limit: int) -> list[Case]:
    """The newest cases of a kind that ended and shared a reason: how people judged such things before."""
    return rows(
        conn,
        Case,
        """
        SELECT id, kind, subject, party_id, requester, reasons, quorum, status, assignee, opened_at, due_at, closed_at,
               policy_version, escalation, escalates_at, overdue_at, snoozed_until, snooze_reason
          FROM case_file
         WHERE status IN ('approved', 'declined') AND kind = %(kind)s AND reasons && %(reasons)s::text[]
           AND subject <> %(but)s
         ORDER BY id DESC LIMIT %(limit)s
        """,
        {"kind": kind, "reasons": list(reasons), "but": but, "limit": limit},
    )


@dataclass(frozen=True, slots=True)
class Counted:
    """How many open cases each view of the queue has."""

    all: int
    mine: int
    free: int
    late: int
    raised: int


def count_open(conn: Conn, kinds: Sequence[str] | None, kind: str | None, about: str | None, person: str) -> Counted:
    """The open cases of `queue` with the same kinds, kind and `about`; `mine` are the person's."""
    (counted,) = rows(
        conn,
        Counted,
        """
        SELECT count(*) AS all, count(*) FILTER (WHERE assignee = %(person)s) AS mine,
               count(*) FILTER (WHERE assignee IS NULL) AS free, count(*) FILTER (WHERE overdue_at IS NOT NULL) AS late,
               count(*) FILTER (WHERE escalation > 0) AS raised
          FROM case_file
         WHERE status = 'open' AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s))
           AND (%(kind)s::text IS NULL OR kind = %(kind)s)
           AND (%(about)s::text IS NULL OR %(about)s IN (id, subject, party_id))
        """,
        {"kinds": None if kinds is None else list(kinds), "kind": kind, "about": about, "person": person},
    )
    return counted
