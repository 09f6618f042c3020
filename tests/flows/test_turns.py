"""What cannot move just now counts for nothing: the worker's loop pauses, instead of asking again at once for ever."""

from __future__ import annotations

import pytest
from house import COIN_USDT as COIN
from house import NETWORK, House, furnish

from tidegate.db import Conn
from tidegate.parties import flow as parties
from tidegate.withdrawals import jobs
from tidegate.withdrawals.withdrawal import Status


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


def authorise(house: House, limit: int = 50) -> int:
    return jobs.authorise_approved(
        house.conn, lambda payload: "00" * 64, {NETWORK: 31337}, lambda: house.setting, house.clock, limit
    )


def test_an_approved_withdrawal_under_a_freeze_counts_for_nothing_until_it_is_lifted(house: House) -> None:
    ada, ben = house.customer(USDT=100 * COIN), house.customer(USDT=100 * COIN)
    hers, his = (house.confirm(who, house.asked(who, "40").id) for who in (ada, ben))
    freeze = parties.freeze(house.conn, ada.id, "Stolen phone", "key_officer", house.now)
    assert authorise(house) == 1, "his goes on"
    assert house.get(his.id).authorised_at is not None
    assert [authorise(house), authorise(house)] == [0, 0]
    assert house.get(hers.id).waiting_for == "freeze"
    parties.lift(house.conn, freeze.id, "Phone found", "key_officer", house.now)
    assert [authorise(house), authorise(house)] == [1, 0]
    assert house.get(hers.id).authorised_at is not None


def test_one_whose_freeze_was_lifted_goes_on_behind_any_number_that_stay_frozen(house: House) -> None:
    people = [house.customer(USDT=100 * COIN) for _ in range(5)]
    made = [house.confirm(who, house.asked(who, "40").id) for who in people]
    orders = [parties.freeze(house.conn, who.id, "Court order", "key_officer", house.now) for who in people]
    for _ in range(3):
        authorise(house, limit=2)
        house.wait(seconds=1)
    parties.lift(house.conn, orders[-1].id, "Lifted", "key_officer", house.now)
    for _ in range(3):
        authorise(house, limit=2)
        house.wait(seconds=1)
    assert [house.get(one.id).authorised_at is not None for one in made] == [False] * 4 + [True]


def test_a_delay_that_ended_under_a_freeze_counts_for_nothing_until_it_is_lifted(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    parties.restrict(house.conn, ada.id, "withdrawal_delay", None, "Watch", "key_officer", house.now, "1")
    made = house.confirm(ada, house.asked(ada, "40").id)
    assert made.status is Status.DELAYED
    freeze = parties.freeze(house.conn, ada.id, "Stolen phone", "key_officer", house.now)
    house.wait(hours=2)

    def release() -> int:
        return jobs.release_due(house.conn, lambda: house.setting, house.clock)

    assert [release(), release()] == [0, 0]
    assert house.get(made.id).status is Status.DELAYED
    parties.lift(house.conn, freeze.id, "Phone found", "key_officer", house.now)
    assert [release(), release()] == [1, 0]


def test_what_meets_a_bug_is_set_aside_and_counts_for_nothing(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    made = house.confirm(ada, house.asked(ada, "40").id)

    def broken(payload: bytes) -> str:
        raise RuntimeError("the key is gone")

    done = jobs.authorise_approved(house.conn, broken, {NETWORK: 31337}, lambda: house.setting, house.clock)
    assert (done, house.get(made.id).waiting_for) == (0, "person")
    assert authorise(house) == 1
