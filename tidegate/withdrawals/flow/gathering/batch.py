"""Everything that a batch of requests is judged by, read once and under lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tidegate.base.refusals import Refusal
from tidegate.db import Tx, replay, unawaited
from tidegate.ledger import store as ledger_store
from tidegate.p2p.lots import flow as lots
from tidegate.parties import flow as parties
from tidegate.parties.party import Party
from tidegate.screening import flow as screening
from tidegate.withdrawals import limits, store
from tidegate.withdrawals.asking import Ask, Asked, read
from tidegate.withdrawals.checks.place import travel_rule_asked
from tidegate.withdrawals.facts import DESTINATION_CODE, TRAVEL_RULE, Facts, OutsideAnswer, State
from tidegate.withdrawals.flow.gathering.destinations import Book, of_entry
from tidegate.withdrawals.flow.gathering.law import Law
from tidegate.withdrawals.flow.gathering.past import Past, haste
from tidegate.withdrawals.flow.gathering.people import People
from tidegate.withdrawals.flow.gathering.retention import bound
from tidegate.withdrawals.flow.gathering.windows import of_windows
from tidegate.withdrawals.flow.given import Setting
from tidegate.withdrawals.habits import Rushing
from tidegate.withdrawals.haste import Haste


@dataclass(slots=True)
class Room:
    """What one account still holds while a batch is judged."""

    account_id: int
    available: int


class Gathered:
    """The facts of a batch. They grow by what the batch takes, so that the second request of one account sees the
    first one."""

    def __init__(self, tx: Tx, setting: Setting, asks: Sequence[Ask]) -> None:
        self.tx, self.setting, now = tx, setting, tx.now
        by_name = setting.by_name
        self.asked: dict[int, Asked | Refusal] = {}
        for ask in asks:
            try:
                self.asked[id(ask)] = read(ask, by_name, setting.ours, setting.policy)
            except Refusal as refusal:
                self.asked[id(ask)] = refusal
        self.parties = parties.lock(tx.conn, sorted({ask.party_id for ask in asks}))
        # Looked up under the lock: the first request with this key may have been committed while we waited.
        self.firsts = replay.find_many(tx.conn, [(a.scope, a.key) for a in asks if a.key is not None])
        ids = sorted(self.parties)
        self.people = People.gather(tx.conn, ids, setting.policy, now)
        self.book = Book(tx, asks, self.asked, self.parties, setting)
        pairs = sorted(
            {
                (ask.party_id, asked.asset.id)
                for ask in asks
                if isinstance(asked := self.asked[id(ask)], Asked) and ask.party_id in self.parties and not ask.alone
            }
        )
        owners, asset_ids = [owner for owner, _ in pairs], [asset for _, asset in pairs]
        accounts = ledger_store.lock(tx.conn, owners, asset_ids)
        if len(accounts) < len(pairs):  # somebody's first request in this asset
            ledger_store.ensure(tx.conn, owners, asset_ids)
            accounts = ledger_store.lock(tx.conn, owners, asset_ids)
        self.rooms = {
            (account.owner, account.asset_id): Room(account.id, account.posted - account.held) for account in accounts
        }
        self.windows = self._windows(asks)
        self.past = Past.gather(tx, asks, self.asked, self.parties, setting.policy)
        self.haste = self.rushing([ask for ask in asks if id(ask) in self.subjects])
        self.law = Law.gather(tx.conn, ids, self.book.entry_ids, setting.policy, now)
        self.retained = lots.retained(tx.conn, ids, setting.assets, setting.policy, now)

    def _windows(self, asks: Sequence[Ask]) -> dict[tuple[str, str, int | None], limits.Window]:
        """The windows that the requests meet, counted under the locks of their counters."""
        tx, policy = self.tx, self.setting.policy
        self.subjects = {id(ask): found for ask in asks if (found := self._subjects(ask)) is not None}
        met = limits.in_order(subject for found in self.subjects.values() for subject in found)
        locked = limits.locked_scopes(policy)
        self.hours = limits.windows_of(policy)
        wanted = [(scope, subject, length) for scope, subject in met for length in self.hours.get(scope, ())]
        with unawaited(tx.conn):
            store.lock_counters(tx.conn, [subject for subject in met if subject[0] in locked], tx.now)
            counted = store.windows(tx.conn, wanted, tx.now)
        return {(w.scope, w.subject, w.hours): w for w in counted}

    def rushing(self, asks: Sequence[Ask]) -> Haste | None:
        """What leaves together in the breaker's window, beside these requests; None where the policy has none."""
        numbers = self.setting.policy.behaviour
        line = None if numbers is None else numbers.egress
        if line is None:
            return None
        named = [dict(self.subjects[id(ask)]) for ask in asks]
        accounts, places = sorted({n["party"] for n in named}), sorted({n["address"] for n in named})
        return haste(self.tx.conn, line, self.tx.now, len(asks), accounts, places)

    def _subjects(self, ask: Ask) -> tuple[limits.Subject, ...] | None:
        """Whom a request counts for; None where it will be refused anyway."""
        asked = self.asked[id(ask)]
        if isinstance(asked, Refusal) or ask.party_id not in self.parties:
            return None
        try:
            entry = self.book.entry(ask, asked)
        except Refusal:  # said again in this request's own turn
            return None
        return limits.subjects(ask.party_id, ask.network, entry.address, ask.actor, asked.asset.name)

    def facts(self, ask: Ask, asked: Asked, party: Party, entry: screening.SavedAddress) -> Facts:
        """What is known of one request as it comes to its turn."""
        policy, now = self.setting.policy, self.tx.now
        found = [self.windows[*s, length] for s in self.subjects[id(ask)] for length in self.hours.get(s[0], ())]
        facts = self.people.facts(
            party,
            now=now,
            asset=asked.asset.name,
            address=entry.address,
            units=asked.units,
            fee_units=asked.fee_units,
            value=asked.value,
            available_units=None if ask.alone else self.rooms[party.id, asked.asset.id].available,
            **of_windows(found),
            **self.setting.market(asked.asset.id, asked.value),
            **of_entry(entry, asked.stated),
            **self.book.places.facts(entry, self.people.allow_lists.get(party.id)),
            cleared=(),
            requested_at=now,
            memo=entry.memo,
            place=self.law.facts(party, entry, asked.description, asked.stated),
            asking=self.past.asking(ask, asked, found, self.book.first_of(entry)),
            rushing=None if self.haste is None else self.haste.trip or Rushing(None),
            bound=None if ask.alone else bound(self.retained.get(party.id), asked.asset.id, asked.units, now),
        )
        required = policy.outside_required(asked.value)
        if ask.alone:  # the platform pays, on networks that may be none of ours: it looks at the destination itself
            required = tuple(check for check in required if check != DESTINATION_CODE)
        if travel_rule_asked(facts, policy) is not None and not ask.alone:
            required = tuple(sorted({*required, TRAVEL_RULE}))
        # A decision that stands alone is given at once: nobody is there to wait, so a person has to look.
        outside = tuple(OutsideAnswer(c, State.TIMEOUT if ask.alone else State.PENDING) for c in required)
        return replace(facts, required=required, outside=outside)
