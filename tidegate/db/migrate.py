"""Bring a database's schema up to date: numbered SQL files, each applied once, in order, with its hash kept."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tidegate.db.core import connect

_LOCK = 7_402_211_905  # any constant of ours: two migrating processes take turns


class MigrationFault(Exception):
    """The database and the files disagree; the message says about which file."""


def migrate(url: str, folder: Path) -> list[str]:
    """Apply what is missing; the names of the files that were applied now.

    Each file is one transaction. Raises MigrationFault where an applied file was changed or is missing, so that
    a newer database is never used by an older program.
    """
    files = {path.name: path.read_text() for path in sorted(folder.glob("[0-9]*.sql"))}
    applied: list[str] = []
    with connect(url) as conn:
        conn.execute("SELECT pg_advisory_lock(%(lock)s)", {"lock": _LOCK})
        conn.execute(
            """
            CREATE TABLE IF NOT EXISTS migration
                (name text PRIMARY KEY, sha256 text NOT NULL, at timestamptz NOT NULL DEFAULT now())
            """
        )
        known: dict[str, str] = dict(conn.execute("SELECT name, sha256 FROM migration").fetchall())
        unknown = sorted(set(known) - set(files))
        if unknown:
            raise MigrationFault(f"The database knows {unknown[0]}, this program does not: use a newer program.")
        for name, text in files.items():
            digest = hashlib.sha256(text.encode()).hexdigest()
            if name in known:
                if known[name] != digest:
                    raise MigrationFault(f"{name} was applied with other words: {known[name][:12]}, not {digest[:12]}.")
                continue
            with conn.transaction():
                conn.execute(text.encode())
                conn.execute("INSERT INTO migration (name, sha256) VALUES (%s, %s)", (name, digest))
            applied.append(name)
    return applied


def pending(url: str, folder: Path) -> list[str]:
    """Names of the files that the database does not have yet."""
    with connect(url) as conn:
        exists = conn.execute("SELECT to_regclass('migration')").fetchone()
        known = set()
        if exists is not None and exists[0] is not None:
            known = {name for (name,) in conn.execute("SELECT name FROM migration").fetchall()}
    return [path.name for path in sorted(folder.glob("[0-9]*.sql")) if path.name not in known]
