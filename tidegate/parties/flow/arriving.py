"""Staff come in by a password and an app's code, or by a passkey, and prove themselves with them again.

An unknown name, a wrong password and a wrong code get one answer and cost the same work; tries are bounded
(`trying.py`). What is opened is a session of their key, as by the key itself (`staying.py`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from tidegate.base.refusals import Conflict, Forbidden, Refusal, Unauthorised
from tidegate.db import Conn, Tx, act
from tidegate.parties import passkey, store, totp
from tidegate.parties.flow import trying
from tidegate.parties.flow.calling import identify
from tidegate.parties.flow.hashing import is_it
from tidegate.parties.flow.inviting import login_of
from tidegate.parties.flow.staff_ways import MINUTES, app_secret
from tidegate.parties.flow.staying import Opened, begin_session, proven, session
from tidegate.parties.passkey import NotRight, Relying
from tidegate.parties.store import StaffChallenge, StaffPassword

log = structlog.get_logger("parties")

_PROVE = "prove"


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody shows to prove themselves: a code of their app, or their passkey's answer."""

    code: str = ""
    credential: Mapping[str, Any] | None = None


def staff_sign_in(
    conn: Conn,
    login: str,
    password: str,
    code: str,
    data_key: bytes,
    now: datetime,
    ip: str | None = None,
    country: str | None = None,
) -> Opened:
    """With a password and a code. Raises Unauthorised `sign_in_wrong`, TooMany `sign_in_paused`, and as `whoami` does
    once both were right."""
    name = login_of(login)
    counted = trying.subjects(name, ip, "staff")
    trying.check(conn, counted, now)
    known = store.staff_password_by_login(conn, name) if name.isprintable() else None
    right = is_it(None if known is None else known.hash, password)
    with act(conn, "console" if known is None else known.key_id, now) as tx:
        trying.lock(tx, counted)
        if right and known is not None and _spent(tx, known, code, data_key):
            trying.right(tx, counted[0])
            return begin_session(tx, identify(store.key(conn, known.key_id), now, ip), "password", country)
        trying.wrong(tx, counted)
        if known is not None:
            tx.note("session.refused", known.key_id)
    raise _wrong()


def staff_sign_in_with_passkey(
    conn: Conn,
    credential: Mapping[str, Any],
    relying: Relying,
    now: datetime,
    ip: str | None = None,
    country: str | None = None,
) -> Opened:
    """With a passkey, which says itself whose it is: it has signed what `ask_passkey` asked. Raises as
    `staff_sign_in` does."""
    counted = trying.subjects(None, ip)
    trying.check(conn, counted, now)
    with act(conn, "console", now) as tx:
        trying.lock(tx, counted)
        key_id = _signed_in_by(tx, credential, relying)
        if key_id is not None:
            return begin_session(tx, identify(store.key(conn, key_id), now, ip), "passkey", country)
        trying.wrong(tx, counted)
    raise _wrong()


def ask_staff_proof(conn: Conn, cookie: str, relying: Relying, now: datetime, ip: str | None = None) -> dict[str, Any]:
    """What the passkey of whoever is signed in has to sign. Raises as `session` does, Conflict `way_missing`."""
    who = session(conn, cookie, now, ip).identity
    with act(conn, who.actor, now):
        keys = [found.credential for found in store.staff_passkeys(conn, who.key_id)]
        if not keys:
            raise Conflict("way_missing", "You have no passkey here; use your key.")
        asked = passkey.challenge(_PROVE, os.urandom(passkey.NONCE_BYTES))
        until = now + timedelta(minutes=MINUTES)
        store.add_staff_challenge(conn, asked, StaffChallenge(who.key_id, _PROVE, ""), until)
    return passkey.request_options(relying, asked, keys, MINUTES)


def prove_otherwise(
    conn: Conn, cookie: str, shown: Shown, data_key: bytes, relying: Relying, now: datetime, ip: str | None = None
) -> None:
    """The person who is signed in shows once more who they are, by a code or a passkey of their own.

    Raises as `session` does, Forbidden `proof_wrong`, TooMany `sign_in_paused`.
    """
    who = session(conn, cookie, now, ip).identity
    counted = trying.subjects(who.key_id, ip, "proof")
    with act(conn, who.actor, now) as tx:
        trying.lock(tx, counted)
        right = _shown_right(tx, who.key_id, shown, data_key, relying)
        if right:
            trying.right(tx, counted[0])
        else:
            trying.wrong(tx, counted)
        proven(tx, cookie, who, right)
    if not right:
        raise Forbidden("proof_wrong", f'This code or passkey is not right, or not of "{who.label}", who is signed in.')


def _shown_right(tx: Tx, key_id: str, shown: Shown, data_key: bytes, relying: Relying) -> bool:
    if shown.credential is None:
        known = store.staff_password(tx.conn, key_id)
        return known is not None and _spent(tx, known, shown.code, data_key)
    try:
        asked = passkey.signed_challenge(shown.credential)
        found = store.use_staff_challenge(tx.conn, asked, key_id, tx.now)
        if found is None or found.subject != _PROVE:
            return False
        return _signer(tx, shown.credential, asked, relying) == key_id
    except NotRight:
        return False


def _signed_in_by(tx: Tx, credential: Mapping[str, Any], relying: Relying) -> str | None:
    try:
        asked = passkey.signed_challenge(credential)
        if store.use_sign_in_challenge(tx.conn, asked, tx.now) != 1:
            return None
        return _signer(tx, credential, asked, relying)
    except NotRight:
        return None


def _signer(tx: Tx, credential: Mapping[str, Any], asked: bytes, relying: Relying) -> str | None:
    """Whose passkey has signed; None where there is none, or a second copy of it. Raises NotRight."""
    found = store.staff_passkey(tx.conn, passkey.used_credential(credential))
    if found is None:
        return None
    count = passkey.count_after(relying, credential, asked, found.public_key)
    if passkey.ran_backwards(found.sign_count, count):
        tx.note("way_in.copied", found.key_id, {"way": found.id, "count": count, "count_before": found.sign_count})
        log.error("a passkey's counter ran backwards", key=found.key_id, way=found.id)
        return None
    store.staff_counted(tx.conn, found.id, count)
    return found.key_id


def _spent(tx: Tx, known: StaffPassword, code: str, data_key: bytes) -> bool:
    """Whether the code is the app's and unused; of two at once one has it."""
    step = totp.accept(app_secret(data_key, known), code.strip(), known.last_step, tx.now)
    return step is not None and store.spend_staff_step(tx.conn, known.key_id, step) == 1


def _wrong() -> Refusal:
    return Unauthorised("sign_in_wrong", "Name, password or code is wrong.")
