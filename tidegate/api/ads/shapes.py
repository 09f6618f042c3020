"""What goes in and comes out of calls about ads."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tidegate.api.shapes import Amount, At, Decimal, Id, In, Network, Out, Short, Text, Ticker

Side = Literal["buy", "sell"]
Method = Literal["bank", "wallet", "cash"]
Fiat = Annotated[str, StringConstraints(max_length=20), Field(examples=["EUR"])]


class Conditions(In):
    """Whom the merchant trades with. What is left out is not asked."""

    level: int | None = Field(default=None, description="Identity level, at least.")
    account_days: int | None = Field(default=None, description="Since registration, at least.")
    orders: int | None = Field(default=None, description="Completed before, at least.")
    completion_percent: int | None = Field(default=None, description="Of the taker's orders that ended, at least.")
    countries: list[Annotated[str, StringConstraints(max_length=2)]] = Field(
        default_factory=list, max_length=250, description="One of these."
    )


class AdTerms(In):
    price: Amount | None = Field(default=None, description="Of one coin, in the currency. Null = it floats.")
    percent: Short | None = Field(
        default=None, examples=["101.5"], description="Of the market's price. Null = the price is fixed."
    )
    amount: Amount = Field(description="Coins that are offered in all.")
    min_amount: Amount = Field(description="Of one order.")
    max_amount: Amount
    methods: list[Short] = Field(max_length=10, examples=[["bank"]], description="bank, wallet, cash.")
    payment_minutes: int = Field(examples=[15], description="So long the payer has.")
    conditions: Conditions = Field(default_factory=Conditions)
    terms: Text = Field(default="", description="The merchant's words.")


class NewAd(AdTerms):
    merchant: Id
    side: Short = Field(examples=["sell"], description="What the merchant does with coins: buy or sell.")
    asset: Ticker
    network: Network
    fiat: Fiat


class SaidConditions(Out):
    level: int | None
    account_days: int | None
    orders: int | None
    completion_percent: int | None
    countries: list[str]


class Ad(Out):
    id: str
    merchant: str
    side: Side
    asset: str
    network: str
    fiat: str
    price: str | None = Field(description="Of one coin now; null where it floats and nobody knows the market.")
    percent: str | None
    amount: Decimal = Field(description="What is left.")
    min_amount: Decimal
    max_amount: Decimal
    methods: list[Method]
    payment_minutes: int
    conditions: SaidConditions
    unrestricted: bool = Field(description="It sells to anybody: what follows of it may be the merchant's (5.3c).")
    terms: str
    status: Literal["active", "paused", "closed"]
    reason: str | None
    retention_hours: int | None = Field(
        description="Coins that are bought here stay at most so long before they can leave; `…/quote` says it for one "
        "taker. Null on ads to buy: there it depends on the taker."
    )
    published_at: At
    priced_at: At = Field(description="At one price the earlier comes first.")
    ended_at: At | None


class Book(Out):
    ads: list[Ad]
    next: str | None = Field(description="Of a merchant's list. The book itself has no pages: it moves.")


class AdQuote(Out):
    ad: str
    price: str | None
    fiat_amount: str | None = Field(description="To pay.")
    retention_hours: int = Field(description="So long the coins will stay with whoever buys them.")
    conditions_unmet: list[str]
