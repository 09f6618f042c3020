"""The seed at rest: AES-256-GCM under a key that scrypt makes from the password."""

from __future__ import annotations

import json
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from tidegate.signer.settings import SettingsFault, write_private

_COST = 2**15
_LABEL = b"tidegate key store v1"
SEED_BYTES = 32


def create(path: Path, password: str) -> None:
    """Make a new seed and seal it; a store that exists is never overwritten (raises SettingsFault)."""
    if path.exists():
        raise SettingsFault(f"{path} exists: a key store is never overwritten.")
    salt, nonce, seed = os.urandom(16), os.urandom(12), os.urandom(SEED_BYTES)
    sealed = AESGCM(_key(password, salt, _COST)).encrypt(nonce, seed, _LABEL)
    said = {"version": 1, "kdf": "scrypt", "n": _COST, "salt": salt.hex(), "nonce": nonce.hex(), "sealed": sealed.hex()}
    write_private(path, json.dumps(said))


def unlock(path: Path, password: str) -> bytes:
    """The seed. Raises SettingsFault for a wrong password or a file that was changed."""
    try:
        said = json.loads(path.read_text())
        salt, nonce, sealed = (bytes.fromhex(said[name]) for name in ("salt", "nonce", "sealed"))
        return AESGCM(_key(password, salt, int(said["n"]))).decrypt(nonce, sealed, _LABEL)
    except InvalidTag as fault:
        raise SettingsFault(f"The password does not open {path}, or the file was changed.") from fault
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise SettingsFault(f"{path} is not a key store: {type(fault).__name__} {fault}.") from fault


def _key(password: str, salt: bytes, cost: int) -> bytes:
    if not 2**14 <= cost <= 2**20:
        raise ValueError(f"a cost of {cost} is none that this program wrote")
    return Scrypt(salt=salt, length=32, n=cost, r=8, p=1).derive(password.encode())
