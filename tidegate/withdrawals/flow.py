"""The life of a withdrawal, one transaction per step: look (and lock), decide, write down, all or nothing.

Lock order: parties by id, their ledger accounts, limit counters in `limits.in_order`, the withdrawal, its payout.
Counters of the withdrawal's wider scopes may come after it: whoever holds a withdrawal holds its party, so nobody
who holds a counter waits for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import structlog

import tidegate
from tidegate.base.authorisation import Authorisation
from tidegate.base.canonical import canonical, readable
from tidegate.base.findings import Finding, Outcome
from tidegate.base.ids import new_id
from tidegate.base.money import Asset, to_text
from tidegate.base.outside import Message, Opinion, Reply, Silent
from tidegate.base.refusals import Conflict, Forbidden, Malformed, NotFound, Refusal, TooMany
from tidegate.base.times import hours, rfc3339
from tidegate.cases import flow as cases
from tidegate.custody import flow as custody
from tidegate.db import Conn, Tx, act, journal, replay
from tidegate.ledger import accounts
from tidegate.ledger import flow as ledger
from tidegate.ledger import store as ledger_store
from tidegate.notifications import flow as notifications
from tidegate.parties import flow as parties
from tidegate.parties.party import Party
from tidegate.parties.passkey import Relying
from tidegate.policy import breaker, jurisdictions
from tidegate.policy import flow as policies
from tidegate.policy.behaviour import BehaviourNumbers, Egress
from tidegate.policy.breaker import Trip
from tidegate.policy.factor_numbers import MAIL
from tidegate.policy.market import flow as market
from tidegate.policy.market import regime as regimes
from tidegate.policy.market.regime import Regime
from tidegate.policy.pack import CREDENTIAL_EVENTS, Policy
from tidegate.policy.screening_numbers import ScreeningNumbers
from tidegate.policy.switch import stopping
from tidegate.screening import flow as screening
from tidegate.screening import travel_rule
from tidegate.screening.allow_list import usable_from
from tidegate.screening.ivms101 import Person
from tidegate.screening.ownership import Proof
from tidegate.screening.travel_rule import Sender, Statement
from tidegate.withdrawals import (
    answer,
    appeals,
    bundle,
    deciding,
    factors,
    limits,
    replaying,
    seizure,
    store,
    vendors,
)
from tidegate.withdrawals.asking import NOTHING_STATED, Ask, Asked, read
from tidegate.withdrawals.checks.place import OWNERSHIP_PROOF, awaited, travel_rule_asked
from tidegate.withdrawals.factors import STANDING
from tidegate.withdrawals.facts import (
    FACTS_VERSION,
    TRAVEL_RULE,
    Facts,
    Hit,
    OutsideAnswer,
    PlaceFacts,
    Resembles,
    Restricted,
    State,
    Use,
)
from tidegate.withdrawals.habits import Asking, Behaviour, Rushing, Sessions
from tidegate.withdrawals.haste import Haste, rushing_under
from tidegate.withdrawals.letter import Known
from tidegate.withdrawals.limits import Headroom
from tidegate.withdrawals.review import Answered, Verdict, blocked, named, required_of, review, standing, to_ask
from tidegate.withdrawals.standing import store as standing_store
from tidegate.withdrawals.standing import terms as standing_terms
from tidegate.withdrawals.withdrawal import (
    CANCELLABLE,
    FINAL,
    MOVES,
    Status,
    Withdrawal,
    payload_hash,
    payload_of,
    sources,
)

log = structlog.get_logger("withdrawals")


@dataclass(frozen=True, slots=True)
class Setting:
    """What a shell hands in with every request: the registered assets, our own payable-looking addresses, the
    policy in force. Read once per batch, not per request."""

    assets: Mapping[int, Asset]
    ours: frozenset[str]
    policy: Policy
    regimes: Mapping[int, Regime] = field(default_factory=dict)
    """Asset id -> how restless its market is; one that is not named keeps its whole limits."""

    @property
    def by_name(self) -> dict[tuple[str, str], Asset]:
        return {(asset.symbol, asset.network): asset for asset in self.assets.values()}

    def market(self, asset_id: int, value: int) -> dict[str, Any]:
        """What the market leaves of the limits for so much of an asset, as facts (section 5)."""
        regime = self.regimes.get(asset_id)
        if regime is None:
            return {}
        found = regimes.for_value(regime, value, self.policy.market)
        return {"market_percent": found.multiplier_percent, "market": found.name, "market_reason": found.reason}

    def native(self, network: str) -> Asset:
        """The coin that pays a network's fees."""
        return next(asset for asset in self.assets.values() if asset.network == network and asset.is_native)


def setting(conn: Conn, now: datetime) -> Setting:
    """The setting as the database has it now. Raises Conflict `no_policy` where no policy is in force."""
    assets = {asset.id: asset for asset in ledger_store.assets(conn)}
    policy = policies.active(conn, now)
    return Setting(
        assets, frozenset(custody.hot_addresses(conn)), policy, market.regimes(conn, assets.keys(), now, policy)
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """The HTTP answer to a request: body as text, because a replay must give the same bytes."""

    status: int
    body: str
    replayed: bool = False


# --- ask ---------------------------------------------------------------------------------------------------------


def request(conn: Conn, asks: Sequence[Ask], setting: Setting, now: datetime) -> list[Answer | Refusal]:
    """Decide a batch of requests, and hold funds and limits for what may go on: one transaction for all.

    Every request is judged as if alone and in order: the second of one account sees what the first one took.
    A refusal (malformed, unknown, key reused) concerns its own request and leaves nothing behind.
    """
    with act(conn, "api", now) as tx:
        batch = _Batch(tx, setting, asks)
        answers = [batch.one(ask) for ask in asks]
        batch.write()
        return answers


@dataclass(slots=True)
class _Room:
    """What one account still holds while a batch is judged."""

    account_id: int
    available: int


class _Batch:
    """Facts of a batch, read by set-based statements; what was admitted so far; rows to write at the end."""

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
        self.people = _People.gather(tx.conn, ids, setting.policy, now)
        self.book = _Book(tx, asks, self.asked, self.parties, setting.policy)
        pairs = sorted(
            {
                (ask.party_id, asked.asset.id)
                for ask in asks
                if isinstance(asked := self.asked[id(ask)], Asked) and ask.party_id in self.parties and not ask.alone
            }
        )
        owners, asset_ids = [owner for owner, _ in pairs], [asset for _, asset in pairs]
        ledger_store.ensure(tx.conn, owners, asset_ids)
        self.rooms = {
            (account.owner, account.asset_id): _Room(account.id, account.posted - account.held)
            for account in ledger_store.lock(tx.conn, owners, asset_ids)
        }
        self.windows = self._windows(asks)
        self.past = _Past.gather(tx, asks, self.asked, self.parties, setting.policy)
        self.haste = self._haste([ask for ask in asks if id(ask) in self.subjects])
        self.reservations: list[store.Reservation] = []
        self.law = _Law.gather(tx.conn, ids, self.book.entry_ids, setting.policy, now)
        self.questions: list[store.Question] = []
        self.statements: list[tuple[str, str]] = []
        self.kept_by_vasp: list[str] = []
        self.lone: list[deciding.Lone] = []
        self.warnings: list[tuple[Withdrawal, screening.HitRow]] = []
        self.withdrawals: list[Withdrawal] = []
        self.decisions: list[store.DecisionRow] = []
        self.holds: list[ledger_store.NewHold] = []
        self.kept: list[replay.First] = []

    def _windows(self, asks: Sequence[Ask]) -> dict[tuple[str, str, int | None], limits.Window]:
        """The windows that the requests meet, counted under the locks of their counters."""
        tx, policy = self.tx, self.setting.policy
        self.subjects = {id(ask): found for ask in asks if (found := self._subjects(ask)) is not None}
        met = limits.in_order(subject for found in self.subjects.values() for subject in found)
        locked = limits.locked_scopes(policy)
        self.hours = limits.windows_of(policy)
        store.lock_counters(tx.conn, [subject for subject in met if subject[0] in locked], tx.now)
        wanted = [(scope, subject, length) for scope, subject in met for length in self.hours.get(scope, ())]
        return {(w.scope, w.subject, w.hours): w for w in store.windows(tx.conn, wanted, tx.now)}

    def _haste(self, asks: Sequence[Ask]) -> Haste | None:
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

    def one(self, ask: Ask) -> Answer | Refusal:
        """Judge one request in its turn."""
        try:
            return self._replayed(ask) or self._judge(ask)
        except Refusal as refusal:
            return refusal

    def _replayed(self, ask: Ask) -> Answer | None:
        first = self.firsts.get((ask.scope, ask.key)) if ask.key is not None else None
        if first is None:
            return None
        if first.request != ask.request:
            raise replay.KeyReused(first.key)
        return Answer(first.status, first.answer, replayed=True)

    def _judge(self, ask: Ask) -> Answer:
        tx, policy, now = self.tx, self.setting.policy, self.tx.now
        party = self.parties.get(ask.party_id)
        if party is None:
            raise NotFound("customer_unknown", f"There is no customer {ask.party_id}.", field="customer")
        asked = self.asked[id(ask)]
        if isinstance(asked, Refusal):
            raise asked
        enrolled = self.people.enrolled[party.id]
        if not ask.alone and not enrolled:
            raise Conflict(
                "factor_missing",
                "This customer has no factor to confirm with; enrol one with POST /v1/customers/{id}/factors first.",
            )
        entry = self.book.entry(ask, asked)
        subjects = self.subjects[id(ask)]
        found = [self.windows[*s, length] for s in subjects for length in self.hours.get(s[0], ())]
        room = None if ask.alone else self.rooms[party.id, asked.asset.id]
        id_, decision_id = new_id("wd"), new_id("dec")
        facts = self.people.facts(
            party,
            now=now,
            asset=asked.asset.name,
            address=entry.address,
            units=asked.units,
            fee_units=asked.fee_units,
            value=asked.value,
            available_units=None if room is None else room.available,
            **_of_windows(found),
            **self.setting.market(asked.asset.id, asked.value),
            **_of_entry(entry, asked.stated),
            **self.book.places.facts(entry, self.people.allow_lists.get(party.id)),
            cleared=(),
            requested_at=now,
            memo=asked.memo,
            place=self.law.facts(party, entry, asked.description, asked.stated),
            asking=self.past.asking(ask, asked, found, self.book.first_of(entry)),
            rushing=None if self.haste is None else self.haste.trip or Rushing(None),
        )
        required = policy.outside_required(asked.value)
        if travel_rule_asked(facts, policy) is not None and not ask.alone:
            required = tuple(sorted({*required, TRAVEL_RULE}))
        # A decision that stands alone is given at once: nobody is there to wait, so a person has to look. Travel-rule
        # data are exchanged by whoever pays: the finding says what is missing, or that they were not exchanged.
        outside = tuple(OutsideAnswer(c, State.TIMEOUT if ask.alone else State.PENDING) for c in required)
        facts = replace(facts, required=required, outside=outside)
        if facts.own == "own_deposit":
            raise Malformed(
                "address_is_own_deposit",
                f"{entry.address} is the customer's own deposit address; the coins are there already.",
                field="address",
            )
        stopped = blocked(facts)
        if stopped is not None:
            raise Forbidden("withdrawals_blocked", f"Withdrawals of this customer are stopped by a {stopped}.")
        verdict = review(facts, policy)
        declined = verdict.outcome.severity >= Outcome.DECLINE.severity
        rushing = None if declined else self._trips(subjects, asked.value)
        if rushing is not None:
            facts = replace(facts, behaviour=replace(facts.behaviour, rushing=rushing))
            verdict = review(facts, policy)
        if verdict.outcome is Outcome.FREEZE:
            self.people.freeze(tx, party.id, decision_id, verdict)
        self.book.named(entry)
        if not declined:
            self.past.took(ask, asked)
        if room is None:
            return self._alone(ask, asked.stated, entry, decision_id, facts, verdict, subjects)
        required_factors = () if declined else factors.needed(enrolled, verdict.asks_step_up, policy)
        made = Withdrawal(
            id=id_,
            number=0,  # drawn by the database
            party_id=party.id,
            requester=ask.actor,
            asset_id=asked.asset.id,
            network=asked.asset.network,
            address=entry.address,
            memo=asked.memo,
            saved_address_id=entry.id,
            units=asked.units,
            fee_units=asked.fee_units,
            fee_ceiling_units=asked.fee_ceiling_units,
            value=asked.value,
            payload_hash=payload_hash(
                id_,
                party.id,
                asked.asset.name,
                entry.address,
                asked.memo,
                asked.units,
                asked.fee_units,
                asked.fee_ceiling_units,
                asked.description,
            ),
            status=Status.DECLINED if declined else Status.AWAITING_CONFIRMATION,
            waiting_for=None,
            required_factor=next(iter(required_factors), None),
            tries=0,
            decision_id=decision_id,
            release_at=None,
            expires_at=None if declined else factors.until(required_factors, policy, now),
            cleared=[],
            confirmed_at=None,
            authorised_at=None,
            tx=None,
            created_at=now,
            changed_at=now,
            ended_at=now if declined else None,
            description=asked.description,
            required_factors=list(required_factors),
        )
        self.withdrawals.append(made)
        self.decisions.append(_decision_row(decision_id, id_, "request", facts, verdict, policy))
        if not declined:
            self._take(made, room, subjects, required)
            self._state(made, entry, asked.stated)
        self.warnings += [(made, hit) for hit in self.book.places.to_warn(entry)]
        body = readable(answer.as_json(made, asked.asset, verdict.outcome, verdict.findings, Known()))
        self._keep(ask, body)
        tx.note(
            f"withdrawal.{made.status}",
            made.id,
            {
                "status": made.status,
                "party": made.party_id,
                "decision": decision_id,
                "outcome": verdict.outcome,
                "payload": made.payload_hash,
                "factors": made.required_factors,
            },
            by=ask.actor,
        )
        return Answer(201, body)

    def _alone(
        self,
        ask: Ask,
        stated: Statement,
        entry: screening.SavedAddress,
        id_: str,
        facts: Facts,
        verdict: Verdict,
        subjects: tuple[limits.Subject, ...],
    ) -> Answer:
        """Only the decision, and its room in the limits for a while. What was stated of the receiver is judged and not
        kept: whoever pays tells the counterparty."""
        now, policy = self.tx.now, self.setting.policy
        declined = verdict.outcome.severity >= Outcome.DECLINE.severity
        made = deciding.Lone(
            decision_id=id_,
            party_id=ask.party_id,
            requester=ask.actor,
            status=deciding.Status.DECLINED if declined else deciding.Status.OPEN,
            expires_at=None if declined else now + timedelta(minutes=policy.reserved_minutes),
            created_at=now,
            ended_at=now if declined else None,
        )
        self.lone.append(made)
        self.decisions.append(_decision_row(id_, None, "decide", facts, verdict, policy))
        if not declined:
            self._reserve(id_, facts.value, subjects)
            self._kept_by(entry, stated)
        body = readable(deciding.as_json(made, verdict.outcome, verdict.findings))
        self._keep(ask, body)
        said = {"status": made.status, "party": made.party_id, "outcome": verdict.outcome}
        self.tx.note(f"decision.{made.status}", id_, said, by=ask.actor)
        return Answer(201, body)

    def _trips(self, subjects: tuple[limits.Subject, ...], value: int) -> Rushing | None:
        """The trip that letting this request in brings about. What is declined counts for nothing: else anybody could
        stop the platform by asking for the moon."""
        whose = dict(subjects)
        if self.haste is None or self.haste.trip is not None:
            return None
        found = self.haste.would_pass(whose["party"], whose["address"], value)
        if found is not None:
            self.haste.trip, self.haste.tripped_here = found, True
        return found

    def _keep(self, ask: Ask, body: str) -> None:
        """Remember the first answer to a key."""
        if ask.key is not None:
            first = replay.First(ask.scope, ask.key, ask.request, 201, body)
            self.firsts[ask.scope, ask.key] = first
            self.kept.append(first)

    def _state(self, made: Withdrawal, entry: screening.SavedAddress, stated: Statement) -> None:
        """Keep what the customer said of the receiver."""
        if stated != NOTHING_STATED:
            self.statements.append((made.id, canonical(travel_rule.as_json(stated))))
        self._kept_by(entry, stated)

    def _kept_by(self, entry: screening.SavedAddress, stated: Statement) -> None:
        """Who names a provider says that it keeps the address."""
        if stated.counterparty is not None and entry.ownership == "unknown":
            self.kept_by_vasp.append(entry.id)

    def _take(
        self, made: Withdrawal, room: _Room, subjects: tuple[limits.Subject, ...], required: Sequence[str]
    ) -> None:
        """Hold the funds and the limits, here and for the requests that follow in this batch."""
        room.available -= made.units
        self.holds.append(ledger_store.NewHold(new_id("hld"), room.account_id, "withdrawal", made.id, made.units))
        self._reserve(made.id, made.value, subjects)
        now = self.tx.now
        policy = self.setting.policy
        due = now + timedelta(seconds=policy.outside_seconds)
        # The counterparty is asked once the customer has confirmed, and its hours begin then.
        told = now + timedelta(minutes=policy.confirmation_minutes) + hours(policy.travel_rule_wait_hours)
        for check in required:
            ends = told if check == TRAVEL_RULE and check not in policy.outside_required(made.value) else due
            self.questions.append(store.Question(made.id, check, State.PENDING, None, "", now, ends))

    def _reserve(self, ref: str, value: int, subjects: tuple[limits.Subject, ...]) -> None:
        self.reservations.append(store.Reservation(ref, value, subjects))
        self.law.add(dict(subjects), value)
        if self.haste is not None:
            whose = dict(subjects)
            self.haste.took(whose["party"], whose["address"], value)
        for subject in subjects:
            for length in self.hours.get(subject[0], ()):
                window = self.windows[*subject, length]
                window.used += value
                window.count += 1

    def write(self) -> None:
        """Write down everything that was judged."""
        conn, now = self.tx.conn, self.tx.now
        if self.decisions:
            screening.keep(self.tx, self.book.first_named)
            store.insert_decisions(conn, self.decisions)
        if self.withdrawals:
            store.insert(conn, self.withdrawals)
        if self.lone:
            store.insert_lone(conn, self.lone)
        if self.holds:
            ledger_store.add_holds(conn, self.holds, now)
        if self.reservations:
            store.reserve(conn, self.reservations, now)
            self._trip()
        if self.questions:
            store.ask_outside(conn, self.questions)
        for made, hit in self.warnings:  # rare: somebody pays to our own blocklist
            screening.warn(self.tx, made.party_id, made.id, made.network, hit, "en", {"requester": made.requester})
        if self.statements:
            store.put_statements(conn, self.statements, now)
        for entry_id in self.kept_by_vasp:
            screening.declare(self.tx, entry_id, "vasp")
        if self.kept:
            replay.keep_many(conn, self.kept, now)

    def _trip(self) -> None:
        """Open the breaker where a line is passed, by this batch or together with others that were in flight.

        The platform's counter has just been moved, so its row is ours until commit: whoever comes second here sees
        what the first one took. Batches that were being judged meanwhile let their requests in without the finding;
        those meet the breaker at their confirmation, and nothing is paid before that.
        """
        seen = self.haste
        if seen is None or (seen.trip is not None and not seen.tripped_here):
            return
        trip = seen.trip
        if trip is None:
            standing = self._haste(())
            assert standing is not None  # the policy has not changed
            found = None if standing.trip is not None else breaker.passed(standing.rush, standing.line)
            trip = None if found is None else Rushing(standing.next, *found, standing.line.minutes)
        if trip is not None and trip.trip is not None:
            policies.trip(self.tx, Trip(trip.trip, self.tx.now, trip.line, trip.seen, trip.allowed, trip.minutes))


@dataclass(slots=True)
class _Past:
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
    ) -> _Past:
        numbers = policy.behaviour
        if numbers is None or not numbers.asks:
            return _Past(None, {})
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
        return _Past(numbers, {(row.party_id, row.asset_id): row for row in found})

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
    start = breaker.opens(now, line)
    found = store.rush(conn, start, more, min(line.accounts, line.destinations), accounts, destinations)
    trip = None
    if found.number is not None:
        trip = Rushing(found.number, found.line or "", found.seen or 0, found.allowed or 0, found.minutes or 0)
    others = None
    if found.accounts is not None and found.destinations is not None:
        others = (found.accounts, found.destinations)
    known = set(found.known_accounts or ()), set(found.known_destinations or ())
    return Haste(line, found.trips + 1, trip, found.value, others, *known)


class _Book:
    """The destinations of a batch: address-book entries (made for who asks first) and what lists say of them."""

    def __init__(
        self,
        tx: Tx,
        asks: Sequence[Ask],
        asked: Mapping[int, Asked | Refusal],
        known: Collection[str],
        policy: Policy,
    ) -> None:
        by_id = [(a.party_id, a.address_id) for a in asks if a.address_id is not None]
        raw = [
            (a.party_id, a.network, item.address, item.memo)
            for a in asks
            if isinstance(item := asked[id(a)], Asked) and item.address is not None and a.party_id in known
        ]
        self._by_id = screening.entries_by_id(tx.conn, by_id)
        self._raw, self._new = screening.entries_for(tx.conn, raw, tx.now)
        self.first_named: list[screening.SavedAddress] = []
        entries = [*self._by_id.values(), *self._raw.values()]
        self.entry_ids = [entry.id for entry in entries]
        self.places = _Places.gather(tx.conn, entries, policy, tx.now)

    def entry(self, ask: Ask, asked: Asked) -> screening.SavedAddress:
        """The entry a request pays to. Raises NotFound for an address_id that is not this customer's, Conflict
        for one of another network."""
        if ask.address_id is None:
            return self._raw[ask.party_id, ask.network, asked.address or "", asked.memo]
        entry = self._by_id.get((ask.party_id, ask.address_id))
        if entry is None:
            raise NotFound("address_unknown", f"There is no saved address {ask.address_id}.", field="address_id")
        if entry.network != ask.network:
            raise Conflict("address_wrong_network", f"{ask.address_id} is on {entry.network}, not {ask.network}.")
        return entry

    def named(self, entry: screening.SavedAddress) -> None:
        """A withdrawal was written that pays there; a refused request leaves no entry behind."""
        if entry.id in self._new:
            self._new.remove(entry.id)
            self.first_named.append(entry)

    def first_of(self, entry: screening.SavedAddress) -> int:
        """How many destinations this customer names for the first time in this batch, with this one."""
        made = {e.id for e in self.first_named if e.party_id == entry.party_id}
        return len(made | {entry.id}) if entry.id in self._new else len(made)


@dataclass(frozen=True, slots=True)
class _Places:
    """What is known of destinations: lists, our own addresses, likeness to known ones, warnings that were shown."""

    now: datetime
    numbers: ScreeningNumbers | None  # None = the policy says nothing of look-alikes and warnings
    hits: Mapping[tuple[str, str], Sequence[screening.HitRow]]
    own: Mapping[tuple[str, str], Sequence[screening.OwnAddress]]
    alike: Mapping[tuple[str, str, str], screening.Likeness]
    warned: Mapping[tuple[str, str, str], Sequence[screening.Warned]]

    @staticmethod
    def gather(conn: Conn, entries: Sequence[screening.SavedAddress], policy: Policy, now: datetime) -> _Places:
        numbers = policy.screening_numbers
        places = sorted({(e.network, e.address) for e in entries})
        hits = screening.hits(conn, places, now)
        warning = [(e.party_id, e.network, e.address) for e in entries if numbers and (e.network, e.address) in hits]
        return _Places(
            now,
            numbers,
            hits,
            screening.own(conn, places),
            {} if numbers is None else screening.look_alikes(conn, entries, numbers.look_alike),
            {} if numbers is None else screening.warned(conn, warning, numbers, now),
        )

    def facts(
        self, entry: screening.SavedAddress, allow: screening.AllowList | None, withdrawal_id: str = ""
    ) -> dict[str, Any]:
        """What a decision sees of one destination."""
        place = (entry.network, entry.address)
        whose = (entry.party_id, *place)
        alike = self.alike.get(whose)
        wait = 0 if self.numbers is None else self.numbers.allow_list_entry_hours
        return {
            "hits": tuple(Hit(hit.list, hit.entry, hit.category, hit.valid_from) for hit in self.hits.get(place, ())),
            "own": self._own(entry),
            "resembles": None
            if alike is None
            else Resembles(alike.known.address, alike.known.whose, alike.lead, alike.tail),
            "warnings": tuple(sorted((w.list, w.state(withdrawal_id)) for w in self.warned.get(whose, ()))),
            "allow_list": allow is not None,
            "usable_at": None if allow is None else usable_from(entry.booked_at, allow, wait),
        }

    def _own(self, entry: screening.SavedAddress) -> str:
        found = self.own.get((entry.network, entry.address), ())
        here = next((item for item in found if item.network == entry.network), None)
        if here is None:
            return "elsewhere" if found else ""
        return "own_deposit" if here.party_id == entry.party_id else here.kind

    def to_warn(self, entry: screening.SavedAddress) -> list[screening.HitRow]:
        """Hits that the customer must be warned about."""
        if self.numbers is None:
            return []
        numbers = self.numbers
        found = self.hits.get((entry.network, entry.address), ())
        return [hit for hit in found if numbers.action(hit.list, hit.category) == "warn"]


@dataclass(slots=True)
class _Law:
    """What the rules of places look at, read for a whole batch; nothing where the policy describes no places."""

    policy: Policy
    exempt: Mapping[str, Sequence[str]] = field(default_factory=dict)
    happened: Mapping[str, Sequence[tuple[str, datetime]]] = field(default_factory=dict)
    uses: dict[tuple[str, int], dict[str, int]] = field(default_factory=dict)  # (party, hours) -> class -> micro-USD
    proofs: Mapping[str, Proof] = field(default_factory=dict)

    @staticmethod
    def gather(
        conn: Conn, party_ids: Sequence[str], entry_ids: Sequence[str], policy: Policy, now: datetime, own: str = ""
    ) -> _Law:
        """`own` is a withdrawal under review, which does not count against itself."""
        if not policy.places:
            return _Law(policy)
        rules = [rule for place in policy.places.values() for rule in place.rules]
        lengths = sorted({rule.hours for rule in rules if rule.ask is jurisdictions.Ask.OUT_CAP})
        stablecoins = sorted(policy.stablecoins)
        found = store.class_uses(conn, party_ids, lengths, stablecoins, own, now) if lengths else []
        happened: dict[str, list[tuple[str, datetime]]] = {}
        for item in store.happened(conn, party_ids):
            happened.setdefault(item.party_id, []).append((item.event, item.at))
        return _Law(
            policy,
            policies.exempt(conn, party_ids, now),
            happened,
            {(use.party_id, use.hours): {"any": use.any, "stablecoin": use.stablecoin} for use in found},
            screening.proofs(conn, entry_ids),
        )

    def add(self, subjects: Mapping[str, str], value: int) -> None:
        """What this batch took counts for the requests that follow in it."""
        for (party, _), used in self.uses.items():
            if party == subjects["party"]:
                used["any"] += value
                used["stablecoin"] += value if subjects["asset"] in self.policy.stablecoins else 0

    def facts(
        self, party: Party, entry: screening.SavedAddress, description: str, stated: Statement
    ) -> PlaceFacts | None:
        if not self.policy.places:
            return None
        proof = self.proofs.get(entry.id)
        sender = _sender(party)
        return PlaceFacts(
            counterparty=None if stated.counterparty is None else stated.counterparty.country,
            happened=tuple(self.happened.get(party.id, ())),
            exempt=tuple(sorted(self.exempt.get(party.id, ()))),
            used=tuple(
                Use(assets, length, used[assets])
                for (whose, length), used in sorted(self.uses.items())
                if whose == party.id
                for assets in sorted(used)
            ),
            booked=entry.booked_at is not None,
            description=description,
            proved_at=None if proof is None else proof.proved_at,
            lacks_basic=travel_rule.missing("basic", sender, stated),
            lacks_extended=travel_rule.missing("extended", sender, stated),
        )


def _sender(party: Party) -> Sender:
    """The customer as a counterparty hears of them. A merchant of whom nobody knows a day of birth is a firm."""
    is_legal = party.kind == "merchant" and party.date_of_birth is None
    return Sender(party.id, party.verified_name or party.name, party.country, party.date_of_birth, is_legal)


@dataclass(frozen=True, slots=True)
class _People:
    """What is known of the parties of a batch, read in a few set-based statements."""

    enrolled: Mapping[str, frozenset[str]]  # the kinds of factor that each of them has
    restrictions: dict[str, list[Restricted]]
    changed: Mapping[str, Sequence[tuple[str, datetime]]]
    stale: tuple[str, ...]
    allow_lists: Mapping[str, screening.AllowList]
    sessions: Mapping[str, Sessions] = field(default_factory=dict)  # empty where the policy does not look

    @staticmethod
    def gather(conn: Conn, ids: Sequence[str], policy: Policy, now: datetime) -> _People:
        fresh = screening.freshness(conn, policy.required_lists, now)
        missing = [name for name, state in fresh.items() if state == "missing"]
        if missing:
            raise Conflict("no_list", f"Required list {missing[0]} was never imported; nothing can be decided.")
        return _People(
            parties.factors_of(conn, ids),
            {
                party: [Restricted(r.kind, r.until, r.value, r.created_at) for r in found]
                for party, found in parties.restrictions(conn, ids, now).items()
            },
            {
                party: sorted(latest.items())
                for party, latest in parties.latest_events(conn, ids, CREDENTIAL_EVENTS).items()
            },
            tuple(sorted(name for name, state in fresh.items() if state == "stale")),
            screening.allow_lists(conn, ids, now),
            _sessions(conn, ids, policy, now),
        )

    def freeze(self, tx: Tx, party_id: str, decision_id: str, verdict: Verdict) -> None:
        """Nothing else leaves either: not in this batch, and not until a person lifts it."""
        order = _freeze(tx, party_id, decision_id, verdict)
        self.restrictions.setdefault(party_id, []).append(order)

    def facts(self, party: Party, asking: Asking | None, rushing: Rushing | None, **seen: Any) -> Facts:
        return Facts(
            behaviour=Behaviour(self.sessions.get(party.id), asking, rushing),
            party_id=party.id,
            country=party.country,
            level=party.level,
            restrictions=tuple(self.restrictions.get(party.id, ())),
            changed=tuple(sorted(self.changed.get(party.id, ()))),
            stale_lists=self.stale,
            facts_version=FACTS_VERSION,
            party_kind=party.kind,
            party_since=party.created_at,
            **seen,
        )


def _sessions(conn: Conn, ids: Sequence[str], policy: Policy, now: datetime) -> dict[str, Sessions]:
    """What the parties' logins say, where the policy looks at them."""
    numbers = None if policy.behaviour is None else policy.behaviour.sessions
    if numbers is None:
        return {}
    since = now - hours(numbers.travel.look_back_hours)
    return {
        party: Sessions(
            login_at=row.login_at,
            login_country=row.country,
            login_complete=row.complete,
            device_at=row.device_at,
            network_at=row.network_at,
            country_at=row.country_at,
            travel_at=row.travel_at,
            travel_minutes=row.travel_minutes,
            travel_from=row.travel_from,
            travel_to=row.travel_to,
        )
        for party, row in parties.logins(conn, ids, since, numbers.travel.hours).items()
    }


def _freeze(tx: Tx, party_id: str, decision_id: str, verdict: Verdict) -> Restricted:
    """Carry out the strictest outcome there is."""
    why = f"{decision_id}: {', '.join(verdict.codes(Outcome.FREEZE))}"
    order = parties.impose(tx, party_id, "freeze", None, why)
    return Restricted(order.kind, order.until, order.value, order.created_at)


def _of_windows(found: Sequence[limits.Window]) -> dict[str, Any]:
    """What the windows hold, as facts: the party's 24 hours have a name of their own, and their counts."""
    party = {w.hours: w for w in found if w.scope == "party"}
    return {
        "used_24h": party[24].used,
        "count_24h": party[24].count,
        "count_ever": party[None].count,
        "windows": tuple(Use(w.scope, w.hours, w.used) for w in found if (w.scope, w.hours) != ("party", 24)),
    }


def _of_entry(entry: screening.SavedAddress, stated: Statement = NOTHING_STATED) -> dict[str, Any]:
    """What the address book says of the destination, and a request that names the provider for the first time."""
    named = stated.counterparty is not None and entry.ownership == "unknown"
    return {
        "address_saved_at": entry.saved_at,
        "address_paid_at": entry.paid_at,
        "ownership": "vasp" if named else entry.ownership,
    }


# --- decide again ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Looked:
    """A withdrawal under lock with everything a second decision sees."""

    withdrawal: Withdrawal
    asset: Asset
    facts: Facts
    party: Party
    stated: Statement
    enrolled: frozenset[str]  # the kinds of factor that the party has
    latest: store.DecisionRow | None = None  # what the customer and staff were told last, where somebody asks for it

    def needed(self, verdict: Verdict, policy: Policy) -> tuple[str, ...]:
        """What the withdrawal asks its customer for: never less than it asked before, whatever they have removed."""
        asked = self.withdrawal.required_factors
        if not self.enrolled:
            return tuple(asked)
        now = factors.needed(self.enrolled, verdict.asks_step_up, policy)
        # Which of their own factors an ordinary withdrawal asked for when it was asked stays: a new one since then
        # does not make it another withdrawal.
        return factors.together(asked, now) if verdict.asks_step_up else tuple(asked)

    def lacks(self, verdict: Verdict, policy: Policy) -> tuple[str, ...]:
        """What the withdrawal asks its customer for, where any of it is missing; empty where nothing is."""
        needed = self.needed(verdict, policy)
        counting = factors.counting(self.withdrawal.used_factors, verdict.outcome)
        return () if factors.met(needed, counting) else needed


def _look(tx: Tx, id: str, setting: Setting) -> _Looked:
    """Lock party, account, window, withdrawal; gather the facts. Its own hold and reservation do not count against
    it: the second review must not refuse what the first one took. Raises NotFound."""
    peek = store.get(tx.conn, id)
    if peek is None:
        raise NotFound("withdrawal_unknown", f"There is no withdrawal {id}.")
    party = parties.lock(tx.conn, [peek.party_id])[peek.party_id]
    (account,) = ledger_store.lock(tx.conn, [party.id], [peek.asset_id])
    asset = setting.assets[peek.asset_id]
    subjects = limits.subjects(party.id, peek.network, peek.address, peek.requester, asset.name)
    locked = limits.locked_scopes(setting.policy)
    store.lock_counters(tx.conn, [subject for subject in subjects if subject[0] in locked], tx.now)
    withdrawal = store.lock(tx.conn, id)
    assert withdrawal is not None  # rows are never deleted
    own = withdrawal.units if withdrawal.status not in FINAL else 0
    use = store.use_of(tx.conn, id)
    room = None
    if use is not None and use.released_at is None:
        room = limits.Own(use.value, dict(zip(use.scopes, use.ats, strict=True)))
    hours = limits.windows_of(setting.policy)
    wanted = [(*subject, length) for subject in subjects for length in hours.get(subject[0], ())]
    counted = {(w.scope, w.hours): w for w in store.windows(tx.conn, wanted, tx.now)}
    questions = store.outside_of(tx.conn, id)
    if any(q.state == State.PENDING and q.due_at <= tx.now for q in questions):
        store.time_out_outside(tx.conn, id, tx.now)
        questions = store.outside_of(tx.conn, id)
    entry = screening.entries_by_id(tx.conn, [(party.id, withdrawal.saved_address_id)])[
        party.id, withdrawal.saved_address_id
    ]
    places = _Places.gather(tx.conn, [entry], setting.policy, tx.now)
    people = _People.gather(tx.conn, [party.id], setting.policy, tx.now)
    law = _Law.gather(tx.conn, [party.id], [entry.id], setting.policy, tx.now, id)
    said = store.statement(tx.conn, id) if setting.policy.places else None
    stated = NOTHING_STATED if said is None else travel_rule.read(json.loads(said))
    facts = people.facts(
        party,
        now=tx.now,
        asset=asset.name,
        address=withdrawal.address,
        units=withdrawal.units,
        fee_units=withdrawal.fee_units,
        value=withdrawal.value,
        available_units=account.posted - account.held + own,
        **_of_windows([limits.without(counted[scope, length], room, tx.now) for scope, _, length in wanted]),
        reserved_at=None if room is None else max(room.at.values()),
        # A regime tightens limits for new requests only (section 5): this one has its room.
        **_of_entry(entry),
        **places.facts(entry, people.allow_lists.get(party.id), id),
        cleared=tuple(sorted(withdrawal.cleared)),
        requested_at=withdrawal.created_at,
        memo=withdrawal.memo,
        required=tuple(q.check_id for q in questions),
        outside=tuple(
            OutsideAnswer(q.check_id, State(q.state), Outcome(q.outcome) if q.outcome else None, q.detail, q.ends_at)
            for q in questions
        ),
        place=law.facts(party, entry, withdrawal.description, stated),
        asking=_as_asked(tx.conn, id, setting.policy),
        rushing=_rushing(tx.conn, setting.policy),
    )
    latest = None
    if withdrawal.status is Status.AWAITING_INFORMATION:
        latest = store.decision(tx.conn, withdrawal.decision_id)
    return _Looked(withdrawal, asset, facts, party, stated, people.enrolled[party.id], latest)


def _as_asked(conn: Conn, id: str, policy: Policy) -> Asking | None:
    """The customer's past as it was at the request: what was found then is not waited out."""
    if policy.behaviour is None or not policy.behaviour.asks:
        return None
    first = store.first_facts(conn, id)
    return None if first is None else replaying.read(first).behaviour.asking


def _rushing(conn: Conn, policy: Policy) -> Rushing | None:
    """Whether the egress breaker holds just now; None where the policy has none."""
    numbers = policy.behaviour
    return None if numbers is None or numbers.egress is None else rushing_under(policies.open_trip(conn))


def _decide(tx: Tx, looked: _Looked, stage: str, setting: Setting) -> tuple[str, Verdict]:
    """Review again and keep the decision."""
    verdict = review(looked.facts, setting.policy)
    return _keep(tx, looked, stage, verdict, setting), verdict


def _keep(tx: Tx, looked: _Looked, stage: str, verdict: Verdict, setting: Setting) -> str:
    """Keep a decision; its id."""
    decision_id = new_id("dec")
    store.insert_decisions(
        tx.conn, [_decision_row(decision_id, looked.withdrawal.id, stage, looked.facts, verdict, setting.policy)]
    )
    if verdict.outcome is Outcome.FREEZE:
        _freeze(tx, looked.withdrawal.party_id, decision_id, verdict)
    return decision_id


def _follow(tx: Tx, looked: _Looked, decision_id: str, verdict: Verdict, setting: Setting) -> Status:
    """Move to where the verdict says: approved, delayed, in review, or declined; screening while a check is open."""
    withdrawal, policy = looked.withdrawal, setting.policy
    if verdict.outcome.severity >= Outcome.DECLINE.severity:
        _end(tx, withdrawal, Status.DECLINED, decision_id=decision_id, why=", ".join(_hard(verdict)))
        return Status.DECLINED
    if to_ask(verdict.findings, looked.facts.cleared):
        return _ask_customer(tx, withdrawal, decision_id, policy)
    if verdict.pending:
        return _move(tx, withdrawal, Status.SCREENING, decision_id=decision_id)
    if verdict.outcome is Outcome.REVIEW:
        moved = _move(tx, withdrawal, Status.IN_REVIEW, decision_id=decision_id)
        cases.open_case(
            tx,
            kind="withdrawal_review",
            subject=withdrawal.id,
            party_id=withdrawal.party_id,
            requester=withdrawal.requester,
            reasons=verdict.codes(Outcome.REVIEW),
            quorum=policy.quorum(withdrawal.value),
            sla_hours=policy.review_sla_hours,
            policy_version=policy.version,
        )
        return moved
    if verdict.outcome is Outcome.DELAY:
        assert verdict.release_at is not None  # every delay says when it ends; a test holds the checks to it
        return _move(tx, withdrawal, Status.DELAYED, decision_id=decision_id, release_at=verdict.release_at)
    lacks = looked.lacks(verdict, policy)
    if lacks:
        return _ask_again(tx, looked, decision_id, lacks, policy)
    assert verdict.complete(required_of(looked.facts))  # nothing is approved that somebody was to look at
    return _move(tx, withdrawal, Status.APPROVED, decision_id=decision_id)


def _ask_customer(tx: Tx, withdrawal: Withdrawal, decision_id: str, policy: Policy) -> Status:
    """What only the customer can give is awaited before anybody else is troubled."""
    if withdrawal.status is Status.AWAITING_INFORMATION:  # they gave a part of it: the deadline stays
        store.clear(tx.conn, withdrawal.id, withdrawal.cleared, decision_id)
        return withdrawal.status
    moved = _move(tx, withdrawal, Status.AWAITING_INFORMATION, decision_id=decision_id)
    wait = hours(policy.travel_rule_wait_hours)
    store.wait_until(tx.conn, withdrawal.id, tx.now + wait)
    store.postpone_outside(tx.conn, withdrawal.id, TRAVEL_RULE, tx.now + 2 * wait)
    return moved


def _ask_again(
    tx: Tx,
    looked: _Looked,
    decision_id: str,
    needed: Sequence[str],
    policy: Policy,
    cleared: Sequence[str] | None = None,
) -> Status:
    """Back to the customer: since they confirmed, more is asked for. What they used already counts."""
    return _move(
        tx,
        looked.withdrawal,
        Status.AWAITING_CONFIRMATION,
        decision_id=decision_id,
        cleared=cleared,
        asked=needed,
        expires_at=factors.until(needed, policy, tx.now),
    )


def _hard(verdict: Verdict) -> list[str]:
    return verdict.codes(Outcome.DECLINE) + verdict.codes(Outcome.FREEZE)


def _move(
    tx: Tx,
    withdrawal: Withdrawal,
    target: Status,
    *,
    decision_id: str | None = None,
    release_at: datetime | None = None,
    cleared: Sequence[str] | None = None,
    chain_tx: str | None = None,
    why: str | None = None,
    asked: Sequence[str] | None = None,
    expires_at: datetime | None = None,
) -> Status:
    """Apply one move of the table, with its journal entry (I6). Raises Conflict where the table has no such move."""
    done = store.move(
        tx.conn,
        withdrawal.id,
        [status.value for status in sources(target)],
        target.value,
        decision_id=decision_id,
        release_at=release_at,
        cleared=cleared,
        tx=chain_tx,
        ended_at=tx.now if target in FINAL else None,
        now=tx.now,
        required=asked,
        expires_at=expires_at,
    )
    if done != 1:
        raise Conflict("withdrawal_not_movable", f"{withdrawal.id} is {withdrawal.status}; it cannot become {target}.")
    body: dict[str, object] = {"status": target, "from": withdrawal.status, "party": withdrawal.party_id}
    said = {"decision": decision_id, "release_at": release_at, "tx": chain_tx, "why": why, "factors": asked}
    body |= {name: value for name, value in said.items() if value is not None}
    tx.note(f"withdrawal.{target}", withdrawal.id, body)
    return target


def _end(tx: Tx, withdrawal: Withdrawal, target: Status, *, decision_id: str | None = None, why: str) -> None:
    """End without payment: the status, the hold and the limit go together (I5)."""
    if target is not Status.RETURNED and not custody.recall(tx, withdrawal.id):
        raise Conflict("withdrawal_not_movable", f"{withdrawal.id} is being paid; it cannot become {target}.")
    _move(tx, withdrawal, target, decision_id=decision_id, why=why)
    ledger.release(tx, "withdrawal", withdrawal.id)
    _give_back(tx, withdrawal.id)
    cases.moot(tx, withdrawal.id, f"the withdrawal is {target}", appeals.ended_by(target))


def _give_back(tx: Tx, ref: str) -> None:
    """Return the room of a withdrawal, once and in every scope. The caller holds its party's lock."""
    use = store.use_of(tx.conn, ref)
    if use is not None and use.released_at is None:
        store.lock_counters(tx.conn, limits.in_order(zip(use.scopes, use.subjects, strict=True)), tx.now)
        store.give_back(tx.conn, ref, tx.now)


def _decision_row(
    id: str, withdrawal_id: str | None, stage: str, facts: Facts, verdict: Verdict, policy: Policy
) -> store.DecisionRow:
    seen = canonical(facts)
    for answer_ in verdict.answers:
        if answer_.state is State.ERROR:
            log.error("check failed", check=answer_.check, decision=id, fault=answer_.fault)
    return store.DecisionRow(
        id=id,
        withdrawal_id=withdrawal_id,
        stage=stage,
        at=facts.now,
        outcome=verdict.outcome.value,
        findings=canonical(verdict.findings),
        checks=_checks_text(verdict.answers),
        facts=seen,
        facts_hash=hashlib.sha256(seen.encode()).hexdigest(),
        policy_version=policy.version,
        engine=tidegate.__version__,
        shadow=canonical(verdict.shadow),
    )


@lru_cache(maxsize=256)
def _checks_text(answers: tuple[Answered, ...]) -> str:
    """What the checks did, as it is kept. Nearly every decision says the same, so it is spelt once."""
    return canonical([{"check": said.check, "state": said.state} for said in answers])


# --- confirm, cancel ---------------------------------------------------------------------------------------------


def confirm(
    conn: Conn, id: str, factor: str, code: str, data_key: bytes, actor: str, setting: Setting, now: datetime
) -> Withdrawal:
    """The customer confirms what they saw, with a code of their app. Once all that is asked for was used, it is
    reviewed again.

    A wrong code is counted and refused (`code_wrong`); the last allowed one declines the withdrawal
    (`code_tries_used_up`), and so many in a row, whichever withdrawals they were for, pause the factor
    (`codes_paused`). Raises NotFound, Conflict (`withdrawal_not_confirmable`, `confirmation_expired`,
    `factor_not_asked`, `factor_used`, `payload_changed`), Forbidden (`withdrawals_blocked`).
    """
    refusal: Refusal | None = None
    with act(conn, actor, now) as tx:
        looked = _look(tx, id, setting)
        withdrawal = looked.withdrawal
        _confirmable(withdrawal, looked, factor, now)
        if factor != "totp":
            raise Malformed("factor_without_code", f"{factor} is not confirmed by a code.", field="factor")
        policy = setting.policy
        # As long as after a change of factor: whoever types wrong codes may be about to become its owner.
        pause = hours(policy.credential_hold_hours("mfa_changed"))
        if not parties.check_totp(tx, withdrawal.party_id, code, data_key, policy.confirmation_tries, pause):
            # Counted, not rolled back: the refusal is raised once this act has committed.
            refusal = _wrong_code(tx, withdrawal, policy)
        else:
            _used(tx, looked, factor, setting)
    if refusal is not None:
        raise refusal
    return _got(conn, id)


def challenge(conn: Conn, id: str, relying: Relying, actor: str, setting: Setting, now: datetime) -> dict[str, Any]:
    """What the customer's browser is asked to sign. The challenge is bound to the payload, and good for one answer.

    Raises as `confirm` does, and Conflict `factor_missing` where the customer has no passkey.
    """
    with act(conn, actor, now) as tx:
        looked = _look(tx, id, setting)
        withdrawal = looked.withdrawal
        _confirmable(withdrawal, looked, "passkey", now)
        minutes = setting.policy.factors.challenge_minutes
        return parties.challenge_passkey(
            tx, withdrawal.party_id, withdrawal.id, withdrawal.payload_hash, relying, minutes
        )


def confirm_with_passkey(
    conn: Conn,
    id: str,
    credential: Mapping[str, Any],
    relying: Relying,
    actor: str,
    setting: Setting,
    now: datetime,
) -> Withdrawal:
    """The customer confirms what they saw, with a passkey that has signed a challenge bound to it.

    A wrong answer counts like a wrong code and uses its challenge up (`passkey_refused`, `passkey_copied`). Raises as
    `confirm` does, and Conflict `challenge_unknown`, `challenge_used`, `challenge_expired`.
    """
    refusal: Refusal | None = None
    with act(conn, actor, now) as tx:
        looked = _look(tx, id, setting)
        withdrawal = looked.withdrawal
        _confirmable(withdrawal, looked, "passkey", now)
        found = parties.check_passkey(
            tx, withdrawal.party_id, withdrawal.id, withdrawal.payload_hash, credential, relying
        )
        if isinstance(found, Refusal):
            used_up = _wrong_code(tx, withdrawal, setting.policy)
            refusal = used_up if isinstance(used_up, TooMany) else found
        else:
            _used(tx, looked, "passkey", setting, found.id)
    if refusal is not None:
        raise refusal
    return _got(conn, id)


def confirm_by_link(conn: Conn, token: str, setting: Setting, now: datetime) -> Withdrawal:
    """The customer confirms what they saw, with the link of a mail: once, and only what the mail was sent for.

    Raises NotFound `link_unknown`, Conflict `link_confirms_nothing`, `link_expired`, `link_used`, and as `confirm`.
    """
    link = notifications.opened(conn, token)
    with act(conn, link.party_id, now) as tx:
        if link.subject is not None:  # its party and its row first: the order of all locks
            looked = _look(tx, link.subject, setting)
        notifications.use(tx, token)
        assert link.subject is not None  # `use` has refused it otherwise
        _confirmable(looked.withdrawal, looked, MAIL, now)
        if link.payload != looked.withdrawal.payload_hash:
            raise Conflict("payload_changed", f"{link.subject} is not what the mail was sent for; nothing is sent.")
        _used(tx, looked, MAIL, setting, link.mail_id)
    return _got(conn, link.subject)


def mail_link(tx: Tx, id: str, setting: Setting) -> bool:
    """Send the customer the link that confirms, where the withdrawal waits for it; whether it does (news of ours)."""
    withdrawal = store.get(tx.conn, id)
    if withdrawal is None or withdrawal.status is not Status.AWAITING_CONFIRMATION:
        return False
    if MAIL not in factors.missing(withdrawal.required_factors, withdrawal.used_factors):
        return False
    _send_link(tx, withdrawal, setting)
    return True


def resend(conn: Conn, id: str, actor: str, setting: Setting, now: datetime) -> Withdrawal:
    """Send the link that confirms once more; the ones before still count, for one confirmation in all.

    Raises NotFound, Conflict (`link_not_asked` and as `confirm`), TooMany `resend_too_soon`.
    """
    with act(conn, actor, now) as tx:
        looked = _look(tx, id, setting)
        withdrawal = looked.withdrawal
        if MAIL not in factors.missing(withdrawal.required_factors, withdrawal.used_factors):
            raise Conflict("link_not_asked", f"{id} waits for no link of a mail.")
        _confirmable(withdrawal, looked, MAIL, now)
        last = notifications.last_link(conn, id)
        wait = timedelta(seconds=setting.policy.factors.resend_seconds)
        if last is not None and now < last.created_at + wait:
            raise TooMany(
                "resend_too_soon", f"A mail was sent already; ask again at {rfc3339(last.created_at + wait)}."
            )
        _send_link(tx, withdrawal, setting)
        return withdrawal


def _send_link(tx: Tx, withdrawal: Withdrawal, setting: Setting) -> None:
    owner = parties.get(tx.conn, withdrawal.party_id)
    numbers, asset = setting.policy.factors, setting.assets[withdrawal.asset_id]
    until = min(tx.now + hours(numbers.link_hours), withdrawal.expires_at or tx.now)
    mail = notifications.put(
        tx,
        notifications.To(owner.id, owner.email, owner.language),
        "confirm",
        answer.as_lines(withdrawal, asset),
        numbers.freeze_link_days,
        notifications.Confirms(withdrawal.id, withdrawal.payload_hash, until),
    )
    tx.note("withdrawal.link_mailed", withdrawal.id, {"mail": mail.id, "party": owner.id, "until": until})


def _used(tx: Tx, looked: _Looked, factor: str, setting: Setting, which: str | None = None) -> None:
    """A factor was used for the payload. When it was the last one that is asked for, the withdrawal goes on.

    It is reviewed first: what is known by now may ask for more, and then the withdrawal stays where it is.
    """
    withdrawal, policy = looked.withdrawal, setting.policy
    store.factor_used(tx.conn, withdrawal.id, factor, tx.now)
    said = {"factor": factor, "payload": withdrawal.payload_hash}
    tx.note("factor.used", withdrawal.id, said if which is None else {**said, "which": which})
    verdict = review(looked.facts, policy)
    needed, used = looked.needed(verdict, policy), [*withdrawal.used_factors, factor]
    if list(needed) != withdrawal.required_factors:
        until = factors.until(needed, policy, tx.now)
        store.ask_factors(tx.conn, withdrawal.id, needed, max(until, withdrawal.expires_at or until))
        tx.note("withdrawal.factors_raised", withdrawal.id, {"factors": needed, "party": withdrawal.party_id})
    if factors.met(needed, used) or verdict.outcome.severity >= Outcome.DECLINE.severity:
        withdrawal = replace(withdrawal, required_factors=list(needed), used_factors=used)
        decision_id = _keep(tx, looked, "confirm", verdict, setting)
        _follow(tx, replace(looked, withdrawal=withdrawal), decision_id, verdict, setting)


def confirm_by_terms(tx: Tx, id: str, setting: Setting) -> Status:
    """A run of a standing withdrawal: what the customer confirmed once confirms it, where that covers it.

    Only while nothing asks for more than `allow`: whatever else is found, the customer's own code is waited for, as
    with any other withdrawal. Raises Conflict, Forbidden as `confirm`; Conflict `terms_do_not_cover`.
    """
    looked = _look(tx, id, setting)
    withdrawal = looked.withdrawal
    _confirmable(withdrawal, looked, STANDING, tx.now)
    terms = _terms_of(tx, withdrawal, looked.asset)
    if terms is None:
        raise Conflict("terms_do_not_cover", f"{id} is not what its standing withdrawal allows; nothing is sent.")
    if review(looked.facts, setting.policy).outcome is not Outcome.ALLOW:
        return withdrawal.status
    store.factor_used(tx.conn, id, STANDING, tx.now)
    tx.note("factor.used", id, {"factor": STANDING, "payload": withdrawal.payload_hash, "terms": terms})
    looked = replace(looked, withdrawal=replace(withdrawal, used_factors=[*withdrawal.used_factors, STANDING]))
    decision_id, verdict = _decide(tx, looked, "confirm", setting)
    return _follow(tx, looked, decision_id, verdict, setting)


def _terms_of(tx: Tx, withdrawal: Withdrawal, asset: Asset) -> str | None:
    """The hash of the terms that allow this withdrawal; None where none do.

    The terms must be the text that the journal says a code was entered for, and the withdrawal's own asset,
    destination and amount must be among what that text allows: a changed row of either pays nothing.
    """
    made = standing_store.run_of(tx.conn, withdrawal.id)
    if made is None:
        return None
    row = standing_store.terms(tx.conn, [(made.standing_id, made.version)]).get((made.standing_id, made.version))
    if row is None:
        return None
    hash = standing_terms.hash_of(made.standing_id, withdrawal.party_id, row.version, row.body)
    if not standing_store.was_confirmed(tx.conn, made.standing_id, hash):
        return None
    terms = standing_terms.from_body(row.body)
    place = (withdrawal.address, withdrawal.memo, withdrawal.units, made.address_index)
    return hash if standing_terms.covers(terms, asset.name, *place) else None


def _confirmable(withdrawal: Withdrawal, looked: _Looked, factor: str, now: datetime) -> None:
    if withdrawal.status is not Status.AWAITING_CONFIRMATION:
        raise Conflict("withdrawal_not_confirmable", f"{withdrawal.id} is {withdrawal.status}; it waits for no code.")
    if withdrawal.expires_at is not None and withdrawal.expires_at <= now:
        raise Conflict("confirmation_expired", f"The time to confirm ended at {rfc3339(withdrawal.expires_at)}.")
    if not factors.helps(factor, withdrawal.required_factors, withdrawal.used_factors):
        left = factors.missing(withdrawal.required_factors, withdrawal.used_factors)
        if factor in withdrawal.used_factors:
            raise Conflict("factor_used", f"{factor} was used already; {withdrawal.id} still asks for {left[0]}.")
        raise Conflict("factor_not_asked", f"This withdrawal asks for {' and '.join(left)}, not {factor!r}.")
    if payload_of(withdrawal, looked.asset.name) != withdrawal.payload_hash:
        raise Conflict("payload_changed", f"{withdrawal.id} is not what the customer saw any more; nothing is sent.")
    stopped = blocked(looked.facts)
    if stopped is not None:
        raise Forbidden("withdrawals_blocked", f"Withdrawals of this customer are stopped by a {stopped}.")


def _wrong_code(tx: Tx, withdrawal: Withdrawal, policy: Policy) -> Refusal:
    tries = store.wrong_code(tx.conn, withdrawal.id)
    tx.note("factor.refused", withdrawal.id, {"tries": tries})
    if tries >= policy.confirmation_tries:
        _end(tx, withdrawal, Status.DECLINED, why="too many wrong codes")
        return TooMany("code_tries_used_up", f"{tries} wrong codes: the withdrawal is declined; ask again.")
    return Forbidden(
        "code_wrong",
        f"The code is wrong, used already or expired; tries left: {policy.confirmation_tries - tries}.",
        field="code",
    )


def cancel(conn: Conn, id: str, actor: str, setting: Setting, now: datetime) -> Withdrawal:
    """The customer takes it back, while no payout attempt owns it. Raises Conflict `withdrawal_not_cancellable`.

    The race with the payout is decided on the payout's row: whoever changes it first wins.
    """
    with act(conn, actor, now) as tx:
        withdrawal = _look(tx, id, setting).withdrawal
        if withdrawal.status not in CANCELLABLE or not custody.recall(tx, withdrawal.id):
            status = Status.PAYING if withdrawal.status in CANCELLABLE else withdrawal.status
            raise Conflict("withdrawal_not_cancellable", f"{id} is {status}; it can no longer be cancelled.")
        _end(tx, withdrawal, Status.CANCELLED, why=f"by {actor}")
    return _got(conn, id)


def cancel_if_free(tx: Tx, id: str, why: str, setting: Setting) -> bool:
    """Take it back inside somebody's act; False where a payout attempt owns it or it has ended."""
    withdrawal = _look(tx, id, setting).withdrawal
    if withdrawal.status not in CANCELLABLE or not custody.recall(tx, id):
        return False
    _end(tx, withdrawal, Status.CANCELLED, why=why)
    return True


def insist(
    conn: Conn, id: str, warning_id: str, evidence: Mapping[str, str], actor: str, setting: Setting, now: datetime
) -> Withdrawal:
    """The customer has read the warning about the destination and wants the withdrawal all the same: kept as a fact.

    It goes on to a person as before. Raises NotFound; Conflict as `screening.insist` says, `withdrawal_ended`.
    """
    with act(conn, actor, now) as tx:
        withdrawal = _look(tx, id, setting).withdrawal
        if withdrawal.status in FINAL:
            raise Conflict("withdrawal_ended", f"{id} is {withdrawal.status}; there is nothing left to insist on.")
        place = (withdrawal.network, withdrawal.address)
        screening.insist(tx, warning_id, withdrawal.party_id, id, place, evidence, setting.policy.screening)
    return _got(conn, id)


# --- time --------------------------------------------------------------------------------------------------------


def release(conn: Conn, id: str, setting: Setting, now: datetime) -> Status:
    """A delay has ended: review again, never straight to approved. A blocked party's withdrawal stays as it is."""
    with act(conn, "worker", now) as tx:
        looked = _look(tx, id, setting)
        withdrawal = looked.withdrawal
        if withdrawal.status is not Status.DELAYED or withdrawal.release_at is None or withdrawal.release_at > now:
            return withdrawal.status
        if blocked(looked.facts):
            store.waits_for(tx.conn, id, "freeze")
            return withdrawal.status
        decision_id, verdict = _decide(tx, looked, "release", setting)
        return _follow(tx, looked, decision_id, verdict, setting)


def expire(conn: Conn, id: str, setting: Setting, now: datetime) -> Status:
    """A deadline has passed: funds and limit are free again."""
    with act(conn, "worker", now) as tx:
        withdrawal = _look(tx, id, setting).withdrawal
        waits = withdrawal.status in (Status.AWAITING_CONFIRMATION, Status.AWAITING_INFORMATION)
        if not waits or withdrawal.expires_at is None or withdrawal.expires_at > now:
            return withdrawal.status
        asked = "confirmed" if withdrawal.status is Status.AWAITING_CONFIRMATION else "informed about"
        _end(tx, withdrawal, Status.EXPIRED, why=f"not {asked} by {rfc3339(withdrawal.expires_at)}")
        return Status.EXPIRED


# --- outside checks ----------------------------------------------------------------------------------------------


def outside_answered(
    tx: Tx,
    id: str,
    check: str,
    outcome: Outcome | None,
    detail: str,
    setting: Setting,
    ends_at: datetime | None = None,
) -> bool:
    """An outside check has answered (`outcome` None: it failed). True where this was its first answer, in time.

    The answer is kept once. When it was the last one that a withdrawal in screening waited for, it is reviewed
    again. An answer that comes too late is noted for people and changes nothing. Raises NotFound where the
    withdrawal is not pinned to this check, Malformed for an outcome that has no end.
    """
    if outcome is Outcome.DELAY and (ends_at is None or not tx.now < ends_at <= tx.now + LONGEST_DELAY):
        raise Malformed("outcome_without_end", f"{check} asks for a delay but cannot say when it ends; use review.")
    looked = _look(tx, id, setting)
    if check not in looked.facts.required:
        raise NotFound("check_unknown", f"{id} waits for no check {check!r}.", field="check")
    state = State.ERROR if outcome is None else State.ANSWERED
    kept = store.answer_outside(tx.conn, id, check, state, outcome, detail, ends_at, tx.now) == 1
    said = {"check": check, "state": state, "outcome": outcome, "detail": detail}
    if ends_at is not None:
        said["ends_at"] = rfc3339(ends_at)
    tx.note("withdrawal.outside_answered" if kept else "withdrawal.outside_late", id, said)
    _go_on(tx, id, setting)
    return kept


def take_vendor_asks(
    conn: Conn, checks: Sequence[str], ids: Sequence[str], now: datetime, again_at: datetime
) -> list[tuple[store.VendorAsk, str]]:
    """Questions to vendors that nobody else asks until `again_at`, with their text; made of the facts of the request,
    so that they are the same however often they are asked."""
    with act(conn, "worker", now):
        taken = store.take_vendor_asks(conn, checks, ids, now, again_at)
        found = []
        for asked in taken:
            first = store.decisions_of(conn, asked.ref)[0]
            facts = replaying.read(first.facts)
            found.append((asked, vendors.question(asked.id, asked.check_id, asked.ref, facts)))
        return found


def vendor_answered(conn: Conn, id: str, check: str, said: Opinion | Silent, setting: Setting, now: datetime) -> bool:
    """A vendor gave its opinion, or nothing usable, which asks for a person. True where this was the first answer,
    in time. A delay that could never end is none."""
    with act(conn, "worker", now) as tx:
        if isinstance(said, Silent):
            return outside_answered(tx, id, check, None, str(said), setting)
        ends_at = said.ends_at
        if ends_at is not None and not now < ends_at <= now + LONGEST_DELAY:
            detail = f"a delay until {rfc3339(ends_at)} is past or longer than {LONGEST_DELAY.days} days"
            return outside_answered(tx, id, check, None, detail, setting)
        return outside_answered(tx, id, check, said.outcome, said.detail, setting, ends_at)


LONGEST_DELAY = timedelta(days=30)
"""How long somebody outside may let a customer's funds wait."""


def outside_overdue(conn: Conn, id: str, setting: Setting, now: datetime) -> Status:
    """What did not answer in time has timed out; a withdrawal that only waited for it goes on, to a person."""
    with act(conn, "worker", now) as tx:
        return _go_on(tx, id, setting)


def _go_on(tx: Tx, id: str, setting: Setting) -> Status:
    """Review a withdrawal in screening again, once nothing is awaited any more."""
    looked = _look(tx, id, setting)
    awaited = any(answer_.state is State.PENDING for answer_ in looked.facts.outside)
    if looked.withdrawal.status is not Status.SCREENING or awaited:
        return looked.withdrawal.status
    decision_id, verdict = _decide(tx, looked, "outside", setting)
    if _unanswered(looked.facts, setting.policy) and verdict.outcome.severity < Outcome.DECLINE.severity:
        _end(tx, looked.withdrawal, Status.EXPIRED, decision_id=decision_id, why="the counterparty did not answer")
        return Status.EXPIRED
    return _follow(tx, looked, decision_id, verdict, setting)


def _unanswered(facts: Facts, policy: Policy) -> bool:
    """Section 10, travel-rule wait: where a place wants an answer and none came, no person can give it instead. A
    policy that says what follows is obeyed."""
    silent = any(a.check == TRAVEL_RULE and a.state is State.TIMEOUT for a in facts.outside)
    asked = travel_rule_asked(facts, policy) is not None and policy.failing(TRAVEL_RULE, facts.now) is None
    return silent and asked


# --- what the customer has to give -------------------------------------------------------------------------------


def state_receiver(
    conn: Conn, id: str, more: Mapping[str, Any], self_hosted: bool, actor: str, setting: Setting, now: datetime
) -> Withdrawal:
    """The customer says who receives and where, or that the address is their own; then it is reviewed again.

    Raises NotFound; Conflict `information_not_asked`, `information_too_late`, `address_kept_by_provider`; Malformed as
    `travel_rule.read` says.
    """
    stated = travel_rule.read(more)
    with act(conn, actor, now) as tx:
        looked = _look(tx, id, setting)
        _awaits(looked, "travel_rule_pending")
        withdrawal = looked.withdrawal
        if self_hosted and looked.facts.ownership == "vasp":
            raise Conflict(
                "address_kept_by_provider",
                "You said that a provider keeps this address; prove that it is yours instead (ownership_proof).",
            )
        if self_hosted:
            screening.declare(tx, withdrawal.saved_address_id, "self_hosted")
        elif stated.counterparty is not None and looked.facts.ownership == "unknown":
            screening.declare(tx, withdrawal.saved_address_id, "vasp")
        whole = looked.stated.with_more(stated)
        store.put_statements(conn, [(id, canonical(travel_rule.as_json(whole)))], now)
        tx.note("withdrawal.informed", id, {"given": sorted(more), "self_hosted": self_hosted})
        _go_on_informed(tx, id, setting)
    return _got(conn, id)


def prove_address(conn: Conn, id: str, signature: str, actor: str, setting: Setting, now: datetime) -> Withdrawal:
    """The customer proves that the address is theirs; then it is reviewed again.

    Raises NotFound; Conflict `information_not_asked`, `information_too_late`; and what `screening.prove` says.
    """
    with act(conn, actor, now) as tx:
        looked = _look(tx, id, setting)
        _awaits(looked, *ASKED_OF_OWNERS)
        screening.prove(conn, looked.withdrawal.saved_address_id, None, signature, actor, now)
        tx.note("withdrawal.informed", id, {"given": [OWNERSHIP_PROOF]})
        _go_on_informed(tx, id, setting)
    return _got(conn, id)


ASKED_OF_OWNERS = ("ownership_unproven", "travel_rule_pending")
"""Findings that a proof of ownership answers: whoever has the key needs no provider."""


def address_proven(tx: Tx, address_id: str, setting: Setting) -> None:
    """An address was proven (news from `screening`): whatever waited for that goes on."""
    for id in store.waiting_for_address(tx.conn, address_id):
        looked = _look(tx, id, setting)
        if _asked_now(looked) & set(ASKED_OF_OWNERS):
            _go_on_informed(tx, id, setting)


def _asked_now(looked: _Looked) -> set[str]:
    """What the customer is asked for; empty where a reviewer asked, who waits for another answer."""
    if looked.withdrawal.status is not Status.AWAITING_INFORMATION or looked.latest is None:
        return set()
    return {finding.code for finding in to_ask(findings_of(looked.latest), looked.facts.cleared)}


def _awaits(looked: _Looked, *codes: str) -> None:
    withdrawal = looked.withdrawal
    if not _asked_now(looked) & set(codes):
        raise Conflict("information_not_asked", f"{withdrawal.id} is {withdrawal.status}; it does not wait for this.")
    if withdrawal.expires_at is not None and withdrawal.expires_at <= looked.facts.now:
        raise Conflict("information_too_late", f"The time to answer ended at {rfc3339(withdrawal.expires_at)}.")


def _go_on_informed(tx: Tx, id: str, setting: Setting) -> None:
    looked = _look(tx, id, setting)
    if not blocked(looked.facts) and _settled_by_ownership(tx, looked, setting.policy):
        looked = _look(tx, id, setting)
    decision_id, verdict = _decide(tx, looked, "outside", setting)
    _follow(tx, looked, decision_id, verdict, setting)


def _settled_by_ownership(tx: Tx, looked: _Looked, policy: Policy) -> bool:
    """Nobody keeps the account of an address that is the customer's own, so nobody has to be asked."""
    facts = looked.facts
    needed = travel_rule_asked(facts, policy) is not None or TRAVEL_RULE in policy.outside_required(facts.value)
    if needed or not awaited(facts):
        return False
    detail = "The address is the customer's own: there is no provider to tell."
    id = looked.withdrawal.id
    store.answer_outside(tx.conn, id, TRAVEL_RULE, State.ANSWERED, Outcome.ALLOW, detail, None, tx.now)
    said = {"check": TRAVEL_RULE, "state": State.ANSWERED, "outcome": Outcome.ALLOW, "detail": detail}
    tx.note("withdrawal.outside_answered", id, said)
    return True


# --- the counterparty --------------------------------------------------------------------------------------------

TRY_AGAIN = (60, 120, 300, 900, 1800, 3600)
"""Seconds before a message is sent again, the last for ever: an answer may be a person's work over there."""


def next_travel_message(
    conn: Conn, id: str, us: Person, vasps: Mapping[str, Person], setting: Setting, now: datetime
) -> Message | None:
    """The message to send now about a withdrawal, stored before it is sent; None where nothing is to be sent.

    What cannot be written (a provider that is not in our directory) is an answer of its own: a person decides.
    """
    with act(conn, "worker", now) as tx:
        looked = _look(tx, id, setting)
        if looked.withdrawal.status is not Status.SCREENING or not awaited(looked.facts):
            return None
        kept = store.travel_message(conn, id)
        if kept is None:
            written = _written(looked, us, vasps, setting)
            if isinstance(written, str):
                outside_answered(tx, id, TRAVEL_RULE, None, written, setting)
                return None
            kept = written
            store.add_travel_message(conn, kept)
            tx.note("travel_rule.written", id, {"message": kept.id, "vasp": kept.vasp_id, "fields": kept.fields})
        elif kept.answer is not None or kept.next_at > now:
            return None
        wait = TRY_AGAIN[min(kept.tries, len(TRY_AGAIN) - 1)]
        store.try_travel_message(conn, id, now + timedelta(seconds=wait))
        return Message(kept.id, kept.vasp_id, kept.body)


def _written(looked: _Looked, us: Person, vasps: Mapping[str, Person], setting: Setting) -> store.TravelMessage | str:
    """The message, or why there can be none."""
    withdrawal, stated, asset = looked.withdrawal, looked.stated, looked.asset
    asked = travel_rule_asked(looked.facts, setting.policy)
    fields = "basic" if asked is None else asked[0]
    sender = _sender(looked.party)
    lacks = travel_rule.missing(fields, sender, stated)
    if lacks or stated.counterparty is None:
        return f"Travel-rule data are missing: {', '.join(lacks)}."
    vasp_id = stated.counterparty.vasp_id
    if vasp_id not in vasps:
        return f"The provider {vasp_id!r} ({stated.counterparty.name}) is not in our directory."
    try:
        payload = travel_rule.build(fields, sender, stated, withdrawal.address, us, vasps[vasp_id])
    except Malformed as fault:
        return f"No message can be written: {fault.message}"[:500]
    id = new_id("trm")
    body = readable(
        {
            "id": id,
            "asset": asset.symbol,
            "network": asset.network,
            "address": withdrawal.address,
            "memo": withdrawal.memo or None,
            "amount": to_text(withdrawal.net_units, asset.decimals),
            "ivms101": payload,
        }
    )
    now = looked.facts.now
    return store.TravelMessage(withdrawal.id, id, vasp_id, fields, body, now, 0, now, None, None)


def travel_answered(
    conn: Conn, id: str, message_id: str, reply: Reply | None, why: str, setting: Setting, now: datetime
) -> bool:
    """The counterparty answered a message (`reply` None: it will not take it, as `why` says); once.

    Accepted lets it go on, rejected ends it, refused asks for a person; "pending" is no answer yet.
    """
    if reply is not None and reply.status == "pending":
        return False
    answers = {"accepted": Outcome.ALLOW, "rejected": Outcome.DECLINE}
    status = "refused" if reply is None else reply.status
    with act(conn, "worker", now) as tx:
        detail = f"The counterparty {status} it" + (f": {why}" if why else ".")
        outside_answered(tx, id, TRAVEL_RULE, answers.get(status), detail, setting)
        return store.answer_travel_message(conn, message_id, status, now) == 1


# --- people ------------------------------------------------------------------------------------------------------


def answered(tx: Tx, id: str, answer_: str, case_id: str, setting: Setting) -> None:
    """A case about this withdrawal was answered (news from `cases`).

    An approval clears the findings that asked for a person, and nothing else: it is reviewed once more, so a
    freeze, a list or a delay that came since still counts. A withdrawal that has ended meanwhile stays ended.
    """
    looked = _look(tx, id, setting)
    withdrawal = looked.withdrawal
    # Who asked the customer something may still answer without them: the case is one and the same.
    if withdrawal.status not in (Status.IN_REVIEW, Status.AWAITING_INFORMATION):
        return
    if answer_ == "declined":
        _end(tx, withdrawal, Status.DECLINED, why=f"by a reviewer in {case_id}")
        return
    latest = store.decision(tx.conn, withdrawal.decision_id)
    assert latest is not None  # the column says so
    asked = {named(finding) for finding in findings_of(latest) if finding.outcome is Outcome.REVIEW}
    cleared = sorted({*withdrawal.cleared, *asked})
    looked = replace(looked, facts=replace(looked.facts, cleared=tuple(cleared)))
    decision_id, verdict = _decide(tx, looked, "person", setting)
    if verdict.outcome is Outcome.REVIEW:
        # Something new asks for a person: the old case is closed, so a new one is opened from here.
        if withdrawal.status is not Status.IN_REVIEW:
            _move(tx, withdrawal, Status.IN_REVIEW)
        _reopen(tx, withdrawal, decision_id, verdict, cleared, setting)
        return
    if verdict.outcome.severity >= Outcome.DECLINE.severity:
        _end(tx, withdrawal, Status.DECLINED, decision_id=decision_id, why=", ".join(_hard(verdict)))
        return
    delayed = verdict.outcome is Outcome.DELAY
    lacks = () if delayed else looked.lacks(verdict, setting.policy)
    if lacks:
        _ask_again(tx, looked, decision_id, lacks, setting.policy, cleared)
        return
    _move(
        tx,
        withdrawal,
        Status.DELAYED if delayed else Status.APPROVED,
        decision_id=decision_id,
        release_at=verdict.release_at if delayed else None,
        cleared=cleared,
    )


def _reopen(
    tx: Tx, withdrawal: Withdrawal, decision_id: str, verdict: Verdict, cleared: Sequence[str], setting: Setting
) -> None:
    store.clear(tx.conn, withdrawal.id, cleared, decision_id)
    cases.open_case(
        tx,
        kind="withdrawal_review",
        subject=withdrawal.id,
        party_id=withdrawal.party_id,
        requester=withdrawal.requester,
        reasons=[f.code for f in standing(verdict.findings, cleared) if f.outcome is Outcome.REVIEW],
        quorum=setting.policy.quorum(withdrawal.value),
        sla_hours=setting.policy.review_sla_hours,
        policy_version=setting.policy.version,
    )


# --- information -------------------------------------------------------------------------------------------------


def ask(conn: Conn, case_id: str, what: str, deadline_hours: int, actor: str, now: datetime) -> Withdrawal:
    """A reviewer asks the customer something; the withdrawal waits for the answer, until a deadline.

    Raises NotFound `case_unknown`; Conflict `case_asks_nobody`, `withdrawal_not_in_review`; and what `cases.ask` says.
    """
    case = cases.get(conn, case_id)
    if case.kind != "withdrawal_review":
        raise Conflict("case_asks_nobody", f"{case_id} is a {case.kind}; only reviews ask the customer.")
    id = case.subject
    with act(conn, actor, now) as tx:
        withdrawal = _locked_in_order(tx, id)
        question = cases.ask(tx, case_id, what, deadline_hours)
        if withdrawal.status is not Status.IN_REVIEW:
            raise Conflict("withdrawal_not_in_review", f"{id} is {withdrawal.status}; questions are asked in review.")
        _move(tx, withdrawal, Status.AWAITING_INFORMATION)
        store.wait_until(conn, id, question.due_at)
    return _got(conn, id)


def inform(conn: Conn, id: str, kind: str, text: str, actor: str, now: datetime) -> Withdrawal:
    """The customer, or the platform for them, answers; the same case goes on.

    Raises NotFound; Conflict `information_not_asked`, `information_too_late`; Malformed `kind_unknown`, `text_invalid`.
    """
    with act(conn, actor, now) as tx:
        withdrawal = _locked_in_order(tx, id)
        if withdrawal.status is not Status.AWAITING_INFORMATION:
            raise Conflict("information_not_asked", f"{id} is {withdrawal.status}; it waits for no information.")
        if withdrawal.expires_at is not None and withdrawal.expires_at <= now:
            raise Conflict("information_too_late", f"The time to answer ended at {rfc3339(withdrawal.expires_at)}.")
        cases.inform(tx, id, kind, text)
        _move(tx, withdrawal, Status.IN_REVIEW)
    return _got(conn, id)


# --- appeals -----------------------------------------------------------------------------------------------------


def appeal(conn: Conn, id: str, text: str, actor: str, setting: Setting, now: datetime) -> Withdrawal:
    """The customer says that it is wrong; people who have not answered about it before look at it.

    Raises NotFound; Conflict `withdrawal_not_appealable`, `appeal_open`, `appeal_answered`; Malformed `text_invalid`.
    """
    with act(conn, actor, now) as tx:
        withdrawal = _locked_in_order(tx, id)
        last = cases.latest(conn, [id], "withdrawal_appeal").get(id)
        appeals.check(withdrawal, last.status if last else None, last.closed_at if last else None)
        latest = store.decision(conn, withdrawal.decision_id)
        assert latest is not None  # the column says so
        case_id = cases.open_case(
            tx,
            kind="withdrawal_appeal",
            subject=id,
            party_id=withdrawal.party_id,
            requester=actor,
            reasons=["appeal"],
            quorum=setting.policy.quorum(withdrawal.value),
            sla_hours=setting.policy.review_sla_hours,
            policy_version=latest.policy_version,
        )
        cases.tell(tx, id, "withdrawal_appeal", text, field="text")
        tx.note("withdrawal.appealed", id, {"case": case_id})
    return _got(conn, id)


def appeal_answered(tx: Tx, id: str, answer_: str, case_id: str) -> None:
    """An appeal was answered (news from `cases`). It moves nothing: what has ended stays ended, a delay runs its time,
    a review goes on and is told; the customer is told in the hold letter (decision 17)."""
    withdrawal = _locked_in_order(tx, id)
    overturned = answer_ == "approved"
    tx.note(f"withdrawal.appeal_{'overturned' if overturned else 'upheld'}", id, {"case": case_id})
    if overturned and withdrawal.status not in FINAL:
        cases.tell(tx, id, "withdrawal_review", f"The customer's appeal was right: see {case_id}.")


# --- seizures ----------------------------------------------------------------------------------------------------


def propose_seizure(
    conn: Conn, id: str, order_reference: str, document_sha256: str, actor: str, setting: Setting, now: datetime
) -> str:
    """Lay a lawful order before a second person; the case. Nothing moves yet: a freeze is what acts at once.

    Raises NotFound; Conflict `withdrawal_not_seizable`, `case_open`; Malformed `order_reference_invalid`,
    `document_sha256_invalid`; Forbidden `case_other_role`.
    """
    seizure.check_order(order_reference, document_sha256)
    with act(conn, actor, now) as tx:
        withdrawal = _locked_in_order(tx, id)
        seizure.check_seizable(withdrawal)
        case_id = cases.open_case(
            tx,
            kind="seizure",
            subject=id,
            party_id=withdrawal.party_id,
            requester=actor,
            reasons=["lawful_order"],
            quorum=seizure.PEOPLE,
            sla_hours=setting.policy.review_sla_hours,
        )
        store.add_seizure_order(conn, store.SeizureOrder(case_id, id, order_reference, document_sha256, actor, now))
        cases.propose(tx, case_id, f"Order {order_reference}, document {document_sha256}")
    return case_id


def seizure_answered(tx: Tx, id: str, answer_: str, case_id: str) -> None:
    """A lawful order was agreed to, or not (news from `cases`). It takes what no payment owns: the payout's row
    decides the race. What came too late is noted, for people to act on."""
    if answer_ != "approved":
        return
    withdrawal = _locked_in_order(tx, id)
    order = store.seizure_order(tx.conn, case_id)
    assert order is not None  # written with the case
    if Status.SEIZED not in MOVES[withdrawal.status] or not custody.recall(tx, id):
        tx.note("case.order_too_late", case_id, {"subject": id, "status": withdrawal.status})
        return
    _move(tx, withdrawal, Status.SEIZED, why=f"order {order.order_reference}, document {order.document_sha256}")
    ledger.spend(tx, "withdrawal", id, "seizure", {accounts.LEGAL_HOLD: withdrawal.units})
    _give_back(tx, id)
    cases.moot(tx, id, "the withdrawal is seized", seizure.ENDS)


# --- pay ---------------------------------------------------------------------------------------------------------

Sign = Callable[[bytes], str]
"""Signs an authorisation's payload (Ed25519, hex) with the worker's key, which the API does not hold."""


def authorise(conn: Conn, id: str, sign: Sign, chain_ids: Mapping[str, int], setting: Setting, now: datetime) -> Status:
    """The last look before coins move: review once more, then sign the authorisation and queue the payout.

    What the customer saw is checked against the journal, and the balance against its entries, not only against
    their rows: a row changed behind our back (BigONE 2025) stops here, and again at the signer.
    """
    with act(conn, "worker", now) as tx:
        receiver = _lock_both(tx, id)
        looked = _look(tx, id, setting)
        withdrawal = looked.withdrawal
        if withdrawal.status is not Status.APPROVED or withdrawal.authorised_at is not None:
            return withdrawal.status
        if blocked(looked.facts):
            _waits(tx, withdrawal, "freeze")
            return withdrawal.status
        if policies.open_trip(conn) is not None:
            _waits(tx, withdrawal, "egress")
            return withdrawal.status
        changed = _changed_behind_us(tx, withdrawal, looked.asset)
        if changed is not None:
            if withdrawal.waiting_for != "person":
                tx.note("withdrawal.tampered", id, {"payload": withdrawal.payload_hash, "what": changed})
            _waits(tx, withdrawal, "person")
            return withdrawal.status
        decision_id, verdict = _decide(tx, looked, "pay", setting)
        if verdict.outcome.severity > Outcome.STEP_UP.severity or looked.lacks(verdict, setting.policy):
            return _follow(tx, looked, decision_id, verdict, setting)
        if receiver is not None:
            return _transfer(tx, withdrawal, looked.asset, receiver)
        order = _order(withdrawal, looked.asset, decision_id, chain_ids, setting, now)
        custody.queue_payout(tx, order, sign(order.payload()), withdrawal.party_id, withdrawal.asset_id)
        store.authorised(tx.conn, id, now)
        tx.note("withdrawal.authorised", id, {"decision": decision_id, "not_after": order.not_after})
        return Status.APPROVED


def _lock_both(tx: Tx, id: str) -> str | None:
    """The customer of this platform whose deposit address is paid, None for anybody else's. Both parties and both
    accounts are locked here, in order: two who pay each other at once would wait for each other."""
    peek = store.get(tx.conn, id)
    if peek is None:
        return None
    found = screening.own(tx.conn, [(peek.network, peek.address)]).get((peek.network, peek.address), ())
    receiver = next((item.party_id for item in found if item.network == peek.network and item.kind == "deposit"), None)
    if receiver is None or receiver == peek.party_id:
        return None
    both = sorted([peek.party_id, receiver])
    parties.lock(tx.conn, both)
    ledger_store.ensure(tx.conn, both, [peek.asset_id] * 2)
    ledger_store.lock(tx.conn, both, [peek.asset_id] * 2)
    return receiver


def _transfer(tx: Tx, withdrawal: Withdrawal, asset: Asset, receiver: str) -> Status:
    """Section 4, own-platform address: the coins never leave, so the books pay, at once and for good."""
    if stopping(policies.switches(tx.conn), asset) is not None:
        _waits(tx, withdrawal, "kill_switch")
        return withdrawal.status
    _move(tx, withdrawal, Status.PAYING)
    moved = ledger.spend(
        tx,
        "withdrawal",
        withdrawal.id,
        "internal",
        {receiver: withdrawal.net_units, accounts.FEES: withdrawal.fee_units},
    )
    tx.note("transfer.received", receiver, {"withdrawal": withdrawal.id, "units": str(withdrawal.net_units)})
    screening.mark_paid(tx, withdrawal.saved_address_id)
    cases.moot(tx, withdrawal.id, "the withdrawal is settled", appeals.ended_by(Status.SETTLED))
    return _move(tx, replace(withdrawal, status=Status.PAYING), Status.SETTLED, chain_tx=f"internal:{moved}")


def _changed_behind_us(tx: Tx, withdrawal: Withdrawal, asset: Asset) -> str | None:
    """What does not fit what we remember of it, in words for staff; None where everything does."""
    if not _as_requested(tx, withdrawal, asset):
        return "the withdrawal is not what was asked for and confirmed"
    off = ledger_store.disagreement_of(tx.conn, withdrawal.party_id, withdrawal.asset_id)
    return None if off is None else f"the account does not add up: {off.what}"


def _as_requested(tx: Tx, withdrawal: Withdrawal, asset: Asset) -> bool:
    """What the journal says was asked for, what the row says now, and what every factor was used for are one.

    Every factor that the journal says was ever asked for; a row that asks for others was changed behind our back.
    """
    seen = store.requested_payload(tx.conn, withdrawal.id)
    if not seen == withdrawal.payload_hash == payload_of(withdrawal, asset.name):
        return False
    asked: tuple[str, ...] = ()
    used: dict[str, str | None] = {}  # factor -> the hash of the terms, where it was those
    for note in store.factor_notes(tx.conn, withdrawal.id):
        said = json.loads(note.body)
        if note.kind != "factor.used":
            asked = factors.together(asked, said.get("factors", ["totp"]))  # entries of before name none: it was that
            used.pop(STANDING, None)  # asked again, in person
        elif said["payload"] == seen:
            used[said["factor"]] = said.get("terms")
    if STANDING in used and not used[STANDING] == _terms_of(tx, withdrawal, asset) is not None:
        return False
    return factors.met(asked, used) and set(asked) == set(withdrawal.required_factors)


def _waits(tx: Tx, withdrawal: Withdrawal, what: str) -> None:
    if store.waits_for(tx.conn, withdrawal.id, what):
        tx.note("withdrawal.waits", withdrawal.id, {"for": what})


def _order(
    withdrawal: Withdrawal,
    asset: Asset,
    decision_id: str,
    chain_ids: Mapping[str, int],
    setting: Setting,
    now: datetime,
) -> Authorisation:
    policy, native = setting.policy, setting.native(asset.network)
    return Authorisation(
        id=withdrawal.id,
        network=asset.network,
        chain_id=chain_ids[asset.network],
        asset=asset.name,
        contract=asset.contract,
        address=withdrawal.address,
        memo=withdrawal.memo or None,
        units=withdrawal.net_units,
        fee_ceiling_units=policy.fee_ceiling_units(native),
        decision_id=decision_id,
        policy_version=policy.version,
        not_after=rfc3339(now + timedelta(minutes=policy.authorisation_minutes)),
    )


def paying(tx: Tx, id: str) -> None:
    """A payout attempt owns it now (news from `custody`): cancelling is over."""
    withdrawal = store.lock(tx.conn, id)
    if withdrawal is not None and withdrawal.status is Status.APPROVED:
        _move(tx, withdrawal, Status.PAYING)


def settled(tx: Tx, id: str, chain_tx: str) -> None:
    """Final on chain, and what arrived is what was asked for: the hold is spent, the limit consumed."""
    withdrawal = _locked_in_order(tx, id)
    if withdrawal.status is not Status.PAYING:
        return
    _move(tx, withdrawal, Status.SETTLED, chain_tx=chain_tx)
    ledger.spend(
        tx,
        "withdrawal",
        id,
        "settlement",
        {accounts.CHAIN: withdrawal.net_units, accounts.FEES: withdrawal.fee_units},
    )
    cases.moot(tx, id, "the withdrawal is settled", appeals.ended_by(Status.SETTLED))
    screening.mark_paid(tx, withdrawal.saved_address_id)


def returned(tx: Tx, id: str, why: str) -> None:
    """Proven that it can never be paid: the funds and the limit are free again."""
    withdrawal = _locked_in_order(tx, id)
    if withdrawal.status is Status.PAYING:
        _end(tx, withdrawal, Status.RETURNED, why=why)


def authorisation_lapsed(tx: Tx, id: str) -> None:
    """The payout could not start before its authorisation ended: review again, then authorise anew.

    News travels late: the payout may have been authorised anew meanwhile, and started. Its row says what is so now.
    """
    withdrawal = _locked_in_order(tx, id)
    if withdrawal.status is Status.APPROVED and withdrawal.authorised_at is not None and custody.has_lapsed(tx, id):
        store.unauthorised(tx.conn, id)
        tx.note("withdrawal.unauthorised", id, {"why": "the authorisation ended before a payout started"})


def set_aside(conn: Conn, id: str, fault: Exception, now: datetime) -> None:
    """A step about one withdrawal, or one lone decision, met a bug: it waits for a person, and says why once."""
    kind, detail = type(fault).__name__, str(fault)[:2000]
    with act(conn, "worker", now) as tx:
        store.waits_for(tx.conn, id, "person")
        if not store.has_failed(tx.conn, id, kind):
            tx.note("step.failed", id, {"fault": kind, "detail": detail})
            log.error("step failed", subject=id, fault=f"{kind}: {detail}")


def _locked_in_order(tx: Tx, id: str) -> Withdrawal:
    peek = _got(tx.conn, id)
    parties.lock(tx.conn, [peek.party_id])
    locked = store.lock(tx.conn, id)
    assert locked is not None
    return locked


# --- decisions that stand alone ----------------------------------------------------------------------------------


def commit(conn: Conn, decision_id: str, actor: str, now: datetime) -> deciding.Lone:
    """The platform has paid: the room is consumed. The same again changes nothing. Raises as `deciding.moves`."""
    return _end_alone(conn, decision_id, deciding.Status.COMMITTED, actor, now)


def let_go(conn: Conn, decision_id: str, actor: str, now: datetime) -> deciding.Lone:
    """The platform does not pay: the room is free again, once. Raises as `deciding.moves`."""
    return _end_alone(conn, decision_id, deciding.Status.RELEASED, actor, now)


def expire_alone(conn: Conn, decision_id: str, now: datetime) -> deciding.Lone:
    """Nobody said anything in time: the room is free again. One that has ended meanwhile stays as it is."""
    found = alone(conn, decision_id)
    if found.expires_at is None or found.expires_at > now:
        return found
    return _end_alone(conn, decision_id, deciding.Status.EXPIRED, "worker", now)


def _end_alone(conn: Conn, id: str, target: deciding.Status, actor: str, now: datetime) -> deciding.Lone:
    with act(conn, actor, now) as tx:
        parties.lock(conn, [alone(conn, id).party_id])
        found = alone(conn, id)  # read again: who held the party's lock may have ended it
        if target is deciding.Status.EXPIRED and found.status is not deciding.Status.OPEN:
            return found
        if deciding.moves(found, target, now):
            if target is not deciding.Status.COMMITTED:
                _give_back(tx, id)
            assert store.end_lone(conn, id, target, now) == 1  # it is open, and its party is ours
            tx.note(f"decision.{target}", id, {"status": target, "party": found.party_id})
        return alone(conn, id)


def alone(conn: Conn, decision_id: str) -> deciding.Lone:
    """One lone decision. Raises NotFound: `decision_unknown`, also for one about a withdrawal."""
    found = store.lone(conn, decision_id)
    if found is None:
        raise NotFound("decision_unknown", f"There is no decision {decision_id} that stands alone.")
    return found


def alone_view(conn: Conn, found: deciding.Lone) -> dict[str, Any]:
    """A lone decision as the API says it."""
    row = store.decision(conn, found.decision_id)
    assert row is not None  # the schema says so
    return deciding.as_json(found, Outcome(row.outcome), findings_of(row))


# --- read --------------------------------------------------------------------------------------------------------


def get(conn: Conn, id: str, party_id: str | None = None) -> Withdrawal:
    """One withdrawal; for a customer's credential only their own. Raises NotFound."""
    withdrawal = store.get(conn, id)
    if withdrawal is None or (party_id is not None and withdrawal.party_id != party_id):
        raise NotFound("withdrawal_unknown", f"There is no withdrawal {id}.")
    return withdrawal


def _got(conn: Conn, id: str) -> Withdrawal:
    return get(conn, id)


def view(conn: Conn, withdrawal: Withdrawal, assets: Mapping[int, Asset]) -> dict[str, Any]:
    """The withdrawal as the API says it, with its newest decision."""
    return views(conn, [withdrawal], assets)[0]


def views(conn: Conn, found: Sequence[Withdrawal], assets: Mapping[int, Asset]) -> list[dict[str, Any]]:
    """Withdrawals as the API says them. Where a payment waits, the withdrawal says what for."""
    decisions = {row.id: row for row in store.decisions(conn, [w.decision_id for w in found])}
    payouts = custody.payouts_of(conn, [w.id for w in found if w.status in (Status.APPROVED, Status.PAYING)])
    asked = cases.asked(conn, [w.id for w in found if w.status is Status.AWAITING_INFORMATION])
    appealed = cases.latest(conn, [w.id for w in found], "withdrawal_appeal")
    said = []
    for item in found:
        payout = payouts.get(item.id)
        if item.waiting_for is None and payout is not None and payout.waiting_for is not None:
            item = replace(item, waiting_for=payout.waiting_for)
        decision = decisions[item.decision_id]
        known = Known(asked.get(item.id), appealed[item.id].status if item.id in appealed else None)
        said.append(
            answer.as_json(item, assets[item.asset_id], Outcome(decision.outcome), findings_of(decision), known)
        )
    return said


def evidence(conn: Conn, case_id: str) -> dict[str, Any]:
    """Everything about a case from one snapshot, as `bundle.made` lays it out. Raises NotFound `case_unknown`."""
    with journal.snapshot(conn):
        file = cases.file(conn, case_id)
        withdrawal = store.get(conn, file.case.subject)
        subjects = [case_id, file.case.subject]
        return bundle.made(
            case=file.case,
            answers=file.answers,
            evidence=file.evidence,
            questions=file.questions,
            order=store.seizure_order(conn, case_id),
            withdrawal=withdrawal,
            decisions=store.decisions_of(conn, withdrawal.id) if withdrawal is not None else [],
            links=journal.links_about(conn, subjects),
        )


def findings_of(decision: store.DecisionRow) -> list[Finding]:
    """A stored decision's findings."""
    return replaying.findings_of(decision.findings)


def headroom(conn: Conn, party: Party, setting: Setting, now: datetime, key: str | None = None) -> list[Headroom]:
    """What still fits in each window of a party, of its own addresses and of the key that asks (GET …/limits).

    Windows of an asset, a network or the platform are not a customer's to see. Refuses without a level.
    """
    policy = setting.policy
    own = [
        int(r.value) * 1_000_000
        for r in parties.restrictions(conn, [party.id], now).get(party.id, ())
        if r.kind == "withdrawal_limit" and r.value is not None
    ]
    known = {limits.address_subject(entry.network, entry.address) for entry in screening.book(conn, party.id)}
    of_scope = {"party": [party.id], "address": sorted(known), "key": [] if key is None else [key]}
    asked = [("party", party.id, 24, min([policy.limit_24h(party.level), *own]))] + [
        (limit.scope, subject, limit.hours, limit.value)
        for limit in policy.limits
        for subject in of_scope.get(limit.scope, ())
    ]
    wanted = sorted({(scope, subject, hours) for scope, subject, hours, _ in asked}, key=str)
    counted = {(w.scope, w.subject, w.hours): w.used for w in store.windows(conn, wanted, now)}
    return [
        Headroom(
            scope,
            hours,
            value,
            counted.get((scope, subject, hours), 0),
            None if scope == "party" else subject,
        )
        for scope, subject, hours, value in asked
    ]
