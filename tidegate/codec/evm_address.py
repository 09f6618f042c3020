"""An EVM address is 20 bytes; its text carries a checksum in the case of its letters (EIP-55)."""

from __future__ import annotations

import re
from functools import lru_cache

from eth_hash.auto import keccak

from tidegate.codec.spelling import BadAddress as BadAddress
from tidegate.codec.spelling import shown

LENGTH = 20

# ASCII only and named digit by digit: `\d` and `str.isalnum` would also accept full-width digits.
_SPELLING = re.compile("0x([0-9a-fA-F]{40})")


def keccak256(data: bytes) -> bytes:
    """The hash of Ethereum: Keccak before NIST changed its padding, so not `hashlib.sha3_256`."""
    return bytes(keccak(data))


@lru_cache(maxsize=16_384)  # one request spells its address several times, and most customers pay known ones
def checksum(raw20: bytes) -> str:
    """The address as EIP-55 spells it: a letter is a capital where the hash of the digits has a nibble above 7."""
    if len(raw20) != LENGTH:
        raise ValueError(f"An EVM address has {LENGTH} bytes; these are {len(raw20)}.")
    digits = raw20.hex()
    nibbles = keccak256(digits.encode("ascii")).hex()
    return "0x" + "".join(d.upper() if int(n, 16) > 7 else d for d, n in zip(digits, nibbles, strict=False))


def parse(text: str) -> bytes:
    """The 20 bytes that this text names. Raises BadAddress.

    One case throughout means that the writer gave no checksum; mixed case is a checksum and has to be right.
    """
    if not text:
        raise BadAddress("address_empty", "There is no address; write 0x and 40 hexadecimal digits.")
    match = _SPELLING.fullmatch(text)
    if match is None:
        raise BadAddress("address_malformed", f"{shown(text)} is not 0x (small x) and exactly 40 hexadecimal digits.")
    digits = match[1]
    raw = bytes.fromhex(digits)
    if digits not in (digits.lower(), digits.upper()) and checksum(raw) != text:
        raise BadAddress(
            "address_bad_checksum",
            f"The capital and small letters of {text} are not its EIP-55 checksum: at least one character is wrong.",
        )
    return raw
