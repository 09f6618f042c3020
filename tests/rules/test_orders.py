"""Orders and disputes, as rules: the table of moves, who may do what, reasons, and who has lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from refusal_kit import refused

from tidegate.p2p.ads.ad import Side
from tidegate.p2p.disputes import dispute
from tidegate.p2p.orders import order as rules
from tidegate.p2p.orders.order import COMPLETED, FINAL, MOVES, OPEN, Order, Role, Status

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ORDER = Order(
    id="ord_1",
    ad_id="ad_1",
    merchant_id="mer_1",
    subject_id="mer_1",
    merchant_party="cus_m",
    taker_id="cus_t",
    side=Side.SELL,
    asset_id=1,
    units=100,
    value=100,
    fiat="CNY",
    fiat_amount=720,
    price=720,
    reference=None,
    method="bank",
    conditions_version=1,
    has_conditions=False,
    payer_hash=None,
    payee_hash=None,
    payer_similarity=None,
    taker_level=None,
    taker_since=NOW,
    taker_orders_before=0,
    device_id=None,
    ip_net=None,
    agent=None,
    retention_hours=24,
    status=Status.CREATED,
    created_at=NOW,
    expires_at=NOW + timedelta(minutes=15),
    paid_at=None,
    released_at=None,
    ended_at=None,
    cancelled_by=None,
    dispute_reason=None,
    dispute_by=None,
    dispute_lost_by=None,
    resolved_level=None,
    changed_at=NOW,
)
BUY = replace(ORDER, side=Side.BUY)


def test_the_table_of_moves() -> None:
    assert {str(status): sorted(map(str, onward)) for status, onward in MOVES.items()} == {
        "created": ["cancelled", "expired", "paid"],
        "paid": ["cancelled", "disputed", "released"],
        "disputed": ["resolved_refund", "resolved_release"],
        "released": [],
        "cancelled": [],
        "expired": [],
        "resolved_release": [],
        "resolved_refund": [],
    }
    assert sorted(map(str, OPEN)) == ["created", "disputed", "paid"]
    assert COMPLETED < FINAL


def test_who_pays_and_who_hands_over_coins() -> None:
    assert (ORDER.payer, ORDER.seller, ORDER.payer_party, ORDER.seller_party) == ("taker", "merchant", "cus_t", "cus_m")
    assert (BUY.payer, BUY.seller, BUY.payer_party, BUY.seller_party) == ("merchant", "taker", "cus_m", "cus_t")


@pytest.mark.parametrize(
    ("by", "status", "late", "said"),
    [
        (Role.TAKER, "created", -1, None),
        (Role.TAKER, "created", 0, "payment_window_over"),
        (Role.TAKER, "expired", 1, "payment_window_over"),
        (Role.MERCHANT, "created", -1, "order_not_payer"),
        (Role.TAKER, "paid", -1, "order_not_created"),
        (Role.TAKER, "cancelled", -1, "order_not_created"),
    ],
)
def test_paying(by: Role, status: str, late: int, said: str | None) -> None:
    order = replace(ORDER, status=Status(status))
    now = order.expires_at + timedelta(microseconds=late)
    assert refused(lambda: rules.check_paid(order, by, now)) == said


@pytest.mark.parametrize("status", Status)
def test_releasing_only_what_is_paid_and_only_by_the_seller(status: Status) -> None:
    order = replace(ORDER, status=status)
    assert refused(lambda: rules.check_release(order, Role.MERCHANT)) == (
        None if status == "paid" else "order_not_paid"
    )
    assert refused(lambda: rules.check_release(order, Role.TAKER)) == "order_not_seller"


@pytest.mark.parametrize(
    ("status", "by_payer", "by_seller"),
    [
        ("created", None, None),
        ("paid", None, "order_paid_already"),
        ("disputed", "order_not_cancellable", "order_not_cancellable"),
        ("released", "order_not_cancellable", "order_not_cancellable"),
        ("cancelled", "order_not_cancellable", "order_not_cancellable"),
        ("expired", "order_not_cancellable", "order_not_cancellable"),
        ("resolved_release", "order_not_cancellable", "order_not_cancellable"),
        ("resolved_refund", "order_not_cancellable", "order_not_cancellable"),
    ],
)
def test_giving_up(status: str, by_payer: str | None, by_seller: str | None) -> None:
    for made in (ORDER, BUY):
        order = replace(made, status=Status(status))
        assert refused(rules.check_cancel, order, order.payer) == by_payer
        assert refused(rules.check_cancel, order, order.seller) == by_seller


@pytest.mark.parametrize(
    ("reason", "payer", "seller"),
    [
        ("not_released", None, "reason_not_yours"),
        ("payment_not_received", "reason_not_yours", None),
        ("amount_wrong", None, None),
        ("payer_name_mismatch", "reason_not_yours", None),
        ("payment_reversed", "reason_not_yours", None),
        ("fraud_suspected", None, None),
        ("other", None, None),
        ("angry", "reason_unknown", "reason_unknown"),
    ],
)
def test_a_reason_has_its_side(reason: str, payer: str | None, seller: str | None) -> None:
    for made in (ORDER, BUY):
        paid = replace(made, status=Status.PAID)
        assert refused(dispute.check_open, paid, paid.payer, reason) == payer
        assert refused(dispute.check_open, paid, paid.seller, reason) == seller


@pytest.mark.parametrize("status", Status)
def test_only_what_is_paid_can_be_disputed(status: Status) -> None:
    order = replace(ORDER, status=status)
    said = refused(lambda: dispute.check_open(order, Role.TAKER, "not_released"))
    assert said == (None if status == "paid" else "order_not_disputable")


@pytest.mark.parametrize(("value", "people"), [(None, 2), (99, 1), (100, 2), (101, 2)])
def test_how_many_people_decide(value: int | None, people: int) -> None:
    assert dispute.people(value, 100) == people


@pytest.mark.parametrize(
    ("outcome", "at_fault", "lost"),
    [
        ("release", None, Role.MERCHANT),
        ("refund", None, Role.TAKER),
        ("release", "taker", Role.TAKER),
        ("refund", "merchant", Role.MERCHANT),
        ("refund", "nobody", None),
    ],
)
def test_who_has_lost(outcome: str, at_fault: str | None, lost: Role | None) -> None:
    assert dispute.lost_by(ORDER, outcome, at_fault) == lost


def test_on_a_buy_ad_the_sides_are_the_other_way_round() -> None:
    assert dispute.lost_by(BUY, "release", None) is Role.TAKER
    assert dispute.lost_by(BUY, "refund", None) is Role.MERCHANT


def test_words_that_are_none() -> None:
    assert refused(lambda: dispute.lost_by(ORDER, "release", "time")) == "at_fault_unknown"
    assert refused(lambda: dispute.check_outcome("split")) == "outcome_unknown"
    assert refused(lambda: dispute.check_outcome("refund")) is None


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("order", [ORDER, BUY], ids=["sell", "buy"])
def test_the_payer_alone_is_told_where_to_pay_while_the_order_is_open(order: Order, status: Status) -> None:
    now = replace(order, status=status)
    assert refused(lambda: rules.check_payee(now, now.seller)) == "order_not_payer"
    assert refused(lambda: rules.check_payee(now, now.payer)) == (None if status in OPEN else "order_over")


def test_what_the_seller_confirms_names_all_that_they_see() -> None:
    """Another order, party, amount or method is another payload; what changes while it waits is not in it."""
    seen = rules.payload_of(ORDER, "USDT@evm-local")
    others = [
        replace(ORDER, id="ord_2"),
        replace(ORDER, merchant_party="cus_x"),
        replace(ORDER, taker_id="cus_x"),
        replace(ORDER, units=101),
        replace(ORDER, fiat="EUR"),
        replace(ORDER, fiat_amount=721),
        replace(ORDER, method="wallet"),
        replace(ORDER, side=Side.BUY),
    ]
    payloads = {rules.payload_of(order, "USDT@evm-local") for order in others} | {rules.payload_of(ORDER, "ETH")}
    assert len({seen, *payloads}) == len(others) + 2
    assert rules.payload_of(replace(ORDER, status=Status.PAID, paid_at=NOW), "USDT@evm-local") == seen
