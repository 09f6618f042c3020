"""What goes in and comes out of calls about facts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from tidegate.api.shapes import At, Id, In, Out, Short, Text, Time

FactKind = Literal["alert", "violation", "reference_factor", "counterparty_freeze", "authority_action", "other_harm"]
FactDisposition = Literal["open", "confirmed", "false_positive", "exempt"]


class NewFact(In):
    """Fields beyond the common ones belong to the kind: severity to alerts, article to violations, and so on."""

    merchant: Id
    fact: FactKind
    at: Time = Field(description="When it happened. 1900-01-01 is refused: it stands for no date.")
    known_at: Time | None = Field(default=None, description="When you learnt of it; null = now.")
    source: Short | None = Field(default=None, description="Who tells it; null = the key's label.")
    source_id: Short | None = Field(
        default=None, description="Your own name of it: told twice under one name, it counts once."
    )
    disposition: FactDisposition = Field(
        default="open", description="Anything but open is a person's judgement and needs facts:judge."
    )
    article: Short | None = Field(default=None, examples=["5.2c"])
    severity: Literal["warn", "high", "critical"] | None = None
    serious: bool | None = None
    counterparty: Id | None = Field(default=None, description="Whose account was frozen.")
    order: Id | None = None
    evidence_level: Literal["E0", "E1", "E2", "E3"] | None = None
    attributed: bool | None = Field(default=None, description="From E2 on; null = the level decides.")
    action: Literal["evidence_request", "investigation", "freeze", "detention", "characterised"] | None = None
    case: Short | None = Field(default=None, description="The authority's own number.")
    merchant_named: bool | None = Field(default=None, description="The merchant, or a person of theirs.")
    indicator: Annotated[str, StringConstraints(pattern=r"^I-[0-9]{2}$")] | None = None
    rule: Short | None = None
    rule_version: Short | None = None
    evidence: dict[str, str] = Field(default_factory=dict, max_length=50)
    supersedes: Id | None = Field(default=None, description="The fact that this one corrects, once it is judged.")


class NewFacts(In):
    facts: list[NewFact] = Field(min_length=1, max_length=200)


class Fact(Out):
    id: str
    merchant: str
    person: str = Field(description="The merchant account that stands for the person (R20).")
    fact: FactKind
    at: At
    known_at: At
    recorded_at: At
    recorded_by: str
    source: str
    source_id: str
    disposition: FactDisposition
    article: str | None
    severity: str | None
    serious: bool | None
    counterparty: str | None
    order: str | None
    evidence_level: str | None
    attributed: bool | None
    action: str | None
    case: str | None
    merchant_named: bool | None
    indicator: str | None
    rule: str | None
    rule_version: str | None
    evidence: dict[str, Any]
    supersedes: str | None
    corrected_by: str | None


class FactError(Out):
    field: str | None
    code: str
    message: str


class ToldFact(Out):
    """Exactly one of fact and error."""

    fact: Fact | None
    duplicate: bool
    error: FactError | None


class ToldFacts(Out):
    results: list[ToldFact] = Field(description="One per fact, in the order they were sent.")


class Facts(Out):
    facts: list[Fact]
    next: str | None


class Judgement(In):
    disposition: Literal["confirmed", "false_positive", "exempt"]
    reason: Text
    exemption: Id | None = Field(default=None, description="Of exempt: the entry of the register.")


class Judged(Out):
    disposition: FactDisposition
    reason: str
    exemption: str | None
    by: str
    at: At


class FactFile(Out):
    fact: Fact
    judgements: list[Judged]
