"""What goes in and comes out of calls about standing withdrawals."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tidegate.api.shapes import Amount, At, Decimal, Id, In, Network, Out, Short, Ticker, Usd
from tidegate.api.withdrawals.shapes import Reason


class StandingConfirmation(In):
    factor: Literal["totp"]
    code: Annotated[str, StringConstraints(max_length=20)] = Field(examples=["123456"])


class ScheduleTrigger(In):
    type: Literal["schedule"]
    every: Literal["day", "week", "month"]
    at: Short = Field(examples=["09:00"], description="Wall-clock time of the zone.")
    zone: Short = Field(examples=["Europe/Berlin"], description="IANA time zone.")
    weekday: int | None = Field(default=None, ge=1, le=7, description="1 Monday to 7 Sunday; every week only.")
    day: int | None = Field(default=None, ge=1, le=31, description="Every month only; 29 to 31 = or its last day.")


class ThresholdTrigger(In):
    type: Literal["threshold"]
    balance: Amount = Field(description="Due when so much is available.")


class PriceTrigger(In):
    type: Literal["price"]
    when: Literal["at_or_above", "below"]
    price: Usd = Field(description="USD per coin; due once per crossing.")


class FixedAmount(In):
    type: Literal["fixed"]
    amount: Amount


class AllAmount(In):
    type: Literal["all"]


class PercentAmount(In):
    type: Literal["percent"]
    percent: Short = Field(examples=["12.5"], description="Of what is available; two decimals at most.")


class FeeAmount(In):
    """The most a fee may be: coins, or a percentage of the run."""

    amount: Amount | None = None
    percent: Short | None = Field(default=None, examples=["2"])


class FixedDestination(In):
    type: Literal["fixed"]
    address_id: Id


class RotatingDestination(In):
    type: Literal["rotating"]
    address_ids: list[Id] = Field(min_length=2, max_length=20, description="They take turns.")


class XpubDestination(In):
    type: Literal["xpub"]
    xpub: Annotated[str, StringConstraints(max_length=200)] = Field(
        description="An account's extended public key; every run pays the next address of it."
    )


class StandingTerms(In):
    trigger: ScheduleTrigger | ThresholdTrigger | PriceTrigger = Field(discriminator="type")
    amount: FixedAmount | AllAmount | PercentAmount = Field(discriminator="type")
    keep_back: Amount = Field(default="0", description="Stays in the balance.")
    least: Amount = Field(default="0", description="A run of less is skipped.")
    most: Amount | None = Field(default=None, description="A run takes no more.")
    fee_ceiling: FeeAmount | None = Field(default=None, description="Null = as much as the policy lets a fee take.")
    destination: FixedDestination | RotatingDestination | XpubDestination = Field(discriminator="type")


class NewStanding(StandingTerms):
    customer: Id = Field(examples=["cus_01kq3v7m6x8g2b1c0d9e8f7a6b"])
    asset: Ticker
    network: Network


class SaidTrigger(Out):
    type: Literal["schedule", "threshold", "price"]
    every: str | None = None
    at: str | None = None
    zone: str | None = None
    weekday: int | None = None
    day: int | None = None
    balance: Decimal | None = None
    when: str | None = None
    price: str | None = None


class SaidAmount(Out):
    type: Literal["fixed", "all", "percent"]
    amount: Decimal | None = None
    percent: str | None = None


class SaidCeiling(Out):
    amount: Decimal | None
    percent: str | None


class SaidDestination(Out):
    type: Literal["fixed", "rotating", "xpub"]
    address_ids: list[str]
    xpub: str | None
    addresses: list[str] = Field(description="Of a key its first ones: compare them with your wallet.")


class SaidTerms(Out):
    trigger: SaidTrigger
    amount: SaidAmount
    keep_back: Decimal
    least: Decimal
    most: Decimal | None
    fee_ceiling: SaidCeiling
    destination: SaidDestination


class Standing(Out):
    id: str = Field(examples=["stw_01kq3v7m6x8g2b1c0d9e8f7a6b"])
    customer: str
    asset: str
    network: str
    status: Literal["awaiting_confirmation", "active", "paused", "deleted"]
    reason: Reason | None = Field(description="Why it is paused or deleted.")
    required_factor: str | None = Field(description="What confirms the draft; null = there is none.")
    confirm_by: At | None
    terms: SaidTerms | None = Field(description="In force; null = none yet, or wiped.")
    draft: SaidTerms | None = Field(description="Shown, and not confirmed yet.")
    next_due_at: At | None
    waiting_for: Reason | None
    waits_until: At | None
    runs: int
    created_at: At
    changed_at: At


class Standings(Out):
    standing_withdrawals: list[Standing]
    next: str | None


class StandingRun(Out):
    number: int
    due_at: At
    at: At
    outcome: Literal["made", "skipped"]
    reason: Reason | None
    withdrawal: str | None = Field(description="Also of a run whose withdrawal was declined at once.")
    address: str | None
    address_index: int | None = Field(description="Below the extended public key: 0/index.")


class StandingRuns(Out):
    runs: list[StandingRun]
    next: int | None = Field(description="Send it as `before` to get the next page; null = this was the last.")
