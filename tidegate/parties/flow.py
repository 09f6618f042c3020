"""Customers, what happens to their accounts, who may call, and what is ordered about whom.

The journal never carries a name, a mail address or a birthday: it cannot be erased.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyotp
import structlog

from tidegate.base import sealing
from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, Forbidden, Malformed, NotFound, Refusal, TooMany, Unauthorised
from tidegate.base.times import rfc3339
from tidegate.db import Conn, Tx, act, journal
from tidegate.notifications import flow as notifications
from tidegate.parties import access, party, passkey, store, totp
from tidegate.parties.access import Identity
from tidegate.parties.party import EventType, Party, Restriction, Verified
from tidegate.parties.passkey import NotRight, Relying
from tidegate.parties.store import Enrolled as InUse
from tidegate.parties.store import Event, Key, LoginRow

log = structlog.get_logger("parties")


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A new factor. The secret is shown this once."""

    id: str  # "fac_…"
    secret: str  # base 32
    otpauth_uri: str


@dataclass(frozen=True, slots=True)
class NewKey:
    """A new key. The secret is shown this once."""

    id: str  # "key_…"
    secret: str  # "tg_…"


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


# Customers.


def register(
    conn: Conn,
    external_id: str,
    country: str,
    name: str,
    email: str,
    actor: str,
    now: datetime,
    kind: str = "customer",
    language: str = "en",
) -> Party:
    """Take a customer in. Raises Malformed naming the field; Conflict `external_id_taken`."""
    party.check_customer(external_id, country, name, email)
    party.check_language(language)
    if kind not in ("customer", "merchant"):
        raise Malformed("kind_unknown", f"{kind[:40]!r} is not a kind of party; use customer or merchant", field="kind")
    with act(conn, actor, now) as tx:
        made = store.add(conn, new_id("cus"), kind, external_id, country, name, email, language, now)
        if made is None:
            raise Conflict(
                "external_id_taken", f"external_id {external_id!r} belongs to another customer.", field="external_id"
            )
        tx.note("party.registered", made.id, {"kind": kind, "country": country})
        return made


def set_identity(conn: Conn, party_id: str, verified: Verified, actor: str, now: datetime) -> Party:
    """Write down who somebody verified the customer to be; it replaces what was known before."""
    party.check_verified(verified, now)
    with act(conn, actor, now) as tx:
        before = _lock_one(conn, party_id)
        store.set_identity(conn, party_id, verified, now)
        tx.note(
            "party.identified",
            party_id,
            {
                "level": verified.level,
                "level_before": before.level,
                "country": verified.country or before.country,
                "provider": verified.provider,
                "reference": verified.reference,
            },
        )
        return get(conn, party_id)


def set_language(conn: Conn, party_id: str, language: str, actor: str, now: datetime) -> Party:
    """Write to the customer in this language from now on. Raises Malformed `language_unknown`."""
    party.check_language(language)
    with act(conn, actor, now) as tx:
        before = _lock_one(conn, party_id)
        if before.language != language:
            store.set_language(conn, party_id, language)
            tx.note("party.language", party_id, {"language": language})
        return get(conn, party_id)


def record_event(
    conn: Conn,
    party_id: str,
    type: str,
    at: datetime,
    actor: str,
    now: datetime,
    device_id: str | None = None,
    ip: str | None = None,
    country: str | None = None,
) -> Event:
    """Write down what the platform says happened. Raises Malformed: `event_unknown`, `event_in_future`, …"""
    kind = party.check_event(type, at, device_id, ip, country, now)
    with act(conn, actor, now) as tx:
        _lock_one(conn, party_id)
        return _record(tx, Event(new_id("evt"), party_id, kind.value, at, now, device_id, ip, country))


def get(conn: Conn, party_id: str) -> Party:
    """One customer; NotFound `customer_unknown`."""
    found = store.get(conn, party_id)
    if found is None:
        raise _unknown(party_id)
    return found


def page(conn: Conn, text: str | None = None, before: str | None = None, limit: int = 50) -> list[Party]:
    """Customers, newest first; with `text` those whose id, external id or mail it is, or whose name contains it."""
    if not text:
        return store.page(conn, before, limit)
    return store.search(conn, text, before, limit) if text.isprintable() else []


def timeline(conn: Conn, party_id: str) -> list[journal.News]:
    """Everything the journal says about a customer, oldest first; NotFound `customer_unknown`."""
    get(conn, party_id)
    return journal.about(conn, party_id)


def on_new_device(conn: Conn, event_id: str) -> bool:
    """Whether a login came from a device that this customer never used before. The very first one is no news."""
    return not store.seen_device_before(conn, event_id)


# What a decision reads, for many parties at once.


def lock(conn: Conn, ids: Collection[str]) -> dict[str, Party]:
    """The parties by id, row-locked in id order until the transaction ends. Unknown ids are absent."""
    return {found.id: found for found in store.lock(conn, sorted(set(ids)))}


def restrictions(conn: Conn, ids: Collection[str], now: datetime) -> dict[str, list[Restriction]]:
    """What is in force on each of the parties, oldest first; every id is there."""
    orders: dict[str, list[Restriction]] = {id: [] for id in ids}
    for order in store.restrictions(conn, list(orders), now):
        orders[order.party_id].append(order)
    return orders


def latest_events(conn: Conn, ids: Collection[str], types: Sequence[str]) -> dict[str, dict[str, datetime]]:
    """When each of these event types last happened to each of the parties; every id is there."""
    latest: dict[str, dict[str, datetime]] = {id: {} for id in ids}
    for item in store.latest_events(conn, list(latest), types):
        latest[item.party_id][item.type] = item.at
    return latest


def factors_of(conn: Conn, ids: Collection[str]) -> dict[str, frozenset[str]]:
    """The kinds of factor ("totp", "passkey") that each of the parties has in use; every id is there."""
    kinds: dict[str, set[str]] = {id: set() for id in ids}
    for found in store.kinds_of_factors(conn, list(kinds)):
        kinds[found.party_id].add(found.kind)
    return {id: frozenset(own) for id, own in kinds.items()}


def logins(conn: Conn, ids: Collection[str], since: datetime, hours: int) -> dict[str, LoginRow]:
    """What the logins of each of the parties say; every id is there. Travel counts after `since`, when two logins in
    different countries are less than `hours` apart."""
    return {found.party_id: found for found in store.logins(conn, list(ids), since, hours * 60)}


def alarms(conn: Conn, party_id: str, events: Sequence[str], kinds: Sequence[str]) -> int:
    """How many of these events and restrictions there ever were, in force or not: it only rises.

    Whoever holds the party's lock and finds the number they know has missed none, whatever the clocks said.
    """
    return store.alarms(conn, party_id, events, kinds)


# Factors.


def enrol_totp(
    conn: Conn, party_id: str, data_key: bytes, actor: str, now: datetime, issuer: str = "Tidegate"
) -> Enrolled:
    """Give the customer a factor. One that was in use before stops working, and that is a change of factor:

    withdrawals pause after it as after any `mfa_changed`. A first enrolment changes nothing and pauses nothing.
    """
    secret = pyotp.random_base32()
    with act(conn, actor, now) as tx:
        owner = _lock_one(conn, party_id)
        factor_id = new_id("fac")
        others = store.factors(conn, party_id)
        old = store.factor(conn, party_id)
        if old is not None:
            store.revoke_factor(conn, old.id, now)
        store.add_factor(conn, factor_id, party_id, _seal(data_key, secret, factor_id, party_id), now)
        _factors_changed(tx, party_id, factor_id, first=not others)
        tx.note("factor.enrolled", party_id, {"factor": factor_id, "kind": "totp", "replaces": old.id if old else None})
        return Enrolled(factor_id, secret, totp.uri(secret, owner.email, issuer))


@dataclass(frozen=True, slots=True)
class Ceremony:
    """A passkey to be: its id, and what the customer's browser is asked."""

    id: str  # "fac_…"
    options: dict[str, Any]
    expires_at: datetime


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
        owner = _lock_one(conn, party_id)
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
        _lock_one(conn, party_id)
        peek = store.newest_challenge(conn, factor_id)
        if peek is None or peek.party_id != party_id or not factor_id.startswith("fac_"):
            raise NotFound("ceremony_unknown", f"No passkey {factor_id} of this customer is being made.")
        asked = _open_challenge(tx, peek.challenge)
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
                _factors_changed(tx, party_id, factor_id, first=not others)
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
        _lock_one(conn, party_id)
        mine = {found.id: found for found in store.factors(conn, party_id)}
        if factor_id not in mine:
            raise NotFound("factor_unknown", f"There is no factor {factor_id} in use.")
        if len(mine) == 1:
            raise Conflict("factor_last", f"{factor_id} is the only factor; enrol another one before removing it.")
        store.revoke_factor(conn, factor_id, now)
        _factors_changed(tx, party_id, factor_id, first=False)
        tx.note("factor.removed", party_id, {"factor": factor_id, "kind": mine[factor_id].kind})
        return [found for found in mine.values() if found.id != factor_id]


def challenge_passkey(
    tx: Tx, party_id: str, subject: str, bound_to: str, relying: Relying, minutes: int
) -> dict[str, Any]:
    """What the customer's browser is asked to sign for `subject`; the challenge is bound to `bound_to`.

    The caller holds the party's lock. Raises Conflict `factor_missing` where they have no passkey.
    """
    keys = [found.credential for found in store.factors(tx.conn, party_id) if found.credential is not None]
    if not keys:
        raise Conflict("factor_missing", f"Customer {party_id} has no passkey; enrol one first.")
    nonce = os.urandom(passkey.NONCE_BYTES)
    asked = passkey.challenge(bound_to, nonce)
    until = tx.now + timedelta(minutes=minutes)
    store.add_challenge(tx.conn, store.Challenge(asked, party_id, subject, nonce, "", tx.now, until, None))
    return passkey.request_options(relying, asked, keys, minutes)


def check_passkey(
    tx: Tx, party_id: str, subject: str, bound_to: str, credential: Mapping[str, Any], relying: Relying
) -> InUse | Refusal:
    """The passkey that has signed for `subject` and what it is bound to, or why it did not.

    The challenge is used up either way, with the caller's transaction. A counter that ran backwards is an alarm
    (`passkey_copied`): the key exists twice. Raises Conflict: `challenge_unknown`, `challenge_used`,
    `challenge_expired`.
    """
    try:
        asked = _open_challenge(tx, passkey.signed_challenge(credential))
        if (asked.subject, asked.party_id) != (subject, party_id):
            raise Conflict("challenge_unknown", "The authenticator signed a challenge for something else.")
        if passkey.challenge(bound_to, asked.nonce) != asked.challenge:
            raise NotRight("the challenge is not bound to what is confirmed")
        found = store.passkey(tx.conn, party_id, passkey.used_credential(credential))
        if found is None or found.public_key is None:
            raise NotRight("no such passkey of this customer is in use")
        count = passkey.count_after(relying, credential, asked.challenge, found.public_key)
    except NotRight as wrong:
        return Forbidden("passkey_refused", f"The passkey's answer is not right: {wrong}.", field="credential")
    if passkey.ran_backwards(found.sign_count, count):
        tx.note("factor.copied", party_id, {"factor": found.id, "count": count, "count_before": found.sign_count})
        log.error("a passkey's counter ran backwards", party=party_id, factor=found.id)
        return Forbidden(
            "passkey_copied",
            f"The counter of {found.id} went from {found.sign_count} to {count}: somebody has a copy of it. Nothing is "
            "confirmed with it; remove it and enrol a new one.",
            field="credential",
        )
    store.counted(tx.conn, found.id, count)
    return found


def _open_challenge(tx: Tx, challenge: bytes) -> store.Challenge:
    """The challenge, used up with the caller's transaction. Raises Conflict."""
    asked = store.challenge(tx.conn, challenge)
    if asked is None:
        raise Conflict("challenge_unknown", "Nobody here has asked for this signature; ask for a challenge first.")
    if asked.used_at is not None:
        raise Conflict("challenge_used", "This challenge was answered already; ask for a new one.")
    if asked.expires_at <= tx.now:
        raise Conflict(
            "challenge_expired", f"The time to answer ended at {rfc3339(asked.expires_at)}; ask for a new challenge."
        )
    store.use_challenge(tx.conn, challenge, tx.now)
    return asked


def _factors_changed(tx: Tx, party_id: str, factor_id: str, *, first: bool) -> None:
    """A first factor pauses nothing; every other change does, as any `mfa_changed`."""
    if first:
        store.bump(tx.conn, party_id)
        return
    event = Event(new_id("evt"), party_id, EventType.MFA_CHANGED.value, tx.now, tx.now, None, None, None)
    _record(tx, event, factor=factor_id)


def check_totp(tx: Tx, party_id: str, code: str, data_key: bytes, tries: int, pause: timedelta) -> bool:
    """Whether the code is the customer's and unused; it is then spent with the caller's transaction.

    A wrong code is False, and counted with the caller's transaction: after `tries` in a row, whatever they were for,
    the factor takes no code until `pause` is over. Raises Conflict `factor_missing`, TooMany `codes_paused`.
    """
    factor = store.factor(tx.conn, party_id)
    if factor is None:
        raise Conflict("factor_missing", f"Customer {party_id} has no authenticator app; enrol one first.")
    until = totp.paused_until(factor.wrong_codes, factor.wrong_at, tries, pause, tx.now)
    if until is not None:
        raise TooMany(
            "codes_paused",
            f"{factor.wrong_codes} wrong codes in a row: no code counts before {rfc3339(until)}. A new factor may be "
            "enrolled at once.",
            field="code",
        )
    secret = sealing.unseal(data_key, factor.sealed, _about(factor.id, party_id)).decode()
    step = totp.accept(secret, code, factor.last_step, tx.now)
    if step is None:
        before = factor.wrong_codes if factor.wrong_codes < tries else 0  # a pause that is over gives all tries back
        store.wrong_code(tx.conn, factor.id, before + 1, tx.now)
        return False
    store.spend_step(tx.conn, factor.id, step)
    return True


# Keys and sessions.


def create_key(
    conn: Conn,
    role: str,
    label: str,
    actor: str,
    now: datetime,
    party_id: str | None = None,
    scopes: Collection[str] | None = None,
    addresses: Collection[str] | None = None,
    expires_at: datetime | None = None,
) -> NewKey:
    """Give somebody a key: 256 random bits, of which only the hash is kept. Raises Malformed naming the field."""
    access.check_key(role, label, party_id, scopes, addresses, expires_at, now)
    secret = f"tg_{secrets.token_urlsafe(32)}"
    with act(conn, actor, now) as tx:
        if party_id is not None:
            _lock_one(conn, party_id)
        key = Key(
            id=new_id("key"),
            role=role,
            party_id=party_id,
            label=label,
            scopes=None if scopes is None else sorted(set(scopes)),
            addresses=None if addresses is None else sorted(set(addresses)),
            expires_at=expires_at,
            created_by=actor,
            created_at=now,
            revoked_at=None,
        )
        store.add_key(conn, key, _hash(secret))
        tx.note("key.created", key.id, {"role": role, "label": label, "party": party_id, "scopes": key.scopes})
        return NewKey(key.id, secret)


def whoami(conn: Conn, secret: str, now: datetime, ip: str | None) -> Identity:
    """Whose key it is. Raises Unauthorised: `key_unknown`, `key_revoked`, `key_expired`, `key_wrong_address`."""
    return _identify(store.key_by_hash(conn, _hash(secret)), now, ip)


def whoami_many(conn: Conn, asked: Sequence[tuple[str, str | None]], now: datetime) -> list[Identity | Unauthorised]:
    """Whose keys they are (secret, and the address it is used from), all read now: what `whoami` says, for each."""
    hashes = [_hash(secret) for secret, _ in asked]
    known = {found.hash: found for found in store.keys_by_hash(conn, sorted({hash.hex() for hash in hashes}))}
    said: list[Identity | Unauthorised] = []
    for hash, (_, ip) in zip(hashes, asked, strict=True):
        try:
            said.append(_identify(known.get(hash), now, ip))
        except Unauthorised as refusal:
            said.append(refusal)
    return said


def keys(conn: Conn) -> list[Key]:
    """Every key, newest first, without secrets."""
    return store.keys(conn)


@dataclass(frozen=True, slots=True)
class Person:
    """Who stands behind a credential, as far as the house can tell. `role` None = it is no key of ours."""

    name: str
    role: str | None


def people(conn: Conn, credentials: Collection[str]) -> dict[str, Person]:
    """Who stands behind each credential: see `access.person`."""
    known = {key.id: key for key in store.keys_by_id(conn, sorted(set(credentials)))}
    return {
        id: Person(access.person(known[id].label if id in known else id), known[id].role if id in known else None)
        for id in credentials
    }


def same_person(conn: Conn, one: str, other: str) -> bool:
    """Whether two credentials are one person's: whoever has two keys is no second person."""
    who = people(conn, {one, other})
    return who[one].name == who[other].name


def revoke_key(conn: Conn, key_id: str, actor: str, now: datetime) -> None:
    """Take a key away for good, and its sessions with it. NotFound `key_missing`, Conflict `key_already_revoked`."""
    with act(conn, actor, now) as tx:
        if not store.revoke_key(conn, key_id, now):
            if store.key(conn, key_id) is None:
                raise NotFound("key_missing", f"There is no key {key_id}.")
            raise Conflict("key_already_revoked", f"Key {key_id} was revoked already.")
        tx.note("key.revoked", key_id)


def open_session(conn: Conn, key_secret: str, now: datetime, ip: str | None = None) -> Opened:
    """Sign a person in with their key. Raises as `whoami` does; Forbidden `not_staff` for machines and customers."""
    identity = whoami(conn, key_secret, now, ip)
    if identity.role not in access.STAFF:
        raise Forbidden("not_staff", f'"{identity.label}" ({identity.role}) is no person of ours; the console is.')
    cookie, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    with act(conn, identity.actor, now) as tx:
        store.add_session(conn, _hash(cookie), identity.key_id, csrf, now)
        tx.note("session.opened", identity.key_id)
    return Opened(cookie, csrf, identity)


def session(conn: Conn, cookie: str, now: datetime, ip: str | None = None, *, seen: bool = True) -> Session:
    """Who is signed in. Raises Unauthorised: `session_unknown`, `session_ended`, `session_expired`, and as `whoami`.

    It ends 30 minutes after the last request that counts as `seen`, 12 hours after the first, and with its key.
    """
    hash = _hash(cookie)
    found = store.session(conn, hash)
    if found is None:
        raise Unauthorised("session_unknown", "You are not signed in.")
    if found.ended_at is not None:
        raise Unauthorised("session_ended", "You have signed out; sign in again.")
    if access.session_over(found.created_at, found.seen_at, now):
        raise Unauthorised("session_expired", "You were signed out after a while; sign in again.")
    key = store.key(conn, found.key_id)
    assert key is not None  # a foreign key says so
    identity = _identify(key, now, ip)
    if seen and now - found.seen_at >= timedelta(minutes=1):  # not one write per click
        store.see_session(conn, hash, now)
    return Session(identity, found.csrf)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who is signed in. `seen_at` is a minute late at most."""

    key_id: str
    since: datetime
    seen_at: datetime


def signed_in(conn: Conn, now: datetime) -> list[SignedIn]:
    """Who is signed in at the console, the latest seen first."""
    found = store.open_sessions(conn, now - access.SESSION_IDLE, now - access.SESSION_LIFE)
    return [SignedIn(item.key_id, item.created_at, item.seen_at) for item in found]


def end_session(conn: Conn, cookie: str, now: datetime) -> None:
    """Sign out; doing so twice is no fault."""
    hash = _hash(cookie)
    found = store.session(conn, hash)
    if found is None:
        return
    with act(conn, found.key_id, now) as tx:
        if store.end_session(conn, hash, now) is not None:
            tx.note("session.ended", found.key_id)


# Restrictions.


def impose(
    tx: Tx, party_id: str, kind: str, until: datetime | None, reason: str, value: str | None = None
) -> Restriction:
    """Order a restriction inside somebody's act. Locks the party first: whoever decides about it waits or sees it.

    Each order stands on its own: two officers' freezes are two, and lifting one leaves the other.
    """
    checked = party.check_restriction(kind, until, reason, value, tx.now)
    _lock_one(tx.conn, party_id)
    order = Restriction(
        new_id("res"), party_id, checked.value, until, value, reason, tx.actor, tx.now, None, None, None
    )
    store.add_restriction(tx.conn, order)
    store.bump(tx.conn, party_id)
    tx.note(
        "party.frozen" if checked is party.RestrictionKind.FREEZE else "party.restricted",
        party_id,
        {"restriction": order.id, "kind": order.kind, "until": until, "value": value, "reason": reason},
    )
    return order


def restrict(
    conn: Conn,
    party_id: str,
    kind: str,
    until: datetime | None,
    reason: str,
    actor: str,
    now: datetime,
    value: str | None = None,
) -> Restriction:
    """Order a restriction. Raises Malformed naming the field; NotFound `customer_unknown`."""
    with act(conn, actor, now) as tx:
        return impose(tx, party_id, kind, until, reason, value)


def freeze(conn: Conn, party_id: str, reason: str, actor: str, now: datetime) -> Restriction:
    """Stop everything outgoing of a customer until somebody lifts it."""
    return restrict(conn, party_id, party.RestrictionKind.FREEZE.value, None, reason, actor, now)


def freeze_own(tx: Tx, party_id: str, reason: str) -> Restriction:
    """The customer stops everything outgoing of their own account. Where they have done so already, that one stands.

    One that is about to end, because its lifting was agreed, does not: something is wrong again.
    """
    _lock_one(tx.conn, party_id)
    for order in store.restrictions(tx.conn, [party_id], tx.now):
        if order.is_own_freeze and order.until is None:
            return order
    return impose(tx, party_id, party.RestrictionKind.FREEZE.value, None, reason)


def freeze_by_link(conn: Conn, token: str, now: datetime) -> Restriction:
    """The customer says, with the link of any mail of ours, that something was not them. Again changes nothing.

    It counts long after the link stopped to confirm. Raises NotFound `link_unknown`, Conflict `link_expired`.
    """
    link = notifications.opened(conn, token)
    if link.freeze_until <= now:
        raise Conflict("link_expired", f"This link counted until {rfc3339(link.freeze_until)}; write to support.")
    with act(conn, link.party_id, now) as tx:
        return freeze_own(tx, link.party_id, f"The customer froze their account with the link of {link.mail_id}.")


def frozen_by_owner(conn: Conn, party_id: str, now: datetime) -> bool:
    """Whether a freeze that the customer ordered themself is in force and not about to end."""
    return any(order.is_own_freeze and order.until is None for order in store.restrictions(conn, [party_id], now))


def lift(
    conn: Conn,
    restriction_id: str,
    reason: str,
    actor: str,
    now: datetime,
    compliance: bool = False,
    wait: timedelta = timedelta(hours=24),
) -> Restriction:
    """End a restriction. NotFound `restriction_missing`; Conflict `restriction_already_lifted` naming by whom.

    A customer's own freeze says that somebody else may be in their account, and who asks to lift it may be that
    somebody. So it takes `compliance`, a verification of who they are that is younger than the freeze, and it goes on
    for `wait`, in which nothing leaves and the customer can cancel what waits. Raises Forbidden `lift_not_yours`,
    Conflict `reverification_missing`, `lift_already_agreed`.
    """
    party.check_reason(reason)
    with act(conn, actor, now) as tx:
        order = _restriction(conn, restriction_id)
        owner = _lock_one(conn, order.party_id)
        order = _restriction(conn, restriction_id)  # read again: who held the party's lock may have changed it
        if order.is_own_freeze and order.lifted_at is None:
            return _end_own_freeze(tx, owner, order, reason, compliance, wait)
        if not store.lift_restriction(conn, restriction_id, actor, reason, now):
            done = _restriction(conn, restriction_id)
            assert done.lifted_at is not None  # nothing else keeps the row from being lifted
            raise Conflict(
                "restriction_already_lifted",
                f'{restriction_id} was lifted by "{done.lifted_by}" at {rfc3339(done.lifted_at)} already.',
            )
        store.bump(conn, order.party_id)
        tx.note(
            "party.unfrozen" if order.kind == party.RestrictionKind.FREEZE else "party.unrestricted",
            order.party_id,
            {"restriction": order.id, "kind": order.kind, "reason": reason},
        )
        return _restriction(conn, restriction_id)


def _end_own_freeze(
    tx: Tx, owner: Party, order: Restriction, reason: str, compliance: bool, wait: timedelta
) -> Restriction:
    """Agree that a customer's own freeze ends after the wait."""
    if not compliance:
        raise Forbidden("lift_not_yours", f"{order.id} is the customer's own freeze: only compliance lifts it.")
    if order.until is not None:
        raise Conflict("lift_already_agreed", f"{order.id} ends at {rfc3339(order.until)}, as was agreed already.")
    if owner.identified_at is None or owner.identified_at <= order.created_at:
        raise Conflict(
            "reverification_missing",
            f"{order.id} is the customer's own freeze of {rfc3339(order.created_at)}: verify who they are again "
            f"(PUT /v1/customers/{order.party_id}/identity), then lift it.",
        )
    until = tx.now + wait
    ended = store.end_restriction(tx.conn, order.id, until)
    assert ended == 1  # its party is ours, it is not lifted and has no end
    store.bump(tx.conn, order.party_id)
    tx.note(
        "party.unfreeze_agreed",
        order.party_id,
        {"restriction": order.id, "kind": order.kind, "reason": reason, "until": until},
    )
    return _restriction(tx.conn, order.id)


def restriction_page(
    conn: Conn, party_id: str | None = None, before: str | None = None, limit: int = 50
) -> list[Restriction]:
    """Restrictions ever ordered, of one party or of all, newest first."""
    return store.restriction_page(conn, party_id, before, limit)


def _restriction(conn: Conn, id: str) -> Restriction:
    order = store.restriction(conn, id)
    if order is None:
        raise NotFound("restriction_missing", f"There is no restriction {id}.")
    return order


def _record(tx: Tx, event: Event, factor: str | None = None) -> Event:
    """Keep an event; `factor` is the factor of ours that made it."""
    store.add_event(tx.conn, event)
    if event.type == EventType.LOGIN:
        came = {"device": event.device_id, "network": party.network_of(event.ip), "country": event.country}
        seen = {kind: value for kind, value in came.items() if value is not None}
        store.see_login(tx.conn, event.party_id, seen, event.at)
    store.bump(tx.conn, event.party_id)
    said: dict[str, object] = {"event": event.id, "type": event.type, "at": event.at, "country": event.country}
    tx.note("party.event", event.party_id, said if factor is None else {**said, "factor": factor})
    return event


def _lock_one(conn: Conn, party_id: str) -> Party:
    found = lock(conn, [party_id]).get(party_id)
    if found is None:
        raise _unknown(party_id)
    return found


def _identify(key: Key | None, now: datetime, ip: str | None) -> Identity:
    if key is None:
        raise Unauthorised("key_unknown", "Nobody has this key; send `Authorization: Bearer tg_…`.")
    if key.revoked_at is not None:  # whatever this machine's clock says
        raise Unauthorised("key_revoked", f'Key {key.id} of "{key.label}" was revoked at {rfc3339(key.revoked_at)}.')
    if key.expires_at is not None and key.expires_at <= now:
        raise Unauthorised("key_expired", f'Key {key.id} of "{key.label}" expired at {rfc3339(key.expires_at)}.')
    if not access.calls_from(key.addresses, ip):
        raise Unauthorised("key_wrong_address", f"Key {key.id} may not be used from {ip or 'an unknown address'}.")
    return Identity(key.id, key.role, access.effective(key.role, key.scopes), key.party_id, key.label)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _seal(data_key: bytes, secret: str, factor_id: str, party_id: str) -> bytes:
    return sealing.seal(data_key, os.urandom(sealing.NONCE_BYTES), secret.encode(), _about(factor_id, party_id))


def _about(factor_id: str, party_id: str) -> str:
    return f"{factor_id} of {party_id}"


def _unknown(party_id: str) -> NotFound:
    return NotFound("customer_unknown", f"There is no customer {party_id}.")


def purge(conn: Conn, challenges: timedelta, sessions: timedelta, now: datetime, limit: int = 1000) -> int:
    """Forget what passkeys had to sign and when staff were signed in, once that is so long over; how many rows."""
    with act(conn, "worker", now) as tx:
        done = store.purge(conn, now - challenges, now - sessions, limit)
        if done.challenges or done.sessions:
            tx.note("retention.purged", "sessions", {"challenges": done.challenges, "sessions": done.sessions})
    return done.challenges + done.sessions
