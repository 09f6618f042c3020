"""The ways into the console that a person of the staff has beside their key, and how they come and go.

Whoever they are stays the key: its role, its label, its revocation. A way in opens sessions of that key and nothing
else, so nobody becomes two people by having two of them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tidegate.base import sealing
from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, Forbidden, NotFound
from tidegate.db import Conn, Tx, act
from tidegate.parties import access, passkey, passwords, store
from tidegate.parties.access import Identity
from tidegate.parties.flow import apps
from tidegate.parties.flow.apps import App
from tidegate.parties.flow.hashing import hashed
from tidegate.parties.flow.inviting import login_of
from tidegate.parties.passkey import NotRight, Relying
from tidegate.parties.store import StaffChallenge, StaffPasskey, StaffPassword

MINUTES = 5
"""How long an authenticator has to answer."""


@dataclass(frozen=True, slots=True)
class Ways:
    """What opens the console for one person."""

    login: str | None  # the name that goes with a password and a code; None = they have none
    set_at: datetime | None
    passkeys: Sequence[StaffPasskey]
    key: bool  # whether the key itself does

    @property
    def beside_key(self) -> int:
        return len(self.passkeys) + (self.login is not None)


def staff_ways(conn: Conn, key_id: str) -> Ways:
    """What opens the console for the person of a key."""
    known = store.staff_password(conn, key_id)
    return Ways(
        None if known is None else known.login,
        None if known is None else known.set_at,
        store.staff_passkeys(conn, key_id),
        store.barred(conn, key_id) is None,
    )


def new_app(who: Identity, data_key: bytes, issuer: str, kept: str = "") -> App:
    """A secret for an app, or the one that a form brought back. It counts once a code of it was shown."""
    return apps.offer(_about(who.key_id), who.label, data_key, issuer, kept)


def set_staff_password(
    conn: Conn, who: Identity, login: str, password: str, kept: str, code: str, data_key: bytes, now: datetime
) -> None:
    """A name, a password and an app, in the place of those before.

    Raises as `access.check_login`, `passwords.check` and `apps.shown` do; Conflict `login_taken`.
    """
    access.check_login(login)
    passwords.check(password, (login, who.label))
    secret, step = apps.shown(_about(who.key_id), kept, code, data_key, now)
    hash = hashed(password)
    with act(conn, who.actor, now) as tx:
        store.lock_key(conn, who.key_id)
        sealed = sealing.seal(data_key, os.urandom(sealing.NONCE_BYTES), secret.encode(), _about(who.key_id))
        made = StaffPassword(who.key_id, login_of(login), hash, sealed, step, now)
        if store.set_staff_password(conn, made) != 1:
            raise Conflict("login_taken", f"Somebody else signs in as {login!r}; choose another name.", field="login")
        tx.note("way_in.added", who.key_id, {"kind": "password"})


def drop_staff_password(conn: Conn, who: Identity, now: datetime) -> None:
    """The password and its app count no more. Raises NotFound `way_unknown`, Conflict `way_last`."""
    with act(conn, who.actor, now) as tx:
        _check_not_last(tx, who.key_id)
        if store.remove_staff_password(conn, who.key_id) != 1:
            raise NotFound("way_unknown", "You have no password here.")
        tx.note("way_in.removed", who.key_id, {"kind": "password"})


def begin_staff_passkey(
    conn: Conn, who: Identity, name: str, relying: Relying, now: datetime
) -> tuple[str, dict[str, Any]]:
    """The id of a passkey to be, and what the browser is asked. Raises Malformed `name_invalid`, Conflict
    `passkeys_too_many`."""
    passkey.check_name(name)
    with act(conn, who.actor, now):
        store.lock_key(conn, who.key_id)
        known = [found.credential for found in store.staff_passkeys(conn, who.key_id)]
        if len(known) >= passkey.MOST_PER_PARTY:
            raise Conflict("passkeys_too_many", f"{len(known)} passkeys are in use; remove one before adding another.")
        id = new_id("way")
        asked = passkey.challenge(id, os.urandom(passkey.NONCE_BYTES))
        store.add_staff_challenge(conn, asked, StaffChallenge(who.key_id, id, name), now + timedelta(minutes=MINUTES))
        return id, passkey.creation_options(relying, f"staff {who.key_id}", who.label, asked, known, MINUTES)


def finish_staff_passkey(
    conn: Conn, who: Identity, id: str, credential: Mapping[str, Any], relying: Relying, now: datetime
) -> None:
    """The authenticator has made its key: from now on it opens the console.

    Raises Forbidden `passkey_refused`, Conflict `passkey_taken`; then it is begun again.
    """
    with act(conn, who.actor, now) as tx:
        store.lock_key(conn, who.key_id)
        try:
            challenge = passkey.signed_challenge(credential)
            asked = store.use_staff_challenge(conn, challenge, who.key_id, now)
            if asked is None or asked.subject != id:
                raise NotRight("nobody here has asked for this signature, or its time is over")
            made = passkey.made(relying, credential, challenge)
        except NotRight as wrong:
            raise Forbidden(
                "passkey_refused", f"The authenticator's answer is not right: {wrong}. Begin again.", field="credential"
            ) from wrong
        added = store.add_staff_passkey(
            conn, StaffPasskey(id, who.key_id, asked.name, made.credential, made.public_key, made.sign_count, now)
        )
        if not added:
            raise Conflict("passkey_taken", "This passkey is enrolled already; use another authenticator.")
        tx.note("way_in.added", who.key_id, {"kind": "passkey", "way": id})


def drop_staff_passkey(conn: Conn, who: Identity, id: str, now: datetime) -> None:
    """A passkey counts no more. Raises NotFound `way_unknown`, Conflict `way_last`."""
    with act(conn, who.actor, now) as tx:
        _check_not_last(tx, who.key_id)
        if store.remove_staff_passkey(conn, who.key_id, id) != 1:
            raise NotFound("way_unknown", f"You have no passkey {id}.")
        tx.note("way_in.removed", who.key_id, {"kind": "passkey", "way": id})


def take_staff_ways(conn: Conn, key_id: str, actor: str, now: datetime) -> None:
    """Somebody lost their device, or their place: every way in beside the key is taken, every session ends.

    The key stays as it is; it is revoked on its own. Raises NotFound `key_missing`.
    """
    with act(conn, actor, now) as tx:
        _known(tx, key_id)
        taken = store.remove_staff_password(conn, key_id)
        for found in store.staff_passkeys(conn, key_id):
            taken += store.remove_staff_passkey(conn, key_id, found.id)
        ended = store.end_sessions_of(conn, key_id, now)
        tx.note("way_in.taken", key_id, {"ways": taken, "sessions": ended})


def bar_key(conn: Conn, key_id: str, actor: str, now: datetime) -> None:
    """The key opens the API and no longer the console. Raises NotFound `key_missing`, Conflict `way_missing` where its
    person has no other way in."""
    with act(conn, actor, now) as tx:
        _known(tx, key_id)
        if staff_ways(conn, key_id).beside_key == 0:
            raise Conflict("way_missing", "Nothing else opens the console for this person; let them add one first.")
        if store.bar_key(conn, key_id, actor, now):
            tx.note("key.barred", key_id)


def allow_key(conn: Conn, key_id: str, actor: str, now: datetime) -> None:
    """The key opens the console again. Raises NotFound `key_missing`."""
    with act(conn, actor, now) as tx:
        _known(tx, key_id)
        if store.allow_key(conn, key_id):
            tx.note("key.allowed", key_id)


def app_secret(data_key: bytes, known: StaffPassword) -> str:
    """The secret of the app that goes with a password."""
    return sealing.unseal(data_key, known.sealed, _about(known.key_id)).decode()


def _known(tx: Tx, key_id: str) -> None:
    found = store.key(tx.conn, key_id)
    if found is None or found.role not in access.STAFF:
        raise NotFound("key_missing", f"There is no key {key_id} of a person.")
    store.lock_key(tx.conn, key_id)


def _check_not_last(tx: Tx, key_id: str) -> None:
    store.lock_key(tx.conn, key_id)
    ways = staff_ways(tx.conn, key_id)
    if not ways.key and ways.beside_key == 1:
        raise Conflict(
            "way_last", "Your key does not open the console, and this is the only other way in; add one first."
        )


def _about(key_id: str) -> str:
    return f"app of {key_id}"
