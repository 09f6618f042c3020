"""Closed days as files: the same days give the same bytes, and whatever was touched since is not believed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from indicator_kit import END, SPAN, START, USD, Rows, after, desk, flow, freeze, merchant, numbers, order, standing_in

from tidegate.base.refusals import Conflict
from tidegate.db import Conn
from tidegate.rating.indicators.evaluation import evaluate
from tidegate.rating.indicators.reading import Reading, Span
from tidegate.rating.indicators.store import postgres
from tidegate.rating.lake import jobs
from tidegate.rating.lake.jobs import export
from tidegate.rating.lake.manifest import closed_days

LATER = END + timedelta(hours=1)


def a_month() -> Rows:
    """A merchant with an order every three hours, with texts that CSV likes to misread."""
    orders = [
        order(
            f"ord_{n:03}",
            "mer_a",
            f"cus_{n % 7}",
            "sell" if n % 3 else "buy",
            (90 + n) * USD,
            after(hours=3 * n),
            agent=("", "\\N", 'say "no", twice', "two\nlines", None)[n % 5],
            units=10**29 + n,
            known_at=after(hours=3 * n, minutes=10) + timedelta(hours=30 * (n % 11 == 0)),
        )
        for n in range(230)
    ]
    unended = order("ord_open", "mer_a", "cus_1", "sell", USD, after(days=3), status="paid", ended_at=None)
    return desk(
        merchant("mer_a"),
        merchant("mer_b"),
        p2p_orders=[*orders, unended],
        coin_flows=[flow(f"flow_{n}", "mer_a", "out", 50 * USD, after(days=n, hours=5), "exchange") for n in range(20)],
        rating_facts=[freeze("fct_1", "mer_a", "cus_2", "ord_009", after(days=12))],
        p2p_bonds=[{"merchant_id": "mer_a", "asset_id": 1, "required": 10**29, "locked": 10**29 - 1, "owed": 0}],
    )


@pytest.fixture
def with_rows(conn: Conn) -> Iterator[Conn]:
    with standing_in(conn, a_month()):
        yield conn


def refused(code: str, lake: Path, end: datetime = END) -> None:
    with pytest.raises(Conflict) as no, jobs.engine(lake, end, SPAN.zone):
        pass
    assert no.value.code == code


def from_lake(lake: Path, span: Span) -> list[Reading]:
    with jobs.engine(lake, span.end, span.zone) as engine:
        return evaluate(engine, span, numbers())


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai"])
def test_the_lake_says_what_the_database_says_down_to_the_hash(with_rows: Conn, tmp_path: Path, zone: str) -> None:
    place = ZoneInfo(zone)
    span = Span(*(datetime(2026, month, 1, tzinfo=place).astimezone(UTC) for month in (9, 10)), place)
    with postgres(with_rows, place) as engine:
        said = evaluate(engine, span, numbers())
    done = export(with_rows, tmp_path, LATER)
    assert (done.days[0], done.days[-1], done.newest) == (START.date(), date(2026, 9, 30), date(2026, 9, 30))
    assert from_lake(tmp_path, span) == said
    assert {reading.indicator for reading in said if reading.fired} >= {"I-05", "I-06", "I-22"} - {"I-05"}


def test_two_exports_write_the_same_manifests_and_a_second_run_writes_nothing(with_rows: Conn, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    assert export(with_rows, one, LATER).hash == export(with_rows, other, LATER + timedelta(hours=3)).hash
    files = {path.relative_to(one): path.read_bytes() for path in one.rglob("*") if path.is_file()}
    assert {path.relative_to(other): path.read_bytes() for path in other.rglob("*") if path.is_file()} == files
    again = export(with_rows, one, LATER)
    assert (again.days, again.rows, again.newest) == ([], 0, date(2026, 9, 30))
    assert {path.relative_to(one): path.read_bytes() for path in one.rglob("*") if path.is_file()} == files


def test_a_crash_before_the_manifest_leaves_a_day_that_the_next_run_writes_alike(
    with_rows: Conn, tmp_path: Path
) -> None:
    whole = export(with_rows, tmp_path, LATER)
    (tmp_path / "manifests" / "2026-09-30.json").unlink()  # the files are there, and nobody names them
    (tmp_path / "p2p_orders" / "day=2026-09-30.parquet").write_bytes(b"half")
    assert export(with_rows, tmp_path, LATER).hash == whole.hash
    assert from_lake(tmp_path, SPAN)


def test_a_manifest_says_rows_and_totals(with_rows: Conn, tmp_path: Path) -> None:
    export(with_rows, tmp_path, LATER)
    days = [json.loads(path.read_text()) for path in sorted((tmp_path / "manifests").iterdir())]
    orders = [day["files"]["p2p_orders"] for day in days]
    assert sum(file["rows"] for file in orders) == 230
    assert sum(int(file["sums"]["value"]) for file in orders) == sum((90 + n) * USD for n in range(230))
    assert sum(int(file["sums"]["units"]) for file in orders) == sum(10**29 + n for n in range(230))
    assert ["p2p_bonds" in day["files"] for day in days] == [False] * 29 + [True]  # the states, with the newest day
    assert days[0]["before"] is None


def test_a_day_is_written_once_it_is_closed(with_rows: Conn, tmp_path: Path) -> None:
    assert export(with_rows, tmp_path, after(days=2, minutes=59)).newest == date(2026, 9, 1)
    assert export(with_rows, tmp_path, after(days=2, minutes=60)).days == [date(2026, 9, 2)]
    refused("lake_day_missing", tmp_path)
    refused("lake_day_missing", tmp_path / "nothing here")
    assert closed_days(None, LATER) == []


def test_whatever_was_touched_is_not_believed(with_rows: Conn, tmp_path: Path) -> None:
    export(with_rows, tmp_path, LATER)
    file, manifest = tmp_path / "p2p_orders" / "day=2026-09-07.parquet", tmp_path / "manifests" / "2026-09-07.json"
    kept, said = file.read_bytes(), manifest.read_text()
    file.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    refused("lake_file_changed", tmp_path)
    file.unlink()
    refused("lake_file_missing", tmp_path)
    file.write_bytes(kept)
    manifest.write_text(said.replace('"rows":8', '"rows":9', 1))
    assert manifest.read_text() != said
    refused("lake_chain_broken", tmp_path)
    manifest.write_text(said.replace(",", ", ", 1))
    refused("lake_manifest_unreadable", tmp_path)
    manifest.write_text("{")
    refused("lake_manifest_unreadable", tmp_path)
    manifest.unlink()
    refused("lake_day_missing", tmp_path)
    manifest.write_text(said)
    assert from_lake(tmp_path, SPAN)


def test_states_come_from_the_first_export_after_the_window(with_rows: Conn, tmp_path: Path) -> None:
    export(with_rows, tmp_path, after(days=20))
    export(with_rows, tmp_path, LATER)
    with jobs.engine(tmp_path, after(days=10), SPAN.zone) as engine:
        assert len(engine.rows("SELECT * FROM p2p_merchants_v")) == 2
    (tmp_path / "manifests" / "2026-09-30.json").unlink()
    refused("lake_state_missing", tmp_path, after(days=25))


def test_units_that_parquet_cannot_hold_are_refused_and_never_cut(conn: Conn, tmp_path: Path) -> None:
    with standing_in(conn, desk(merchant("mer_a"), p2p_orders=[order("ord_1", "mer_a", "cus_1", "buy", 5, START)])):
        conn.execute("ALTER TABLE p2p_orders_v ALTER units TYPE numeric(78,0)")
        conn.execute(f"UPDATE p2p_orders_v SET units = {10**30}".encode())
        with pytest.raises(Conflict, match="units of ord_1 in p2p_orders has more than 30 digits") as no:
            export(conn, tmp_path, LATER)
        assert no.value.code == "lake_units_too_large"
        conn.execute(f"UPDATE p2p_orders_v SET units = {10**30 - 1}".encode())
        assert export(conn, tmp_path, LATER).rows == 3


@pytest.mark.parametrize(
    ("value", "kind"), [(10**14 - 1, "DECIMAL(18,0)"), (10**14, "DECIMAL(38,0)"), (None, "DECIMAL(38,0)")]
)
def test_amounts_are_in_64_bits_where_all_of_them_fit_and_say_the_same(
    conn: Conn, tmp_path: Path, value: int | None, kind: str
) -> None:
    many = numbers(pass_through={"orders": 1, "most_sell_percent": 100}, initial_funds={"percent": 10_000})
    rows = desk(
        merchant("mer_a"),
        p2p_orders=[
            order("ord_1", "mer_a", "cus_1", "sell", value, after(days=1), price=99_999),
            order("ord_2", "mer_a", "cus_1", "buy", value, after(days=1, hours=1), price=100_000),
        ],
    )
    with standing_in(conn, rows):
        with postgres(conn, SPAN.zone) as engine:
            said = evaluate(engine, SPAN, many)
        export(conn, tmp_path, LATER)
    with jobs.engine(tmp_path, END, SPAN.zone) as lake:
        (found,) = lake.rows("SELECT typeof(value) AS kind FROM p2p_orders_v LIMIT 1")
        assert found["kind"] == kind
        assert evaluate(lake, SPAN, many) == said


def test_from_a_shell(tmp_path: Path, database_url: str) -> None:
    settings = tmp_path / "settings.json"
    unused = {"networks": {}, "signer_socket": "s", "data_key_file": "d", "authoriser_key_file": "a"}
    settings.write_text(json.dumps({"database_url": database_url, **unused}))

    def tool(*words: str) -> tuple[int, str, str]:
        command = [sys.executable, "-m", "tidegate", *words, "--settings", str(settings)]
        done = subprocess.run(command, capture_output=True, timeout=60, text=True)
        return done.returncode, done.stdout, done.stderr

    code, out, _ = tool("export", "lake", str(tmp_path / "lake"))
    assert (code, json.loads(out)) == (0, {"days": [], "rows": 0, "newest": None, "manifest_sha256": None})
    code, out, err = tool("rating", "run", "2026-09", "--engine", "duckdb")
    assert (code, out) == (2, "")
    assert "--lake" in err
    code, out, err = tool("rating", "run", "2026-09", "--lake", str(tmp_path / "lake"))
    assert (code, out) == (2, "")
    assert "belong together" in err
