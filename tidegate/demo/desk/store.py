"""The simulated desk as the tables that a rating reads: the names and columns of the published views.

DuckDB turns numbers into ids, instants and names, a column at a time: a million orders in seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from tidegate.demo.desk.kinds import BY_NAME
from tidegate.demo.desk.people import COUNTRIES, DAY, FIATS, MINUTE, Table
from tidegate.demo.desk.simulate import METHODS, STATUSES, Desk

_IDS = """
CREATE MACRO party(n) AS printf('cus_%06d%020d', {seed}, n);
CREATE MACRO taker(n) AS party({merchants} + n);
CREATE MACRO mer(n) AS printf('mer_%06d%020d', {seed}, n);
CREATE MACRO ad(m, sells) AS printf('ad_%06d%020d', {seed}, 2 * m + CASE WHEN sells THEN 1 ELSE 0 END);
CREATE MACRO ord(n) AS printf('ord_%06d%020d', {seed}, n);
CREATE MACRO instant(us) AS CASE WHEN us = 0 THEN NULL ELSE make_timestamptz(us) END;
CREATE MACRO account(n) AS md5(printf('account %d of desk %d', n, {seed}));
CREATE MACRO fiat_price(n) AS
    CAST(CAST(n AS DECIMAL(20,0)) * CAST(0.00000001 AS DECIMAL(9,8)) AS DECIMAL(38,8));
CREATE MACRO pick(n, names) AS names[n + 1];
"""

_TABLES = {
    "p2p_merchants": """
        SELECT mer(number) AS merchant_id, mer(number) AS subject_id, party(number) AS party_id,
               CASE WHEN certified = 0 THEN 'pending' WHEN leaving > 0 THEN 'exiting'
                    ELSE 'certified' END AS certification,
               pick(country, {countries}) AS country, instant(certified) AS certified_at,
               instant(applied) AS applied_at,
               instant(leaving) AS exit_asked_at, CAST(NULL AS TIMESTAMPTZ) AS closed_at
          FROM m ORDER BY number""",
    "p2p_scope": """
        SELECT mer(number) AS subject_id, instant(CASE WHEN certified = 0 THEN applied ELSE certified END) AS from_at,
               instant(leaving) AS until_at,
               CASE WHEN certified = 0 THEN 'application' ELSE 'certified' END AS ground
          FROM m
        UNION ALL
        SELECT mer(number), instant(leaving), NULL, 'exit' FROM m WHERE leaving > 0 ORDER BY subject_id, from_at""",
    "p2p_bonds": """
        SELECT mer(number) AS merchant_id, {asset} AS asset_id, CAST(required AS DECIMAL(38,0)) AS required,
               CAST(locked AS DECIMAL(38,0)) AS locked, CAST(0 AS DECIMAL(38,0)) AS owed,
               CAST(NULL AS TIMESTAMPTZ) AS release_at
          FROM m ORDER BY number""",
    "p2p_bond_movements": """
        SELECT printf('bmv_%06d%020d', {seed}, number) AS movement_id, mer(number) AS merchant_id,
               {asset} AS asset_id,
               'lock' AS kind, CAST(locked AS DECIMAL(38,0)) AS units, CAST(locked AS DECIMAL(38,0)) AS value,
               instant(applied) AS "at", instant(applied) AS known_at
          FROM m ORDER BY number""",
    "p2p_accounts": """
        SELECT account(CASE WHEN kind = {shared} AND number % 2 = 0 THEN {merchants} + number
                            ELSE number END) AS account_hash,
               party(number) AS party_id, 'bank' AS method, printf('Merchant %d', number) AS holder_name,
               true AS verified, kind = {shared} AND number % 2 = 1 AS attested_elsewhere,
               instant(applied) AS first_at, instant({end}) AS last_at
          FROM m
        UNION ALL
        SELECT account({merchants} + number), taker(number), 'bank', printf('Taker %d', number), true, false,
               instant(since), instant({end})
          FROM t ORDER BY party_id""",
    "p2p_ads": """
        SELECT ad(number, selling) AS ad_id, mer(number) AS merchant_id,
               CASE WHEN selling THEN 'sell' ELSE 'buy' END AS side,
               {asset} AS asset_id, pick(country, {fiats}) AS fiat, CAST(NULL AS DECIMAL(38,8)) AS price,
               CASE WHEN leaving > 0 THEN 'closed' ELSE 'active' END AS status,
               guarded OR NOT selling AS has_conditions,
               instant({start} - {day}) AS published_at, instant(leaving) AS ended_at
          FROM m, (VALUES (true), (false)) AS side(selling) WHERE certified > 0 ORDER BY ad_id""",
    "p2p_orders": """
        SELECT ord(number) AS order_id, ad(merchant, sells) AS ad_id, mer(merchant) AS merchant_id,
               mer(merchant) AS subject_id, taker(taker) AS taker_id,
               CASE WHEN sells THEN 'sell' ELSE 'buy' END AS side,
               {asset} AS asset_id, CAST(value AS DECIMAL(38,0)) AS units, CAST(value AS DECIMAL(38,0)) AS value,
               pick(fiat, {fiats}) AS fiat,
               CAST((CAST(value AS HUGEINT) * price + 500000) // 1000000 AS DECIMAL(38,0))
                   * CAST(0.00000001 AS DECIMAL(9,8)) AS fiat_amount,
               fiat_price(price) AS price, fiat_price(reference) AS reference_price,
               pick(method, {methods}) AS method,
               CASE WHEN pick(method, {methods}) <> 'cash'
                    THEN account(CASE WHEN sells THEN {merchants} + taker ELSE merchant END) END AS payer_hash,
               CASE WHEN pick(method, {methods}) <> 'cash'
                    THEN account(CASE WHEN sells THEN merchant ELSE {merchants} + taker END) END AS payee_hash,
               CAST(similarity AS SMALLINT) AS payer_similarity, guarded AS has_conditions,
               CAST(level AS SMALLINT) AS taker_level, instant(taker_since) AS taker_since,
               CAST("before" AS INTEGER) AS taker_orders_before, printf('dev_%d', device) AS device_id,
               printf('10.%d.%d.0/24', device // 250 % 250, device % 250) AS ip_net,
               printf('agent %d', device % 11) AS agent,
               pick(status, {statuses}) AS status, instant("at") AS created_at, instant(paid) AS paid_at,
               CASE WHEN status IN (0, 4) THEN instant(ended) END AS released_at, instant(ended) AS ended_at,
               CASE status WHEN 1 THEN 'taker' WHEN 2 THEN 'time' END AS cancelled_by,
               CASE WHEN status IN (3, 4) THEN 'not_released' END AS dispute_reason,
               CASE lost WHEN 1 THEN 'merchant' WHEN 2 THEN 'taker' END AS dispute_lost_by, instant(known) AS known_at
          FROM o ORDER BY number""",
    "coin_flows": """
        SELECT party(merchant) AS party_id, CASE WHEN "out" THEN 'out' ELSE 'in' END AS direction,
               printf('flow_%06d%020d', {seed}, number) AS ref, {asset} AS asset_id,
               CAST(value AS DECIMAL(38,0)) AS units,
               CAST(value AS DECIMAL(38,0)) AS value, instant("at") AS "at", instant("at") AS known_at,
               counterpart, printf('0x%040x', 4096 + number) AS address
          FROM f ORDER BY number""",
    "account_signs": """
        SELECT party(merchant) AS party_id, CASE sign WHEN 'login' THEN 'device' ELSE 'credential' END AS sign,
               printf('evt_%06d%020d', {seed}, number) AS ref, instant("at") AS "at", instant("at") AS known_at
          FROM s
        UNION ALL
        SELECT party(merchant), 'address', printf('adr_%06d%020d', {seed}, number), instant("at" - {minute}),
               instant("at" - {minute})
          FROM f WHERE "out" ORDER BY ref""",
    "counterfeits": """
        SELECT printf('dep_%06d%020d', {seed}, number) AS deposit_id, party(merchant) AS party_id, {asset} AS asset_id,
               CAST(value AS DECIMAL(38,0)) AS claimed, instant("at") AS "at", instant("at") AS known_at
          FROM c ORDER BY number""",
    "listed_warnings": """
        SELECT printf('lwn_%06d%020d', {seed}, number) AS id, party(merchant) AS party_id,
               instant({start} - {day}) AS listed_since, instant(shown) AS shown_at,
               instant(shown + {minute}) AS acknowledged_at,
               CASE WHEN again < {end} THEN printf('wd_%06d%020d', {seed}, number) END AS insisted_withdrawal_id,
               CASE WHEN again < {end} THEN instant(again) END AS insisted_at
          FROM w WHERE shown + {minute} < {end} ORDER BY number""",
    "rating_facts": """
        SELECT * FROM (
            SELECT printf('fct_%06d%020d', {seed}, number) AS fact_id, mer(merchant) AS subject_id,
                   'counterparty_freeze' AS fact, instant("at") AS "at", instant(known) AS known_at,
                   'open' AS disposition, taker(counterparty) AS counterparty_id, ord("order") AS order_id,
                   level AS evidence_level, CAST(NULL AS BOOLEAN) AS attributed
              FROM z
            UNION ALL
            SELECT printf('fct_%06d%020d', {seed}, {freezes} + number), mer(merchant), 'authority_action',
                   instant("at"), instant(known), 'open', NULL, NULL, NULL, NULL
              FROM a)
         ORDER BY fact_id""",
}
"""What the lake holds (rating/lake/tables.py), and more of some tables. Nothing here was judged: facts are open."""

TABLES = tuple(_TABLES)


def write_parquet(db: duckdb.DuckDBPyConnection, table: str, to: Path) -> int:
    """One of the tables as a file, in its own order; how many rows."""
    path = str(to).replace("'", "''")
    done = db.execute(f"COPY {table} TO '{path}' (FORMAT parquet, COMPRESSION zstd)").fetchone()
    assert done is not None
    return int(done[0])


def relations(desk: Desk, asset_id: int) -> duckdb.DuckDBPyConnection:
    """A database in memory with one table per published view (no `_v`), rows in a fixed order; close it afterwards.

    Only USDT-like coins of six decimals are traded, so units and micro-USD are the same number.
    """
    db = duckdb.connect(":memory:", config={"threads": 2})
    db.execute("SET TimeZone = 'UTC'")
    sources = _sources(desk)
    names = {
        "seed": desk.asked.seed,
        "merchants": desk.asked.merchants,
        "start": desk.asked.start,
        "end": desk.asked.end,
        "day": DAY,
        "minute": MINUTE,
        "freezes": len(desk.fates.freezes),
        "asset": asset_id,
        "shared": BY_NAME["shared_account"],
        "countries": list(COUNTRIES),
        "fiats": list(FIATS),
        "methods": list(METHODS),
        "statuses": list(STATUSES),
    }
    db.execute(_IDS.format(**names))
    for name, columns in sources.items():
        db.register(name, columns)
    for name, text in _TABLES.items():
        db.execute(f"CREATE TABLE {name} AS {text.format(**names)}")
    for name in sources:
        db.unregister(name)
    return db


def _sources(desk: Desk) -> dict[str, Table]:
    """The simulation's columns under the letters that the texts use."""
    tale, fates = desk.tale, desk.fates
    return {
        "m": desk.merchants | {"number": np.arange(len(desk.merchants["kind"]))},
        "t": desk.takers | {"number": np.arange(len(desk.takers["since"]))},
        "o": desk.orders | {"level": desk.takers["level"][desk.orders["taker"]]},
        "f": _columns(
            sorted(tale.flows, key=lambda flow: (flow[3], flow[0])), merchant=int, out=bool, value=int, at=int,
            counterpart=object,
        ),
        "s": _columns(tale.logins, merchant=int, sign=object, at=int, new=bool),
        "w": _columns(tale.warnings, merchant=int, shown=int, again=int),
        "c": _columns(tale.counterfeits, merchant=int, at=int, value=int),
        "z": _columns(
            [(z.merchant, z.counterparty, z.order, z.at, z.known, z.level) for z in fates.freezes],
            merchant=int, counterparty=int, order=int, at=int, known=int, level=object,
        ),
        "a": _columns([(a.merchant, a.at, a.known) for a in fates.acts], merchant=int, at=int, known=int),
    }  # fmt: skip


def _columns(rows: Sequence[tuple[Any, ...]], **kinds: type) -> Table:
    """Rows as named columns, with their numbers."""
    found: Table = {
        name: np.array([row[place] for row in rows], dtype=np.int64 if kind is int else kind)
        for place, (name, kind) in enumerate(kinds.items())
    }
    return found | {"number": np.arange(len(rows))}
