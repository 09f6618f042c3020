"""What a decision knows of the destination: ours, like a known one, in the book, on our own list."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from house import NETWORK, RECEIVER, USDT, House, furnish

from tidegate.base.refusals import Conflict, Malformed, NotFound
from tidegate.custody import flow as custody
from tidegate.db import Conn, act, connect, journal
from tidegate.ledger import store as ledger_store
from tidegate.policy import flow as policies
from tidegate.screening import flow as screening
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import store
from tidegate.withdrawals.withdrawal import Status, Withdrawal

COIN = 10**6
# RECEIVER with another middle: what a thief lets appear in a history.
ALIKE = "0x8617e3" + "1" * 28 + "38070d"


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


def codes(house: House, made: Withdrawal) -> list[str]:
    row = store.decision(house.conn, house.get(made.id).decision_id)
    assert row is not None
    return [finding["code"] for finding in json.loads(row.findings)]


def authorise(house: House, id: str) -> Status:
    return withdrawals.authorise(house.conn, id, lambda _: "00", {NETWORK: 31337}, house.setting, house.now)


# --- ours ----------------------------------------------------------------------------------------------------------


def test_coins_for_another_customer_move_in_the_books_at_once(house: House) -> None:
    ada, ben = house.customer(USDT=100 * COIN), house.customer()
    inside = custody.deposit_address(house.conn, ben.id, NETWORK, "test", house.now)
    made = house.asked(ada, "40", inside)
    assert codes(house, made) == ["address_internal"]
    house.confirm(ada, made.id)
    assert authorise(house, made.id) is Status.SETTLED
    assert (house.available(ada), house.held(ada), house.available(ben)) == (60 * COIN, 0, 39_900_000)
    kinds = [n.kind for n in journal.about(house.conn, made.id)]
    assert kinds[-2:] == ["withdrawal.paying", "withdrawal.settled"]
    assert custody.payouts_of(house.conn, [made.id]) == {}
    assert ledger_store.disagreements(house.conn) == []
    assert authorise(house, made.id) is Status.SETTLED  # once
    assert house.available(ben) == 39_900_000


def test_a_kill_switch_stops_coins_in_the_books_too(house: House) -> None:
    ada, ben = house.customer(USDT=100 * COIN), house.customer()
    made = house.asked(ada, "40", custody.deposit_address(house.conn, ben.id, NETWORK, "test", house.now))
    house.confirm(ada, made.id)
    switch = policies.switch_on(house.conn, "asset", USDT.name, "Depeg", "key_treasury", house.now)
    assert authorise(house, made.id) is Status.APPROVED
    assert house.get(made.id).waiting_for == "kill_switch"
    policies.switch_off(house.conn, switch.id, "key_treasury", house.now)
    assert authorise(house, made.id) is Status.SETTLED


def test_ones_own_deposit_address_is_no_destination(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    with pytest.raises(Malformed) as refused:
        house.asked(ada, "40", custody.deposit_address(house.conn, ada.id, NETWORK, "test", house.now))
    assert refused.value.code == "address_is_own_deposit"
    assert house.held(ada) == 0


def test_two_who_pay_each_other_ten_times_at_once_end_where_they_began(house: House, database_url: str) -> None:
    ada, ben = house.customer(USDT=1_000 * COIN), house.customer(USDT=1_000 * COIN)
    at = {who.id: custody.deposit_address(house.conn, who.id, NETWORK, "test", house.now) for who in (ada, ben)}
    made = []
    for _ in range(5):
        for payer, payee in ((ada, ben), (ben, ada)):
            one = house.asked(payer, "20", at[payee.id])
            house.confirm(payer, one.id)
            made.append(one.id)

    def settle(id: str) -> Status:
        with connect(database_url) as conn:
            return withdrawals.authorise(conn, id, lambda _: "00", {NETWORK: 31337}, house.setting, house.now)

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(settle, made)) == {Status.SETTLED}
    assert house.available(ada) == house.available(ben) == 1_000 * COIN - 5 * 100_000
    assert ledger_store.disagreements(house.conn) == []


# --- look-alikes -----------------------------------------------------------------------------------------------------


def test_an_address_like_a_known_one_waits_for_a_person(house: House) -> None:
    ada, ben = house.customer(USDT=100 * COIN), house.customer(USDT=100 * COIN)
    house.asked(ada, "1")
    poison = house.asked(ada, "2", ALIKE)
    assert codes(house, poison) == ["address_look_alike"]
    assert house.confirm(ada, poison.id).status is Status.IN_REVIEW
    stranger = house.asked(ben, "2", ALIKE)  # ben never paid to what it resembles
    assert codes(house, stranger) == []


# --- allow-lists -----------------------------------------------------------------------------------------------------


def test_with_an_allow_list_only_the_book_is_paid_and_new_entries_wait(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    screening.set_allow_list(house.conn, ada.id, True, ada.id, house.setting.policy.screening, house.now)
    assert house.asked(ada, "1").status is Status.DECLINED
    house.wait(seconds=1)
    with act(house.conn, ada.id, house.now) as tx:
        screening.save(tx, ada.id, NETWORK, RECEIVER, "", "mine", "self_hosted")
    waits = house.asked(ada, "1")
    assert codes(house, waits) == ["address_entry_new"]
    assert house.confirm(ada, waits.id).status is Status.DELAYED
    house.wait(hours=24)
    assert codes(house, house.asked(ada, "1")) == []


# --- our own blocklist -----------------------------------------------------------------------------------------------

BLOCKED = "0x27b1fdb04752bbc536007a920d24acb045561c26"


def test_who_pays_to_our_own_list_is_warned_may_insist_and_meets_a_person(house: House) -> None:
    file = f"asset,address,entry\nETH,{BLOCKED},Made-up Fraud\n"
    screening.import_list(house.conn, "blocklist", file, "test", house.now, max_age_hours=24 * 365)
    ada, ben = house.customer(USDT=100 * COIN), house.customer(USDT=100 * COIN)
    made = house.asked(ada, "5", BLOCKED)
    assert codes(house, made) == ["address_warned"]
    (warning,) = screening.warnings_of(house.conn, made.id)
    with pytest.raises(Conflict, match="acknowledged"):
        withdrawals.insist(house.conn, made.id, warning.id, {"ip": "192.0.2.1"}, ada.id, house.setting, house.now)
    screening.acknowledge(house.conn, warning.id, ada.id, {"ip": "192.0.2.1"}, ada.id, house.now)
    with pytest.raises(NotFound):
        screening.acknowledge(house.conn, warning.id, ben.id, {}, ben.id, house.now)
    withdrawals.insist(house.conn, made.id, warning.id, {"ip": "192.0.2.1"}, ada.id, house.setting, house.now)
    assert house.confirm(ada, made.id).status is Status.IN_REVIEW
    row = store.decision(house.conn, house.get(made.id).decision_id)
    assert row is not None
    assert "its warning is insisted" in row.findings
    found = house.conn.execute("SELECT party_id, insisted_at IS NOT NULL FROM listed_warnings_v").fetchall()
    assert found == [(ada.id, True)]


# --- the market ------------------------------------------------------------------------------------------------------


def test_a_decision_says_how_restless_the_market_was(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    regime = replace(house.setting.regimes[USDT.id], name="nervous", multiplier_percent=50, reason="volatility")
    asks = [house.ask_for(ada, "5")]
    (answer,) = withdrawals.request(house.conn, asks, replace(house.setting, regimes={USDT.id: regime}), house.now)
    assert not isinstance(answer, Exception)
    row = store.decision(house.conn, json.loads(answer.body)["decision"]["id"])
    assert row is not None
    facts = json.loads(row.facts)
    assert (facts["market"], facts["market_percent"], facts["market_reason"]) == ("nervous", 50, "volatility")
    calm = json.loads(store.decision(house.conn, house.asked(ada, "5").decision_id).facts)  # type: ignore[union-attr]
    assert (calm["market"], calm["market_percent"]) == ("calm", 100)
