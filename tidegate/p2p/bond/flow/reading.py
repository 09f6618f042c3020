"""What is known of bonds."""

from __future__ import annotations

from tidegate.db import Conn
from tidegate.p2p.bond import store
from tidegate.p2p.bond.bond import Bond
from tidegate.p2p.bond.store import Movement


def of(conn: Conn, merchant_id: str) -> list[Bond]:
    """A merchant's bonds, by asset."""
    return store.of_merchants(conn, [merchant_id])


def covered(conn: Conn, merchant_id: str) -> bool:
    """Whether everything that is required is locked and nothing is owed; a merchant without a bond is not covered."""
    own = of(conn, merchant_id)
    return bool(own) and all(bond.covered for bond in own)


def movements(conn: Conn, merchant_id: str) -> list[Movement]:
    """Every movement, by asset, in their order."""
    return store.movements(conn, merchant_id)
