"""One reading of the public status with 50,000 withdrawals in the last seven days, beside a plain SELECT 1.

    .venv/bin/python bench/status.py [WITHDRAWALS]

Withdrawals are made through the flow, then ended by one statement: four in five within seven days, a tenth held, a
tenth waiting still. The server hangs the answer up for a minute, so this is what a minute costs, whoever looks.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))  # the folder is no package of the product

from bench import filled
from tidegate.base.clock import utcnow
from tidegate.db import Conn
from tidegate.reports.status import flow as statuses
from tidegate.withdrawals import flow as withdrawals


def end(conn: Conn) -> None:
    """What became of them, by number: nine in ten have ended, one in ten was held, whether it has ended or not."""
    filled.end(conn, timedelta(seconds=-1000))  # four in five within the seven days
    conn.execute(
        """
        INSERT INTO decision (id, withdrawal_id, stage, at, outcome, findings, facts, facts_hash, policy_version,
                              engine)
        SELECT d.id || '-2', w.id, 'confirm', d.at, CASE WHEN w.number % 20 < 2 THEN 'review' ELSE 'allow' END,
               d.findings, d.facts, d.facts_hash, d.policy_version, d.engine
          FROM withdrawal w JOIN decision d ON d.id = w.decision_id
        """
    )
    conn.execute("VACUUM ANALYZE")


def timed(work: Callable[[], object], times: int) -> list[float]:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - began))
    return taken


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with filled.house(many) as house:
        conn = house.conn
        end(conn)
        setting = withdrawals.setting(conn, utcnow())
        reading = timed(lambda: statuses.read(conn, setting.assets, setting.regimes, {}, None, utcnow()), 21)
        nothing = timed(lambda: conn.execute("SELECT 1").fetchone(), 200)
        print(statuses.read(conn, setting.assets, setting.regimes, {}, None, utcnow()).holds)
    print(f"{many} withdrawals: one reading {statistics.median(reading):.0f} ms, at most {max(reading):.0f} ms")
    print(f"SELECT 1: {statistics.median(nothing):.2f} ms")


if __name__ == "__main__":
    main()
