"""Customers' address books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run


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
    booked_at: datetime | None = None  # when the customer put it into the book; None = only ever paid to


def by_ids(conn: Conn, party_ids: Sequence[str], ids: Sequence[str]) -> list[SavedAddress]:
    """Entries by their owner and id."""
    return rows(
        conn,
        SavedAddress,
        """
        SELECT s.id, s.party_id, s.network, s.address, s.memo, s.label, s.ownership, s.saved_at, s.paid_at,
               s.booked_at
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
        SELECT s.id, s.party_id, s.network, s.address, s.memo, s.label, s.ownership, s.saved_at, s.paid_at,
               s.booked_at
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
        SELECT id, party_id, network, address, memo, label, ownership, saved_at, paid_at, booked_at
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


def relabel(conn: Conn, id: str, label: str, ownership: str, now: datetime) -> None:
    """What the customer calls it and whose it is; from now on it is in the book."""
    run(
        conn,
        """
        UPDATE saved_address SET label = %(label)s, ownership = %(ownership)s, booked_at = coalesce(booked_at, %(now)s)
         WHERE id = %(id)s
        """,
        {"id": id, "label": label, "ownership": ownership, "now": now},
    )


def by_id(conn: Conn, id: str) -> SavedAddress | None:
    """An entry, whosever it is."""
    return row(
        conn,
        SavedAddress,
        """
        SELECT id, party_id, network, address, memo, label, ownership, saved_at, paid_at, booked_at
          FROM saved_address WHERE id = %(id)s
        """,
        {"id": id},
    )


def unbook(conn: Conn, id: str) -> int:
    """It is in the book no more; 0 when it was not."""
    return run(
        conn, "UPDATE saved_address SET booked_at = NULL WHERE id = %(id)s AND booked_at IS NOT NULL", {"id": id}
    )


def paid(conn: Conn, id: str, now: datetime) -> None:
    """Remember the first payment that arrived there."""
    run(
        conn,
        "UPDATE saved_address SET paid_at = coalesce(paid_at, %(now)s) WHERE id = %(id)s",
        {"id": id, "now": now},
    )
