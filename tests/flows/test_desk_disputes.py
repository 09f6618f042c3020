"""Disputes at the desk: who asks, who decides, how many, and what becomes of coins, bond and record."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import merchant_kit as merchants
import pytest
from desk_kit import Hall, open_hall
from house import COIN_USDT, Customer

from tidegate.base.refusals import Refusal
from tidegate.cases import flow as cases
from tidegate.db import Conn, connect
from tidegate.ledger import store as ledger_store
from tidegate.p2p.ads.conditions import Conditions
from tidegate.p2p.disputes import flow as disputes
from tidegate.p2p.lots import flow as lots
from tidegate.p2p.orders import flow as orders
from tidegate.p2p.orders.order import Order, Role, Status
from tidegate.parties import flow as parties


@pytest.fixture
def hall(conn: Conn) -> Iterator[Hall]:
    hall = open_hall(conn)
    yield hall
    assert ledger_store.disagreements(conn) == []


@pytest.fixture
def taker(hall: Hall) -> Customer:
    return hall.person()


def refused(code: str, status: int = 409) -> pytest.RaisesExc[Refusal]:
    return pytest.RaisesExc(Refusal, check=lambda raised: (raised.code, raised.status) == (code, status))


def paid(hall: Hall, taker: Customer, amount: str = "100", most: str = "500") -> Order:
    merchant = hall.merchant(usdt=20_000)
    offer = hall.publish(merchant, amount="20000", most=most, conditions=Conditions())
    return hall.paid(hall.take(offer, taker, amount))


def dispute(hall: Hall, order: Order, by: Role = Role.TAKER, reason: str = "not_released") -> Order:
    actor = order.party(by)
    return disputes.dispute(hall.conn, order.id, by, reason, "I paid an hour ago", actor, hall.desk, hall.now)


def resolve(hall: Hall, order: Order, outcome: str, person: str = "Mei", at_fault: str | None = None) -> Order:
    key = merchants.staff(hall, person)
    return disputes.resolve(hall.conn, order.id, outcome, "the bank's notice says so", at_fault, key, hall.now)


def test_people_give_the_coins_to_the_payer(hall: Hall, taker: Customer) -> None:
    order = dispute(hall, paid(hall, taker))
    assert (order.status, order.dispute_reason, order.dispute_by) == (Status.DISPUTED, "not_released", Role.TAKER)
    done = resolve(hall, order, "release")
    assert (done.status, done.dispute_lost_by, done.resolved_level) == (Status.RESOLVED_RELEASE, Role.MERCHANT, 1)
    assert hall.available(taker) == 100 * COIN_USDT
    assert [lot.order_id for lot in lots.page(hall.conn, taker.id)] == [order.id]
    merchants.news(hall)  # the case's own news finds nothing left to do
    assert orders.get(hall.conn, order.id) == done


def test_people_give_the_coins_back(hall: Hall, taker: Customer) -> None:
    order = dispute(hall, paid(hall, taker), Role.MERCHANT, "payment_not_received")
    done = resolve(hall, order, "refund")
    assert (done.status, done.dispute_lost_by) == (Status.RESOLVED_REFUND, Role.TAKER)
    assert (hall.escrow(order.merchant_party), hall.available(taker)) == (0, 0)
    assert lots.page(hall.conn, taker.id) == []


def test_staff_may_say_that_nobody_is_to_blame(hall: Hall, taker: Customer) -> None:
    order = dispute(hall, paid(hall, taker), Role.MERCHANT, "payment_reversed")
    assert resolve(hall, order, "refund", at_fault="nobody").dispute_lost_by is None


def test_the_case_is_answered_elsewhere_and_the_worker_brings_the_news(hall: Hall, taker: Customer) -> None:
    order = dispute(hall, paid(hall, taker))
    merchants.answer(hall, order.id, "p2p_dispute", "decline")
    done = orders.get(hall.conn, order.id)
    assert (done.status, done.dispute_lost_by, done.resolved_level) == (Status.RESOLVED_REFUND, Role.TAKER, 1)


def test_a_large_order_is_given_to_the_payer_by_two(hall: Hall, taker: Customer) -> None:
    order = dispute(hall, paid(hall, taker, "10000", most="20000"))
    first = resolve(hall, order, "release", "Mei")
    assert first.status is Status.DISPUTED
    with refused("case_answered_already"):
        resolve(hall, order, "release", "Mei")
    done = resolve(hall, order, "release", "Anton")
    assert (done.status, done.resolved_level) == (Status.RESOLVED_RELEASE, 2)


def test_who_is_no_reviewer_decides_nothing(hall: Hall, taker: Customer) -> None:
    order = dispute(hall, paid(hall, taker))
    key = merchants.staff(hall, "Sam", "support")
    with refused("case_other_role", 403):
        disputes.resolve(hall.conn, order.id, "release", "I think so", None, key, hall.now)
    assert orders.get(hall.conn, order.id).status is Status.DISPUTED


def test_neither_side_moves_a_disputed_order(hall: Hall, taker: Customer) -> None:
    order = dispute(hall, paid(hall, taker))
    with refused("order_not_paid"):
        hall.release(order)
    with refused("order_not_cancellable"):
        hall.cancel(order, Role.TAKER)
    with refused("order_not_disputable"):
        dispute(hall, order)


def test_only_a_dispute_is_resolved(hall: Hall, taker: Customer) -> None:
    order = paid(hall, taker)
    with refused("order_not_disputed"):
        resolve(hall, order, "release")
    with refused("outcome_unknown", 422):
        resolve(hall, order, "split")


def test_a_bond_stays_while_a_dispute_is_open(hall: Hall, taker: Customer) -> None:
    order = dispute(hall, paid(hall, taker))
    assert [matter.ref for matter in merchants.flow.matters(hall.conn, [order.merchant_id])] == [order.id]
    resolve(hall, order, "refund")
    assert merchants.flow.matters(hall.conn, [order.merchant_id]) == []


def test_frozen_coins_are_given_to_the_payer_by_people(hall: Hall, taker: Customer) -> None:
    order = paid(hall, taker)
    parties.freeze(hall.conn, order.merchant_party, "authority", "officer", hall.now)
    assert resolve(hall, dispute(hall, order), "release").status is Status.RESOLVED_RELEASE


def test_what_was_said_is_kept_with_the_case(hall: Hall, taker: Customer) -> None:
    order = dispute(hall, paid(hall, taker))
    (case,) = cases.about(hall.conn, order.id)
    file = cases.file(hall.conn, case.id)
    assert [note.note for note in file.evidence] == ["taker: I paid an hour ago"]
    assert (file.case.reasons, file.case.quorum, file.case.party_id) == (["not_released"], 1, taker.id)


def test_releasing_and_disputing_at_once_end_in_one_way(hall: Hall, taker: Customer, database_url: str) -> None:
    order, desk = paid(hall, taker), hall.desk
    code, now = hall.code(order.merchant_party), hall.now

    def one(step: int) -> object:
        with connect(database_url) as conn:
            try:
                if step % 2:
                    return orders.release(conn, order.id, Role.MERCHANT, None, code, "m", desk, now).status
                return disputes.dispute(conn, order.id, Role.TAKER, "other", "hm", "t", desk, now).status
            except Refusal as refusal:
                return refusal.code

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(one, range(8)))
    ended = orders.get(hall.conn, order.id)
    assert ended.status in (Status.RELEASED, Status.DISPUTED)
    assert done.count(ended.status) == 1
    assert hall.escrow(order.merchant_party) == (0 if ended.status is Status.RELEASED else 100 * COIN_USDT)
