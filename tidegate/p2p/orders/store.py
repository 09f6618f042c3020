"""Orders: the statements. Whoever moves one holds both parties, then its row."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run
from tidegate.p2p.ads.ad import Ad, Side
from tidegate.p2p.orders.order import Order


@dataclass(frozen=True, slots=True)
class Between:
    """What the desk goes by when a taker comes to an ad."""

    certification: str  # of the ad's merchant
    subject_id: str  # the person who that is
    taker_subject: str | None  # the person who the taker is as a merchant; None = no merchant
    conditions: str  # what the ad asks now, as it is kept
    completed: int  # the taker's orders before
    ended: int
    open: int
    seller_tier: str  # "unrated" = no rating has spoken of the seller
    bought_before: bool  # whether the buyer ever bought coins here


def insert(conn: Conn, order: Order) -> None:
    """A new order."""
    run(
        conn,
        """
        INSERT INTO p2p_order (id, ad_id, merchant_id, subject_id, merchant_party, taker_id, side, asset_id, units,
                               value, fiat, fiat_amount, price, reference, method, conditions_version, has_conditions,
                               payer_hash, payee_hash, payer_similarity, taker_level, taker_since, taker_orders_before,
                               device_id, ip_net, agent, retention_hours, status, created_at, expires_at, paid_at,
                               released_at, ended_at, cancelled_by, dispute_reason, dispute_by, dispute_lost_by,
                               resolved_level, changed_at)
        VALUES (%(id)s, %(ad_id)s, %(merchant_id)s, %(subject_id)s, %(merchant_party)s, %(taker_id)s, %(side)s,
                %(asset_id)s, %(units)s, %(value)s, %(fiat)s, %(fiat_amount)s, %(price)s, %(reference)s, %(method)s,
                %(conditions_version)s, %(has_conditions)s, %(payer_hash)s, %(payee_hash)s, %(payer_similarity)s,
                %(taker_level)s, %(taker_since)s, %(taker_orders_before)s, %(device_id)s, %(ip_net)s, %(agent)s,
                %(retention_hours)s, %(status)s, %(created_at)s, %(expires_at)s, %(paid_at)s, %(released_at)s,
                %(ended_at)s, %(cancelled_by)s, %(dispute_reason)s, %(dispute_by)s, %(dispute_lost_by)s,
                %(resolved_level)s, %(changed_at)s)
        """,
        asdict(order),
    )


def move(conn: Conn, order: Order, sources: Collection[str]) -> int:
    """Write down where an order stands now, if it stood in one of `sources`; how many rows that were."""
    return run(
        conn,
        """
        UPDATE p2p_order SET status = %(status)s, payer_hash = %(payer_hash)s, payer_similarity = %(payer_similarity)s,
               paid_at = %(paid_at)s, released_at = %(released_at)s, ended_at = %(ended_at)s,
               cancelled_by = %(cancelled_by)s, dispute_reason = %(dispute_reason)s, dispute_by = %(dispute_by)s,
               dispute_lost_by = %(dispute_lost_by)s, resolved_level = %(resolved_level)s, changed_at = %(changed_at)s
         WHERE id = %(id)s AND status = ANY(%(sources)s::text[])
        """,
        {**asdict(order), "sources": [str(source) for source in sources]},
    )


@dataclass(frozen=True, slots=True)
class PayeeRow:
    """Where to pay, as long as the order is open."""

    order_id: str
    account_id: str  # "pac_…", as it was when the order was made
    party_id: str
    institution: str
    holder_name: str
    sealed: bytes | None  # the number; None = cash
    shown_at: datetime | None  # to the payer, the first time


def keep_payee(conn: Conn, payee: PayeeRow) -> None:
    """Keep where an order is to be paid."""
    run(
        conn,
        """
        INSERT INTO p2p_order_payee (order_id, account_id, party_id, institution, holder_name, sealed)
        VALUES (%(order_id)s, %(account_id)s, %(party_id)s, %(institution)s, %(holder_name)s, %(sealed)s)
        """,
        asdict(payee),
    )


def payee(conn: Conn, id: str) -> PayeeRow | None:
    """Where an order is to be paid; None = nobody said, or it has ended."""
    return row(
        conn,
        PayeeRow,
        """
        SELECT order_id, account_id, party_id, institution, holder_name, sealed, shown_at FROM p2p_order_payee
         WHERE order_id = %(id)s
        """,
        {"id": id},
    )


def payee_shown(conn: Conn, id: str, now: datetime) -> int:
    """The payer has seen it; 0 where they had before."""
    return run(
        conn,
        "UPDATE p2p_order_payee SET shown_at = %(now)s WHERE order_id = %(id)s AND shown_at IS NULL",
        {"id": id, "now": now},
    )


def forget_payee(conn: Conn, id: str) -> None:
    """The order has ended: nothing of where to pay is left."""
    run(conn, "DELETE FROM p2p_order_payee WHERE order_id = %(id)s", {"id": id})


def compared(conn: Conn, id: str, percent: int, now: datetime) -> None:
    """How far the holder of the account that paid is the payer."""
    run(
        conn,
        "UPDATE p2p_order SET payer_similarity = %(percent)s, changed_at = %(now)s WHERE id = %(id)s",
        {"id": id, "percent": percent, "now": now},
    )


def get(conn: Conn, id: str) -> Order | None:
    """One order."""
    return row(
        conn,
        Order,
        """
        SELECT id, ad_id, merchant_id, subject_id, merchant_party, taker_id, side, asset_id, units, value, fiat,
               fiat_amount, price, reference, method, conditions_version, has_conditions, payer_hash, payee_hash,
               payer_similarity, taker_level, taker_since, taker_orders_before, device_id, ip_net, agent,
               retention_hours, status, created_at, expires_at, paid_at, released_at, ended_at, cancelled_by,
               dispute_reason, dispute_by, dispute_lost_by, resolved_level, changed_at
          FROM p2p_order WHERE id = %(id)s
        """,
        {"id": id},
    )


def lock(conn: Conn, id: str) -> Order | None:
    """One order, row-locked until the transaction ends."""
    return row(
        conn,
        Order,
        """
        SELECT id, ad_id, merchant_id, subject_id, merchant_party, taker_id, side, asset_id, units, value, fiat,
               fiat_amount, price, reference, method, conditions_version, has_conditions, payer_hash, payee_hash,
               payer_similarity, taker_level, taker_since, taker_orders_before, device_id, ip_net, agent,
               retention_hours, status, created_at, expires_at, paid_at, released_at, ended_at, cancelled_by,
               dispute_reason, dispute_by, dispute_lost_by, resolved_level, changed_at
          FROM p2p_order WHERE id = %(id)s FOR NO KEY UPDATE
        """,
        {"id": id},
    )


def page(
    conn: Conn,
    party_id: str | None,
    merchant_id: str | None,
    statuses: Collection[str] | None,
    before: str | None,
    limit: int,
) -> list[Order]:
    """Orders, newest first; of a party on either side, of a merchant, in some statuses. None = of all."""
    return rows(
        conn,
        Order,
        """
        SELECT id, ad_id, merchant_id, subject_id, merchant_party, taker_id, side, asset_id, units, value, fiat,
               fiat_amount, price, reference, method, conditions_version, has_conditions, payer_hash, payee_hash,
               payer_similarity, taker_level, taker_since, taker_orders_before, device_id, ip_net, agent,
               retention_hours, status, created_at, expires_at, paid_at, released_at, ended_at, cancelled_by,
               dispute_reason, dispute_by, dispute_lost_by, resolved_level, changed_at
          FROM p2p_order
         WHERE (%(party)s::text IS NULL OR taker_id = %(party)s OR merchant_party = %(party)s)
           AND (%(merchant)s::text IS NULL OR merchant_id = %(merchant)s)
           AND (%(statuses)s::text[] IS NULL OR status = ANY(%(statuses)s))
           AND (%(before)s::text IS NULL OR id < %(before)s)
         ORDER BY id DESC LIMIT %(limit)s
        """,
        {
            "party": party_id,
            "merchant": merchant_id,
            "statuses": None if statuses is None else list(statuses),
            "before": before,
            "limit": limit,
        },
    )


def between(conn: Conn, ad: Ad, taker_id: str) -> Between:
    """What is known of an ad's merchant and of a taker: one statement, because taking an ad waits for all of it."""
    seller, buyer = (ad.party_id, taker_id) if ad.side is Side.SELL else (taker_id, ad.party_id)
    found = row(
        conn,
        Between,
        """
        SELECT m.certification, m.subject_id, c.body AS conditions, p.completed, p.ended, p.open,
               (SELECT t.subject_id FROM p2p_merchants_v t
                 WHERE t.party_id = %(taker)s AND t.certification <> 'closed') AS taker_subject,
               coalesce((SELECT s.tier FROM p2p_merchants_v t JOIN p2p_standing s USING (subject_id)
                          WHERE t.party_id = %(seller)s LIMIT 1), 'unrated') AS seller_tier,
               EXISTS (SELECT FROM p2p_lots_v l WHERE l.party_id = %(buyer)s) AS bought_before
          FROM p2p_merchants_v m
          JOIN p2p_ad_conditions c ON c.ad_id = %(ad)s AND c.version = %(version)s
         CROSS JOIN (
            SELECT count(*) FILTER (WHERE status IN ('released', 'resolved_release')) AS completed,
                   count(*) FILTER (WHERE ended_at IS NOT NULL) AS ended,
                   count(*) FILTER (WHERE ended_at IS NULL) AS open
              FROM p2p_order WHERE taker_id = %(taker)s
         ) p
         WHERE m.merchant_id = %(merchant)s
        """,
        {
            "ad": ad.id,
            "version": ad.conditions_version,
            "merchant": ad.merchant_id,
            "taker": taker_id,
            "seller": seller,
            "buyer": buyer,
        },
    )
    assert found is not None  # an ad has a merchant and conditions, and nothing deletes them
    return found


def traded_value(conn: Conn, party_id: str, since: datetime) -> int:
    """Micro-USD of the orders of a party on either side since a time that are open or were completed."""
    found = conn.execute(
        """
        SELECT coalesce(sum(value), 0) FROM p2p_order
         WHERE (taker_id = %(party)s OR merchant_party = %(party)s) AND created_at > %(since)s
           AND status NOT IN ('cancelled', 'expired', 'resolved_refund')
        """,
        {"party": party_id, "since": since},
    ).fetchone()
    assert found is not None
    return int(found[0])


def unpaid(conn: Conn, now: datetime, limit: int) -> list[str]:
    """Orders whose time to pay is over, longest over first."""
    found = conn.execute(
        """
        SELECT id FROM p2p_order WHERE status = 'created' AND expires_at <= %(now)s ORDER BY expires_at LIMIT %(limit)s
        """,
        {"now": now, "limit": limit},
    ).fetchall()
    return [id for (id,) in found]
