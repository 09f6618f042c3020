"""A Bitcoin address is a locking script in short: whose key or whose script may spend what is paid there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tidegate.codec import base58, bech32
from tidegate.codec.bech32 import Witness
from tidegate.codec.spelling import BadAddress, shown

_HASH = 20


class Kind(StrEnum):
    P2PKH = "p2pkh"  # a key, by its hash
    P2SH = "p2sh"  # a script, by its hash
    P2WPKH = "p2wpkh"  # a key, by its hash, witness version 0
    P2WSH = "p2wsh"  # a script, by its hash, witness version 0
    P2TR = "p2tr"  # a key that may stand for scripts, witness version 1
    WITNESS_UNKNOWN = "witness_unknown"  # a version or length with no rule yet: anybody may spend it


@dataclass(frozen=True, slots=True)
class Prefixes:
    """How a network marks its addresses."""

    key: int  # first byte of p2pkh
    script: int  # first byte of p2sh
    witness: str  # before the last 1 of a witness address


NETWORKS = {
    "bitcoin": Prefixes(0x00, 0x05, "bc"),
    # The old kinds of testnet and regtest are the same; only their witness addresses can be told apart.
    "bitcoin-testnet": Prefixes(0x6F, 0xC4, "tb"),
    "bitcoin-regtest": Prefixes(0x6F, 0xC4, "bcrt"),
}


@dataclass(frozen=True, slots=True)
class BitcoinAddress:
    """What the address says."""

    kind: Kind
    version: int  # witness version; 0 for p2pkh and p2sh, which have none
    program: bytes  # hash, or witness program
    text: str  # canonical spelling

    @property
    def script(self) -> bytes:
        """The locking script of an output that pays this address (scriptPubKey)."""
        push = bytes([len(self.program)]) + self.program
        if self.kind is Kind.P2PKH:
            return b"\x76\xa9" + push + b"\x88\xac"  # DUP HASH160 … EQUALVERIFY CHECKSIG
        if self.kind is Kind.P2SH:
            return b"\xa9" + push + b"\x87"  # HASH160 … EQUAL
        return bytes([self.version + 0x50 if self.version else 0]) + push


def parse(text: str, network: str) -> BitcoinAddress:
    """The address, read as one of `network` (a key of NETWORKS). Raises BadAddress."""
    prefixes = NETWORKS[network]
    if not text:
        raise BadAddress("address_empty", f"There is no address; on {network} one begins with {prefixes.witness}1.")
    # With one of these in front it was meant as a witness address, so that is the mistake to report.
    if text[:5].lower().startswith(tuple(p.witness + "1" for p in NETWORKS.values())):
        return _witness(text, network, prefixes)
    try:
        payload = base58.decode(text, 1 + _HASH)
    except BadAddress as not_base58:
        if _is_witness_elsewhere(text):
            raise _wrong_network(text, network) from not_base58
        raise
    kind = {prefixes.key: Kind.P2PKH, prefixes.script: Kind.P2SH}.get(payload[0])
    if kind is None:
        raise _wrong_network(text, network)
    return BitcoinAddress(kind, 0, payload[1:], base58.encode(payload))


def _witness(text: str, network: str, prefixes: Prefixes) -> BitcoinAddress:
    witness = bech32.decode_witness(text)
    if witness.prefix != prefixes.witness:
        raise _wrong_network(text, network)
    return BitcoinAddress(_kind(witness), witness.version, witness.program, bech32.encode_witness(witness))


def _kind(witness: Witness) -> Kind:
    kinds = {(0, 20): Kind.P2WPKH, (0, 32): Kind.P2WSH, (1, 32): Kind.P2TR}
    return kinds.get((witness.version, len(witness.program)), Kind.WITNESS_UNKNOWN)


def _is_witness_elsewhere(text: str) -> bool:
    """Whether it is the witness address of a coin that copied Bitcoin's format."""
    try:
        bech32.decode_witness(text)
    except BadAddress:
        return False
    return True


def _wrong_network(text: str, network: str) -> BadAddress:
    return BadAddress("address_wrong_network", f"{shown(text)} is an address, but not one of {network}.")


_FIELD = 2**256 - 2**32 - 977


def is_point(x: bytes) -> bool:
    """Whether these 32 bytes are the x of a point on secp256k1: about half are not, and no key can spend those."""
    value = int.from_bytes(x, "big")
    return value < _FIELD and pow(value**3 + 7, (_FIELD - 1) // 2, _FIELD) == 1
