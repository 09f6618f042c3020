"""The simulated desk: the same seed tells the same story, and the planted conduct is really there."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pytest

from tidegate.base.refusals import Malformed
from tidegate.demo.desk.kinds import BY_NAME, KINDS, cast
from tidegate.demo.desk.oracle import score, truths
from tidegate.demo.desk.people import DAY, HOUR
from tidegate.demo.desk.simulate import Asked, Desk, simulate
from tidegate.demo.desk.store import TABLES, relations
from tidegate.demo.desk.stories import STRUCTURING_LIMIT


def desk(seed: int = 7, merchants: int = 60, orders: int = 8_000) -> Desk:
    return simulate(Asked(seed, merchants, 60, orders, date(2026, 8, 1)))


def of(told: Desk, kind: str) -> np.ndarray:
    return np.flatnonzero(told.merchants["kind"] == BY_NAME[kind])


@pytest.mark.parametrize("many", [len(KINDS), 100, 1_000])
def test_every_kind_is_there_and_the_shares_add_up(many: int) -> None:
    kinds = cast(many)
    assert len(kinds) == many
    assert set(kinds) == set(range(len(KINDS)))


def test_too_few_merchants_are_refused() -> None:
    with pytest.raises(ValueError, match=f"ask for {len(KINDS)} or more"):
        cast(len(KINDS) - 1)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked(-1, 60, 30, 100, date(2026, 8, 1)), "seed is -1; it must be from 0 to 999999"),
        (Asked(1_000_000, 60, 30, 100, date(2026, 8, 1)), "seed is 1000000"),
        (Asked(1, len(KINDS) - 1, 30, 100, date(2026, 8, 1)), f"merchants is {len(KINDS) - 1}"),
        (Asked(1, 60, 6, 100, date(2026, 8, 1)), "days is 6"),
        (Asked(1, 60, 30, -1, date(2026, 8, 1)), "orders is -1"),
        (Asked(1, 60, 30, 100, date(1900, 1, 1)), "cannot begin on 1900-01-01"),
    ],
)
def test_an_impossible_desk_is_refused(asked: Asked, said: str) -> None:
    with pytest.raises(Malformed, match=re.escape(said)):
        simulate(asked)


def test_the_smallest_desk_without_ordinary_orders_has_all_its_tables() -> None:
    told = simulate(Asked(0, len(KINDS), 7, 0, date(2026, 8, 1)))
    with relations(told, 2) as db:
        for name in TABLES:
            db.execute(f"SELECT count(*) FROM {name}")


def test_the_same_seed_gives_the_same_desk_and_another_seed_another() -> None:
    one, again, other = desk(), desk(), desk(seed=8)
    assert one.fates == again.fates
    assert all(np.array_equal(one.orders[name], again.orders[name]) for name in one.orders)
    assert one.tale == again.tale
    assert len(one.orders["at"]) != len(other.orders["at"]) or not np.array_equal(one.orders["at"], other.orders["at"])


def test_about_as_many_orders_as_were_asked_for() -> None:
    told = desk(orders=20_000)
    assert 20_000 < len(told.orders["at"]) < 26_000  # the stories come on top


def test_the_dormant_and_the_applicant_have_no_order() -> None:
    told = desk()
    assert not np.isin(told.orders["merchant"], [*of(told, "dormant"), *of(told, "applicant")]).any()


def test_who_leaves_takes_no_order_afterwards() -> None:
    told = desk(orders=30_000)
    for merchant in of(told, "leaving"):
        at = told.orders["at"][told.orders["merchant"] == merchant]
        assert len(at)
        assert at.max() < told.merchants["leaving"][merchant]


def test_payers_who_split_stay_just_under_the_limit() -> None:
    told = desk()
    near = (told.orders["value"] >= STRUCTURING_LIMIT * 86 // 100) & (told.orders["value"] < STRUCTURING_LIMIT)
    for merchant in of(told, "structurer"):
        mine = near & (told.orders["merchant"] == merchant)
        assert len(np.unique(told.orders["at"][mine] // DAY)) >= 3


def test_a_ring_pays_on_within_hours_and_its_mules_share_devices() -> None:
    told = desk()
    shared = 0
    for merchant in of(told, "ring"):
        mine = (told.orders["merchant"] == merchant) & (told.orders["device"] >= 10_000_000)
        takers = {int(t) for t in told.orders["taker"][mine]}
        shared += len(takers) - len(set(told.orders["device"][mine]))
    assert shared > 0


@pytest.mark.parametrize("days", [7, 45, 75])
def test_no_order_is_made_after_the_end(days: int) -> None:
    told = simulate(Asked(3, 60, days, 2_000, date(2026, 8, 1)))
    assert told.asked.start <= told.orders["at"].min()
    assert told.orders["at"].max() < told.asked.end


def test_a_freeze_comes_after_its_order_and_is_known_before_the_end() -> None:
    told = desk(orders=40_000)
    assert told.fates.freezes
    for freeze in told.fates.freezes:
        assert told.orders["ended"][freeze.order] <= freeze.at < freeze.known < told.asked.end
        if freeze.traced is not None:
            assert told.orders["dirty"][freeze.traced]
            assert told.orders["ended"][freeze.traced] <= told.orders["at"][freeze.order]


def test_an_insister_asks_again_after_the_warning() -> None:
    told = desk()
    assert {merchant for merchant, _, _ in told.tale.warnings} == set(of(told, "insister"))
    assert all(shown < again for _, shown, again in told.tale.warnings)
    assert any(again - shown < 24 * HOUR for _, shown, again in told.tale.warnings)


def test_tables_have_an_order_for_each_order_and_money_is_exact() -> None:
    told = desk()
    with relations(told, 2) as db:
        rows = db.execute(
            "SELECT count(*), count(DISTINCT order_id), sum(value), min(created_at) < max(created_at),"
            " count(*) FILTER (WHERE abs(fiat_amount * 1000000 - value * price) > 1) FROM p2p_orders"
        ).fetchall()
        assert rows == [(len(told.orders["at"]), len(told.orders["at"]), int(told.orders["value"].sum()), True, 0)]
        orphans = db.execute(
            "SELECT count(*) FROM p2p_orders WHERE ad_id NOT IN (SELECT ad_id FROM p2p_ads)"
            " OR merchant_id NOT IN (SELECT merchant_id FROM p2p_merchants)"
        ).fetchall()
        assert orphans == [(0,)]


def test_scores_count_what_was_planted_and_what_was_not() -> None:
    known = truths(desk())
    planted = [truth.merchant_id for truth in known if "I-01" in truth.shows]
    innocent = next(truth for truth in known if truth.kind == "market_maker")
    fired = [(planted[0], "I-01"), (planted[0], "I-01"), (innocent.merchant_id, "I-01")]
    got = next(s for s in score(known, fired) if s.indicator == "I-01")
    assert (got.fired, got.right, got.planted, got.by_kind) == (2, 1, len(planted), {"market_maker": 1})
    assert got.precision is not None
    assert got.precision * 2 == 1
    silent = next(s for s in score(known, []) if s.indicator == "I-01")
    assert (silent.precision, silent.recall) == (None, 0)
