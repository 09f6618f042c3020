"""On the product's own schema, before anything happened: every text fits the real views, and says nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from indicator_kit import END, SPAN, numbers

from tidegate.base.refusals import Conflict
from tidegate.db import Conn
from tidegate.rating.indicators.evaluation import evaluate
from tidegate.rating.indicators.store import postgres
from tidegate.rating.lake import jobs
from tidegate.rating.lake.tables import TABLES


def test_every_text_fits_the_real_views_and_leaves_nothing_behind(conn: Conn) -> None:
    for _ in range(2):
        with postgres(conn, SPAN.zone) as engine:
            assert evaluate(engine, SPAN, numbers()) == []
    left = conn.execute("SELECT count(*) FROM pg_class WHERE relpersistence = 't' AND relkind IN ('r', 'v')").fetchone()
    assert left == (0,)
    assert conn.execute("SELECT current_setting('TimeZone')").fetchone() == conn.execute("SHOW TimeZone").fetchone()


def test_the_lake_has_columns_of_the_real_views(conn: Conn) -> None:
    for table in TABLES:
        described = conn.execute(f"SELECT * FROM {table.view} LIMIT 0".encode()).description
        assert described is not None
        assert set(table.columns) <= {column.name for column in described}, table.name


def test_nothing_happened_is_no_day(conn: Conn, tmp_path: Path) -> None:
    done = jobs.export(conn, tmp_path, datetime(2026, 11, 1, tzinfo=UTC))
    assert (done.days, done.newest, done.hash) == ([], None, None)
    with pytest.raises(Conflict, match="The lake is empty"), jobs.engine(tmp_path, END, SPAN.zone):
        pass
