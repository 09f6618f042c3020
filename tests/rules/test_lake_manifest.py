"""The lake's manifests: which days are closed, whether the chain holds, which days a window needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tidegate.base.refusals import Refusal
from tidegate.rating.lake.manifest import File, Manifest, chained, closed_days, needed, read
from tidegate.rating.lake.tables import TABLES

FIRST = date(2026, 9, 1)
MIDNIGHT = datetime(2026, 9, 4, tzinfo=UTC)
TICK = timedelta(microseconds=1)
FILE = File("p2p_orders/day=2026-09-01.parquet", 3, {"units": "300"}, "ab")
STATES = File("p2p_merchants/day=2026-09-03.parquet", 1, {}, "cd")


def days(count: int, states_on: Sequence[int] = ()) -> list[Manifest]:
    made: list[Manifest] = []
    for n in range(count):
        files = {"p2p_orders": FILE} | ({"p2p_merchants": STATES} if n in states_on else {})
        made.append(Manifest(FIRST + timedelta(days=n), made[-1].hash() if made else None, files))
    return made


def code(act: object) -> str | None:
    try:
        act()  # type: ignore[operator]
    except Refusal as refusal:
        return refusal.code
    return None


@pytest.mark.parametrize(
    ("first", "now", "closed"),
    [
        (FIRST, MIDNIGHT + timedelta(hours=1) - TICK, 2),
        (FIRST, MIDNIGHT + timedelta(hours=1), 3),
        (date(2026, 9, 3), MIDNIGHT + timedelta(hours=1), 1),
        (date(2026, 9, 4), MIDNIGHT + timedelta(hours=1), 0),
        (None, MIDNIGHT, 0),
    ],
)
def test_a_day_is_closed_an_hour_after_its_end(first: date | None, now: datetime, closed: int) -> None:
    found = closed_days(first, now)
    assert len(found) == closed
    assert found == [first + timedelta(days=n) for n in range(closed) if first is not None]


def test_days_are_chained_by_the_hash_of_the_one_before() -> None:
    one, two, three = days(3)
    assert code(lambda: chained([one, two, three])) is None
    assert code(lambda: chained([])) is code(lambda: chained([two])) is None
    assert code(lambda: chained([one, three])) == "lake_day_missing"
    changed = replace(one, files={"p2p_orders": replace(FILE, rows=2)})
    assert code(lambda: chained([changed, two])) == "lake_chain_broken"


END = datetime(2026, 9, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "states_on", "end", "said"),
    [
        (2, [1], END, None),  # days 1 and 2, and the states of day 2
        (1, [0], END, "lake_day_missing"),
        (0, [], END, "lake_day_missing"),
        (2, [1], END + TICK, "lake_day_missing"),  # an instant of the third day
        (3, [2], END, None),  # states written down later are as good
        (3, [0], END, "lake_state_missing"),
    ],
)
def test_a_window_needs_its_days_and_states_from_after_it(
    count: int, states_on: list[int], end: datetime, said: str | None
) -> None:
    made = days(count, states_on)
    assert code(lambda: needed(made, end)) == said
    if said is None:
        assert needed(made, end) == (made[:2], made[states_on[0]])


def test_a_manifest_is_read_as_it_was_written() -> None:
    (one,) = days(1)
    assert read(one.text(), "here") == one
    for text in ("", "[]", "{}", one.text() + "\n", one.text().replace('"rows":3', '"rows": 3')):
        assert code(lambda text=text: read(text, "here")) == "lake_manifest_unreadable", text  # type: ignore[misc]


def test_totals_are_of_whole_amounts() -> None:
    """A column of units or of value has a total, an id or a price has none."""
    orders = next(table for table in TABLES if table.name == "p2p_orders")
    assert orders.sums == ("units", "value")
    assert orders.view == "p2p_orders_v"
