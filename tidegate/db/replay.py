"""Idempotency-Key: the first answer again, for as long as the thing it made exists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.base.refusals import Refusal
from tidegate.db.core import Conn, row, rows


@dataclass(frozen=True, slots=True)
class First:
    """The first answer that a key got. `request` is the hash of route and body."""

    scope: str
    key: str
    request: str
    status: int
    answer: str


class KeyReused(Refusal):
    """The key came back with another request."""

    def __init__(self, key: str) -> None:
        super().__init__(
            "idempotency_key_reused",
            f"Idempotency-Key {key!r} was used for another request; send a new key with a new request.",
        )


def claim(conn: Conn, scope: str, key: str) -> None:
    """Wait for whoever uses the same key just now; nobody else does until the transaction ends.

    Without it the second of two equal requests meets the thing that the first one made, not its answer.
    """
    conn.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%(scope)s || ' ' || %(key)s, 0))",
        {"scope": scope, "key": key},
    )


def find(conn: Conn, scope: str, key: str, request: str) -> First | None:
    """The first answer, or None for a new key. Raises KeyReused when the request differs."""
    first = row(
        conn,
        First,
        "SELECT scope, key, request, status, answer FROM replay WHERE scope = %(scope)s AND key = %(key)s",
        {"scope": scope, "key": key},
    )
    if first is not None and first.request != request:
        raise KeyReused(key)
    return first


def find_many(conn: Conn, pairs: list[tuple[str, str]]) -> dict[tuple[str, str], First]:
    """First answers by (scope, key) for a whole batch."""
    found = rows(
        conn,
        First,
        """
        SELECT scope, key, request, status, answer FROM replay
         WHERE (scope, key) IN (SELECT * FROM unnest(%(scopes)s::text[], %(keys)s::text[]))
        """,
        {"scopes": [scope for scope, _ in pairs], "keys": [key for _, key in pairs]},
    )
    return {(first.scope, first.key): first for first in found}


def keep_many(conn: Conn, firsts: list[First], now: datetime) -> None:
    """Remember the answers in the transaction that made the things. A key that is there already is a bug or a
    race: the unique constraint rolls the whole act back, and its caller finds the winner's answer."""
    conn.execute(
        """
        INSERT INTO replay (scope, key, request, status, answer, at)
        SELECT scope, key, request, status, answer, %(now)s
          FROM unnest(%(scopes)s::text[], %(keys)s::text[], %(requests)s::text[], %(statuses)s::int[],
                      %(answers)s::text[]) AS f (scope, key, request, status, answer)
        """,
        {
            "scopes": [first.scope for first in firsts],
            "keys": [first.key for first in firsts],
            "requests": [first.request for first in firsts],
            "statuses": [first.status for first in firsts],
            "answers": [first.answer for first in firsts],
            "now": now,
        },
    )
