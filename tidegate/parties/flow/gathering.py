"""What a decision reads about many parties at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from tidegate.db import Conn
from tidegate.parties import store
from tidegate.parties.party import Restriction
from tidegate.parties.store import LoginRow


def restrictions(conn: Conn, ids: Collection[str], now: datetime) -> dict[str, list[Restriction]]:
    """What is in force on each of the parties, oldest first; every id is there."""
    orders: dict[str, list[Restriction]] = {id: [] for id in ids}
    for order in store.restrictions(conn, list(orders), now):
        orders[order.party_id].append(order)
    return orders


def latest_events(conn: Conn, ids: Collection[str], types: Sequence[str]) -> dict[str, dict[str, datetime]]:
    """When each of these event types last happened to each of the parties; every id is there."""
    latest: dict[str, dict[str, datetime]] = {id: {} for id in ids}
    for item in store.latest_events(conn, list(latest), types):
        latest[item.party_id][item.type] = item.at
    return latest


def events_since(conn: Conn, party_id: str, types: Sequence[str], since: datetime) -> list[tuple[str, datetime]]:
    """(type, when) of every event of these types that happened to a party after `since`, oldest first."""
    return [(found.type, found.at) for found in store.events_since(conn, party_id, types, since)]


def factors_of(conn: Conn, ids: Collection[str]) -> dict[str, frozenset[str]]:
    """The kinds of factor ("totp", "passkey") that each of the parties has in use; every id is there."""
    kinds: dict[str, set[str]] = {id: set() for id in ids}
    for found in store.kinds_of_factors(conn, list(kinds)):
        kinds[found.party_id].add(found.kind)
    return {id: frozenset(own) for id, own in kinds.items()}


def logins(conn: Conn, ids: Collection[str], since: datetime, hours: int) -> dict[str, LoginRow]:
    """What the logins of each of the parties say; every id is there. Travel counts after `since`, when two logins in
    different countries are less than `hours` apart."""
    return {found.party_id: found for found in store.logins(conn, list(ids), since, hours * 60)}


def alarms(conn: Conn, party_id: str, events: Sequence[str], kinds: Sequence[str]) -> int:
    """How many of these events and restrictions there ever were, in force or not: it only rises.

    Whoever holds the party's lock and finds the number they know has missed none, whatever the clocks said.
    """
    return store.alarms(conn, party_id, events, kinds)
