"""What goes in and comes out of calls about questions for people."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tidegate.api.shapes import At, In, Long, Out, Text, Time
from tidegate.cases.case import Kind


class CaseAnswer(Out):
    person: str
    answer: Literal["approve", "decline"]
    reason: str
    at: At


class CaseEvidence(Out):
    person: str
    note: str
    at: At


class CaseQuestion(Out):
    id: str
    what: str
    asked_by: str
    asked_at: At
    due_at: At
    kind: str | None = Field(description="Of the answer; null = not answered.")
    text: str | None
    answered_by: str | None
    ended_at: At | None = Field(description="Answered, or no longer needed.")


class Case(Out):
    id: str
    kind: Kind
    subject: str
    customer: str | None = Field(description="Null = about the house.")
    reasons: list[str]
    quorum: int
    status: Literal["open", "approved", "declined", "moot"] = Field(
        description="Of an appeal: approved = overturned, declined = upheld."
    )
    assignee: str | None
    opened_at: At
    due_at: At
    closed_at: At | None
    policy_version: int | None = Field(description="That asked for a person: its author and approver may not answer.")
    overdue: bool = Field(description="Whether it was not answered in time.")
    overdue_at: At | None
    escalation: int = Field(
        description="0 to 3: how often it was raised, for being late or by a person; higher = more urgent."
    )
    snoozed_until: At | None
    snooze_reason: str | None


class CaseWithFile(Case):
    answers: list[CaseAnswer]
    evidence: list[CaseEvidence]
    questions: list[CaseQuestion]


class Bundle(Out):
    sha256: str = Field(description="SHA-256, hex, of `bundle` in its canonical form.")
    bundle: dict[str, Any] = Field(description="Case, answers, evidence, withdrawal, decisions, journal.")


class Cases(Out):
    cases: list[Case]
    next: str | None


class NewEvidence(In):
    note: Long


class NewAnswer(In):
    answer: Literal["approve", "decline"]
    reason: Text


class Snooze(In):
    until: Time
    reason: Text


class Escalate(In):
    reason: Text


class NewQuestion(In):
    what: Text = Field(
        examples=["source_of_funds"],
        description="source_of_funds, purpose or document_reference: the customer reads our words. Anything else "
        "is read as you write it.",
    )
    deadline_hours: int = Field(examples=[48], description="1 to 720.")
