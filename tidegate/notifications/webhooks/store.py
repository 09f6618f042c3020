"""SQL of webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run
from tidegate.notifications.webhooks.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one endpoint, and what became of it."""

    endpoint_id: str
    sequence: int
    event_id: str
    type: str
    body: str
    created_at: datetime
    status: str  # "queued", "sending", "delivered", "dead"
    attempts: int
    failures: int
    next_at: datetime
    delivered_at: datetime | None
    answer: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this sender has, and where it goes."""

    endpoint_id: str
    sequence: int
    event_id: str
    body: str
    attempts: int
    failures: int
    deaths: int
    url: str


@dataclass(frozen=True, slots=True)
class Secret:
    endpoint_id: str
    id: str
    sealed: bytes


# --- endpoints ---------------------------------------------------------------------------------------------------


def add(conn: Conn, endpoint: Endpoint) -> None:
    """A new endpoint."""
    run(
        conn,
        """
        INSERT INTO webhook_endpoint (id, url, label, types, created_by, created_at, rests_until)
        VALUES (%(id)s, %(url)s, %(label)s, %(types)s::text[], %(by)s, %(at)s, %(at)s)
        """,
        {
            "id": endpoint.id,
            "url": endpoint.url,
            "label": endpoint.label,
            "types": endpoint.types,
            "by": endpoint.created_by,
            "at": endpoint.created_at,
        },
    )


def lock(conn: Conn, id: str) -> Endpoint | None:
    """One endpoint, row-locked; None where there is none, or none any more."""
    return row(
        conn,
        Endpoint,
        """
        SELECT id, url, label, types, status, created_by, created_at, last_sequence, failing_since, failures,
               rests_until, ended_at, why
          FROM webhook_endpoint WHERE id = %(id)s AND status <> 'removed' FOR UPDATE
        """,
        {"id": id},
    )


def lock_all(conn: Conn) -> list[Endpoint]:
    """Every endpoint that has not been removed, row-locked in order of their ids."""
    return rows(
        conn,
        Endpoint,
        """
        SELECT id, url, label, types, status, created_by, created_at, last_sequence, failing_since, failures,
               rests_until, ended_at, why
          FROM webhook_endpoint WHERE status <> 'removed' ORDER BY id FOR UPDATE
        """,
        {},
    )


def endpoints(conn: Conn) -> list[Endpoint]:
    """Every endpoint that has not been removed, newest first."""
    return rows(
        conn,
        Endpoint,
        """
        SELECT id, url, label, types, status, created_by, created_at, last_sequence, failing_since, failures,
               rests_until, ended_at, why
          FROM webhook_endpoint WHERE status <> 'removed' ORDER BY id DESC
        """,
        {},
    )


def edit(conn: Conn, id: str, url: str, label: str, types: Sequence[str]) -> None:
    """Where it is, whose, and what it is told from now on."""
    run(
        conn,
        "UPDATE webhook_endpoint SET url = %(url)s, label = %(label)s, types = %(types)s::text[] WHERE id = %(id)s",
        {"id": id, "url": url, "label": label, "types": list(types)},
    )


def end(conn: Conn, id: str, status: str, why: str | None, now: datetime) -> None:
    """Switch it off, or remove it."""
    run(
        conn,
        "UPDATE webhook_endpoint SET status = %(status)s, why = %(why)s, ended_at = %(now)s WHERE id = %(id)s",
        {"id": id, "status": status, "why": why, "now": now},
    )


def enable(conn: Conn, id: str, now: datetime) -> None:
    """Switch it on again, as if it had never failed."""
    run(
        conn,
        """
        UPDATE webhook_endpoint
           SET status = 'active', why = NULL, ended_at = NULL, failing_since = NULL, failures = 0, rests_until = %(now)s
         WHERE id = %(id)s
        """,
        {"id": id, "now": now},
    )


def works(conn: Conn, id: str) -> None:
    """It has taken a delivery."""
    run(
        conn,
        """
        UPDATE webhook_endpoint SET failing_since = NULL, failures = 0, rests_until = created_at
         WHERE id = %(id)s AND failing_since IS NOT NULL
        """,
        {"id": id},
    )


def fails(conn: Conn, id: str, failures: int, since: datetime, rests_until: datetime) -> None:
    """It has not taken a delivery."""
    run(
        conn,
        """
        UPDATE webhook_endpoint SET failures = %(failures)s, failing_since = %(since)s, rests_until = %(rests)s
         WHERE id = %(id)s
        """,
        {"id": id, "failures": failures, "since": since, "rests": rests_until},
    )


# --- secrets -----------------------------------------------------------------------------------------------------


def add_secret(conn: Conn, id: str, endpoint_id: str, sealed: bytes, now: datetime) -> None:
    """The secret that signs from now on."""
    run(
        conn,
        """
        INSERT INTO webhook_secret (id, endpoint_id, sealed, created_at)
        VALUES (%(id)s, %(endpoint)s, %(sealed)s, %(now)s)
        """,
        {"id": id, "endpoint": endpoint_id, "sealed": sealed, "now": now},
    )


def end_secrets(conn: Conn, endpoint_id: str, now: datetime, until: datetime) -> None:
    """The secret in force signs until `until`; those before it sign no more."""
    run(
        conn,
        """
        UPDATE webhook_secret SET ends_at = CASE WHEN ends_at IS NULL THEN %(until)s ELSE least(ends_at, %(now)s) END
         WHERE endpoint_id = %(endpoint)s
        """,
        {"endpoint": endpoint_id, "now": now, "until": until},
    )


def secrets(conn: Conn, endpoint_ids: Sequence[str], now: datetime) -> list[Secret]:
    """The secrets that sign now, of each endpoint the newest first."""
    return rows(
        conn,
        Secret,
        """
        SELECT endpoint_id, id, sealed FROM webhook_secret
         WHERE endpoint_id = ANY(%(endpoints)s::text[]) AND (ends_at IS NULL OR ends_at > %(now)s)
         ORDER BY endpoint_id, ends_at DESC NULLS FIRST
        """,
        {"endpoints": list(endpoint_ids), "now": now},
    )


# --- deliveries --------------------------------------------------------------------------------------------------


def put(conn: Conn, items: Sequence[tuple[str, int, str, str, str]], now: datetime) -> None:
    """Queue deliveries: (endpoint, sequence, event, type, body). The caller has the endpoints locked."""
    run(
        conn,
        """
        INSERT INTO webhook_delivery (endpoint_id, sequence, event_id, type, body, created_at, next_at)
        SELECT e, s, i, t, b, %(now)s, %(now)s
          FROM unnest(%(endpoints)s::text[], %(sequences)s::bigint[], %(ids)s::text[], %(types)s::text[],
                      %(bodies)s::text[]) AS n (e, s, i, t, b)
        """,
        {
            "endpoints": [item[0] for item in items],
            "sequences": [item[1] for item in items],
            "ids": [item[2] for item in items],
            "types": [item[3] for item in items],
            "bodies": [item[4] for item in items],
            "now": now,
        },
    )


def count_on(conn: Conn, ids: Sequence[str], sequences: Sequence[int]) -> None:
    """The newest sequence number of each endpoint."""
    run(
        conn,
        """
        UPDATE webhook_endpoint e SET last_sequence = n.sequence
          FROM unnest(%(ids)s::text[], %(sequences)s::bigint[]) AS n (id, sequence) WHERE e.id = n.id
        """,
        {"ids": list(ids), "sequences": list(sequences)},
    )


def claim(conn: Conn, now: datetime, until: datetime, each: int, limit: int) -> list[Claimed]:
    """Take what is due, until `until`: at most `each` per endpoint, one alone of an endpoint that fails.

    What a dead sender had is due again when its time is over.
    """
    return rows(
        conn,
        Claimed,
        """
        WITH due AS (
            SELECT d.endpoint_id, d.sequence, e.url
              FROM webhook_endpoint e
             CROSS JOIN LATERAL (
                   SELECT endpoint_id, sequence, next_at FROM webhook_delivery
                    WHERE endpoint_id = e.id AND status IN ('queued', 'sending') AND next_at <= %(now)s
                    ORDER BY next_at, sequence
                    LIMIT CASE WHEN e.failing_since IS NULL THEN %(each)s ELSE 1 END FOR UPDATE SKIP LOCKED) d
             WHERE e.status = 'active' AND e.rests_until <= %(now)s
             ORDER BY d.next_at, d.sequence LIMIT %(limit)s
        )
        UPDATE webhook_delivery w SET status = 'sending', attempts = w.attempts + 1, next_at = %(until)s,
               deaths = w.deaths + CASE WHEN w.status = 'sending' THEN 1 ELSE 0 END
          FROM due WHERE w.endpoint_id = due.endpoint_id AND w.sequence = due.sequence
        RETURNING w.endpoint_id, w.sequence, w.event_id, w.body, w.attempts, w.failures, w.deaths, due.url
        """,
        {"now": now, "until": until, "each": each, "limit": limit},
    )


def record(
    conn: Conn,
    claimed: Claimed,
    status: str,
    failures: int,
    next_at: datetime,
    answer: int | None,
    error: str | None,
    delivered_at: datetime | None,
) -> int:
    """Write down what came of an attempt; 0 where somebody else has the delivery by now."""
    return run(
        conn,
        """
        UPDATE webhook_delivery
           SET status = %(status)s, failures = %(failures)s, next_at = %(next)s, answer = %(answer)s, error = %(error)s,
               delivered_at = %(delivered)s
         WHERE endpoint_id = %(endpoint)s AND sequence = %(sequence)s AND status = 'sending' AND attempts = %(attempt)s
        """,
        {
            "endpoint": claimed.endpoint_id,
            "sequence": claimed.sequence,
            "attempt": claimed.attempts,
            "status": status,
            "failures": failures,
            "next": next_at,
            "answer": answer,
            "error": error,
            "delivered": delivered_at,
        },
    )


def again(conn: Conn, endpoint_id: str, sequence: int, now: datetime) -> int:
    """Send one again, with all its tries; 0 where there is none, or a sender has it just now."""
    return run(
        conn,
        """
        UPDATE webhook_delivery SET status = 'queued', failures = 0, deaths = 0, next_at = %(now)s, delivered_at = NULL
         WHERE endpoint_id = %(endpoint)s AND sequence = %(sequence)s AND status <> 'sending'
        """,
        {"endpoint": endpoint_id, "sequence": sequence, "now": now},
    )


def dead_again(conn: Conn, endpoint_id: str, since: datetime, now: datetime) -> int:
    """Send again what is dead and happened since; how many."""
    return run(
        conn,
        """
        UPDATE webhook_delivery SET status = 'queued', failures = 0, deaths = 0, next_at = %(now)s
         WHERE endpoint_id = %(endpoint)s AND status = 'dead' AND created_at >= %(since)s
        """,
        {"endpoint": endpoint_id, "since": since, "now": now},
    )


def delivery(conn: Conn, endpoint_id: str, sequence: int) -> Delivery | None:
    """One delivery."""
    return row(
        conn,
        Delivery,
        """
        SELECT endpoint_id, sequence, event_id, type, body, created_at, status, attempts, failures, next_at,
               delivered_at, answer, error
          FROM webhook_delivery WHERE endpoint_id = %(endpoint)s AND sequence = %(sequence)s
        """,
        {"endpoint": endpoint_id, "sequence": sequence},
    )


def page(conn: Conn, endpoint_id: str, status: str | None, before: int | None, limit: int) -> list[Delivery]:
    """An endpoint's deliveries, newest first, those before `before`."""
    return rows(
        conn,
        Delivery,
        """
        SELECT endpoint_id, sequence, event_id, type, body, created_at, status, attempts, failures, next_at,
               delivered_at, answer, error
          FROM webhook_delivery
         WHERE endpoint_id = %(endpoint)s AND (%(status)s::text IS NULL OR status = %(status)s)
           AND (%(before)s::bigint IS NULL OR sequence < %(before)s)
         ORDER BY sequence DESC LIMIT %(limit)s
        """,
        {"endpoint": endpoint_id, "status": status, "before": before, "limit": limit},
    )


def forget(conn: Conn, before: datetime, limit: int) -> int:
    """Drop deliveries of long ago, whatever became of them; how many."""
    return run(
        conn,
        """
        DELETE FROM webhook_delivery WHERE (endpoint_id, sequence) IN (
               SELECT endpoint_id, sequence FROM webhook_delivery WHERE created_at < %(before)s
                ORDER BY created_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
        """,
        {"before": before, "limit": limit},
    )
