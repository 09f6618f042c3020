"""Staff sign in with their key, stay a while, and leave. Other ways in: `arriving.py`."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from tidegate.base.refusals import Forbidden, Unauthorised
from tidegate.db import Conn, Tx, act
from tidegate.parties import access, sitting, store
from tidegate.parties.access import Identity
from tidegate.parties.flow.calling import hash_of, identify, whoami


@dataclass(frozen=True, slots=True)
class Opened:
    """A person has signed in. The cookie is shown this once."""

    cookie: str
    csrf: str
    identity: Identity


@dataclass(frozen=True, slots=True)
class Session:
    """A person who is signed in, and the token that every form of theirs must carry."""

    identity: Identity
    csrf: str
    proven_at: datetime  # when they last showed who they are


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who is signed in. `seen_at` is a minute late at most."""

    key_id: str
    since: datetime
    seen_at: datetime
    way: str  # "key", "link", "password", "passkey"
    country: str | None  # ISO 3166-1 alpha-2; None = nobody said


def open_session(
    conn: Conn, key_secret: str, now: datetime, ip: str | None = None, country: str | None = None
) -> Opened:
    """Sign a person in with their key. Raises as `whoami` does; Forbidden `not_staff` for machines and customers,
    `key_barred` where an admin wants another way in."""
    identity = whoami(conn, key_secret, now, ip)
    _check_opens(conn, identity)
    with act(conn, identity.actor, now) as tx:
        return begin_session(tx, identity, "key", country)


def make_link(conn: Conn, key_secret: str, actor: str, now: datetime) -> str:
    """A way in without typing a key, for whoever holds one and the machine: what the link ends with, shown this once.

    It opens one session within a quarter of an hour. Raises as `open_session` does.
    """
    identity = whoami(conn, key_secret, now, None)
    _check_opens(conn, identity)
    secret = secrets.token_urlsafe(32)
    with act(conn, actor, now) as tx:
        store.add_staff_link(conn, hash_of(secret), identity.key_id, now, now + access.LINK_LASTS)
        tx.note("session.offered", identity.key_id)
    return secret


def open_by_link(conn: Conn, secret: str, now: datetime, ip: str | None = None, country: str | None = None) -> Opened:
    """Sign in the person a link was made for, once. Raises Unauthorised `sign_in_link_over`, and as `whoami` does."""
    over = Unauthorised("sign_in_link_over", "This link was used, or is older than 15 minutes; have another one made.")
    made_for = store.staff_link_for(conn, hash_of(secret), now)
    if made_for is None:
        raise over
    identity = identify(store.key(conn, made_for.id), now, ip)
    with act(conn, identity.actor, now) as tx:
        if not store.use_staff_link(conn, hash_of(secret), now):
            raise over
        return begin_session(tx, identity, "link", country)


def prove(conn: Conn, cookie: str, key_secret: str, now: datetime, ip: str | None = None) -> None:
    """The person who is signed in shows once more who they are, with the key of this very session.

    Raises Unauthorised as `session` does, Forbidden `proof_wrong` for any other key.
    """
    signed_in = session(conn, cookie, now, ip).identity
    try:
        shown = whoami(conn, key_secret, now, ip)
    except Unauthorised:
        shown = None
    right = shown is not None and shown.key_id == signed_in.key_id and store.barred(conn, signed_in.key_id) is None
    with act(conn, signed_in.actor, now) as tx:
        proven(tx, cookie, signed_in, right)
    if not right:
        raise Forbidden("proof_wrong", f'This is not the key of "{signed_in.label}", who is signed in here.')


def proven(tx: Tx, cookie: str, who: Identity, right: bool) -> None:
    """Whoever is signed in has shown who they are, or has not."""
    if right:
        store.prove_session(tx.conn, hash_of(cookie), tx.now)
    tx.note("session.proven" if right else "session.proof_failed", who.key_id)


def _check_opens(conn: Conn, identity: Identity) -> None:
    if identity.role not in access.STAFF:
        raise Forbidden("not_staff", f'"{identity.label}" ({identity.role}) is no person of ours; the console is.')
    if store.barred(conn, identity.key_id) is not None:
        raise Forbidden(
            "key_barred", f'The key of "{identity.label}" does not open the console; use a passkey or password.'
        )


def begin_session(tx: Tx, identity: Identity, way: str, country: str | None) -> Opened:
    """A session of whoever showed who they are, by that way in and from there."""
    cookie, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    store.add_session(tx.conn, hash_of(cookie), identity.key_id, csrf, way, country, tx.now)
    tx.note("session.opened", identity.key_id, {"way": way, "country": country})
    return Opened(cookie, csrf, identity)


def session(conn: Conn, cookie: str, now: datetime, ip: str | None = None, *, seen: bool = True) -> Session:
    """Who is signed in. Raises Unauthorised: `session_unknown`, `session_ended`, `session_expired`, and as `whoami`.

    It ends 30 minutes after the last request that counts as `seen`, 12 hours after the first, and with its key.
    """
    hash = hash_of(cookie)
    found = store.session(conn, hash)
    if found is None:
        raise Unauthorised("session_unknown", "You are not signed in.")
    sitting.STAFF.check(found.created_at, found.seen_at, found.ended_at, now)
    key = store.key(conn, found.key_id)
    assert key is not None  # a foreign key says so
    identity = identify(key, now, ip)
    if seen and now - found.seen_at >= sitting.SEEN_EVERY:
        store.see_session(conn, hash, now)
    return Session(identity, found.csrf, found.proven_at)


def signed_in(conn: Conn, now: datetime) -> list[SignedIn]:
    """Who is signed in at the console, the latest seen first."""
    found = store.open_sessions(conn, now - sitting.STAFF.idle, now - sitting.STAFF.life)
    return [SignedIn(item.key_id, item.created_at, item.seen_at, item.way, item.country) for item in found]


def end_session(conn: Conn, cookie: str, now: datetime) -> None:
    """Sign out; doing so twice is no fault."""
    hash = hash_of(cookie)
    found = store.session(conn, hash)
    if found is None:
        return
    with act(conn, found.key_id, now) as tx:
        if store.end_session(conn, hash, now) is not None:
            tx.note("session.ended", found.key_id)
