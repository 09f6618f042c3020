"""Who looks on and says what must not be (rulebook section 2). He believes the world, the signer's bytes and the rows.

Each sentence below is one thing that may never happen; the first one that does ends the schedule.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from tidegate.custody import jobs
from tidegate.custody.chain import Chain
from tidegate.db import Conn, journal
from tidegate.ledger import store as ledger
from tidegate.sim import store
from tidegate.sim.store import Seen
from tidegate.sim.world import World, payments
from tidegate.withdrawals.withdrawal import FINAL, MOVES, Status

SPENT, FREE = Status.SETTLED, FINAL - {Status.SETTLED}


class Violation(AssertionError):
    """What must never be. `rule` names the invariant, the message what was seen."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(f"{rule}: {message}")
        self.rule = rule


@dataclass(slots=True)
class Auditor:
    """Looks at one schedule's withdrawals, from outside."""

    conn: Conn
    world: World
    owners: Mapping[str, str]  # deposit address -> whose it is; to one of these the books pay, not the chain
    contracts: Mapping[int, str | None]  # asset id -> contract
    funds: Mapping[int, int]  # asset id -> what every customer had in the beginning
    trusts_finality: bool = True  # False: this world undoes final blocks, so only "never twice" can be asked
    stopped: set[str] = field(default_factory=set)  # withdrawals that may not start just now
    _before: dict[str, int] = field(default_factory=dict)

    @property
    def people(self) -> list[str]:
        return list(self.owners.values())

    def look(self) -> list[Seen]:
        """What must hold at every moment. Raises Violation."""
        found = store.seen(self.conn, self.people)
        for item in found:
            if item.failed is not None:
                raise Violation("no surprises", f"a step about {item.id} ({item.status}) died: {item.failed}")
            self._agrees(item)
            if item.address in self.owners:
                self._stays_inside(item)
                continue
            self._paid_once(item)
            if self.trusts_finality:
                self._chain_agrees(item)
        self._nothing_starts(found)
        return found

    def _stays_inside(self, item: Seen) -> None:
        """Coins for another customer never leave: no payout, no bytes, and the books say that they paid."""
        if item.payout is not None:
            raise Violation("I1", f"{item.id} goes to {self.owners[item.address]} of ours, and has a payout")
        if item.status == SPENT and not (item.tx or "").startswith("internal:"):
            raise Violation("I4", f"{item.id} is settled by {item.tx}; the books should have paid it")

    def _paid_once(self, item: Seen) -> None:
        arrived = payments(self.world.chain, item.address)
        owed = item.units - item.fee_units
        if len(arrived) > 1 or any(t.units != owed or t.contract != self.contracts[item.asset_id] for t in arrived):
            said = [f"{t.units} of {t.contract}" for t in arrived]
            raise Violation("I1", f"{item.id} ({item.status}) owes {owed} once; its receiver got {said}")
        slots = {tx.slot for tx in self.world.signed.values() if tx.receiver == item.address and tx.units}
        if len(slots) > 1:
            raise Violation("I1", f"{item.id} has signed payments on {len(slots)} nonces: both can be mined")
        # Payment and cancellation share the nonce; in world.signed a cancellation has another receiver.
        lost = sorted({nonce for _, nonce in slots} & set(item.given_up)) if not item.live else []
        if lost:
            raise Violation("I1", f"{item.id} was signed on nonce {lost[0]}, and that nonce was given up")
        if item.live > 1:
            raise Violation("I1", f"{item.id} has {item.live} live attempts")

    def _agrees(self, item: Seen) -> None:
        status = Status(item.status)
        if status in FINAL:
            hold = {"spent"} if status is SPENT else {"released", None}
            if item.hold not in hold:
                raise Violation("I5", f"{item.id} is {status}, its hold is {item.hold}")
            if status in FREE and item.limit_taken:
                raise Violation("I5", f"{item.id} is {status} and still takes its limit")
            if item.payout in ("queued", "paying"):
                raise Violation("I5", f"{item.id} is {status}, its payout is {item.payout}")
        elif item.hold != "open" or not item.limit_taken:
            raise Violation("I5", f"{item.id} is {status}, its hold is {item.hold}, limit taken: {item.limit_taken}")
        if status is SPENT and not item.limit_taken:
            raise Violation("I9", f"{item.id} is settled and gave its limit back")

    def _chain_agrees(self, item: Seen) -> None:
        status, final = Status(item.status), self.world.settled
        if status is SPENT:
            arrived = payments(self.world.chain[: final.block.number + 1], item.address)
            if [t.tx for t in arrived] != [item.tx]:
                raise Violation("I4", f"{item.id} is settled by {item.tx}; final is {[t.tx for t in arrived]}")
        if status in FREE:
            if payments(self.world.chain, item.address):
                raise Violation("I3", f"{item.id} is {status}, and its receiver was paid")
            for tx in self.world.signed.values():
                if tx.receiver == item.address and final.state.nonces.get(tx.sender, 0) <= tx.nonce:
                    raise Violation("I3", f"{item.id} is {status}, and {tx.hash} on nonce {tx.nonce} can be mined")

    def _nothing_starts(self, found: Iterable[Seen]) -> None:
        now = {item.id: item.attempts + (item.address in self.owners and item.status == SPENT) for item in found}
        for id in sorted(self.stopped):
            if now.get(id, 0) > self._before.get(id, 0):
                raise Violation("I10", f"{id} started to be paid under a freeze or a kill switch")
        self._before = now

    # --- in the end ----------------------------------------------------------------------------------------------

    def close(self, chain: Chain, network: str, deposits_stopped: bool) -> None:
        """When all faults have stopped and time has passed: nothing is left open, and the books are the chain's.

        `deposits_stopped`: the last look for deposits refused to go on, because final blocks were replaced.
        """
        found = self.look()
        for item in found:
            if Status(item.status) not in FINAL and not item.waiting_for:
                raise Violation("I8", f"{item.id} is {item.status}, payout {item.payout}, and does not say why")
        self._journal(found)
        self._books(found, self._brought(deposits_stopped))
        if self.trusts_finality and not store.left(self.conn):
            for book in jobs.books(self.conn, chain, network):
                if book.ledger_units != book.chain_units:
                    raise Violation("I2", f"{book.asset}: ledger {book.ledger_units}, chain {book.chain_units}")

    def _brought(self, deposits_stopped: bool) -> Counter[tuple[str, int]]:
        """What customers brought over the chain, by the world's own account: {(party, asset id): units}."""
        brought = Counter({(who, asset): units for who in self.people for asset, units in self.funds.items()})
        at = store.cursor(self.conn)
        assets = {contract: id for id, contract in self.contracts.items()}
        chain = self.world.chain
        if at.number < len(chain) and chain[at.number].block.hash == at.hash:
            for gift in (gift for mined in chain[: at.number + 1] for gift in mined.gifts):
                if gift.receiver in self.owners:
                    brought[self.owners[gift.receiver], assets[gift.contract]] += gift.units
            return brought
        # The block decided last was final and is gone. Nobody can say what is whose now; but then nothing may be
        # credited any more, and what was credited was in a final block, and is credited once.
        if self.trusts_finality or not deposits_stopped:
            raise Violation("I2", f"deposits are decided up to block {at.number}, {at.hash}, and the chain has another")
        credits = store.credited(self.conn)
        for credit in credits:
            seen = self.world.proven.get(credit.tx)
            said = (credit.party_id, self.contracts[credit.asset_id], credit.units)
            if seen is None or (self.owners.get(seen.receiver), seen.contract, seen.units) != said:
                raise Violation("I2", f"credited was {credit}; what became final is {seen}")
            brought[credit.party_id, credit.asset_id] += credit.units
        if len({credit.tx for credit in credits}) < len(credits):
            raise Violation("I2", f"one deposit was credited twice: {credits}")
        return brought

    def _books(self, found: Iterable[Seen], brought: Counter[tuple[str, int]]) -> None:
        for off in ledger.disagreements(self.conn):
            raise Violation("I2", f"{off.owner}: {off.what}")
        has, held = brought, Counter[tuple[str, int]]()
        for item in found:
            if item.status == SPENT:
                has[item.party_id, item.asset_id] -= item.units
                if item.address in self.owners:
                    has[self.owners[item.address], item.asset_id] += item.units - item.fee_units
            elif Status(item.status) not in FINAL:
                held[item.party_id, item.asset_id] += item.units
        for account in store.accounts(self.conn, self.people):
            key = account.owner, account.asset_id
            if (account.posted, account.held) != (has[key], held[key]):
                raise Violation(
                    "I2",
                    f"{key} should have {has[key]}, of which {held[key]} are held; it has {account.posted}, of which "
                    f"{account.held} are held",
                )

    def _journal(self, found: Iterable[Seen]) -> None:
        told: dict[str, list[Status]] = {item.id: [] for item in found}
        for note in store.noted(self.conn, list(told)):
            word = note.kind.removeprefix("withdrawal.")
            if word in set(Status):
                told[note.subject].append(Status(json.loads(note.body)["status"]))
        for item in found:
            way = told[item.id]
            jumps = [f"{a} to {b}" for a, b in pairwise(way) if b not in MOVES[a]]
            if not way or way[-1] != item.status or jumps:
                raise Violation("I6", f"{item.id} is {item.status}; its journal says {[str(s) for s in way]} {jumps}")
        broken = journal.verify(self.conn).broken
        if broken is not None:
            raise Violation("I6", broken)
        for piece in store.unread(self.conn):
            raise Violation("I6", f"news about {piece.subject} could not be digested: {piece.error}")
