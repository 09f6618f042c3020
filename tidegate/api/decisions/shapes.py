"""What goes in and comes out of calls about decisions: asked for alone, shown, replayed, labelled."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from tidegate.api.shapes import Amount, At, Id, In, Network, Out, Text, Ticker
from tidegate.api.withdrawals.shapes import Beneficiary, Counterparty, SaidFinding


class Finding(Out):
    code: str
    outcome: str
    clause: str
    detail: str
    ends_at: At | None
    data: dict[str, str]


class NewDecision(In):
    """A withdrawal that the platform would pay by itself."""

    customer: Id = Field(examples=["cus_01kq3v7m6x8g2b1c0d9e8f7a6b"])
    asset: Ticker
    network: Network
    amount: Amount = Field(description="What would leave, the platform's own fee inside.")
    address: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        default=None, description="Exactly one of address and address_id."
    )
    address_id: Id | None = None
    memo: Annotated[str, StringConstraints(max_length=200)] | None = None
    description: Text | None = Field(default=None, description="What it is for.")
    beneficiary: Beneficiary | None = Field(default=None, description="Who receives, where the travel rule asks.")
    counterparty: Counterparty | None = Field(default=None, description="The provider that keeps the address.")


class LoneDecision(Out):
    id: str = Field(examples=["dec_01kq3v7m6x8g2b1c0d9e8f7a6b"])
    customer: str
    outcome: Literal["allow", "step_up", "delay", "review", "decline", "freeze"]
    status: Literal["open", "committed", "released", "expired", "declined"]
    findings: list[SaidFinding]
    expires_at: At | None = Field(description="Until when its room in the limits is kept; null = declined.")
    created_at: At


class Reserved(Out):
    status: Literal["open", "committed", "released", "expired", "declined"]
    expires_at: At | None
    ended_at: At | None


class CheckState(Out):
    check: str
    state: Literal["answered", "error", "timeout", "pending", "skipped"]


class SeenPart(Out):
    text: str = Field(description="The part, in its canonical spelling.")
    value: str | None = Field(description="Exact; null = unknown.")
    said: str
    distance: str | None = Field(description="Of a comparison of numbers: how far apart the two sides are.")
    parts: list[SeenPart]


class ExplainedRule(Out):
    rule: str
    mode: Literal["live", "shadow", "off"]
    when: str
    message: str | None
    lines: list[str] = Field(description="The explanation for people, deeper parts further in.")
    explanation: SeenPart


class GivenLabel(Out):
    label: Literal["fraud", "legit"]
    reason: str
    by: str
    at: At


class NewLabel(In):
    label: Literal["fraud", "legit"]
    reason: Text


class Labels(Out):
    decision: str
    labels: list[GivenLabel]


class Decision(Out):
    id: str
    withdrawal: str | None = Field(description="Null = it stands alone (POST /v1/decisions).")
    stage: Literal["request", "confirm", "release", "person", "pay", "outside", "decide"]
    at: At
    outcome: str
    findings: list[Finding]
    shadow: list[Finding] = Field(description="What rules in shadow would have found; never part of the outcome.")
    rules: list[ExplainedRule] = Field(description="Each rule that fired or could not be answered, live or in shadow.")
    labels: list[GivenLabel] = Field(description="What people say came of it, oldest first; the newest counts.")
    checks: list[CheckState] = Field(description="Every check that the decision is pinned to, in order; each once.")
    reservation: Reserved | None = Field(description="Of a decision that stands alone: what became of its room.")
    facts: dict[str, Any] = Field(description="Everything the decision saw: canonical, hashed.")
    facts_hash: str
    policy_version: int
    engine: str


class Replay(Out):
    identical: bool = Field(description="Whether the stored facts and policy give the same bytes today.")
    outcome: str
    findings: list[Finding]
    stored_outcome: str
    facts_intact: bool = Field(description="Whether the stored facts still have their hash.")
    engine: str
    stored_engine: str
