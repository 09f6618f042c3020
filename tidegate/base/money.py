"""Assets by id, and whole units of them.

A unit is the smallest piece of an asset (wei, satoshi, the sixth decimal of USDT). Units are Python
integers; a decimal string exists only at the edge, where people read and write.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,77})(?:\.([0-9]{1,77}))?")
MAX_UNITS = 10**78 - 1
"""What a NUMERIC(78,0) column holds; 2**256 - 1 has 78 digits too."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One asset on one network. The ticker alone names nothing: two coins may share it."""

    id: int
    symbol: str  # "USDT"
    network: str  # "evm-local"
    decimals: int  # units per coin = 10 ** decimals
    contract: str | None  # token contract in the network's canonical spelling; None for the native coin

    @property
    def name(self) -> str:
        """`USDT@evm-local`: how people and files name an asset."""
        return f"{self.symbol}@{self.network}"

    @property
    def is_native(self) -> bool:
        return self.contract is None


class WrongAsset(Exception):
    """Two assets met in one calculation: always a bug of ours, never the customer's doing."""


class BadAmount(ValueError):
    """The text is not an amount of this asset; `code` says why, the message says what would be right."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Money:
    """Whole units of one asset. Adding or comparing two assets raises WrongAsset."""

    asset: Asset
    units: int

    def __post_init__(self) -> None:
        if type(self.units) is not int:
            raise TypeError(f"units are whole integers, not {type(self.units).__name__}")

    def __add__(self, other: Money) -> Money:
        return Money(self.asset, self.units + self._same(other))

    def __sub__(self, other: Money) -> Money:
        return Money(self.asset, self.units - self._same(other))

    def __lt__(self, other: Money) -> bool:
        return self.units < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.units <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.units > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.units >= self._same(other)

    def __str__(self) -> str:
        return f"{to_text(self.units, self.asset.decimals)} {self.asset.symbol}"

    def _same(self, other: Money) -> int:
        if self.asset.id != other.asset.id:
            raise WrongAsset(f"{self.asset.name} and {other.asset.name} do not mix")
        return other.units


def to_text(units: int, decimals: int) -> str:
    """Units as the decimal string people read: no exponent, no trailing zeros (`"1.5"`, `"0"`)."""
    sign, digits = ("-", -units) if units < 0 else ("", units)
    whole, part = divmod(digits, 10**decimals)
    tail = str(part).zfill(decimals).rstrip("0") if decimals else ""
    return f"{sign}{whole}.{tail}" if tail else f"{sign}{whole}"


def to_units(text: str, decimals: int) -> int:
    """The decimal string as whole units.

    Raises BadAmount: `amount_malformed` (not plain decimal digits), `amount_too_precise` (more decimals
    than the asset has), `amount_too_large` (beyond 78 digits). Zero is an amount; callers who need more
    than zero say so themselves.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise BadAmount(
            "amount_malformed", f'{text[:40]!r} is not an amount; write digits with at most one dot, like "12.5"'
        )
    whole, part = match.group(1), match.group(2) or ""
    if len(part.rstrip("0")) > decimals:
        raise BadAmount("amount_too_precise", f"{text[:40]!r} has more than {decimals} decimals")
    units: int = int(whole) * 10**decimals + int(part.rstrip("0").ljust(decimals, "0") or "0")
    if units > MAX_UNITS:
        raise BadAmount("amount_too_large", f"{text[:40]!r} is more than any ledger row can hold")
    return units
