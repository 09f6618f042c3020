"""The customers of a batch against their own past, and what leaves together just now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tidegate.base.refusals import Refusal
from tidegate.db import Conn, Tx
from tidegate.policy import breaker
from tidegate.policy.behaviour import BehaviourNumbers, Egress
from tidegate.policy.pack import Policy
from tidegate.withdrawals import limits, store
from tidegate.withdrawals.asking import Ask, Asked
from tidegate.withdrawals.habits import Asking, Rushing
from tidegate.withdrawals.haste import Count, Haste


@dataclass(slots=True)
class Past:
    """The customers of a batch against their own past; it grows by what the batch takes."""

    numbers: BehaviourNumbers | None
    rows: Mapping[tuple[str, int], store.HabitRow]
    left: dict[tuple[str, int], int] = field(default_factory=dict)  # units that this batch takes

    @staticmethod
    def gather(
        tx: Tx,
        asks: Sequence[Ask],
        asked: Mapping[int, Asked | Refusal],
        known: Collection[str],
        policy: Policy,
    ) -> Past:
        numbers = policy.behaviour
        if numbers is None or not numbers.asks:
            return Past(None, {})
        pairs = {
            (ask.party_id, item.asset.id): item.asset.network
            for ask in asks
            if isinstance(item := asked[id(ask)], Asked) and ask.party_id in known
        }
        found = store.habits(
            tx.conn,
            [party for party, _ in pairs],
            [asset for _, asset in pairs],
            list(pairs.values()),
            tx.now,
            numbers.velocity.pass_through.minutes if numbers.velocity is not None else 0,
        )
        return Past(numbers, {(row.party_id, row.asset_id): row for row in found})

    def asking(self, ask: Ask, asked: Asked, windows: Sequence[limits.Window], named: int) -> Asking | None:
        """One request as it is now, and how many destinations its customer names first in this batch; None where the
        policy does not look."""
        if self.numbers is None:
            return None
        row, numbers = self.rows[ask.party_id, asked.asset.id], self.numbers
        party = {w.hours: w for w in windows if w.scope == "party"}
        return Asking(
            count_1h=party[1].count,
            count_24h=party[24].count,
            new_addresses_24h=row.new_addresses + named,
            left_24h_units=row.left_units + self.left.get((ask.party_id, asked.asset.id), 0),
            balance_24h_units=None if ask.alone else row.balance_units,
            arrived_units=row.arrived_units,
            arrived_minutes=0 if numbers.velocity is None else numbers.velocity.pass_through.minutes,
            sent_at=row.sent_at,
            sent_90d=row.sent,
            largest_90d=row.largest,
            median_90d=row.median,
            largest_units=row.largest_units,
            hot_units=row.hot_units,
            hot_as_of=row.hot_as_of,
            supply_units=None if numbers.units is None else numbers.units.supply.units(asked.asset),
        )

    def took(self, ask: Ask, asked: Asked) -> None:
        """A request was let in: those after it in this batch count it."""
        pair = (ask.party_id, asked.asset.id)
        if not ask.alone:
            self.left[pair] = self.left.get(pair, 0) + asked.units


def haste(
    conn: Conn,
    line: Egress,
    now: datetime,
    more: int = 0,
    accounts: Sequence[str] = (),
    destinations: Sequence[str] = (),
) -> Haste:
    """What leaves together in the breaker's window, where so many more requests of these could join it."""
    found = store.rush(conn, breaker.opens(now, line), more, (line.accounts, line.destinations), accounts, destinations)
    trip = None
    if found.number is not None:
        trip = Rushing(found.number, found.line or "", found.seen or 0, found.allowed or 0, found.minutes or 0)
    known = set(found.known_accounts or ()), set(found.known_destinations or ())
    others = counted = None
    if found.accounts is not None and found.destinations is not None:
        others = (found.accounts, found.destinations)
        counted = Count(found.opens, found.step, others[0] + len(known[0]), others[1] + len(known[1]))
    return Haste(line, found.trips + 1, trip, found.value, others, *known, step=found.step, counted=counted)
