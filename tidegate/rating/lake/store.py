"""SQL of the lake: out of PostgreSQL, into Parquet, and the indicators' engine on DuckDB.

DuckDB's statements are put together here from `tables.py`, from paths and from texts of our own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import duckdb
from psycopg import sql

from tidegate.base.refusals import Conflict
from tidegate.db import Conn
from tidegate.rating.indicators.evaluation import Row
from tidegate.rating.lake.tables import TABLES, Table

_NULL = "\\N"
_MOST = 10**30
"""DuckDB's decimals end with 38 digits, and the texts add amounts up and multiply them by a hundred."""

_NARROW = 10**14
"""Amounts below it are kept in 64 bits: DuckDB reckons with them in half the time. A number of 18 digits times a small
one stays one of 18 digits there, and the largest percentage by which a text multiplies has five."""

_EASY = 9 * 10**12
"""A million times as much fits into 64 bits, where a division takes a sixth of what it takes in 128."""

_LARGEST = """
SELECT path_in_schema, greatest(abs(min(CAST(stats_min_value AS DECIMAL(38,8)))),
                                abs(max(CAST(stats_max_value AS DECIMAL(38,8)))))
  FROM parquet_metadata($1)
 WHERE type = 'FIXED_LEN_BYTE_ARRAY'
 GROUP BY path_in_schema
HAVING bool_and(stats_max_value IS NOT NULL OR stats_null_count = num_values)
"""

_PER_MILLION = f"""
CREATE MACRO per_million(part, whole) AS
    CASE WHEN whole = 0 THEN NULL
         WHEN part < {_EASY} AND part > -{_EASY} AND whole < {_EASY} AND whole > -{_EASY}
         THEN CAST(part AS BIGINT) * 1000000 // CAST(whole AS BIGINT)
         ELSE CAST(CAST(part AS HUGEINT) * 1000000 // CAST(whole AS HUGEINT) AS BIGINT) END
"""

_PRICE_UNITS = """
CREATE MACRO price_units(price) AS
    CASE WHEN price < 100000 AND price > -100000
         THEN CAST(CAST(CAST(price AS DECIMAL(13,8)) * CAST(10000 AS DECIMAL(5,0)) AS DECIMAL(13,4))
                   * CAST(10000 AS DECIMAL(5,0)) AS BIGINT)
         ELSE CAST(price * 100000000 AS HUGEINT) END
"""
"""Below a hundred thousand in two steps of 64 bits: in one of 128 it takes eight times as long."""


def first_day(conn: Conn) -> date | None:
    """The day of the first event that the lake would hold; None = nothing happened yet."""
    earliest = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT min({}) AS known FROM {}").format(sql.SQL(t.known), sql.Identifier(t.view))
        for t in TABLES
        if t.known is not None
    )
    found = conn.execute(sql.SQL("SELECT min(known) FROM ({}) AS each_first").format(earliest)).fetchone()
    return found[0].astimezone(UTC).date() if found and found[0] else None


def refuse_too_large(conn: Conn, table: Table, day: date | None) -> None:
    """Raises Conflict `lake_units_too_large` where a number has more than 30 digits: the lake cuts nothing off."""
    for column in table.sums:
        statement = sql.SQL("SELECT {row} FROM {view} WHERE abs({column}) >= {most} AND {here} LIMIT 1").format(
            row=sql.Identifier(table.order[0]),
            view=sql.Identifier(table.view),
            column=sql.Identifier(column),
            most=sql.Literal(_MOST),
            here=_here(table, day),
        )
        found = conn.execute(statement).fetchone()
        if found is not None:
            raise Conflict(
                "lake_units_too_large",
                f"{column} of {found[0]} in {table.name} has more than 30 digits: too large for an engine of 38.",
            )


def copy_out(conn: Conn, table: Table, day: date | None, to: Path) -> None:
    """A table's rows (of one day, or all) as CSV, in the table's order."""
    text = sql.SQL(
        "COPY (SELECT {columns} FROM {view} WHERE {here} ORDER BY {order}) TO STDOUT (FORMAT csv, NULL {null})"
    )
    statement = text.format(
        columns=sql.SQL(", ").join(map(sql.Identifier, table.columns)),
        view=sql.Identifier(table.view),
        here=_here(table, day),
        order=sql.SQL(", ").join(sql.SQL('{} COLLATE "C"').format(sql.Identifier(c)) if table.columns[c] == "VARCHAR"
                                 else sql.Identifier(c) for c in table.order),
        null=sql.Literal(_NULL),
    )  # fmt: skip
    with to.open("wb") as file, conn.cursor().copy(statement) as rows:
        for piece in rows:
            file.write(piece)


def _here(table: Table, day: date | None) -> sql.Composable:
    if day is None or table.known is None:
        return sql.SQL("true")
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return sql.SQL("({known}) >= {start} AND ({known}) < {end}").format(
        known=sql.SQL(table.known), start=sql.Literal(start), end=sql.Literal(start + timedelta(days=1))
    )


def in_utc(conn: Conn) -> None:
    """For the rest of the transaction instants are written in UTC."""
    conn.execute("SELECT set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO', true)")


def _csv_rows(table: Table, path: Path) -> str:
    """DuckDB's SQL for such a file."""
    kinds = ", ".join(f"{_quoted(name)}: {_quoted(kind)}" for name, kind in table.columns.items())
    options = (
        f"header = false, auto_detect = false, delim = ',', quote = '\"', escape = '\"', nullstr = {_quoted(_NULL)}"
    )
    return f"SELECT * FROM read_csv({_quoted(str(path))}, {options}, allow_quoted_nulls = false, columns = {{{kinds}}})"


def write_parquet(db: duckdb.DuckDBPyConnection, table: Table, rows: Path, to: Path) -> None:
    """Such a file as Parquet: by one thread in the file's own order, so that the same rows give the same bytes."""
    db.execute(f"COPY ({_csv_rows(table, rows)}) TO {_quoted(str(to))} (FORMAT parquet, COMPRESSION zstd)")


def totals(db: duckdb.DuckDBPyConnection, table: Table, path: Path) -> tuple[int, dict[str, str]]:
    """How many rows a Parquet file has, and the sum of each amount in it."""
    sums = "".join(f", coalesce(sum({_name(column)}), 0)" for column in table.sums)
    found = db.execute(f"SELECT count(*){sums} FROM {_files([path])}").fetchone()
    assert found is not None
    return found[0], {column: str(total) for column, total in zip(table.sums, found[1:], strict=True)}


class DuckEngine:
    """Runs the texts in an embedded DuckDB, over views that are named like PostgreSQL's."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self._db = db

    def define(self, view: str, text: str, kept: bool) -> None:
        self._db.execute(f"CREATE TEMPORARY {'TABLE' if kept else 'VIEW'} {_name(view)} AS {text}")

    def rows(self, text: str) -> Sequence[Row]:
        found = self._db.execute(text)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def instant(self, at: datetime) -> str:
        return f"TIMESTAMPTZ '{at.isoformat()}'"


@contextmanager
def duck(
    files: Mapping[str, Sequence[Path]], zone: ZoneInfo, memory: str = "3GB", threads: int = 2
) -> Iterator[DuckEngine]:
    """The engine over these Parquet files, table by table."""
    with database(zone, threads, memory) as db:
        for table in TABLES:
            columns = ", ".join(_narrow(db, table, files[table.name]))
            db.execute(f"CREATE VIEW {_name(table.view)} AS SELECT {columns} FROM {_files(files[table.name])}")
        yield DuckEngine(db)


def _narrow(db: duckdb.DuckDBPyConnection, table: Table, paths: Sequence[Path]) -> Iterator[str]:
    """The columns, amounts in 64 bits where the files' own statistics say that all of them fit.

    A sum or a product is as wide as it needs to be all the same. A number that does not fit after all is refused by the
    cast, never cut.
    """
    largest = dict(db.execute(_LARGEST, [[str(path) for path in paths]]).fetchall())
    for name in table.columns:
        most = largest.get(name) if name in table.sums else None
        fits = most is not None and most < _NARROW
        yield f"CAST({_name(name)} AS DECIMAL(18,0)) AS {_name(name)}" if fits else _name(name)


@contextmanager
def database(zone: ZoneInfo, threads: int = 1, memory: str = "1GB") -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty DuckDB in memory with the three functions of the texts (`epoch_us` is its own)."""
    # Nothing is fetched from anywhere: DuckDB would load extensions by itself. What does not fit into memory goes where
    # it is told, not into the folder the program was started in, where it stays when the program is killed.
    with TemporaryDirectory(prefix="tidegate-lake-") as spill:
        config: dict[str, str | bool | int | float | list[str]] = {
            "threads": str(threads),
            "memory_limit": memory,
            "temp_directory": spill,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        with duckdb.connect(":memory:", config=config) as db:
            db.execute(f"SET TimeZone = {_quoted(zone.key)}")
            db.execute(_PER_MILLION)
            db.execute(_PRICE_UNITS)
            yield db


def _files(paths: Sequence[Path]) -> str:
    return f"read_parquet([{', '.join(_quoted(str(path)) for path in paths)}])"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
