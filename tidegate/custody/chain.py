"""What custody needs of a node and of a signer. Integrations fill these; tests and drills may too.

Every method of Chain raises `base.chain.Unreachable` where there is no usable answer, and means nothing by it. Behind
one address there may be several machines that are not equally far: two answers need not speak of the same chain. A
block can be named by its hash, so that they do.
"""

from __future__ import annotations

from typing import Protocol

from tidegate.base.chain import Block, Fees, Receipt, Sent, Transfer
from tidegate.base.signing import Order, Signed


class Described(Protocol):
    """What a signer says of itself."""

    @property
    def hot_address(self) -> str: ...

    @property
    def deposit_xpub(self) -> str: ...


class Chain(Protocol):
    """One node of one network."""

    def chain_id(self) -> int: ...

    def head(self) -> Block: ...

    def block(self, number: int) -> Block | None: ...

    def receipt(self, hash: str) -> Receipt | None: ...

    def transfers(self, number: int, hash: str | None = None) -> list[Transfer] | None: ...

    def nonce(self, address: str, at: str = "latest") -> int: ...

    def nonce_at(self, address: str, block: int | str) -> int: ...

    def balance(self, address: str, contract: str | None, block: int | str | None = None) -> int: ...

    def fees(self) -> Fees: ...

    def gas_for(self, sender: str, contract: str | None, receiver: str, units: int) -> int: ...

    def send(self, raw: bytes) -> Sent: ...


class Signer(Protocol):
    """A process of its own that holds the keys. Raises SignerRefused or Unreachable."""

    def sign(self, order: Order) -> Signed: ...

    def describe(self, network: str) -> Described: ...
