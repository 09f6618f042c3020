"""What is to be paid, and what stops it just now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class Payout:
    id: str
    purpose: str
    ref: str
    party_id: str | None
    network: str
    wallet_id: str
    asset_id: int
    address: str
    units: int
    order_text: str
    signature: str | None
    status: str
    waiting_for: str | None
    detail: str | None
    failures: int
    next_at: datetime
    created_at: datetime
    stopped_at: datetime | None = None  # failed too often: until a person resumes it
    lists: str | None = None  # `screening.editions` when it was authorised


@dataclass(frozen=True, slots=True)
class PayoutView:
    """How far the payment of something has come, for the rungs above."""

    id: str
    ref: str
    status: str
    waiting_for: str | None
    attempt_status: str | None
    nonce: int | None
    mined_hash: str | None
    mined_block: int | None
    newest_hash: str | None


@dataclass(frozen=True, slots=True)
class Blocked:
    party_id: str
    kind: str


@dataclass(frozen=True, slots=True)
class Switched:
    scope: str
    subject: str


def add_payout(conn: Conn, payout: Payout) -> int:
    """Queue a payout, or renew the order of one that is still queued; 0 where it has started or ended."""
    return run(
        conn,
        """
        INSERT INTO payout (id, purpose, ref, party_id, network, wallet_id, asset_id, address, units, order_text,
                            signature, lists, next_at, created_at)
        VALUES (%(id)s, %(purpose)s, %(ref)s, %(party)s, %(network)s, %(wallet)s, %(asset)s, %(address)s, %(units)s,
                %(order)s, %(signature)s, %(lists)s, %(now)s, %(now)s)
        ON CONFLICT (purpose, ref) DO UPDATE
           SET order_text = excluded.order_text, signature = excluded.signature, lists = excluded.lists,
               next_at = excluded.next_at, waiting_for = NULL, detail = NULL
         WHERE payout.status = 'queued' AND (payout.address, payout.units, payout.asset_id)
                                          = (excluded.address, excluded.units, excluded.asset_id)
        """,
        {
            "id": payout.id,
            "purpose": payout.purpose,
            "ref": payout.ref,
            "party": payout.party_id,
            "network": payout.network,
            "wallet": payout.wallet_id,
            "asset": payout.asset_id,
            "address": payout.address,
            "units": payout.units,
            "order": payout.order_text,
            "signature": payout.signature,
            "lists": payout.lists,
            "now": payout.created_at,
        },
    )


def payout(conn: Conn, id: str) -> Payout | None:
    """One payout."""
    return row(
        conn,
        Payout,
        """
        SELECT id, purpose, ref, party_id, network, wallet_id, asset_id, address, units, order_text, signature, status,
               waiting_for, detail, failures, next_at, created_at, stopped_at, lists
          FROM payout WHERE id = %(id)s
        """,
        {"id": id},
    )


def payout_of(conn: Conn, purpose: str, ref: str) -> Payout | None:
    """The payout for something."""
    return row(
        conn,
        Payout,
        """
        SELECT id, purpose, ref, party_id, network, wallet_id, asset_id, address, units, order_text, signature, status,
               waiting_for, detail, failures, next_at, created_at, stopped_at, lists
          FROM payout WHERE purpose = %(purpose)s AND ref = %(ref)s
        """,
        {"purpose": purpose, "ref": ref},
    )


def recall(conn: Conn, ref: str, now: datetime) -> int:
    """Take a queued payout back; 0 where there is none or an attempt owns it."""
    return run(
        conn,
        """
        UPDATE payout SET status = 'cancelled', waiting_for = NULL, ended_at = %(now)s
         WHERE purpose = 'withdrawal' AND ref = %(ref)s AND status = 'queued'
        """,
        {"ref": ref, "now": now},
    )


def lanes(conn: Conn, network: str, now: datetime) -> list[str]:
    """Wallets of a network that have something to sign: queued payouts that are due, or attempts that are open."""
    found = conn.execute(
        """
        SELECT w.id FROM wallet w WHERE w.network = %(network)s
           AND (EXISTS (SELECT FROM payout p WHERE p.wallet_id = w.id AND p.status = 'queued' AND p.next_at <= %(now)s
                         AND p.stopped_at IS NULL)
                OR EXISTS (SELECT FROM payout_attempt a WHERE a.wallet_id = w.id AND a.ended_at IS NULL))
         ORDER BY w.kind DESC, w.id
        """,
        {"network": network, "now": now},
    )
    return [wallet for (wallet,) in found]


def due(conn: Conn, wallet_id: str, now: datetime, limit: int) -> list[Payout]:
    """Queued payouts of a lane whose time has come, oldest first. Not locked: a look before the claim."""
    return rows(
        conn,
        Payout,
        """
        SELECT id, purpose, ref, party_id, network, wallet_id, asset_id, address, units, order_text, signature, status,
               waiting_for, detail, failures, next_at, created_at, stopped_at, lists
          FROM payout WHERE wallet_id = %(wallet)s AND status = 'queued' AND next_at <= %(now)s AND stopped_at IS NULL
         ORDER BY next_at, id LIMIT %(limit)s
        """,
        {"wallet": wallet_id, "now": now, "limit": limit},
    )


def share_parties(conn: Conn, ids: Sequence[str]) -> None:
    """Lock parties against change while a payout of theirs starts: a freeze comes before or after, not during."""
    conn.execute("SELECT FROM party WHERE id = ANY(%(ids)s) ORDER BY id FOR SHARE", {"ids": list(ids)})


def lock_payouts(conn: Conn, ids: Sequence[str]) -> list[Payout]:
    """The payouts that are still queued, row-locked in id order."""
    return rows(
        conn,
        Payout,
        """
        SELECT id, purpose, ref, party_id, network, wallet_id, asset_id, address, units, order_text, signature, status,
               waiting_for, detail, failures, next_at, created_at, stopped_at, lists
          FROM payout WHERE id = ANY(%(ids)s) AND status = 'queued' AND stopped_at IS NULL
         ORDER BY id FOR UPDATE
        """,
        {"ids": list(ids)},
    )


def lock_payout(conn: Conn, id: str) -> Payout | None:
    """One payout, row-locked."""
    return row(
        conn,
        Payout,
        """
        SELECT id, purpose, ref, party_id, network, wallet_id, asset_id, address, units, order_text, signature, status,
               waiting_for, detail, failures, next_at, created_at, stopped_at, lists
          FROM payout WHERE id = %(id)s FOR UPDATE
        """,
        {"id": id},
    )


def blocking(conn: Conn, party_ids: Sequence[str], now: datetime) -> list[Blocked]:
    """Restrictions in force that stop everything outgoing."""
    return rows(
        conn,
        Blocked,
        """
        SELECT party_id, kind FROM restrictions_v
         WHERE party_id = ANY(%(ids)s) AND kind IN ('freeze', 'withdrawal_block', 'ban')
           AND (until IS NULL OR until > %(now)s)
        """,
        {"ids": list(party_ids), "now": now},
    )


def switches(conn: Conn) -> list[Switched]:
    """Kill switches that are on."""
    return rows(conn, Switched, "SELECT scope, subject FROM kill_switches_v", {})


def wait(conn: Conn, id: str, what: str, detail: str, next_at: datetime, failed: int) -> int:
    """Say why a payout does not move; 1 where that is new."""
    return run(
        conn,
        """
        WITH before AS (SELECT id, waiting_for FROM payout WHERE id = %(id)s)
        , done AS (
            UPDATE payout SET waiting_for = %(what)s, detail = %(detail)s, next_at = %(next)s,
                   failures = failures + %(failed)s
             WHERE id = %(id)s AND ended_at IS NULL RETURNING id
        )
        SELECT 1 FROM before JOIN done USING (id) WHERE before.waiting_for IS DISTINCT FROM %(what)s
        """,
        {"id": id, "what": what, "detail": detail, "next": next_at, "failed": failed},
    )


def unwait(conn: Conn, id: str) -> None:
    """It moves again."""
    run(
        conn,
        "UPDATE payout SET waiting_for = NULL, detail = NULL WHERE id = %(id)s AND waiting_for IS NOT NULL",
        {"id": id},
    )


def all_wait(conn: Conn, network: str, what: str, detail: str) -> None:
    """Say of every queued payout of a network why it does not move."""
    run(
        conn,
        """
        UPDATE payout SET waiting_for = %(what)s, detail = %(detail)s
         WHERE network = %(network)s AND status = 'queued' AND waiting_for IS NULL
        """,
        {"network": network, "what": what, "detail": detail},
    )


def set_status(conn: Conn, id: str, status: str, ended_at: datetime | None) -> None:
    """Move a payout; its row is locked."""
    run(
        conn,
        """
        UPDATE payout SET status = %(status)s, ended_at = %(ended)s,
               waiting_for = CASE WHEN %(status)s = 'queued' THEN waiting_for END,
               detail = CASE WHEN %(status)s = 'queued' THEN detail END
         WHERE id = %(id)s
        """,
        {"id": id, "status": status, "ended": ended_at},
    )


def egress_trip(conn: Conn) -> int | None:
    """The trip of the platform's egress breaker that holds just now, or None."""
    found = conn.execute("SELECT number FROM egress_v").fetchone()
    return None if found is None else found[0]


def moving(conn: Conn, wallet_id: str, address: str) -> bool:
    """Whether gas or a sweep is under way for a deposit address; its row is locked."""
    found = conn.execute(
        """
        SELECT FROM payout
         WHERE status IN ('queued', 'paying') AND purpose IN ('gas', 'sweep')
           AND (wallet_id = %(wallet)s OR address = %(address)s)
         LIMIT 1
        """,
        {"wallet": wallet_id, "address": address},
    )
    return found.rowcount > 0


def view_of(conn: Conn, refs: Sequence[str]) -> list[PayoutView]:
    """How far the payouts for some withdrawals have come."""
    return rows(
        conn,
        PayoutView,
        """
        SELECT id, ref, status, waiting_for, attempt_status, nonce, mined_hash, mined_block, newest_hash
          FROM payouts_v WHERE purpose = 'withdrawal' AND ref = ANY(%(refs)s)
        """,
        {"refs": list(refs)},
    )
