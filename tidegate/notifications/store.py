"""The outbox of mails, the links in them, and who subscribed: the statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class MailRow:
    """A mail in the outbox. `data` is canonical JSON; there is no body and no token."""

    id: str
    party_id: str | None  # None = it goes to a subscriber
    subscription_id: str | None
    kind: str
    recipient: str
    language: str
    data: str
    subject: str | None  # the withdrawal that its link confirms
    payload: str | None
    confirm_until: datetime | None
    freeze_until: datetime | None  # None = it has no link
    created_at: datetime
    status: str
    attempts: int
    next_at: datetime
    sent_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Link:
    """What a token opens."""

    mail_id: str
    party_id: str
    language: str
    subject: str | None  # the withdrawal; None = it confirms nothing
    payload: str | None
    confirm_until: datetime | None
    freeze_until: datetime
    used_at: datetime | None  # when it confirmed


def add(conn: Conn, mail: MailRow) -> None:
    """Put a mail into the outbox."""
    run(
        conn,
        """
        INSERT INTO mail (id, party_id, subscription_id, kind, recipient, language, data, subject, payload,
                          confirm_until, freeze_until, created_at, next_at)
        VALUES (%(id)s, %(party)s, %(subscription)s, %(kind)s, %(recipient)s, %(language)s, %(data)s, %(subject)s,
                %(payload)s, %(confirm)s, %(freeze)s, %(at)s, %(at)s)
        """,
        {
            "id": mail.id,
            "party": mail.party_id,
            "subscription": mail.subscription_id,
            "kind": mail.kind,
            "recipient": mail.recipient,
            "language": mail.language,
            "data": mail.data,
            "subject": mail.subject,
            "payload": mail.payload,
            "confirm": mail.confirm_until,
            "freeze": mail.freeze_until,
            "at": mail.created_at,
        },
    )


def claim(conn: Conn, now: datetime, until: datetime) -> MailRow | None:
    """Take the mail that is due longest, for this sender until `until`; None where none is due."""
    return row(
        conn,
        MailRow,
        """
        UPDATE mail SET status = 'sending', attempts = attempts + 1, next_at = %(until)s
         WHERE id = (SELECT id FROM mail WHERE status IN ('queued', 'sending') AND next_at <= %(now)s
                      ORDER BY next_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING id, party_id, subscription_id, kind, recipient, language, data, subject, payload, confirm_until,
                  freeze_until, created_at, status, attempts, next_at, sent_at, error
        """,
        {"now": now, "until": until},
    )


def end(
    conn: Conn, id: str, attempt: int, status: str, next_at: datetime, error: str | None, sent_at: datetime | None
) -> int:
    """Write down what came of an attempt; 0 where somebody else has the mail by now."""
    return run(
        conn,
        """
        UPDATE mail SET status = %(status)s, next_at = %(next)s, error = %(error)s, sent_at = %(sent)s
         WHERE id = %(id)s AND status = 'sending' AND attempts = %(attempt)s
        """,
        {"id": id, "attempt": attempt, "status": status, "next": next_at, "error": error, "sent": sent_at},
    )


def add_token(conn: Conn, hash: bytes, mail_id: str, now: datetime) -> None:
    """Keep the hash of a link's secret."""
    run(
        conn,
        "INSERT INTO mail_token (hash, mail_id, made_at) VALUES (%(hash)s, %(mail)s, %(now)s)",
        {"hash": hash, "mail": mail_id, "now": now},
    )


def link(conn: Conn, hash: bytes) -> Link | None:
    """What the token with this hash opens."""
    return row(
        conn,
        Link,
        """
        SELECT m.id AS mail_id, m.party_id, m.language, m.subject, m.payload, m.confirm_until, m.freeze_until, t.used_at
          FROM mail_token t JOIN mail m ON m.id = t.mail_id WHERE t.hash = %(hash)s
        """,
        {"hash": hash},
    )


def use(conn: Conn, hash: bytes, now: datetime) -> int:
    """The token confirms now; 1 where it had not done so before."""
    return run(
        conn,
        "UPDATE mail_token SET used_at = %(now)s WHERE hash = %(hash)s AND used_at IS NULL",
        {"hash": hash, "now": now},
    )


def newest_about(conn: Conn, subject: str) -> MailRow | None:
    """The newest mail whose link confirms this withdrawal."""
    return row(
        conn,
        MailRow,
        """
        SELECT id, party_id, subscription_id, kind, recipient, language, data, subject, payload, confirm_until,
               freeze_until, created_at, status, attempts, next_at, sent_at, error
          FROM mail WHERE subject = %(subject)s ORDER BY created_at DESC, id DESC LIMIT 1
        """,
        {"subject": subject},
    )


def page(conn: Conn, party_id: str, before: str | None, limit: int) -> list[MailRow]:
    """A party's mails, newest first, those before `before`."""
    return rows(
        conn,
        MailRow,
        """
        SELECT id, party_id, subscription_id, kind, recipient, language, data, subject, payload, confirm_until,
               freeze_until, created_at, status, attempts, next_at, sent_at, error
          FROM mail WHERE party_id = %(party)s AND (%(before)s::text IS NULL OR id < %(before)s)
         ORDER BY id DESC LIMIT %(limit)s
        """,
        {"party": party_id, "before": before, "limit": limit},
    )


# What nobody needs any more.


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows of each kind were deleted."""

    mails: int
    subscriptions: int


def purge(conn: Conn, now: datetime, ordered_before: datetime, limit: int) -> Purged:
    """Delete mails that have ended and whose links count no more, with the hashes of these links, the oldest first;
    and subscriptions that ended so long ago and have no mail any more. At most `limit` mails."""
    found = row(
        conn,
        Purged,
        """
        WITH old AS (
            SELECT id FROM mail
             WHERE status IN ('sent', 'given_up') AND created_at < %(before)s
               AND (freeze_until IS NULL OR freeze_until < %(now)s)
               AND (confirm_until IS NULL OR confirm_until < %(now)s)
             ORDER BY created_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
        ), mails AS (DELETE FROM mail USING old WHERE mail.id = old.id RETURNING mail.id),
        ended AS (
            DELETE FROM subscription s
             WHERE s.ended_at < %(before)s AND NOT EXISTS (SELECT FROM mail m WHERE m.subscription_id = s.id)
            RETURNING s.id
        )
        SELECT (SELECT count(*) FROM mails) AS mails, (SELECT count(*) FROM ended) AS subscriptions
        """,
        {"now": now, "before": ordered_before, "limit": limit},
    )
    assert found is not None  # it counts
    return found


# Staff who want to be told.


@dataclass(frozen=True, slots=True)
class Subscription:
    id: str
    topic: str
    email: str | None  # None = it has ended
    language: str
    created_by: str
    created_at: datetime
    ended_at: datetime | None


def lock_topic(conn: Conn, topic: str) -> None:
    """Whoever subscribes takes turns, until the transaction ends: there is no row yet that could be locked."""
    conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('subscription:' || %(topic)s, 0))", {"topic": topic})


def add_subscription(conn: Conn, made: Subscription) -> int:
    """Keep a new one; 0 where this address is told already."""
    return run(
        conn,
        """
        INSERT INTO subscription (id, topic, email, language, created_by, created_at)
        VALUES (%(id)s, %(topic)s, %(email)s, %(language)s, %(by)s, %(at)s)
        ON CONFLICT (topic, lower(email)) WHERE ended_at IS NULL DO NOTHING
        """,
        {
            "id": made.id,
            "topic": made.topic,
            "email": made.email,
            "language": made.language,
            "by": made.created_by,
            "at": made.created_at,
        },
    )


def subscriptions(conn: Conn, topic: str | None) -> list[Subscription]:
    """Those in force, the oldest first; `topic` None = of all topics."""
    return rows(
        conn,
        Subscription,
        """
        SELECT id, topic, email, language, created_by, created_at, ended_at FROM subscription
         WHERE ended_at IS NULL AND (%(topic)s::text IS NULL OR topic = %(topic)s) ORDER BY id
        """,
        {"topic": topic},
    )


def end_subscription(conn: Conn, id: str, now: datetime) -> int:
    """End one and forget its address; 0 where none of this id is in force."""
    return run(
        conn,
        "UPDATE subscription SET email = NULL, ended_at = %(now)s WHERE id = %(id)s AND ended_at IS NULL",
        {"id": id, "now": now},
    )
