"""Ordering mails, what the link in one of them opens, and which staff want to be told."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.base.canonical import canonical
from tidegate.base.ids import new_id
from tidegate.base.mail import mail_address
from tidegate.base.refusals import Conflict, NotFound
from tidegate.base.times import rfc3339
from tidegate.db import Conn, Tx, act
from tidegate.notifications import letters, store
from tidegate.notifications.store import Link, MailRow, Subscription

MOST_SUBSCRIBERS = 50
"""Of one topic: each change is a mail to each of them."""


@dataclass(frozen=True, slots=True)
class To:
    """Whom to write to, at the address on file just now."""

    party_id: str
    recipient: str
    language: str


@dataclass(frozen=True, slots=True)
class Confirms:
    """What the link of a mail confirms, and until when."""

    subject: str  # "wd_…"
    payload: str
    until: datetime


def put(
    tx: Tx, to: To, kind: str, data: Mapping[str, str], freeze_days: int, confirms: Confirms | None = None
) -> MailRow:
    """Order a mail with the caller's transaction: it is sent if that commits, and not if it does not."""
    assert kind in letters.KINDS
    mail = MailRow(
        id=new_id("mail"),
        party_id=to.party_id,
        subscription_id=None,
        kind=kind,
        recipient=to.recipient,
        language=to.language,
        data=canonical(dict(data)),
        subject=None if confirms is None else confirms.subject,
        payload=None if confirms is None else confirms.payload,
        confirm_until=None if confirms is None else confirms.until,
        freeze_until=tx.now + timedelta(days=freeze_days),
        created_at=tx.now,
        status="queued",
        attempts=0,
        next_at=tx.now,
        sent_at=None,
        error=None,
    )
    store.add(tx.conn, mail)
    return mail


def put_notice(tx: Tx, to: Subscription, kind: str, data: Mapping[str, str]) -> MailRow:
    """Order a mail to a subscriber with the caller's transaction. It has no link: nothing of theirs could be frozen."""
    assert kind in letters.KINDS
    assert to.email is not None  # it is in force
    mail = MailRow(
        id=new_id("mail"),
        party_id=None,
        subscription_id=to.id,
        kind=kind,
        recipient=to.email,
        language=to.language,
        data=canonical(dict(data)),
        subject=None,
        payload=None,
        confirm_until=None,
        freeze_until=None,
        created_at=tx.now,
        status="queued",
        attempts=0,
        next_at=tx.now,
        sent_at=None,
        error=None,
    )
    store.add(tx.conn, mail)
    return mail


def subscribe(conn: Conn, topic: str, email: str, language: str, actor: str, now: datetime) -> Subscription:
    """From now on this address is told about a topic.

    Raises Malformed `email_invalid`, Conflict `subscribed_already`, `too_many_subscriptions`.
    """
    mail_address(email)
    made = Subscription(new_id("sub"), topic, email, language, actor, now, None)
    with act(conn, actor, now) as tx:
        store.lock_topic(conn, topic)
        if len(store.subscriptions(conn, topic)) >= MOST_SUBSCRIBERS:
            raise Conflict("too_many_subscriptions", f"{topic} has {MOST_SUBSCRIBERS} subscribers; end one first.")
        if store.add_subscription(conn, made) != 1:
            raise Conflict("subscribed_already", "This address is told about that already.")
        # Who is told, never at which address: the journal cannot be erased.
        tx.note("subscription.made", made.id, {"topic": topic, "language": language})
    return made


def unsubscribe(conn: Conn, id: str, actor: str, now: datetime) -> None:
    """This address is told no more, and forgotten. Raises NotFound `subscription_unknown`."""
    with act(conn, actor, now) as tx:
        if store.end_subscription(conn, id, now) != 1:
            raise NotFound("subscription_unknown", f"There is no subscription {id} in force.")
        tx.note("subscription.ended", id)


def subscriptions(conn: Conn, topic: str | None = None) -> list[Subscription]:
    """Those in force, the oldest first; of one topic, or of all."""
    return store.subscriptions(conn, topic)


def purge(conn: Conn, keep: timedelta, now: datetime, limit: int = 1000) -> int:
    """Forget mails that ended long ago, whom they went to and what their links were; how many rows.

    The journal keeps that they were sent, and says to nobody's address.
    """
    with act(conn, "worker", now) as tx:
        done = store.purge(conn, now, now - keep, limit)
        if done.mails or done.subscriptions:
            tx.note("retention.purged", "mails", {"mails": done.mails, "subscriptions": done.subscriptions})
    return done.mails + done.subscriptions


def opened(conn: Conn, token: str) -> Link:
    """What a token opens. Looking changes nothing: scanners of mail follow every link. NotFound `link_unknown`."""
    found = store.link(conn, hash_of(token))
    if found is None:
        raise NotFound("link_unknown", "This link is not one of ours; copy it whole from the mail.")
    return found


def use(tx: Tx, token: str) -> Link:
    """The token confirms, once, with the caller's transaction.

    Raises NotFound `link_unknown`, Conflict `link_confirms_nothing`, `link_used`, `link_expired`.
    """
    found = opened(tx.conn, token)
    if found.subject is None or found.confirm_until is None:
        raise Conflict("link_confirms_nothing", "This link confirms no withdrawal; it can only freeze the account.")
    if found.confirm_until <= tx.now:
        raise Conflict("link_expired", f"This link counted until {rfc3339(found.confirm_until)}.")
    if store.use(tx.conn, hash_of(token), tx.now) != 1:
        raise Conflict("link_used", "This link has confirmed already; each link does so once.")
    return found


def last_link(conn: Conn, subject: str) -> MailRow | None:
    """The newest mail whose link confirms this withdrawal."""
    return store.newest_about(conn, subject)


def page(conn: Conn, party_id: str, before: str | None = None, limit: int = 50) -> list[MailRow]:
    """The mails of a party, newest first."""
    return store.page(conn, party_id, before, limit)


def hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
