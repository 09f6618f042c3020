"""Secrets at rest: AES-256-GCM under the platform's data key, bound to what they belong to.

A sealed secret is the key's id (8 bytes), the nonce (12) and the ciphertext. `about` is authenticated with it,
so that nobody with the database alone can move one customer's factor to another.
"""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
_ID_BYTES = 8


class NotSealedHere(Exception):
    """Another data key sealed it, or somebody changed it: never the customer's doing."""


def key_id(data_key: bytes) -> bytes:
    """Which key it is, without saying the key."""
    return hashlib.sha256(b"tidegate data key\n" + data_key).digest()[:_ID_BYTES]


def seal(data_key: bytes, nonce: bytes, secret: bytes, about: str) -> bytes:
    """The secret, unreadable without the key. `nonce`: 12 fresh random bytes."""
    if len(data_key) != KEY_BYTES or len(nonce) != NONCE_BYTES:
        raise ValueError(f"a data key has {KEY_BYTES} bytes and a nonce {NONCE_BYTES}")
    return key_id(data_key) + nonce + AESGCM(data_key).encrypt(nonce, secret, about.encode())


def unseal(data_key: bytes, sealed: bytes, about: str) -> bytes:
    """The secret again. Raises NotSealedHere."""
    own, nonce, text = (
        sealed[:_ID_BYTES],
        sealed[_ID_BYTES : _ID_BYTES + NONCE_BYTES],
        sealed[_ID_BYTES + NONCE_BYTES :],
    )
    if own != key_id(data_key):
        raise NotSealedHere(f"{about} was sealed with data key {own.hex()}, not with {key_id(data_key).hex()}")
    try:
        return AESGCM(data_key).decrypt(nonce, text, about.encode())
    except InvalidTag as bad:
        raise NotSealedHere(f"the sealed secret of {about} was changed or belongs to something else") from bad
