"""What goes in and comes out of calls about deposits and the addresses at which they arrive."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tidegate.api.shapes import At, Decimal, In, Network, Out, Ticker


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
