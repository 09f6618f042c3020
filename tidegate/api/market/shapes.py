"""What goes in and comes out of calls about prices told and regimes shown."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tidegate.api.shapes import Amount, At, In, Network, Out, Short, Text, Ticker, Time, Usd
from tidegate.api.withdrawals.shapes import Words


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
