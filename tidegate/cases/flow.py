"""Opening questions, and taking people's answers. What an answer means is for whoever reads the news of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, NotFound
from tidegate.cases import case as rules
from tidegate.cases import store
from tidegate.cases.case import Answer, Case
from tidegate.cases.store import Evidence
from tidegate.db import Conn, Tx, act


@dataclass(frozen=True, slots=True)
class File:
    """A case with everything people said."""

    case: Case
    answers: list[Answer]
    evidence: list[Evidence]


def open_case(
    tx: Tx,
    *,
    kind: str,
    subject: str,
    party_id: str,
    requester: str,
    reasons: Sequence[str],
    quorum: int,
    sla_hours: int,
) -> str:
    """Ask people about something; the case's id. Raises Conflict `case_open` where they are being asked already."""
    made = Case(
        id=new_id("case"),
        kind=kind,
        subject=subject,
        party_id=party_id,
        requester=requester,
        reasons=sorted(set(reasons)),
        quorum=quorum,
        status="open",
        assignee=None,
        opened_at=tx.now,
        due_at=tx.now + timedelta(hours=sla_hours),
        closed_at=None,
    )
    if store.add(tx.conn, made) != 1:
        raise Conflict("case_open", f"A case about {subject} is open already.")
    tx.note("case.opened", made.id, {"subject": subject, "reasons": made.reasons, "quorum": quorum, "due": made.due_at})
    return made.id


def moot(tx: Tx, subject: str, why: str) -> None:
    """The question has answered itself: close it, if it is open."""
    found = store.lock_open(tx.conn, subject)
    if found is not None:
        store.close(tx.conn, found.id, "moot", tx.now)
        tx.note("case.moot", found.id, {"subject": subject, "why": why})


def answer(conn: Conn, id: str, person: str, said: str, reason: str, now: datetime) -> File:
    """One person's answer. The first decline and the quorum's last approval close the case and are news.

    Raises NotFound, Malformed, Conflict and Forbidden as `case.check_answer` says.
    """
    with act(conn, person, now) as tx:
        case = store.lock(conn, id)
        if case is None:
            raise _unknown(id)
        given = store.answers(conn, [id])
        rules.check_answer(case, given, person, said, reason)
        voice = Answer(person, said, reason, now)
        store.add_answer(conn, id, voice)
        tx.note("case.voice", id, {"subject": case.subject, "answer": said, "reason": reason})
        ended = rules.outcome(case.quorum, [*given, voice])
        if ended is not None:
            store.close(conn, id, ended, now)
            tx.note(
                "case.answered",
                id,
                {"subject": case.subject, "answer": ended, "people": sorted({v.person for v in [*given, voice]})},
            )
    return file(conn, id)


def assign(conn: Conn, id: str, person: str, actor: str, now: datetime) -> Case:
    """Say who looks at it. Raises NotFound; Conflict `case_closed`."""
    with act(conn, actor, now) as tx:
        _open(conn, id)
        store.assign(conn, id, person)
        tx.note("case.assigned", id, {"to": person})
    return get(conn, id)


def add_evidence(conn: Conn, id: str, note: str, person: str, now: datetime) -> File:
    """Add to the file what somebody found out. Raises NotFound; Conflict `case_closed`; Malformed `note_invalid`."""
    rules.check_words(note, "note", 4000)
    with act(conn, person, now) as tx:
        _open(conn, id)
        store.add_evidence(conn, id, Evidence(person, note, now))
        tx.note("case.evidence", id, {"note": note})
    return file(conn, id)


def get(conn: Conn, id: str) -> Case:
    """One case. Raises NotFound `case_unknown`."""
    found = store.get(conn, id)
    if found is None:
        raise _unknown(id)
    return found


def file(conn: Conn, id: str) -> File:
    """One case with all that was said. Raises NotFound `case_unknown`."""
    return File(get(conn, id), store.answers(conn, [id]), store.evidence(conn, id))


def about(conn: Conn, subject: str) -> list[Case]:
    """Every case about something, oldest first."""
    return store.of_subject(conn, subject)


def page(conn: Conn, status: str | None = None, before: str | None = None, limit: int = 50) -> list[Case]:
    """Cases, newest first."""
    return store.page(conn, status, before, limit)


def _open(conn: Conn, id: str) -> Case:
    case = store.lock(conn, id)
    if case is None:
        raise _unknown(id)
    if case.status != "open":
        raise Conflict("case_closed", f"{id} is {case.status}; nothing is added to it any more.")
    return case


def _unknown(id: str) -> NotFound:
    return NotFound("case_unknown", f"There is no case {id}.")
