"""What goes in and comes out of calls about rating runs and lines."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tidegate.api.shapes import At, Id, In, Out, Short, Text

Tier = Literal["low", "medium", "high", "extreme"]


class NewRatingRun(In):
    month: Annotated[str, StringConstraints(max_length=7)] = Field(examples=["2026-09"])
    dry_run: bool = Field(default=False, description="Say what the lines would be, and write nothing.")


class RatingRun(Out):
    id: str
    month: str
    timezone: str
    window_start: At
    as_of: At
    calendar: str
    calendar_hash: str
    deadline: At = Field(description="Published before this, or late: the end of the tenth working day.")
    policy_version: int
    readings_hash: str
    made_by: str
    made_at: At
    late_at: At | None
    published_at: At | None
    lines: int
    waiting: int = Field(description="Lines that wait for a person.")
    published: int


class RatingLine(Out):
    id: str
    run: str | None = Field(description="Null = between months.")
    merchant: str
    cause: Literal["month", "event", "review", "appeal", "restatement"]
    computed: Tier = Field(description="What the facts amount to.")
    basis: Literal["text", "gap"]
    conduct: str
    consequence: str
    person: bool
    people: int = Field(description="How many have to decide.")
    clauses: list[str]
    readings: list[str]
    facts: list[str]
    counterparties: int | None
    cases_before: list[str]
    effective_before: Tier
    proposed: Tier = Field(description="What would hold.")
    rule: str | None = Field(description="T1 to T10; null = nothing moves.")
    policy_version: int
    inputs_hash: str
    supersedes: str | None
    restates: str | None = Field(
        description="The line that raised to EXTREME, whose facts were withdrawn or corrected (T9)."
    )
    superseded_by: str | None
    decided: Tier | None
    voices: int
    check_until: At | None
    published_at: At | None
    after: Tier | None
    made_at: At


class DryLine(Out):
    merchant: str
    computed: Tier
    basis: Literal["text", "gap"]
    conduct: str
    consequence: str
    person: bool
    clauses: list[str]
    readings: list[str]
    effective_before: Tier
    proposed: Tier
    rule: str | None


class RunDone(Out):
    """`run` null = a dry run."""

    run: RatingRun | None
    drawn: int
    kept: int
    facts_told: int
    lines: list[DryLine] | None


class RatingRuns(Out):
    runs: list[RatingRun]


class RatingLines(Out):
    lines: list[RatingLine]
    next: str | None


class MeasureAsked(In):
    measure: Short = Field(examples=["withdrawal_delay"])
    value: Short | None = Field(default=None, description="Hours, whole USD, or percent of the bond.")


class LineDecision(In):
    tier: Tier
    code: Short = Field(
        examples=["as_computed"], description="as_computed, victim, remedied, context, relapse or authority."
    )
    reason: Text
    preset: Literal["A", "B", "C"] | None = None
    measures: list[MeasureAsked] = Field(default_factory=list, max_length=10)
    restriction_days: int | None = None
    secret: bool = Field(default=False, description="An authority orders it: the merchant is not asked before.")
    at_once: bool = Field(default=False, description="The law orders it: what cannot be undone waits for no appeal.")


class DecidedMeasure(Out):
    measure: str
    value: str | None
    by_text: bool


class RatingDecision(Out):
    tier: Tier
    code: str
    reason: str
    measures: list[DecidedMeasure]
    restriction_days: int | None
    secret: bool
    people: list[str]
    at: At
    check_until: At | None


class LineComment(Out):
    id: str
    text: str
    by: str
    at: At


class NewLineComment(In):
    text: Text
    customer: Id | None = Field(default=None, description="Whose word it is; a customer's own key need not say.")


class LineFile(Out):
    line: RatingLine
    decision: RatingDecision | None = Field(description="Null = a person is missing still.")
    comments: list[LineComment]


class WaitingLine(Out):
    line: str
    code: str = Field(description="line_undecided, check_running, line_stale, fall_blocked.")


class RunPublished(Out):
    published: int
    late: bool
    waiting: list[WaitingLine]
