"""SQL of the inbox."""

from __future__ import annotations

from datetime import datetime

from tidegate.db import Conn, row, rows, run
from tidegate.screening.inbox.message import Message


def add(conn: Conn, m: Message) -> int:
    """Keep a message; 0 where this counterparty has sent this one before."""
    return run(
        conn,
        """
        INSERT INTO travel_inbox (id, vasp_id, message_id, body_hash, body, received_at, asset_id, network, address,
                                  units, party_id, status, reason, why, ended_at)
        VALUES (%(id)s, %(vasp)s, %(message)s, %(hash)s, %(body)s, %(at)s, %(asset)s, %(network)s, %(address)s,
                %(units)s, %(party)s, %(status)s, %(reason)s, %(why)s, %(ended)s)
        ON CONFLICT (vasp_id, message_id) DO NOTHING
        """,
        {
            "id": m.id,
            "vasp": m.vasp_id,
            "message": m.message_id,
            "hash": m.body_hash,
            "body": m.body,
            "at": m.received_at,
            "asset": m.asset_id,
            "network": m.network,
            "address": m.address,
            "units": m.units,
            "party": m.party_id,
            "status": m.status,
            "reason": m.reason,
            "why": m.why,
            "ended": m.ended_at,
        },
    )


def sent(conn: Conn, vasp_id: str, message_id: str) -> Message | None:
    """A counterparty's message by the id that they gave it."""
    return row(
        conn,
        Message,
        """
        SELECT id, vasp_id, message_id, body_hash, body, received_at, asset_id, network, address, units, party_id,
               status, reason, why, ended_at, deposit_id
          FROM travel_inbox WHERE vasp_id = %(vasp)s AND message_id = %(message)s
        """,
        {"vasp": vasp_id, "message": message_id},
    )


def lock(conn: Conn, id: str) -> Message | None:
    """One message, row-locked."""
    return row(
        conn,
        Message,
        """
        SELECT id, vasp_id, message_id, body_hash, body, received_at, asset_id, network, address, units, party_id,
               status, reason, why, ended_at, deposit_id
          FROM travel_inbox WHERE id = %(id)s FOR UPDATE
        """,
        {"id": id},
    )


def page(conn: Conn, status: str | None, before: str | None, limit: int) -> list[Message]:
    """Messages, newest first, those before `before`."""
    return rows(
        conn,
        Message,
        """
        SELECT id, vasp_id, message_id, body_hash, body, received_at, asset_id, network, address, units, party_id,
               status, reason, why, ended_at, deposit_id
          FROM travel_inbox
         WHERE (%(status)s::text IS NULL OR status = %(status)s) AND (%(before)s::text IS NULL OR id < %(before)s)
         ORDER BY id DESC LIMIT %(limit)s
        """,
        {"status": status, "before": before, "limit": limit},
    )


def end(conn: Conn, id: str, status: str, reason: str, now: datetime) -> None:
    """Answer it for good."""
    run(
        conn,
        "UPDATE travel_inbox SET status = %(status)s, reason = %(reason)s, ended_at = %(now)s WHERE id = %(id)s",
        {"id": id, "status": status, "reason": reason, "now": now},
    )


def say(conn: Conn, id: str, reason: str) -> None:
    """What the counterparty is told while it waits."""
    run(conn, "UPDATE travel_inbox SET reason = %(reason)s WHERE id = %(id)s", {"id": id, "reason": reason})


def link(conn: Conn, id: str, deposit_id: str) -> int:
    """The message is about these coins; 0 where another message is, or this one is about others."""
    return run(
        conn,
        """
        UPDATE travel_inbox SET deposit_id = %(deposit)s
         WHERE id = %(id)s AND deposit_id IS NULL
           AND NOT EXISTS (SELECT FROM travel_inbox WHERE deposit_id = %(deposit)s)
        """,
        {"id": id, "deposit": deposit_id},
    )


def without_coins(conn: Conn, party_id: str, asset_id: int, units: int, since: datetime) -> list[str]:
    """Messages about so many coins for a customer whose coins nobody has seen, oldest first; rejected ones too."""
    found = conn.execute(
        """
        SELECT id FROM travel_inbox
         WHERE party_id = %(party)s AND asset_id = %(asset)s AND units = %(units)s AND deposit_id IS NULL
           AND received_at >= %(since)s
         ORDER BY received_at, id
        """,
        {"party": party_id, "asset": asset_id, "units": units, "since": since},
    ).fetchall()
    return [id for (id,) in found]
