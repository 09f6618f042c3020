"""Bech32 and bech32m (BIP-173, BIP-350): how Bitcoin writes the address of a witness program."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from tidegate.codec.spelling import BadAddress, shown

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUE = {letter: value for value, letter in enumerate(ALPHABET)}
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_MAX_LETTERS = 90
_CHECK = 6


class Variant(IntEnum):
    """What the checksum comes to."""

    BECH32 = 1  # witness version 0
    BECH32M = 0x2BC830A3  # witness versions 1 to 16: bech32 misses a `q` put in before a last `p`


@dataclass(frozen=True, slots=True)
class Bech32:
    """A text whose checksum is right."""

    prefix: str  # in small letters, without the separator: "bc"
    values: tuple[int, ...]  # five bits each, without the checksum
    variant: Variant


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness program and the prefix of the network it is for."""

    prefix: str
    version: int  # 0..16
    program: bytes  # 2..40 bytes


def decode(text: str) -> Bech32:
    """Prefix and values. Raises BadAddress: `address_malformed`, `address_bad_checksum`."""
    if len(text) > _MAX_LETTERS:
        raise _malformed(text, f"has {len(text)} letters; {_MAX_LETTERS} is the most")
    # Before lower(): some letters outside ASCII become ASCII there, the Kelvin sign becomes a k.
    if any(not "!" <= letter <= "~" for letter in text):
        raise _malformed(text, "has a character that is not printable ASCII, or a space")
    small = text.lower()
    if text not in (small, text.upper()):
        raise _malformed(text, "mixes capital and small letters; use one kind")
    prefix, separator, data = small.rpartition("1")
    if not separator or not prefix or len(data) < _CHECK:
        raise _malformed(text, f"is not a prefix, the digit 1 and at least {_CHECK} letters")
    wrong = next((letter for letter in data if letter not in _VALUE), None)
    if wrong is not None:
        raise _malformed(text, f"has {wrong!r}, which is no letter of bech32")
    values = [_VALUE[letter] for letter in data]
    check = _polymod([*_expanded(prefix), *values])
    if check not in (Variant.BECH32, Variant.BECH32M):
        raise BadAddress(
            "address_bad_checksum", f"The checksum of {shown(text)} does not match: at least one letter is wrong."
        )
    return Bech32(prefix, tuple(values[:-_CHECK]), Variant(check))


def decode_witness(text: str) -> Witness:
    """The witness program. Raises BadAddress: `address_malformed`, `address_bad_checksum`."""
    read = decode(text)
    if not read.values:
        raise _malformed(text, "has no witness version")
    version = read.values[0]
    if version > 16:
        raise _malformed(text, f"has witness version {version}; 16 is the highest")
    if read.variant is not _variant(version):
        raise BadAddress(
            "address_bad_checksum",
            f"{shown(text)} has witness version {version} but the checksum of "
            f"{read.variant.name.lower()}; it should be {_variant(version).name.lower()}.",
        )
    program = _bytes(text, read.values[1:])
    if not 2 <= len(program) <= 40:
        raise _malformed(text, f"has a witness program of {len(program)} bytes; 2 to 40 are allowed")
    if version == 0 and len(program) not in (20, 32):
        raise _malformed(text, f"has a program of {len(program)} bytes; version 0 takes 20 or 32")
    return Witness(read.prefix, version, program)


def encode_witness(witness: Witness) -> str:
    """The address in small letters."""
    values = [witness.version, *_fives(witness.program)]
    check = _polymod([*_expanded(witness.prefix), *values, *[0] * _CHECK]) ^ _variant(witness.version)
    values += [check >> 5 * (_CHECK - 1 - place) & 31 for place in range(_CHECK)]
    return witness.prefix + "1" + "".join(ALPHABET[value] for value in values)


def _variant(version: int) -> Variant:
    return Variant.BECH32 if version == 0 else Variant.BECH32M


def _malformed(text: str, what: str) -> BadAddress:
    return BadAddress("address_malformed", f"{shown(text)} {what}.")


def _expanded(prefix: str) -> list[int]:
    return [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]


def _polymod(values: Iterable[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            if top >> bit & 1:
                check ^= generator
    return check


def _bytes(text: str, fives: Sequence[int]) -> bytes:
    """Groups of five bits as bytes. What is left over must be fewer than five bits, all zero."""
    spare = len(fives) * 5 % 8
    number = 0
    for value in fives:
        number = number << 5 | value
    if spare > 4 or number & (1 << spare) - 1:
        raise _malformed(text, "ends in padding that is too long or not zero")
    return (number >> spare).to_bytes(len(fives) * 5 // 8, "big")


def _fives(data: bytes) -> list[int]:
    """Bytes as groups of five bits, filled up with zeros."""
    groups = -(-len(data) * 8 // 5)
    number = int.from_bytes(data, "big") << groups * 5 - len(data) * 8
    return [number >> 5 * place & 31 for place in reversed(range(groups))]
