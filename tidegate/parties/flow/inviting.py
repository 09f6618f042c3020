"""How a customer comes to a password: a link that is mailed, good once, for a day; the same way to another one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, NotFound
from tidegate.base.times import rfc3339
from tidegate.db import Conn, act
from tidegate.notifications import flow as notifications
from tidegate.parties import passwords, store
from tidegate.parties.flow.enrolling import Enrolled, enrol_totp
from tidegate.parties.flow.hashing import hashed
from tidegate.parties.flow.looking import lock_one, record
from tidegate.parties.party import EventType, Party
from tidegate.parties.store import Event, Invitation

COUNTS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Invited:
    """What an invitation's link opens: whose it is, and whether a factor has to be enrolled with it."""

    invitation: Invitation
    party: Party
    has_factor: bool


def invite(conn: Conn, party_id: str, freeze_days: int, actor: str, now: datetime) -> Invitation:
    """Mail the customer a link to set a password. Raises NotFound `customer_unknown`."""
    with act(conn, actor, now) as tx:
        owner = lock_one(conn, party_id)
        made = Invitation(new_id("inv"), party_id, actor, now, now + COUNTS, None)
        store.add_invitation(conn, made)
        to = notifications.To(owner.id, owner.email, owner.language)
        confirms = notifications.Confirms(made.id, made.id, made.expires_at)
        notifications.put(tx, to, "invitation", {"ends_at": rfc3339(made.expires_at)}, freeze_days, confirms)
        tx.note("invitation.made", party_id, {"invitation": made.id, "until": made.expires_at})
        return made


def invited(conn: Conn, token: str, now: datetime) -> Invited:
    """What the link opens. Looking uses nothing up. Raises NotFound `link_unknown`, Conflict `link_used`,
    `link_expired`."""
    link = notifications.opened(conn, token)
    found = store.invitation(conn, link.subject or "")
    if found is None:
        raise NotFound("link_unknown", "This link is no invitation of ours; copy it whole from the mail.")
    if found.used_at is not None:
        raise Conflict("link_used", "A password was set with this link or a later one; each link does so once.")
    if found.expires_at <= now:
        raise Conflict("link_expired", f"This link counted until {rfc3339(found.expires_at)}; ask for another one.")
    owner = store.get(conn, found.party_id)
    assert owner is not None  # a foreign key says so
    return Invited(found, owner, bool(store.factors(conn, owner.id)))


def join(conn: Conn, token: str, password: str, data_key: bytes, now: datetime) -> Enrolled | None:
    """Set a password with an invitation's link, and be signed out everywhere; the app's secret where there was no
    factor yet. Another password than before is a change of credentials: withdrawals pause after it.

    Raises as `invited` and `passwords.check` do; Conflict `login_taken` where another customer has the mail address.
    """
    owner = invited(conn, token, now).party  # before a hash is worked out for anybody who comes along
    passwords.check(password, (owner.name, owner.email, owner.external_id, owner.email.partition("@")[0]))
    hash = hashed(password)
    with act(conn, owner.id, now) as tx:
        lock_one(conn, owner.id)
        found = invited(conn, token, now)  # read again: the same link may have been used meanwhile
        before = store.has_password(conn, owner.id)
        if store.set_password(conn, owner.id, login_of(owner.email), hash, now) != 1:
            raise Conflict("login_taken", "Somebody else signs in with this mail address; write to support.")
        store.use_invitation(conn, found.invitation.id, now)
        ended = store.end_visits(conn, owner.id, None, now)
        tx.note("password.set", owner.id, {"invitation": found.invitation.id, "first": not before, "ended": ended})
        if before:
            event = Event(new_id("evt"), owner.id, EventType.PASSWORD_CHANGED.value, now, now, None, None, None)
            record(tx, event)
        else:
            store.bump(conn, owner.id)
        return None if found.has_factor else enrol_totp(conn, owner.id, data_key, owner.id, now)


def login_of(email: str) -> str:
    """The name that somebody signs in by."""
    return email.strip().casefold()
