"""The world outside: a chain with its pool of waiting transactions, its prices, its reorganisations, and the time.

It is as unfriendly as a chain may be, and no more: a block that has become final stays (unless a schedule breaks that
on purpose), nothing is mined that nobody signed, and a nonce is spent once. Bytes that were seen once are never
forgotten for good: some node may bring them back long after the others dropped them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tidegate.base.chain import Block, Receipt, Transfer
from tidegate.codec import evm_address
from tidegate.codec.evm_transaction import decode, read_transfer

NATIVE_GAS = 21_000
TOKEN_GAS = 50_000
BASE_FEE = 10**9
"""Wei per gas on a quiet day."""
TIP = 10**8
_NATIVE_INDEX = 1_000_000  # as `base.chain.Transfer.index` numbers native transfers


@dataclass(frozen=True, slots=True)
class Signed:
    """A transaction read back from its bytes, as the chain understands it: one movement of one asset."""

    hash: str
    sender: str
    nonce: int
    max_fee: int
    tip: int
    gas: int
    contract: str | None  # None = the native coin
    receiver: str
    units: int

    @property
    def slot(self) -> tuple[str, int]:
        """Of the transactions that share it, one can be mined."""
        return self.sender, self.nonce


def read(raw: bytes) -> Signed:
    """Signed bytes as the chain understands them."""
    said = decode(raw)
    t = said.transaction
    to = evm_address.checksum(t.to)
    call = read_transfer(t.data)
    contract, receiver, units = (None, to, t.value) if call is None else (to, evm_address.checksum(call[0]), call[1])
    return Signed(
        said.hash, evm_address.checksum(said.sender), t.nonce, t.max_fee, t.tip, t.gas, contract, receiver, units
    )


@dataclass(frozen=True, slots=True)
class Gift:
    """A transaction of somebody else that brings coins to an address."""

    hash: str
    contract: str | None
    receiver: str
    units: int


@dataclass(slots=True)
class State:
    """What everybody has, and how many transactions each sender has spent."""

    balances: dict[tuple[str | None, str], int] = field(default_factory=dict)
    nonces: dict[str, int] = field(default_factory=dict)

    def copy(self) -> State:
        return State(dict(self.balances), dict(self.nonces))

    def has(self, contract: str | None, address: str) -> int:
        return self.balances.get((contract, address), 0)

    def add(self, contract: str | None, address: str, units: int) -> None:
        self.balances[contract, address] = self.has(contract, address) + units


@dataclass(frozen=True, slots=True)
class Mined:
    """A block with what happened in it, and the state after it."""

    block: Block
    state: State
    receipts: dict[str, Receipt]
    transfers: list[Transfer]
    signed: list[Signed]
    gifts: list[Gift]


_OUTSIDER = "0x52908400098527886E0F7030069857D2E4169EE7"
Chosen = Callable[[Signed], bool]


@dataclass(slots=True)
class World:
    """Everything outside. Nothing moves unless it is told to."""

    now: datetime
    finality: int
    chain: list[Mined] = field(default_factory=list)
    pool: dict[tuple[str, int], Signed] = field(default_factory=dict)
    gifts: list[Gift] = field(default_factory=list)
    known: dict[str, Signed] = field(default_factory=dict)  # every bytes that any node ever took
    signed: dict[str, Signed] = field(default_factory=dict)  # every bytes that the signer ever made
    base_fee: int = BASE_FEE
    refusing: set[str] = field(default_factory=set)  # contracts that take no coins
    traps: set[str] = field(default_factory=set)  # contracts that take coins in an estimate, and none in a block
    token_paused: bool = False
    final: int = 0  # the highest number that was ever final
    proven: dict[str, Gift] = field(default_factory=dict)  # every gift that was in a block which became final
    orphan: list[Mined] | None = None  # the chain as it was before the newest reorganisation
    numbers: int = 0

    def __post_init__(self) -> None:
        if not self.chain:
            self.chain.append(self._block(State(), {}, [], [], []))

    @property
    def head(self) -> Mined:
        return self.chain[-1]

    @property
    def settled(self) -> Mined:
        """The newest block that nobody can undo any more."""
        return self.chain[min(self.final, len(self.chain) - 1)]

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def give(self, contract: str | None, receiver: str, units: int) -> None:
        """Somebody sends coins; they are in the next block."""
        self.gifts.append(Gift(self._hash("gift"), contract, receiver, units))

    def offer(self, tx: Signed) -> str | None:
        """Take signed bytes into the pool, as a node does; its words where it does not take them."""
        self.known[tx.hash] = tx
        if self.head.state.nonces.get(tx.sender, 0) > tx.nonce:
            return "nonce too low"
        there = self.pool.get(tx.slot)
        if there is not None and there.hash == tx.hash:
            return "already known"
        if there is not None and not (_dearer(tx.max_fee, there.max_fee) and _dearer(tx.tip, there.tip)):
            return "replacement transaction underpriced"
        self.pool[tx.slot] = tx
        return None

    def bring_back(self, tx: Signed) -> None:
        """A node that kept old bytes offers them again, whatever anybody else holds for that nonce."""
        self.pool[tx.slot] = tx

    def mine(self, blocks: int = 1, chosen: Chosen = lambda _: True) -> None:
        """Make blocks of what waits, can pay the price and is chosen."""
        for _ in range(blocks):
            self._mine(chosen)
            if len(self.chain) >= self.finality:
                self.proven |= {gift.hash: gift for gift in self.chain[-self.finality].gifts}
        self.final = max(self.final, len(self.chain) - self.finality)

    def reorganise(self, depth: int, blocks: int, keeps: Callable[[object], bool]) -> None:
        """Undo the newest `depth` blocks and make `blocks` others; what was in them waits again if it is kept."""
        self.orphan = list(self.chain)
        undone, self.chain = self.chain[-depth:], self.chain[:-depth]
        for old in undone:
            self.gifts += [gift for gift in old.gifts if keeps(gift)]
            for tx in old.signed:
                # Where a dearer version waits as well, either may win.
                if keeps(tx):
                    self.pool[tx.slot] = tx
        self.mine(blocks)

    def _mine(self, chosen: Chosen) -> None:
        state = self.head.state.copy()
        number = len(self.chain)
        receipts: dict[str, Receipt] = {}
        transfers: list[Transfer] = []
        done: list[Signed] = []
        for tx in sorted(self.pool.values(), key=lambda t: (t.sender, t.nonce)):
            spent = state.nonces.get(tx.sender, 0)
            if tx.nonce < spent:
                del self.pool[tx.slot]
            if tx.nonce != spent or tx.max_fee < self.base_fee or not chosen(tx):
                continue
            coins = tx.gas * tx.max_fee + (tx.units if tx.contract is None else 0)
            if state.has(None, tx.sender) < coins:
                continue
            del self.pool[tx.slot]
            done.append(tx)
            receipts[tx.hash] = self._run(tx, state, number)
        gifts, self.gifts = self.gifts, []
        made = self._block(state, receipts, transfers, done, gifts)
        hash = made.block.hash
        for key, receipt in receipts.items():
            moved = tuple(replace(t, block_hash=hash) for t in receipt.transfers)
            receipts[key] = replace(receipt, block_hash=hash, transfers=moved)
            transfers += moved
        for gift in gifts:
            state.add(gift.contract, gift.receiver, gift.units)
            index = 0 if gift.contract else _NATIVE_INDEX
            transfers.append(
                Transfer(gift.hash, index, number, hash, gift.contract, _OUTSIDER, gift.receiver, gift.units)
            )
        self.chain.append(made)

    def _run(self, tx: Signed, state: State, number: int) -> Receipt:
        need = NATIVE_GAS if tx.contract is None else TOKEN_GAS
        runs = (
            tx.gas >= need
            and not (tx.contract is None and tx.receiver in self.refusing | self.traps)
            and not (tx.contract is not None and (self.token_paused or state.has(tx.contract, tx.sender) < tx.units))
        )
        used = min(need, tx.gas)
        price = min(tx.max_fee, self.base_fee + tx.tip)
        state.nonces[tx.sender] = tx.nonce + 1
        state.add(None, tx.sender, -used * price)
        moved: tuple[Transfer, ...] = ()
        if runs and tx.units:
            state.add(tx.contract, tx.sender, -tx.units)
            state.add(tx.contract, tx.receiver, tx.units)
            index = 0 if tx.contract else _NATIVE_INDEX
            moved = (Transfer(tx.hash, index, number, "", tx.contract, tx.sender, tx.receiver, tx.units),)
        return Receipt(tx.hash, number, "", runs, used, price, moved)

    def _block(
        self,
        state: State,
        receipts: dict[str, Receipt],
        transfers: list[Transfer],
        signed: list[Signed],
        gifts: list[Gift],
    ) -> Mined:
        parent = self.chain[-1].block.hash if self.chain else "0x" + "00" * 32
        block = Block(len(self.chain), self._hash(f"block {parent}"), parent, self.now)
        return Mined(block, state, receipts, transfers, signed, gifts)

    def _hash(self, what: str) -> str:
        self.numbers += 1
        return "0x" + hashlib.sha256(f"{what} {self.numbers}".encode()).hexdigest()


def payments(blocks: Iterable[Mined], receiver: str) -> list[Transfer]:
    """What arrived at an address in some blocks."""
    return [t for mined in blocks for t in mined.transfers if t.receiver == receiver]


def _dearer(new: int, old: int) -> bool:
    return new * 100 >= old * 110
