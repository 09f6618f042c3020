"""What the portal looks up across rooms: a customer's holds one by one, with what holds them; and their news."""

from __future__ import annotations

from collections.abc import Sequence
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
class _Room:
    room: str


def rooms_since(conn: Conn, party_id: str, after: int, newest: int, rooms_told: Sequence[str]) -> list[str]:
    """In which rooms, "withdrawal", something of the customer's happened after one link and up to another."""
    found = rows(
        conn,
        _Room,
        """
        SELECT DISTINCT j.room
          FROM (SELECT DISTINCT split_part(kind, '.', 1) AS room, subject FROM journal
                 WHERE link > %(after)s AND link <= %(newest)s) AS j
         WHERE j.room = ANY(%(rooms)s::text[])
           AND (j.subject = %(party)s
                OR EXISTS (SELECT FROM withdrawal w WHERE w.id = j.subject AND w.party_id = %(party)s)
                OR EXISTS (SELECT FROM standing s WHERE s.id = j.subject AND s.party_id = %(party)s)
                OR EXISTS (SELECT FROM p2p_order o
                            WHERE o.id = j.subject AND %(party)s IN (o.merchant_party, o.taker_id))
                OR EXISTS (SELECT FROM p2p_ad a WHERE a.id = j.subject AND a.party_id = %(party)s)
                OR EXISTS (SELECT FROM p2p_merchant m WHERE m.id = j.subject AND m.party_id = %(party)s))
         ORDER BY j.room
        """,
        {"party": party_id, "after": after, "newest": newest, "rooms": list(rooms_told)},
    )
    return [item.room for item in found]
