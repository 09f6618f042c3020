"""Opening questions, and taking people's answers. What an answer means is for whoever reads the news of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, NotFound
from tidegate.cases import case as rules
from tidegate.cases import store
from tidegate.cases.case import Answer, Barred, Case, Kind, Question
from tidegate.cases.store import Evidence
from tidegate.db import Conn, Tx, act
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies


@dataclass(frozen=True, slots=True)
class File:
    """A case with everything people said."""

    case: Case
    answers: list[Answer]
    evidence: list[Evidence]
    questions: list[Question]


def open_case(
    tx: Tx,
    *,
    kind: Kind,
    subject: str,
    party_id: str | None,
    requester: str,
    reasons: Sequence[str],
    quorum: int,
    sla_hours: int,
    policy_version: int | None = None,
) -> str:
    """Ask people about something; the case's id. `policy_version` is the one that asked for a person, if one did.

    Raises Conflict `case_open` where a case of the kind is open about it already.
    """
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
        policy_version=policy_version,
    )
    if store.add(tx.conn, made) != 1:
        raise Conflict("case_open", f"A case about {subject} is open already.")
    body = {"kind": kind, "subject": subject, "reasons": made.reasons, "quorum": quorum, "due": made.due_at}
    tx.note("case.opened", made.id, body)
    return made.id


def moot(tx: Tx, subject: str, why: str, kinds: Collection[Kind]) -> None:
    """The questions have answered themselves: close those of these kinds that are open."""
    for found in store.lock_open(tx.conn, subject, sorted(kinds)):
        _close(tx, found, "moot")
        tx.note("case.moot", found.id, {"subject": subject, "why": why})


def _close(tx: Tx, case: Case, status: str) -> None:
    store.close(tx.conn, case.id, status, tx.now)
    store.end_question(tx.conn, case.id, None, None, None, tx.now)  # nobody needs the customer's answer any more


def answer(conn: Conn, id: str, person: str, said: str, reason: str, now: datetime) -> File:
    """One person's answer. The first decline and the quorum's last approval close the case and are news.

    Raises NotFound; Malformed, Conflict and Forbidden as `case.check_role` and `case.check_answer` say.
    """
    with act(conn, person, now) as tx:
        case = store.lock(conn, id)
        if case is None:
            raise _unknown(id)
        given, barred = store.answers(conn, [id]), _barred(conn, case)
        voices = {voice.person for voice in given}
        who = parties.people(conn, {person, case.requester, *voices, *barred.policy, *barred.earlier})
        names = {credential: found.name for credential, found in who.items()}
        rules.check_role(case, who[person].role)
        rules.check_answer(case, given, person, said, reason, barred, names)
        _count(tx, case, given, Answer(person, said, reason, now), names)
    return file(conn, id)


def propose(tx: Tx, case_id: str, reason: str) -> None:
    """Who asks for something that takes a second person stands for it: the first approval of a case just opened."""
    case = _open(tx.conn, case_id)
    who = parties.people(tx.conn, [tx.actor])
    rules.check_role(case, who[tx.actor].role)
    rules.check_words(reason, "reason", 500)
    names = {credential: found.name for credential, found in who.items()}
    _count(tx, case, [], Answer(tx.actor, "approve", reason, tx.now), names)


def _count(tx: Tx, case: Case, given: Sequence[Answer], voice: Answer, names: dict[str, str]) -> None:
    store.add_answer(tx.conn, case.id, voice)
    tx.note("case.voice", case.id, {"subject": case.subject, "answer": voice.answer, "reason": voice.reason})
    ended = rules.outcome(case.quorum, names, [*given, voice])
    if ended is None:
        return
    _close(tx, case, ended)
    people = sorted({v.person for v in [*given, voice]})
    tx.note("case.answered", case.id, {"kind": case.kind, "subject": case.subject, "answer": ended, "people": people})


def _barred(conn: Conn, case: Case) -> Barred:
    """Who may not answer: those whose policy asked, and of an appeal, whoever answered before."""
    agreed: set[str] = set()
    if case.policy_version is not None:
        version = policies.get(conn, case.policy_version)
        agreed = {version.created_by, *([version.approved_by] if version.approved_by is not None else [])}
    appeal = case.kind == "withdrawal_appeal"
    earlier = {v.person for v in store.earlier_voices(conn, case.subject, case.id)} if appeal else set()
    return Barred(policy=agreed, earlier=earlier)


def assign(conn: Conn, id: str, person: str, actor: str, now: datetime) -> Case:
    """Say who looks at it. Raises NotFound; Conflict `case_closed`; Forbidden `case_other_role`."""
    with act(conn, actor, now) as tx:
        rules.check_role(_open(conn, id), parties.people(conn, [person])[person].role)
        store.assign(conn, id, person)
        tx.note("case.assigned", id, {"to": person})
    return get(conn, id)


def add_evidence(conn: Conn, id: str, note: str, person: str, now: datetime) -> File:
    """Add to the file what somebody found out. Raises NotFound; Conflict `case_closed`; Malformed `note_invalid`."""
    rules.check_words(note, "note", 4000)
    with act(conn, person, now) as tx:
        _open(conn, id)
        _keep(tx, id, note)
    return file(conn, id)


def tell(tx: Tx, subject: str, kind: Kind, note: str, field: str = "note") -> None:
    """Add to the open case of a kind about something, where there is one, what its people should know.

    Raises Malformed `<field>_invalid`.
    """
    rules.check_words(note, field, 4000)
    for found in store.lock_open(tx.conn, subject, [kind]):
        _keep(tx, found.id, note)


def _keep(tx: Tx, id: str, note: str) -> None:
    store.add_evidence(tx.conn, id, Evidence(tx.actor, note, tx.now))
    tx.note("case.evidence", id, {"note": note})


# --- time --------------------------------------------------------------------------------------------------------


def snooze(conn: Conn, id: str, until: datetime, reason: str, actor: str, now: datetime) -> Case:
    """Let it sleep until a time: it is not raised meanwhile. What it was due at stays on the record.

    Raises NotFound; Conflict `case_closed`; Malformed `until_past`, `until_too_late`, `reason_invalid`; Forbidden.
    """
    rules.check_words(reason, "reason", 500)
    with act(conn, actor, now) as tx:
        case = _open(conn, id)
        rules.check_role(case, parties.people(conn, [actor])[actor].role)
        rules.check_snooze(case, until, now)
        store.snooze(conn, id, until, reason)
        tx.note("case.snoozed", id, {"until": until, "reason": reason})
    return get(conn, id)


def escalate(conn: Conn, id: str, now: datetime) -> bool:
    """Raise a case that nobody answered in time; whether it still was one. The first time it is overdue, once."""
    with act(conn, "worker", now) as tx:
        case = store.lock(conn, id)
        if case is None or id not in store.late(conn, now, [id], limit=1):
            return False
        level, again_at = rules.raised(case, now)
        store.raise_case(conn, id, level, again_at, now)
        if case.overdue_at is None:
            tx.note("case.overdue", id, {"subject": case.subject, "due": case.due_at})
        tx.note("case.escalated", id, {"subject": case.subject, "level": level, "from": case.assignee})
        return True


def hand_up(conn: Conn, id: str, reason: str, person: str, now: datetime) -> File:
    """Raise a case before it is late, because somebody with more say should look; it is nobody's then, and awake.
    Its times stay as they are.

    Raises NotFound; Conflict `case_closed`, `case_raised_fully`; Malformed `reason_invalid`; Forbidden.
    """
    with act(conn, person, now) as tx:
        case = _open(conn, id)
        rules.check_role(case, parties.people(conn, [person])[person].role)
        rules.check_raise(case, reason)
        level = case.escalation + 1
        store.hand_up(conn, id, level)
        _keep(tx, id, reason)
        tx.note("case.escalated", id, {"subject": case.subject, "level": level, "from": case.assignee})
    return file(conn, id)


# --- questions to the customer -----------------------------------------------------------------------------------


def ask(tx: Tx, id: str, what: str, deadline_hours: int) -> Question:
    """Ask the customer something, inside the act that makes the withdrawal wait for it.

    Raises Conflict `case_closed`, `case_asks_already`; Malformed as `case.check_question`; Forbidden.
    """
    rules.check_question(what, deadline_hours)
    case = _open(tx.conn, id)
    rules.check_role(case, parties.people(tx.conn, [tx.actor])[tx.actor].role)
    due = rules.answer_by(tx.now, deadline_hours)
    made = Question(new_id("que"), id, what, tx.actor, tx.now, due, None, None, None, None)
    if store.add_question(tx.conn, made) != 1:
        raise Conflict("case_asks_already", f"{id} waits for an answer of the customer already.")
    tx.note("case.asked", id, {"question": made.id, "what": what, "due": due})
    return made


def inform(tx: Tx, subject: str, kind: str, text: str) -> None:
    """The customer's answer: kept with the case, which gets back the time it waited.

    Raises Malformed as `case.check_information`; Conflict `information_not_asked`.
    """
    rules.check_information(kind, text)
    for case in store.lock_open(tx.conn, subject, ["withdrawal_review"]):
        for question in store.questions(tx.conn, [case.id]):
            if question.ended_at is None:
                store.end_question(tx.conn, case.id, kind, text, tx.actor, tx.now)
                store.postpone(tx.conn, case.id, tx.now - question.asked_at)
                tx.note("case.informed", case.id, {"question": question.id, "kind": kind, "text": text})
                return
    raise Conflict("information_not_asked", f"Nobody waits for information about {subject}.")


def asked(conn: Conn, subjects: Sequence[str]) -> dict[str, str]:
    """What the customers of some subjects are being asked; subjects without a question are absent."""
    return {found.subject: found.what for found in store.asked(conn, subjects)}


def latest(conn: Conn, subjects: Sequence[str], kind: Kind) -> dict[str, store.Latest]:
    """How the newest case of a kind about each subject stands; subjects without one are absent."""
    return {found.subject: found for found in store.latest(conn, subjects, kind)}


# --- read --------------------------------------------------------------------------------------------------------


def get(conn: Conn, id: str) -> Case:
    """One case. Raises NotFound `case_unknown`."""
    found = store.get(conn, id)
    if found is None:
        raise _unknown(id)
    return found


def file(conn: Conn, id: str) -> File:
    """One case with all that was said. Raises NotFound `case_unknown`."""
    return File(get(conn, id), store.answers(conn, [id]), store.evidence(conn, id), store.questions(conn, [id]))


def about(conn: Conn, subject: str) -> list[Case]:
    """Every case about something, oldest first."""
    return store.of_subject(conn, subject)


def page(
    conn: Conn,
    status: str | None = None,
    before: str | None = None,
    limit: int = 50,
    overdue: bool | None = None,
    kinds: Collection[str] | None = None,
) -> list[Case]:
    """Cases, newest first; `kinds` None = all."""
    return store.page(conn, status, overdue, None if kinds is None else sorted(kinds), before, limit)


def _open(conn: Conn, id: str) -> Case:
    case = store.lock(conn, id)
    if case is None:
        raise _unknown(id)
    if case.status != "open":
        raise Conflict("case_closed", f"{id} is {case.status}; nothing is added to it any more.")
    return case


def _unknown(id: str) -> NotFound:
    return NotFound("case_unknown", f"There is no case {id}.")
