"""An EIP-1559 transaction in bytes: made, signed, and read back. What is not canonical is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import rlp
from coincurve import PrivateKey, PublicKey

from tidegate.codec.evm_address import keccak256

TYPE = 2
_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
_TRANSFER = bytes.fromhex("a9059cbb")  # transfer(address,uint256)


class BadTransaction(ValueError):
    """Not a canonical EIP-1559 transaction; the message says where it fails."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """What is signed. Fees are wei per gas, `value` is wei; `to` is 20 bytes: contracts are never created here."""

    chain_id: int
    nonce: int
    tip: int
    max_fee: int
    gas: int
    to: bytes
    value: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Decoded:
    """A signed transaction read back."""

    transaction: Transaction
    sender: bytes  # 20 bytes, recovered from the signature
    hash: str  # "0x…"


def sign(transaction: Transaction, key: PrivateKey) -> bytes:
    """The signed bytes. The same transaction and key always give the same bytes (RFC 6979)."""
    signature = key.sign_recoverable(_digest(transaction), hasher=None)
    r, s, parity = signature[:32], signature[32:64], signature[64]
    return bytes([TYPE]) + _rlp([*_fields(transaction), parity, int.from_bytes(r, "big"), int.from_bytes(s, "big")])


def decode(raw: bytes) -> Decoded:
    """Read signed bytes back, with the sender recovered. Raises BadTransaction."""
    if not raw or raw[0] != TYPE:
        raise BadTransaction("not an EIP-1559 transaction: the first byte must be 02")
    try:
        parts = rlp.decode(raw[1:], strict=True)
    except (rlp.exceptions.RLPException, RecursionError) as fault:
        raise BadTransaction(f"not canonical RLP: {fault}") from fault
    if not isinstance(parts, list) or len(parts) != 12 or parts[8] != []:
        raise BadTransaction("twelve fields with an empty access list are needed")
    chain_id, nonce, tip, max_fee, gas = (_int(part) for part in parts[:5])
    to, value, data = parts[5], _int(parts[6]), parts[7]
    if not isinstance(to, bytes) or len(to) != 20 or not isinstance(data, bytes):
        raise BadTransaction("the receiver must be an address of 20 bytes")
    transaction = Transaction(chain_id, nonce, tip, max_fee, gas, to, value, data)
    parity, r, s = (_int(part) for part in parts[9:])
    if parity > 1 or not 0 < r < _ORDER or not 0 < s <= _ORDER // 2:
        raise BadTransaction("the signature is not canonical (low s)")
    return Decoded(transaction, _sender(transaction, parity, r, s), hash_of(raw))


def hash_of(raw: bytes) -> str:
    """The hash that a chain knows the bytes by."""
    return "0x" + keccak256(raw).hex()


def transfer_data(to: bytes, units: int) -> bytes:
    """The call of an ERC-20 transfer."""
    return _TRANSFER + to.rjust(32, b"\0") + units.to_bytes(32, "big")


def read_transfer(data: bytes) -> tuple[bytes, int] | None:
    """Receiver and units of an ERC-20 transfer call; None for anything else, however close."""
    if len(data) != 68 or data[:4] != _TRANSFER or data[4:16] != bytes(12):
        return None
    return data[16:36], int.from_bytes(data[36:], "big")


def address_of(key: PrivateKey) -> bytes:
    """The 20 bytes of the account that a key owns."""
    return _address(key.public_key)


def _address(key: PublicKey) -> bytes:
    return keccak256(key.format(compressed=False)[1:])[12:]


def _sender(transaction: Transaction, parity: int, r: int, s: int) -> bytes:
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([parity])
    try:
        key = PublicKey.from_signature_and_message(signature, _digest(transaction), hasher=None)
    except Exception as fault:  # coincurve raises bare Exception for a point that is not on the curve
        raise BadTransaction("nobody can have made this signature") from fault
    return _address(key)


def _digest(transaction: Transaction) -> bytes:
    return keccak256(bytes([TYPE]) + _rlp(_fields(transaction)))


def _fields(t: Transaction) -> list[Any]:
    return [t.chain_id, t.nonce, t.tip, t.max_fee, t.gas, t.to, t.value, t.data, []]


def _rlp(fields: list[Any]) -> bytes:
    encoded: bytes = rlp.encode([rlp.sedes.big_endian_int.serialize(f) if isinstance(f, int) else f for f in fields])
    return encoded


def _int(part: object) -> int:
    if not isinstance(part, bytes) or len(part) > 32 or part[:1] == b"\0":
        raise BadTransaction("a number has leading zeros or more than 32 bytes")
    return int.from_bytes(part, "big")
