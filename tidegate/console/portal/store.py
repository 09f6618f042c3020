"""What the portal looks up across rooms: a customer's holds one by one, with what holds them."""

from __future__ import annotations

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
