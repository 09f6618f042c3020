"""The order a signer obeys: what may be paid, to whom, until when, and whose decision it was.

The worker signs it (Ed25519) with a key that the API does not hold; the signer process verifies it and
decodes what it is asked to sign against it. Rulebook section 3, last but one point.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from tidegate.base.canonical import canonical


@dataclass(frozen=True, slots=True)
class Authorisation:
    """One payment, once. The signer keeps `id` for ever and never signs a second nonce for it."""

    id: str  # the withdrawal: "wd_…"
    network: str  # "evm-local"
    chain_id: int  # EVM chain id; 0 on chains without one
    asset: str  # "USDT@evm-local", to be found in the signer's own table
    contract: str | None  # token contract, or None for the native coin
    address: str  # where it goes, canonical spelling
    memo: str | None
    units: int  # what arrives
    fee_ceiling_units: int  # most network fee, in units of the network's native coin
    decision_id: str
    policy_version: int
    not_after: str  # RFC 3339; the signer refuses a first signature later than this

    def payload(self) -> bytes:
        """The bytes that are signed: a domain tag, a newline, the canonical text."""
        return b"tidegate authorisation v1\n" + canonical(self).encode()

    @classmethod
    def read(cls, text: str) -> Authorisation:
        """The order that a canonical text says: numbers stand there as text."""
        said = json.loads(text)
        numbers = {name: int(said[name]) for name in ("chain_id", "units", "fee_ceiling_units", "policy_version")}
        return cls(**{**said, **numbers})
