"""Questions to those outside, and their answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, rows, run


@dataclass(frozen=True, slots=True)
class Question:
    """An outside check that a withdrawal's decision is pinned to, with what is known of its answer."""

    ref: str
    check_id: str
    state: str
    outcome: str | None
    detail: str
    asked_at: datetime
    due_at: datetime
    ends_at: datetime | None = None  # of a delay that was asked for


@dataclass(frozen=True, slots=True)
class VendorAsk:
    """A question to an outside vendor that this worker has taken."""

    ref: str
    check_id: str
    id: str


def ask_outside(conn: Conn, items: Sequence[Question]) -> None:
    """Pin decisions to outside checks: each is open until it is answered or its time is over."""
    run(
        conn,
        """
        INSERT INTO outside_answer (ref, check_id, asked_at, due_at)
        SELECT * FROM unnest(%(refs)s::text[], %(checks)s::text[], %(asked)s::timestamptz[], %(due)s::timestamptz[])
        """,
        {
            "refs": [q.ref for q in items],
            "checks": [q.check_id for q in items],
            "asked": [q.asked_at for q in items],
            "due": [q.due_at for q in items],
        },
    )


def outside_of(conn: Conn, ref: str) -> list[Question]:
    """The outside checks of one withdrawal, by name."""
    return rows(
        conn,
        Question,
        """
        SELECT ref, check_id, state, outcome, detail, asked_at, due_at, ends_at
          FROM outside_answer WHERE ref = %(ref)s ORDER BY check_id
        """,
        {"ref": ref},
    )


def outside_open(conn: Conn, check: str, now: datetime, limit: int) -> list[Question]:
    """Questions of one check that may still be answered, oldest first: for whoever asks outside."""
    return rows(
        conn,
        Question,
        """
        SELECT ref, check_id, state, outcome, detail, asked_at, due_at, ends_at FROM outside_answer
         WHERE state = 'pending' AND check_id = %(check)s AND due_at > %(now)s ORDER BY due_at, ref LIMIT %(limit)s
        """,
        {"check": check, "now": now, "limit": limit},
    )


def answer_outside(
    conn: Conn,
    ref: str,
    check: str,
    state: str,
    outcome: str | None,
    detail: str,
    ends_at: datetime | None,
    now: datetime,
) -> int:
    """Write an answer down, once; 1 when this call did."""
    return run(
        conn,
        """
        UPDATE outside_answer SET state = %(state)s, outcome = %(outcome)s, detail = %(detail)s, answered_at = %(now)s,
               ends_at = %(ends)s
         WHERE ref = %(ref)s AND check_id = %(check)s AND state = 'pending'
        """,
        {"ref": ref, "check": check, "state": state, "outcome": outcome, "detail": detail, "now": now, "ends": ends_at},
    )


def time_out_outside(conn: Conn, ref: str, now: datetime) -> int:
    """What was not answered in time has timed out; how many."""
    return run(
        conn,
        """
        UPDATE outside_answer SET state = 'timeout', answered_at = %(now)s
         WHERE ref = %(ref)s AND state = 'pending' AND due_at <= %(now)s
        """,
        {"ref": ref, "now": now},
    )


def postpone_outside(conn: Conn, ref: str, check: str, due: datetime) -> int:
    """Give an open question more time; 1 when it was open."""
    return run(
        conn,
        """
        UPDATE outside_answer SET due_at = %(due)s
         WHERE ref = %(ref)s AND check_id = %(check)s AND state = 'pending' AND due_at < %(due)s
        """,
        {"ref": ref, "check": check, "due": due},
    )


def take_vendor_asks(
    conn: Conn, checks: Sequence[str], ids: Sequence[str], now: datetime, again_at: datetime
) -> list[VendorAsk]:
    """Take open questions that nobody else is asking just now, the most urgent first, at most as many as there are
    `ids` for new ones. One that was left by a worker that died keeps its id."""
    return rows(
        conn,
        VendorAsk,
        """
        WITH open AS (
            SELECT o.ref, o.check_id, o.due_at FROM outside_answer o
             WHERE o.state = 'pending' AND o.check_id = ANY(%(checks)s::text[]) AND o.due_at > %(now)s
               AND NOT EXISTS (SELECT FROM vendor_ask v WHERE (v.ref, v.check_id) = (o.ref, o.check_id)
                                                          AND v.again_at > %(now)s)
             ORDER BY o.due_at, o.ref LIMIT cardinality(%(ids)s::text[]) FOR UPDATE SKIP LOCKED
        ), numbered AS (
            SELECT ref, check_id, row_number() OVER (ORDER BY due_at, ref, check_id) AS place FROM open
        )
        INSERT INTO vendor_ask AS v (ref, check_id, id, asked_at, again_at)
        SELECT ref, check_id, (%(ids)s::text[])[place], %(now)s, %(again)s FROM numbered
        ON CONFLICT (ref, check_id) DO UPDATE SET again_at = excluded.again_at WHERE v.again_at <= %(now)s
        RETURNING v.ref, v.check_id, v.id
        """,
        {"checks": list(checks), "ids": list(ids), "now": now, "again": again_at},
    )
