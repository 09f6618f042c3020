"""Factors come into use and go: an authenticator app, passkeys."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyotp

from tidegate.base import sealing
from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, Forbidden, NotFound, Refusal
from tidegate.db import Conn, Tx, act
from tidegate.parties import passkey, store, totp
from tidegate.parties.flow import apps
from tidegate.parties.flow.apps import App
from tidegate.parties.flow.looking import lock_one, record
from tidegate.parties.flow.proving import about_factor, open_challenge
from tidegate.parties.flow.registering import get
from tidegate.parties.party import EventType, Party
from tidegate.parties.passkey import NotRight, Relying
from tidegate.parties.store import Enrolled as InUse
from tidegate.parties.store import Event


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A new factor. The secret is shown this once."""

    id: str  # "fac_…"
    secret: str  # base 32
    otpauth_uri: str


@dataclass(frozen=True, slots=True)
class Ceremony:
    """A passkey to be: its id, and what the customer's browser is asked."""

    id: str  # "fac_…"
    options: dict[str, Any]
    expires_at: datetime


def enrol_totp(
    conn: Conn, party_id: str, data_key: bytes, actor: str, now: datetime, issuer: str = "Tidegate"
) -> Enrolled:
    """Give the customer a factor. One that was in use before stops working, and that is a change of factor:

    withdrawals pause after it as after any `mfa_changed`. A first enrolment changes nothing and pauses nothing.
    """
    secret = pyotp.random_base32()
    with act(conn, actor, now) as tx:
        owner = lock_one(conn, party_id)
        factor_id = use_app(tx, party_id, secret, data_key)
        return Enrolled(factor_id, secret, totp.uri(secret, owner.email, issuer))


def new_own_app(owner: Party, data_key: bytes, issuer: str, kept: str = "") -> App:
    """An app for a customer who is signed in, or the one that their form brought back."""
    return apps.offer(_about_app(owner.id), owner.email, data_key, issuer, kept)


def set_own_app(conn: Conn, party_id: str, kept: str, code: str, data_key: bytes, actor: str, now: datetime) -> None:
    """The app that was offered has shown a code: it is the customer's, and the one before stops working.

    Raises Malformed `app_unknown`, `app_code_wrong`.
    """
    secret, step = apps.shown(_about_app(party_id), kept, code, data_key, now)
    with act(conn, actor, now) as tx:
        lock_one(conn, party_id)
        store.spend_step(conn, use_app(tx, party_id, secret, data_key), step)


def _about_app(party_id: str) -> str:
    return f"app of {party_id}"


def use_app(tx: Tx, party_id: str, secret: str, data_key: bytes) -> str:
    """From now on an app with this secret is the party's; the one before stops working. Its factor's id.

    The caller holds the party's lock.
    """
    factor_id = new_id("fac")
    others = store.factors(tx.conn, party_id)
    old = store.factor(tx.conn, party_id)
    if old is not None:
        store.revoke_factor(tx.conn, old.id, tx.now)
    store.add_factor(tx.conn, factor_id, party_id, seal(data_key, secret, factor_id, party_id), tx.now)
    factors_changed(tx, party_id, factor_id, first=not others)
    tx.note("factor.enrolled", party_id, {"factor": factor_id, "kind": "totp", "replaces": old.id if old else None})
    return factor_id


def factors(conn: Conn, party_id: str) -> list[InUse]:
    """What the customer has enrolled, oldest first. NotFound `customer_unknown`."""
    get(conn, party_id)
    return store.factors(conn, party_id)


def begin_passkey(
    conn: Conn, party_id: str, name: str, relying: Relying, minutes: int, actor: str, now: datetime
) -> Ceremony:
    """Ask an authenticator for a new key. Nothing counts before `finish_passkey`.

    Raises Malformed `name_invalid`, Conflict `passkeys_too_many`.
    """
    passkey.check_name(name)
    with act(conn, actor, now):
        owner = lock_one(conn, party_id)
        keys = [found.credential for found in store.factors(conn, party_id) if found.credential is not None]
        if len(keys) >= passkey.MOST_PER_PARTY:
            raise Conflict("passkeys_too_many", f"{len(keys)} passkeys are in use; remove one before adding another.")
        factor_id, nonce = new_id("fac"), os.urandom(passkey.NONCE_BYTES)
        asked = passkey.challenge(factor_id, nonce)
        until = now + timedelta(minutes=minutes)
        store.add_challenge(conn, store.Challenge(asked, party_id, factor_id, nonce, name, now, until, None))
        options = passkey.creation_options(relying, party_id, owner.email, asked, keys, minutes)
        return Ceremony(factor_id, options, until)


def finish_passkey(
    conn: Conn,
    party_id: str,
    factor_id: str,
    credential: Mapping[str, Any],
    relying: Relying,
    actor: str,
    now: datetime,
) -> InUse:
    """The authenticator has made its key: from now on it confirms. Beside another factor this is a change of factor.

    Raises NotFound `ceremony_unknown`, Conflict `challenge_used`, `challenge_expired`, `passkey_taken`, Forbidden
    `passkey_refused`; after any of the last two a new ceremony is needed.
    """
    refusal: Refusal | None = None
    with act(conn, actor, now) as tx:
        lock_one(conn, party_id)
        peek = store.newest_challenge(conn, factor_id)
        if peek is None or peek.party_id != party_id or not factor_id.startswith("fac_"):
            raise NotFound("ceremony_unknown", f"No passkey {factor_id} of this customer is being made.")
        asked = open_challenge(tx, peek.challenge)
        others = store.factors(conn, party_id)
        try:
            made = passkey.made(relying, credential, asked.challenge)
        except NotRight as wrong:
            tx.note("factor.not_enrolled", party_id, {"factor": factor_id, "why": str(wrong)[:200]})
            refusal = Forbidden(
                "passkey_refused", f"The authenticator's answer is not right: {wrong}. Begin again.", field="credential"
            )
        else:
            added = store.add_passkey(
                conn, factor_id, party_id, asked.name, made.credential, made.public_key, made.sign_count, now
            )
            if not added:
                refusal = Conflict("passkey_taken", "This passkey is enrolled already; use another authenticator.")
            else:
                factors_changed(tx, party_id, factor_id, first=not others)
                tx.note("factor.enrolled", party_id, {"factor": factor_id, "kind": "passkey", "replaces": None})
    if refusal is not None:
        raise refusal
    return next(found for found in store.factors(conn, party_id) if found.id == factor_id)


def remove_factor(conn: Conn, party_id: str, factor_id: str, actor: str, now: datetime) -> list[InUse]:
    """Take a factor out of use, for good; what is left. That is a change of factor.

    The last one stays: an account must not lose its second factor unnoticed. Raises NotFound `factor_unknown`, Conflict
    `factor_last`.
    """
    with act(conn, actor, now) as tx:
        lock_one(conn, party_id)
        mine = {found.id: found for found in store.factors(conn, party_id)}
        if factor_id not in mine:
            raise NotFound("factor_unknown", f"There is no factor {factor_id} in use.")
        if len(mine) == 1:
            raise Conflict("factor_last", f"{factor_id} is the only factor; enrol another one before removing it.")
        store.revoke_factor(conn, factor_id, now)
        factors_changed(tx, party_id, factor_id, first=False)
        tx.note("factor.removed", party_id, {"factor": factor_id, "kind": mine[factor_id].kind})
        return [found for found in mine.values() if found.id != factor_id]


def factors_changed(tx: Tx, party_id: str, factor_id: str, *, first: bool) -> None:
    """A first factor pauses nothing; every other change does, as any `mfa_changed`."""
    if first:
        store.bump(tx.conn, party_id)
        return
    event = Event(new_id("evt"), party_id, EventType.MFA_CHANGED.value, tx.now, tx.now, None, None, None)
    record(tx, event, factor=factor_id)


def seal(data_key: bytes, secret: str, factor_id: str, party_id: str) -> bytes:
    return sealing.seal(data_key, os.urandom(sealing.NONCE_BYTES), secret.encode(), about_factor(factor_id, party_id))
