"""A closed day's manifest: its bytes, what is no manifest, when a day is closed, and days that hang together."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from refusal_kit import refused

from tidegate.base.refusals import Conflict
from tidegate.rating.lake.manifest import File, Manifest, chained, closed_days, needed, read
from tidegate.rating.lake.tables import TABLES

DAY = date(2026, 9, 1)
ONE = timedelta(days=1)
US = timedelta(microseconds=1)
EVENTS = File("p2p_orders/day=2026-09-01.parquet", 2, {"units": "7"}, "ab")
STATES = File("p2p_merchants/day=2026-09-01.parquet", 1, {}, "cd")
FIRST = Manifest(DAY, None, {"p2p_orders": EVENTS})
TEXT = (
    '{"before":null,"day":"2026-09-01","files":{"p2p_orders":{"path":"p2p_orders/day=2026-09-01.parquet","rows":2,'
    '"sha256":"ab","sums":{"units":"7"}}},"format":1}\n'
)


def days(*states: bool) -> list[Manifest]:
    """Days in a row from the first on; each with its events, and with states where it says so."""
    made: list[Manifest] = []
    for n, has in enumerate(states):
        files = {"p2p_orders": EVENTS, **({"p2p_merchants": STATES} if has else {})}
        made.append(Manifest(DAY + n * ONE, made[-1].hash() if made else None, files))
    return made


def test_a_manifest_is_these_bytes_and_their_hash() -> None:
    assert FIRST.text() == TEXT
    assert FIRST.hash() == hashlib.sha256(TEXT.encode()).hexdigest()
    assert read(TEXT, "2026-09-01.json") == FIRST


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        TEXT.replace('"rows":2', '"rows":"two"'),
        TEXT.replace("2026-09-01", "2026-09-31"),
        TEXT.replace('"sums":{"units":"7"}', '"sums":1'),
        TEXT.replace('"sha256":"ab",', ""),
        TEXT.replace('"format":1', '"format":2'),
        TEXT.replace('"rows":2', '"rows":2.0'),  # the same number, spelt otherwise
        TEXT.strip(),
        TEXT.replace(":", ": "),
        json.dumps({"x" * 400: 1}),
    ],
)
def test_what_is_no_manifest_or_was_changed_is_refused(text: str) -> None:
    with pytest.raises(Conflict, match=r"^one[.]json is (no manifest of a day: |not spelt as it was written; )") as no:
        read(text, "one.json")
    assert no.value.code == "lake_manifest_unreadable"


@pytest.mark.parametrize(
    ("now", "count"),
    [
        (datetime(2026, 9, 2, 1, tzinfo=UTC) - US, 0),  # an hour after its end
        (datetime(2026, 9, 2, 1, tzinfo=UTC), 1),
        (datetime(2026, 9, 3, 1, tzinfo=UTC) - US, 1),
        (datetime(2026, 9, 3, 1, tzinfo=UTC), 2),
        (datetime(2026, 9, 2, 8, 59, tzinfo=timezone(timedelta(hours=8))), 0),  # days are UTC's
        (datetime(2026, 9, 2, 9, tzinfo=timezone(timedelta(hours=8))), 1),
        (datetime(2026, 8, 1, tzinfo=UTC), 0),
    ],
)
def test_a_day_is_closed_an_hour_after_its_end(now: datetime, count: int) -> None:
    assert closed_days(DAY, now) == [DAY + n * ONE for n in range(count)]
    assert closed_days(None, now) == []


def test_no_day_is_missing_and_none_was_exchanged() -> None:
    one, two, three = days(True, True, True)
    for whole in ([], [one], [one, two, three], [two, three]):
        assert refused(chained, whole) is None
    assert refused(chained, [one, three]) == "lake_day_missing"
    assert refused(chained, [one, one]) == "lake_day_missing"
    assert refused(chained, [Manifest(DAY, None, {}), two]) == "lake_chain_broken"


@pytest.mark.parametrize(
    ("lake", "end", "events", "state"),
    [
        (days(True), datetime(2026, 9, 2, tzinfo=UTC), 1, 0),
        (days(True), datetime(2026, 9, 2, tzinfo=UTC) + US, "lake_day_missing", None),  # a first moment of the next day
        (days(True, True), datetime(2026, 9, 2, tzinfo=UTC) + US, 2, 1),
        (days(True, False, True), datetime(2026, 9, 3, tzinfo=UTC), 2, 2),  # the states as they were soon after
        (days(True, True), datetime(2026, 9, 3, 8, tzinfo=timezone(timedelta(hours=8))), 2, 1),
        (days(True, False), datetime(2026, 9, 3, tzinfo=UTC), "lake_state_missing", None),
        ([], datetime(2026, 9, 2, tzinfo=UTC), "lake_day_missing", None),
    ],
)
def test_a_window_needs_its_days_and_one_with_the_states(
    lake: list[Manifest], end: datetime, events: int | str, state: int | None
) -> None:
    if state is None:
        assert refused(needed, lake, end) == events
    else:
        assert needed(lake, end) == (lake[:events], lake[state])  # type: ignore[misc]


def test_totals_are_of_whole_amounts() -> None:
    """A column of units or of value has a total, an id or a price has none."""
    orders = next(table for table in TABLES if table.name == "p2p_orders")
    assert orders.sums == ("units", "value")
    assert orders.view == "p2p_orders_v"
