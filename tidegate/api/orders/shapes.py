"""What goes in and comes out of calls about orders."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tidegate.api.ads.shapes import Method, Side
from tidegate.api.shapes import Amount, At, Decimal, Id, In, Long, Out, Short, Text
from tidegate.api.withdrawals.shapes import Confirmation
from tidegate.p2p.orders.order import Status

By = Literal["taker", "merchant"]


class NewOrder(In):
    ad: Id
    taker: Id = Field(description="The customer who takes the ad.")
    amount: Amount
    method: Short = Field(examples=["bank"])
    price: Amount | None = Field(
        default=None, description="The price that the taker saw: a worse one is refused (`price_moved`)."
    )
    payee_account: Id | None = Field(
        default=None, description="Where a taker who sells wants to be paid. Null = the newest account of the method."
    )
    device_id: Short | None = None
    ip: Short | None = None
    agent: Short | None = None


class _Step(In):
    by: By | None = Field(default=None, description="Who does it, where a credential speaks for both.")


class Payee(Out):
    institution: str = Field(description="The bank or wallet; of cash the place.")
    number: str | None = Field(description="In its one spelling. Null = cash.")
    holder_name: str


class OrderPaid(_Step):
    account: Id | None = Field(default=None, description="The payer's payment account here.")
    holder_name: Short | None = Field(default=None, description="Of the account that pays, where it is not known here.")


class OrderReleased(Confirmation, _Step):
    """The seller confirms with a factor of theirs: a code for `totp`, a credential for `passkey`."""

    holder_name: Short | None = Field(default=None, description="Who paid, as the seller's bank says.")


class OrderCancelled(_Step):
    pass


class OrderDisputed(_Step):
    reason: Short = Field(
        examples=["not_released"],
        description="Of the payer: not_released. Of the seller: payment_not_received, payer_name_mismatch, "
        "payment_reversed. Of both: amount_wrong, fraud_suspected, other.",
    )
    note: Long = Field(description="What happened.")


class OrderResolved(In):
    outcome: Short = Field(examples=["release"], description="release to the payer, or refund to the seller.")
    reason: Text
    at_fault: Short | None = Field(
        default=None, description="merchant, taker or nobody. Null = whoever did not get the coins."
    )


class Order(Out):
    id: str
    ad: str
    merchant: str
    taker: str
    side: Side = Field(description="What the merchant does with coins.")
    asset: str
    network: str
    amount: Decimal
    fiat: str
    fiat_amount: str = Field(description="To pay.")
    price: str
    method: Method
    payer: By
    seller: By = Field(description="Whose coins are in escrow.")
    conditions: int = Field(description="Version of the ad's conditions that was in force.")
    payer_similarity: int | None = Field(description="Percent; null where names were not compared.")
    retention_hours: int = Field(description="So long the coins stay with whoever buys them.")
    status: Status
    created_at: At
    expires_at: At
    paid_at: At | None
    released_at: At | None
    ended_at: At | None
    cancelled_by: Literal["taker", "merchant", "staff", "time"] | None
    dispute: Dispute | None


class Dispute(Out):
    reason: str
    by: By
    lost_by: By | None
    people: int | None = Field(description="How many agreed on the outcome.")


class Orders(Out):
    orders: list[Order]
    next: str | None


class Lot(Out):
    id: str
    order: str
    asset: str
    network: str
    amount: Decimal
    left: Decimal = Field(description="What was not sold since.")
    bought_at: At
    matures_at: At
    status: Literal["open", "matured", "sold"]


class Withdrawable(Out):
    asset: str
    network: str
    amount: Decimal = Field(description="Of what is owned, what no open lot keeps behind.")


class Lots(Out):
    lots: list[Lot]
    withdrawable: list[Withdrawable] = Field(description="Per asset, where lots are open; empty where none is.")
    next: str | None
