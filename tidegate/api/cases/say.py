"""How answers speak of questions for people."""

from __future__ import annotations

from tidegate.api.say import Said, at
from tidegate.base.times import rfc3339
from tidegate.cases.case import Case, Question
from tidegate.cases.flow import File


def case(c: Case) -> Said:
    return {
        "id": c.id,
        "kind": c.kind,
        "subject": c.subject,
        "customer": c.party_id,
        "reasons": c.reasons,
        "quorum": c.quorum,
        "status": c.status,
        "assignee": c.assignee,
        "opened_at": rfc3339(c.opened_at),
        "due_at": rfc3339(c.due_at),
        "closed_at": at(c.closed_at),
        "policy_version": c.policy_version,
        "overdue": c.overdue_at is not None,
        "overdue_at": at(c.overdue_at),
        "escalation": c.escalation,
        "snoozed_until": at(c.snoozed_until),
        "snooze_reason": c.snooze_reason,
    }


def case_file(f: File) -> Said:
    return {
        **case(f.case),
        "answers": [
            {"person": a.person, "answer": a.answer, "reason": a.reason, "at": rfc3339(a.at)} for a in f.answers
        ],
        "evidence": [{"person": e.person, "note": e.note, "at": rfc3339(e.at)} for e in f.evidence],
        "questions": [question(q) for q in f.questions],
    }


def question(q: Question) -> Said:
    return {
        "id": q.id,
        "what": q.what,
        "asked_by": q.asked_by,
        "asked_at": rfc3339(q.asked_at),
        "due_at": rfc3339(q.due_at),
        "kind": q.kind,
        "text": q.text,
        "answered_by": q.answered_by,
        "ended_at": at(q.ended_at),
    }
