"""Whose an address is, and the proofs of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tidegate.db import Conn, row, rows, run
from tidegate.screening.ownership import Challenge, Proof


def declare(conn: Conn, id: str, ownership: str) -> None:
    """Keep what the customer says of an address; whether it is in their book stays as it is."""
    run(conn, "UPDATE saved_address SET ownership = %(said)s WHERE id = %(id)s", {"id": id, "said": ownership})


def add_challenge(conn: Conn, c: Challenge) -> None:
    """Keep a text that is handed out."""
    run(
        conn,
        """
        INSERT INTO ownership_challenge (id, address_id, party_id, nonce, message, created_at, expires_at)
        VALUES (%(id)s, %(address)s, %(party)s, %(nonce)s, %(message)s, %(at)s, %(ends)s)
        """,
        {
            "id": c.id,
            "address": c.address_id,
            "party": c.party_id,
            "nonce": c.nonce,
            "message": c.message,
            "at": c.created_at,
            "ends": c.expires_at,
        },
    )


def newest_challenge(conn: Conn, address_id: str, *, lock: bool = False) -> Challenge | None:
    """The text that was handed out last for an address; with `lock` its row is locked until the transaction ends."""
    return row(
        conn,
        Challenge,
        """
        SELECT id, address_id, party_id, nonce, message, created_at, expires_at, used_at
          FROM ownership_challenge WHERE address_id = %(address)s
         ORDER BY created_at DESC, id DESC LIMIT 1
        """
        + (" FOR UPDATE" if lock else ""),
        {"address": address_id},
    )


def use_challenge(conn: Conn, id: str, now: datetime) -> None:
    """It has proved something."""
    run(conn, "UPDATE ownership_challenge SET used_at = %(now)s WHERE id = %(id)s", {"id": id, "now": now})


def add_proof(conn: Conn, p: Proof) -> None:
    """Keep a proof; it is never changed."""
    run(
        conn,
        """
        INSERT INTO ownership_proof (challenge_id, address_id, party_id, method, signature, proved_at)
        VALUES (%(challenge)s, %(address)s, %(party)s, %(method)s, %(signature)s, %(at)s)
        """,
        {
            "challenge": p.challenge_id,
            "address": p.address_id,
            "party": p.party_id,
            "method": p.method,
            "signature": p.signature,
            "at": p.proved_at,
        },
    )


def proof_by(conn: Conn, challenge_id: str) -> Proof | None:
    """The proof that answered a text."""
    return row(
        conn,
        Proof,
        """
        SELECT challenge_id, address_id, party_id, method, signature, proved_at
          FROM ownership_proof WHERE challenge_id = %(challenge)s
        """,
        {"challenge": challenge_id},
    )


def proofs(conn: Conn, address_ids: Sequence[str]) -> list[Proof]:
    """The newest proof of each of these addresses."""
    return rows(
        conn,
        Proof,
        """
        SELECT DISTINCT ON (address_id) challenge_id, address_id, party_id, method, signature, proved_at
          FROM ownership_proof WHERE address_id = ANY(%(addresses)s::text[])
         ORDER BY address_id, proved_at DESC, challenge_id DESC
        """,
        {"addresses": list(address_ids)},
    )
