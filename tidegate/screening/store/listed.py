"""Which lists name an address, as of a day; how lists are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, rows, run


@dataclass(frozen=True, slots=True)
class HitRow:
    family: str
    address: str
    list: str
    entry: str
    category: str
    valid_from: datetime


@dataclass(frozen=True, slots=True)
class ListRow:
    """A list and its newest good import."""

    name: str
    max_age_hours: int
    imported_at: datetime | None
    entries: int


def hits(conn: Conn, families: Sequence[str], addresses: Sequence[str], as_of: datetime) -> list[HitRow]:
    """Entries in force at that time that name one of the keys."""
    return rows(
        conn,
        HitRow,
        """
        SELECT e.family, e.address, e.list, e.entry, e.category, e.valid_from
          FROM unnest(%(families)s::text[], %(addresses)s::text[]) AS asked (family, address)
          JOIN list_entry e USING (family, address)
         WHERE e.valid_from <= %(as_of)s AND (e.valid_until IS NULL OR e.valid_until > %(as_of)s)
         ORDER BY e.list, e.address
        """,
        {"families": list(families), "addresses": list(addresses), "as_of": as_of},
    )


def lists(conn: Conn) -> list[ListRow]:
    """Every list with the number of its entries in force."""
    return rows(
        conn,
        ListRow,
        """
        SELECT l.name, l.max_age_hours, l.imported_at,
               (SELECT count(*) FROM list_entry e WHERE e.list = l.name AND e.valid_until IS NULL)::int AS entries
          FROM screening_list l ORDER BY l.name
        """,
        {},
    )


def named(conn: Conn, names: Sequence[str]) -> list[ListRow]:
    """Some lists, without counting their entries."""
    return rows(
        conn,
        ListRow,
        "SELECT name, max_age_hours, imported_at, 0 AS entries FROM screening_list WHERE name = ANY(%(names)s)",
        {"names": list(names)},
    )


def editions(conn: Conn) -> list[tuple[str, str | None]]:
    """Every list with the hash of its newest file, by name."""
    return conn.execute("SELECT name, sha256 FROM screening_list ORDER BY name").fetchall()


def ensure_list(conn: Conn, name: str, max_age_hours: int) -> None:
    """Make the list known, and lock its row: two imports of one list take turns."""
    run(
        conn,
        """
        INSERT INTO screening_list (name, max_age_hours) VALUES (%(name)s, %(age)s)
        ON CONFLICT (name) DO UPDATE SET max_age_hours = screening_list.max_age_hours
        """,
        {"name": name, "age": max_age_hours},
    )


def set_max_age(conn: Conn, name: str, max_age_hours: int) -> None:
    """How old the list may be."""
    run(
        conn,
        "UPDATE screening_list SET max_age_hours = %(age)s WHERE name = %(name)s",
        {"name": name, "age": max_age_hours},
    )


def count(conn: Conn, name: str) -> int:
    """Entries of a list in force."""
    found = conn.execute(
        "SELECT count(*) FROM list_entry WHERE list = %(name)s AND valid_until IS NULL", {"name": name}
    ).fetchone()
    return int(found[0]) if found else 0


def quarantine(conn: Conn, name: str) -> list[QuarantineRow]:
    """What the newest import of a list could not read."""
    return rows(
        conn,
        QuarantineRow,
        """
        SELECT q.line, q.reason, q.text FROM list_quarantine q
         WHERE q.import_id = (SELECT id FROM list_import WHERE list = %(name)s ORDER BY at DESC, id DESC LIMIT 1)
         ORDER BY q.line
        """,
        {"name": name},
    )


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    line: int
    reason: str
    text: str
