"""BIP-32: many keys from one seed. Whoever has the extended public key makes addresses, never signatures."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from coincurve import PrivateKey, PublicKey
from Crypto.Hash import RIPEMD160  # hashlib has it only where OpenSSL's legacy provider is on

from tidegate.codec import base58
from tidegate.codec.evm_address import checksum, keccak256
from tidegate.codec.spelling import BadAddress

HARDENED = 0x8000_0000
_PUBLIC, _PRIVATE = bytes.fromhex("0488b21e"), bytes.fromhex("0488ade4")
_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141

ACCOUNT = "m/44'/60'/0'"
"""Where deposit addresses live: their account's public key is all that the API has."""

HOT = "m/44'/60'/1'/0/0"
"""The wallet that pays, in an account of its own: no deposit key can be computed into it."""


class BadKey(ValueError):
    """Not an extended key of the wanted kind; the message says what it is."""


@dataclass(frozen=True, slots=True)
class ExtendedKey:
    """A private key with what it takes to derive others. 32 bytes each."""

    key: bytes
    chain: bytes
    depth: int = 0
    parent: bytes = bytes(4)  # fingerprint
    number: int = 0

    @property
    def public(self) -> bytes:
        """33 bytes, compressed."""
        return PrivateKey(self.key).public_key.format()

    def xpub(self) -> str:
        """The extended public key as text."""
        return _text(_PUBLIC, self, self.public)

    def xprv(self) -> str:
        """The extended private key as text."""
        return _text(_PRIVATE, self, b"\0" + self.key)


def master(seed: bytes) -> ExtendedKey:
    """The root key of a seed of 16 to 64 bytes."""
    if not 16 <= len(seed) <= 64:
        raise BadKey(f"a seed has 16 to 64 bytes, not {len(seed)}")
    digest = hmac.digest(b"Bitcoin seed", seed, "sha512")
    return ExtendedKey(digest[:32], digest[32:])


def derive(root: ExtendedKey, path: str) -> ExtendedKey:
    """The key at a path like m/44'/60'/0'/0/7."""
    key = root
    for part in path.split("/")[1:]:
        number = int(part.rstrip("'")) + (HARDENED if part.endswith("'") else 0)
        key = _child(key, number)
    return key


def public_child(xpub: str, *numbers: int) -> bytes:
    """The public key (33 bytes) below an extended public key, by numbers that are not hardened. Raises BadKey."""
    chain, point = _read_xpub(xpub)
    for number in numbers:
        if not 0 <= number < HARDENED:
            raise BadKey(f"{number} cannot be derived without the private key")
        digest = hmac.digest(chain, point + number.to_bytes(4, "big"), "sha512")
        point, chain = PublicKey(point).add(digest[:32]).format(), digest[32:]
    return point


def evm_address_of(public: bytes) -> bytes:
    """The 20 bytes of the account that a public key owns."""
    return keccak256(PublicKey(public).format(compressed=False)[1:])[12:]


def deposit_address(xpub: str, index: int) -> str:
    """The deposit address number `index` below the account's public key, in checksum spelling."""
    return checksum(evm_address_of(public_child(xpub, 0, index)))


def _read_xpub(xpub: str) -> tuple[bytes, bytes]:
    """Chain code and public key. Raises BadKey."""
    try:
        raw = base58.decode(xpub, 78)
    except BadAddress as fault:
        raise BadKey(f"not an extended key: {fault}") from fault
    if raw[:4] != _PUBLIC:
        raise BadKey("not an extended public key; it starts with xpub")
    if raw[4] == 0 and any(raw[5:13]):
        raise BadKey("a key of depth 0 has no parent and no number")
    try:
        PublicKey(raw[45:])
    except ValueError as fault:
        raise BadKey(f"its public key is no point of the curve: {raw[45:].hex()}") from fault
    return raw[13:45], raw[45:]


def _child(parent: ExtendedKey, number: int) -> ExtendedKey:
    head = b"\0" + parent.key if number >= HARDENED else parent.public
    digest = hmac.digest(parent.chain, head + number.to_bytes(4, "big"), "sha512")
    key = (int.from_bytes(digest[:32], "big") + int.from_bytes(parent.key, "big")) % _ORDER
    fingerprint = RIPEMD160.new(hashlib.sha256(parent.public).digest()).digest()[:4]
    return ExtendedKey(key.to_bytes(32, "big"), digest[32:], parent.depth + 1, fingerprint, number)


def _text(version: bytes, key: ExtendedKey, material: bytes) -> str:
    head = version + bytes([key.depth]) + key.parent + key.number.to_bytes(4, "big")
    return base58.encode(head + key.chain + material)
