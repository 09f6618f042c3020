"""Retention lots, as rules: what they bind, what a sale ends, and how their hours are found."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.p2p.lots.lot import Lot, Retained, Worth, netted
from tidegate.policy import flow as policies
from tidegate.policy.diff import difference
from tidegate.policy.language import Turn
from tidegate.policy.pack import faults, parse
from tidegate.policy.rules import NO_FACTS

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
USDT, ETH = 1, 2
DOLLAR = 10**12
WORTH = {USDT: Worth(6, DOLLAR), ETH: Worth(18, 2000 * DOLLAR)}
COIN, ETHER = 10**6, 10**18


def lot(units: int, hours: int = 24, asset: int = USDT, id: str = "lot_1", left: int | None = None) -> Lot:
    left = units if left is None else left
    until = NOW + timedelta(hours=hours)
    return Lot(id, "cus_1", asset, f"ord_{id}", units, left, NOW, until, "open" if left else "sold")


def held(*lots: Lot, usdt: int = 0, eth: int = 0, worth: dict[int, Worth] | None = None) -> Retained:
    return Retained(lots, {USDT: usdt, ETH: eth}, WORTH if worth is None else worth)


# --- what may leave ----------------------------------------------------------------------------------------------


def test_without_lots_everything_may_leave() -> None:
    assert held(usdt=5).free_units(USDT, NOW) == 5


def test_a_lot_keeps_its_coins_behind_and_no_others() -> None:
    kept = held(lot(100), usdt=130, eth=7)
    assert kept.free_units(USDT, NOW) == 30
    assert kept.free_units(ETH, NOW) == 7


def test_a_lot_that_matured_keeps_nothing() -> None:
    kept = held(lot(100, hours=24), usdt=100)
    assert kept.free_units(USDT, NOW + timedelta(hours=24) - timedelta(microseconds=1)) == 0
    assert kept.free_units(USDT, NOW + timedelta(hours=24)) == 100


def test_what_was_sold_of_a_lot_keeps_nothing() -> None:
    assert held(lot(100, left=40), usdt=100).free_units(USDT, NOW) == 60
    assert held(lot(100, left=0), usdt=100).free_units(USDT, NOW) == 100


def test_coins_that_were_swapped_still_cover_the_lot() -> None:
    # 2000 USDT were bought and swapped for one ether.
    assert held(lot(2000 * COIN), eth=ETHER).free_units(ETH, NOW) == 0
    assert held(lot(2000 * COIN), eth=ETHER + 5).free_units(ETH, NOW) == 5
    assert held(lot(2000 * COIN), usdt=500 * COIN, eth=ETHER).free_units(ETH, NOW) == ETHER // 4
    assert held(lot(2000 * COIN), usdt=500 * COIN, eth=ETHER).free_units(USDT, NOW) == 0


def test_a_third_asset_covers_what_is_missing() -> None:
    third = Retained([lot(100 * COIN)], {USDT: 0, ETH: ETHER, 3: 60 * COIN}, WORTH | {3: Worth(6, DOLLAR)})
    assert third.free_units(ETH, NOW) == ETHER - 40 * ETHER // 2000
    assert third.free_units(3, NOW) == 60 * COIN  # the ether covers it all


def test_without_a_price_nothing_leaves_while_something_is_missing() -> None:
    unknown = {USDT: Worth(6, None), ETH: Worth(18, 2000 * DOLLAR)}
    assert held(lot(COIN), eth=ETHER, worth=unknown).free_units(ETH, NOW) == 0
    assert held(lot(COIN), usdt=COIN, eth=ETHER, worth=unknown).free_units(ETH, NOW) == ETHER  # nothing is missing
    silent = {USDT: Worth(6, DOLLAR), ETH: Worth(18, None)}
    assert held(lot(COIN), eth=ETHER, worth=silent).free_units(ETH, NOW) == 0
    third = Retained([lot(COIN)], {ETH: ETHER, 3: 10**9}, WORTH | {3: Worth(6, None)})
    assert third.free_units(ETH, NOW) == ETHER - ETHER // 2000  # what nobody can value covers nothing


def test_when_it_may_leave() -> None:
    kept = held(lot(50, hours=24, id="a"), lot(30, hours=48, id="b"), usdt=100)
    assert kept.free_at(USDT, 20, NOW) is None
    assert kept.free_at(USDT, 21, NOW) == NOW + timedelta(hours=24)
    assert kept.free_at(USDT, 70, NOW) == NOW + timedelta(hours=24)
    assert kept.free_at(USDT, 71, NOW) == NOW + timedelta(hours=48)
    assert kept.free_at(USDT, 10**9, NOW) == NOW + timedelta(hours=48)  # more than there is: when nothing binds it


def test_what_leaves_is_no_cover_any_more() -> None:
    kept = held(lot(50), usdt=100).moved(USDT, -50)
    assert kept.free_units(USDT, NOW) == 0
    assert kept.moved(USDT, 50).free_units(USDT, NOW) == 50
    assert kept.moved(3, 5).covers[3] == 5, "an asset that they never had"


LOTS = st.lists(
    st.builds(
        lambda units, hours, asset, n: lot(units, hours, asset, f"lot_{n}"),
        st.integers(1, 10**12),
        st.integers(1, 72),
        st.sampled_from([USDT, ETH]),
        st.integers(0, 10**6),
    ),
    max_size=6,
    unique_by=lambda one: one.id,
)


@given(LOTS, st.integers(0, 10**13), st.integers(0, 10**20), st.sampled_from([USDT, ETH]), st.integers(0, 80))
def test_what_is_left_behind_is_worth_the_open_lots(
    lots: list[Lot], usdt: int, eth: int, asset: int, later: int
) -> None:
    """Whatever leaves, what stays is worth what is bound, or nothing of it may leave."""
    now = NOW + timedelta(hours=later)
    kept = Retained(lots, {USDT: usdt, ETH: eth}, WORTH)
    free = kept.free_units(asset, now)
    assert 0 <= free <= kept.covers[asset]
    after = kept.moved(asset, -free)
    bound = {a: sum(one.left_units for one in lots if one.asset_id == a and one.binds(now)) for a in (USDT, ETH)}

    def spare(at: Retained) -> int:  # in units of 10^-12 USD * 10^-18
        return sum((at.covers[a] - bound[a]) * (WORTH[a].price or 0) * 10 ** (18 - WORTH[a].decimals) for a in bound)

    assert free == 0 or spare(after) >= 0
    assert kept.free_units(asset, now + timedelta(hours=1)) >= free  # time only lets go


@given(LOTS, st.integers(0, 10**13))
def test_a_sale_ends_what_matures_first(lots: list[Lot], units: int) -> None:
    mine = [one for one in lots if one.asset_id == USDT]
    changed = {one.id: one for one in netted(mine, units, NOW)}
    after = [changed.get(one.id, one) for one in mine]
    assert sum(o.left_units for o in mine) - sum(o.left_units for o in after) == min(
        units, sum(o.left_units for o in mine)
    )
    touched = max((one.matures_at for one in changed.values()), default=NOW)
    for one in after:
        assert one.left_units == 0 or one.matures_at >= touched or one.id in changed
        assert (one.status == "sold") == (one.left_units == 0)


@pytest.mark.parametrize(
    ("sold", "left"),
    [(0, [10, 10]), (1, [9, 10]), (9, [1, 10]), (10, [0, 10]), (11, [0, 9]), (20, [0, 0]), (21, [0, 0])],
)
def test_a_sale_is_taken_off_to_the_last_unit(sold: int, left: list[int]) -> None:
    lots = [lot(10, hours=24, id="lot_1"), lot(10, hours=48, id="lot_2")]
    after = {one.id: one for one in netted(lots, sold, NOW)}
    assert [after.get(one.id, one).left_units for one in lots] == left


def test_a_sale_does_not_touch_what_has_matured() -> None:
    old = replace(lot(10, hours=1), bought_at=NOW)
    assert netted([old], 5, NOW + timedelta(hours=1)) == []


# --- the numbers -------------------------------------------------------------------------------------------------

DEMO = policies.shipped("demo")
NUMBERS = parse(DEMO).p2p


@pytest.mark.parametrize(
    ("tier", "method", "first", "hours"),
    [
        ("low", "bank", False, 24),
        ("medium", "bank", False, 48),
        ("high", "bank", False, 72),
        ("extreme", "bank", False, 168),
        ("unrated", "bank", False, 24),
        ("low", "bank", True, 48),
        ("high", "wallet", True, 72),
        ("low", "cash", False, 24),
    ],
)
def test_the_longest_reason_holds(tier: str, method: str, first: bool, hours: int) -> None:
    assert NUMBERS.retention.hours(tier, method, first) == hours


def changed(path: str, value: object) -> dict[str, object]:
    import copy

    pack = copy.deepcopy(DEMO)
    *way, last = path.split(".")
    here: dict[str, object] = pack
    for step in way:
        here = here[step]  # type: ignore[assignment]
    here[last] = value
    return pack


@pytest.mark.parametrize(
    ("path", "value", "wrong"),
    [
        ("p2p.currencies.CNY", "0", "p2p.currencies.CNY"),
        ("p2p.currencies.cny", "1", "p2p.currencies.cny"),
        ("p2p.payment_minutes.least", 0, "p2p.payment_minutes.least"),
        ("p2p.payment_minutes.most", 9, "p2p.payment_minutes.most"),
        ("p2p.open_orders", 0, "p2p.open_orders"),
        ("p2p.dispute.hours", 0, "p2p.dispute.hours"),
        ("p2p.retention_hours.tiers.low", 49, "p2p.retention_hours.tiers"),
        ("p2p.retention_hours.tiers.none", 1, "p2p.retention_hours.tiers.none"),
        ("p2p.retention_hours.methods.bank", -1, "p2p.retention_hours.methods.bank"),
        ("p2p.retention_hours.first_trade", "48", "p2p.retention_hours.first_trade"),
    ],
)
def test_a_pack_that_cannot_be_right(path: str, value: object, wrong: str) -> None:
    assert [fault.field for fault in faults(changed(path, value))] == [wrong]


@pytest.mark.parametrize(
    ("path", "value", "turn"),
    [
        ("p2p.retention_hours.tiers.extreme", 200, Turn.TIGHTER),
        ("p2p.retention_hours.first_trade", 24, Turn.LOOSER),
        ("p2p.retention_hours.methods.cash", 1, Turn.TIGHTER),
        ("p2p.open_orders", 6, Turn.LOOSER),
        ("p2p.currencies.CNY", "0.14", Turn.CHANGED),
        ("p2p.currencies.JPY", "0.006", Turn.LOOSER),
        ("p2p.dispute.two_people_from_value", "9999", Turn.TIGHTER),
        ("p2p.payment_minutes.most", 240, Turn.CHANGED),
    ],
)
def test_what_a_change_of_the_numbers_means(path: str, value: object, turn: Turn) -> None:
    assert [one.turn for one in difference(DEMO, changed(path, value), NO_FACTS)] == [turn]


def test_a_pack_from_before_the_desk_is_silent() -> None:
    old = {key: value for key, value in DEMO.items() if key != "p2p"}
    with pytest.raises(Exception, match="has no section p2p"):
        _ = parse(old).p2p
