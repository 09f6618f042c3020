"""Base58Check: bytes with four bytes of double SHA-256 behind them, in letters that people do not mix up."""

from __future__ import annotations

import hashlib

from tidegate.codec.spelling import BadAddress, shown

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUE = {letter: value for value, letter in enumerate(ALPHABET)}
_CHECK = 4
# Reading takes time quadratic in the length. Addresses have 34 letters at most, extended keys 111.
_MAX_LETTERS = 128


def encode(payload: bytes) -> str:
    """The payload and its checksum in letters; every leading zero byte is a leading `1`."""
    data = payload + _checksum(payload)
    number = int.from_bytes(data, "big")
    letters = ""
    while number:
        number, value = divmod(number, 58)
        letters = ALPHABET[value] + letters
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + letters


def decode(text: str, length: int) -> bytes:
    """The payload of exactly `length` bytes, without its checksum.

    Raises BadAddress: `address_malformed`, or `address_bad_checksum` when letters and length are right.
    """
    if len(text) > _MAX_LETTERS:
        raise BadAddress("address_malformed", f"{shown(text)} has {len(text)} letters; no address is that long.")
    number = 0
    for letter in text:
        value = _VALUE.get(letter)
        if value is None:
            raise BadAddress("address_malformed", f"{shown(text)} has {letter!a}, which is no letter of base58.")
        number = number * 58 + value
    zeros = len(text) - len(text.lstrip("1"))
    data = bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    if len(data) != length + _CHECK:
        raise BadAddress(
            "address_malformed", f"{shown(text)} carries {len(data)} bytes; it should carry {length + _CHECK}."
        )
    payload, check = data[:length], data[length:]
    if check != _checksum(payload):
        raise BadAddress(
            "address_bad_checksum", f"The checksum of {shown(text)} does not match: at least one letter is wrong."
        )
    return payload


def _checksum(payload: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:_CHECK]
