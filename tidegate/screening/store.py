"""SQL of lists and address books. Look-ups are set-based: one statement per batch, however many requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run
from tidegate.screening.lists import Entry, Quarantined


@dataclass(frozen=True, slots=True)
class SavedAddress:
    """An entry of a customer's address book."""

    id: str  # "adr_…"
    party_id: str
    network: str
    address: str  # canonical spelling
    memo: str
    label: str
    ownership: str
    saved_at: datetime  # when this customer first named it
    paid_at: datetime | None  # first settled withdrawal to it


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


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Changed:
    added: int
    removed: int


def by_ids(conn: Conn, party_ids: Sequence[str], ids: Sequence[str]) -> list[SavedAddress]:
    """Entries by their owner and id."""
    return rows(
        conn,
        SavedAddress,
        """
        SELECT s.id, s.party_id, s.network, s.address, s.memo, s.label, s.ownership, s.saved_at, s.paid_at
          FROM unnest(%(parties)s::text[], %(ids)s::text[]) AS asked (party_id, id)
          JOIN saved_address s ON s.id = asked.id AND s.party_id = asked.party_id
        """,
        {"parties": list(party_ids), "ids": list(ids)},
    )


def by_places(
    conn: Conn, party_ids: Sequence[str], networks: Sequence[str], addresses: Sequence[str], memos: Sequence[str]
) -> list[SavedAddress]:
    """Entries by their owner and destination."""
    return rows(
        conn,
        SavedAddress,
        """
        SELECT s.id, s.party_id, s.network, s.address, s.memo, s.label, s.ownership, s.saved_at, s.paid_at
          FROM unnest(%(parties)s::text[], %(networks)s::text[], %(addresses)s::text[], %(memos)s::text[])
               AS asked (party_id, network, address, memo)
          JOIN saved_address s USING (party_id, network, address, memo)
        """,
        {"parties": list(party_ids), "networks": list(networks), "addresses": list(addresses), "memos": list(memos)},
    )


def of_party(conn: Conn, party_id: str) -> list[SavedAddress]:
    """A customer's address book, newest first."""
    return rows(
        conn,
        SavedAddress,
        """
        SELECT id, party_id, network, address, memo, label, ownership, saved_at, paid_at
          FROM saved_address WHERE party_id = %(party)s ORDER BY id DESC
        """,
        {"party": party_id},
    )


def save(conn: Conn, entries: Sequence[SavedAddress]) -> int:
    """Write entries that are not there yet; how many were new."""
    return run(
        conn,
        """
        INSERT INTO saved_address (id, party_id, network, address, memo, label, ownership, saved_at)
        SELECT * FROM unnest(%(ids)s::text[], %(parties)s::text[], %(networks)s::text[], %(addresses)s::text[],
                             %(memos)s::text[], %(labels)s::text[], %(ownerships)s::text[], %(ats)s::timestamptz[])
        ON CONFLICT (party_id, network, address, memo) DO NOTHING
        """,
        {
            "ids": [e.id for e in entries],
            "parties": [e.party_id for e in entries],
            "networks": [e.network for e in entries],
            "addresses": [e.address for e in entries],
            "memos": [e.memo for e in entries],
            "labels": [e.label for e in entries],
            "ownerships": [e.ownership for e in entries],
            "ats": [e.saved_at for e in entries],
        },
    )


def relabel(conn: Conn, id: str, label: str, ownership: str) -> None:
    """What the customer calls it and whose it is."""
    run(
        conn,
        "UPDATE saved_address SET label = %(label)s, ownership = %(ownership)s WHERE id = %(id)s",
        {"id": id, "label": label, "ownership": ownership},
    )


def paid(conn: Conn, id: str, now: datetime) -> None:
    """Remember the first payment that arrived there."""
    run(
        conn,
        "UPDATE saved_address SET paid_at = coalesce(paid_at, %(now)s) WHERE id = %(id)s",
        {"id": id, "now": now},
    )


def hits(conn: Conn, families: Sequence[str], addresses: Sequence[str], now: datetime) -> list[HitRow]:
    """Entries in force at `now` that name one of the keys."""
    return rows(
        conn,
        HitRow,
        """
        SELECT e.family, e.address, e.list, e.entry, e.category, e.valid_from
          FROM unnest(%(families)s::text[], %(addresses)s::text[]) AS asked (family, address)
          JOIN list_entry e USING (family, address)
         WHERE e.valid_from <= %(now)s AND (e.valid_until IS NULL OR e.valid_until > %(now)s)
         ORDER BY e.list, e.address
        """,
        {"families": list(families), "addresses": list(addresses), "now": now},
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


def replace(conn: Conn, name: str, entries: Sequence[Entry], now: datetime) -> Changed:
    """Close the entries that the file no longer names, open those it newly names; the rest stay as they are."""
    changed = row(
        conn,
        Changed,
        """
        WITH said AS (
            SELECT * FROM unnest(%(families)s::text[], %(addresses)s::text[], %(categories)s::text[],
                                 %(entries)s::text[]) AS s (family, address, category, entry)
        ), closed AS (
            UPDATE list_entry e SET valid_until = greatest(%(now)s, e.valid_from)
             WHERE e.list = %(name)s AND e.valid_until IS NULL
               AND NOT EXISTS (SELECT FROM said s WHERE (s.family, s.address) = (e.family, e.address))
            RETURNING 1
        ), opened AS (
            INSERT INTO list_entry (list, family, address, category, entry, valid_from)
            SELECT %(name)s, s.family, s.address, s.category, s.entry, %(now)s FROM said s
            ON CONFLICT (family, address, list) WHERE valid_until IS NULL DO NOTHING
            RETURNING 1
        )
        SELECT (SELECT count(*) FROM opened)::int AS added, (SELECT count(*) FROM closed)::int AS removed
        """,
        {
            "name": name,
            "now": now,
            "families": [e.family for e in entries],
            "addresses": [e.address for e in entries],
            "categories": [e.category for e in entries],
            "entries": [e.entry for e in entries],
        },
    )
    assert changed is not None  # a SELECT without FROM has one row
    return changed


def imported(
    conn: Conn,
    id: str,
    name: str,
    by: str,
    sha256: str,
    count: int,
    removed: int,
    quarantined: Sequence[Quarantined],
    now: datetime,
) -> None:
    """Keep what an import did, and what it could not read."""
    run(
        conn,
        """
        INSERT INTO list_import (id, list, at, by, sha256, imported, removed, quarantined)
        VALUES (%(id)s, %(name)s, %(now)s, %(by)s, %(sha)s, %(imported)s, %(removed)s, %(quarantined)s)
        """,
        {
            "id": id,
            "name": name,
            "now": now,
            "by": by,
            "sha": sha256,
            "imported": count,
            "removed": removed,
            "quarantined": len(quarantined),
        },
    )
    run(
        conn,
        """
        INSERT INTO list_quarantine (import_id, line, reason, text)
        SELECT %(id)s, * FROM unnest(%(lines)s::int[], %(reasons)s::text[], %(texts)s::text[])
        """,
        {
            "id": id,
            "lines": [q.line for q in quarantined],
            "reasons": [q.reason for q in quarantined],
            "texts": [q.text for q in quarantined],
        },
    )
    run(
        conn,
        "UPDATE screening_list SET imported_at = %(now)s, sha256 = %(sha)s WHERE name = %(name)s",
        {"name": name, "now": now, "sha": sha256},
    )


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
