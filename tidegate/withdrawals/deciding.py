"""A decision that stands alone: for a platform with its own ledger and wallets. No funds, no hold; room in the limits.

The room is kept until the platform says that it has paid (commit) or will not (release), or until its time is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from tidegate.base.findings import Finding, Outcome
from tidegate.base.refusals import Conflict
from tidegate.base.times import rfc3339
from tidegate.withdrawals import answer


class Status(StrEnum):
    """Where a lone decision stands. Only `open` moves."""

    OPEN = "open"  # its room is reserved
    COMMITTED = "committed"  # paid by the platform: its room is consumed
    RELEASED = "released"  # not paid: its room is free again
    EXPIRED = "expired"  # the platform said nothing in time: its room is free again
    DECLINED = "declined"  # it never had any


@dataclass(frozen=True, slots=True)
class Lone:
    """One lone decision as stored."""

    decision_id: str
    party_id: str
    requester: str
    status: Status
    expires_at: datetime | None  # None = declined
    created_at: datetime
    ended_at: datetime | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "status", Status(self.status))


def moves(lone: Lone, target: Status, now: datetime) -> bool:
    """Whether this changes anything: saying the same again does not.

    Raises Conflict: `decision_declined`, `decision_committed`, `decision_released`, `decision_expired`. What the
    platform has paid cannot be released, and room that is free again cannot be consumed.
    """
    if lone.status is target or (target is Status.RELEASED and lone.status is Status.EXPIRED):
        return False
    if lone.status is not Status.OPEN:
        raise Conflict(f"decision_{lone.status}", f"{lone.decision_id} is {lone.status}; it cannot become {target}.")
    assert lone.expires_at is not None  # the schema says so
    if target is Status.COMMITTED and lone.expires_at <= now:
        raise Conflict(
            "decision_expired",
            f"The room of {lone.decision_id} was kept until {rfc3339(lone.expires_at)}; ask for a new decision.",
        )
    return True


def as_json(lone: Lone, outcome: Outcome, findings: Sequence[Finding]) -> dict[str, Any]:
    """The answer of `POST /v1/decisions`, `…/commit` and `…/release`."""
    return {
        "id": lone.decision_id,
        "customer": lone.party_id,
        "outcome": outcome.value,
        "status": lone.status.value,
        "findings": answer.findings(findings),
        "expires_at": None if lone.expires_at is None else rfc3339(lone.expires_at),
        "created_at": rfc3339(lone.created_at),
    }
