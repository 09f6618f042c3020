"""The indicators' engine on PostgreSQL: the published views as they are now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

from psycopg import sql
from psycopg.rows import dict_row

from tidegate.db import Conn
from tidegate.rating.indicators import texts
from tidegate.rating.indicators.evaluation import Row


class PostgresEngine:
    """Runs the texts on one connection. Views of its own live until the block of `postgres` ends."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    def define(self, view: str, text: str, kept: bool) -> None:
        kind, name = sql.SQL("TABLE" if kept else "VIEW"), sql.Identifier(view)
        self._conn.execute(sql.SQL("CREATE TEMPORARY {} {} AS {}").format(kind, name, sql.SQL(text)))
        if kept:
            self._conn.execute(sql.SQL("ANALYZE {}").format(name))

    def rows(self, text: str) -> Sequence[Row]:
        with self._conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(sql.SQL(text)).fetchall()

    def instant(self, at: datetime) -> str:
        return f"TIMESTAMPTZ '{at.isoformat()}'"


@contextmanager
def postgres(conn: Conn, zone: ZoneInfo) -> Iterator[PostgresEngine]:
    """The engine, inside a transaction of its own (a savepoint where there is one already); it leaves nothing behind.

    One text after another reads committed rows: whoever wants all of them to see the same moment begins a transaction
    with REPEATABLE READ. What becomes known after the window's end counts in none of them.
    """
    with conn.transaction():
        told = conn.execute("SELECT set_config('TimeZone', current_setting('TimeZone'), true)").fetchone()
        assert told is not None
        conn.execute("SELECT set_config('TimeZone', %(zone)s, true)", {"zone": zone.key})
        yield PostgresEngine(conn)
        for view in reversed(texts.VIEWS):
            kind = sql.SQL("TABLE" if view in texts.KEPT else "VIEW")
            conn.execute(sql.SQL("DROP {} IF EXISTS {}").format(kind, sql.Identifier(view)))
        conn.execute("SELECT set_config('TimeZone', %(zone)s, true)", {"zone": told[0]})
