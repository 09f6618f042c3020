"""A customer's own news: that something happened to a withdrawal, an order or a bond of theirs, and nothing else."""

from __future__ import annotations

from starlette.requests import Request

from tidegate.api.door import Gate
from tidegate.console.live import Event, Live
from tidegate.console.portal import store
from tidegate.console.portal.visit import COOKIE
from tidegate.console.store import newest_link
from tidegate.db import Conn
from tidegate.parties import flow as parties

EVERY = 3.0
"""Seconds between two looks: there are more customers than staff."""

ROOMS = ("withdrawal", "standing", "order", "ad", "bond", "deposit")
"""What customers are told at once. Never a case, a restriction or a matter about them: who is watched must not hear."""


def of_customer(gate: Gate) -> Live:
    """The stream at /portal/live."""

    def enter(conn: Conn, request: Request) -> str:
        return parties.visiting(conn, request.cookies.get(COOKIE, ""), gate.clock(), seen=False).party_id

    def look(conn: Conn, party_id: str, since: int) -> tuple[int, list[Event]]:
        newest = newest_link(conn)
        rooms = store.rooms_since(conn, party_id, since, newest, ROOMS) if newest != since else []
        return newest, [("news", " ".join(f"{room}." for room in rooms))] if rooms else []

    return Live(gate, enter, look, EVERY)
