"""Who may call: keys, and who stands behind them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, NotFound, Unauthorised
from tidegate.base.times import rfc3339
from tidegate.db import Conn, act
from tidegate.parties import access, store
from tidegate.parties.access import Identity
from tidegate.parties.flow.looking import lock_one
from tidegate.parties.store import Key


@dataclass(frozen=True, slots=True)
class NewKey:
    """A new key. The secret is shown this once."""

    id: str  # "key_…"
    secret: str  # "tg_…"


@dataclass(frozen=True, slots=True)
class Person:
    """Who stands behind a credential, as far as the house can tell. `role` None = it is no key of ours."""

    name: str
    role: str | None


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
            lock_one(conn, party_id)
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
        store.add_key(conn, key, hash_of(secret))
        tx.note("key.created", key.id, {"role": role, "label": label, "party": party_id, "scopes": key.scopes})
        return NewKey(key.id, secret)


def whoami(conn: Conn, secret: str, now: datetime, ip: str | None) -> Identity:
    """Whose key it is. Raises Unauthorised: `key_unknown`, `key_revoked`, `key_expired`, `key_wrong_address`."""
    return identify(store.key_by_hash(conn, hash_of(secret)), now, ip)


def whoami_many(conn: Conn, asked: Sequence[tuple[str, str | None]], now: datetime) -> list[Identity | Unauthorised]:
    """Whose keys they are (secret, and the address it is used from), all read now: what `whoami` says, for each."""
    hashes = [hash_of(secret) for secret, _ in asked]
    known = {found.hash: found for found in store.keys_by_hash(conn, sorted({hash.hex() for hash in hashes}))}
    said: list[Identity | Unauthorised] = []
    for hash, (_, ip) in zip(hashes, asked, strict=True):
        try:
            said.append(identify(known.get(hash), now, ip))
        except Unauthorised as refusal:
            said.append(refusal)
    return said


def keys(conn: Conn) -> list[Key]:
    """Every key, newest first, without secrets."""
    return store.keys(conn)


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


def identify(key: Key | None, now: datetime, ip: str | None) -> Identity:
    if key is None:
        raise Unauthorised("key_unknown", "Nobody has this key; send `Authorization: Bearer tg_…`.")
    if key.revoked_at is not None:  # whatever this machine's clock says
        raise Unauthorised("key_revoked", f'Key {key.id} of "{key.label}" was revoked at {rfc3339(key.revoked_at)}.')
    if key.expires_at is not None and key.expires_at <= now:
        raise Unauthorised("key_expired", f'Key {key.id} of "{key.label}" expired at {rfc3339(key.expires_at)}.')
    if not access.calls_from(key.addresses, ip):
        raise Unauthorised("key_wrong_address", f"Key {key.id} may not be used from {ip or 'an unknown address'}.")
    return Identity(key.id, key.role, access.effective(key.role, key.scopes), key.party_id, key.label)


def hash_of(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
