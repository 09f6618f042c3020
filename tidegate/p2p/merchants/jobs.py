"""What time does to merchants: bonds go back, who is done leaves, demands become late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tidegate.db import Conn
from tidegate.ledger import store as ledger_store
from tidegate.p2p.bond import flow as bonds
from tidegate.p2p.bond import store as bond_store
from tidegate.p2p.merchants import flow, store
from tidegate.policy import flow as policies

BATCH = 100


def run_due(conn: Conn, clock: Callable[[], datetime]) -> int:
    """Everything that is due by now, each in its own transaction; how much was done."""
    now = clock()
    releases, late = bond_store.releases_due(conn, now, BATCH), bond_store.overdue(conn, now, BATCH)
    done = 0
    if releases or late:
        assets = {asset.id: asset for asset in ledger_store.assets(conn)}
        policy = policies.active(conn, now)
        for due in releases:
            done += flow.release_due(conn, due.merchant_id, assets[due.asset_id], policy, now)
        for due in late:
            done += bonds.note_overdue(conn, due.merchant_id, assets[due.asset_id], now)
    for id in store.done_leaving(conn, BATCH):
        done += flow.close_done(conn, id, now)
    return done
