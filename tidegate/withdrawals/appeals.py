"""What a customer may appeal against, and which questions end with a withdrawal (rulebook section 7)."""

from __future__ import annotations

from datetime import datetime

from tidegate.base.refusals import Conflict
from tidegate.cases.case import Kind
from tidegate.withdrawals.withdrawal import Status, Withdrawal

APPEALABLE = frozenset({Status.DECLINED, Status.DELAYED, Status.IN_REVIEW, Status.RETURNED})
"""Where there is something of ours to be wrong: elsewhere the customer acts, or nothing was held against them."""

_GRANTED = frozenset({Status.SETTLED, Status.CANCELLED, Status.SEIZED})
"""Ends after which an open appeal has nothing left to say; an order of a court is appealed in court."""


def check(withdrawal: Withdrawal, last: str | None, closed_at: datetime | None) -> None:
    """Whether it may be appealed now; `last` and `closed_at` are those of its newest appeal.

    One at a time, and a next one only against something new. Raises Conflict `withdrawal_not_appealable`,
    `appeal_open`, `appeal_answered`.
    """
    if withdrawal.status not in APPEALABLE:
        allowed = ", ".join(sorted(APPEALABLE))
        raise Conflict(
            "withdrawal_not_appealable", f"{withdrawal.id} is {withdrawal.status}; appeals are for {allowed}."
        )
    if last == "open":
        raise Conflict("appeal_open", f"People are looking at an appeal about {withdrawal.id} already.")
    if closed_at is not None and withdrawal.changed_at <= closed_at:
        raise Conflict("appeal_answered", f"The appeal about {withdrawal.id} was answered, and nothing changed since.")


def ended_by(target: Status) -> tuple[Kind, ...]:
    """The kinds of question that a withdrawal's end answers. An appeal outlives the "no" that it is about."""
    return ("withdrawal_review", "seizure", *(("withdrawal_appeal",) if target in _GRANTED else ()))
