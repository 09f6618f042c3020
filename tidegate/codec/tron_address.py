"""A Tron address is 20 bytes like an EVM address, written in base58 behind the byte 0x41, so that it begins with T."""

from __future__ import annotations

from tidegate.codec import base58
from tidegate.codec.spelling import BadAddress, shown

LENGTH = 20
PREFIX = b"\x41"


def text_of(raw20: bytes) -> str:
    """The address as Tron spells it."""
    if len(raw20) != LENGTH:
        raise ValueError(f"A Tron address has {LENGTH} bytes; these are {len(raw20)}.")
    return base58.encode(PREFIX + raw20)


def parse(text: str) -> bytes:
    """The 20 bytes that this text names. Raises BadAddress.

    The hexadecimal spelling (41 and 40 digits) is refused: it has no checksum.
    """
    if not text:
        raise BadAddress("address_empty", "There is no address; a Tron address is T and 33 more letters.")
    payload = base58.decode(text, 1 + LENGTH)
    if payload[:1] != PREFIX:
        raise BadAddress(
            "address_wrong_network",
            f"{shown(text)} begins with the byte 0x{payload[0]:02x} of another network; Tron has 0x41.",
        )
    return payload[1:]
