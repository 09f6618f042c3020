"""A node and a signer as our workers meet them: behind, silent, lying, dying; faithful once the faults have stopped."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from tidegate.base.chain import Block, Fees, Receipt, Sent, Transfer, Unreachable, WouldRevert
from tidegate.base.signing import Order, Signed, SignerRefused
from tidegate.signer.desk import Desk
from tidegate.sim.faults import Turn
from tidegate.sim.world import NATIVE_GAS, TIP, TOKEN_GAS, Mined, State, World, read

LIES = (
    "nonce too low",
    "already known",
    "insufficient funds for gas * price + value",
    "execution reverted",
    "replacement transaction underpriced",
    "internal error",
    "",
)


class Mood(StrEnum):
    """What becomes of bytes that are handed to a node."""

    HONEST = "honest"
    LOST = "lost"  # no answer, and nothing was done
    LOST_REPLY = "lost reply"  # no answer, but it was done
    LIE = "lie"  # it says no and does it
    REFUSAL = "refusal"  # it says no and does not do it
    SWALLOWED = "swallowed"  # it says yes and does not do it
    TWICE = "twice"  # the message arrives twice


@dataclass(slots=True)
class Weather:
    """How bad it is outside, as shares of calls. All zero is a calm day."""

    dice: random.Random
    silent: float = 0.0  # questions that get no answer
    bad_sends: float = 0.0  # bytes that meet a mood other than honest
    signer_away: float = 0.0  # orders that the signer does not answer, done or not
    twins: float = 0.0  # answers that another machine behind the same address gives

    def calm(self) -> None:
        self.silent = self.bad_sends = self.signer_away = self.twins = 0.0

    def hits(self, share: float) -> bool:
        return share > 0 and self.dice.random() < share


@dataclass(slots=True)
class View:
    """What one node has seen of the chain: all of it, or, while it lags, what was there when it fell behind."""

    world: World
    frozen: list[Mined] | None = None

    @property
    def chain(self) -> list[Mined]:
        return self.world.chain if self.frozen is None else self.frozen

    def lag(self) -> None:
        self.frozen = list(self.world.chain)

    def catch_up(self) -> None:
        self.frozen = None

    def twin(self, dice: random.Random) -> list[Mined]:
        """What another machine of this node's operator has: a few blocks less, or a branch that was given up."""
        if self.world.orphan is not None and dice.random() < 0.7:
            return self.world.orphan
        chain = self.chain
        return chain[: max(1, len(chain) - dice.randint(1, 3))]


@dataclass(slots=True)
class Node:
    """`custody.chain.Chain` over a view of the world, for one turn of one worker."""

    view: View
    weather: Weather
    turn: Turn
    chain_number: int
    idle: Callable[[], bool] = lambda: True
    stored: Callable[[str], bool] = lambda _: True  # whether these bytes are committed in our database
    unstored: list[str] = field(default_factory=list)  # bytes that were sent before they were stored

    def chain_id(self) -> int:
        return self.chain_number

    def head(self) -> Block:
        return self._ask("head")[-1].block

    def block(self, number: int) -> Block | None:
        chain = self._ask("block")
        return chain[number].block if number < len(chain) else None

    def receipt(self, hash: str) -> Receipt | None:
        for mined in reversed(self._ask("receipt")):
            if hash in mined.receipts:
                return mined.receipts[hash]
        return None

    def transfers(self, number: int, hash: str | None = None) -> list[Transfer] | None:
        chain = self._ask("transfers")
        if number >= len(chain) or hash not in (None, chain[number].block.hash):
            return None
        return list(chain[number].transfers)

    def nonce(self, address: str, at: str = "latest") -> int:
        spent = _state(self._ask("nonce"), None).nonces.get(address, 0)
        while at == "pending" and (address, spent) in self.view.world.pool:
            spent += 1
        return spent

    def nonce_at(self, address: str, block: int | str) -> int:
        return _state(self._ask("nonce_at"), block).nonces.get(address, 0)

    def balance(self, address: str, contract: str | None, block: int | str | None = None) -> int:
        return _state(self._ask("balance"), block).has(contract, address)

    def fees(self) -> Fees:
        self._ask("fees")
        return Fees(2 * self.view.world.base_fee + TIP, TIP)

    def gas_for(self, sender: str, contract: str | None, receiver: str, units: int) -> int:
        """As geth: a call that fails would revert, a value that the sender does not have is an error of its own."""
        world, state = self.view.world, _state(self._ask("gas_for"), None)
        if contract is None and state.has(None, sender) < units:
            raise Unreachable("insufficient funds for transfer")
        if contract is None and receiver in world.refusing:
            raise WouldRevert("execution reverted")
        if contract is not None and (world.token_paused or state.has(contract, sender) < units):
            raise WouldRevert("execution reverted")
        need = NATIVE_GAS if contract is None else TOKEN_GAS
        return need + need // 4

    def send(self, raw: bytes) -> Sent:
        self._step("send")
        tx = read(raw)
        if not self.stored(tx.hash):
            self.unstored.append(tx.hash)
        world, dice = self.view.world, self.weather.dice
        mood = dice.choice(list(Mood)) if self.weather.hits(self.weather.bad_sends) else Mood.HONEST
        words = None
        if mood not in (Mood.LOST, Mood.REFUSAL, Mood.SWALLOWED):
            words = world.offer(tx)
        if mood is Mood.TWICE:
            words = world.offer(tx)
        if mood in (Mood.LOST, Mood.LOST_REPLY):
            raise Unreachable("no answer in 5 seconds")
        if mood in (Mood.LIE, Mood.REFUSAL):
            words = dice.choice(LIES)
        self._step("sent")
        return Sent(words is None or mood is Mood.SWALLOWED, words or "")

    def _ask(self, what: str) -> list[Mined]:
        """One question; the chain of the machine that answers it."""
        self._step(what)
        if self.weather.hits(self.weather.silent):
            raise Unreachable(f"no answer to {what}")
        return self.view.twin(self.weather.dice) if self.weather.hits(self.weather.twins) else self.view.chain

    def _step(self, what: str) -> None:
        self.turn.step(what, self.idle())


def _state(chain: list[Mined], block: int | str | None) -> State:
    """After a block, named by its number or by its hash; None is the newest one."""
    if block is None:
        return chain[-1].state
    for mined in reversed(chain):
        if block in (mined.block.number, mined.block.hash):
            return mined.state
    raise Unreachable(f"block {block} is unknown here")


@dataclass(slots=True)
class SigningRoom:
    """Where the signer's process lives: it can be killed, and another one opens the same ledger."""

    world: World
    open_desk: Callable[[], Desk]
    desk: Desk = field(init=False)

    def __post_init__(self) -> None:
        self.desk = self.open_desk()

    def restart(self) -> None:
        self.desk.close()
        self.desk = self.open_desk()


@dataclass(slots=True)
class Pen:
    """`custody.chain.Signer` for one turn of one worker."""

    room: SigningRoom
    weather: Weather
    turn: Turn
    idle: Callable[[], bool] = lambda: True

    def sign(self, order: Order) -> Signed:
        self.turn.step("sign", self.idle())
        away = self.weather.hits(self.weather.signer_away)
        acts = not away or self.weather.dice.random() < 0.5
        if away and self.weather.dice.random() < 0.3:
            self.room.restart()
        if not acts:
            raise Unreachable("the signer is away")
        try:
            made = self.room.desk.sign(order)
        except SignerRefused:
            if away:
                raise Unreachable("the signer's answer was lost") from None
            raise
        tx = read(made.raw)
        self.room.world.signed[tx.hash] = tx
        if away:
            raise Unreachable("the signer's answer was lost")
        self.turn.step("signed", self.idle())
        return made

    def describe(self, network: str) -> _Described:
        return _Described(self.room.desk.hot.address, self.room.desk.xpub)


@dataclass(frozen=True, slots=True)
class _Described:
    hot_address: str
    deposit_xpub: str
