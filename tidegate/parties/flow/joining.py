"""A customer follows their invitation: they set a password, and with the first one a factor; then they are in.

It is one step: nobody is left with a password and no factor, nor with an app that they never scanned. Whoever has a
factor keeps it, and shows it at the door: the link alone lets nobody in there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, Malformed
from tidegate.db import Conn, Tx, act
from tidegate.parties import passwords, store
from tidegate.parties.flow import apps, trying
from tidegate.parties.flow.apps import App
from tidegate.parties.flow.enrolling import Ceremony, begin_passkey, finish_passkey, use_app
from tidegate.parties.flow.hashing import hashed
from tidegate.parties.flow.inviting import Invited, invited, login_of
from tidegate.parties.flow.looking import lock_one, record
from tidegate.parties.flow.visiting import Came, Visiting, enter
from tidegate.parties.party import EventType, Party
from tidegate.parties.passkey import Relying
from tidegate.parties.store import Event


@dataclass(frozen=True, slots=True)
class FirstApp:
    """The app that `first_app` offered, and a code that it shows."""

    kept: str
    code: str


@dataclass(frozen=True, slots=True)
class FirstPasskey:
    """The passkey that `begin_first_passkey` began, and what the authenticator made."""

    id: str  # "fac_…"
    credential: Mapping[str, Any]


First = FirstApp | FirstPasskey


def first_app(found: Invited, data_key: bytes, issuer: str, kept: str = "") -> App:
    """An app for whoever was invited, or the one that their form brought back."""
    return apps.offer(_about(found), found.party.email, data_key, issuer, kept)


def begin_first_passkey(
    conn: Conn, token: str, password: str, name: str, relying: Relying, minutes: int, now: datetime
) -> Ceremony:
    """Ask an authenticator for the passkey that comes with a first password, once the password is one.

    Raises as `invited`, `passwords.check` and `begin_passkey` do; Conflict `factor_there`.
    """
    found = invited(conn, token, now)
    if found.has_factor:
        raise _factor_there()
    _check_password(password, found.party)
    return begin_passkey(conn, found.party.id, name, relying, minutes, found.party.id, now)


def join(
    conn: Conn,
    token: str,
    password: str,
    first: First | None,
    came: Came,
    data_key: bytes,
    relying: Relying,
    now: datetime,
) -> Visiting | None:
    """Set a password with an invitation's link, and be signed out everywhere. With a first factor, which has just
    been shown, the customer is signed in; who has one already is not. Another password than before is a change of
    credentials: withdrawals pause after it.

    Raises as `invited` and `passwords.check` do; Malformed `factor_needed`, `app_unknown`, `app_code_wrong`; Conflict
    `factor_there`, `login_taken`; as `finish_passkey` does. After a refusal nothing has changed.
    """
    owner = invited(conn, token, now).party  # before a hash is worked out for anybody who comes along
    _check_password(password, owner)
    hash, login = hashed(password), login_of(owner.email)
    with act(conn, owner.id, now) as tx:
        trying.right(tx, trying.subjects(login, came.ip)[0])  # whoever guessed at the old one keeps nobody out
        lock_one(conn, owner.id)
        found = invited(conn, token, now)  # read again: the same link may have been used meanwhile
        before = store.has_password(conn, owner.id)
        if store.set_password(conn, owner.id, login, hash, now) != 1:
            raise Conflict("login_taken", "Somebody else signs in with this mail address; write to support.")
        store.use_invitation(conn, found.invitation.id, now)
        ended = store.end_visits(conn, owner.id, None, now)
        tx.note("password.set", owner.id, {"invitation": found.invitation.id, "first": not before, "ended": ended})
        if before:
            event = Event(new_id("evt"), owner.id, EventType.PASSWORD_CHANGED.value, now, now, None, None, None)
            record(tx, event)
        else:
            store.bump(conn, owner.id)
        way = _with_first(tx, found, first, data_key, relying)
        return None if way is None else enter(tx, owner.id, way, came)


def _with_first(tx: Tx, found: Invited, first: First | None, data_key: bytes, relying: Relying) -> str | None:
    """The factor that comes with a first password is in use: the way they come in by it. None = they had one."""
    owner = found.party
    if found.has_factor:
        if first is not None:
            raise _factor_there()
        return None
    if first is None:
        raise Malformed("factor_needed", "Add a passkey, or an app and a code of it.", field="code")
    if isinstance(first, FirstPasskey):
        finish_passkey(tx.conn, owner.id, first.id, first.credential, relying, owner.id, tx.now)
        return "passkey"
    secret, step = apps.shown(_about(found), first.kept, first.code, data_key, tx.now)
    store.spend_step(tx.conn, use_app(tx, owner.id, secret, data_key), step)
    return "totp"


def _check_password(password: str, owner: Party) -> None:
    passwords.check(password, (owner.name, owner.email, owner.external_id, owner.email.partition("@")[0]))


def _factor_there() -> Conflict:
    return Conflict(
        "factor_there", "You have a second factor meanwhile; open the link again to set the password alone."
    )


def _about(found: Invited) -> str:
    return f"app of {found.invitation.id}"
