"""What a batch of requests admitted, written down as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field

from tidegate.db import Tx, replay, unawaited
from tidegate.ledger import store as ledger_store
from tidegate.policy import breaker
from tidegate.policy import flow as policies
from tidegate.policy.breaker import Trip
from tidegate.screening import flow as screening
from tidegate.withdrawals import store
from tidegate.withdrawals.deciding import Lone
from tidegate.withdrawals.flow.gathering.batch import Gathered
from tidegate.withdrawals.habits import Rushing
from tidegate.withdrawals.withdrawal import Withdrawal


@dataclass(slots=True)
class Made:
    """What was made of the requests so far, row by row; nothing of a request that was refused."""

    withdrawals: list[Withdrawal] = field(default_factory=list)
    lone: list[Lone] = field(default_factory=list)
    decisions: list[store.DecisionRow] = field(default_factory=list)
    holds: list[ledger_store.NewHold] = field(default_factory=list)
    reservations: list[store.Reservation] = field(default_factory=list)
    questions: list[store.Question] = field(default_factory=list)
    warnings: list[tuple[Withdrawal, screening.HitRow]] = field(default_factory=list)
    statements: list[tuple[str, str]] = field(default_factory=list)  # (withdrawal, canonical JSON)
    kept_by_vasp: list[str] = field(default_factory=list)  # saved addresses
    kept: list[replay.First] = field(default_factory=list)

    def write(self, tx: Tx, seen: Gathered) -> None:
        """Write down everything that was judged."""
        conn, now = tx.conn, tx.now
        step = None
        with unawaited(conn):
            if self.decisions:
                screening.keep(tx, seen.book.first_named)
                store.insert_decisions(conn, self.decisions)
            if self.withdrawals:
                store.insert(conn, self.withdrawals)
            if self.lone:
                store.insert_lone(conn, self.lone)
            if self.holds:
                ledger_store.add_holds(conn, self.holds, now)
            if self.questions:
                store.ask_outside(conn, self.questions)
            if self.statements:
                store.put_statements(conn, self.statements, now)
            if self.kept:
                replay.keep_many(conn, self.kept, now)
            if self.reservations:  # last: everybody else waits for the platform's counter from here to the commit
                step = store.reserve(conn, self.reservations, now)
        if step is not None:
            _trip(tx, seen, step - len(self.reservations))
        for made, hit in self.warnings:  # rare: somebody pays to our own blocklist
            screening.warn(tx, made.party_id, made.id, made.network, hit, "en", {"requester": made.requester})
        for entry_id in self.kept_by_vasp:
            screening.declare(tx, entry_id, "vasp")


def _trip(tx: Tx, seen: Gathered, step: int) -> None:
    """Open the breaker where a line is passed, by this batch or together with others that were in flight.

    `step` is where the platform's counter stood before this batch: as when the batch was gathered, where nobody else
    took anything meanwhile.

    The platform's counter has just been moved, so its row is ours until commit: whoever comes second here sees
    what the first one took. Batches that were being judged meanwhile let their requests in without the finding;
    those meet the breaker at their confirmation, and nothing is paid before that.
    """
    before = seen.haste
    if before is not None and before.counted is not None:
        c = before.counted
        store.keep_count(tx.conn, c.opens, c.step, c.accounts, c.destinations)
    if before is None or (before.trip is not None and not before.tripped_here):
        return
    trip = before.trip
    if trip is None:
        if step == before.step:
            return  # the batch saw everybody else, and was judged one by one
        standing = seen.rushing(())
        assert standing is not None  # the policy has not changed
        found = None if standing.trip is not None else breaker.passed(standing.rush, standing.line)
        trip = None if found is None else Rushing(standing.next, *found, standing.line.minutes)
    if trip is not None and trip.trip is not None:
        policies.trip(tx, Trip(trip.trip, tx.now, trip.line, trip.seen, trip.allowed, trip.minutes))
