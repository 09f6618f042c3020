"""What arrived, and up to which block it is decided."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime

from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class DepositRow:
    id: str
    network: str
    tx: str
    index: int
    block: int
    block_hash: str
    wallet_id: str
    party_id: str
    asset_id: int
    sender: str
    claimed: int
    credited: int
    status: str
    reason: str | None
    seen_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Cursor:
    network: str
    block: int
    hash: str


@dataclass(frozen=True, slots=True)
class Unswept:
    wallet_id: str
    asset_id: int
    units: int


@dataclass(frozen=True, slots=True)
class UnknownToken:
    """A transfer to a customer of a token that is no asset here."""

    id: str
    network: str
    contract: str
    party_id: str
    day: date  # UTC
    tx: str
    sender: str
    claimed: int
    at: datetime


def see_unknown_token(conn: Conn, seen: UnknownToken) -> int:
    """Keep the first of a day, contract and customer; 0 where there is one."""
    return run(
        conn,
        """
        INSERT INTO unknown_token (id, network, contract, party_id, day, tx, sender, claimed, at)
        VALUES (%(id)s, %(network)s, %(contract)s, %(party_id)s, %(day)s, %(tx)s, %(sender)s, %(claimed)s, %(at)s)
        ON CONFLICT (network, contract, party_id, day) DO NOTHING
        """,
        asdict(seen),
    )


def cursor(conn: Conn, network: str) -> Cursor | None:
    """How far deposits are decided."""
    return row(
        conn,
        Cursor,
        "SELECT network, block, hash FROM chain_cursor WHERE network = %(network)s",
        {"network": network},
    )


def cursors(conn: Conn) -> list[Cursor]:
    """How far deposits are decided on each network."""
    return rows(conn, Cursor, "SELECT network, block, hash FROM chain_cursor ORDER BY network", {})


def start_cursor(conn: Conn, network: str, block: int, hash: str) -> None:
    """Decide deposits from the block after this one."""
    run(
        conn,
        """
        INSERT INTO chain_cursor (network, block, hash) VALUES (%(network)s, %(block)s, %(hash)s)
        ON CONFLICT DO NOTHING
        """,
        {"network": network, "block": block, "hash": hash},
    )


def move_cursor(conn: Conn, network: str, before: int, block: int, hash: str) -> int:
    """One block further; 0 where another worker was first."""
    return run(
        conn,
        """
        UPDATE chain_cursor SET block = %(block)s, hash = %(hash)s WHERE network = %(network)s AND block = %(before)s
        """,
        {"network": network, "before": before, "block": block, "hash": hash},
    )


def see_deposit(conn: Conn, deposit: DepositRow) -> int:
    """Keep a transfer that may become a deposit; 0 where it is known."""
    return run(
        conn,
        """
        INSERT INTO deposit (id, network, tx, index, block, block_hash, wallet_id, party_id, asset_id, sender, claimed,
                             status, seen_at)
        VALUES (%(id)s, %(network)s, %(tx)s, %(index)s, %(block)s, %(hash)s, %(wallet)s, %(party)s, %(asset)s,
                %(sender)s, %(claimed)s, 'seen', %(now)s)
        ON CONFLICT (network, tx, index, block_hash) DO NOTHING
        """,
        {
            "id": deposit.id,
            "network": deposit.network,
            "tx": deposit.tx,
            "index": deposit.index,
            "block": deposit.block,
            "hash": deposit.block_hash,
            "wallet": deposit.wallet_id,
            "party": deposit.party_id,
            "asset": deposit.asset_id,
            "sender": deposit.sender,
            "claimed": deposit.claimed,
            "now": deposit.seen_at,
        },
    )


def seen_at_block(conn: Conn, network: str, block: int) -> list[DepositRow]:
    """Undecided deposits at or below a height, row-locked."""
    return rows(
        conn,
        DepositRow,
        """
        SELECT id, network, tx, index, block, block_hash, wallet_id, party_id, asset_id, sender, claimed, credited,
               status, reason, seen_at, decided_at
          FROM deposit WHERE network = %(network)s AND block <= %(block)s AND status = 'seen' ORDER BY id FOR UPDATE
        """,
        {"network": network, "block": block},
    )


def decide_deposit(conn: Conn, id: str, status: str, credited: int, reason: str | None, now: datetime) -> None:
    """Credit a deposit, refuse it, or say that its block is gone."""
    run(
        conn,
        """
        UPDATE deposit SET status = %(status)s, credited = %(credited)s, reason = %(reason)s, decided_at = %(now)s
         WHERE id = %(id)s AND status = 'seen'
        """,
        {"id": id, "status": status, "credited": credited, "reason": reason, "now": now},
    )


def deposits(conn: Conn, party_id: str | None, before: str | None, limit: int) -> list[DepositRow]:
    """Deposits, newest first, of one customer or of all, those before `before`."""
    return rows(
        conn,
        DepositRow,
        """
        SELECT id, network, tx, index, block, block_hash, wallet_id, party_id, asset_id, sender, claimed, credited,
               status, reason, seen_at, decided_at
          FROM deposit
         WHERE (%(party)s::text IS NULL OR party_id = %(party)s) AND (%(before)s::text IS NULL OR id < %(before)s)
         ORDER BY id DESC LIMIT %(limit)s
        """,
        {"party": party_id, "before": before, "limit": limit},
    )


def unswept(conn: Conn, network: str) -> list[Unswept]:
    """What deposit addresses were credited and have not sent on, where no payout of theirs is under way."""
    return rows(
        conn,
        Unswept,
        """
        SELECT d.wallet_id, d.asset_id,
               sum(d.credited) - coalesce((SELECT sum(p.units) FROM payout p
                                            WHERE p.wallet_id = d.wallet_id AND p.asset_id = d.asset_id
                                              AND p.purpose = 'sweep' AND p.status = 'paid'), 0) AS units
          FROM deposit d JOIN wallet w ON w.id = d.wallet_id
         WHERE d.network = %(network)s AND d.status = 'credited'
           AND NOT EXISTS (SELECT FROM payout p
                            WHERE p.status IN ('queued', 'paying') AND p.purpose IN ('gas', 'sweep')
                              AND (p.wallet_id = d.wallet_id OR p.address = w.address))
         GROUP BY d.wallet_id, d.asset_id
        """,
        {"network": network},
    )
