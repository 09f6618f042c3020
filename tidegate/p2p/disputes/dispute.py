"""Why two do not agree about an order, who may say so, and who has lost when people have decided."""

from __future__ import annotations

from tidegate.base.refusals import Conflict, Forbidden, Malformed
from tidegate.p2p.orders.order import Order, Role, Status

PAYER, SELLER = "payer", "seller"

REASONS: dict[str, frozenset[str]] = {
    "not_released": frozenset({PAYER}),  # paid, and the coins do not come
    "payment_not_received": frozenset({SELLER}),
    "amount_wrong": frozenset({PAYER, SELLER}),  # another amount was sent than agreed
    "payer_name_mismatch": frozenset({SELLER}),  # money came from somebody else's account
    "payment_reversed": frozenset({SELLER}),  # the bank took it back, or froze it
    "fraud_suspected": frozenset({PAYER, SELLER}),
    "other": frozenset({PAYER, SELLER}),
}
"""Typed reasons -> who may give them."""

OUTCOMES = {"release": Status.RESOLVED_RELEASE, "refund": Status.RESOLVED_REFUND}
"""What people can decide: the coins go to the payer, or back to the seller."""

NOBODY = "nobody"


def check_open(order: Order, by: Role, reason: str) -> None:
    """Whether this side may dispute the order now, for this reason.

    Raises Malformed `reason_unknown`; Forbidden `reason_not_yours`; Conflict `order_not_disputable`.
    """
    if reason not in REASONS:
        raise Malformed("reason_unknown", f"{reason[:40]!r} is none of {', '.join(REASONS)}.", field="reason")
    side = PAYER if by is order.payer else SELLER
    if side not in REASONS[reason]:
        raise Forbidden("reason_not_yours", f"{reason} is for the {min(REASONS[reason])} to say.", field="reason")
    if order.status is not Status.PAID:
        raise Conflict("order_not_disputable", f"{order.id} is {order.status}; what is paid can be disputed.")


def people(value: int | None, two_from: int) -> int:
    """How many must agree to give the coins to the payer. What nobody can value counts as much."""
    return 2 if value is None or value >= two_from else 1


def lost_by(order: Order, outcome: str, at_fault: str | None) -> Role | None:
    """Who lost: whom staff name, or whoever did not get the coins; None = nobody did.

    Raises Malformed `at_fault_unknown`.
    """
    if at_fault is None:
        return order.seller if outcome == "release" else order.payer
    if at_fault not in (Role.MERCHANT, Role.TAKER, NOBODY):
        raise Malformed(
            "at_fault_unknown", f"{at_fault[:20]!r} is none of merchant, taker, {NOBODY}.", field="at_fault"
        )
    return None if at_fault == NOBODY else Role(at_fault)


def check_outcome(outcome: str) -> None:
    """Raises Malformed `outcome_unknown`."""
    if outcome not in OUTCOMES:
        raise Malformed("outcome_unknown", f"{outcome[:20]!r} is none of release, refund.", field="outcome")
