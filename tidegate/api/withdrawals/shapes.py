"""What goes in and comes out of calls about withdrawals, from the request to the appeal."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from tidegate.api.shapes import Amount, At, Decimal, Id, In, Long, Network, Out, Short, Text, Ticker
from tidegate.withdrawals.withdrawal import Status


class Beneficiary(In):
    """Who receives."""

    name: Annotated[str, StringConstraints(max_length=100)] = Field(examples=["Lovelace"])
    given_names: Annotated[str, StringConstraints(max_length=100)] | None = Field(
        default=None, description="Where they can be told apart from the name."
    )
    kind: Literal["natural", "legal"] = "natural"


class Counterparty(In):
    """The provider that keeps the address. Its endpoint is never taken from a request."""

    vasp_id: Annotated[str, StringConstraints(max_length=64)] = Field(examples=["bob-vasp"])
    name: Annotated[str, StringConstraints(max_length=100)]
    country: Annotated[str, StringConstraints(max_length=2)] = Field(examples=["DE"])


class Originator(In):
    """What only the customer knows of themselves: one of these where a place asks for more than names."""

    address: dict[str, Any] | None = Field(default=None, description="An IVMS101 geographicAddress.")
    document: dict[str, Any] | None = Field(default=None, description="An IVMS101 nationalIdentification.")
    place_of_birth: Annotated[str, StringConstraints(max_length=70)] | None = None


class TravelRuleInformation(In):
    kind: Literal["travel_rule"]
    beneficiary: Beneficiary | None = None
    counterparty: Counterparty | None = None
    originator: Originator | None = None
    self_hosted: bool = Field(default=False, description="Nobody keeps the address for the customer: it is their own.")


class OwnershipInformation(In):
    kind: Literal["ownership_proof"]
    signature: Annotated[str, StringConstraints(max_length=4096)] = Field(
        description="Of the newest message of POST /v1/addresses/{id}/ownership-challenge."
    )


class NewWithdrawal(In):
    customer: Id = Field(examples=["cus_01kq3v7m6x8g2b1c0d9e8f7a6b"])
    asset: Ticker
    network: Network
    amount: Amount = Field(description="What leaves the balance; the fee is inside.")
    address: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        default=None, description="Exactly one of address and address_id."
    )
    address_id: Id | None = None
    memo: Annotated[str, StringConstraints(max_length=200)] | None = None
    fee_ceiling: Amount | None = Field(default=None, description="The most fee the customer agrees to.")
    description: Text | None = Field(default=None, description="What it is for; part of what is confirmed.")
    beneficiary: Beneficiary | None = Field(default=None, description="Who receives, where the travel rule asks.")
    counterparty: Counterparty | None = Field(default=None, description="The provider that keeps the address.")


class Confirmation(In):
    """A code for `totp`, a credential for `passkey`. The link of a mail confirms on its own page."""

    factor: Literal["totp", "passkey"]
    code: Annotated[str, StringConstraints(max_length=20)] | None = Field(default=None, examples=["123456"])
    credential: dict[str, Any] | None = Field(
        default=None, description="What `navigator.credentials.get` gave, as `toJSON` writes it."
    )


class Challenge(Out):
    options: dict[str, Any] = Field(description="For `navigator.credentials.get`; its answer goes to `.../confirm`.")


class RequiredFactor(Out):
    factor: Literal["totp", "passkey", "mail"]
    done: bool


class SaidFinding(Out):
    code: str
    outcome: str
    message: str
    message_zh: str


class SaidDecision(Out):
    id: str
    outcome: Literal["allow", "step_up", "delay", "review", "decline", "freeze"]
    findings: list[SaidFinding]


class Words(Out):
    en: str
    zh: str


class Reason(Words):
    code: str
    missing: list[str] = Field(default_factory=list, description="What the customer has to give; absent = nothing.")


class Hold(Out):
    """Why it waits, until when, what the customer can do."""

    reasons: list[Reason]
    ends_at: At | None
    next_step: Words
    appeal: Words


class Payout(Out):
    status: str
    waiting_for: str | None
    tx: str | None
    confirmations: int | None = Field(description="Null until it is mined, or while the node is unreachable.")


class Withdrawal(Out):
    id: str = Field(examples=["wd_01kq3v7m6x8g2b1c0d9e8f7a6b"])
    customer: str
    status: Status
    waiting_for: str | None
    required_factor: str | None = Field(description="The first of required_factors.")
    required_factors: list[RequiredFactor] = Field(description="All of them are needed; a passkey does for totp.")
    asset: str
    network: str
    address: str
    memo: str | None
    description: str | None = Field(description="What it is for, in the customer's words.")
    amount: Decimal
    fee: Decimal
    net_amount: Decimal = Field(description="What arrives: amount minus fee.")
    decision: SaidDecision
    hold: Hold | None
    tx: str | None
    created_at: At
    changed_at: At


class WithdrawalWithPayout(Withdrawal):
    payout: Payout | None


class Withdrawals(Out):
    withdrawals: list[Withdrawal]
    next: str | None


class NewInformation(In):
    """An answer to what a reviewer asked."""

    kind: Literal["source_of_funds", "purpose", "document_reference", "other"]
    text: Annotated[str, StringConstraints(max_length=2000)]


Information = Annotated[NewInformation | TravelRuleInformation | OwnershipInformation, Field(discriminator="kind")]
"""What a customer tells about a withdrawal; `kind` says which of the bodies it is."""


class NewAppeal(In):
    text: Long


class NewSeizure(In):
    order_reference: Short = Field(examples=["AG Berlin 35 Gs 1234/26"])
    document_sha256: Short = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])


class Evidence(In):
    evidence: dict[Short, Short] = Field(
        default_factory=dict, max_length=20, description="What shows it: an address, a device, a screen. Kept as sent."
    )


class Warning(Out):
    id: str
    list: str
    category: str
    text: dict[str, str]
    text_version: int
    shown_at: At
    acknowledged_at: At | None


class Warnings(Out):
    warnings: list[Warning]
