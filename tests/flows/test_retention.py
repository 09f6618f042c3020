"""Coins that were bought stay: lots on a real PostgreSQL, what withdrawals say to them, and a property."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from conftest import database
from desk_kit import Hall, Merchant, open_hall
from house import COIN_USDT, ETH, RECEIVER, USDT, Customer
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tidegate.base.money import Asset
from tidegate.base.refusals import Refusal
from tidegate.custody import flow as custody
from tidegate.db import Conn, act, connect
from tidegate.ledger import accounts
from tidegate.ledger import flow as ledger
from tidegate.ledger import store as ledger_store
from tidegate.p2p.ads.conditions import Conditions
from tidegate.p2p.lots import flow as lots
from tidegate.p2p.orders import flow as orders
from tidegate.p2p.orders import jobs
from tidegate.policy.pricing import value_micro_usd
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals.withdrawal import FINAL, Status


@pytest.fixture
def hall(conn: Conn) -> Iterator[Hall]:
    hall = open_hall(conn)
    yield hall
    assert ledger_store.disagreements(conn) == []


# --- lots --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("tier", "hours"), [(None, 48), ("low", 48), ("medium", 48), ("high", 72), ("extreme", 168)])
def test_coins_stay_by_the_sellers_tier_and_the_first_trade(hall: Hall, tier: str | None, hours: int) -> None:
    merchant, taker = hall.merchant(), hall.person()
    if tier is not None:
        hall.stand(merchant, tier)
    offer = hall.publish(merchant)
    shown = orders.quote(hall.conn, offer.ad.id, taker.id, "100", "bank", hall.desk, hall.now)
    hall.traded(offer, taker)
    (lot,) = lots.page(hall.conn, taker.id)
    assert lot.matures_at - lot.bought_at == timedelta(hours=hours) == timedelta(hours=shown.retention_hours)
    assert (lot.units, lot.left_units, lot.status) == (100 * COIN_USDT, 100 * COIN_USDT, "open")


def test_the_second_trade_stays_for_less_than_the_first(hall: Hall) -> None:
    offer, taker = hall.publish(hall.merchant()), hall.person()
    hall.traded(offer, taker)
    hall.traded(offer, taker)
    second, first = lots.page(hall.conn, taker.id)
    hours = [(lot.matures_at - lot.bought_at) / timedelta(hours=1) for lot in (first, second)]
    assert hours == [48, 24]


def test_what_was_shown_holds_although_the_tier_changes_meanwhile(hall: Hall) -> None:
    merchant, taker = hall.merchant(), hall.person()
    order = hall.take(hall.publish(merchant), taker)
    hall.stand(merchant, "extreme")
    hall.release(hall.paid(order))
    (lot,) = lots.page(hall.conn, taker.id)
    assert lot.matures_at - hall.now == timedelta(hours=48)


def test_a_sale_shrinks_what_matures_first(hall: Hall) -> None:
    merchant = hall.merchant(usdt=0)
    other, offer = hall.merchant(), hall.publish(merchant, "buy")
    hall.stand(other, "high")
    hall.traded(offer, hall.person(USDT=100 * COIN_USDT))  # 48 hours, the merchant's first
    hall.traded(hall.publish(other), merchant.who)  # 72 hours
    hall.traded(hall.publish(merchant), hall.person(), "150")
    later, sooner = lots.page(hall.conn, merchant.who.id)
    assert (sooner.left_units, sooner.status) == (0, "sold")
    assert (later.left_units, later.status) == (50 * COIN_USDT, "open")


def test_lots_mature_with_time(hall: Hall) -> None:
    taker = hall.person()
    hall.traded(hall.publish(hall.merchant()), taker)
    hall.wait(hours=48, seconds=-1)
    assert jobs.mature_due(hall.conn, hall.clock) == 0
    hall.wait(seconds=1)
    assert jobs.mature_due(hall.conn, hall.clock) == 1
    assert [lot.status for lot in lots.page(hall.conn, taker.id)] == ["matured"]
    assert jobs.mature_due(hall.conn, hall.clock) == 0


# --- withdrawals -------------------------------------------------------------------------------------------------


def retained(hall: Hall, id: str) -> str | None:
    found = withdrawals.get(hall.conn, id)
    for reason in withdrawals.view(hall.conn, found, hall.setting.assets)["decision"]["findings"]:
        if reason["code"] == "coins_retained":
            return str(reason["outcome"])
    return None


def test_a_withdrawal_of_bought_coins_waits_until_they_mature(hall: Hall) -> None:
    taker = hall.person(USDT=50 * COIN_USDT)
    hall.traded(hall.publish(hall.merchant()), taker)
    ripe = hall.now + timedelta(hours=48)
    assert retained(hall, hall.asked(taker, "50").id) is None
    late = hall.asked(taker, "100")
    assert retained(hall, late.id) == "delay"
    waiting = hall.confirm(taker, late.id)
    assert (waiting.status, waiting.release_at) == (Status.DELAYED, ripe)
    hall.now = ripe - timedelta(seconds=1)
    assert withdrawals.release(hall.conn, late.id, hall.setting, hall.now) is Status.DELAYED
    hall.now = ripe
    assert withdrawals.release(hall.conn, late.id, hall.setting, hall.now) is Status.APPROVED


def test_a_later_withdrawal_does_not_take_back_what_an_earlier_one_was_given(hall: Hall) -> None:
    taker = hall.person(USDT=50 * COIN_USDT)
    hall.traded(hall.publish(hall.merchant()), taker)
    first, second = hall.asked(taker, "50"), hall.asked(taker, "100")
    assert (retained(hall, first.id), retained(hall, second.id)) == (None, "delay")
    assert hall.confirm(taker, first.id).status is Status.APPROVED
    assert hall.confirm(taker, second.id).status is Status.DELAYED


def test_two_in_one_batch_do_not_share_what_is_free(hall: Hall) -> None:
    taker = hall.person(USDT=50 * COIN_USDT)
    hall.traded(hall.publish(hall.merchant()), taker)
    answers = hall.request(hall.ask_for(taker, "50"), hall.ask_for(taker, "50"))
    assert not any(isinstance(answer, Refusal) for answer in answers)
    first, second = sorted(hall.conn.execute("SELECT id FROM withdrawal").fetchall())
    assert {retained(hall, id) for (id,) in (first, second)} == {None, "delay"}


def test_swapped_coins_and_transfers_to_others_here_are_bound_as_well(hall: Hall) -> None:
    taker, friend = hall.person(), hall.customer()
    hall.traded(hall.publish(hall.merchant()), taker)
    swap(hall, taker.id, USDT, 100 * COIN_USDT, ETH)
    assert hall.available(taker) == 0
    assert retained(hall, hall.asked(taker, "0.01", asset="ETH").id) == "delay"
    own = deposit_address(hall, friend.id)
    assert retained(hall, hall.asked(taker, "0.01", own, asset="ETH").id) == "delay"


def deposit_address(hall: Hall, party_id: str) -> str:
    return custody.deposit_address(hall.conn, party_id, "evm-local", party_id, hall.now)


def swap(hall: Hall, party_id: str, given: Asset, units: int, wanted: Asset) -> None:
    """The platform's exchange books a conversion at the policy's prices."""
    if units == 0:
        return
    prices = hall.setting.policy.fixed_prices
    worth = value_micro_usd(units, given.decimals, prices[given.name])
    got = worth * 10 ** (wanted.decimals + 6) // prices[wanted.name]
    with act(hall.conn, "exchange", hall.now) as tx:
        ref = f"swap_{next(hall.numbers)}"
        ledger.post(tx, "swap_out", ref, given.id, {party_id: -units, accounts.EQUITY: units})
        ledger.post(tx, "swap_in", ref, wanted.id, {party_id: got, accounts.EQUITY: -got})


# --- the property ------------------------------------------------------------------------------------------------


class Street:
    """Three people who buy, sell, swap, send to each other and withdraw, in any order."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self.merchant: Merchant = hall.merchant(usdt=1_000)
        self.people = [hall.person(level=3, USDT=n * 100 * COIN_USDT) for n in range(3)]
        self.sell = hall.publish(self.merchant, least="1", conditions=Conditions())
        self.buy = hall.publish(self.merchant, "buy", price="7.1", least="1", conditions=Conditions())
        self.addresses = {who.id: deposit_address(hall, who.id) for who in self.people}

    def step(self, what: str, who: int, other: int, amount: int) -> None:
        hall, me, them = self.hall, self.people[who], self.people[other]
        match what:
            case "buy":
                hall.traded(self.sell, me, str(amount))
            case "sell":
                hall.traded(self.buy, me, str(amount))
            case "open":
                hall.take(self.buy, me, str(amount))
            case "swap":
                swap(hall, me.id, USDT, min(amount * COIN_USDT, hall.available(me)), ETH)
            case "swap back":
                swap(hall, me.id, ETH, min(amount * 10**15, hall.available(me, ETH)), USDT)
            case "send":
                self.withdraw(me, str(amount), self.addresses[them.id])
            case "withdraw":
                self.withdraw(me, str(amount), RECEIVER)
            case "withdraw ether":
                self.withdraw(me, f"{amount / 1000:.3f}", RECEIVER, asset="ETH")
            case "wait":
                hall.wait(hours=amount)
                for order in orders.page(hall.conn, statuses=None):
                    if order.ended_at is None and order.expires_at <= hall.now:
                        orders.expire(hall.conn, order.id, hall.now)
                for (id,) in hall.conn.execute("SELECT id FROM withdrawal WHERE status = 'delayed'").fetchall():
                    withdrawals.release(hall.conn, id, hall.setting, hall.now)
        self.pay()

    def withdraw(self, who: Customer, amount: str, address: str, **more: str) -> None:
        made = self.hall.asked(who, amount, address, **more)
        if made.status is Status.AWAITING_CONFIRMATION:
            self.hall.confirm(who, made.id)

    def pay(self) -> None:
        """Whatever is approved leaves, as the worker would have it; then what stays must be worth what is bound."""
        for (id,) in self.hall.conn.execute("SELECT id FROM withdrawal WHERE status = 'approved'").fetchall():
            withdrawals.authorise(
                self.hall.conn, id, lambda _: "00", {"evm-local": 31337}, self.hall.setting, self.hall.now
            )
        for who in self.people:
            self.check(who)

    def check(self, who: Customer) -> None:
        hall = self.hall
        found = lots.retained(hall.conn, [who.id], hall.setting.assets, hall.setting.policy, hall.now)
        if who.id not in found:
            return
        prices = hall.setting.policy.fixed_prices
        gone = sum(
            value_micro_usd(
                w.units, hall.setting.assets[w.asset_id].decimals, prices[hall.setting.assets[w.asset_id].name]
            )
            for (id,) in hall.conn.execute(
                "SELECT id FROM withdrawal WHERE party_id = %(p)s AND status IN ('approved', 'paying')", {"p": who.id}
            ).fetchall()
            if (w := hall.get(id)).status not in FINAL
        )
        owned = sum(
            value_micro_usd(
                b.total, hall.setting.assets[b.asset_id].decimals, prices[hall.setting.assets[b.asset_id].name]
            )
            for b in ledger.balances(hall.conn, who.id)
        )
        bound = sum(
            value_micro_usd(lot.left_units, 6, prices[USDT.name]) for lot in found[who.id].lots if lot.binds(hall.now)
        )
        # A micro-dollar for each rounding of a swap.
        assert owned - gone >= bound - 50, f"{who.id} keeps {owned - gone} of {bound} micro-USD"


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "buy",
                "buy",
                "sell",
                "open",
                "swap",
                "swap back",
                "send",
                "withdraw",
                "withdraw",
                "withdraw ether",
                "wait",
            ]
        ),
        st.integers(0, 2),
        st.integers(0, 2),
        st.integers(1, 60),
    ),
    min_size=5,
    max_size=25,
)


# A street costs a database, so a failing one is shown as it was found and not made smaller.
@settings(max_examples=10, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_no_order_of_steps_lets_value_leave_before_its_lot_matures(
    server_url: str, template: str, steps: list[tuple[str, int, int, int]]
) -> None:
    with database(server_url, template) as url, connect(url) as conn:
        street = Street(open_hall(conn))
        for step in steps:
            with suppress(Refusal):  # a "no" is an answer
                street.step(*step)
        assert ledger_store.disagreements(conn) == []
