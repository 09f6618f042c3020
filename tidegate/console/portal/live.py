"""A customer's own news: that something happened to a withdrawal, an order or a bond of theirs, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from starlette.requests import Request

from tidegate.api.door import Gate
from tidegate.console.live import Live, Told
from tidegate.console.portal import store
from tidegate.console.portal.visit import COOKIE
from tidegate.db import Conn
from tidegate.parties import flow as parties

EVERY = 3.0
"""Seconds between two looks: customers wait for minutes, not for seconds."""

ROOMS = ("withdrawal", "standing", "order", "ad", "bond", "deposit")
"""What customers are told at once. Never a case, a restriction or a matter about them: who is watched must not hear."""


def of_customer(gate: Gate) -> Live:
    """The stream at /portal/live."""

    def enter(conn: Conn, request: Request) -> str:
        return parties.visiting(conn, request.cookies.get(COOKIE, ""), gate.clock(), seen=False).party_id

    def look(conn: Conn, whose: Collection[str], since: int, newest: int) -> Mapping[str, Told]:
        rooms: dict[str, list[str]] = {}
        for one in store.news(conn, whose, since, newest, ROOMS) if newest != since else []:
            rooms.setdefault(one.party_id, []).append(f"{one.room}.")
        return {party_id: {"news": " ".join(theirs)} for party_id, theirs in rooms.items()}

    return Live(gate, enter, look, EVERY)
