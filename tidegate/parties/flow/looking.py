"""What every story starts with: parties locked by id, or one of them; nobody of that name."""

from __future__ import annotations

from collections.abc import Collection

from tidegate.base.refusals import NotFound
from tidegate.db import Conn, Tx
from tidegate.parties import party, store
from tidegate.parties.party import EventType, Party
from tidegate.parties.store import Event


def lock(conn: Conn, ids: Collection[str]) -> dict[str, Party]:
    """The parties by id, row-locked in id order until the transaction ends. Unknown ids are absent."""
    return {found.id: found for found in store.lock(conn, sorted(set(ids)))}


def lock_one(conn: Conn, party_id: str) -> Party:
    """The party, row-locked. Raises NotFound `customer_unknown`."""
    found = lock(conn, [party_id]).get(party_id)
    if found is None:
        raise unknown(party_id)
    return found


def unknown(party_id: str) -> NotFound:
    return NotFound("customer_unknown", f"There is no customer {party_id}.")


def record(tx: Tx, event: Event, factor: str | None = None) -> Event:
    """Keep an event; `factor` is the factor of ours that made it."""
    store.add_event(tx.conn, event)
    if event.type == EventType.LOGIN:
        came = {"device": event.device_id, "network": party.network_of(event.ip), "country": event.country}
        seen = {kind: value for kind, value in came.items() if value is not None}
        store.see_login(tx.conn, event.party_id, seen, event.at)
    store.bump(tx.conn, event.party_id)
    said: dict[str, object] = {"event": event.id, "type": event.type, "at": event.at, "country": event.country}
    tx.note("party.event", event.party_id, said if factor is None else {**said, "factor": factor})
    return event
