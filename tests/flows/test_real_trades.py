"""The indicators over eight years of real trades, month by month (docs/bisq.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import duckdb
import pytest
from indicator_kit import numbers
from real_data import data
from real_trades import FILE, aside, deviation, months, trades

from tidegate.rating.indicators import texts
from tidegate.rating.indicators.evaluation import evaluate
from tidegate.rating.lake.store import DuckEngine

NUMBERS = numbers(jump={"limit": "500"})  # five bitcoin: an amount is in satoshi here, a hundred to the micro-dollar


@pytest.fixture(scope="module")
def real() -> Iterator[duckdb.DuckDBPyConnection]:
    with trades(data(FILE)) as db:
        yield db


def test_what_is_no_ordinary_trade_is_set_aside_and_counted(real: duckdb.DuckDBPyConnection) -> None:
    assert aside(real) == {"near-duplicate": 2_447, "outlier": 245, "trades": 246_443}


def test_deviation_differs_by_payment_method(real: duckdb.DuckDBPyConnection) -> None:
    by_method = {method: (n, middle, spread) for method, n, middle, spread, _ in deviation(real)}
    assert by_method["SEPA"] == (51_029, 2_940, 22_583)  # millionths: 0.29 % above the middle, half within 2.26 %


def test_every_month_adds_up(real: duckdb.DuckDBPyConnection) -> None:
    fired: Counter[str] = Counter()
    for span in months():
        readings = evaluate(DuckEngine(real), span, NUMBERS, ["I-12", "I-13", "I-21"])
        expected = real.execute(
            "SELECT count(*), coalesce(sum(value), 0) FROM p2p_orders_v WHERE ended_at >= ? AND ended_at < ?",
            [span.start, span.end],
        ).fetchone()
        kept = real.execute("SELECT count(*), coalesce(sum(value), 0) FROM completed").fetchone()
        assert kept == expected
        assert expected is not None
        assert sum(r.n for r in readings if r.indicator == "I-21") == expected[0]
        fired.update(r.indicator for r in readings if r.fired)
        for view in reversed(texts.VIEWS):
            real.execute(f"DROP {'TABLE' if view in texts.KEPT else 'VIEW'} {view}")
    assert dict(fired) == {"I-12": 729, "I-13": 151}
