"""What goes in and what comes out, field by field: the source of `/openapi.json`.

Requests are read strictly: no unknown fields, no numbers in quotes, no amounts as numbers. Answers are described
here and made elsewhere; tests hold the two together.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from tidegate.base.times import from_rfc3339
from tidegate.parties.party import EventType, RestrictionKind
from tidegate.withdrawals.withdrawal import Status

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def _amount(value: Any) -> Any:
    if isinstance(value, int | float):
        raise PydanticCustomError("amount_not_a_string", 'Send the amount as a string of digits, like "12.5".')
    return value


def _time(value: Any) -> datetime:
    if isinstance(value, str) and _RFC3339.fullmatch(value):
        try:
            return from_rfc3339(value)
        except (ValueError, OverflowError):
            pass
    raise PydanticCustomError("time_malformed", "Write the time like 2026-11-24T10:39:00Z.")


def _date(value: Any) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("date_malformed", "Write the date like 1990-12-31.")


Amount = Annotated[
    str,
    BeforeValidator(_amount),
    StringConstraints(max_length=200),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^(0|[1-9][0-9]{0,77})(\.[0-9]{1,77})?$",
            "description": "Decimal string in units of the asset; never a JSON number.",
            "examples": ["12.5"],
        }
    ),
]
Usd = Annotated[
    str,
    BeforeValidator(_amount),
    StringConstraints(max_length=200),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^(0|[1-9][0-9]{0,77})(\.[0-9]{1,12})?$",
            "description": "USD per coin as a decimal string; never a JSON number.",
            "examples": ["2500.25"],
        }
    ),
]
Time = Annotated[datetime, BeforeValidator(_time), WithJsonSchema({"type": "string", "format": "date-time"})]
Date = Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
At = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Decimal = Annotated[str, Field(description="Decimal string in units of the asset.", examples=["12.5"])]
Text = Annotated[str, StringConstraints(max_length=500)]
Short = Annotated[str, StringConstraints(max_length=200)]
Long = Annotated[str, StringConstraints(max_length=4000)]
Id = Annotated[str, StringConstraints(max_length=64)]
Ticker = Annotated[str, Field(max_length=20, examples=["USDT"])]
Network = Annotated[str, Field(max_length=41, examples=["evm-local"])]


class In(BaseModel):
    """A request body."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Out(BaseModel):
    """An answer's body."""

    model_config = ConfigDict(extra="forbid")


# --- problems ----------------------------------------------------------------------------------------------------


class BadField(Out):
    field: str
    code: str
    message: str


class Problem(Out):
    """RFC 9457. Programs look at `code`; `detail` is for people and may change."""

    type: str = Field(examples=["urn:tidegate:problem:amount_malformed"])
    title: str
    status: int
    code: str = Field(examples=["amount_malformed"])
    detail: str
    errors: list[BadField] | None = None


# --- customers ---------------------------------------------------------------------------------------------------


class NewCustomer(In):
    external_id: Short = Field(examples=["user-1001"], description="The platform's own id.")
    country: Short = Field(examples=["DE"], description="ISO 3166-1 alpha-2.")
    name: Short = Field(examples=["Ada Example"])
    email: Text = Field(examples=["ada@example.com"])


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
    created_at: At


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


class Entry(Out):
    cursor: str = Field(examples=["17.0"], description="link.position: its place in the journal.")
    at: At
    actor: str
    kind: str = Field(examples=["withdrawal.settled"])
    subject: str
    body: dict[str, Any]


class Timeline(Out):
    entries: list[Entry]


class Freeze(In):
    reason: Text = Field(examples=["My phone was stolen."])


class NewFactor(In):
    type: Literal["totp"]


class Factor(Out):
    id: str
    secret: str = Field(description="Base 32. Shown in this answer and nowhere else.")
    otpauth_uri: str = Field(description="The same for a QR code.")


# --- custody, addresses ------------------------------------------------------------------------------------------


class AssetName(In):
    asset: Ticker
    network: Network


class DepositAddress(Out):
    customer: str
    asset: str
    network: str
    address: str
    memo: str | None


class Deposit(Out):
    id: str
    customer: str
    asset: str
    network: str
    tx: str
    sender: str
    claimed: Decimal = Field(description="What the transfer said.")
    credited: Decimal = Field(description="What really arrived and was credited.")
    status: Literal["seen", "credited", "refused", "gone"]
    reason: str | None = Field(description="Why less than claimed, or nothing, was credited.")
    seen_at: At
    decided_at: At | None


class Deposits(Out):
    deposits: list[Deposit]
    next: str | None


class NewAddress(In):
    network: Network
    address: Annotated[str, StringConstraints(max_length=200)] = Field(
        examples=["0x52908400098527886E0F7030069857D2E4169EE7"]
    )
    memo: Annotated[str, StringConstraints(max_length=200)] | None = None
    label: Annotated[str, StringConstraints(max_length=100)] = ""
    ownership: Literal["unknown", "self_hosted", "vasp"] = "unknown"


class OwnershipSignature(In):
    signature: Annotated[str, StringConstraints(max_length=4096)] = Field(
        description="personal_sign (EIP-191) of the whole message with the key of the address: 0x and r, s, v."
    )


class OwnershipChallenge(Out):
    id: str
    address_id: str
    message: str = Field(description="Sign this text, letter by letter.")
    expires_at: At


class OwnershipProof(Out):
    address_id: str
    challenge: str
    method: Literal["eip191"]
    proved_at: At


class Address(Out):
    id: str
    customer: str
    network: str
    address: str
    memo: str | None
    label: str
    ownership: str
    saved_at: At
    booked_at: At | None = Field(description="When the customer put it into the book; null = only ever withdrawn to.")
    usable_at: At | None = Field(description="From when the smallest amount that waits no longer waits.")
    warnings: list[str]


class SwitchAllowList(In):
    on: bool


class AllowList(Out):
    customer: str
    on: bool = Field(description="Whether only addresses in the book may be paid just now.")
    since: At | None = Field(description="When it was switched on; null = never.")
    on_by: str | None
    off_asked_at: At | None
    off_by: str | None
    off_from: At | None = Field(description="When it ends; null = nobody asked to switch it off.")


# --- withdrawals -------------------------------------------------------------------------------------------------


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
    factor: Literal["totp"]
    code: Annotated[str, StringConstraints(max_length=20)] = Field(examples=["123456"])


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
    required_factor: str | None
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


class Decision(Out):
    id: str
    withdrawal: str | None = Field(description="Null = it stands alone (POST /v1/decisions).")
    stage: Literal["request", "confirm", "release", "person", "pay", "outside", "decide"]
    at: At
    outcome: str
    findings: list[Finding]
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


# --- lists, restrictions, cases, policies ------------------------------------------------------------------------


class ScreeningList(Out):
    name: str
    entries: int
    as_of: At | None
    fresh: bool
    max_age_hours: int


class Lists(Out):
    lists: list[ScreeningList]


class Quarantined(Out):
    line: int
    reason: str


class Imported(Out):
    imported: int
    removed: int
    quarantined: list[Quarantined]


class NewRestriction(In):
    party: Id
    kind: Literal[
        "freeze",
        "step_up",
        "withdrawal_delay",
        "withdrawal_limit",
        "withdrawal_block",
        "trade_limit",
        "trade_block",
        "watch",
        "ban",
    ]
    until: Time | None = Field(default=None, description="Null = until lifted.")
    value: Short | None = Field(default=None, description="Whole hours of a delay, whole USD of a limit.")
    reason: Text


class Lift(In):
    reason: Text


class Restriction(Out):
    id: str
    party: str
    kind: RestrictionKind
    until: At | None
    value: str | None
    reason: str
    created_by: str
    created_at: At
    lifted_by: str | None
    lifted_at: At | None
    lift_reason: str | None


class Restrictions(Out):
    restrictions: list[Restriction]
    next: str | None


class CaseAnswer(Out):
    person: str
    answer: Literal["approve", "decline"]
    reason: str
    at: At


class CaseEvidence(Out):
    person: str
    note: str
    at: At


class CaseQuestion(Out):
    id: str
    what: str
    asked_by: str
    asked_at: At
    due_at: At
    kind: str | None = Field(description="Of the answer; null = not answered.")
    text: str | None
    answered_by: str | None
    ended_at: At | None = Field(description="Answered, or no longer needed.")


class Case(Out):
    id: str
    kind: Literal["withdrawal_review", "withdrawal_appeal", "seizure", "books"]
    subject: str
    customer: str | None = Field(description="Null = about the house.")
    reasons: list[str]
    quorum: int
    status: Literal["open", "approved", "declined", "moot"] = Field(
        description="Of an appeal: approved = overturned, declined = upheld."
    )
    assignee: str | None
    opened_at: At
    due_at: At
    closed_at: At | None
    policy_version: int | None = Field(description="That asked for a person: its author and approver may not answer.")
    overdue: bool = Field(description="Whether it was not answered in time.")
    overdue_at: At | None
    escalation: int = Field(description="0 to 3: how often it was raised for being late; higher = more urgent.")
    snoozed_until: At | None
    snooze_reason: str | None


class CaseWithFile(Case):
    answers: list[CaseAnswer]
    evidence: list[CaseEvidence]
    questions: list[CaseQuestion]


class Bundle(Out):
    sha256: str = Field(description="SHA-256, hex, of `bundle` in its canonical form.")
    bundle: dict[str, Any] = Field(description="Case, answers, evidence, withdrawal, decisions, journal.")


class Cases(Out):
    cases: list[Case]
    next: str | None


class NewEvidence(In):
    note: Long


class NewAnswer(In):
    answer: Literal["approve", "decline"]
    reason: Text


class Snooze(In):
    until: Time
    reason: Text


class NewQuestion(In):
    what: Text = Field(
        examples=["source_of_funds"],
        description="source_of_funds, purpose or document_reference: the customer reads our words. Anything else "
        "is read as you write it.",
    )
    deadline_hours: int = Field(examples=[48], description="1 to 720.")


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


class PolicyVersion(Out):
    version: int
    hash: str
    created_by: str
    created_at: At
    approved_by: str | None
    active_from: At | None
    in_force: bool
    pack: dict[str, Any]


class Policies(Out):
    policies: list[PolicyVersion]


# --- keys --------------------------------------------------------------------------------------------------------


class NewKey(In):
    role: Literal["integrator", "analyst", "compliance", "treasury", "support", "auditor", "admin", "customer"]
    label: Short = Field(examples=["payments backend"])
    customer: Id | None = Field(default=None, description="For the role customer: whose objects it sees.")
    scopes: list[Short] | None = Field(default=None, max_length=50, description="Null = all scopes of the role.")
    addresses: list[Short] | None = Field(default=None, max_length=50, examples=[["10.0.0.0/8"]])
    expires_at: Time | None = None


class Key(Out):
    id: str
    role: str
    customer: str | None
    label: str
    scopes: list[str] | None
    addresses: list[str] | None
    expires_at: At | None
    created_by: str
    created_at: At
    revoked_at: At | None


class KeyWithSecret(Key):
    key: str = Field(description="Shown in this answer and nowhere else.")


class Keys(Out):
    keys: list[Key]


# --- trust and operation -----------------------------------------------------------------------------------------


class Feed(Out):
    events: list[Entry]
    next: str = Field(description="Send it as `after` to go on; the same again where nothing new has come.")


class Journal(Out):
    entries: list[Entry]
    next: str


class JournalRoot(Out):
    links: int
    tip: str = Field(description="SHA-256 over the whole journal, hex.")
    at: At | None


class Switch(Out):
    scope: str
    subject: str
    reason: str
    since: At


class Speed(Out):
    asset: str
    network: str
    settled: int
    median_seconds: int | None
    p95_seconds: int | None


class EgressPause(Out):
    since: At
    reason: dict[str, str] = Field(description="In English and Chinese.")


class PublicStatus(Out):
    at: At
    withdrawals: Literal["open", "paused"]
    switches: list[Switch]
    egress: EgressPause | None = Field(description="The egress breaker holds all payments; null = it does not.")
    assets: list[Speed] = Field(description="Of the last 24 hours, from request to final on chain.")


class Health(Out):
    status: Literal["ok"]
    version: str


class Ready(Out):
    status: Literal["ready", "not_ready"]
    waiting_for: list[str]


class Addresses(Out):
    addresses: list[Address]


class QuarantinedRow(Quarantined):
    text: str


class Quarantine(Out):
    quarantined: list[QuarantinedRow]


class PolicyCheck(Out):
    valid: bool
    errors: list[BadField]


class Quote(In):
    """`price`, or `open`, `high`, `low` and `close` of a bar of `minutes` that has ended."""

    asset: Ticker
    network: Network
    at: Time = Field(examples=["2026-11-24T10:39:00Z"], description="When it was the price; a bar's start.")
    price: Usd | None = None
    open: Usd | None = None
    high: Usd | None = None
    low: Usd | None = None
    close: Usd | None = None
    volume: Amount | None = Field(default=None, description="Coins traded; kept, not used.")
    minutes: int | None = Field(default=None, ge=1, le=60, description="The bar's length; null = 1.")


class NewPrices(In):
    source: Short = Field(examples=["venue-a"], description="Who says so. Two venues are two sources.")
    prices: list[Quote] = Field(min_length=1, max_length=500)


class RefusedQuote(Out):
    place: int = Field(description="Its place in `prices`, from 0.")
    code: str = Field(examples=["price_jump"])
    message: str


class PricesTaken(Out):
    accepted: int
    duplicates: int = Field(description="Said before, word for word.")
    refused: list[RefusedQuote]
    changes: int = Field(description="Regimes that changed.")


class NewRestart(In):
    asset: Ticker
    network: Network
    source: Short
    price: Usd | None = Field(description="What it is now; null = the source is gone for good.")
    reason: Text


class MarketRegime(Out):
    asset: str
    network: str
    regime: Literal["calm", "nervous", "stormy"]
    multiplier_percent: int = Field(description="What is left of a limit, for new requests.")
    reason: str
    since: At | None = Field(description="Null while the policy fixes the price, or nobody knows one.")
    as_of: At | None = Field(description="Newest price that was believed.")
    sources: int = Field(description="With a fresh price.")
    review_at: At | None = Field(description="When it is looked at again, if nothing new comes.")
    notice: Words | None = Field(description="What customers read; null while it is calm.")


class MarketRegimes(Out):
    at: At
    regimes: list[MarketRegime]


class NewSwitch(In):
    scope: Literal["asset", "network", "platform"]
    subject: Short = Field(examples=["USDT@evm-local"])
    reason: Text = Field(description="Customers read it.")


class KillSwitch(Out):
    id: str
    scope: str
    subject: str
    reason: str
    since: At


class KillSwitches(Out):
    kill_switches: list[KillSwitch]


class Asset(Out):
    asset: str
    network: str
    decimals: int
    contract: str | None


class Assets(Out):
    assets: list[Asset]


class HotWallet(Out):
    network: str
    address: str
    next_nonce: int


class OpenPayout(Out):
    id: str
    purpose: str
    ref: str
    asset: str
    network: str
    amount: Decimal
    status: str
    waiting_for: str | None
    detail: str | None
    failures: int
    nonce: int | None
    tx: str | None
    created_at: At


class BookCheck(Out):
    asset: str
    network: str
    block: int = Field(description="The wallets were read at this final block.")
    ledger: Decimal = Field(description="What the ledger says the wallets hold.")
    chain: Decimal = Field(description="What they hold.")
    difference: Decimal = Field(description="Chain minus ledger, signed.")
    moving: Decimal = Field(description="May have left in payments that are under way.")
    unexplained_rounds: int = Field(description="In a row that nothing under way explains the difference.")
    checked_at: At


class LedgerCheck(Out):
    accounts: int = Field(description="That are not the sum of their entries or holds.")
    what: str = Field(description="The first of them.")
    checked_at: At


class EgressTrip(Out):
    number: int
    since: At
    line: Literal["accounts", "destinations", "value"]
    seen: str = Field(description="What was seen; of value in USD.")
    allowed: str
    minutes: int


class StoppedLane(Out):
    wallet: str
    failures: int
    detail: str | None
    stopped_at: At


class Treasury(Out):
    wallets: list[HotWallet]
    payouts: list[OpenPayout]
    books: list[BookCheck]
    ledger: LedgerCheck | None = Field(description="Null = no round has run yet.")
    lanes: list[StoppedLane] = Field(description="Wallets that pay nothing until a person resumes them.")
    egress: EgressTrip | None


class Lanes(Out):
    lanes: list[StoppedLane]


class ResumedPayout(Out):
    id: str
    status: str
    waiting_for: str | None
    failures: int


class EgressVoice(Out):
    person: str
    reason: str
    at: At


class EgressLine(Out):
    minutes: int
    accounts: int
    destinations: int
    value: str = Field(description="USD.")
    reset_people: int


class EgressRush(Out):
    value: str = Field(description="USD that were asked for in the window and still stand.")
    accounts: int | None = Field(description="Null = so few requests that no line can be passed.")
    destinations: int | None


class Egress(Out):
    at: At
    tripped: EgressTrip | None = Field(description="Null = the breaker holds nothing.")
    resets: list[EgressVoice] = Field(description="Who has asked for the reset of this trip so far.")
    trips: int
    reset_at: At | None
    line: EgressLine | None = Field(description="Null = the policy in force has no breaker.")
    now: EgressRush | None


class NewExemption(In):
    customer: Id
    place: Short = Field(examples=["KR"], description="Whose delays shall not hold the customer.")
    until: Time = Field(description="At most a year away.")
    reason: Text


class Exemption(Out):
    id: str
    customer: str
    place: str
    status: Literal["proposed", "in_force", "expired", "ended"]
    until: At
    reason: str
    proposed_by: str
    proposed_at: At
    approved_by: str | None
    approved_at: At | None
    ended_by: str | None
    ended_at: At | None


class Exemptions(Out):
    exemptions: list[Exemption]
    next: str | None


class PlaceRule(Out):
    place: str
    ask: str
    since: str
    until: str | None
    source: str
    says: dict[str, str]


class Jurisdiction(Out):
    place: str
    standing: str
    places: list[str]
    rules: list[PlaceRule]


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


# --- standing withdrawals ----------------------------------------------------------------------------------------


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
