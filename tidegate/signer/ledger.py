"""The signer's own memory: which id owns which nonce, and every byte that was ever handed out.

SQLite with a full sync per commit: what is not on disk was not signed. An older copy put back in its place cannot
be noticed from here; the worker's own check of the chain's nonces does that before it starts.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from tidegate.base.signing import SignerRefused
from tidegate.signer.rules import Known, Version
from tidegate.signer.totals import Totals

_SCHEMA = """
CREATE TABLE IF NOT EXISTS signed_order (
    id      TEXT PRIMARY KEY,            -- "wd_…", "pay_…"
    network TEXT NOT NULL,
    account TEXT NOT NULL,               -- who spends
    nonce   INTEGER NOT NULL,
    digest  TEXT NOT NULL,               -- of the order without its price
    asset   TEXT,                        -- counted against the day's limit; NULL for our own moves
    units   TEXT NOT NULL,
    at      REAL NOT NULL,
    UNIQUE (network, account, nonce)
) STRICT;
CREATE TABLE IF NOT EXISTS signed_bytes (
    order_id TEXT NOT NULL REFERENCES signed_order,
    seq      INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    gas      INTEGER NOT NULL,
    max_fee  TEXT NOT NULL,
    tip      TEXT NOT NULL,
    raw      BLOB NOT NULL,
    at       REAL NOT NULL,
    PRIMARY KEY (order_id, seq)
) STRICT;
CREATE TABLE IF NOT EXISTS spent (       -- running totals: a day's use is a difference of two of them
    asset    TEXT NOT NULL,
    seq      INTEGER NOT NULL,           -- 1, 2, … per asset
    at       REAL NOT NULL,              -- never runs backwards, whatever the clock does
    total    TEXT NOT NULL,              -- units ever signed for, these included; TEXT, because they pass 64 bits
    order_id TEXT NOT NULL UNIQUE REFERENCES signed_order,
    PRIMARY KEY (asset, seq)
) STRICT;
CREATE INDEX IF NOT EXISTS spent_window ON spent (asset, at, seq);
CREATE TABLE IF NOT EXISTS cost (        -- the same of what our own work takes: fees and gas, wei
    what     TEXT NOT NULL,              -- "fees@evm-local", "gas@evm-local"
    seq      INTEGER NOT NULL,
    at       REAL NOT NULL,
    total    TEXT NOT NULL,
    order_id TEXT NOT NULL REFERENCES signed_order,
    PRIMARY KEY (what, seq)
) STRICT;
CREATE INDEX IF NOT EXISTS cost_window ON cost (what, at, seq);
DROP INDEX IF EXISTS signed_by_asset;    -- of ledgers that added up every order of the day
"""


class Ledger:
    """One file; one thread at a time (the program holds a lock around `known`, the checks and `keep`)."""

    def __init__(self, path: Path) -> None:
        # Made private first: SQLite gives the files beside it the mode of this one.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.executescript(_SCHEMA)
        self._spent, self._cost = Totals(self._db, "spent", "asset"), Totals(self._db, "cost", "what")
        self._catch_up()

    def known(self, id: str) -> Known | None:
        """Everything signed for an id, or None for a new one."""
        found = self._db.execute(
            "SELECT network, account, nonce, digest FROM signed_order WHERE id = ?", (id,)
        ).fetchone()
        if found is None:
            return None
        versions = self._db.execute(
            "SELECT kind, gas, max_fee, tip, raw FROM signed_bytes WHERE order_id = ? ORDER BY seq", (id,)
        ).fetchall()
        network, account, nonce, digest = found
        return Known(
            network,
            account,
            nonce,
            digest,
            [Version(kind, gas, int(fee), int(tip), raw) for kind, gas, fee, tip, raw in versions],
        )

    def spent_24h(self, asset: str, now: datetime) -> int:
        """Units of an asset authorised and signed in the last 24 hours."""
        return self._spent.used_24h(asset, now)

    def cost_24h(self, what: str, now: datetime) -> int:
        """Wei signed for in the last 24 hours: `rules.Costs` names what for."""
        return self._cost.used_24h(what, now)

    def owner_of(self, network: str, account: str, nonce: int) -> str | None:
        """The id that owns a nonce."""
        found = self._db.execute(
            "SELECT id FROM signed_order WHERE network = ? AND account = ? AND nonce = ?", (network, account, nonce)
        ).fetchone()
        return found[0] if found else None

    def begin(
        self,
        id: str,
        network: str,
        account: str,
        nonce: int,
        digest: str,
        asset: str | None,
        units: int,
        version: Version,
        costs: Mapping[str, int],
        now: datetime,
    ) -> None:
        """Give an id its nonce and keep its first bytes, on disk before they are handed out.

        Raises SignerRefused `nonce_taken` where another id owns the nonce.
        """
        owner = self.owner_of(network, account, nonce)
        if owner is not None:
            raise SignerRefused("nonce_taken", f"Nonce {nonce} of {account} belongs to {owner}.")
        at = now.timestamp()
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(
                "INSERT INTO signed_order (id, network, account, nonce, digest, asset, units, at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (id, network, account, nonce, digest, asset, str(units), at),
            )
            self._keep(id, 0, version, at)
            if asset is not None:
                self._spent.add(asset, units, at, id)
            self._bear(id, costs, at)

    def add(self, id: str, version: Version, costs: Mapping[str, int], now: datetime) -> None:
        """Keep another version of an id that has its nonce."""
        (count,) = self._db.execute("SELECT count(*) FROM signed_bytes WHERE order_id = ?", (id,)).fetchone()
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._keep(id, count, version, now.timestamp())
            self._bear(id, costs, now.timestamp())

    def _bear(self, id: str, costs: Mapping[str, int], at: float) -> None:
        for what, wei in costs.items():
            self._cost.add(what, wei, at, id)

    def _keep(self, id: str, seq: int, version: Version, at: float) -> None:
        self._db.execute(
            "INSERT INTO signed_bytes (order_id, seq, kind, gas, max_fee, tip, raw, at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (id, seq, version.kind, version.gas, str(version.max_fee), str(version.tip), version.raw, at),
        )

    def _catch_up(self) -> None:
        """Take orders into the totals that a program without totals has signed, all or none."""
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            missing = self._db.execute(
                "SELECT id, asset, units, at FROM signed_order WHERE asset IS NOT NULL "
                "AND id NOT IN (SELECT order_id FROM spent) ORDER BY at, rowid"
            ).fetchall()
            for id, asset, units, at in missing:
                self._spent.add(asset, int(units), at, id)

    def close(self) -> None:
        self._db.close()
