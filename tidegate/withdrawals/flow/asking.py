"""A customer asks: a batch is judged one by one, and written down as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tidegate.base.canonical import canonical, readable
from tidegate.base.findings import Outcome
from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, Forbidden, Malformed, NotFound, Refusal
from tidegate.base.times import hours
from tidegate.db import Conn, Tx, act, replay
from tidegate.ledger import store as ledger_store
from tidegate.policy.pack import Policy
from tidegate.screening import flow as screening
from tidegate.screening import travel_rule
from tidegate.screening.travel_rule import Statement
from tidegate.withdrawals import answer, deciding, factors, limits, store
from tidegate.withdrawals.asking import NOTHING_STATED, Ask, Asked
from tidegate.withdrawals.facts import TRAVEL_RULE, Facts, State
from tidegate.withdrawals.flow.deciding import decision_row
from tidegate.withdrawals.flow.gathering.batch import Gathered
from tidegate.withdrawals.flow.given import Answer, Setting
from tidegate.withdrawals.flow.writing import Made
from tidegate.withdrawals.habits import Rushing
from tidegate.withdrawals.letter import Known
from tidegate.withdrawals.review import Verdict, blocked, review
from tidegate.withdrawals.withdrawal import Status, Withdrawal, payload_hash


def request(conn: Conn, asks: Sequence[Ask], setting: Setting, now: datetime) -> list[Answer | Refusal]:
    """Decide a batch of requests, and hold funds and limits for what may go on: one transaction for all.

    Every request is judged as if alone and in order: the second of one account sees what the first one took.
    A refusal (malformed, unknown, key reused) concerns its own request and leaves nothing behind.
    """
    with act(conn, "api", now) as tx:
        batch = _Batch(tx, setting, asks)
        answers = [batch.one(ask) for ask in asks]
        batch.made.write(tx, batch.seen)
        return answers


class _Batch:
    """Requests that are judged together: what is seen of them, and what was made of them so far."""

    def __init__(self, tx: Tx, setting: Setting, asks: Sequence[Ask]) -> None:
        self.tx, self.setting = tx, setting
        self.seen = Gathered(tx, setting, asks)
        self.made = Made()

    def one(self, ask: Ask) -> Answer | Refusal:
        """Judge one request in its turn."""
        try:
            return self._replayed(ask) or self._judge(ask)
        except Refusal as refusal:
            return refusal

    def _replayed(self, ask: Ask) -> Answer | None:
        first = self.seen.firsts.get((ask.scope, ask.key)) if ask.key is not None else None
        if first is None:
            return None
        if first.request != ask.request:
            raise replay.KeyReused(first.key)
        return Answer(first.status, first.answer, replayed=True)

    def _judge(self, ask: Ask) -> Answer:
        tx, policy, seen = self.tx, self.setting.policy, self.seen
        party = seen.parties.get(ask.party_id)
        if party is None:
            raise NotFound("customer_unknown", f"There is no customer {ask.party_id}.", field="customer")
        asked = seen.asked[id(ask)]
        if isinstance(asked, Refusal):
            raise asked
        if not ask.alone and not seen.people.enrolled[party.id]:
            raise Conflict(
                "factor_missing",
                "This customer has no factor to confirm with; enrol one with POST /v1/customers/{id}/factors first.",
            )
        entry, subjects = seen.book.entry(ask, asked), seen.subjects[id(ask)]
        facts = seen.facts(ask, asked, party, entry)
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
        rushing = None if _declines(verdict) else self._trips(subjects, asked.value)
        if rushing is not None:
            facts = replace(facts, behaviour=replace(facts.behaviour, rushing=rushing))
            verdict = review(facts, policy)
        decision_id = new_id("dec")
        if verdict.outcome is Outcome.FREEZE:
            seen.people.freeze(tx, party.id, decision_id, verdict)
        seen.book.named(entry)
        if not _declines(verdict):
            seen.past.took(ask, asked)
        keep = self._alone if ask.alone else self._withdrawal
        return keep(ask, asked, entry, decision_id, facts, verdict)

    def _withdrawal(
        self, ask: Ask, asked: Asked, entry: screening.SavedAddress, decision_id: str, facts: Facts, verdict: Verdict
    ) -> Answer:
        """The withdrawal with its decision; funds and limits are held for what may go on."""
        policy, seen = self.setting.policy, self.seen
        needed = None
        if not _declines(verdict):
            needed = factors.needed(seen.people.enrolled[ask.party_id], verdict.asks_step_up, policy)
        made = _made(ask, asked, entry, decision_id, needed, policy, self.tx.now)
        self.made.withdrawals.append(made)
        self.made.decisions.append(decision_row(decision_id, made.id, "request", facts, verdict, policy))
        if needed is not None:
            self._take(made, seen.subjects[id(ask)], facts.required)
            self._state(made, entry, asked.stated)
        self.made.warnings += [(made, hit) for hit in seen.book.places.to_warn(entry)]
        body = readable(answer.as_json(made, asked.asset, verdict.outcome, verdict.findings, Known()))
        self._keep(ask, body)
        self.tx.note(
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
        self, ask: Ask, asked: Asked, entry: screening.SavedAddress, id_: str, facts: Facts, verdict: Verdict
    ) -> Answer:
        """Only the decision, and its room in the limits for a while. What was stated of the receiver is judged and not
        kept: whoever pays tells the counterparty."""
        now, policy = self.tx.now, self.setting.policy
        declined = _declines(verdict)
        made = deciding.Lone(
            decision_id=id_,
            party_id=ask.party_id,
            requester=ask.actor,
            status=deciding.Status.DECLINED if declined else deciding.Status.OPEN,
            expires_at=None if declined else now + timedelta(minutes=policy.reserved_minutes),
            created_at=now,
            ended_at=now if declined else None,
        )
        self.made.lone.append(made)
        self.made.decisions.append(decision_row(id_, None, "decide", facts, verdict, policy))
        if not declined:
            self._reserve(id_, facts.value, self.seen.subjects[id(ask)])
            self._kept_by(entry, asked.stated)
        body = readable(deciding.as_json(made, verdict.outcome, verdict.findings))
        self._keep(ask, body)
        said = {"status": made.status, "party": made.party_id, "outcome": verdict.outcome}
        self.tx.note(f"decision.{made.status}", id_, said, by=ask.actor)
        return Answer(201, body)

    def _trips(self, subjects: tuple[limits.Subject, ...], value: int) -> Rushing | None:
        """The trip that letting this request in brings about. What is declined counts for nothing: else anybody could
        stop the platform by asking for the moon."""
        whose = dict(subjects)
        if self.seen.haste is None or self.seen.haste.trip is not None:
            return None
        found = self.seen.haste.would_pass(whose["party"], whose["address"], value)
        if found is not None:
            self.seen.haste.trip, self.seen.haste.tripped_here = found, True
        return found

    def _keep(self, ask: Ask, body: str) -> None:
        """Remember the first answer to a key."""
        if ask.key is not None:
            first = replay.First(ask.scope, ask.key, ask.request, 201, body)
            self.seen.firsts[ask.scope, ask.key] = first
            self.made.kept.append(first)

    def _state(self, made: Withdrawal, entry: screening.SavedAddress, stated: Statement) -> None:
        """Keep what the customer said of the receiver."""
        if stated != NOTHING_STATED:
            self.made.statements.append((made.id, canonical(travel_rule.as_json(stated))))
        self._kept_by(entry, stated)

    def _kept_by(self, entry: screening.SavedAddress, stated: Statement) -> None:
        """Who names a provider says that it keeps the address."""
        if stated.counterparty is not None and entry.ownership == "unknown":
            self.made.kept_by_vasp.append(entry.id)

    def _take(self, made: Withdrawal, subjects: tuple[limits.Subject, ...], required: Sequence[str]) -> None:
        """Hold the funds and the limits, here and for the requests that follow in this batch."""
        room = self.seen.rooms[made.party_id, made.asset_id]
        room.available -= made.units
        retained = self.seen.retained.get(made.party_id)
        if retained is not None:
            self.seen.retained[made.party_id] = retained.moved(made.asset_id, -made.units)
        self.made.holds.append(ledger_store.NewHold(new_id("hld"), room.account_id, "withdrawal", made.id, made.units))
        self._reserve(made.id, made.value, subjects)
        now = self.tx.now
        policy = self.setting.policy
        due = now + timedelta(seconds=policy.outside_seconds)
        # The counterparty is asked once the customer has confirmed, and its hours begin then.
        told = now + timedelta(minutes=policy.confirmation_minutes) + hours(policy.travel_rule_wait_hours)
        for check in required:
            ends = told if check == TRAVEL_RULE and check not in policy.outside_required(made.value) else due
            self.made.questions.append(store.Question(made.id, check, State.PENDING, None, "", now, ends))

    def _reserve(self, ref: str, value: int, subjects: tuple[limits.Subject, ...]) -> None:
        self.made.reservations.append(store.Reservation(ref, value, subjects))
        self.seen.law.add(dict(subjects), value)
        if self.seen.haste is not None:
            whose = dict(subjects)
            self.seen.haste.took(whose["party"], whose["address"], value)
        for subject in subjects:
            for length in self.seen.hours.get(subject[0], ()):
                window = self.seen.windows[*subject, length]
                window.used += value
                window.count += 1


def _declines(verdict: Verdict) -> bool:
    return verdict.outcome.severity >= Outcome.DECLINE.severity


def _made(
    ask: Ask,
    asked: Asked,
    entry: screening.SavedAddress,
    decision_id: str,
    needed: Sequence[str] | None,
    policy: Policy,
    now: datetime,
) -> Withdrawal:
    """The withdrawal that a request becomes; `needed` is None where it is declined."""
    id_ = new_id("wd")
    hash_ = payload_hash(
        id_,
        ask.party_id,
        asked.asset.name,
        entry.address,
        entry.memo,
        asked.units,
        asked.fee_units,
        asked.fee_ceiling_units,
        asked.description,
    )
    return Withdrawal(
        id=id_,
        number=0,  # drawn by the database
        party_id=ask.party_id,
        requester=ask.actor,
        asset_id=asked.asset.id,
        network=asked.asset.network,
        address=entry.address,
        memo=entry.memo,
        saved_address_id=entry.id,
        units=asked.units,
        fee_units=asked.fee_units,
        fee_ceiling_units=asked.fee_ceiling_units,
        value=asked.value,
        payload_hash=hash_,
        status=Status.DECLINED if needed is None else Status.AWAITING_CONFIRMATION,
        waiting_for=None,
        required_factor=next(iter(needed or ()), None),
        tries=0,
        decision_id=decision_id,
        release_at=None,
        expires_at=None if needed is None else factors.until(needed, policy, now),
        cleared=[],
        confirmed_at=None,
        authorised_at=None,
        tx=None,
        created_at=now,
        changed_at=now,
        ended_at=now if needed is None else None,
        description=asked.description,
        required_factors=list(needed or ()),
    )
