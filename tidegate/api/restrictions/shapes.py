"""What goes in and comes out of calls about restrictions ordered and lifted."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tidegate.api.shapes import At, Id, In, Out, Short, Text, Time
from tidegate.parties.party import RestrictionKind


class NewRestriction(In):
    party: Id
    kind: Literal[
        "freeze",
        "step_up",
        "withdrawal_delay",
        "withdrawal_limit",
        "withdrawal_block",
        "trade_limit",
        "trade_block",
        "watch",
        "ban",
    ]
    until: Time | None = Field(default=None, description="Null = until lifted.")
    value: Short | None = Field(default=None, description="Whole hours of a delay, whole USD of a limit.")
    reason: Text


class Restriction(Out):
    id: str
    party: str
    kind: RestrictionKind
    until: At | None
    value: str | None
    reason: str
    created_by: str
    created_at: At
    lifted_by: str | None
    lifted_at: At | None
    lift_reason: str | None


class Restrictions(Out):
    restrictions: list[Restriction]
    next: str | None
