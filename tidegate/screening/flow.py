"""Lists and address books: who is listed, how old the knowledge is, since when a customer knows an address."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.base.ids import new_id
from tidegate.db import Conn, Tx, act
from tidegate.screening import address as addresses
from tidegate.screening import lists, store
from tidegate.screening.lists import Quarantined
from tidegate.screening.store import HitRow, ListRow, QuarantineRow, SavedAddress

__all__ = ["HitRow", "ListRow", "QuarantineRow", "SavedAddress"]

MAX_AGE_HOURS = 48
"""How old a list may be unless its import says otherwise: authorities publish on working days."""

Place = tuple[str, str, str, str]
"""Party, network, canonical address, memo."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    imported: int  # entries now in force that the file named
    removed: int  # entries the file no longer names
    quarantined: tuple[Quarantined, ...]


def import_list(
    conn: Conn,
    name: str,
    text: str,
    actor: str,
    now: datetime,
    *,
    force: bool = False,
    max_age_hours: int | None = None,
) -> Imported:
    """Replace a list by a CSV file (see `lists.parse`). Raises Malformed; a refused file changes nothing."""
    parsed = lists.parse(name, text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    with act(conn, actor, now) as tx:
        store.ensure_list(conn, name, max_age_hours or MAX_AGE_HOURS)
        if max_age_hours is not None:
            store.set_max_age(conn, name, max_age_hours)
        before = store.count(conn, name)
        changed = store.replace(conn, name, parsed.entries, now)
        if not force:
            lists.check_shrink(name, before, changed.removed, len(parsed.entries))
        id = new_id("imp")
        store.imported(conn, id, name, actor, digest, len(parsed.entries), changed.removed, parsed.quarantined, now)
        tx.note(
            "list.imported",
            name,
            {
                "import": id,
                "sha256": digest,
                "imported": len(parsed.entries),
                "added": changed.added,
                "removed": changed.removed,
                "quarantined": len(parsed.quarantined),
                "forced": force,
            },
        )
    return Imported(len(parsed.entries), changed.removed, parsed.quarantined)


def freshness(conn: Conn, names: Collection[str], now: datetime) -> dict[str, str]:
    """Each named list: "fresh", "stale" (older than it may be) or "missing" (never imported)."""
    found = {item.name: item for item in store.named(conn, list(names))}
    return {name: _age(found.get(name), now) for name in names}


def is_fresh(item: ListRow, now: datetime) -> bool:
    """Whether the list is as new as it must be."""
    return _age(item, now) == "fresh"


def _age(item: ListRow | None, now: datetime) -> str:
    if item is None or item.imported_at is None:
        return "missing"
    return "fresh" if now < item.imported_at + timedelta(hours=item.max_age_hours) else "stale"


def hits(conn: Conn, places: Iterable[tuple[str, str]], now: datetime) -> dict[tuple[str, str], list[HitRow]]:
    """What lists say of each (network, address). An EVM address is listed on every EVM network (W4 lists)."""
    keys: dict[tuple[str, str], tuple[str, str]] = {}
    for network, text in places:
        key = addresses.list_key(network, text)
        if key is not None:
            keys[network, text] = (addresses.family(network), key)
    wanted = sorted(set(keys.values()))
    by_key: dict[tuple[str, str], list[HitRow]] = {}
    if wanted:
        for hit in store.hits(conn, [family for family, _ in wanted], [key for _, key in wanted], now):
            by_key.setdefault((hit.family, hit.address), []).append(hit)
    return {place: by_key.get(key, []) for place, key in keys.items()}


def all_lists(conn: Conn) -> list[ListRow]:
    """Every list."""
    return store.lists(conn)


def quarantine(conn: Conn, name: str) -> list[QuarantineRow]:
    """What the newest import of a list could not read."""
    return store.quarantine(conn, name)


# Address books.


def entries_by_id(conn: Conn, asked: Sequence[tuple[str, str]]) -> dict[tuple[str, str], SavedAddress]:
    """Entries by (party, id); another customer's entry is absent like one that does not exist."""
    if not asked:
        return {}
    found = store.by_ids(conn, [party for party, _ in asked], [id for _, id in asked])
    return {(entry.party_id, entry.id): entry for entry in found}


def entries_for(conn: Conn, places: Sequence[Place], now: datetime) -> tuple[dict[Place, SavedAddress], set[str]]:
    """The entry of each place, and the ids of those that are new and not written yet (see `keep`).

    The caller holds the parties' row locks, so nobody else names the same place meanwhile.
    """
    if not places:
        return {}, set()
    wanted = sorted(set(places))
    party_ids, networks, texts, memos = (list(column) for column in zip(*wanted, strict=True))
    found = {
        (entry.party_id, entry.network, entry.address, entry.memo): entry
        for entry in store.by_places(conn, party_ids, networks, texts, memos)
    }
    new = {
        place: SavedAddress(new_id("adr"), *place, "", "unknown", now, None) for place in wanted if place not in found
    }
    return {**found, **new}, {entry.id for entry in new.values()}


def keep(tx: Tx, entries: Sequence[SavedAddress]) -> None:
    """Write down places that customers named for the first time."""
    if entries:
        store.save(tx.conn, entries)


def save(
    tx: Tx, party_id: str, network: str, address: str, memo: str, label: str, ownership: str
) -> tuple[SavedAddress, bool]:
    """Put a place into a customer's book, or rename the entry that is there; whether it is new.

    Its waiting time counts from when the customer first named it, whichever way. The caller holds the party's lock.
    """
    place = (party_id, network, address, memo)
    entries, new = entries_for(tx.conn, [place], tx.now)
    entry = entries[place]
    keep(tx, [entry] if new else [])
    store.relabel(tx.conn, entry.id, label, ownership)
    tx.note(
        "address.saved" if new else "address.renamed",
        party_id,
        {"address": entry.id, "network": network, "ownership": ownership},
    )
    return SavedAddress(entry.id, *place, label, ownership, entry.saved_at, entry.paid_at), bool(new)


def book(conn: Conn, party_id: str) -> list[SavedAddress]:
    """A customer's address book, newest first."""
    return store.of_party(conn, party_id)


def mark_paid(tx: Tx, saved_address_id: str) -> None:
    """A withdrawal arrived there."""
    store.paid(tx.conn, saved_address_id, tx.now)
