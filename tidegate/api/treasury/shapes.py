"""What goes in and comes out of calls about what pays, what hangs, and the egress breaker."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tidegate.api.shapes import At, Decimal, In, Out, Short, Text


class HotWallet(Out):
    network: str
    address: str
    next_nonce: int


class WatchedBalance(Out):
    asset: str
    amount: Decimal
    as_of: At


class WatchedWallet(Out):
    id: str
    network: str
    address: str
    kind: Literal["warm", "cold"]
    label: str
    added_at: At
    balances: list[WatchedBalance] = Field(description="As last seen; empty until the worker has looked.")


class WatchedWallets(Out):
    watched: list[WatchedWallet]


class NewWatched(In):
    network: Short = Field(examples=["evm-local"])
    address: Text
    kind: Short = Field(examples=["cold"], description="`warm` or `cold`.")
    label: Short = Field(examples=["Vault, Zug"], description="For people: where its key is.")


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
    watched: list[WatchedWallet] = Field(description="Warm and cold wallets, whose keys are elsewhere.")
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
