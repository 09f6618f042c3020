"""Where to pay: the payer of an open order is told, nobody else, and nothing of it is left when it has ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import merchant_kit
import pytest
from desk_kit import Hall, Merchant, open_hall
from house import COIN_USDT, DATA_KEY

from tidegate.base.refusals import Refusal
from tidegate.base.sealing import NotSealedHere
from tidegate.db import Conn
from tidegate.p2p.accounts import flow as accounts
from tidegate.p2p.disputes import flow as disputes
from tidegate.p2p.orders import flow as orders
from tidegate.p2p.orders import jobs
from tidegate.p2p.orders.flow import Payee
from tidegate.p2p.orders.order import Order, Role

IBAN = "DE89370400440532013000"


@pytest.fixture
def hall(conn: Conn) -> Hall:
    return open_hall(conn)


def refused(code: str) -> pytest.RaisesExc[Refusal]:
    return pytest.RaisesExc(Refusal, check=lambda raised: raised.code == code)


def seller(hall: Hall) -> Merchant:
    merchant = hall.merchant()
    merchant_kit.account(hall, merchant.who, IBAN, "Li Na")
    return merchant


def told(hall: Hall, order: Order, by: Role | None = None, key: bytes = DATA_KEY) -> Payee:
    who = by or order.payer
    return orders.where_to_pay(hall.conn, order.id, who, key, order.party(who), hall.now)


def kept(hall: Hall, order: Order) -> int:
    found = hall.conn.execute("SELECT count(*) FROM p2p_order_payee WHERE order_id = %s", [order.id]).fetchone()
    assert found is not None
    return int(found[0])


def notes(hall: Hall, order: Order) -> list[str]:
    found = hall.conn.execute(
        "SELECT body FROM journal WHERE subject = %s AND kind = 'order.payee_shown'", [order.id]
    ).fetchall()
    return [body for (body,) in found]


def test_the_taker_of_a_sell_ad_is_told_where_to_pay(hall: Hall) -> None:
    order = hall.take(hall.publish(seller(hall)), hall.person())
    assert told(hall, order) == Payee("Some Bank", IBAN, "Li Na")
    with refused("order_not_payer"):
        told(hall, order, order.seller)
    told(hall, order)
    (note,) = notes(hall, order)
    assert IBAN not in note, "the journal cannot be erased"


def test_a_merchant_who_buys_is_told_the_account_that_the_taker_named(hall: Hall) -> None:
    merchant, taker = hall.merchant(), hall.person("Wang Fang", USDT=1_000 * COIN_USDT)
    first = merchant_kit.account(hall, taker, IBAN, "Wang Fang")
    merchant_kit.account(hall, taker, "GB82WEST12345698765432", "Wang Fang")
    offer = hall.publish(merchant, "buy")
    newest, named = hall.take(offer, taker), hall.take(offer, taker, payee_account=first.id)
    assert told(hall, newest).number == "GB82WEST12345698765432"
    assert told(hall, named).number == IBAN


def test_what_the_seller_changes_meanwhile_turns_no_money_round(hall: Hall) -> None:
    merchant = seller(hall)
    order = hall.take(hall.publish(merchant), hall.person())
    (own,) = accounts.of_party(hall.conn, merchant.who.id)
    accounts.retire(hall.conn, own.id, merchant.who.id, hall.now)
    merchant_kit.account(hall, merchant.who, "GB82WEST12345698765432", "Li Na")
    assert told(hall, order).number == IBAN


def test_who_named_no_account_is_said_so(hall: Hall) -> None:
    order = hall.take(hall.publish(hall.merchant()), hall.person())
    with refused("payee_missing"):
        told(hall, order)


def test_cash_has_a_place_and_no_number(hall: Hall) -> None:
    merchant = hall.merchant()
    accounts.register(
        hall.conn, merchant.who.id, "cash", "Tea house, Nathan Road 1", None, "Li Na",
        data_key=DATA_KEY, policy=hall.setting.policy, actor="test", now=hall.now,
    )  # fmt: skip
    order = hall.take(hall.publish(merchant, methods=("cash",)), hall.person(), method="cash")
    assert told(hall, order) == Payee("Tea house, Nathan Road 1", None, "Li Na")


def expired(hall: Hall, order: Order) -> None:
    hall.now = order.expires_at + timedelta(seconds=1)
    jobs.expire_due(hall.conn, hall.clock)


def disputed(hall: Hall, order: Order) -> Order:
    paid = hall.paid(order)
    return disputes.dispute(
        hall.conn, paid.id, paid.payer, "not_released", "paid", paid.payer_party, hall.desk, hall.now
    )


def resolved(hall: Hall, order: Order) -> None:
    disputed(hall, order)
    merchant_kit.answer(hall, order.id, "p2p_dispute", "decline")


@pytest.mark.parametrize(
    "end",
    [
        lambda hall, order: hall.release(hall.paid(order)),
        lambda hall, order: hall.cancel(order, order.payer),
        expired,
        resolved,
    ],
    ids=["released", "cancelled", "expired", "resolved"],
)
def test_nothing_is_left_when_the_order_has_ended(hall: Hall, end: Callable[[Hall, Order], object]) -> None:
    order = hall.take(hall.publish(seller(hall)), hall.person())
    assert kept(hall, order) == 1
    end(hall, order)
    assert orders.get(hall.conn, order.id).ended_at is not None
    assert kept(hall, order) == 0
    with refused("order_over"):
        told(hall, order)


def test_a_dispute_keeps_it(hall: Hall) -> None:
    order = hall.take(hall.publish(seller(hall)), hall.person())
    disputed(hall, order)
    assert told(hall, order).number == IBAN


def test_the_number_is_unreadable_without_the_data_key(hall: Hall) -> None:
    order = hall.take(hall.publish(seller(hall)), hall.person())
    (sealed,) = hall.conn.execute("SELECT sealed FROM p2p_order_payee").fetchone() or (b"",)
    assert IBAN.encode() not in bytes(sealed)
    with pytest.raises(NotSealedHere):
        told(hall, order, key=bytes(32))
