"""Writing closed days out, and opening what was written: every file is checked before it is believed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from duckdb import DuckDBPyConnection

from tidegate.base.refusals import Conflict
from tidegate.db import Conn
from tidegate.policy.pack import Policy
from tidegate.rating.indicators.evaluation import evaluate
from tidegate.rating.indicators.reading import Reading, Span
from tidegate.rating.lake import manifest as manifests
from tidegate.rating.lake import store
from tidegate.rating.lake.manifest import File, Manifest
from tidegate.rating.lake.store import DuckEngine
from tidegate.rating.lake.tables import TABLES, Table
from tidegate.rating.window import Window

_MANIFESTS = "manifests"


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote. Days that were there already are not touched."""

    days: list[date]
    rows: int
    newest: date | None
    hash: str | None  # of the newest day's manifest


def export(conn: Conn, lake: Path, now: datetime) -> Exported:
    """Write every closed day that the lake does not have yet, and the states with the newest of them.

    A day's manifest is written last and in one move: a crash leaves files that nobody names and the next run writes
    over. Raises Conflict: `lake_units_too_large`, and what `read_manifests` raises.
    """
    there = read_manifests(lake)
    first = there[0].day if there else store.first_day(conn)
    known = {manifest.day for manifest in there}
    days = [day for day in manifests.closed_days(first, now) if day not in known]
    before = there[-1].hash() if there else None
    rows = 0
    with store.database(ZoneInfo("UTC")) as writer:
        for day in days:
            tables = [t for t in TABLES if t.known is not None or day == days[-1]]
            with conn.transaction():
                store.in_utc(conn)
                made = Manifest(day, before, {table.name: _write(conn, writer, lake, table, day) for table in tables})
            _put(lake / _MANIFESTS / f"{day}.json", made.text().encode())
            before, rows = made.hash(), rows + sum(file.rows for file in made.files.values())
    newest = days[-1] if days else there[-1].day if there else None
    return Exported(days, rows, newest, before)


def _write(conn: Conn, writer: DuckDBPyConnection, lake: Path, table: Table, day: date) -> File:
    store.refuse_too_large(conn, table, day)
    path = lake / table.name / f"day={day}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=lake, prefix="writing-") as folder:
        rows, made = Path(folder) / "rows.csv", Path(folder) / "made.parquet"
        store.copy_out(conn, table, day, rows)
        store.write_parquet(writer, table, rows, made)
        count, sums = store.totals(writer, table, made)
        hash = _sha256(made)
        os.replace(made, path)
    return File(path.relative_to(lake).as_posix(), count, sums, hash)


def read_manifests(lake: Path) -> list[Manifest]:
    """Every day's manifest, oldest first. Raises Conflict: `lake_manifest_unreadable`, `lake_day_missing`,
    `lake_chain_broken`."""
    found = [manifests.read(path.read_text(), path.name) for path in sorted((lake / _MANIFESTS).glob("*.json"))]
    manifests.chained(found)
    return found


def look(lake: Path, window: Window, policy: Policy) -> list[Reading]:
    """Ask every indicator about a window, on the lake. Raises as `engine`."""
    zone = policy.rating.zone
    with engine(lake, window.as_of, zone) as asked:
        return evaluate(asked, Span(window.start, window.as_of, zone), policy.indicators)


@contextmanager
def engine(lake: Path, end: datetime, zone: ZoneInfo, memory: str = "3GB") -> Iterator[DuckEngine]:
    """The indicators' engine over what was known before `end`; its files are checked first.

    Raises Conflict: `lake_file_changed`, `lake_file_missing`, what `read_manifests` raises, and where the lake does
    not reach so far, `lake_day_missing` or `lake_state_missing`.
    """
    days, state = manifests.needed(read_manifests(lake), end)
    files: dict[str, list[Path]] = {}
    for table in TABLES:
        here = [m.files[table.name] for m in (days if table.known is not None else [state]) if table.name in m.files]
        files[table.name] = [_checked(lake, file) for file in here]
    with store.duck(files, zone, memory) as opened:
        yield opened


def _checked(lake: Path, file: File) -> Path:
    path = lake / file.path
    if not path.is_file():
        raise Conflict("lake_file_missing", f"{file.path} is not in the lake, though its day's manifest names it.")
    if _sha256(path) != file.sha256:
        raise Conflict("lake_file_changed", f"{file.path} is not the file that its day's manifest names.")
    return path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _put(path: Path, content: bytes) -> None:
    """The whole file or none, on the disk before it has its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
