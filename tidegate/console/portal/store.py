"""What the portal looks up across rooms: a customer's holds one by one, with what holds them; and their news."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, rows


@dataclass(frozen=True, slots=True)
class Held:
    asset_id: int
    purpose: str
    ref: str  # what it is held for, "wd_…", "ord_…"
    units: int
    status: str | None  # of the withdrawal or the order
    until: datetime | None  # when it ends by itself, as far as anybody knows


def holds(conn: Conn, party_id: str) -> list[Held]:
    """What is held of a customer's balances, oldest first, and how the withdrawal or the order stands that holds it."""
    return rows(
        conn,
        Held,
        """
        SELECT a.asset_id, h.purpose, h.ref, h.units, coalesce(w.status, o.status) AS status,
               coalesce(w.release_at, w.expires_at, o.expires_at, h.expires_at) AS until
          FROM ledger_hold h
          JOIN ledger_account a ON a.id = h.account_id
          LEFT JOIN withdrawal w ON h.purpose = 'withdrawal' AND w.id = h.ref
          LEFT JOIN p2p_order o ON h.purpose = 'escrow' AND o.id = h.ref
         WHERE a.owner = %(party)s AND h.status = 'open' ORDER BY h.id
        """,
        {"party": party_id},
    )


@dataclass(frozen=True, slots=True)
class News:
    """In which room, "withdrawal", something of a customer's happened."""

    party_id: str
    room: str


def news(conn: Conn, whose: Collection[str], after: int, newest: int, rooms_told: Sequence[str]) -> list[News]:
    """What happened to things of these customers after one link of the journal and up to another."""
    return rows(
        conn,
        News,
        """
        WITH happened AS MATERIALIZED (
            SELECT DISTINCT split_part(kind, '.', 1) AS room, subject FROM journal
             WHERE link > %(after)s AND link <= %(newest)s
               AND split_part(kind, '.', 1) = ANY(%(rooms)s::text[])
        ), owned AS (
            SELECT h.room, h.subject AS party_id FROM happened h
             UNION ALL SELECT h.room, w.party_id FROM happened h JOIN withdrawal w ON w.id = h.subject
             UNION ALL SELECT h.room, s.party_id FROM happened h JOIN standing s ON s.id = h.subject
             UNION ALL SELECT h.room, o.merchant_party FROM happened h JOIN p2p_order o ON o.id = h.subject
             UNION ALL SELECT h.room, o.taker_id FROM happened h JOIN p2p_order o ON o.id = h.subject
             UNION ALL SELECT h.room, a.party_id FROM happened h JOIN p2p_ad a ON a.id = h.subject
             UNION ALL SELECT h.room, m.party_id FROM happened h JOIN p2p_merchant m ON m.id = h.subject
        )
        SELECT DISTINCT party_id, room FROM owned WHERE party_id = ANY(%(whose)s::text[]) ORDER BY party_id, room
        """,
        {"whose": list(whose), "after": after, "newest": newest, "rooms": list(rooms_told)},
    )
