"""What every step of an order shares: its locks, its coins, and the line that is written about it."""

from __future__ import annotations

from dataclasses import replace

from tidegate.db import Tx
from tidegate.ledger import flow as ledger
from tidegate.p2p.ads import store as ads_store
from tidegate.p2p.lots import flow as lots
from tidegate.p2p.orders import order as rules
from tidegate.p2p.orders import store
from tidegate.p2p.orders.flow.reading import get
from tidegate.p2p.orders.order import Order, Status
from tidegate.parties import flow as parties

ESCROW = "escrow"
"""The purpose of the ledger's hold on the coins of an order."""


def locked(tx: Tx, id: str) -> Order:
    """An order with both parties and its ad, in the order of locks. Raises NotFound `order_unknown`."""
    peek = get(tx.conn, id)
    parties.lock(tx.conn, {peek.merchant_party, peek.taker_id})
    ads_store.lock(tx.conn, [peek.ad_id])
    found = store.lock(tx.conn, id)
    assert found is not None  # nothing deletes an order
    return found


def hand_over(tx: Tx, order: Order, target: Status, kind: str) -> Order:
    """The coins leave escrow for the buyer, with whom they stay for a while."""
    ledger.spend(tx, ESCROW, order.id, "p2p", {order.payer_party: order.units})
    lots.traded(tx, order.id, order.asset_id, order.units, order.seller_party, order.payer_party, order.retention_hours)
    return move(tx, replace(order, status=target, released_at=tx.now, ended_at=tx.now), order.status, kind)


def give_back(tx: Tx, order: Order, target: Status, kind: str) -> Order:
    """The coins leave escrow for their owner, and the ad has as much again."""
    ledger.release(tx, ESCROW, order.id)
    ads_store.take(tx.conn, order.ad_id, -order.units)
    return move(tx, replace(order, status=target, ended_at=tx.now), order.status, kind)


def move(tx: Tx, order: Order, source: Status, kind: str) -> Order:
    """Write down a move that the table allows, and say so."""
    assert order.status in rules.MOVES[source]
    moved = replace(order, changed_at=tx.now)
    if store.move(tx.conn, moved, [source]) != 1:
        raise AssertionError(f"{order.id} was locked and yet somebody moved it")
    if moved.ended_at is not None:
        store.forget_payee(tx.conn, order.id)
    tx.note(kind, order.id, {**said(order), "from": source, "by": tx.actor})
    return moved


def said(order: Order) -> dict[str, object]:
    return {
        "ad": order.ad_id,
        "merchant": order.merchant_id,
        "parties": [order.merchant_party, order.taker_id],
        "status": order.status,
        "units": order.units,
    }
