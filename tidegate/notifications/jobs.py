"""Sending mails: claim in a transaction, hand over with nothing locked, record in a second one.

A mail is sent at least once. A sender who dies after handing it over leaves it to the next one, who sends it again
under the same Message-ID, so that mailboxes can tell. The second copy's link has a secret of its own: the first one's
is nowhere but in the first copy. Both links confirm the same thing, which happens once.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.base.mail import Mail, Mailer, NotSent
from tidegate.db import Conn, act
from tidegate.notifications import flow, letters, store
from tidegate.notifications.store import MailRow

RETRIES = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=4),
    *[timedelta(hours=12)] * 7,
)
"""How long to wait after each failure; after the last one it is given up, and staff see it."""

LEASE = timedelta(minutes=3)
"""A sender has a mail so long: longer than a mail server may take with all its answers."""

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes, and where the links of the mails lead."""

    address: str  # "Tidegate <no-reply@example.com>"
    public_url: str  # "https://withdrawals.example.com"

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2].rstrip("> ")


def send_due(conn: Conn, mailer: Mailer, sender: Sender, clock: Clock, limit: int = 50) -> int:
    """Send what is due, the longest due first; how many were tried."""
    for tried in range(limit):
        if not send_one(conn, mailer, sender, clock):
            return tried
    return limit


def send_one(conn: Conn, mailer: Mailer, sender: Sender, clock: Clock) -> bool:
    """Send the mail that is due longest; False where none is."""
    claimed = _claim(conn, clock())
    if claimed is None:
        return False
    mail, token = claimed
    if mail.attempts > len(RETRIES) + 1:  # its senders died, time after time: not once more
        _record(conn, mail, "no sender lived to tell", for_good=True, now=clock())
        return True
    try:
        mailer.send(_written(mail, token, sender))
    except NotSent as fault:
        _record(conn, mail, str(fault), for_good=fault.for_good, now=clock())
    else:
        _record(conn, mail, None, for_good=False, now=clock())
    return True


def _claim(conn: Conn, now: datetime) -> tuple[MailRow, str | None] | None:
    """Take a mail and make its link's secret, of which only the hash is kept; None where it has no link."""
    with act(conn, "worker", now):
        mail = store.claim(conn, now, now + LEASE)
        if mail is None:
            return None
        if mail.freeze_until is None:
            return mail, None
        token = secrets.token_urlsafe(32)
        store.add_token(conn, flow.hash_of(token), mail.id, now)
        return mail, token


def _written(mail: MailRow, token: str | None, sender: Sender) -> Mail:
    link = None if token is None else f"{sender.public_url}/m/{token}"
    confirm, freeze = link if mail.subject is not None else None, None if link is None else f"{link}/freeze"
    letter = letters.compose(mail.kind, mail.language, json.loads(mail.data), confirm, freeze)
    return Mail(
        message_id=f"<{mail.id}@{sender.domain}>",
        sender=sender.address,
        recipient=mail.recipient,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        language=mail.language,
        at=mail.created_at,
    )


def _record(conn: Conn, mail: MailRow, error: str | None, *, for_good: bool, now: datetime) -> None:
    """What came of it. Where another sender has taken the mail meanwhile, that one records."""
    again = mail.attempts <= len(RETRIES) and not for_good
    status = "sent" if error is None else "queued" if again else "given_up"
    next_at = now + RETRIES[mail.attempts - 1] if status == "queued" else now
    with act(conn, "worker", now) as tx:
        kept = error[:500] if error is not None else None
        done = store.end(conn, mail.id, mail.attempts, status, next_at, kept, now if error is None else None)
        if done and status != "queued":
            # The journal says that and when, never to which address: it cannot be erased.
            whose = mail.party_id or mail.subscription_id
            assert whose is not None  # the schema says so
            tx.note(f"mail.{status}", whose, {"mail": mail.id, "kind": mail.kind, "attempts": mail.attempts})
