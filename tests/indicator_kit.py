"""For tests of what reads the desk: its published views as tables with the same columns, in both engines.

Rows of one's own making go in, also such as a real desk would refuse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tidegate.db import Conn
from tidegate.policy import flow as policies
from tidegate.policy import indicator_numbers
from tidegate.policy.indicator_numbers import IndicatorNumbers
from tidegate.policy.reading import Reader
from tidegate.rating.indicators.evaluation import Engine, evaluate
from tidegate.rating.indicators.reading import Reading, Span
from tidegate.rating.indicators.store import postgres
from tidegate.rating.lake import store as lake
from tidegate.rating.lake.tables import TABLES

START, END = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)
SPAN = Span(START, END, ZoneInfo("UTC"))
USD = 10**6
Row = Mapping[str, Any]
Rows = Mapping[str, Sequence[Row]]


def numbers(**changed: dict[str, Any]) -> IndicatorNumbers:
    """The default pack's numbers, with some of a group changed."""
    section: dict[str, Any] = policies.shipped("default")["indicators"]
    said = {group: {**given, **changed.pop(group, {})} for group, given in section.items()}
    assert not changed, f"there is no group {sorted(changed)}"
    reader = Reader()
    read = indicator_numbers.read(reader, said)
    assert not reader.faults, reader.faults
    return read


def after(**span: float) -> datetime:
    """So long after the window's start."""
    return START + timedelta(**span)


def merchant(name: str, party: str | None = None, subject: str | None = None) -> dict[str, Row]:
    """A merchant in scope for good: one row for each of two tables."""
    subject = subject or name
    return {
        "p2p_merchants": {"merchant_id": name, "subject_id": subject, "party_id": party or f"cus_{name}"},
        "p2p_scope": {"subject_id": subject, "from_at": START - timedelta(days=400), "ground": "certified"},
    }


def order(id: str, who: str, taker: str, side: str, value: int | None, at: datetime, **more: Any) -> Row:
    """A completed order of `value` micro-USD that nobody would look at twice."""
    paid, ended = at + timedelta(minutes=5), at + timedelta(minutes=10)
    payer, payee = (taker, who) if side == "sell" else (who, taker)
    return {
        "order_id": id,
        "ad_id": f"ad_{who}_{side}",
        "merchant_id": who,
        "subject_id": who,
        "taker_id": taker,
        "side": side,
        "asset_id": 1,
        "units": value or 5 * USD,
        "value": value,
        "fiat": "CNY",
        "price": 7,
        "reference_price": 7,
        "method": "bank",
        "payer_hash": f"hash of {payer}",
        "payee_hash": f"hash of {payee}",
        "payer_similarity": 100,
        "has_conditions": True,
        "taker_since": START - timedelta(days=300),
        "device_id": f"device of {taker}",
        "ip_net": f"net of {taker}",
        "agent": "agent",
        "status": "released",
        "created_at": at,
        "paid_at": paid,
        "released_at": ended,
        "ended_at": ended,
        "known_at": ended,
    } | more


def flow(ref: str, who: str, direction: str, units: int, at: datetime, counterpart: str = "other", **more: Any) -> Row:
    """Coins that moved on a chain; a unit is a micro-USD."""
    moved = {"party_id": f"cus_{who}", "direction": direction, "ref": ref, "asset_id": 1, "units": units}
    return moved | {"value": units, "at": at, "known_at": at, "counterpart": counterpart, "address": "0x1"} | more


def freeze(id: str, who: str, counterparty: str, order_id: str, at: datetime, level: str = "E2", **more: Any) -> Row:
    fact = {"fact_id": id, "subject_id": who, "fact": "counterparty_freeze", "at": at, "known_at": at}
    return (
        fact
        | {
            "disposition": "confirmed",
            "counterparty_id": counterparty,
            "order_id": order_id,
            "evidence_level": level,
            "attributed": level in ("E2", "E3"),
        }
        | more
    )


def desk(*merchants: dict[str, Row], **rows: Sequence[Row]) -> Rows:
    """Merchants and the rows of other tables, by table."""
    made = {name: [one[name] for one in merchants] for name in ("p2p_merchants", "p2p_scope")}
    return {**made, **rows}


@contextmanager
def on_postgres(conn: Conn, rows: Rows, zone: ZoneInfo = SPAN.zone) -> Iterator[Engine]:
    """PostgreSQL's engine with these rows where it looks for the views; gone in the end."""
    with standing_in(conn, rows), postgres(conn, zone) as engine:
        yield engine


@contextmanager
def standing_in(conn: Conn, rows: Rows) -> Iterator[None]:
    """These rows where the connection looks for the views; gone in the end."""
    with conn.transaction(force_rollback=True):
        conn.execute("CREATE SCHEMA rows_of_a_test")
        conn.execute("SET LOCAL search_path = rows_of_a_test, public")
        for name, columns, values in _tables(rows):
            conn.execute(f"CREATE TABLE {name} ({columns})".encode())
            if values:
                places = ", ".join(["%s"] * len(values[0]))
                with conn.cursor() as cursor:
                    cursor.executemany(f"INSERT INTO {name} VALUES ({places})".encode(), values)
        yield


@contextmanager
def on_duckdb(rows: Rows, zone: ZoneInfo = SPAN.zone) -> Iterator[Engine]:
    """DuckDB's engine with these rows."""
    with lake.database(zone) as db:
        for name, columns, values in _tables(rows):
            db.execute(f"CREATE TABLE {name} ({columns})")
            if values:
                db.executemany(f"INSERT INTO {name} VALUES ({', '.join(['?'] * len(values[0]))})", values)
        yield lake.DuckEngine(db)


def both(conn: Conn, rows: Rows, wanted: IndicatorNumbers, span: Span = SPAN, only: str | None = None) -> list[Reading]:
    """What both engines read; they must say the same, down to the hash."""
    with on_postgres(conn, rows, span.zone) as engine:
        one = evaluate(engine, span, wanted, only and [only])
    with on_duckdb(rows, span.zone) as engine:
        other = evaluate(engine, span, wanted, only and [only])
    for told, again in zip(one, other, strict=True):
        assert told == again, f"{told}\n{again}"
    return one


def _tables(rows: Rows) -> Iterator[tuple[str, str, list[list[Any]]]]:
    assert not rows.keys() - {table.name for table in TABLES}
    for table in TABLES:
        unknown = {key for row in rows.get(table.name, ()) for key in row} - set(table.columns)
        assert not unknown, f"{table.name} has no column {sorted(unknown)}"
        columns = ", ".join(f'"{name}" {kind}' for name, kind in table.columns.items())
        yield table.view, columns, [[row.get(name) for name in table.columns] for row in rows.get(table.name, ())]
