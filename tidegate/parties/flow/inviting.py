"""A customer is invited to set a password: a link that is mailed, good once, for a day. What follows: `joining.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, NotFound
from tidegate.base.times import rfc3339
from tidegate.db import Conn, act
from tidegate.notifications import flow as notifications
from tidegate.parties import store
from tidegate.parties.flow import trying
from tidegate.parties.flow.looking import lock_one
from tidegate.parties.party import Party
from tidegate.parties.store import Invitation

COUNTS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Invited:
    """What an invitation's link opens: whose it is, and whether they have a factor already."""

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


def count_forgotten(conn: Conn, email: str, ip: str | None, now: datetime) -> None:
    """Somebody says that they have forgotten their password. Raises TooMany `sign_in_paused`: nobody fills a stranger's
    mailbox, and nobody learns from a wait whether there is such an account."""
    with act(conn, "portal", now) as tx:
        counted = trying.subjects(login_of(email), ip, "forgotten")
        trying.lock(tx, counted)
        trying.wrong(tx, counted)


def invite_again(conn: Conn, email: str, freeze_days: int, now: datetime) -> None:
    """Mail a link to whoever signs in by this address. Nobody is told whether there is one: it is done once they have
    their answer, so that its time tells nothing either."""
    login = login_of(email)
    known = store.password(conn, login) if login.isprintable() else None
    if known is not None:
        invite(conn, known.party_id, freeze_days, "portal", now)


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


def login_of(email: str) -> str:
    """The name that somebody signs in by."""
    return email.strip().casefold()
