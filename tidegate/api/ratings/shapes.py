"""What goes in and comes out of calls about how merchants stand."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tidegate.api.policies.shapes import Signal
from tidegate.api.rating_runs.shapes import Tier
from tidegate.api.shapes import At, Id, In, Out, Short, Text, Time
from tidegate.api.withdrawals.shapes import Words


class RatingTold(Out):
    line: str
    tier: Tier
    before: Tier
    after: Tier
    reasons: Words = Field(description="The statement of reasons.")
    clauses: list[str]
    readings: list[str]
    appeal_until: At
    at: At


class MeasureStep(Out):
    state: str
    ends_at: At | None
    by: str | None = Field(description="Null for the merchant.")
    reason: str | None = Field(description="Null for the merchant.")
    at: At


class RatingMeasure(Out):
    id: str
    measure: str
    value: str | None
    by_text: bool
    interim: bool
    article: str
    readings: list[str]
    reversible: bool
    state: str
    starts_at: At
    ends_at: At | None
    decided_by: list[str] | None = Field(description="Empty = by the text. Null for the merchant.")
    approved_by: list[str] | None = Field(description="Who agreed after them. Null for the merchant.")
    reason: str | None = Field(description="Null for the merchant, whom `notice` tells.")
    evidence: list[str] | None = Field(description="The facts that it stands on. Null for the merchant.")
    notice: Words | None = Field(description="What the merchant is told. Null = ordered before notices were kept.")
    history: list[MeasureStep]


class OpenMatter(Out):
    kind: str
    ref: str


class StillOpen(Out):
    orders: list[str]
    bonds: list[str] = Field(description="Merchant accounts with something locked or owed.")
    matters: list[OpenMatter]
    cases: list[str]


class OffBoarding(Out):
    measure: str = Field(description="Lifting it lets the coins go.")
    person: str
    since: At
    line: str | None
    reason: str
    merchants: list[str]
    open: StillOpen
    acts: list[str] = Field(description="The roles that can lift it.")
    due_at: At


class OffBoardings(Out):
    off_boardings: list[OffBoarding]
    next: str | None


class TierMove(Out):
    before: str
    after: str
    rule: str
    at: At


class MerchantRating(Out):
    merchant: str
    person: str
    tier: Tier
    since: At | None = Field(description="Null = nobody has rated them yet.")
    observation_ends: At | None
    relapse_ends: At | None
    restriction_ends: At | None
    quiet_since: At | None = Field(description="The last confirmed event.")
    cooperation_recorded: bool
    closed_at: At | None
    told: list[RatingTold]
    measures: list[RatingMeasure]
    moves: list[TierMove]


class Cooperation(In):
    reason: Text


class NewRatingExemption(In):
    article: Literal["5.3a", "5.3b", "5.3c"]
    reason: Text
    owner: Short = Field(description="Who answers for it.")
    from_at: Time
    until: Time


class RatingExemption(Out):
    id: str
    merchant: str
    article: str
    reason: str
    owner: str
    from_at: At
    until: At
    made_by: str
    made_at: At
    ended_by: str | None
    ended_at: At | None


class RatingExemptions(Out):
    exemptions: list[RatingExemption]


class NewInterim(In):
    fact: Id = Field(description="A confirmed severe alert, authority action or takeover.")
    measure: Literal["step_up", "trade_limit", "withdrawal_delay", "withdrawal_limit", "freeze"]
    value: Short | None = None
    hours: int | None = Field(default=None, description="At most the policy's 72; null = all of them.")
    reason: Text


class Prolong(In):
    hours: int
    reason: Text


class WhatIfAsked(In):
    numbers: dict[str, int | str] = Field(
        default_factory=dict, examples=[{"multiple": 2}], description="Of the pack's section rating; the rest as now."
    )
    indicators: dict[str, Any] | None = Field(
        default=None, description="The pack's whole section indicators; without one the thresholds are as now."
    )
    months: int = 12


class WhatIfMove(Out):
    month: str
    merchant: str
    before: Tier
    after: Tier
    basis: Literal["text", "gap"]
    clauses: list[str]


class WhatIfAnswer(Out):
    months: list[str]
    rated: int
    moves: list[WhatIfMove]
    signals: list[Signal] = Field(description="Where an indicator would have told other facts than it did.")


class OverrideRate(Out):
    reviewer: str
    decided: int
    up: int
    down: int
    rate: str | None = Field(description="An exact fraction, like 3/7.")
    look: bool


class IndicatorPrecision(Out):
    indicator: str
    confirmed: int
    false_positive: int
    open: int
    precision: str | None


class FrozenByTier(Out):
    tier: Tier
    merchants: int
    frozen: int
    share: str | None


class RatingFigures(Out):
    run: str
    month: str
    matrix: dict[str, dict[str, int]]
    stability_index: str | None
    band: str | None
    overrides: list[OverrideRate]
    indicators: list[IndicatorPrecision]
    frozen: list[FrozenByTier]
    freezes_rise_with_tier: bool | None


class Reading(Out):
    id: str
    text: Words
    owner: str
    since: str


class Readings(Out):
    readings: list[Reading]
    hash: str
