"""The market regime over real prices: `python bench/market.py FOLDER` prints the tables of docs/market.md.

FOLDER holds hourly, quarter-hourly or daily candles as `ts_utc,open,high,low,close,volume`, gzipped. They are not
ours to give away; docs/market.md says where they came from.
"""

from __future__ import annotations

import gzip
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tidegate.policy.market.params import DEFAULTS, Level
from tidegate.policy.market.regime import Change
from tidegate.policy.market.replay import Replayed, Row, pegged, read, replay

FILES = (
    ("BTC spot, hourly", "BTCUSDT_spot_binance_1h.csv.gz", None),
    ("BTC spot, hourly, from 2020 on", "BTCUSDT_spot_binance_1h.csv.gz", None),
    ("ETH perpetual, hourly", "ETHUSDT_perp_1h.csv.gz", None),
    ("FTT spot, hourly", "FTTUSDT_spot_binance_1h.csv.gz", None),
    ("LUNA spot, hourly", "LUNAUSDT_spot_binance_1h.csv.gz", None),
    ("UST spot, 15 minutes", "USTUSDT_spot_binance_15m.csv.gz", "1"),
    ("USDC spot, daily", "USDCUSDT_spot_bybit_1d.csv.gz", "1"),
)
CRASHES = (
    ("2020-03-12", ("BTC", "ETH")),
    ("2021-05-19", ("BTC", "ETH", "LUNA", "FTT")),
    ("2022-05-09", ("BTC", "ETH", "LUNA", "UST")),
    ("2022-06-13", ("BTC", "ETH")),
    ("2022-11-08", ("BTC", "ETH", "FTT")),
    ("2023-03-11", ("USDC",)),
)
DAY = timedelta(days=1)
MAJOR = ("BTC", "ETH")
FURTHER = 0.05
"""An episode was for nothing if the price went no further than this from where it tightened."""


def episodes(done: Replayed) -> Iterator[tuple[Change, datetime]]:
    """Each tightening from calm, and when it was calm again (or the file ended)."""
    start: Change | None = None
    for change in done.changes:
        if start is None and change.before is Level.CALM:
            start = change
        if start is not None and change.after is Level.CALM:
            yield start, change.at
            start = None
    if start is not None:
        yield start, done.last


def in_vain(rows: Sequence[Row], start: Change, end: datetime) -> bool:
    """Whether nothing much followed: neither further down nor up."""
    bars = [row.bar for row in rows if start.at <= row.bar.at <= end]
    if start.reason in ("prices_stale", "price_jump") or not bars:
        return False
    first = bars[0].close
    later = bars[1:]
    return all(abs(price / first - 1) < FURTHER for bar in later for price in (bar.high, bar.low))


def main(folder: Path) -> None:
    """Print both tables."""
    done: dict[str, tuple[list[Row], Replayed]] = {}
    print(
        "| prices | bars | years | episodes a year | of these for stale prices | nervous days a year |"
        " stormy days a year | days a year in vain |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, file, peg in FILES:
        began = time.process_time()
        rows = read(gzip.decompress((folder / file).read_bytes()).decode())
        rows = [row for row in rows if "2020" not in name or row.bar.at.year >= 2020]
        p = DEFAULTS if peg is None else pegged(DEFAULTS, "X@x", peg)
        result = replay(rows, "X@x", p)
        done[name.split()[0]] = rows, result
        years = (result.last - result.first) / DAY / 365.25
        each = list(episodes(result))
        vain = sum((end - start.at for start, end in each if in_vain(rows, start, end)), timedelta())
        spent = [result.time[level] / DAY / years for level in (Level.NERVOUS, Level.STORMY)]
        stale = sum(start.reason == "prices_stale" for start, _ in each)
        if name.startswith(MAJOR):
            print(
                f"| {name} | {result.bars} | {years:.1f} | {len(each) / years:.1f} | {stale / years:.1f} |"
                f" {spent[0]:.1f} | {spent[1]:.1f} | {vain / DAY / years:.1f} |"
            )
        print(f"{name}: {(time.process_time() - began) / result.bars * 1e6:.0f} µs a bar", file=sys.stderr)
    print("\n| day | prices | tightened at | because of | low at | calm again at | hours after the low |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for day, names in CRASHES:
        for name in names:
            rows, result = done[name]
            about = datetime.fromisoformat(day).replace(tzinfo=UTC)
            for start, end in episodes(result):
                if start.at < about + 2 * DAY and end > about:
                    bars = [row.bar for row in rows if start.at <= row.bar.at <= end]
                    low = min(bars, key=lambda bar: bar.low).at
                    again = "not in this file" if end == result.last else f"{end:%Y-%m-%d %H:%M}"
                    print(
                        f"| {day} | {name} | {start.at:%m-%d %H:%M} | {start.reason} | {low:%m-%d %H:%M} |"
                        f" {again} | {(end - low) / timedelta(hours=1):.0f} |"
                    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
