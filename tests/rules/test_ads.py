"""The book of ads, as rules: order, prices, terms, conditions on takers."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusal_kit import refused

from tidegate.base.money import Asset
from tidegate.p2p import price as prices
from tidegate.p2p.ads import ad as rules
from tidegate.p2p.ads.ad import Ad, AdStatus, Side, Terms
from tidegate.p2p.ads.conditions import Conditions, Taker, check, check_taker, of_body, unmet
from tidegate.policy import flow as policies
from tidegate.policy.pack import parse

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
USDT = Asset(1, "USDT", "evm-local", 6, "0x")
NUMBERS = parse(policies.shipped("demo")).p2p
TERMS = Terms("7.20", None, "1000", "10", "500", ("bank",), 15, Conditions())


def ad(**changes: object) -> Ad:
    made = rules.drafted("ad_1", ("mer_1", "cus_1"), "sell", USDT, "CNY", TERMS, NUMBERS, NOW)
    return replace(made, **changes)  # type: ignore[arg-type]


# --- the order of the book ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    id: str
    price: int
    priced_at: datetime


def ranked(side: Side, *shown: Shown) -> list[str]:
    return [one.id for one in rules.rank(side, shown, lambda one: one.price)]


def at(minute: int, second: int = 0) -> datetime:
    return NOW + timedelta(minutes=minute, seconds=second)


def test_price_then_time_and_an_edit_takes_a_new_time() -> None:
    a, b, c = Shown("A", 720, at(0)), Shown("B", 719, at(5)), Shown("C", 719, at(4, 59))
    assert ranked(Side.SELL, a, b, c) == ["C", "B", "A"]
    assert ranked(Side.BUY, a, b, c) == ["A", "C", "B"]
    back = Shown("C", 719, at(31))  # by way of another price
    assert ranked(Side.SELL, a, b, back) == ["B", "C", "A"]


def test_editing_a_price_there_and_back_takes_a_new_time() -> None:
    first = ad()
    there = rules.edited(first, USDT, replace(TERMS, price="7.18"), NUMBERS, at(30))
    back = rules.edited(there, USDT, TERMS, NUMBERS, at(31))
    assert [first.priced_at, there.priced_at, back.priced_at] == [at(0), at(30), at(31)]
    assert (back.price, back.published_at) == (first.price, at(0))


def test_what_is_no_price_keeps_the_time() -> None:
    other = replace(TERMS, amount="20", least="5", most="6", methods=("cash",), payment_minutes=30, words="Hi")
    assert rules.edited(ad(), USDT, other, NUMBERS, at(30)).priced_at == NOW
    assert rules.edited(ad(), USDT, replace(TERMS, price="7.2000"), NUMBERS, at(30)).priced_at == NOW


def test_to_float_at_the_same_price_is_another_price() -> None:
    assert rules.edited(ad(), USDT, replace(TERMS, price=None, percent="100"), NUMBERS, at(1)).priced_at == at(1)


SHOWN = st.builds(
    Shown,
    st.uuids().map(str),
    st.integers(1, 5),
    st.integers(0, 5).map(lambda n: at(n)),
)


@given(st.lists(SHOWN, unique_by=lambda one: one.id), st.sampled_from(Side), st.randoms())
def test_the_order_they_come_in_does_not_matter(shown: list[Shown], side: Side, dice: object) -> None:
    shuffled = list(shown)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert ranked(side, *shown) == ranked(side, *shuffled)


@given(st.lists(SHOWN, unique_by=lambda one: one.id))
def test_nobody_behind_is_better(shown: list[Shown]) -> None:
    found = rules.rank(Side.SELL, shown, lambda one: one.price)
    for ahead, behind in itertools.pairwise(found):
        assert (ahead.price, ahead.priced_at) <= (behind.price, behind.priced_at)


# --- prices ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sources", "said"), [([], None), ([5], 5), ([9, 1], 1), ([9, 1, 4], 4), ([4, 4, 1, 9], 4)])
def test_the_market_is_the_middle_source(sources: list[int], said: int | None) -> None:
    assert prices.market(sources) == said


def test_a_price_in_another_currency_to_the_nearest_unit() -> None:
    assert prices.in_fiat(10**12, 10**6) == 10**8  # 1 USD in USD
    assert prices.in_fiat(10**12, 139_000) == 719_424_460  # 7.194244604…
    assert prices.in_fiat(10**12, 6 * 10**5) == 166_666_667


def test_percents_of_a_price() -> None:
    assert prices.of_percent(10_000, 719_424_460) == 719_424_460
    assert prices.of_percent(10_150, 719_424_460) == 730_215_827  # 730 215 826.9
    assert prices.of_percent(5_000, 3) == 2  # half goes up


@pytest.mark.parametrize(
    ("units", "price", "cents"),
    [
        (100_000_000, 720_000_000, 72_000),
        (1, 720_000_000, 1),
        (1_388_888, 720_000_000, 1000),
        (1_388_889, 720_000_000, 1001),
    ],
)
def test_what_is_to_pay_is_rounded_up_to_a_cent(units: int, price: int, cents: int) -> None:
    assert prices.to_pay(units, 6, price) == cents * 10**6


@given(st.integers(1, 10**30), st.integers(1, 10**20), st.integers(0, 30))
def test_nobody_pays_less_than_agreed_nor_a_cent_more(units: int, price: int, decimals: int) -> None:
    paid = prices.to_pay(units, decimals, price)
    assert paid % prices.CENT == 0
    assert 0 <= paid * 10**decimals - units * price < prices.CENT * 10**decimals


def test_a_floating_ad_has_no_price_where_nobody_knows_the_market() -> None:
    floating = ad(price=None, percent=10_100)
    assert floating.price_at(None) is None
    assert floating.price_at(700_000_000) == 707_000_000
    assert ad().price_at(None) == 720_000_000


@given(st.lists(st.integers(5_000, 20_000), min_size=2, max_size=5), st.integers(1, 10**15))
def test_floating_ads_stand_by_their_percents_whatever_the_market_is(percents: list[int], reference: int) -> None:
    floating = [ad(id=f"ad_{n}", price=None, percent=p) for n, p in enumerate(percents)]
    found = rules.rank(Side.SELL, floating, lambda one: one.exact_at(reference))
    assert [one.percent for one in found] == sorted(percents)


# --- terms and moves ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [10, 120])
def test_payment_windows_reach_both_ends(minutes: int) -> None:
    assert refused(lambda: rules.edited(ad(), USDT, replace(TERMS, payment_minutes=minutes), NUMBERS, NOW)) is None


@pytest.mark.parametrize("percent", ["50", "200", "99.99"])
def test_percents_reach_both_ends(percent: str) -> None:
    assert refused(lambda: rules.edited(ad(), USDT, replace(TERMS, price=None, percent=percent), NUMBERS, NOW)) is None


def test_a_price_of_one_coin_has_an_end() -> None:
    huge = replace(TERMS, price="9" * 22)
    assert refused(lambda: rules.edited(ad(), USDT, huge, NUMBERS, NOW)) is None
    assert (
        refused(lambda: rules.edited(ad(), USDT, replace(TERMS, price="1" + "0" * 22), NUMBERS, NOW))
        == "amount_too_large"
    )


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"price": None}, "price_missing"),
        ({"percent": "100"}, "price_missing"),  # and a price
        ({"price": "0"}, "price_zero"),
        ({"price": "0.00000001"}, None),
        ({"price": "7,2"}, "amount_malformed"),
        ({"price": "7.123456789"}, "amount_too_precise"),
        ({"price": None, "percent": "49.99"}, "percent_invalid"),
        ({"price": None, "percent": "200.01"}, "percent_invalid"),
        ({"price": None, "percent": "100.001"}, "amount_too_precise"),
        ({"least": "500", "amount": "500"}, None),  # one order takes it all
        ({"least": "500.000001"}, "limits_crossed"),
        ({"amount": "9.999999"}, "amount_below_min"),
        ({"amount": "0"}, "amount_zero"),
        ({"least": "0"}, "amount_zero"),
        ({"most": "1.0000001"}, "amount_too_precise"),
        ({"payment_minutes": 9}, "payment_minutes_invalid"),
        ({"payment_minutes": 121}, "payment_minutes_invalid"),
        ({"methods": ()}, "methods_invalid"),
        ({"methods": ("bank", "bank")}, "methods_invalid"),
        ({"methods": ("bank", "cheque")}, "methods_invalid"),
        ({"words": "x" * 500}, None),
        ({"words": "x" * 501}, "terms_invalid"),
        ({"words": "one\n\ttwo"}, None),
        ({"words": "one\rtwo"}, "terms_invalid"),
    ],
)
def test_the_good_terms_but(terms: dict[str, Any], said: str | None) -> None:
    assert refused(lambda: rules.edited(ad(), USDT, replace(TERMS, **terms), NUMBERS, NOW)) == said


def test_an_ad_says_what_its_merchant_wrote() -> None:
    new = rules.drafted("ad_1", ("mer_1", "cus_1"), "buy", USDT, "CNY", replace(TERMS, words="Hi"), NUMBERS, NOW)
    fields = (new.id, new.merchant_id, new.party_id, new.side, new.asset_id, new.fiat, new.price, new.percent)
    assert fields == ("ad_1", "mer_1", "cus_1", Side.BUY, 1, "CNY", 720_000_000, None)
    assert (new.left_units, new.min_units, new.max_units) == (1000 * 10**6, 10 * 10**6, 500 * 10**6)
    assert (new.methods, new.payment_minutes, new.terms, new.status, new.reason) == (["bank"], 15, "Hi", "active", None)
    assert (new.conditions_version, new.published_at, new.priced_at, new.changed_at, new.ended_at) == (
        0,
        *[NOW] * 3,
        None,
    )
    later = rules.edited(
        new, USDT, replace(TERMS, price=None, percent="101.5", methods=("cash", "bank")), NUMBERS, at(9)
    )
    assert (later.price, later.percent, later.methods, later.changed_at) == (None, 10_150, ["bank", "cash"], at(9))
    assert later.terms == ""


def test_a_currency_that_is_not_traded_here() -> None:
    assert refused(lambda: prices.check_fiat("CNY", {"CNY": 1})) is None
    assert refused(lambda: prices.check_fiat("X" * 30, {"EUR": 1, "CNY": 1})) == "fiat_unknown"
    assert refused(lambda: prices.check_fiat("EUR", {})) == "fiat_unknown"


def test_a_side_that_is_none() -> None:
    draft = lambda: rules.drafted("ad_1", ("m", "c"), "lend" * 9, USDT, "CNY", TERMS, NUMBERS, NOW)  # noqa: E731
    assert refused(draft) == "side_unknown"


@pytest.mark.parametrize(
    ("before", "target", "said"),
    [
        ("active", "paused", None),
        ("active", "closed", None),
        ("active", "active", "ad_not_paused"),
        ("paused", "active", None),
        ("paused", "closed", None),
        ("paused", "paused", "ad_not_active"),
        ("closed", "active", "ad_closed"),
        ("closed", "paused", "ad_closed"),
        ("closed", "closed", "ad_closed"),
    ],
)
def test_an_ad_moves_along_its_table(before: str, target: str, said: str | None) -> None:
    assert refused(lambda: rules.moved(ad(status=AdStatus(before)), AdStatus(target), "why", NOW)) == said
    if said is None:
        after = rules.moved(ad(status=AdStatus(before)), AdStatus(target), "why", at(1))
        assert (after.status, after.reason, after.changed_at) == (target, "why", at(1))


def test_only_a_closed_ad_has_an_end() -> None:
    assert rules.moved(ad(), AdStatus.CLOSED, "merchant", at(1)).ended_at == at(1)
    assert rules.moved(ad(), AdStatus.PAUSED, "merchant", at(1)).ended_at is None


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ([], None),
        (["watch", "trade_limit", "withdrawal_block"], None),
        (["trade_block"], "trade_block"),
        (["freeze"], "freeze"),
        (["ban"], "ban"),
    ],
)
def test_what_keeps_somebody_from_trading(kinds: list[str], said: str | None) -> None:
    assert rules.blocked(kinds) == said


@pytest.mark.parametrize(
    ("limits", "used", "value", "said"),
    [
        ({}, 10**18, None, None),
        ({"res_1": 100}, 60, 40, None),
        ({"res_1": 100}, 60, 41, "trade_limit_reached"),
        ({"res_1": 100, "res_2": 90}, 60, 40, "trade_limit_reached"),
        ({"res_1": 100}, 0, None, "price_stale"),
    ],
)
def test_the_narrowest_trade_limit_holds(
    limits: dict[str, int], used: int, value: int | None, said: str | None
) -> None:
    assert refused(lambda: rules.check_trade_limit(limits, used, value)) == said


# --- conditions --------------------------------------------------------------------------------------------------

TAKER = Taker("cus_2", 2, "DE", NOW - timedelta(days=30), completed=9, ended=10)


@pytest.mark.parametrize(
    ("asked", "missing"),
    [
        (Conditions(), []),
        (Conditions(level=2), []),
        (Conditions(level=3), ["level"]),
        (Conditions(account_days=30), []),
        (Conditions(account_days=31), ["account_days"]),
        (Conditions(orders=9), []),
        (Conditions(orders=10), ["orders"]),
        (Conditions(completion_percent=90), []),
        (Conditions(completion_percent=91), ["completion_percent"]),
        (Conditions(countries=("FR", "DE")), []),
        (Conditions(countries=("FR",)), ["countries"]),
        (Conditions(3, 31, 10, 91, ("FR",)), ["level", "account_days", "orders", "completion_percent", "countries"]),
    ],
)
def test_a_condition_is_met_or_named(asked: Conditions, missing: list[str]) -> None:
    assert list(unmet(asked, TAKER, NOW)) == missing


def test_what_is_not_known_meets_no_condition() -> None:
    stranger = replace(TAKER, level=None, completed=0, ended=0)
    assert list(unmet(Conditions(level=1), stranger, NOW)) == ["level"]
    assert list(unmet(Conditions(completion_percent=1), stranger, NOW)) == ["completion_percent"]


def test_an_ad_that_asks_nothing_has_no_conditions() -> None:
    assert not Conditions().any
    for asked in (Conditions(level=1), Conditions(account_days=1), Conditions(orders=1), Conditions(countries=("DE",))):
        assert asked.any
        assert of_body(asked.body()) == asked


@pytest.mark.parametrize(
    "wrong",
    [
        Conditions(level=0),
        Conditions(level=4),
        Conditions(account_days=0),
        Conditions(account_days=3651),
        Conditions(orders=0),
        Conditions(completion_percent=0),
        Conditions(completion_percent=101),
        Conditions(orders=1_000_001),
        Conditions(countries=("DE", "DE")),
    ],
)
def test_a_condition_that_everybody_or_nobody_meets_is_refused(wrong: Conditions) -> None:
    assert refused(lambda: check(wrong)) == "condition_invalid"


def test_conditions_reach_both_ends() -> None:
    check(Conditions(1, 1, 1, 1, ("DE",)))
    check(Conditions(3, 3650, 1_000_000, 100))


# --- taking --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("units", "left", "said"),
    [
        (9_999_999, 1_000_000_000, "amount_below_min"),
        (10_000_000, 1_000_000_000, None),
        (500_000_000, 1_000_000_000, None),
        (500_000_001, 1_000_000_000, "amount_above_max"),
        (20_000_000, 20_000_000, None),
        (20_000_001, 20_000_000, "ad_exhausted"),
    ],
)
def test_how_much_can_be_taken(units: int, left: int, said: str | None) -> None:
    assert refused(lambda: rules.check_amount(ad(left_units=left), units, USDT)) == said


@pytest.mark.parametrize("status", list(AdStatus))
def test_only_an_active_ad_is_taken(status: AdStatus) -> None:
    said = None if status is AdStatus.ACTIVE else "ad_not_active"
    assert refused(lambda: rules.check_active(ad(status=status))) == said


def test_an_ad_is_paid_by_a_method_that_it_takes() -> None:
    both = ad(methods=["bank", "wallet"])
    assert [refused(rules.check_method, both, m) for m in ("bank", "wallet", "cash", "")] == [
        None, None, "method_not_offered", "method_not_offered",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("level", "days", "said"),
    [(2, 30, None), (1, 30, "level"), (None, 30, "level"), (2, 29, "account_days"), (1, 29, "level, account_days")],
)
def test_a_taker_is_told_every_condition_that_they_do_not_meet(level: int | None, days: int, said: str | None) -> None:
    asked = Conditions(level=2, account_days=30)
    taker = Taker("cus_1", level, "DE", NOW - timedelta(days=days), 0, 0)
    assert refused(lambda: check_taker(asked, taker, NOW)) == (None if said is None else "conditions_unmet")
    assert ", ".join(unmet(asked, taker, NOW)) == (said or "")
