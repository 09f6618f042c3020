"""What goes in and comes out of calls about versions of the policy, back-tests, rules in shadow."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tidegate.api.shapes import At, BadField, In, Out, Time


class PolicyVersion(Out):
    version: int
    hash: str
    created_by: str
    created_at: At
    approved_by: str | None
    approved_at: At | None
    active_from: At | None
    in_force: bool
    restores: int | None = Field(description="Of a roll-back: the earlier version whose pack it is.")
    pack: dict[str, Any]


class Policies(Out):
    policies: list[PolicyVersion]


class WouldMove(Out):
    month: str
    merchant: str
    before: Literal["low", "medium", "high", "extreme"]
    after: Literal["low", "medium", "high", "extreme"]
    basis: Literal["text", "gap"]
    clauses: list[str]


class Signal(Out):
    indicator: str = Field(examples=["I-01"])
    more: int = Field(description="Facts, open: nobody has judged them.")
    fewer: int = Field(description="Facts, whatever people made of them.")


class WhatIf(Out):
    version: int
    months: list[str] = Field(description="The twelve that were over, oldest first.")
    rated: int = Field(description="People, once a month.")
    moves: list[WouldMove] = Field(description="Who would have had another tier.")
    signals: list[Signal] = Field(description="Where an indicator would have told other facts than it did.")
    by: str
    at: At
    good_until: At = Field(description="Then another month is over: ask again.")


class PackFault(BadField):
    """For a fault of a rule also which rule, where in its line (columns count from 1), and what would be right."""

    rule: str | None = None
    column: int | None = None
    length: int | None = None
    suggestion: str | None = None


class PolicyCheck(Out):
    valid: bool
    errors: list[PackFault]


class PolicyDifference(Out):
    path: str = Field(examples=["limits_24h.2"])
    from_: str | None = Field(alias="from")
    to: str | None
    direction: Literal["tighter", "looser", "changed", "same"] = Field(
        description="`changed` counts as a loosening; `same` changes no decision (a rule in shadow, a note)."
    )


class PolicyDiff(Out):
    from_: int = Field(alias="from")
    to: int
    loosens: bool = Field(description="Whether it has to wait before it acts.")
    differences: list[PolicyDifference]


class Schedule(In):
    active_from: Time = Field(examples=["2026-11-25T08:00:00Z"])


class Span(In):
    """Null = from the first decision, or to the last."""

    since: Time | None = None
    until: Time | None = None
    stage: Literal["request", "confirm"] = Field(
        default="request", description="The first decision about each withdrawal, or the one at its confirmation."
    )


class NewBacktest(Span):
    rules: list[dict[str, Any]] = Field(description="As the section `rules` of a pack.", max_length=200)


class TriedRule(Out):
    rule: str
    fired: int
    unknown: int = Field(description="It could not be answered: a person would have been asked.")
    people: int = Field(description="Different customers among both.")
    stricter: int = Field(description="How many of both this rule alone would have made stricter.")
    held_usd: str = Field(description="Value of those.")
    frauds_caught: int
    false_positives: int


class BacktestRule(TriedRule):
    mode: Literal["live", "shadow"]
    delay_hours: int = Field(description="Hours of waiting that it would have asked for.")


class OutcomePair(Out):
    decided: str
    would_be: str = Field(description="The strictest of what was decided and what the live rules ask for.")
    decisions: int


class Backtest(Out):
    decisions: int
    frauds: int = Field(description="Known by a label, or by a case that was declined.")
    legit: int = Field(description="Known by a label, or by a case that was approved.")
    frauds_caught: int = Field(description="Frauds whose would-be outcome is a delay or stricter.")
    outcomes: list[OutcomePair]
    rules: list[BacktestRule]


class Shadow(Out):
    version: int
    decisions: int
    first_at: At | None
    last_at: At | None
    rules: list[TriedRule]
