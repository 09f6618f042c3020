"""A software authenticator: real keys, real CBOR, real signatures; it can also be made to misbehave."""

from __future__ import annotations

import hashlib
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256

ORIGIN, RP_ID = "http://localhost:8800", "localhost"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40

Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def _p256() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Authenticator:
    """One key on one device. `count` rises with every signature; a device that does not count says 0 for ever."""

    key: Key = field(default_factory=_p256)
    id: bytes = field(default_factory=lambda: os.urandom(16))
    count: int = 0
    counts: bool = True
    origin: str = ORIGIN
    rp_id: str = RP_ID
    verifies: bool = True

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """What the browser gives to `.../finish`."""
        client = self._client("webauthn.create", options["challenge"])
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(self._cose())
        made = {"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + attested}
        return self._said({"clientDataJSON": b64(client), "attestationObject": b64(cbor2.dumps(made))})

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """What the browser gives to `.../confirm`."""
        client = self._client("webauthn.get", options["challenge"])
        data = self._data(0)
        what = data + hashlib.sha256(client).digest()
        signature = self.key.sign(what) if isinstance(self.key, ed25519.Ed25519PrivateKey) else self._ecdsa(what)
        parts = {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        return self._said({name: b64(part) for name, part in parts.items()})

    def _ecdsa(self, what: bytes) -> bytes:
        assert isinstance(self.key, ec.EllipticCurvePrivateKey)
        return self.key.sign(what, ec.ECDSA(SHA256()))

    def _cose(self) -> dict[int, Any]:
        public = self.key.public_key()
        if isinstance(public, ed25519.Ed25519PublicKey):
            return {1: 1, 3: -8, -1: 6, -2: public.public_bytes_raw()}
        point = public.public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}

    def _data(self, flags: int) -> bytes:
        self.count += 1 if self.counts else 0
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, type: str, challenge: str) -> bytes:
        return json.dumps({"type": type, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _said(self, response: dict[str, str]) -> dict[str, Any]:
        name = b64(self.id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
        }


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
