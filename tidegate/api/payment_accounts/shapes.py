"""What goes in and comes out of calls about payment accounts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tidegate.api.shapes import At, Date, In, Out, Short


class NewPaymentAccount(In):
    method: Literal["bank", "wallet", "cash"]
    institution: Short = Field(examples=["Some Bank"], description="The bank, the wallet, or where cash changes hands.")
    number: Short | None = Field(
        default=None,
        examples=["DE89 3704 0044 0532 0130 00"],
        description="IBAN, card or account number; of a wallet a mail address, a phone number like +86… or a name. "
        "None for cash.",
    )
    holder_name: Short


class NewAttestation(In):
    platform: Short
    source: Short = Field(examples=["own_statement"], description="own_statement, document or other_platform.")
    since: Date | None = Field(default=None, description="Null = nobody knows.")
    reference: Short | None = Field(default=None, description="Where the document can be found.")


class Attestation(Out):
    platform: str
    source: str
    since: str | None
    reference: str | None
    at: At


class PaymentAccount(Out):
    id: str
    customer: str
    method: Literal["bank", "wallet", "cash"]
    institution: str
    ending: str | None = Field(description="The last four characters of the number; null = cash.")
    holder_name: str
    verified: bool = Field(description="The holder's name is the verified name.")
    attested_elsewhere: bool
    attestations: list[Attestation]
    shared_with: list[str] | None = Field(description="For staff: other people seen with it. Null for everybody else.")
    first_at: At
    last_at: At
    retired_at: At | None


class PaymentAccounts(Out):
    payment_accounts: list[PaymentAccount]
