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


def authorise(house: House) -> int:
    return jobs.authorise_approved(
        house.conn, lambda payload: "00" * 64, {NETWORK: 31337}, lambda: house.setting, house.clock
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
