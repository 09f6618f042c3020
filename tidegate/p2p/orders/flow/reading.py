"""Looking at orders."""

from __future__ import annotations

from collections.abc import Collection

from tidegate.base.refusals import NotFound
from tidegate.db import Conn
from tidegate.p2p.orders import store
from tidegate.p2p.orders.order import Order, Role, Status


def get(conn: Conn, id: str) -> Order:
    """One order. Raises NotFound `order_unknown`."""
    found = store.get(conn, id)
    if found is None:
        raise NotFound("order_unknown", f"There is no order {id}.")
    return found


def page(
    conn: Conn,
    party_id: str | None = None,
    merchant_id: str | None = None,
    statuses: Collection[Status] | None = None,
    before: str | None = None,
    limit: int = 50,
) -> list[Order]:
    """Orders, newest first."""
    return store.page(conn, party_id, merchant_id, statuses, before, limit)


def role_of(order: Order, party_id: str) -> Role:
    """Which of the two a party is. Raises NotFound `order_unknown` for anybody else."""
    for role in (Role.TAKER, Role.MERCHANT):
        if order.party(role) == party_id:
            return role
    raise NotFound("order_unknown", f"There is no order {order.id}.")
