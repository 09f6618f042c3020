"""Running totals in the signer's ledger: what was used in a day is a difference of two of them."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta


class Totals:
    """One table of (key, seq, at, total, order_id): `seq` counts per key, `at` never runs backwards."""

    def __init__(self, db: sqlite3.Connection, table: str, key: str) -> None:
        self._db = db
        self._before = f"SELECT total FROM {table} WHERE {key} = ? AND at <= ? ORDER BY at DESC, seq DESC LIMIT 1"
        self._last = f"SELECT seq, at, total FROM {table} WHERE {key} = ? ORDER BY seq DESC LIMIT 1"
        self._insert = f"INSERT INTO {table} ({key}, seq, at, total, order_id) VALUES (?, ?, ?, ?, ?)"

    def used_24h(self, what: str, now: datetime) -> int:
        """Units added in the last 24 hours."""
        since = (now - timedelta(hours=24)).timestamp()
        before = self._db.execute(self._before, (what, since)).fetchone()
        return self._newest(what)[2] - (int(before[0]) if before else 0)

    def add(self, what: str, units: int, at: float, order_id: str) -> None:
        """Move a total on, inside the caller's transaction."""
        seq, newest_at, total = self._newest(what)
        self._db.execute(self._insert, (what, seq + 1, max(at, newest_at), str(total + units), order_id))

    def _newest(self, what: str) -> tuple[int, float, int]:
        """Number, time and total of the newest row; zeros where there is none."""
        found = self._db.execute(self._last, (what,)).fetchone()
        return (found[0], found[1], int(found[2])) if found else (0, 0.0, 0)
