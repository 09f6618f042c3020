"""What goes in and comes out of calls about customers, what happened to them, their factors, balances and mails."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tidegate.api.shapes import At, Date, Decimal, In, Out, Short, Text, Time
from tidegate.parties.party import EventType


class NewCustomer(In):
    external_id: Short = Field(examples=["user-1001"], description="The platform's own id.")
    country: Short = Field(examples=["DE"], description="ISO 3166-1 alpha-2.")
    name: Short = Field(examples=["Ada Example"])
    email: Text = Field(examples=["ada@example.com"])
    language: Short = Field(default="en", examples=["en"], description="en or zh: of what we write to them.")


class Identity(In):
    level: int = Field(ge=0, le=3, examples=[2], description="0 nothing, 1 basic, 2 verified, 3 enhanced.")
    verified_name: Short | None = Field(default=None, examples=["Ada Example"])
    date_of_birth: Date | None = Field(default=None, examples=["1990-12-31"])
    country: Short | None = Field(default=None, examples=["DE"])
    provider: Short | None = Field(default=None, examples=["example-kyc"], description="Who verified.")
    reference: Short | None = Field(default=None, examples=["check-77"], description="Their file.")


class Customer(Out):
    id: str = Field(examples=["cus_01kq3v7m6x8g2b1c0d9e8f7a6b"])
    external_id: str
    country: str
    name: str
    email: str
    level: int | None = Field(description="Identity level; null = nobody has said.")
    verified_name: str | None
    date_of_birth: str | None
    provider: str | None
    reference: str | None
    language: str
    created_at: At


class NewLanguage(In):
    language: Short = Field(examples=["zh"], description="en or zh.")


class Customers(Out):
    customers: list[Customer]
    next: str | None = Field(description="Send it as `before` to get the next page; null = this was the last.")


class NewEvent(In):
    type: Literal[
        "login", "password_changed", "mfa_changed", "email_changed", "phone_changed", "fiat_deposit", "purchase"
    ]
    at: Time = Field(examples=["2026-11-24T10:39:00Z"], description="When it happened.")
    device_id: Short | None = None
    ip: Short | None = Field(default=None, examples=["203.0.113.7"])
    country: Short | None = Field(default=None, examples=["DE"])


class Event(Out):
    id: str
    customer: str
    type: EventType
    at: At
    known_at: At
    device_id: str | None
    ip: str | None
    country: str | None


class Balance(Out):
    asset: str
    network: str
    available: Decimal
    held: dict[str, Decimal] = Field(description="By purpose: withdrawal, bond, escrow, retention, legal.")
    total: Decimal


class Balances(Out):
    balances: list[Balance]


class Window(Out):
    scope: Literal["party", "address", "key"]
    subject: str | None = Field(description="Which address (family:address) or key; null = the customer.")
    hours: int | None = Field(description="Null = lifetime.")
    limit: str = Field(description="USD.")
    used: str = Field(description="USD, reserved or consumed inside the window.")
    left: str = Field(description="USD.")


class Limits(Out):
    currency: Literal["USD"]
    windows: list[Window]


class Freeze(In):
    reason: Text = Field(examples=["My phone was stolen."])


class NewFactor(In):
    type: Literal["totp", "passkey"]
    name: Short | None = Field(default=None, examples=["My telephone"], description="Of a passkey; needed there.")


class Factor(Out):
    """An authenticator app has `secret` and `otpauth_uri`, a passkey to be has `options` and `expires_at`."""

    id: str
    secret: str | None = Field(default=None, description="Base 32. Shown in this answer and nowhere else.")
    otpauth_uri: str | None = Field(default=None, description="The same for a QR code.")
    options: dict[str, Any] | None = Field(
        default=None, description="For `navigator.credentials.create`; its answer goes to `.../finish`."
    )
    expires_at: At | None = Field(default=None, description="Until when the authenticator's answer counts.")


class PasskeyMade(In):
    credential: dict[str, Any] = Field(description="What `navigator.credentials.create` gave, as `toJSON` writes it.")


class EnrolledFactor(Out):
    id: str = Field(examples=["fac_01kq3v7m6x8g2b1c0d9e8f7a6b"])
    type: Literal["totp", "passkey"]
    name: str = Field(description="The customer's own; empty for an authenticator app.")
    created_at: At


class Factors(Out):
    factors: list[EnrolledFactor] = Field(description="In use, oldest first.")


class Invitation(Out):
    """The link itself goes to the customer's mail address and to nobody else."""

    id: str = Field(examples=["inv_01kq3v7m6x8g2b1c0d9e8f7a6b"])
    customer: str
    expires_at: At


class SentMail(Out):
    id: str = Field(examples=["mail_01kq3v7m6x8g2b1c0d9e8f7a6b"])
    kind: str = Field(examples=["confirm"])
    language: str
    status: Literal["queued", "sending", "sent", "given_up"]
    attempts: int
    error: str | None = Field(description="What the mail server said last.")
    created_at: At
    sent_at: At | None


class Mails(Out):
    mails: list[SentMail]
    next: str | None
