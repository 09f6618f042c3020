"""A question for people, and when it is answered (rulebook section 1: quorum by amount, four eyes)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.base.refusals import Conflict, Forbidden, Malformed

ANSWERS = ("approve", "decline")


@dataclass(frozen=True, slots=True)
class Case:
    """A case as stored."""

    id: str  # "case_…"
    kind: str  # "withdrawal_review"
    subject: str  # "wd_…"
    party_id: str
    requester: str  # who caused the question: may not answer it
    reasons: list[str]  # finding codes that asked for a person
    quorum: int  # approvals needed; one decline ends it
    status: str  # "open", "approved", "declined", "moot"
    assignee: str | None
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Answer:
    """One person's voice."""

    person: str
    answer: str  # "approve", "decline"
    reason: str
    at: datetime


def check_answer(case: Case, given: Sequence[Answer], person: str, answer: str, reason: str) -> None:
    """Raises Malformed, Conflict (`case_closed`, `case_answered_already`) or Forbidden `case_own_request`."""
    if answer not in ANSWERS:
        raise Malformed("answer_unknown", f"{answer[:40]!r} is not an answer; say approve or decline", field="answer")
    check_words(reason, "reason", 500)
    if case.status != "open":
        raise Conflict("case_closed", f"{case.id} is {case.status}; it takes no more answers.")
    if person == case.requester:
        raise Forbidden("case_own_request", "Who asked for the withdrawal may not answer the question about it.")
    if any(voice.person == person for voice in given):
        raise Conflict("case_answered_already", f"You have answered {case.id}; another person must.")


def check_words(text: str, field: str, most: int) -> None:
    """What a person writes for the record. Raises Malformed `<field>_invalid`."""
    readable = all(letter.isprintable() or letter in "\n\r\t" for letter in text)
    if not text.strip() or len(text) > most or not readable:
        raise Malformed(f"{field}_invalid", f"Write 1 to {most} readable characters", field=field)


def outcome(quorum: int, answers: Sequence[Answer]) -> str | None:
    """ "declined" with the first decline, "approved" with the quorum's last approval, None while voices are missing."""
    if any(voice.answer == "decline" for voice in answers):
        return "declined"
    approvals = {voice.person for voice in answers if voice.answer == "approve"}
    return "approved" if len(approvals) >= quorum else None
