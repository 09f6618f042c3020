"""The market regime on real history (rulebook section 5): which days tighten, when it is calm again, how often."""

from __future__ import annotations

import gzip
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tidegate.policy.market.params import DEFAULTS, Level, Market
from tidegate.policy.market.replay import Replayed, Row, pegged, read, replay

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
REAL = Path(os.environ.get("TIDEGATE_REAL_DATA") or Path(__file__).parents[3] / "shared" / "data") / "ohlcv"
real = pytest.mark.skipif(
    not REAL.is_dir(),
    reason=f"no candles in {REAL}; they may not be given away with the product (docs/market.md says what they are)",
)

_read: dict[str, list[Row]] = {}


def candles(name: str) -> list[Row]:
    if name not in _read:
        _read[name] = read(gzip.decompress((REAL / f"{name}.csv.gz").read_bytes()).decode())
    return _read[name]


def around(name: str, day: str, p: Market = DEFAULTS, before: int = 100, after: int = 30) -> Replayed:
    """The replay of the months before a day and the month after it."""
    about = datetime.fromisoformat(day).replace(tzinfo=UTC)
    rows = [row for row in candles(name) if about - before * DAY <= row.bar.at <= about + after * DAY]
    return replay(rows, "X@x", p)


def level_at(done: Replayed, at: datetime) -> Level:
    return next((change.after for change in reversed(done.changes) if change.at <= at), Level.CALM)


def first_breach(rows: Sequence[Row], day: str, share: float) -> datetime:
    """Found without the product: the first bar from the day before on whose low is so far below 24 hours' high."""
    about = datetime.fromisoformat(day).replace(tzinfo=UTC)
    for row in rows:
        if row.bar.at >= about - DAY:
            high = max(r.bar.high for r in rows if row.bar.at - DAY <= r.bar.at < row.bar.at)
            if row.bar.low <= high * (1 - share):
                return row.bar.at
    raise AssertionError("nothing fell")


BTC, ETH = "BTCUSDT_spot_binance_1h", "ETHUSDT_perp_1h"
LUNA, UST = "LUNAUSDT_spot_binance_1h", "USTUSDT_spot_binance_15m"
FTT, USDC = "FTTUSDT_spot_binance_1h", "USDCUSDT_spot_bybit_1d"
CRASHES = [
    (BTC, "2020-03-12"), (ETH, "2020-03-12"), (BTC, "2021-05-19"), (ETH, "2021-05-19"), (BTC, "2022-05-10"),
    (ETH, "2022-05-10"), (LUNA, "2022-05-10"), (BTC, "2022-06-13"), (ETH, "2022-06-13"), (BTC, "2022-11-08"),
    (ETH, "2022-11-08"), (FTT, "2022-11-08"), (USDC, "2023-03-11"),
]  # fmt: skip


@real
@pytest.mark.parametrize(("name", "day"), CRASHES)
def test_a_crash_tightens_within_one_bar(name: str, day: str) -> None:
    done = around(name, day, after=2)
    about = datetime.fromisoformat(day).replace(tzinfo=UTC)
    near = [row for row in candles(name) if about - 3 * DAY <= row.bar.at <= about + 2 * DAY]
    assert level_at(done, first_breach(near, day, 0.13)) >= Level.NERVOUS
    assert max(level_at(done, row.bar.at) for row in near if row.bar.at.date() == about.date()) >= Level.NERVOUS


@real
@pytest.mark.parametrize(("name", "day"), [c for c in CRASHES if c[0] in (BTC, ETH)])
def test_it_is_calm_again_within_hours_of_calm(name: str, day: str) -> None:
    """Calm, said without the product: for 24 hours no hour ranged 3 %, and nothing fell a tenth below the high."""
    done = around(name, day)
    about = datetime.fromisoformat(day).replace(tzinfo=UTC)
    bars = [row.bar for row in candles(name) if about <= row.bar.at <= about + 28 * DAY]
    days = ((bars[n].at, bars[n - 24 : n]) for n in range(48, len(bars)))
    calm = next(
        at
        for at, last in days
        if all(bar.high < bar.low * 1.03 for bar in last)
        and min(bar.low for bar in last) > 0.9 * max(bar.high for bar in last)
    )
    assert any(level_at(done, calm + hours * HOUR) is Level.CALM for hours in range(7))


@real
def test_a_lost_peg_is_stormy_the_same_day() -> None:
    p = pegged(DEFAULTS, "X@x", "1")
    assert [(c.at.date().isoformat(), c.after.word) for c in around(USDC, "2023-03-11", p, 60, 30).changes] == [
        ("2023-03-10", "nervous"),
        ("2023-03-11", "stormy"),
        ("2023-03-14", "nervous"),
        ("2023-03-15", "calm"),
    ]
    ust = around(UST, "2022-05-10", p)
    assert ust.changes[-1].after is Level.STORMY
    assert next(c for c in ust.changes if c.at >= datetime(2022, 5, 9, tzinfo=UTC)).reason == "depeg"


@real
def test_the_ticker_that_became_another_coin_is_not_believed() -> None:
    done = around(LUNA, "2022-05-31", after=5)
    assert {wrong.code for _, wrong in done.refused} == {"price_jump"}
    assert level_at(done, done.last) is Level.NERVOUS
    assert any(change.reason == "prices_stale" for change in done.changes)


@real
@pytest.mark.parametrize("name", [BTC, ETH])
def test_a_year_is_mostly_calm(name: str) -> None:
    done = replay([row for row in candles(name) if row.bar.at.year >= 2020], "X@x", DEFAULTS)
    years = (done.last - done.first) / DAY / 365.25
    assert done.refused == []
    assert sum(change.before is Level.CALM for change in done.changes) / years < 16
    assert (done.time[Level.NERVOUS] + done.time[Level.STORMY]) / DAY / years < 22
