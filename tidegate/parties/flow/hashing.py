"""Passwords at the edge: Argon2id with the library's costs (RFC 9106), and as much work where nobody has one."""

from __future__ import annotations

import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tidegate.parties import passwords

_HASHER = PasswordHasher()


def hashed(password: str) -> str:
    """What is kept of a password."""
    return _HASHER.hash(_bytes(password))


def is_it(hash: str | None, password: str) -> bool:
    """Whether it is the password; None = there is none to compare with, which takes as long to say."""
    try:
        return _HASHER.verify(hash or _nobodys(), _bytes(password)) and hash is not None
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return _HASHER.hash(secrets.token_urlsafe(32))


def _bytes(password: str) -> bytes:
    return passwords.normal(password).encode("utf-8", "surrogatepass")
