"""One nonce each, and every version of its bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class Attempt:
    """One nonce, with its payout."""

    id: str
    payout_id: str
    wallet_id: str
    nonce: int
    status: str
    gas: int
    max_fee: int
    tip: int
    mined_block: int | None
    mined_hash: str | None
    created_at: datetime
    checked_at: datetime | None
    bumped_at: datetime | None = None  # when somebody asked that it be made dearer


@dataclass(frozen=True, slots=True)
class Bytes:
    """One version of an attempt."""

    hash: str
    attempt_id: str
    seq: int
    kind: str
    raw: bytes
    max_fee: int
    tip: int
    gas: int
    created_at: datetime
    sent: int


@dataclass(frozen=True, slots=True)
class OpenUnits:
    asset_id: int
    units: int
    gas_wei: int


def add_attempt(conn: Conn, attempt: Attempt) -> None:
    """Give a payout its nonce; a second live attempt or a nonce in use is a constraint error."""
    run(
        conn,
        """
        INSERT INTO payout_attempt (id, payout_id, wallet_id, nonce, status, gas, max_fee, tip, created_at)
        VALUES (%(id)s, %(payout)s, %(wallet)s, %(nonce)s, 'signing', %(gas)s, %(fee)s, %(tip)s, %(now)s)
        """,
        {
            "id": attempt.id,
            "payout": attempt.payout_id,
            "wallet": attempt.wallet_id,
            "nonce": attempt.nonce,
            "gas": attempt.gas,
            "fee": attempt.max_fee,
            "tip": attempt.tip,
            "now": attempt.created_at,
        },
    )


def open_attempts(conn: Conn, wallet_id: str) -> list[Attempt]:
    """Attempts of a lane that have not ended, by nonce."""
    return rows(
        conn,
        Attempt,
        """
        SELECT id, payout_id, wallet_id, nonce, status, gas, max_fee, tip, mined_block, mined_hash, created_at,
               checked_at, bumped_at
          FROM payout_attempt WHERE wallet_id = %(wallet)s AND ended_at IS NULL ORDER BY nonce
        """,
        {"wallet": wallet_id},
    )


def network_attempts(conn: Conn, network: str) -> list[Attempt]:
    """Attempts of a network that have bytes and have not ended, longest unchecked first."""
    return rows(
        conn,
        Attempt,
        """
        SELECT a.id, a.payout_id, a.wallet_id, a.nonce, a.status, a.gas, a.max_fee, a.tip, a.mined_block,
               a.mined_hash, a.created_at, a.checked_at, a.bumped_at
          FROM payout_attempt a JOIN wallet w ON w.id = a.wallet_id
         WHERE w.network = %(network)s AND a.ended_at IS NULL AND a.status <> 'signing'
         ORDER BY a.checked_at NULLS FIRST, a.wallet_id, a.nonce
        """,
        {"network": network},
    )


def lock_attempt(conn: Conn, id: str) -> Attempt | None:
    """One attempt, row-locked, unless it has ended."""
    return row(
        conn,
        Attempt,
        """
        SELECT id, payout_id, wallet_id, nonce, status, gas, max_fee, tip, mined_block, mined_hash, created_at,
               checked_at, bumped_at
          FROM payout_attempt WHERE id = %(id)s AND ended_at IS NULL FOR UPDATE
        """,
        {"id": id},
    )


def set_attempt(conn: Conn, id: str, status: str, ended_at: datetime | None = None, gas_paid: int | None = None) -> int:
    """Move an attempt."""
    return run(
        conn,
        """
        UPDATE payout_attempt SET status = %(status)s, ended_at = %(ended)s, gas_paid = %(gas)s
         WHERE id = %(id)s AND ended_at IS NULL
        """,
        {"id": id, "status": status, "ended": ended_at, "gas": gas_paid},
    )


def bump(conn: Conn, id: str, now: datetime) -> None:
    """Somebody asks that it be made dearer."""
    run(
        conn,
        "UPDATE payout_attempt SET bumped_at = %(now)s WHERE id = %(id)s AND ended_at IS NULL",
        {"id": id, "now": now},
    )


def mined(conn: Conn, id: str, block: int | None, hash: str | None, now: datetime) -> None:
    """Where the chain has the attempt just now; None = nowhere."""
    run(
        conn,
        """
        UPDATE payout_attempt SET mined_block = %(block)s, mined_hash = %(hash)s, checked_at = %(now)s
         WHERE id = %(id)s AND ended_at IS NULL
        """,
        {"id": id, "block": block, "hash": hash, "now": now},
    )


def add_bytes(conn: Conn, version: Bytes) -> None:
    """Keep what will be sent, before it is sent."""
    run(
        conn,
        """
        INSERT INTO payout_bytes (hash, attempt_id, seq, kind, raw, max_fee, tip, gas, created_at)
        VALUES (%(hash)s, %(attempt)s, %(seq)s, %(kind)s, %(raw)s, %(fee)s, %(tip)s, %(gas)s, %(now)s)
        """,
        {
            "hash": version.hash,
            "attempt": version.attempt_id,
            "seq": version.seq,
            "kind": version.kind,
            "raw": version.raw,
            "fee": version.max_fee,
            "tip": version.tip,
            "gas": version.gas,
            "now": version.created_at,
        },
    )


def versions(conn: Conn, attempt_ids: Sequence[str]) -> list[Bytes]:
    """Every version of some attempts, oldest first."""
    return rows(
        conn,
        Bytes,
        """
        SELECT hash, attempt_id, seq, kind, raw, max_fee, tip, gas, created_at, sent
          FROM payout_bytes WHERE attempt_id = ANY(%(ids)s) ORDER BY attempt_id, seq
        """,
        {"ids": list(attempt_ids)},
    )


def sent(conn: Conn, hash: str, words: str) -> None:
    """Note that bytes were handed to the node, and what it said."""
    run(
        conn,
        "UPDATE payout_bytes SET sent = sent + 1, words = %(words)s WHERE hash = %(hash)s",
        {"hash": hash, "words": words[:500]},
    )


def open_units(conn: Conn, wallet_id: str) -> list[OpenUnits]:
    """What open attempts of a lane that are not mined yet will take from it, per asset, and their gas in wei."""
    return rows(
        conn,
        OpenUnits,
        """
        SELECT p.asset_id, sum(p.units) AS units, sum(a.gas * a.max_fee) AS gas_wei
          FROM payout_attempt a JOIN payout p ON p.id = a.payout_id
         WHERE a.wallet_id = %(wallet)s AND a.ended_at IS NULL AND a.mined_block IS NULL
         GROUP BY p.asset_id
        """,
        {"wallet": wallet_id},
    )


def may_have_left(conn: Conn, network: str) -> list[OpenUnits]:
    """What attempts that have not ended may have taken from all our wallets together, per asset, and gas in wei.

    Gas and sweeps only move between our own wallets, so of them it is the network fee alone.
    """
    return rows(
        conn,
        OpenUnits,
        """
        SELECT p.asset_id, coalesce(sum(p.units) FILTER (WHERE p.purpose NOT IN ('gas', 'sweep')), 0) AS units,
               sum(a.gas * a.max_fee) AS gas_wei
          FROM payout_attempt a JOIN payout p ON p.id = a.payout_id
         WHERE p.network = %(network)s AND a.ended_at IS NULL GROUP BY p.asset_id
        """,
        {"network": network},
    )


def own_hashes(conn: Conn, hashes: Sequence[str], purposes: Sequence[str]) -> set[str]:
    """Which of the transactions are ours, for one of the purposes."""
    found = conn.execute(
        """
        SELECT b.hash FROM payout_bytes b JOIN payout_attempt a ON a.id = b.attempt_id
          JOIN payout p ON p.id = a.payout_id
         WHERE b.hash = ANY(%(hashes)s) AND p.purpose = ANY(%(purposes)s)
        """,
        {"hashes": list(hashes), "purposes": list(purposes)},
    )
    return {hash for (hash,) in found}


def hashes_of(conn: Conn, wallet_id: str, first: int, last: int) -> list[str]:
    """Every version of the attempts on some nonces of a lane."""
    found = conn.execute(
        """
        SELECT b.hash FROM payout_bytes b JOIN payout_attempt a ON a.id = b.attempt_id
         WHERE a.wallet_id = %(wallet)s AND a.nonce BETWEEN %(first)s AND %(last)s
        """,
        {"wallet": wallet_id, "first": first, "last": last},
    )
    return [hash for (hash,) in found]
