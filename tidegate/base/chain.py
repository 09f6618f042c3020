"""What a chain shows us, in words that every integration fills and the rules judge.

Only *effects* appear here: value that moved in a transaction that succeeded, decoded from logs and call
frames. What a transaction merely says it wants (calldata, a symbol) is not evidence and has no place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


class Unreachable(Exception):
    """The outside gave no usable answer: nobody knows whether it acted. Never a failure, always `unknown`."""


class WouldRevert(Exception):
    """The node ran the call without sending it and the contract refused. Its words are the contract's or the node's."""


@dataclass(frozen=True, slots=True)
class Block:
    number: int
    hash: str  # "0x…", lower case, as are all hashes here
    parent: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Transfer:
    """Value that moved in a successful transaction: a token's Transfer event or a non-reverted call frame."""

    tx: str
    index: int  # stable within the transaction: log index for tokens, 1_000_000 + frame position for the native coin
    block: int
    block_hash: str
    contract: str | None  # token contract, checksummed; None = native coin
    sender: str  # checksummed
    receiver: str  # checksummed
    units: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """A mined transaction as the node's canonical chain has it just now."""

    tx: str
    block: int
    block_hash: str
    succeeded: bool
    gas_used: int
    gas_price: int  # wei, effective
    transfers: tuple[Transfer, ...]  # empty when it did not succeed


@dataclass(frozen=True, slots=True)
class Fees:
    """Wei per gas for a transaction that should be mined soon."""

    max_fee: int
    tip: int


@dataclass(frozen=True, slots=True)
class Sent:
    """The node's answer to bytes that we handed it. Its words never decide a payment's fate."""

    accepted: bool
    words: str  # the node's own text where it did not accept ("already known", "nonce too low", …)
