"""What happens to a customer's account, written down."""

from __future__ import annotations

from datetime import datetime

from tidegate.base.ids import new_id
from tidegate.db import Conn, act
from tidegate.parties import party, store
from tidegate.parties.flow.looking import lock_one, record
from tidegate.parties.store import Event


def record_event(
    conn: Conn,
    party_id: str,
    type: str,
    at: datetime,
    actor: str,
    now: datetime,
    device_id: str | None = None,
    ip: str | None = None,
    country: str | None = None,
) -> Event:
    """Write down what the platform says happened. Raises Malformed: `event_unknown`, `event_in_future`, …"""
    kind = party.check_event(type, at, device_id, ip, country, now)
    with act(conn, actor, now) as tx:
        lock_one(conn, party_id)
        return record(tx, Event(new_id("evt"), party_id, kind.value, at, now, device_id, ip, country))


def on_new_device(conn: Conn, event_id: str) -> bool:
    """Whether a login came from a device that this customer never used before. The very first one is no news."""
    return not store.seen_device_before(conn, event_id)
