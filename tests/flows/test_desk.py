"""Ads and orders on a real PostgreSQL: the book, escrow, the two sides, time, and twenty at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import merchant_kit as merchants
import pytest
from desk_kit import TERMS, Hall, open_hall
from house import COIN_USDT, USDT

from tidegate.base.refusals import Refusal
from tidegate.db import Conn, connect, journal
from tidegate.ledger import store as ledger_store
from tidegate.p2p.ads import flow as ads
from tidegate.p2p.ads.ad import AdStatus, Side
from tidegate.p2p.ads.conditions import Conditions
from tidegate.p2p.delisting import flow as delisting
from tidegate.p2p.links import flow as links
from tidegate.p2p.orders import flow as orders
from tidegate.p2p.orders import jobs
from tidegate.p2p.orders.flow import Payer, Wanted
from tidegate.p2p.orders.order import Role, Status
from tidegate.parties import flow as parties
from tidegate.policy.market import flow as market
from tidegate.policy.market.quotes import Quote


@pytest.fixture
def hall(conn: Conn) -> Iterator[Hall]:
    """The house with its desk; in the end every account adds up."""
    hall = open_hall(conn)
    yield hall
    assert ledger_store.disagreements(conn) == []
    assert journal.verify(conn).broken is None


def refused(code: str, status: int = 409) -> pytest.RaisesExc[Refusal]:
    return pytest.RaisesExc(Refusal, check=lambda raised: (raised.code, raised.status) == (code, status))


# --- the book ----------------------------------------------------------------------------------------------------


def ids(hall: Hall, side: Side = Side.SELL, **more: object) -> list[str]:
    return [offer.ad.id for offer in ads.book(hall.conn, USDT, side, "CNY", hall.desk, hall.now, **more)]  # type: ignore[arg-type]


def test_the_best_price_comes_first_then_time(hall: Hall) -> None:
    a = hall.publish(hall.merchant(), price="7.20").ad.id
    hall.wait(minutes=5)
    b = hall.publish(hall.merchant(), price="7.19").ad.id
    hall.wait(seconds=1)
    c = hall.publish(hall.merchant(), price="7.19").ad.id
    assert ids(hall) == [b, c, a]


def test_buy_ads_stand_the_other_way_round(hall: Hall) -> None:
    low, high = (hall.publish(hall.merchant(), "buy", price=price).ad.id for price in ("7.10", "7.15"))
    assert ids(hall, Side.BUY) == [high, low]


def test_a_price_edit_takes_a_new_time_and_another_edit_does_not(hall: Hall) -> None:
    first = hall.publish(hall.merchant())
    hall.wait(seconds=1)
    second = hall.publish(hall.merchant())
    hall.wait(seconds=1)
    edit(hall, first, amount="900", words="Hello")
    assert ids(hall) == [first.ad.id, second.ad.id]
    edit(hall, first, price="7.21")
    edit(hall, first, price="7.20")
    assert ids(hall) == [second.ad.id, first.ad.id]


def edit(hall: Hall, offer: ads.Offer, **terms: object) -> ads.Offer:
    changed = replace(TERMS, **terms)  # type: ignore[arg-type]
    return ads.edit(hall.conn, offer.ad.id, changed, "merchant", hall.desk, hall.now)


def test_a_floating_price_follows_the_market_and_stands_among_the_fixed(hall: Hall) -> None:
    # The demo's policy fixes USDT at 1 USD and one CNY at 0.139 USD: 7.19424460 CNY per coin.
    fixed = hall.publish(hall.merchant(), price="7.20")
    floating = hall.publish(hall.merchant(), price=None, percent="100")
    assert floating.price == 719_424_460
    assert ids(hall) == [floating.ad.id, fixed.ad.id]
    feed(hall, "1.01")
    assert ids(hall) == [fixed.ad.id, floating.ad.id]


def feed(hall: Hall, price: str) -> None:
    said = Quote(asset="USDT", network="evm-local", at=hall.now, price=price)
    fed = market.feed(hall.conn, "test", [said], "test", hall.now)
    assert fed.accepted == 1, fed


def test_a_stale_market_takes_floating_ads_out_of_the_book_and_leaves_fixed_ones(hall: Hall) -> None:
    feed(hall, "1.00")
    fixed = hall.publish(hall.merchant(), price="7.20")
    floating = hall.publish(hall.merchant(), price=None, percent="100")
    hall.wait(minutes=30)
    assert ids(hall) == [fixed.ad.id]
    with refused("price_stale"):
        hall.take(floating, hall.person())
    order = hall.take(fixed, hall.person())
    assert (order.value, order.reference) == (None, None)


def test_one_active_ad_per_side_and_asset(hall: Hall) -> None:
    merchant = hall.merchant()
    first = hall.publish(merchant)
    hall.publish(merchant, "buy")
    with refused("ad_active_already"):
        hall.publish(merchant)
    ads.pause(hall.conn, first.ad.id, "merchant", hall.desk, hall.now)
    second = hall.publish(merchant)
    with refused("ad_active_already"):
        ads.resume(hall.conn, first.ad.id, "merchant", hall.desk, hall.now)
    ads.close(hall.conn, second.ad.id, "merchant", hall.desk, hall.now)
    assert ads.resume(hall.conn, first.ad.id, "merchant", hall.desk, hall.now).ad.status is AdStatus.ACTIVE
    with refused("ad_closed"):
        ads.resume(hall.conn, second.ad.id, "merchant", hall.desk, hall.now)


@pytest.mark.parametrize("kind", ["freeze", "ban", "trade_block"])
def test_who_is_restricted_does_not_stand_in_the_book(hall: Hall, kind: str) -> None:
    merchant = hall.merchant()
    offer = hall.publish(merchant)
    order = parties.restrict(hall.conn, merchant.who.id, kind, None, "because", "officer", hall.now)
    assert ids(hall) == []
    with refused("trading_blocked", 403):
        hall.take(offer, hall.person())
    with refused("trading_blocked", 403):
        hall.publish(merchant, "buy")
    parties.lift(hall.conn, order.id, "it was a mistake", "officer", hall.now)
    assert ids(hall) == [offer.ad.id]


def test_a_merchant_who_is_not_certified_publishes_nothing(hall: Hall) -> None:
    merchant = hall.merchant()
    offer = hall.publish(merchant)
    merchants.flow.ask_exit(hall.conn, merchant.id, "moving on", hall.desk.policy, merchant.who.id, hall.now)
    merchants.news(hall)
    assert ads.get(hall.conn, offer.ad.id, hall.desk, hall.now).ad.reason == "exit_asked"
    with refused("merchant_not_certified"):
        hall.publish(merchant)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"price": "0"}, "price_zero"),
        ({"price": "0.00"}, "price_zero"),
        ({"price": "-1"}, "amount_malformed"),
        ({"price": "7.123456789"}, "amount_too_precise"),
        ({"price": None}, "price_missing"),
        ({"percent": "100"}, "price_missing"),
        ({"price": None, "percent": "49.99"}, "percent_invalid"),
        ({"price": None, "percent": "200.01"}, "percent_invalid"),
        ({"amount": "0"}, "amount_zero"),
        ({"amount": "9.99"}, "amount_below_min"),
        ({"least": "501"}, "limits_crossed"),
        ({"methods": ()}, "methods_invalid"),
        ({"methods": ("bank", "bank")}, "methods_invalid"),
        ({"methods": ("shells",)}, "methods_invalid"),
        ({"payment_minutes": 9}, "payment_minutes_invalid"),
        ({"payment_minutes": 121}, "payment_minutes_invalid"),
        ({"words": "a\x00b"}, "terms_invalid"),
        ({"conditions": Conditions(level=4)}, "condition_invalid"),
        ({"conditions": Conditions(countries=("XX",))}, "country_unknown"),
    ],
)
def test_an_ad_that_cannot_be_right_is_refused(hall: Hall, change: dict[str, object], code: str) -> None:
    with refused(code, 422):
        hall.publish(hall.merchant(), **change)


def test_a_fiat_that_is_unknown_is_refused(hall: Hall) -> None:
    with refused("fiat_unknown", 422):
        hall.publish(hall.merchant(), fiat="XAU")
    with refused("fiat_unknown", 422):
        ads.book(hall.conn, USDT, Side.SELL, "XAU", hall.desk, hall.now)


def test_delisting_an_asset_closes_its_ads_and_lets_open_orders_finish(hall: Hall) -> None:
    merchant = hall.merchant()
    offer = hall.publish(merchant)
    hall.publish(hall.merchant(), "buy")
    order = hall.take(offer, hall.person())
    delisting.delist(hall.conn, USDT, hall.now.date(), "a weak contract", hall.desk.policy, "officer", hall.now)
    with refused("asset_delisting"):
        hall.publish(merchant, "buy")
    merchants.news(hall)
    assert ids(hall) == ids(hall, Side.BUY) == []
    with refused("ad_not_active"):
        hall.take(offer, hall.person())
    assert hall.release(hall.paid(order)).status is Status.RELEASED


# --- conditions --------------------------------------------------------------------------------------------------


def test_conditions_in_force_are_kept_with_the_order(hall: Hall) -> None:
    offer = hall.publish(hall.merchant(), conditions=Conditions())
    before = hall.take(offer, hall.person())
    edit(hall, offer, conditions=Conditions(level=2))
    after = hall.take(offer, hall.person())
    assert [(o.conditions_version, o.has_conditions) for o in (before, after)] == [(1, False), (2, True)]
    edit(hall, offer, conditions=Conditions(level=2))  # says the same: no new version
    assert hall.take(offer, hall.person()).conditions_version == 2


def test_conditions_count_the_past_of_the_taker(hall: Hall) -> None:
    offer = hall.publish(hall.merchant(), conditions=Conditions(orders=1, completion_percent=50))
    easy = hall.publish(hall.merchant(), price="7.5", conditions=Conditions())
    taker = hall.person()
    with refused("conditions_unmet"):
        hall.take(offer, taker)
    hall.traded(easy, taker)
    hall.cancel(hall.take(easy, taker), Role.TAKER)
    assert hall.take(offer, taker).taker_orders_before == 1
    hall.cancel(hall.take(easy, taker), Role.TAKER)
    with refused("conditions_unmet"):  # one of three that ended
        hall.take(offer, taker)


# --- an order ----------------------------------------------------------------------------------------------------


def test_a_sell_ad_from_take_to_release(hall: Hall) -> None:
    merchant, taker = hall.merchant(), hall.person()
    offer = hall.publish(merchant)
    order = hall.take(offer, taker, "100", ip="203.0.113.77", device_id="phone", agent="app/1")
    assert hall.escrow(merchant.who.id) == 100 * COIN_USDT
    assert hall.left(offer) == 900 * COIN_USDT
    assert (order.fiat_amount, order.ip_net, order.taker_level) == (720 * 10**8, "203.0.113.0/24", 2)
    assert order.value == 100 * 10**6
    paid = hall.paid(order, "ZHANG wei")
    assert (paid.status, paid.payer_similarity) == (Status.PAID, 100)
    done = hall.release(paid)
    assert done.status is Status.RELEASED
    assert hall.available(taker) == 100 * COIN_USDT
    assert (hall.escrow(merchant.who.id), hall.available(merchant.who)) == (0, 9900 * COIN_USDT)


def test_a_buy_ad_holds_the_takers_coins(hall: Hall) -> None:
    merchant, taker = hall.merchant(usdt=0), hall.person(USDT=150 * COIN_USDT)
    offer = hall.publish(merchant, "buy")
    order = hall.take(offer, taker)
    assert hall.escrow(taker.id) == 100 * COIN_USDT
    with refused("order_not_payer", 403):
        orders.paid(hall.conn, order.id, Role.TAKER, Payer(), taker.id, hall.desk, hall.now)
    hall.release(hall.paid(order))
    assert hall.available(merchant.who) == 100 * COIN_USDT
    with refused("funds_short"):
        hall.take(offer, taker)


@pytest.mark.parametrize(
    ("amount", "code"),
    [("9.999999", "amount_below_min"), ("500.000001", "amount_above_max"), ("10", None), ("500", None)],
)
def test_an_amount_lies_between_the_limits(hall: Hall, amount: str, code: str | None) -> None:
    offer, taker = hall.publish(hall.merchant()), hall.person()
    if code is None:
        assert hall.take(offer, taker, amount).status is Status.CREATED
    else:
        with refused(code):
            hall.take(offer, taker, amount)


def test_nobody_trades_with_themself(hall: Hall) -> None:
    merchant, other = hall.merchant(), hall.merchant()
    offer = hall.publish(merchant)
    with refused("own_ad"):
        hall.take(offer, merchant.who)
    links.link(hall.conn, merchant.id, other.id, "identity_document", "one passport", "mei", hall.now)
    with refused("own_ad"):
        hall.take(offer, other.who)


def test_a_merchant_without_coins_is_no_longer_in_the_book(hall: Hall) -> None:
    offer = hall.publish(hall.merchant(usdt=50))
    assert ids(hall) == [offer.ad.id]
    assert ids(hall, units=100 * COIN_USDT) == [offer.ad.id]  # the ad says so; the coins are asked for when it is taken
    with refused("merchant_funds_short"):
        hall.take(offer, hall.person())
    hall.take(offer, hall.person(), "45")
    assert ids(hall) == []


def test_the_price_that_the_taker_saw_binds(hall: Hall) -> None:
    offer = hall.publish(hall.merchant())
    edit(hall, offer, price="7.30")
    with refused("price_moved"):
        hall.take(offer, hall.person(), price="7.20")
    assert hall.take(offer, hall.person(), price="7.30").price == 730_000_000
    assert hall.take(offer, hall.person(), price="7.40").price == 730_000_000  # better than seen is no fault


def test_a_trade_limit_counts_what_is_open_and_done_in_24_hours(hall: Hall) -> None:
    offer, taker = hall.publish(hall.merchant()), hall.person()
    parties.restrict(hall.conn, taker.id, "trade_limit", None, "because", "officer", hall.now, value="250")
    hall.traded(offer, taker)
    hall.cancel(hall.take(offer, taker), Role.TAKER)  # does not count
    hall.take(offer, taker, "150")
    with refused("trade_limit_reached"):
        hall.take(offer, taker, "10")
    hall.wait(hours=25)
    assert hall.take(offer, taker, "250")


def test_a_taker_has_only_so_many_open_orders(hall: Hall) -> None:
    offer, taker = hall.publish(hall.merchant()), hall.person()
    for _ in range(5):
        hall.take(offer, taker, "10")
    with refused("orders_too_many"):
        hall.take(offer, taker, "10")


# --- the two sides -----------------------------------------------------------------------------------------------


def test_either_may_go_before_payment_and_only_the_payer_after(hall: Hall) -> None:
    offer, taker = hall.publish(hall.merchant()), hall.person()
    assert hall.cancel(hall.take(offer, taker), Role.MERCHANT).cancelled_by is Role.MERCHANT
    paid = hall.paid(hall.take(offer, taker))
    with refused("order_paid_already", 403):
        hall.cancel(paid, Role.MERCHANT)
    gone = hall.cancel(paid, Role.TAKER)
    assert (gone.status, hall.left(offer)) == (Status.CANCELLED, 1000 * COIN_USDT)
    with refused("order_not_cancellable"):
        hall.cancel(gone, Role.TAKER)
    with refused("order_not_paid"):
        hall.release(gone)


def test_somebody_elses_money_is_refused_and_stays_on_record(hall: Hall) -> None:
    offer, taker = hall.publish(hall.merchant()), hall.person("张伟")
    order = hall.take(offer, taker)
    with refused("payer_name_mismatch"):
        hall.paid(order, "Maria Gonzalez")
    seen = orders.get(hall.conn, order.id)
    assert seen.status is Status.CREATED
    assert seen.payer_similarity is not None
    assert seen.payer_similarity < 85
    paid = hall.paid(order, "ＺＨＡＮＧ ｗｅｉ")  # full width, another script, the same name
    assert (paid.status, paid.payer_similarity) == (Status.PAID, 85) or (paid.payer_similarity or 0) >= 85
    with refused("payer_name_mismatch"):
        hall.release(paid, "Maria Gonzalez")
    assert hall.release(orders.get(hall.conn, order.id), "Wei Zhang").status is Status.RELEASED


def test_frozen_coins_are_not_released_by_their_owners_hand(hall: Hall) -> None:
    merchant = hall.merchant()
    paid = hall.paid(hall.take(hall.publish(merchant), hall.person()))
    freeze = parties.freeze(hall.conn, merchant.who.id, "authority", "officer", hall.now)
    with refused("trading_blocked", 403):
        hall.release(paid)
    parties.lift(hall.conn, freeze.id, "it was lifted", "officer", hall.now)
    parties.restrict(hall.conn, merchant.who.id, "trade_block", None, "because", "officer", hall.now)
    assert hall.release(paid).status is Status.RELEASED  # what was begun is finished


# --- time --------------------------------------------------------------------------------------------------------


def test_who_does_not_pay_in_time_gets_nothing(hall: Hall) -> None:
    merchant, taker = hall.merchant(), hall.person()
    offer = hall.publish(merchant)
    order = hall.take(offer, taker)
    hall.wait(minutes=14, seconds=59)
    assert jobs.expire_due(hall.conn, hall.clock) == 0
    hall.wait(seconds=1)
    with refused("payment_window_over"):
        hall.paid(order)
    assert jobs.expire_due(hall.conn, hall.clock) == 1
    gone = orders.get(hall.conn, order.id)
    assert (gone.status, gone.cancelled_by) == (Status.EXPIRED, Role.TIME)
    assert (hall.escrow(merchant.who.id), hall.left(offer)) == (0, 1000 * COIN_USDT)
    assert jobs.expire_due(hall.conn, hall.clock) == 0
    with refused("payment_window_over"):
        hall.paid(order)


def test_paid_at_the_last_moment_is_paid(hall: Hall) -> None:
    order = hall.take(hall.publish(hall.merchant()), hall.person())
    hall.wait(minutes=14, seconds=59)
    paid = hall.paid(order)
    hall.wait(hours=1)
    assert jobs.expire_due(hall.conn, hall.clock) == 0
    assert orders.get(hall.conn, order.id) == paid


# --- twenty at once ----------------------------------------------------------------------------------------------


def at_once(url: str, steps: list[object]) -> list[object]:
    """Do all of it, each on a connection of its own; answers or refusals."""

    def one(step: object) -> object:
        with connect(url) as conn:
            try:
                return step(conn)  # type: ignore[operator]
            except Refusal as refusal:
                return refusal.code

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(one, steps))


def test_twenty_takers_on_the_last_units_and_one_gets_them(hall: Hall, database_url: str) -> None:
    merchant = hall.merchant()
    offer = hall.publish(merchant, amount="10", least="10", most="10")
    desk, now = hall.desk, hall.now
    takers = [hall.person() for _ in range(20)]

    def take(who: str) -> object:
        return lambda conn: orders.create(conn, Wanted(offer.ad.id, who, "10", "bank"), who, desk, now).status

    done = at_once(database_url, [take(who.id) for who in takers])
    assert sorted(map(str, done)) == ["ad_exhausted"] * 19 + ["created"]
    assert hall.escrow(merchant.who.id) == 10 * COIN_USDT


def test_twenty_takers_share_coins_that_are_enough_for_seven(hall: Hall, database_url: str) -> None:
    merchant = hall.merchant(usdt=75)
    offer = hall.publish(merchant)
    desk, now = hall.desk, hall.now
    takers = [hall.person() for _ in range(20)]

    def take(who: str) -> object:
        return lambda conn: orders.create(conn, Wanted(offer.ad.id, who, "10", "bank"), who, desk, now).status

    done = at_once(database_url, [take(who.id) for who in takers])
    assert sorted(map(str, done)) == ["created"] * 7 + ["merchant_funds_short"] * 13
    assert hall.escrow(merchant.who.id) == 70 * COIN_USDT


def test_both_sides_cancel_at_once_and_one_is_told(hall: Hall, database_url: str) -> None:
    offer, taker = hall.publish(hall.merchant()), hall.person()
    order, now = hall.take(offer, taker), hall.now

    def cancel(by: Role) -> object:
        return lambda conn: orders.cancel(conn, order.id, by, order.party(by), now).status

    done = at_once(database_url, [cancel(Role.TAKER), cancel(Role.MERCHANT)] * 10)
    assert sorted(map(str, done)) == ["cancelled"] + ["order_not_cancellable"] * 19
    assert hall.left(offer) == 1000 * COIN_USDT


def test_paying_expiring_and_cancelling_at_once_end_in_one_way(hall: Hall, database_url: str) -> None:
    merchant, taker = hall.merchant(), hall.person()
    offer, desk = hall.publish(merchant), hall.desk
    for _ in range(5):
        order = hall.take(offer, taker)
        before, after = order.expires_at - timedelta(microseconds=1), order.expires_at
        steps: list[object] = [
            lambda conn: orders.paid(conn, order.id, Role.TAKER, Payer(), taker.id, desk, before).status,  # noqa: B023
            lambda conn: orders.expire(conn, order.id, after),  # noqa: B023
            lambda conn: orders.cancel(conn, order.id, Role.MERCHANT, merchant.who.id, before).status,  # noqa: B023
        ]
        at_once(database_url, steps * 3)
        ended = orders.get(hall.conn, order.id)
        held = hall.escrow(merchant.who.id)
        assert (ended.status, held) in {
            (Status.PAID, 100 * COIN_USDT),
            (Status.EXPIRED, 0),
            (Status.CANCELLED, 0),
        }
        if ended.status is Status.PAID:
            hall.release(ended)
        hall.now = order.expires_at


def test_twenty_ads_at_once_and_one_is_active(hall: Hall, database_url: str) -> None:
    merchant, desk, now = hall.merchant(), hall.desk, hall.now

    def publish(conn: Conn) -> object:
        return ads.publish(conn, merchant.id, "sell", USDT, "CNY", TERMS, "merchant", desk, now).ad.status

    done = at_once(database_url, [publish] * 20)
    assert sorted(map(str, done)) == ["active"] + ["ad_active_already"] * 19


def test_a_crash_at_any_statement_of_an_expiry_leaves_the_order_for_the_next_worker(
    hall: Hall, database_url: str
) -> None:
    merchant = hall.merchant()
    offer = hall.publish(merchant)
    order = hall.take(offer, hall.person())
    hall.now = order.expires_at
    survived = 0
    for fatal in range(1, 100):
        with connect(database_url, Dying.at(fatal)) as conn:
            try:
                jobs.expire_due(conn, hall.clock)
                break
            except Died:
                survived += 1
        assert orders.get(hall.conn, order.id).status is Status.CREATED
        assert hall.escrow(merchant.who.id) == 100 * COIN_USDT
    assert survived > 5
    assert orders.get(hall.conn, order.id).status is Status.EXPIRED
    assert (hall.escrow(merchant.who.id), hall.left(offer)) == (0, 1000 * COIN_USDT)


class Died(Exception):
    """The worker is gone."""


class Dying(Conn):
    """A connection that ends with its n-th statement, as its process would."""

    fatal = 0
    count = 0

    @classmethod
    def at(cls, fatal: int) -> type[Dying]:
        return type("Dying", (cls,), {"fatal": fatal})

    def cursor(self, *args: object, **more: object) -> object:  # type: ignore[override]
        self.count += 1
        if self.count == self.fatal:
            self.close()
            raise Died(f"at statement {self.fatal}")
        return super().cursor(*args, **more)  # type: ignore[call-overload]
