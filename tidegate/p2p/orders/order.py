"""What an order is, where it can stand, who may move it, and the only moves there are (rulebook section 8).

The coins of an order lie in escrow from its first moment to its last. Money of a state moves outside: the payer says
that it is on its way, the seller of coins says that it came, and where they do not agree, people decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tidegate.base.canonical import digest
from tidegate.base.refusals import Conflict, Forbidden
from tidegate.base.times import rfc3339
from tidegate.p2p.ads.ad import Side


class Status(StrEnum):
    """Where an order stands. Until it has ended, the coins are held."""

    CREATED = "created"  # the payer has until `expires_at`
    PAID = "paid"  # the payer says so
    DISPUTED = "disputed"  # a case is open: people decide
    RELEASED = "released"  # the coins are the buyer's
    CANCELLED = "cancelled"  # the coins went back, because one of the two said so
    EXPIRED = "expired"  # nobody paid in time
    RESOLVED_RELEASE = "resolved_release"  # people gave the coins to the buyer
    RESOLVED_REFUND = "resolved_refund"  # people gave them back


_S = Status
MOVES: dict[Status, frozenset[Status]] = {
    _S.CREATED: frozenset({_S.PAID, _S.CANCELLED, _S.EXPIRED}),
    _S.PAID: frozenset({_S.RELEASED, _S.CANCELLED, _S.DISPUTED}),
    _S.DISPUTED: frozenset({_S.RESOLVED_RELEASE, _S.RESOLVED_REFUND}),
    _S.RELEASED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.RESOLVED_RELEASE: frozenset(),
    _S.RESOLVED_REFUND: frozenset(),
}
"""From -> to. `flow.move` applies it with one UPDATE; nothing else writes a status."""

FINAL = frozenset(status for status, onward in MOVES.items() if not onward)
COMPLETED = frozenset({_S.RELEASED, _S.RESOLVED_RELEASE})
OPEN = frozenset(MOVES) - FINAL


class Role(StrEnum):
    """Who does something to an order."""

    TAKER = "taker"
    MERCHANT = "merchant"
    STAFF = "staff"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Order:
    """One order as stored. Units are whole units of its asset; prices and money 10^-8 of the currency."""

    id: str  # "ord_…"
    ad_id: str
    merchant_id: str
    subject_id: str
    merchant_party: str
    taker_id: str
    side: Side  # what the merchant does with coins
    asset_id: int
    units: int
    value: int | None  # micro-USD at the moment of the order; None = no fresh price
    fiat: str
    fiat_amount: int
    price: int
    reference: int | None  # the market's price then; None = no fresh one
    method: str
    conditions_version: int  # of the ad, in force at that moment
    has_conditions: bool
    payer_hash: str | None  # keyed hash of the account that paid
    payee_hash: str | None  # and of the one that is paid
    payer_similarity: int | None  # percent, payer's name against the verified one; None = not compared
    taker_level: int | None
    taker_since: datetime
    taker_orders_before: int
    device_id: str | None
    ip_net: str | None
    agent: str | None
    retention_hours: int  # N of T+N, as it was shown
    status: Status
    created_at: datetime
    expires_at: datetime
    paid_at: datetime | None
    released_at: datetime | None
    ended_at: datetime | None
    cancelled_by: Role | None
    dispute_reason: str | None
    dispute_by: Role | None
    dispute_lost_by: Role | None
    resolved_level: int | None  # how many people agreed
    changed_at: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "status", Status(self.status))
        object.__setattr__(self, "side", Side(self.side))
        for name in ("cancelled_by", "dispute_by", "dispute_lost_by"):
            role = getattr(self, name)
            object.__setattr__(self, name, None if role is None else Role(role))

    @property
    def seller(self) -> Role:
        """Who hands over coins, and is paid."""
        return Role.MERCHANT if self.side is Side.SELL else Role.TAKER

    @property
    def payer(self) -> Role:
        """Who pays, and gets the coins."""
        return Role.TAKER if self.side is Side.SELL else Role.MERCHANT

    def party(self, role: Role) -> str:
        """The party that the merchant or the taker is."""
        return self.merchant_party if role is Role.MERCHANT else self.taker_id

    @property
    def seller_party(self) -> str:
        return self.party(self.seller)

    @property
    def payer_party(self) -> str:
        return self.party(self.payer)


def payload_of(order: Order, asset: str) -> str:
    """What the seller sees and confirms when they release, as one hash. Nothing of it changes after the order is made:
    the table refuses that."""
    seen = [order.id, order.seller_party, order.payer_party, asset, str(order.units), order.fiat]
    return digest([*seen, str(order.fiat_amount), order.method])


def check_paid(order: Order, by: Role, now: datetime) -> None:
    """Whether the payer may say now that the money is on its way.

    Raises Forbidden `order_not_payer`; Conflict `order_not_created`, `payment_window_over`.
    """
    if by is not order.payer:
        raise Forbidden("order_not_payer", f"The {order.payer} pays in {order.id}, and only they say that they did.")
    if order.status is Status.EXPIRED or (order.status is Status.CREATED and order.expires_at <= now):
        raise _window_over(order)
    if order.status is not Status.CREATED:
        raise Conflict("order_not_created", f"{order.id} is {order.status}; only a created one can be paid.")


def _window_over(order: Order) -> Conflict:
    return Conflict(
        "payment_window_over",
        f"The time to pay {order.id} ended at {rfc3339(order.expires_at)}, and the coins went back. Do not pay any "
        "more; whoever has paid already writes to support.",
    )


def check_release(order: Order, by: Role) -> None:
    """Whether the seller may let the coins go. Raises Forbidden `order_not_seller`; Conflict `order_not_paid`."""
    if by is not order.seller:
        raise Forbidden("order_not_seller", f"The coins of {order.id} are the {order.seller}'s to release.")
    if order.status is not Status.PAID:
        raise Conflict("order_not_paid", f"{order.id} is {order.status}; coins are released once it is paid.")


def check_payee(order: Order, by: Role) -> None:
    """Whether somebody may be told which account to pay: the payer, while there is something to pay or to clear up.

    Raises Forbidden `order_not_payer`; Conflict `order_over`.
    """
    if by is not order.payer:
        raise Forbidden("order_not_payer", f"The {order.payer} pays in {order.id}, and only they are told where.")
    if order.status not in OPEN:
        raise Conflict("order_over", f"{order.id} is {order.status}; where to pay was erased with its end.")


def check_cancel(order: Order, by: Role) -> None:
    """Nobody has paid: either of the two may go. Once it is paid, only the payer may give it up.

    Raises Conflict `order_not_cancellable`; Forbidden `order_paid_already`.
    """
    if Status.CANCELLED not in MOVES[order.status]:
        ended = f" by the {order.cancelled_by}" if order.cancelled_by is not None else ""
        raise Conflict("order_not_cancellable", f"{order.id} is {order.status}{ended}; it cannot be cancelled.")
    if order.status is Status.PAID and by is not order.payer:
        raise Forbidden("order_paid_already", f"{order.id} is paid, they say: release the coins, or dispute it.")
