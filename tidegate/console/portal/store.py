"""What the portal looks up across rooms: a customer's holds one by one."""

from __future__ import annotations

from dataclasses import dataclass

from tidegate.db import Conn, rows


@dataclass(frozen=True, slots=True)
class Held:
    asset_id: int
    purpose: str
    ref: str  # what it is held for, "wd_…"
    units: int


def holds(conn: Conn, party_id: str) -> list[Held]:
    """What is held of a customer's balances, oldest first."""
    return rows(
        conn,
        Held,
        """
        SELECT a.asset_id, h.purpose, h.ref, h.units FROM ledger_hold h
          JOIN ledger_account a ON a.id = h.account_id
         WHERE a.owner = %(party)s AND h.status = 'open' ORDER BY h.id
        """,
        {"party": party_id},
    )
