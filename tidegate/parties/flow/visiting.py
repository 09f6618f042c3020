"""Customers sign in, stay a while, see where they are signed in, and leave.

An unknown account, a wrong password and a wrong code get one answer and cost the same work; tries are bounded
(`trying.py`).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, NotFound, Refusal, TooMany, Unauthorised
from tidegate.db import Conn, Tx, act
from tidegate.parties import passkey, sitting, store
from tidegate.parties.flow import trying
from tidegate.parties.flow.calling import hash_of
from tidegate.parties.flow.hashing import is_it
from tidegate.parties.flow.inviting import login_of
from tidegate.parties.flow.looking import lock_one, record
from tidegate.parties.flow.proving import check_totp
from tidegate.parties.party import EventType
from tidegate.parties.passkey import NotRight, Relying
from tidegate.parties.store import CustomerSession, Event

log = structlog.get_logger("parties")

LINK_COUNTS = timedelta(minutes=15)
_AGENT = 200
_CHALLENGE_COUNTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Came:
    """From where somebody comes: their network address, their browser, the device that it was before, their country."""

    ip: str | None
    agent: str
    device: str | None
    country: str | None = None  # ISO 3166-1 alpha-2; None = nobody whom we believe said so


@dataclass(frozen=True, slots=True)
class CodeBound:
    """How many wrong codes in a row pause an authenticator app, and for how long."""

    tries: int
    pause: timedelta


@dataclass(frozen=True, slots=True)
class Visiting:
    """A customer has signed in. The cookie is shown this once."""

    cookie: str
    session: CustomerSession


def sign_in(
    conn: Conn, email: str, password: str, code: str, came: Came, data_key: bytes, codes: CodeBound, now: datetime
) -> Visiting:
    """With a password and a code. Raises Unauthorised `sign_in_wrong`, TooMany `sign_in_paused`."""
    login = login_of(email)
    counted = trying.subjects(login, came.ip)
    trying.check(conn, counted, now)
    known = store.password(conn, login) if login.isprintable() else None
    right = is_it(None if known is None else known.hash, password)
    with act(conn, "portal" if known is None else known.party_id, now) as tx:
        trying.lock(tx, counted)
        if right and known is not None and _code_right(tx, known.party_id, code, data_key, codes):
            trying.right(tx, counted[0])
            return enter(tx, known.party_id, "totp", came)
        trying.wrong(tx, counted)
        if known is not None:
            tx.note("sign_in.refused", known.party_id)
    raise _wrong()


def ask_passkey(conn: Conn, relying: Relying, now: datetime) -> dict[str, Any]:
    """What whoever comes may sign in with: any passkey that knows this place. It says nothing of anybody."""
    asked = passkey.challenge("sign in", os.urandom(passkey.NONCE_BYTES))
    with act(conn, "portal", now):
        store.add_sign_in_challenge(conn, asked, now + _CHALLENGE_COUNTS)
    return passkey.request_options(relying, asked, [], int(_CHALLENGE_COUNTS.total_seconds()) // 60)


def sign_in_with_passkey(
    conn: Conn, credential: Mapping[str, Any], came: Came, relying: Relying, now: datetime
) -> Visiting:
    """With a passkey, which says itself whose it is. Raises as `sign_in` does."""
    counted = trying.subjects(None, came.ip)
    trying.check(conn, counted, now)
    with act(conn, "portal", now) as tx:
        trying.lock(tx, counted)
        owner = _signed_by(tx, credential, relying)
        if owner is not None:
            return enter(tx, owner, "passkey", came)
        trying.wrong(tx, counted)
    raise _wrong()


def link_in(conn: Conn, party_id: str, actor: str, now: datetime) -> str:
    """The demo's way in: the secret of a link that signs the customer in, once, for a quarter of an hour."""
    token = secrets.token_urlsafe(32)
    with act(conn, actor, now) as tx:
        lock_one(conn, party_id)
        store.add_link(conn, hash_of(token), party_id, now + LINK_COUNTS)
        tx.note("sign_in.link_made", party_id, {"until": now + LINK_COUNTS})
    return token


def sign_in_by_link(conn: Conn, token: str, came: Came, now: datetime) -> Visiting:
    """With a link of the demo. Raises NotFound `link_unknown` for one that is unknown, used or over."""
    with act(conn, "portal", now) as tx:
        found = store.use_link(conn, hash_of(token), now)
        if found is None:
            raise NotFound("link_unknown", "This link is unknown, was used, or is over; make a new one.")
        return enter(tx, found.party_id, "link", came)


def enter(tx: Tx, party_id: str, way: str, came: Came) -> Visiting:
    """A session, and the login as the session checks of a decision read it."""
    lock_one(tx.conn, party_id)
    cookie = secrets.token_urlsafe(32)
    made = CustomerSession(
        id=new_id("ses"),
        party_id=party_id,
        csrf=secrets.token_urlsafe(32),
        way=way,
        ip=came.ip,
        agent=came.agent[:_AGENT],
        country=came.country,
        created_at=tx.now,
        seen_at=tx.now,
        ended_at=None,
    )
    store.add_visit(tx.conn, made, hash_of(cookie))
    login = EventType.LOGIN.value
    record(tx, Event(new_id("evt"), party_id, login, tx.now, tx.now, came.device, came.ip, came.country))
    tx.note("session.opened", party_id, {"session": made.id, "way": way, "country": came.country}, by=party_id)
    return Visiting(cookie, made)


def visiting(conn: Conn, cookie: str, now: datetime, *, seen: bool = True) -> CustomerSession:
    """Who is signed in. Raises Unauthorised: `session_unknown`, `session_ended`, `session_expired`.

    It ends 15 minutes after the last request that counts as `seen`, and 12 hours after the first.
    """
    found = store.visit(conn, hash_of(cookie))
    if found is None:
        raise Unauthorised("session_unknown", "You are not signed in.")
    sitting.CUSTOMERS.check(found.created_at, found.seen_at, found.ended_at, now)
    if seen and now - found.seen_at >= sitting.SEEN_EVERY:
        store.see_visit(conn, found.id, now)
    return found


def visits(conn: Conn, party_id: str, now: datetime) -> list[CustomerSession]:
    """Where the customer is signed in, the latest seen first."""
    return store.visits(conn, party_id, now - sitting.CUSTOMERS.idle, now - sitting.CUSTOMERS.life)


def leave(conn: Conn, party_id: str, session_id: str, now: datetime) -> None:
    """Sign out in one place; doing so twice is no fault, and another customer's session is not touched."""
    with act(conn, party_id, now) as tx:
        if store.end_visit(conn, party_id, session_id, now):
            tx.note("session.ended", party_id, {"session": session_id})


def leave_by_cookie(conn: Conn, cookie: str, now: datetime) -> None:
    """Sign out wherever this cookie is signed in, if it is: the same browser has just signed in again."""
    found = store.visit(conn, hash_of(cookie))
    if found is not None:
        leave(conn, found.party_id, found.id, now)


def leave_elsewhere(conn: Conn, party_id: str, but: str, now: datetime) -> int:
    """Sign out everywhere but here; in how many places."""
    with act(conn, party_id, now) as tx:
        ended = store.end_visits(conn, party_id, but, now)
        if ended:
            tx.note("session.ended_elsewhere", party_id, {"sessions": ended})
        return ended


def _code_right(tx: Tx, party_id: str, code: str, data_key: bytes, codes: CodeBound) -> bool:
    """A code counts after the right password only: nobody else can use an app's tries up."""
    lock_one(tx.conn, party_id)
    try:
        return check_totp(tx, party_id, code, data_key, codes.tries, codes.pause)
    except (Conflict, TooMany):  # no app, or none that takes codes just now: said to nobody at the door
        return False


def _signed_by(tx: Tx, credential: Mapping[str, Any], relying: Relying) -> str | None:
    """Whose passkey has signed a challenge of this door; None where it is not right."""
    try:
        asked = passkey.signed_challenge(credential)
        if store.use_sign_in_challenge(tx.conn, asked, tx.now) != 1:
            return None
        found = store.owned_passkey(tx.conn, passkey.used_credential(credential))
        if found is None or found.public_key is None:
            return None
        count = passkey.count_after(relying, credential, asked, found.public_key)
    except NotRight:
        return None
    if passkey.ran_backwards(found.sign_count, count):
        tx.note("factor.copied", found.party_id, {"factor": found.id, "count": count, "count_before": found.sign_count})
        log.error("a passkey's counter ran backwards", party=found.party_id, factor=found.id)
        return None
    store.counted(tx.conn, found.id, count)
    return found.party_id


def _wrong() -> Refusal:
    return Unauthorised("sign_in_wrong", "Name, password or code is wrong.")
