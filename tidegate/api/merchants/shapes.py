"""What goes in and comes out of calls about merchants and their bonds."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tidegate.api.payment_accounts.shapes import PaymentAccount
from tidegate.api.shapes import Amount, At, Decimal, Id, In, Network, Out, Short, Text, Ticker
from tidegate.api.withdrawals.shapes import Words

Certification = Literal["pending", "certified", "rejected", "exiting", "closed", "dismissed"]


class NewMerchant(In):
    customer: Id
    rules_version: Short = Field(examples=["2026-11"], description="Of the rules that the merchant agrees to.")


class MerchantConsent(In):
    rules_version: Short
    agreed: bool = Field(description="False asks to leave.")


class Certify(In):
    decision: Literal["certify", "reject"]
    reason: Text


class MerchantExit(In):
    reason: Text


class NewMerchantLink(In):
    merchant: Id = Field(description="The other account of the same person.")
    evidence: Short = Field(
        examples=["identity_document"],
        description="identity_document, ownership_record, own_statement, authority or shared_account. A shared device "
        "or network alone links nobody.",
    )
    note: Text


class MoveBond(In):
    """Exactly one of lock, unlock, top_up and deduct, as an amount."""

    asset: Ticker
    network: Network
    lock: Amount | None = None
    unlock: Amount | None = None
    top_up: Amount | None = None
    deduct: Amount | None = None
    reason: Text | None = Field(default=None, description="Of a deduction.")
    reference: Short | None = Field(
        default=None, description="Of the order, notice or decision that a deduction is for."
    )
    victim: Id | None = Field(default=None, description="The customer whom a deduction compensates; null = nobody.")


class BondAsset(In):
    asset: Ticker = Field(description="The bond that is to move.")
    network: Network
    new_asset: Ticker
    new_network: Network


class Merchant(Out):
    id: str
    customer: str
    person: str = Field(description="The person's first merchant account: the tier belongs to it.")
    country: str
    certification: Certification
    status_text: Words
    reason: str | None = Field(description="A person's last words on it.")
    rules_version: str | None = Field(description="Agreed to; null = declined.")
    may_trade: bool
    applied_at: At
    certified_at: At | None
    exit_asked_at: At | None
    exit_approved_at: At | None
    closed_at: At | None


class Merchants(Out):
    merchants: list[Merchant]
    next: str | None


class Bond(Out):
    asset: str
    network: str
    required: Decimal
    locked: Decimal
    owed: Decimal
    demand: Decimal = Field(description="What has to be paid in: what is missing of the required, and what is owed.")
    releasing: Decimal = Field(description="Of the locked: given back at `release_at`.")
    release_at: At | None
    top_up_due_at: At | None
    overdue: bool


class BondMovement(Out):
    id: str
    number: int
    asset: str
    network: str
    kind: Literal["lock", "top_up", "deduct", "compensate", "release", "refund"]
    locked: str = Field(description="Change of what is locked, signed.")
    owed: str = Field(description="Change of what is owed, signed.")
    locked_after: Decimal
    owed_after: Decimal
    decision: str | None = Field(description="What decided that it was taken.")
    reason: str
    at: At


class BondCase(Out):
    id: str
    people: int = Field(description="Others who must agree.")


class BondMoved(Out):
    bonds: list[Bond]
    movement: BondMovement | None = Field(description="Null where something has to happen first.")
    case: BondCase | None = Field(description="The question that a deduction waits for.")


class BondView(Out):
    bonds: list[Bond]
    movements: list[BondMovement]


class MerchantScope(Out):
    ground: Literal["certified", "application", "exit"]
    from_at: At
    until_at: At | None


class MerchantMatter(Out):
    kind: str
    ref: str
    opened_at: At


class MerchantConsentSaid(Out):
    rules_version: str
    agreed: bool
    at: At


class LinkUndone(In):
    reason: Text


class MerchantLink(Out):
    id: str
    merchant: str
    other: str = Field(description="The account that it was found to belong with.")
    person: str
    evidence: str
    note: str
    by: str
    at: At
    undone_by: str | None = Field(description="Never who had linked them.")
    undone_at: At | None
    undone_reason: str | None


class Dossier(Out):
    merchant: Merchant
    accounts_of_person: list[str] = Field(description="Every merchant account of the person.")
    scope: list[MerchantScope] = Field(description="From when to when the person is rated; half-open.")
    consents: list[MerchantConsentSaid]
    bonds: list[Bond]
    movements: list[BondMovement]
    payment_accounts: list[PaymentAccount]
    matters: list[MerchantMatter] = Field(description="What is open: no bond goes back meanwhile.")
    links: list[MerchantLink] | None = Field(description="For staff: null for everybody else.")
