"""Rolling limits on a model of their counters, against adding everything up: in no window is it ever too much (I9)."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.policy import flow as policies
from tidegate.policy.pack import SCOPES, parse
from tidegate.withdrawals import limits
from tidegate.withdrawals.limits import (
    Own,
    Window,
    in_order,
    locked_scopes,
    tightened,
    used_in_window,
    weighs,
    windows_of,
    without,
)

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class Taken:
    at: datetime
    value: int
    total_after: int
    released: int = 0


@dataclass
class Counter:
    """A counter and its steps, as the tables keep them."""

    at: datetime = START
    total: int = 0
    steps: list[Taken] = field(default_factory=list)

    def used(self, now: datetime, hours: int | None) -> int:
        opened = limits.opens(now, hours)
        before = [s.total_after for s in self.steps if opened is not None and s.at <= opened]
        inside = [s.released for s in self.steps if opened is None or s.at > opened]
        return used_in_window(self.total, before[-1] if before else 0, sum(inside))

    def take(self, now: datetime, value: int) -> Taken:
        self.at, self.total = max(self.at, now), self.total + value
        self.steps.append(Taken(self.at, value, self.total))
        return self.steps[-1]


def most_in_any_window(counter: Counter, hours: int | None) -> int:
    """The largest sum that still stands in any sliding window, by adding up: windows end where something was taken."""

    def held(end: datetime) -> int:
        start = limits.opens(end, hours)
        return sum(s.value - s.released for s in counter.steps if s.at <= end and (start is None or s.at > start))

    return max((held(s.at) for s in counter.steps), default=0)


Event = tuple[int, int, int]
"""Seconds the clock moves (backwards where it is skewed), micro-USD asked, which reservation is given back."""


def run(events: list[Event], asked: dict[int | None, int]) -> None:
    """Let requests and releases come in; after each one no window may ever have held more than its limit."""
    counter, now = Counter(), START
    for moved, value, given_back in events:
        now += timedelta(seconds=moved)
        if all(counter.used(now, hours) + value <= most for hours, most in asked.items()):
            counter.take(now, value)
            for hours, most in asked.items():
                assert most_in_any_window(counter, hours) <= most
        if counter.steps and given_back % 3 == 0:
            step = counter.steps[given_back % len(counter.steps)]
            step.released = step.value


events = st.lists(
    st.tuples(
        st.one_of(st.just(0), st.sampled_from([-7200, -1, 1, 3599, 3600, 3601]), st.integers(-4000, 100_000)),
        st.integers(0, 120),
        st.integers(0, 100),
    ),
    max_size=40,
)


@given(events, st.integers(0, 200), st.integers(0, 500), st.integers(0, 5000))
def test_no_sliding_window_ever_holds_more_than_its_limit(events: list[Event], hour: int, day: int, ever: int) -> None:
    run(events, {1: hour, 24: day, None: ever})


def test_nor_does_it_under_a_thousand_random_schedules() -> None:
    for seed in range(1000):
        dice = random.Random(seed)
        schedule = [
            (dice.choice([0, 0, 1, 900, 3600, 86_400, -30, -3600]), dice.randrange(120), dice.randrange(100))
            for _ in range(20)
        ]
        run(schedule, {1: 150, 4: 200, 24: 300, 24 * 7: 450, 24 * 30: 500, None: 600})


@given(events, st.sampled_from([1, 24, None]))
def test_a_count_by_differences_is_the_sum_of_what_stands(events: list[Event], hours: int | None) -> None:
    counter, now = Counter(), START
    for moved, value, given_back in events:
        now += timedelta(seconds=moved)
        step = counter.take(now, value)
        if given_back % 3 == 0:
            step.released = step.value
        start = limits.opens(now, hours)
        stands = [s.value - s.released for s in counter.steps if start is None or s.at > start]
        assert counter.used(now, hours) == sum(stands)


@pytest.mark.parametrize(("ago", "inside"), [(0, True), (3599, True), (3600, False), (3601, False)])
def test_a_window_is_left_on_the_second(ago: int, inside: bool) -> None:
    at = START - timedelta(seconds=ago)
    assert weighs(at, START, 1) is inside
    assert weighs(at, START, None)
    window = Window("party", "cus_1", 1, used=70, count=2)
    rest = without(window, Own(40, {"party": at}), START)
    assert (rest.used, rest.count) == ((30, 1) if inside else (70, 2))


def test_what_asks_for_room_now_always_weighs() -> None:
    assert weighs(None, START, 1)


def test_own_room_counts_against_nobody_but_in_scopes_where_it_stands() -> None:
    window = Window("platform", "platform", 24, used=70, count=2)
    assert without(window, Own(40, {"party": START}), START) == window
    assert without(window, None, START) == window


@pytest.mark.parametrize(("limit", "percent", "left"), [(100, 100, 100), (101, 50, 50), (3, 25, 0), (100, 130, 100)])
def test_a_market_leaves_a_part_rounded_down_and_never_more(limit: int, percent: int, left: int) -> None:
    assert tightened(limit, percent) == left


def test_counters_are_locked_narrow_scopes_first_whatever_the_policy_limits() -> None:
    found = limits.subjects("cus_2", "ethereum", "0xAb", "key_1", "USDT@ethereum")
    assert [scope for scope, _ in found] == list(SCOPES)
    assert in_order(reversed(found)) == list(found)
    assert in_order([("party", "b"), ("platform", "platform"), ("party", "a"), ("party", "b")]) == [
        ("party", "a"),
        ("party", "b"),
        ("platform", "platform"),
    ]


@pytest.mark.parametrize(
    ("scopes", "locked"), [([], 1), (["party"], 1), (["address"], 2), (["key", "party"], 3), (["platform"], 6)]
)
def test_a_limited_scope_is_locked_with_all_that_come_before_it(scopes: list[str], locked: int) -> None:
    rows = [{"scope": scope, "hours": 24, "usd": "1"} for scope in scopes]
    assert locked_scopes(parse({**policies.shipped("demo"), "limits": rows})) == SCOPES[:locked]


def test_one_address_is_one_destination_on_every_network_of_its_family() -> None:
    assert limits.address_subject("ethereum", "0xAb") == limits.address_subject("polygon", "0xaB") == "evm:0xab"
    assert limits.address_subject("bitcoin", "1Ab") != limits.address_subject("bitcoin", "1aB")


def test_a_window_that_is_limited_is_counted_once_beside_the_party_s_own() -> None:
    limited = [
        {"scope": "party", "hours": 24, "usd": "5"},
        {"scope": "party", "hours": 6, "usd": "5"},
        {"scope": "asset", "hours": 24, "usd": "5"},
    ]
    policy = parse({**policies.shipped("default"), "limits": limited}, 1)
    assert windows_of(policy) == {"party": (1, 4, 24, 168, 720, None, 6), "asset": (24,)}
