"""One schedule: from a seed, some customers who withdraw, workers who pay, and everything that gets in their way.

Then the faults stop, time passes, and everything must come to its end. The auditor looks after every step.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from itertools import count

import psycopg
from psycopg.pq import TransactionStatus

from tidegate import worker
from tidegate.base.chain import Unreachable
from tidegate.base.ids import new_id
from tidegate.base.money import Asset
from tidegate.base.refusals import Refusal
from tidegate.cases import flow as cases
from tidegate.codec import evm_address
from tidegate.custody import flow as custody
from tidegate.custody.jobs import WrongChain
from tidegate.db import Conn
from tidegate.parties import flow as parties
from tidegate.parties.totp import STEP_SECONDS, code_at
from tidegate.policy import flow as policies
from tidegate.sim import store
from tidegate.sim.auditor import Auditor, Violation
from tidegate.sim.faults import Fate, How, Killed, Turn, Watched
from tidegate.sim.house import (
    ASSETS,
    AUTHORISER,
    CHAIN_ID,
    DATA_KEY,
    ETH,
    FINALITY,
    FUNDS,
    NETWORK,
    USDT,
    Estate,
    House,
    numbered_ids,
)
from tidegate.sim.node import Node, Pen, View, Weather
from tidegate.sim.store import Seen
from tidegate.sim.world import BASE_FEE
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals.asking import Ask
from tidegate.withdrawals.withdrawal import FINAL, Status

LOOPS = {
    f"pay:{NETWORK}": 14,
    f"watch:{NETWORK}": 12,
    "time": 8,
    "news": 9,
    f"deposits:{NETWORK}": 4,
    f"sweep:{NETWORK}": 2,
}
"""The loops of `tidegate.worker` and how often one of them has its turn."""

CALM_ROUNDS = 60
SCHEDULES_PER_HOUSE = 50
"""Then another copy of the house: rows that were deleted are still in the way until somebody tidies up."""
_DAY = 86_400
_DEEP_SHARE = 0.02


class Failed(AssertionError):
    """A schedule that did not hold, with its story."""

    def __init__(self, seed: int, violation: Violation, story: Sequence[str]) -> None:
        self.seed, self.violation, self.story = seed, violation, list(story)
        told = "\n".join(f"  {line}" for line in story)
        super().__init__(f"seed {seed}: {violation}\n{told}\n  replay it: .venv/bin/python -m tidegate.sim {seed}\n")


@dataclass
class Result:
    """What a schedule came to."""

    seed: int
    story: list[str]
    statuses: list[str]  # of its withdrawals, in the end
    met: set[str]  # the kinds of trouble that really happened


@dataclass
class Process:
    """A worker as a process: a connection per loop, a name of its own, paused turns. It can die."""

    schedule: Schedule
    number: int
    lives: int = 0
    conns: dict[str, Watched] = field(default_factory=dict)
    paused: dict[str, Turn] = field(default_factory=dict)
    made: dict[str, tuple[worker.Loop, Node, Pen]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.view = View(self.schedule.house.world)

    @property
    def name(self) -> str:
        return f"worker-{self.schedule.seed}-{self.number}.{self.lives}"

    def turn(self, loop: str, fate: Fate) -> str:
        """One turn of a loop that is not paused; what came of it."""
        turn = Turn(fate, self.schedule.stir)
        conn = self._conn(loop)
        made, node, pen = self.made.get(loop) or self._make(loop)
        conn.turn = node.turn = pen.turn = turn
        node.unstored.clear()
        node.idle = pen.idle = lambda: conn.info.transaction_status is TransactionStatus.IDLE
        done: list[int] = []
        turn.start(lambda: done.append(made.step(conn)))
        if not turn.ended:
            self.paused[loop] = turn
            return f"sleeps at {turn.place}"
        return self._ended(loop, turn, f"did {done[0]}" if done else "")

    def wake(self, loop: str) -> str:
        turn = self.paused.pop(loop)
        turn.go_on()
        return self._ended(loop, turn, f"woke up and went on from {turn.place}")

    def die(self) -> None:
        """Every thread of it, and every connection. The next one has another name."""
        for turn in self.paused.values():
            turn.go_on(dies=True)
        self.paused.clear()
        for conn in self.conns.values():
            self.schedule.house.let_go(conn)
        self.conns.clear()
        self.made.clear()
        self.view.catch_up()
        self.lives += 1

    def leave(self) -> None:
        """The schedule is over: nothing sleeps any more, and the next one may have the connections."""
        if self.paused:
            self.die()
        for conn in self.conns.values():
            self.schedule.house.let_go(conn)

    def _ended(self, loop: str, turn: Turn, said: str) -> str:
        fault = turn.fault
        for hash in self.made[loop][1].unstored:
            raise Violation("bytes first", f"{hash} was sent before it was stored")
        if turn.place and fault is None and turn.fate.how is How.STIR:
            return f"{said}; the chain moved on at {turn.place}"
        if fault is None:
            return said
        if isinstance(fault, Killed):
            self.die()
            return f"is killed at {turn.place}"
        known = isinstance(fault, Unreachable) or (isinstance(fault, psycopg.OperationalError) and turn.fallen())
        if not known and not (isinstance(fault, WrongChain) and not self.schedule.auditor.trusts_finality):
            raise Violation("no surprises", f"{self.name} {loop}: {type(fault).__name__}: {fault}") from fault
        if turn.fallen():
            self.schedule.house.let_go(self.conns.pop(loop))
        return f"fails: {fault}"

    def _conn(self, loop: str) -> Watched:
        if loop not in self.conns:
            self.conns[loop] = self.schedule.house.connection()
        return self.conns[loop]

    def _make(self, loop: str) -> tuple[worker.Loop, Node, Pen]:
        s = self.schedule
        node = Node(self.view, s.weather, Turn(), CHAIN_ID, stored=lambda hash: store.is_stored(s.eye, hash))
        pen = Pen(s.house.room, s.weather, Turn())
        made = worker.loops(
            {NETWORK: node},
            lambda: pen,
            lambda payload: AUTHORISER.sign(payload).hex(),
            lambda: s.house.world.now,
            self.name,
        )
        (found,) = [item for item in made if item.name == loop]
        self.made[loop] = found, node, pen
        return self.made[loop]


Step = Callable[[], str]


class Schedule:
    """A seed's run on a house. Use it once."""

    def __init__(self, house: House, seed: int) -> None:
        self.house, self.seed = house, seed
        self.eye = house.connection()  # the auditor's: it sees only what is committed
        self.dice = random.Random(seed)
        self.weather = Weather(self.dice)
        house.world.wait(self.dice.randrange(_DAY))
        self.people = house.customers[: self.dice.choice((1, 1, 2, 2))]  # who acts; the others may be paid
        self.auditor = Auditor(
            self.eye,
            house.world,
            {who.deposit_address: who.id for who in house.customers},
            {id: asset.contract for id, asset in ASSETS.items()},
            FUNDS,
        )
        self.workers = [Process(self, 1), Process(self, 2)]
        self.front: Watched | None = None
        self.story: list[str] = []
        self.met: set[str] = set()
        self._first = self._last_gift = len(house.world.chain)
        self._began = house.world.now
        self._asks: list[Ask] = []
        self._deposits_stopped = False
        self._most_asks = self.dice.choice((1, 2, 2, 3, 4))
        self._freezes: dict[str, list[str]] = {}
        self._switches: dict[str, str] = {}
        self._receivers = count(1)
        self._units: dict[int, int] = {}  # what was asked for -> the number of the request
        self._found: list[Seen] = []
        self._deep = self.dice.random() < _DEEP_SHARE

    def run(self) -> Result:
        """The whole schedule. Raises Failed."""
        try:
            try:
                self._trouble()
                self._calm()
            except Violation as violation:
                raise Failed(self.seed, violation, self.story) from violation
        finally:
            self._leave()
        return Result(self.seed, self.story, [f.status for f in self._found], self.met)

    # --- the course of it ----------------------------------------------------------------------------------------

    def _trouble(self) -> None:
        dice = self.dice
        self.weather.silent = dice.choice((0.0, 0.0, 0.01, 0.05))
        self.weather.bad_sends = dice.choice((0.1, 0.3, 0.8))
        self.weather.signer_away = dice.choice((0.0, 0.1, 0.4))
        self.weather.twins = dice.choice((0.0, 0.0, 0.1, 0.3))
        self._tell("the customer", self._ask)
        for _ in range(dice.choice((20, 20, 30, 30, 40, 50, 80))):
            choices = self._choices()
            total = sum(weight for weight, _, _ in choices)
            point = dice.random() * total
            for weight, who, step in choices:
                point -= weight
                if point < 0:
                    self._tell(who, step)
                    break

    def _tell(self, who: str, step: Step) -> None:
        """Take one step, write it down, and have the auditor look."""
        self.auditor.stopped = {f.id for f in self._found if self._is_stopped(f)}
        number, at = len(self.story) + 1, int((self.house.world.now - self._began).total_seconds())
        self.story.append(f"{number:3} {at:6} s  {who}: …")
        said = step()
        self.story[-1] = f"{number:3} {at:6} s  {who}: {said}"
        # The chain alone changes no row; what it does to receivers shows after our own next move at the latest.
        if who not in ("the chain", "time", "a node", "the token", "a receiver"):
            self._found = self.auditor.look()

    def _is_stopped(self, item: Seen) -> bool:
        asset = ASSETS[item.asset_id]
        subjects = {"platform", asset.network, asset.name}
        return bool(self._freezes.get(item.party_id)) or not subjects.isdisjoint(self._switches.values())

    def _choices(self) -> list[tuple[float, str, Step]]:
        """What may happen now, with its weight."""
        world = self.house.world
        by_status: dict[str, list[Seen]] = {}
        for item in self._found:
            by_status.setdefault(item.status, []).append(item)
        waiting = by_status.get(Status.AWAITING_CONFIRMATION, [])
        living = [f for f in self._found if Status(f.status) not in FINAL]
        paying = [f for f in self._found if f.payout == "paying"]
        reviews = by_status.get(Status.IN_REVIEW, [])
        made: list[tuple[float, str, Step]] = [
            (0 if len(self._asks) == self._most_asks else 6 if living else 30, "a customer", self._ask),
            (1, "a customer", self._ask_again),
            (40 if waiting else 0, "a customer", lambda: self._confirm(waiting)),
            (2.5 if living else 0, "a customer", lambda: self._cancel(living)),
            (3 if paying else 0, "treasury", lambda: self._abandon(paying)),
            (6 if reviews else 0, "an officer", lambda: self._answer(reviews)),
            (1.0, "an officer", self._freeze),
            (4 if self._freezes else 0, "an officer", self._lift),
            (0.5 if len(self._switches) < 2 else 0, "an officer", self._switch_on),
            (4 if self._switches else 0, "an officer", self._switch_off),
            (1.2, "a customer", self._deposit),
            (15, "the chain", self._mine),
            (8, "time", self._wait),
            (4 if len(world.chain) - 1 > world.final else 0, "the chain", self._reorganise),
            (1.0, "the chain", self._price),
            (3 if world.base_fee > BASE_FEE else 0, "the chain", self._price_falls),
            (2 if world.pool else 0, "the chain", self._drop),
            (3 if world.known else 0, "the chain", self._bring_back),
            (4 if world.token_paused else 3 if paying else 0.5, "the token", self._pause_token),
            (6 if any(f.asset_id == ETH.id for f in paying) else 0, "a receiver", lambda: self._refuse(paying)),
            (1.5, "a node", self._lag),
            (0.7, "the signer", self._restart_signer),
            (1.5 if self._deep and len(self.story) > 10 else 0, "the chain", self._break_finality),
        ]
        busy = {loop for item in living for loop in _waits_for(item)}
        for process in self.workers:
            name = f"worker {process.number}"
            if process.paused:
                made.append((4, name, partial(self._wake, process)))
            for loop, weight in LOOPS.items():
                if loop not in process.paused:
                    often = weight * 1.5 if loop.split(":")[0] in busy else weight / 6
                    made.append((often, f"{name} {loop}", partial(self._turn, process, loop)))
        return made

    def _calm(self) -> None:
        """The faults stop: everybody wakes up, everything is allowed again, and time passes."""
        world = self.house.world
        self.weather.calm()
        for process in self.workers:
            process.view.catch_up()
            for loop in list(process.paused):
                self._tell(f"worker {process.number} {loop}", partial(process.wake, loop))
        world.token_paused, world.base_fee = False, BASE_FEE
        self._tell("everybody", self._allow_all)
        world.wait(30)
        world.mine()
        self._last_gift = len(world.chain) - 1
        for number in range(CALM_ROUNDS):
            if self._is_over():
                break
            self._tell("time", partial(self._pass_time, number))
            process = self.workers[number % 2]
            for loop in LOOPS:
                if (loop.startswith("deposits") and self._scanned()) or (loop.startswith("sweep") and number % 4):
                    continue
                said = process.turn(loop, Fate())
                if loop.startswith("deposits"):
                    self._deposits_stopped = "Deposits stop" in said
                if said.startswith("fails"):
                    self.story.append(f"              worker {process.number} {loop}: {said}")
            world.mine(2)
            self._found = self.auditor.look()
        if not self._is_over() and self.auditor.trusts_finality:
            left = [f"{f.id} {f.status}, payout {f.payout}, for {f.waiting_for}" for f in self._found if not _over(f)]
            left += [f"{p.purpose} {p.id} {p.status}, for {p.waiting_for}: {p.detail}" for p in store.left(self.eye)]
            raise Violation("I8", f"after {CALM_ROUNDS} calm rounds not over: {left}")
        self._close()

    def _is_over(self) -> bool:
        return all(_over(f) for f in self._found) and not store.left(self.eye) and self._scanned()

    def _scanned(self) -> bool:
        """Whether everything that customers sent over the chain is decided."""
        return self._deposits_stopped or store.cursor(self.eye).number >= self._last_gift

    def _pass_time(self, number: int) -> str:
        """Seconds at first; then hours, so that delays end and what nobody confirms expires."""
        waits = {f.status for f in self._found}
        long = Status.DELAYED in waits or Status.AWAITING_CONFIRMATION in waits
        seconds = 25 * 3600 if long and number % 4 == 1 else 5 if number < 12 else 100
        self.house.world.wait(seconds)
        return f"{seconds} s pass"

    def _close(self) -> None:
        node = Node(View(self.house.world), self.weather, Turn(), CHAIN_ID)
        self.auditor.close(node, NETWORK, self._deposits_stopped)

    def _leave(self) -> None:
        self.house.let_go(self.eye)
        for process in self.workers:
            process.leave()
        if self.front is not None:
            self.house.let_go(self.front)

    # --- customers and officers ----------------------------------------------------------------------------------

    def _setting(self, conn: Conn) -> withdrawals.Setting:
        return withdrawals.setting(conn, self.house.world.now)

    def _person(self, what: str, do: Callable[[Watched], object]) -> str:
        """Somebody calls the API, whose process may die as well; what came of it."""
        fate = Fate()
        if self.dice.random() < 0.12 and not self._is_calm():
            fate = Fate(self.dice.choice((How.KILL, How.FALL)), self.dice.randint(1, 40))
        if self.front is None:
            self.front = self.house.connection()
        conn, turn = self.front, Turn(fate)
        conn.turn = turn
        turn.start(lambda: do(conn))
        conn.turn = None
        fault = turn.fault
        if turn.place:
            self.house.let_go(conn)
            self.front = None
            if isinstance(fault, Killed | psycopg.OperationalError):
                self.met.add(f"API {fate.how}")
                return f"{what}; the API {'is killed' if fate.how is How.KILL else 'loses its database'}: {turn.place}"
        if isinstance(fault, Refusal):
            return f"{what}; refused: {fault.code}"
        if fault is not None:
            raise Violation("no surprises", f"{what}: {type(fault).__name__}: {fault}") from fault
        return what

    def _is_calm(self) -> bool:
        return any("everybody" in line for line in self.story[-CALM_ROUNDS:])

    def _ask(self) -> str:
        who = self.dice.choice(self.people)
        asset: Asset = self.dice.choice((USDT, USDT, ETH))
        amount = self.dice.choice(("5", "40", "250", "900", "1500", "11000") if asset is USDT else ("0.01", "0.3", "1"))
        number = next(self._receivers)
        receiver, inside = evm_address.checksum(evm_address.keccak256(f"{self.seed} {number}".encode())[:20]), ""
        if self.dice.random() < 0.12:
            other = self.dice.choice([item for item in self.house.customers if item is not who])
            receiver, inside = other.deposit_address, ", for another customer"
            self.met.add("internal")
        elif asset is ETH:
            kind = self.dice.random()
            (self.house.world.refusing if kind < 0.25 else self.house.world.traps if kind < 0.6 else set()).add(
                receiver
            )
        exact = str(Decimal(amount) + Decimal(number) / 10**6)  # no two are alike, so that each is recognised by it
        ask = Ask(who.id, who.id, asset.symbol, NETWORK, exact, receiver, key=f"{self.seed}-{number}", request="once")
        self._asks.append(ask)
        self._units[int(Decimal(exact) * 10**asset.decimals)] = number
        return self._send(ask, f"asks for no. {number}, {amount} {asset.symbol}{inside}")

    def _ask_again(self) -> str:
        """The same request once more: a double click, or an answer that was lost."""
        ask = self.dice.choice(self._asks)
        return self._send(ask, f"asks for no. {1 + self._asks.index(ask)} again")

    def _send(self, ask: Ask, what: str) -> str:
        said = self._person(
            what, lambda conn: withdrawals.request(conn, [ask], self._setting(conn), self.house.world.now)
        )
        made = Counter(f.units for f in self._refreshed())
        if any(times > 1 for times in made.values()):
            raise Violation("asked once", f"key {ask.key} made two withdrawals")
        return said

    def _name(self, item: Seen) -> str:
        return f"no. {self._units[item.units]}"

    def _refreshed(self) -> list[Seen]:
        return store.seen(self.eye, self.auditor.people)

    def _confirm(self, waiting: Sequence[Seen]) -> str:
        item = self.dice.choice(waiting)
        who = next(w for w in self.people if w.id == item.party_id)
        world = self.house.world
        step = int(world.now.timestamp()) // STEP_SECONDS
        if step <= who.last_step:
            world.wait(STEP_SECONDS)
            step = int(world.now.timestamp()) // STEP_SECONDS
        who.last_step = step
        code = code_at(who.secret, step)
        return self._person(
            f"confirms {self._name(item)}",
            lambda conn: withdrawals.confirm(
                conn, item.id, "totp", code, DATA_KEY, who.id, self._setting(conn), world.now
            ),
        )

    def _cancel(self, living: Sequence[Seen]) -> str:
        item = self.dice.choice(living)
        return self._person(
            f"cancels {self._name(item)}, which is {item.status}",
            lambda conn: withdrawals.cancel(conn, item.id, item.party_id, self._setting(conn), self.house.world.now),
        )

    def _abandon(self, paying: Sequence[Seen]) -> str:
        item = self.dice.choice(paying)
        return self._person(
            f"abandons {self._name(item)}",
            lambda conn: custody.abandon(conn, item.id, "it hangs", "treasury", self.house.world.now),
        )

    def _answer(self, reviews: Sequence[Seen]) -> str:
        item = self.dice.choice(reviews)
        said = self.dice.choice(("approve", "approve", "decline"))
        return self._person(f"answers {said} about {self._name(item)}", lambda conn: self._say(conn, item.id, said))

    def _say(self, conn: Conn, id: str, said: str) -> None:
        for case in cases.about(conn, id):
            if case.status == "open":
                cases.answer(conn, case.id, f"officer-{new_id('who')}", said, "looked at", self.house.world.now)

    def _freeze(self) -> str:
        who = self.dice.choice(self.people)
        said = self._person(
            f"freezes customer {self.people.index(who) + 1}",
            lambda conn: parties.freeze(conn, who.id, "looks odd", "officer", self.house.world.now),
        )
        self._overlays()
        return said

    def _lift(self) -> str:
        order = self.dice.choice([id for ids in self._freezes.values() for id in ids])
        said = self._person(
            "lifts a freeze", lambda conn: parties.lift(conn, order, "looked at", "officer", self.house.world.now)
        )
        self._overlays()
        return said

    def _switch_on(self) -> str:
        scope, subject = self.dice.choice((("platform", "platform"), ("network", NETWORK), ("asset", USDT.name)))
        said = self._person(
            f"switches {subject} off",
            lambda conn: policies.switch_on(conn, scope, subject, "a drill", "officer", self.house.world.now),
        )
        self._overlays()
        return said

    def _switch_off(self) -> str:
        id = self.dice.choice(list(self._switches))
        said = self._person(
            f"lets {self._switches[id]} go on",
            lambda conn: policies.switch_off(conn, id, "officer", self.house.world.now),
        )
        self._overlays()
        return said

    def _overlays(self) -> None:
        """What is in force, as committed: an order whose API died may have come through or not."""
        found = parties.restrictions(self.eye, self.auditor.people, self.house.world.now)
        self._freezes = {who: [r.id for r in orders] for who, orders in sorted(found.items()) if orders}
        self._switches = {s.id: s.subject for s in policies.switches(self.eye)}

    def _allow_all(self) -> str:
        while self._freezes:
            self._lift()
        while self._switches:
            self._switch_off()
        for item in self._refreshed():
            if item.status == Status.IN_REVIEW:
                self._person("answers", partial(self._say, id=item.id, said="approve"))
        return "is calm; freezes are lifted, switches are let go"

    def _deposit(self) -> str:
        who = self.dice.choice(self.people)
        asset = self.dice.choice((USDT, USDT, ETH))
        units = self.dice.choice((7, 300)) * 10**asset.decimals // (1 if asset is USDT else 100)
        self.house.world.give(asset.contract, who.deposit_address, units)
        return f"deposits {units} of {asset.symbol}"

    # --- the chain and time --------------------------------------------------------------------------------------

    def _mine(self) -> str:
        blocks, willing = self.dice.choice((1, 1, 1, 2, 3)), self.dice.random() > 0.15
        self.house.world.mine(blocks, lambda _: willing)
        self.house.world.wait(self.dice.choice((1, 4, 12)) * blocks)
        return f"{blocks} blocks" if willing else f"{blocks} blocks without us"

    def _wait(self) -> str:
        seconds = self.dice.choice((1, 3, 5, 21, 21, 60, 100, 100, 400, 1000, 4000))
        self.house.world.wait(seconds)
        return f"{seconds} s pass"

    def _reorganise(self) -> str:
        world = self.house.world
        open_ = min(len(world.chain) - 1 - world.final, len(world.chain) - self._first)
        if open_ < 1:
            return "nothing to undo"
        depth = self.dice.randint(1, open_)
        blocks, kept = max(0, depth + self.dice.choice((-1, 0, 1, 1))), self.dice.random()
        world.reorganise(depth, blocks, lambda what: not hasattr(what, "slot") or self.dice.random() < kept)
        self.met.add("reorganised")
        return f"undoes {depth} blocks, makes {blocks} others"

    def _break_finality(self) -> str:
        """What no payer can survive unharmed; nobody may be paid twice all the same."""
        world = self.house.world
        depth = min(FINALITY + self.dice.randint(0, 2), len(world.chain) - self._first)
        if depth < FINALITY:
            return "nothing to undo"
        self.auditor.trusts_finality = False
        self.met.add("finality broken")
        world.reorganise(depth, depth + 1, lambda _: self.dice.random() < 0.8)
        return f"undoes {depth} blocks, final ones among them"

    def stir(self) -> None:
        """The chain moves on while somebody is in the middle of something."""
        self._mine()
        if self.dice.random() < 0.4 and len(self.house.world.chain) - 1 > self.house.world.final:
            self._reorganise()

    def _price(self) -> str:
        self.house.world.base_fee = BASE_FEE * self.dice.choice((2, 3, 20, 90, 400))
        return f"asks for {self.house.world.base_fee // 10**9} gwei"

    def _price_falls(self) -> str:
        self.house.world.base_fee = BASE_FEE
        return "is cheap again"

    def _drop(self) -> str:
        world = self.house.world
        slot = self.dice.choice(sorted(world.pool))
        del world.pool[slot]
        self.met.add("dropped")
        return f"forgets the transaction on nonce {slot[1]}"

    def _bring_back(self) -> str:
        world = self.house.world
        spent = world.head.state.nonces
        old = [tx for tx in world.known.values() if tx.nonce >= spent.get(tx.sender, 0)]
        if not old:
            return "has nothing to bring back"
        tx = self.dice.choice(old)
        world.bring_back(tx)
        return f"has an old transaction on nonce {tx.nonce} again"

    def _pause_token(self) -> str:
        world = self.house.world
        world.token_paused = not world.token_paused
        return "refuses every transfer" if world.token_paused else "works again"

    def _refuse(self, paying: Sequence[Seen]) -> str:
        """A contract that took coins when it was asked takes none when they come, or the other way round."""
        item = self.dice.choice([f for f in paying if f.asset_id == ETH.id])
        self.house.world.refusing ^= {item.address}
        refuses = item.address in self.house.world.refusing
        return f"of {self._name(item)} {'takes nothing any more' if refuses else 'takes coins again'}"

    def _lag(self) -> str:
        process = self.dice.choice(self.workers)
        if process.view.frozen is None:
            process.view.lag()
            self.met.add("lag")
            return f"of worker {process.number} falls behind"
        process.view.catch_up()
        return f"of worker {process.number} catches up"

    def _restart_signer(self) -> str:
        self.house.room.restart()
        return "is killed and started again"

    # --- workers -------------------------------------------------------------------------------------------------

    def _turn(self, process: Process, loop: str) -> str:
        fate = Fate()
        if self.dice.random() < 0.3:
            how = self.dice.choice((How.KILL, How.FALL, How.PAUSE, How.STIR))
            fate = Fate(how, int(self.dice.triangular(1, 70, 10)))
        said = process.turn(loop, fate)
        if any(word in said for word in ("sleeps", "killed", "fell", "moved on")):
            self.met.add(f"{loop.split(':')[0]} {fate.how}")
        return said

    def _wake(self, process: Process) -> str:
        return process.wake(self.dice.choice(sorted(process.paused)))


def _waits_for(item: Seen) -> tuple[str, ...]:
    """The loops that have something to do about it: their turns come more often, so that more than waiting happens."""
    if item.payout == "paying":
        return "watch", "news", "pay"
    if item.payout == "queued":
        return "pay", "news"
    return ("time",) if item.status in (Status.APPROVED, Status.DELAYED) else ()


def _over(item: Seen) -> bool:
    return Status(item.status) in FINAL


def run(house: House, seed: int) -> Result:
    """One schedule, on a house as it was in the beginning. Raises Failed."""
    house.put_back()
    with numbered_ids(house):
        return Schedule(house, seed).run()


def run_all(estate: Estate, seeds: Iterable[int]) -> Iterator[Result]:
    """Schedules one after the other. Raises Failed."""
    left = list(seeds)
    while left:
        now, left = left[:SCHEDULES_PER_HOUSE], left[SCHEDULES_PER_HOUSE:]
        with estate.house() as house:
            for seed in now:
                yield run(house, seed)
