"""Ads and their conditions: the statements. Whoever changes an ad holds its merchant's party, then its row."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run
from tidegate.p2p.ads.ad import Ad


@dataclass(frozen=True, slots=True)
class ConditionsRow:
    ad_id: str
    version: int
    body: str
    has_any: bool


@dataclass(frozen=True, slots=True)
class Listed(Ad):
    """An ad in the book."""

    asks: str  # its conditions now, as they are kept


def insert(conn: Conn, ad: Ad) -> None:
    """A new ad. The index of active ones refuses a second (`p2p_ad_one_active`)."""
    run(
        conn,
        """
        INSERT INTO p2p_ad (id, merchant_id, party_id, side, asset_id, fiat, price, percent, left_units,
                            min_units, max_units, methods, payment_minutes, terms, status, reason, conditions_version,
                            published_at, priced_at, changed_at, ended_at)
        VALUES (%(id)s, %(merchant_id)s, %(party_id)s, %(side)s, %(asset_id)s, %(fiat)s, %(price)s,
                %(percent)s, %(left_units)s, %(min_units)s, %(max_units)s, %(methods)s::text[], %(payment_minutes)s,
                %(terms)s, %(status)s, %(reason)s, %(conditions_version)s, %(published_at)s, %(priced_at)s,
                %(changed_at)s, %(ended_at)s)
        """,
        asdict(ad),
    )


def keep(conn: Conn, ad: Ad) -> None:
    """Write down what may change of an ad."""
    run(
        conn,
        """
        UPDATE p2p_ad SET price = %(price)s, percent = %(percent)s, left_units = %(left_units)s,
               min_units = %(min_units)s, max_units = %(max_units)s, methods = %(methods)s::text[],
               payment_minutes = %(payment_minutes)s, terms = %(terms)s, status = %(status)s, reason = %(reason)s,
               conditions_version = %(conditions_version)s, priced_at = %(priced_at)s, changed_at = %(changed_at)s,
               ended_at = %(ended_at)s
         WHERE id = %(id)s
        """,
        asdict(ad),
    )


def take(conn: Conn, id: str, units: int) -> None:
    """So much of an ad went into an order; with fewer units, so much came back."""
    run(conn, "UPDATE p2p_ad SET left_units = left_units - %(units)s WHERE id = %(id)s", {"id": id, "units": units})


def get(conn: Conn, id: str) -> Ad | None:
    """One ad."""
    return row(
        conn,
        Ad,
        """
        SELECT id, merchant_id, party_id, side, asset_id, fiat, price, percent, left_units, min_units,
               max_units, methods, payment_minutes, terms, status, reason, conditions_version, published_at, priced_at,
               changed_at, ended_at
          FROM p2p_ad WHERE id = %(id)s
        """,
        {"id": id},
    )


def lock(conn: Conn, ids: Sequence[str]) -> list[Ad]:
    """The ads, row-locked in id order until the transaction ends."""
    return rows(
        conn,
        Ad,
        """
        SELECT id, merchant_id, party_id, side, asset_id, fiat, price, percent, left_units, min_units,
               max_units, methods, payment_minutes, terms, status, reason, conditions_version, published_at, priced_at,
               changed_at, ended_at
          FROM p2p_ad WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE
        """,
        {"ids": list(ids)},
    )


def best(
    conn: Conn,
    asset_id: int,
    side: str,
    fiat: str,
    method: str | None,
    units: int | None,
    blocking: Collection[str],
    reference: int | None,
    now: datetime,
    limit: int,
) -> list[Listed]:
    """The best of the book that can be taken now, best first. `reference` is the market's price; None = nobody knows
    it, and ads that float stay out. Each kind is read in the order of one index, and only the best of both are merged.

    Left out: what is used up, what a restriction on its merchant blocks, and what a seller of coins cannot hand over.
    """
    return rows(
        conn,
        Listed,
        """
        SELECT a.id, a.merchant_id, a.party_id, a.side, a.asset_id, a.fiat, a.price, a.percent, a.left_units,
               a.min_units, a.max_units, a.methods, a.payment_minutes, a.terms, a.status, a.reason,
               a.conditions_version, a.published_at, a.priced_at, a.changed_at, a.ended_at,
               (SELECT c.body FROM p2p_ad_conditions c
                 WHERE c.ad_id = a.id AND c.version = a.conditions_version) AS asks
          FROM (VALUES (false, 10000), (true, %(reference)s::numeric)) AS f (floats, scale) CROSS JOIN LATERAL (
            SELECT id, merchant_id, party_id, side, asset_id, fiat, price, percent, left_units, min_units,
                   max_units, methods, payment_minutes, terms, status, reason, conditions_version, published_at,
                   priced_at, changed_at, ended_at, rank
              FROM p2p_ad a
             WHERE asset_id = %(asset)s::int AND side = %(side)s AND fiat = %(fiat)s AND a.floats = f.floats
               AND f.scale IS NOT NULL
               AND status = 'active' AND left_units >= min_units
               AND (%(method)s::text IS NULL OR %(method)s = ANY(methods))
               AND (%(units)s::numeric IS NULL OR %(units)s BETWEEN min_units AND least(max_units, left_units))
               AND NOT EXISTS (SELECT FROM restrictions_v r WHERE r.party_id = a.party_id
                                  AND r.kind = ANY(%(blocking)s::text[]) AND (r.until IS NULL OR r.until > %(now)s))
               AND (side = 'buy' OR EXISTS (SELECT FROM ledger_account l WHERE l.owner = a.party_id
                                               AND l.asset_id = a.asset_id AND l.posted - l.held >= a.min_units))
             ORDER BY rank, priced_at, id LIMIT %(limit)s
        ) a
         ORDER BY a.rank * f.scale, a.priced_at, a.id LIMIT %(limit)s
        """,
        {
            "asset": asset_id,
            "side": side,
            "fiat": fiat,
            "method": method,
            "units": units,
            "blocking": sorted(blocking),
            "reference": reference,
            "now": now,
            "limit": limit,
        },
    )


def page(conn: Conn, merchant_id: str | None, before: str | None, limit: int) -> list[Ad]:
    """Ads of one merchant or of all, newest first."""
    return rows(
        conn,
        Ad,
        """
        SELECT id, merchant_id, party_id, side, asset_id, fiat, price, percent, left_units, min_units,
               max_units, methods, payment_minutes, terms, status, reason, conditions_version, published_at, priced_at,
               changed_at, ended_at
          FROM p2p_ad WHERE (%(merchant)s::text IS NULL OR merchant_id = %(merchant)s)
           AND (%(before)s::text IS NULL OR id < %(before)s) ORDER BY id DESC LIMIT %(limit)s
        """,
        {"merchant": merchant_id, "before": before, "limit": limit},
    )


@dataclass(frozen=True, slots=True)
class Owned:
    id: str
    party_id: str


def not_closed(conn: Conn, merchant_id: str | None, asset_id: int | None) -> list[Owned]:
    """Ads that are not closed, of a merchant or of an asset."""
    return rows(
        conn,
        Owned,
        """
        SELECT id, party_id FROM p2p_ad
         WHERE status <> 'closed' AND (%(merchant)s::text IS NULL OR merchant_id = %(merchant)s)
           AND (%(asset)s::int IS NULL OR asset_id = %(asset)s) ORDER BY id
        """,
        {"merchant": merchant_id, "asset": asset_id},
    )


def add_conditions(conn: Conn, ad_id: str, version: int, body: str, has_any: bool, now: datetime) -> None:
    """Another version of what an ad asks."""
    run(
        conn,
        """
        INSERT INTO p2p_ad_conditions (ad_id, version, body, has_any, from_at)
        VALUES (%(ad)s, %(version)s, %(body)s, %(any)s, %(now)s)
        """,
        {"ad": ad_id, "version": version, "body": body, "any": has_any, "now": now},
    )


def conditions(conn: Conn, ids: Sequence[str]) -> list[ConditionsRow]:
    """What each of the ads asks now."""
    return rows(
        conn,
        ConditionsRow,
        """
        SELECT c.ad_id, c.version, c.body, c.has_any
          FROM p2p_ad a JOIN p2p_ad_conditions c ON c.ad_id = a.id AND c.version = a.conditions_version
         WHERE a.id = ANY(%(ids)s)
        """,
        {"ids": list(ids)},
    )
