"""Eight years of real peer-to-peer trades as a desk's orders; run as a program it prints the figures of docs/bisq.md.

The file knows no identities, so each payment method stands for a merchant who sells, and each trade has a taker of its
own. Amounts are satoshi: the coin is its own reference. What cannot be an ordinary trade is set aside and counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from tidegate.rating.indicators.reading import Span
from tidegate.rating.lake import store
from tidegate.rating.lake.tables import TABLES

FILE = "bisq-trades/bisq_trades_to_2023.csv.gz"
FIRST, LAST = (2016, 5), (2023, 12)

_TRADES = """
CREATE TABLE trades AS
WITH told AS (
    SELECT row_number() OVER () AS n, ts_ms, currency, price_raw, amount_sat, payment_method,
           ts_ms - lag(ts_ms) OVER (PARTITION BY currency, price_raw, amount_sat, payment_method ORDER BY ts_ms)
               AS again_ms
      FROM read_csv('{file}', header = true,
                    columns = {{'ts_ms': 'BIGINT', 'currency': 'VARCHAR', 'price_raw': 'BIGINT',
                               'amount_sat': 'BIGINT', 'payment_method': 'VARCHAR'}})
), once AS (
    SELECT *, coalesce(again_ms <= 120000, false) AS twice FROM told
), beside AS (
    SELECT *, count(*) FILTER (WHERE NOT twice) OVER day AS others,
           quantile_disc(price_raw, 0.5) FILTER (WHERE NOT twice) OVER day AS usual
      FROM once
    WINDOW day AS (PARTITION BY currency ORDER BY ts_ms RANGE BETWEEN 86400000 PRECEDING AND 1 PRECEDING)
)
SELECT n, make_timestamptz(ts_ms * 1000) AS at_time, currency, price_raw, amount_sat, payment_method,
       CASE WHEN others >= 5 THEN usual END AS reference,
       CASE WHEN price_raw <= 0 OR amount_sat <= 0 THEN 'nothing'
            WHEN twice THEN 'near-duplicate'
            WHEN others >= 5 AND abs(price_raw - usual) * 2 > usual THEN 'outlier' END AS aside
  FROM beside
"""
"""Both peers publish a trade, sometimes not to the same millisecond: the same trade again within two minutes is set
aside. A reference is the middle price of the same currency in the 24 hours before, of five trades or more."""

_ORDERS = """
INSERT INTO p2p_orders_v BY NAME
SELECT printf('ord_%06d', n) AS order_id, 'mer_' || payment_method AS merchant_id,
       'mer_' || payment_method AS subject_id, printf('cus_%06d', n) AS taker_id, 'sell' AS side, 1 AS asset_id,
       amount_sat AS units, amount_sat AS value,
       currency AS fiat, CAST(price_raw AS DECIMAL(38,8)) AS price, CAST(reference AS DECIMAL(38,8)) AS reference_price,
       payment_method AS method, true AS has_conditions, 'released' AS status,
       at_time AS created_at, at_time AS paid_at, at_time AS released_at, at_time AS ended_at, at_time AS known_at
  FROM trades WHERE aside IS NULL
"""

_PEOPLE = """
INSERT INTO p2p_merchants_v BY NAME
SELECT DISTINCT 'mer_' || payment_method AS merchant_id, 'mer_' || payment_method AS subject_id,
       'cus_' || payment_method AS party_id FROM trades
"""

_SCOPE = """
INSERT INTO p2p_scope_v BY NAME
SELECT subject_id, TIMESTAMPTZ '2016-01-01 00:00:00+00' AS from_at, 'certified' AS ground FROM p2p_merchants_v
"""

_DEVIATION = """
WITH off AS (
    SELECT payment_method, per_million(price_raw, reference) - 1000000 AS ppm
      FROM trades WHERE aside IS NULL AND reference IS NOT NULL
), middle AS (
    SELECT payment_method, count(*) AS n, percentile_disc(0.5) WITHIN GROUP (ORDER BY ppm) AS ppm FROM off GROUP BY ALL
)
SELECT o.payment_method, any_value(m.n), any_value(m.ppm),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY abs(o.ppm - m.ppm)),
       count(*) FILTER (WHERE abs(o.ppm) > 50000)
  FROM off o JOIN middle m USING (payment_method) GROUP BY o.payment_method ORDER BY any_value(m.n) DESC
"""


@contextmanager
def trades(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the trades, and the desk's views made of them."""
    with store.database(ZoneInfo("UTC"), 2, "2GB") as db:
        for table in TABLES:
            columns = ", ".join(f'"{name}" {kind}' for name, kind in table.columns.items())
            db.execute(f"CREATE TABLE {table.view} ({columns})")
        for text in (_TRADES.format(file=file), _ORDERS, _PEOPLE, _SCOPE):
            db.execute(text)
        yield db


def aside(db: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many were set aside, by reason; "trades" counts what is left."""
    text = "SELECT coalesce(aside, 'trades'), count(*) FROM trades GROUP BY aside ORDER BY 1"
    return dict(db.execute(text).fetchall())


def deviation(db: duckdb.DuckDBPyConnection) -> list[tuple[str, int, int, int, int]]:
    """Per payment method: trades with a reference, middle deviation and its MAD in millionths, how many beyond 5 %."""
    return db.execute(_DEVIATION).fetchall()


def months() -> Iterator[Span]:
    """The window of each month: from 30 days before its end or its first instant, whichever is earlier."""
    year, month = FIRST
    while (year, month) <= LAST:
        first = datetime(year, month, 1, tzinfo=UTC)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        end = datetime(year, month, 1, tzinfo=UTC)
        yield Span(min(first, end - timedelta(days=30)), end, ZoneInfo("UTC"))


if __name__ == "__main__":
    from real_data import FOLDER

    with trades(FOLDER / FILE) as told:
        print(aside(told))
        for method, n, middle, spread, far in deviation(told)[:16]:
            print(f"| {method} | {n:,} | {middle / 1e4:.2f} | {spread / 1e4:.2f} | {far:,} ({100 * far / n:.1f} %) |")
