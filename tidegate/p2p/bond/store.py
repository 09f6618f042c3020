"""Bonds, their movements, and who gets what is owed: the statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run
from tidegate.p2p.bond.bond import Bond, Claim


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of a bond, units. `locked_after` and `owed_after` are what it left."""

    id: str  # "bmv_…"
    merchant_id: str
    asset_id: int
    number: int
    kind: str
    locked_delta: int
    owed_delta: int
    locked_after: int
    owed_after: int
    decision: str | None  # what decided a taking
    receiver: str | None  # who gets what was taken
    reason: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Forgiven:
    """What became of a claim that is owed no more, units."""

    forgiven: int
    paid: int  # before


@dataclass(frozen=True, slots=True)
class Due:
    """A bond whose time has come."""

    merchant_id: str
    asset_id: int


def ensure(conn: Conn, merchant_id: str, asset_id: int, required: int) -> int:
    """Make the bond where there is none; 0 where there was."""
    return run(
        conn,
        """
        INSERT INTO p2p_bond (merchant_id, asset_id, required) VALUES (%(merchant)s, %(asset)s, %(required)s)
        ON CONFLICT DO NOTHING
        """,
        {"merchant": merchant_id, "asset": asset_id, "required": required},
    )


def lock(conn: Conn, merchant_id: str) -> list[Bond]:
    """A merchant's bonds, row-locked by asset until the transaction ends."""
    return rows(
        conn,
        Bond,
        """
        SELECT merchant_id, asset_id, required, locked, owed, releasing, release_at, top_up_due_at, overdue_at,
               hold_ref, movements, waived
          FROM p2p_bond WHERE merchant_id = %(merchant)s ORDER BY asset_id FOR NO KEY UPDATE
        """,
        {"merchant": merchant_id},
    )


def of_merchants(conn: Conn, merchant_ids: Sequence[str]) -> list[Bond]:
    """The bonds of some merchants, by merchant and asset."""
    return rows(
        conn,
        Bond,
        """
        SELECT merchant_id, asset_id, required, locked, owed, releasing, release_at, top_up_due_at, overdue_at,
               hold_ref, movements, waived
          FROM p2p_bond WHERE merchant_id = ANY(%(merchants)s::text[]) ORDER BY merchant_id, asset_id
        """,
        {"merchants": list(merchant_ids)},
    )


def of_asset(conn: Conn, asset_id: int) -> list[Bond]:
    """The bonds in an asset that hold or require something, by merchant."""
    return rows(
        conn,
        Bond,
        """
        SELECT merchant_id, asset_id, required, locked, owed, releasing, release_at, top_up_due_at, overdue_at,
               hold_ref, movements, waived
          FROM p2p_bond WHERE asset_id = %(asset)s AND (locked > 0 OR required > 0) ORDER BY merchant_id
        """,
        {"asset": asset_id},
    )


def locked_at_all(conn: Conn, merchant_ids: Sequence[str]) -> set[str]:
    """Which of the merchants have anything locked, in whatever asset."""
    return {
        str(found[0])
        for found in conn.execute(
            """
            SELECT DISTINCT merchant_id FROM p2p_bond WHERE merchant_id = ANY(%(merchants)s::text[]) AND locked > 0
            """,
            {"merchants": list(merchant_ids)},
        ).fetchall()
    }


def keep(conn: Conn, bond: Bond) -> None:
    """Write down where a bond stands; the caller has locked it."""
    run(
        conn,
        """
        UPDATE p2p_bond
           SET required = %(required)s, locked = %(locked)s, owed = %(owed)s, releasing = %(releasing)s,
               release_at = %(release_at)s, top_up_due_at = %(top_up)s, overdue_at = %(overdue)s, hold_ref = %(hold)s,
               movements = %(movements)s, waived = %(waived)s
         WHERE merchant_id = %(merchant)s AND asset_id = %(asset)s
        """,
        {
            "merchant": bond.merchant_id,
            "asset": bond.asset_id,
            "required": bond.required,
            "locked": bond.locked,
            "owed": bond.owed,
            "releasing": bond.releasing,
            "release_at": bond.release_at,
            "top_up": bond.top_up_due_at,
            "overdue": bond.overdue_at,
            "hold": bond.hold_ref,
            "movements": bond.movements,
            "waived": bond.waived,
        },
    )


def add_movement(conn: Conn, movement: Movement) -> None:
    """One movement, with what it was worth then; the database refuses one that does not follow from the one before."""
    run(
        conn,
        """
        INSERT INTO p2p_bond_movement (id, merchant_id, asset_id, number, kind, locked_delta, owed_delta, locked_after,
                                       owed_after, decision, receiver, reason, actor, at, value)
        VALUES (%(id)s, %(merchant)s, %(asset)s, %(number)s, %(kind)s, %(locked_delta)s, %(owed_delta)s,
                %(locked_after)s, %(owed_after)s, %(decision)s, %(receiver)s, %(reason)s, %(actor)s, %(at)s,
                sign(%(locked_delta)s::numeric) * micro_usd_at(%(asset)s, abs(%(locked_delta)s::numeric), %(at)s))
        """,
        {
            "id": movement.id,
            "merchant": movement.merchant_id,
            "asset": movement.asset_id,
            "number": movement.number,
            "kind": movement.kind,
            "locked_delta": movement.locked_delta,
            "owed_delta": movement.owed_delta,
            "locked_after": movement.locked_after,
            "owed_after": movement.owed_after,
            "decision": movement.decision,
            "receiver": movement.receiver,
            "reason": movement.reason,
            "actor": movement.actor,
            "at": movement.at,
        },
    )


def movements(conn: Conn, merchant_id: str) -> list[Movement]:
    """Every movement of a merchant's bonds, by asset, in their order."""
    return rows(
        conn,
        Movement,
        """
        SELECT id, merchant_id, asset_id, number, kind, locked_delta, owed_delta, locked_after, owed_after, decision,
               receiver, reason, actor, at
          FROM p2p_bond_movement WHERE merchant_id = %(merchant)s ORDER BY asset_id, number
        """,
        {"merchant": merchant_id},
    )


def taken_by(conn: Conn, decision: str, merchant_id: str, asset_id: int, receiver: str) -> Movement | None:
    """What a decision has taken from a bond for a receiver already."""
    return row(
        conn,
        Movement,
        """
        SELECT id, merchant_id, asset_id, number, kind, locked_delta, owed_delta, locked_after, owed_after, decision,
               receiver, reason, actor, at
          FROM p2p_bond_movement
         WHERE decision = %(decision)s AND merchant_id = %(merchant)s AND asset_id = %(asset)s
           AND receiver = %(receiver)s
        """,
        {"decision": decision, "merchant": merchant_id, "asset": asset_id, "receiver": receiver},
    )


def add_claim(conn: Conn, id: str, movement: Movement, units: int) -> None:
    """The receiver of a movement is owed what the bond did not cover."""
    run(
        conn,
        """
        INSERT INTO p2p_bond_claim (id, movement_id, merchant_id, asset_id, receiver, units, left_units, at)
        VALUES (%(id)s, %(movement)s, %(merchant)s, %(asset)s, %(receiver)s, %(units)s, %(units)s, %(at)s)
        """,
        {
            "id": id,
            "movement": movement.id,
            "merchant": movement.merchant_id,
            "asset": movement.asset_id,
            "receiver": movement.receiver,
            "units": units,
            "at": movement.at,
        },
    )


def claims(conn: Conn, merchant_id: str, asset_id: int) -> list[Claim]:
    """What is still owed, the oldest first. The caller has locked the bond."""
    return rows(
        conn,
        Claim,
        """
        SELECT id, receiver, left_units AS left FROM p2p_bond_claim
         WHERE merchant_id = %(merchant)s AND asset_id = %(asset)s AND left_units > 0 ORDER BY at, id
        """,
        {"merchant": merchant_id, "asset": asset_id},
    )


def pay_claim(conn: Conn, id: str, units: int, now: datetime) -> None:
    """A part of it is paid; the last part settles it."""
    run(
        conn,
        """
        UPDATE p2p_bond_claim
           SET left_units = left_units - %(units)s,
               settled_at = CASE WHEN left_units = %(units)s THEN %(now)s::timestamptz END
         WHERE id = %(id)s
        """,
        {"id": id, "units": units, "now": now},
    )


def given_back(conn: Conn, decision: str, merchant_id: str, asset_id: int) -> Movement | None:
    """What a decision that was wrong has given back already."""
    return row(
        conn,
        Movement,
        """
        SELECT id, merchant_id, asset_id, number, kind, locked_delta, owed_delta, locked_after, owed_after, decision,
               receiver, reason, actor, at
          FROM p2p_bond_movement
         WHERE decision = %(decision)s AND merchant_id = %(merchant)s AND asset_id = %(asset)s AND kind = 'refund'
        """,
        {"decision": decision, "merchant": merchant_id, "asset": asset_id},
    )


def forgive(conn: Conn, movement_id: str, now: datetime) -> Forgiven | None:
    """What is still owed for a movement is owed no more; None where it left nothing owed."""
    return row(
        conn,
        Forgiven,
        """
        WITH claim AS (SELECT id, units, left_units, forgiven_units FROM p2p_bond_claim
                        WHERE movement_id = %(movement)s FOR NO KEY UPDATE)
        UPDATE p2p_bond_claim c
           SET left_units = 0, forgiven_units = c.forgiven_units + c.left_units,
               settled_at = coalesce(c.settled_at, %(now)s)
          FROM claim WHERE c.id = claim.id
        RETURNING claim.left_units AS forgiven, claim.units - claim.left_units - claim.forgiven_units AS paid
        """,
        {"movement": movement_id, "now": now},
    )


def releases_due(conn: Conn, now: datetime, limit: int) -> list[Due]:
    """Bonds that are to be given back by now and about whose merchant nothing is open, the oldest first."""
    return rows(
        conn,
        Due,
        """
        SELECT merchant_id, asset_id FROM p2p_bond b
         WHERE release_at <= %(now)s
           AND NOT EXISTS (SELECT FROM p2p_matter m WHERE m.merchant_id = b.merchant_id AND m.closed_at IS NULL)
         ORDER BY release_at, merchant_id LIMIT %(limit)s
        """,
        {"now": now, "limit": limit},
    )


def overdue(conn: Conn, now: datetime, limit: int) -> list[Due]:
    """Demands that were not paid in time and are not noted yet, the oldest first."""
    return rows(
        conn,
        Due,
        """
        SELECT merchant_id, asset_id FROM p2p_bond
         WHERE top_up_due_at <= %(now)s AND overdue_at IS NULL ORDER BY top_up_due_at, merchant_id LIMIT %(limit)s
        """,
        {"now": now, "limit": limit},
    )


@dataclass(frozen=True, slots=True)
class Disagreement:
    merchant_id: str
    asset_id: int
    what: str


def disagreements(conn: Conn) -> list[Disagreement]:
    """Bonds that are not the sum of their movements, of their hold in the ledger, or of what is still claimed.

    Empty always: constraints and this read say the same thing in two ways.
    """
    return rows(
        conn,
        Disagreement,
        """
        SELECT b.merchant_id, b.asset_id,
               format('locked %%s, movements %%s, held %%s; owed %%s, movements %%s, claims %%s',
                      b.locked, m.locked, h.units, b.owed, m.owed, c.units) AS what
          FROM p2p_bond b
          JOIN p2p_merchant p ON p.id = b.merchant_id
         CROSS JOIN LATERAL (SELECT coalesce(sum(locked_delta), 0) AS locked, coalesce(sum(owed_delta), 0) AS owed
                               FROM p2p_bond_movement x
                              WHERE x.merchant_id = b.merchant_id AND x.asset_id = b.asset_id) m
         CROSS JOIN LATERAL (SELECT coalesce(sum(l.units), 0) AS units
                               FROM ledger_hold l JOIN ledger_account a ON a.id = l.account_id
                               JOIN p2p_bond_movement x ON x.id = l.ref
                              WHERE l.purpose = 'bond' AND l.status = 'open' AND x.merchant_id = b.merchant_id
                                AND x.asset_id = b.asset_id AND a.owner = p.party_id AND a.asset_id = b.asset_id) h
         CROSS JOIN LATERAL (SELECT coalesce(sum(left_units), 0) AS units FROM p2p_bond_claim x
                              WHERE x.merchant_id = b.merchant_id AND x.asset_id = b.asset_id) c
         WHERE b.locked <> m.locked OR b.locked <> h.units OR b.owed <> m.owed OR b.owed <> c.units
        """,
        {},
    )
