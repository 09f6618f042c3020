"""A question for people: who may answer it, when it is answered, and when it is late (rulebook sections 1 and 7)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tidegate.base.refusals import Conflict, Forbidden, Malformed
from tidegate.base.times import hours, rfc3339

ANSWERS = ("approve", "decline")

Kind = Literal[
    "withdrawal_review",
    "withdrawal_appeal",
    "seizure",
    "books",
    "merchant_exit",
    "bond_deduction",
    "bond_delisting",
    "webhook",
    "p2p_dispute",
    "travel_rule",
    "bond_cover",
]

REVIEWERS = frozenset({"analyst", "compliance"})
ANSWERED_BY: dict[str, frozenset[str]] = {
    "withdrawal_review": REVIEWERS,  # may it go on?
    "withdrawal_appeal": REVIEWERS,  # was the customer treated rightly? Approve overturns, decline upholds
    "seizure": frozenset({"compliance"}),  # shall a lawful order take effect?
    "books": frozenset({"treasury", "compliance"}),  # why do ledger and chain differ?
    "travel_rule": REVIEWERS,  # is the receiver whom a counterparty names our customer?
    "merchant_exit": REVIEWERS,  # may the merchant leave?
    "bond_deduction": REVIEWERS,  # shall a part of the bond, or all of it, be taken?
    "bond_delisting": REVIEWERS,  # has the bond moved out of an asset that is being let go?
    "bond_cover": REVIEWERS,  # has somebody seen to it that the bond is covered again?
    "webhook": REVIEWERS,  # shall an endpoint that was switched off be tried again?
    "p2p_dispute": REVIEWERS,  # whose are the coins? Approve gives them to the payer, decline back to the seller
}
"""Kind -> roles whose voice counts."""

SEEN_BY: dict[str, frozenset[str]] = {
    "treasury": frozenset({"books"}),  # files about customers are not its business
    "support": frozenset(
        {"withdrawal_review", "withdrawal_appeal", "p2p_dispute"}
    ),  # it talks to customers: nobody is tipped off
}
"""Role -> the only kinds it sees; other roles see all."""

ESCALATIONS = 3
"""How often a late case is raised: a desk, its head, the officer in charge. Above them there is nobody to tell."""

ASK_HOURS = range(1, 30 * 24 + 1)
"""How long a customer may be given to answer: funds stay held meanwhile, so no longer than 30 days."""

INFORMATION = ("source_of_funds", "purpose", "document_reference", "other")
"""What a customer can tell us."""


@dataclass(frozen=True, slots=True)
class Case:
    """A case as stored."""

    id: str  # "case_…"
    kind: str  # see ANSWERED_BY
    subject: str  # "wd_…", "mer_…", or "books:USDT@evm-local"
    party_id: str | None  # None = about the house
    requester: str  # who caused the question: may not answer it
    reasons: list[str]  # finding codes that asked for a person, or what else did
    quorum: int  # approvals needed; one decline ends it
    status: str  # "open", "approved", "declined", "moot"
    assignee: str | None
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None
    policy_version: int | None = None  # that asked for a person: its author and approver may not answer
    escalation: int = 0  # how often it was raised, for being late or by a person; higher = more urgent
    escalates_at: datetime | None = None  # next raise; None = as high as it goes
    overdue_at: datetime | None = None  # first seen late
    snoozed_until: datetime | None = None
    snooze_reason: str | None = None

    @property
    def span(self) -> timedelta:
        """What was agreed to be a reasonable time for it."""
        return self.due_at - self.opened_at


@dataclass(frozen=True, slots=True)
class Answer:
    """One person's voice."""

    person: str
    answer: str  # "approve", "decline"
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """What a reviewer asked of the customer, and what the customer said."""

    id: str  # "que_…"
    case_id: str
    what: str
    asked_by: str
    asked_at: datetime
    due_at: datetime
    kind: str | None
    text: str | None
    answered_by: str | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Barred:
    """Credentials that may not answer a case, by why."""

    policy: Collection[str] = ()  # author and approver of the version that judged
    earlier: Collection[str] = ()  # of an appeal: who answered about the same thing before


def may_answer(case: Case, role: str) -> bool:
    """Whether a role's voice counts in a case of this kind."""
    return role in ANSWERED_BY[case.kind]


def check_role(case: Case, role: str | None) -> None:
    """Raises Forbidden `case_other_role`. None = not a credential that anybody could call with."""
    if role is not None and not may_answer(case, role):
        roles = " or ".join(sorted(ANSWERED_BY[case.kind]))
        raise Forbidden("case_other_role", f"{case.id} ({case.kind}) is for {roles}, not for {role}.")


def check_answer(
    case: Case,
    given: Sequence[Answer],
    person: str,
    answer: str,
    reason: str,
    barred: Barred,
    people: Mapping[str, str],
) -> None:
    """Whether a credential's voice counts: people are compared, not keys (`people` names each credential's).

    Raises Malformed; Conflict `case_closed`, `case_answered_already`; Forbidden `case_own_request`,
    `case_own_policy`, `case_answered_before`.
    """
    if answer not in ANSWERS:
        raise Malformed("answer_unknown", f"{answer[:40]!r} is not an answer; say approve or decline", field="answer")
    check_words(reason, "reason", 500)
    if case.status != "open":
        raise Conflict("case_closed", f"{case.id} is {case.status}; it takes no more answers.")

    def who(credential: str) -> str:
        return people[credential]

    me = who(person)
    if any(who(voice.person) == me for voice in given):
        raise Conflict("case_answered_already", f"You have answered {case.id}; another person must.")
    if me == who(case.requester):
        raise Forbidden("case_own_request", "Who asked for it may not answer the question about it; another must.")
    if me in map(who, barred.policy):
        raise Forbidden(
            "case_own_policy",
            f"You wrote or approved policy version {case.policy_version}, which judged this; another must answer.",
        )
    if me in map(who, barred.earlier):
        raise Forbidden("case_answered_before", "You answered what this appeals against; other people must look now.")


def check_words(text: str, field: str, most: int) -> None:
    """What a person writes for the record. Raises Malformed `<field>_invalid`."""
    readable = all(letter.isprintable() or letter in "\n\r\t" for letter in text)
    if not text.strip() or len(text) > most or not readable:
        raise Malformed(f"{field}_invalid", f"Write 1 to {most} readable characters", field=field)


def check_snooze(case: Case, until: datetime, now: datetime) -> None:
    """A case sleeps no longer than once more the time it had: until then somebody must have looked.

    Raises Malformed `until_past`, `until_too_late`.
    """
    if until <= now:
        raise Malformed("until_past", f"{rfc3339(until)} is past; name a time to come.", field="until")
    last = case.due_at + case.span
    if until > last:
        raise Malformed("until_too_late", f"{case.id} may sleep until {rfc3339(last)} at most.", field="until")


def check_question(what: str, deadline_hours: int) -> None:
    """Raises Malformed `what_invalid`, `deadline_hours_invalid`."""
    check_words(what, "what", 500)
    if deadline_hours not in ASK_HOURS:
        raise Malformed(
            "deadline_hours_invalid",
            f"{deadline_hours} is not {ASK_HOURS[0]} to {ASK_HOURS[-1]} hours",
            field="deadline_hours",
        )


def check_information(kind: str, text: str) -> None:
    """Raises Malformed `kind_unknown`, `text_invalid`."""
    if kind not in INFORMATION:
        known = ", ".join(INFORMATION)
        raise Malformed("kind_unknown", f"{kind[:40]!r} is none of {known}", field="kind")
    check_words(text, "text", 2000)


def answer_by(now: datetime, deadline_hours: int) -> datetime:
    """Until when a customer may answer."""
    return now + hours(deadline_hours)


def raised(case: Case, now: datetime) -> tuple[int, datetime | None]:
    """(escalation, time of the next one) of a case that is late: once more for each half of the time it had."""
    level = min(case.escalation + 1, ESCALATIONS)
    return level, None if level == ESCALATIONS else now + case.span / 2


def check_raise(case: Case, reason: str) -> None:
    """Whether a person may hand it up to whoever stands above them. Raises Malformed `reason_invalid`; Conflict
    `case_raised_fully`."""
    check_words(reason, "reason", 500)
    if case.escalation >= ESCALATIONS:
        raise Conflict("case_raised_fully", f"{case.id} was raised {case.escalation} times; above that is nobody.")


def outcome(quorum: int, people: Mapping[str, str], answers: Sequence[Answer]) -> str | None:
    """ "declined" with the first decline, "approved" with the quorum's last approval, None while voices are missing."""
    if any(voice.answer == "decline" for voice in answers):
        return "declined"
    approvals = {people[voice.person] for voice in answers if voice.answer == "approve"}
    return "approved" if len(approvals) >= quorum else None
