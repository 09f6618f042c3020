"""What may be asked of a signer, and what it answers. There is no "sign this hash".

Fees are wei per gas. `id` names the order for ever: the signer keeps one nonce per id and one id per nonce,
and returns the same bytes when asked the same thing again.
"""

from __future__ import annotations

from dataclasses import dataclass

from tidegate.base.authorisation import Authorisation


@dataclass(frozen=True, slots=True)
class Terms:
    """The slot and the price of one transaction."""

    nonce: int
    gas: int
    max_fee: int
    tip: int


@dataclass(frozen=True, slots=True)
class Pay:
    """Pay what the authorisation says, from the hot wallet. A higher fee on the same nonce is a bump."""

    authorisation: Authorisation
    signature: str  # hex, Ed25519 over Authorisation.payload()
    terms: Terms

    @property
    def id(self) -> str:
        return self.authorisation.id


@dataclass(frozen=True, slots=True)
class Cancel:
    """Send nothing to ourselves on the nonce that `id` owns, so that its payment can never be mined."""

    id: str
    network: str
    terms: Terms
    index: int | None = None  # deposit address that owns the nonce; None = the hot wallet


@dataclass(frozen=True, slots=True)
class Gas:
    """Give one of our deposit addresses the native coin it needs to pay for its sweep."""

    id: str
    network: str
    index: int  # derivation index of the deposit address; the signer derives the address itself
    units: int
    terms: Terms


@dataclass(frozen=True, slots=True)
class Sweep:
    """Move what a deposit address received into the hot wallet, whose address the signer knows itself."""

    id: str
    network: str
    index: int
    contract: str | None
    units: int
    terms: Terms


Order = Pay | Cancel | Gas | Sweep


@dataclass(frozen=True, slots=True)
class Signed:
    raw: bytes
    hash: str  # "0x…"


class SignerRefused(Exception):
    """The signer produced no bytes, for good: `code` is stable, the message says what it saw."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
