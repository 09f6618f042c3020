"""Ordering mails, and what the link in one of them opens."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.base.canonical import canonical
from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, NotFound
from tidegate.base.times import rfc3339
from tidegate.db import Conn, Tx
from tidegate.notifications import letters, store
from tidegate.notifications.store import Link, MailRow


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
