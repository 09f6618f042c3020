"""A month's indicators over many orders: PostgreSQL, DuckDB, and the same written naively in pandas, in one run.

    make bench-rating                      1 M orders of 10,000 merchants
    make bench-rating ORDERS=10000000      without pandas, which would need tens of gigabytes

Desks come from the project's own simulator; each part runs in a process of its own. What counts is CPU time (user and
system, of all threads; for PostgreSQL of all its processes) and the most memory that was held at once.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from tidegate.policy import flow as policies
from tidegate.policy.pack import parse
from tidegate.rating.indicators.evaluation import evaluate
from tidegate.rating.indicators.reading import Reading, Span
from tidegate.rating.lake.tables import TABLES

SPAN = Span(datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC), ZoneInfo("UTC"))
NUMBERS = parse(policies.shipped("default")).indicators
MERCHANTS = 10_000
AT_ONCE = 500_000  # orders of one simulated desk: several desks make a large one, and memory stays small
HERE = Path(sys.executable).parent
BORROWED = [
    *(str(HERE / "uv"), "run", "--quiet", "--no-project", "--python", sys.executable),
    *(
        "--with",
        "pandas==2.3.3",
        "--with",
        "pyarrow==22.0.0",
        "--with-editable",
        str(Path(__file__).parent.parent),
        "python",
    ),
]
"""pandas is borrowed for its part and installed nowhere: nothing of ours depends on it."""
COMPARED = ("I-01", "I-07", "I-09", "I-10", "I-12", "I-13", "I-14", "I-15", "I-18", "I-21")
"""What pandas reckons too: each needs the orders, and most of the work is in these."""


def make(folder: Path, orders: int) -> None:
    """Simulated desks as Parquet, one file per table and desk."""
    from tidegate.demo.desk.simulate import Asked, simulate
    from tidegate.demo.desk.store import relations

    desks = max(1, orders // AT_ONCE)
    for number in range(desks):
        asked = Asked(number + 1, MERCHANTS // desks, 30, orders // desks, date(2026, 9, 1))
        with relations(simulate(asked), 2) as db:
            there = {row[0] for row in db.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
            for table in TABLES:
                wanted = ", ".join(f'"{name}"' for name in table.columns)
                nothing = ", ".join(f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in table.columns.items())
                rows = f"SELECT {wanted} FROM {table.name}" if table.name in there else f"SELECT {nothing} WHERE false"
                (folder / table.name).mkdir(exist_ok=True)
                db.execute(f"COPY ({rows}) TO '{folder / table.name / f'{number:03}.parquet'}' (FORMAT parquet)")


def files(folder: Path) -> dict[str, list[Path]]:
    return {table.name: sorted((folder / table.name).glob("*.parquet")) for table in TABLES}


def summary(readings: list[Reading]) -> dict[str, int]:
    """How often each indicator fired: pandas must count the same."""
    return dict(Counter(reading.indicator for reading in readings if reading.fired))


def on_duckdb(folder: Path, only: tuple[str, ...] | None) -> None:
    from tidegate.rating.lake import store

    start, before = time.time(), _cpu()
    with store.duck(files(folder), SPAN.zone) as engine:
        readings = evaluate(engine, SPAN, NUMBERS, only)
    _say(_cpu() - before, time.time() - start, _memory(), readings)


def on_postgres(folder: Path, only: tuple[str, ...] | None) -> None:
    """Loading is not counted: the rows are there already when a month is rated."""
    from tidegate.db import connect
    from tidegate.db.migrate import migrate
    from tidegate.db.server import EmbeddedServer
    from tidegate.rating.indicators.store import postgres
    from tidegate.rating.lake import store

    home = folder / "server"
    settings = {"fsync": "off", "max_wal_size": "4GB", "shared_buffers": "256MB", "work_mem": "64MB"}
    server = EmbeddedServer(home, settings)
    url = server.start()
    try:
        migrate(url, Path(__file__).parent.parent / "tidegate" / "db" / "migrations")
        with connect(url) as conn, store.database(SPAN.zone, 2) as db:
            conn.execute("CREATE SCHEMA bench; SET search_path = bench, public")
            for table in TABLES:
                columns = ", ".join(f'"{name}" {kind}' for name, kind in table.columns.items())
                conn.execute(f"CREATE UNLOGGED TABLE {table.view} ({columns})".encode())
                for path in files(folder)[table.name]:
                    csv = folder / "rows.csv"
                    db.execute(f"COPY (SELECT * FROM '{path}') TO '{csv}' (HEADER false, NULLSTR '\\N')")
                    with (
                        csv.open("rb") as rows,
                        conn.cursor().copy(f"COPY {table.view} FROM STDIN (FORMAT csv, NULL '\\N')".encode()) as copy,
                    ):
                        while piece := rows.read(1 << 20):
                            copy.write(piece)
                    csv.unlink()
                conn.execute(f"ANALYZE {table.view}".encode())
            postmaster = int((next(home.rglob("postmaster.pid"))).read_text().split()[0])
            start, before, own = time.time(), _tree(postmaster), _cpu()
            with postgres(conn, SPAN.zone) as engine:
                readings = evaluate(engine, SPAN, NUMBERS, only)
            spent = _tree(postmaster) - before + _cpu() - own
            backend = conn.info.backend_pid
            peak = next(line for line in Path(f"/proc/{backend}/status").read_text().splitlines() if "VmHWM" in line)
            _say(spent, time.time() - start, int(peak.split()[1]) / 1e6, readings)
    finally:
        server.stop()


def on_pandas(folder: Path) -> None:
    import rating_in_pandas

    start, before = time.time(), _cpu()
    fired = rating_in_pandas.fired(files(folder), SPAN, NUMBERS)
    said = {"cpu": _cpu() - before, "wall": time.time() - start, "memory": _memory(), "fired": fired}
    print(json.dumps(said))


def _say(cpu: float, wall: float, memory: float, readings: list[Reading]) -> None:
    print(json.dumps({"cpu": cpu, "wall": wall, "memory": memory, "fired": summary(readings)}))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _memory() -> float:
    """Gigabytes, the most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _tree(pid: int) -> float:
    """CPU seconds of a process, of its living children, and of those that ended."""
    tick = os.sysconf("SC_CLK_TCK")
    own = [int(n) for n in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]]
    total = sum(own)
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        total += sum(int(n) for n in Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[11:13])
    return total / tick


def main() -> None:
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    parts = ["duckdb", "postgres", *(["duckdb-compared", "pandas"] if orders <= 1_000_000 else [])]
    with TemporaryDirectory(prefix="rating-bench-", dir=os.environ.get("BENCH_DIR")) as home:
        folder = Path(home)
        folder.chmod(0o755)
        subprocess.run([sys.executable, __file__, "make", home, str(orders)], check=True)
        sizes = {name: sum(path.stat().st_size for path in paths) for name, paths in files(folder).items()}
        print(
            f"{orders:,} orders of {MERCHANTS:,} merchants in one month; {sum(sizes.values()) / 1e6:,.0f} MB of Parquet"
        )
        said = {}
        for part in parts:
            python = BORROWED if part == "pandas" else [sys.executable]
            done = subprocess.run([*python, __file__, part, home], check=True, stdout=subprocess.PIPE, text=True)
            said[part] = json.loads(done.stdout)
            print("{:<16} {cpu:8.1f} s CPU {wall:8.1f} s wall {memory:6.2f} GB".format(part, **said[part]), flush=True)
        print("fired:", said["duckdb"]["fired"])
        assert said["duckdb"]["fired"] == said["postgres"]["fired"]
        if "pandas" in said:
            assert said["pandas"]["fired"] == said["duckdb-compared"]["fired"], said
            ratio = said["pandas"]["cpu"] / said["duckdb-compared"]["cpu"]
            print(f"{len(COMPARED)} indicators: pandas needs {ratio:.1f} times the CPU of DuckDB")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", where, many]:
            make(Path(where), int(many))
        case ["duckdb", where]:
            on_duckdb(Path(where), None)
        case ["duckdb-compared", where]:
            on_duckdb(Path(where), COMPARED)
        case ["postgres", where]:
            on_postgres(Path(where), None)
        case ["pandas", where]:
            on_pandas(Path(where))
        case _:
            main()
