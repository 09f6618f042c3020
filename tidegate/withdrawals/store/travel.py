"""What customers stated about receivers, and the messages to their providers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class TravelMessage:
    """A travel-rule message as stored: what is sent, to the byte."""

    ref: str
    id: str
    vasp_id: str
    fields: str
    body: str
    created_at: datetime
    tries: int
    next_at: datetime
    answer: str | None
    answered_at: datetime | None


def put_statements(conn: Conn, said: Sequence[tuple[str, str]], now: datetime) -> None:
    """Keep what customers stated about withdrawals' receivers: (withdrawal, canonical JSON)."""
    run(
        conn,
        """
        INSERT INTO travel_statement (ref, said, changed_at)
        SELECT ref, said, %(now)s FROM unnest(%(refs)s::text[], %(said)s::text[]) AS s (ref, said)
        ON CONFLICT (ref) DO UPDATE SET said = excluded.said, changed_at = excluded.changed_at
        """,
        {"refs": [ref for ref, _ in said], "said": [text for _, text in said], "now": now},
    )


def statement(conn: Conn, ref: str) -> str | None:
    """What the customer stated about a withdrawal's receiver, canonical JSON."""
    got = conn.execute("SELECT said FROM travel_statement WHERE ref = %(ref)s", {"ref": ref}).fetchone()
    return got[0] if got else None


def travel_due(conn: Conn, now: datetime, limit: int) -> list[str]:
    """Withdrawals in screening whose counterparty has to be told, or asked again, oldest first."""
    found = conn.execute(
        """
        SELECT a.ref FROM outside_answer a JOIN withdrawal w ON w.id = a.ref
          LEFT JOIN travel_message m ON m.ref = a.ref
         WHERE a.check_id = 'travel_rule' AND a.state = 'pending' AND a.due_at > %(now)s AND w.status = 'screening'
           AND (m.ref IS NULL OR (m.answer IS NULL AND m.next_at <= %(now)s))
         ORDER BY a.due_at, a.ref LIMIT %(limit)s
        """,
        {"now": now, "limit": limit},
    ).fetchall()
    return [ref for (ref,) in found]


def travel_message(conn: Conn, ref: str) -> TravelMessage | None:
    """The message about a withdrawal; None = nothing was written yet."""
    return row(
        conn,
        TravelMessage,
        """
        SELECT ref, id, vasp_id, fields, body, created_at, tries, next_at, answer, answered_at
          FROM travel_message WHERE ref = %(ref)s
        """,
        {"ref": ref},
    )


def travel_message_by_id(conn: Conn, id: str) -> TravelMessage | None:
    """A message by its own id, as the counterparty knows it."""
    return row(
        conn,
        TravelMessage,
        """
        SELECT ref, id, vasp_id, fields, body, created_at, tries, next_at, answer, answered_at
          FROM travel_message WHERE id = %(id)s
        """,
        {"id": id},
    )


def travel_messages(conn: Conn, unanswered: bool, before: str | None, limit: int) -> list[TravelMessage]:
    """Messages to providers, newest first, those written before `before`; `unanswered` = those still waiting."""
    return rows(
        conn,
        TravelMessage,
        """
        SELECT ref, id, vasp_id, fields, body, created_at, tries, next_at, answer, answered_at FROM travel_message
         WHERE (NOT %(open)s OR answer IS NULL) AND (%(before)s::text IS NULL OR id < %(before)s)
         ORDER BY id DESC LIMIT %(limit)s
        """,
        {"open": unanswered, "before": before, "limit": limit},
    )


def add_travel_message(conn: Conn, m: TravelMessage) -> None:
    """Keep a message before it is sent."""
    run(
        conn,
        """
        INSERT INTO travel_message (ref, id, vasp_id, fields, body, created_at, tries, next_at)
        VALUES (%(ref)s, %(id)s, %(vasp)s, %(fields)s, %(body)s, %(at)s, %(tries)s, %(next)s)
        """,
        {
            "ref": m.ref,
            "id": m.id,
            "vasp": m.vasp_id,
            "fields": m.fields,
            "body": m.body,
            "at": m.created_at,
            "tries": m.tries,
            "next": m.next_at,
        },
    )


def try_travel_message(conn: Conn, ref: str, next_at: datetime) -> None:
    """Somebody is about to send it; the caller holds the withdrawal's lock."""
    run(
        conn,
        "UPDATE travel_message SET tries = tries + 1, next_at = %(next)s WHERE ref = %(ref)s AND answer IS NULL",
        {"ref": ref, "next": next_at},
    )


def answer_travel_message(conn: Conn, id: str, answer: str, now: datetime) -> int:
    """Write the counterparty's answer down, once; 1 when this call did."""
    return run(
        conn,
        "UPDATE travel_message SET answer = %(answer)s, answered_at = %(now)s WHERE id = %(id)s AND answer IS NULL",
        {"id": id, "answer": answer, "now": now},
    )
