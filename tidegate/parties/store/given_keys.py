"""API keys by the hash of their secret: the statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class Key:
    """An API key as stored: its secret is nowhere. `scopes` None = all of its role, `addresses` None = anywhere."""

    id: str
    role: str
    party_id: str | None
    label: str
    scopes: list[str] | None
    addresses: list[str] | None
    expires_at: datetime | None
    created_by: str
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class HashedKey(Key):
    """An API key with the hash that it was asked for by."""

    hash: bytes


def add_key(conn: Conn, key: Key, hash: bytes) -> None:
    """Keep a key by the hash of its secret."""
    run(
        conn,
        """
        INSERT INTO api_key (id, role, party_id, label, hash, scopes, addresses, expires_at, created_by, created_at)
        VALUES (%(id)s, %(role)s, %(party)s, %(label)s, %(hash)s, %(scopes)s, %(addresses)s, %(expires)s, %(by)s,
                %(at)s)
        """,
        {
            "id": key.id,
            "role": key.role,
            "party": key.party_id,
            "label": key.label,
            "hash": hash,
            "scopes": key.scopes,
            "addresses": key.addresses,
            "expires": key.expires_at,
            "by": key.created_by,
            "at": key.created_at,
        },
    )


def keys_by_hash(conn: Conn, hashes: Sequence[str]) -> list[HashedKey]:
    """The keys whose secrets have these hashes (hex), revoked or not."""
    return rows(
        conn,
        HashedKey,
        """
        SELECT id, role, party_id, label, scopes, addresses, expires_at, created_by, created_at, revoked_at, hash
          FROM api_key WHERE hash IN (SELECT decode(asked.hash, 'hex') FROM unnest(%(hashes)s::text[]) AS asked (hash))
        """,
        {"hashes": list(hashes)},
    )


def key_by_hash(conn: Conn, hash: bytes) -> Key | None:
    """The key whose secret has this hash, revoked or not."""
    return row(
        conn,
        Key,
        """
        SELECT id, role, party_id, label, scopes, addresses, expires_at, created_by, created_at, revoked_at
          FROM api_key WHERE hash = %(hash)s
        """,
        {"hash": hash},
    )


def key(conn: Conn, id: str) -> Key | None:
    """One key."""
    return row(
        conn,
        Key,
        """
        SELECT id, role, party_id, label, scopes, addresses, expires_at, created_by, created_at, revoked_at
          FROM api_key WHERE id = %(id)s
        """,
        {"id": id},
    )


def keys_by_id(conn: Conn, ids: Sequence[str]) -> list[Key]:
    """Some keys; ids that are none are passed over."""
    return rows(
        conn,
        Key,
        """
        SELECT id, role, party_id, label, scopes, addresses, expires_at, created_by, created_at, revoked_at
          FROM api_key WHERE id = ANY(%(ids)s)
        """,
        {"ids": list(ids)},
    )


def keys(conn: Conn) -> list[Key]:
    """Every key, newest first."""
    return rows(
        conn,
        Key,
        """
        SELECT id, role, party_id, label, scopes, addresses, expires_at, created_by, created_at, revoked_at
          FROM api_key ORDER BY id DESC
        """,
        {},
    )


def revoke_key(conn: Conn, id: str, now: datetime) -> int:
    """Revoke a key that is not revoked yet; 1 where it was this call that did."""
    return run(
        conn,
        "UPDATE api_key SET revoked_at = %(now)s WHERE id = %(id)s AND revoked_at IS NULL",
        {"id": id, "now": now},
    )
