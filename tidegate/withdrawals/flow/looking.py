"""One withdrawal under lock, with everything that a decision after the first one sees."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tidegate.base.findings import Outcome
from tidegate.base.money import Asset
from tidegate.base.refusals import NotFound
from tidegate.db import Conn, Tx
from tidegate.ledger import store as ledger_store
from tidegate.p2p.lots import flow as lots
from tidegate.parties import flow as parties
from tidegate.parties.party import Party
from tidegate.policy import flow as policies
from tidegate.policy.pack import Policy
from tidegate.screening import flow as screening
from tidegate.screening import travel_rule
from tidegate.screening.travel_rule import Statement
from tidegate.withdrawals import factors, limits, replaying, store
from tidegate.withdrawals.asking import NOTHING_STATED
from tidegate.withdrawals.facts import Facts, OutsideAnswer, State
from tidegate.withdrawals.flow.gathering.destinations import Places, of_entry
from tidegate.withdrawals.flow.gathering.law import Law
from tidegate.withdrawals.flow.gathering.people import People
from tidegate.withdrawals.flow.gathering.retention import bound
from tidegate.withdrawals.flow.gathering.windows import of_windows
from tidegate.withdrawals.flow.given import Setting
from tidegate.withdrawals.flow.reading import got
from tidegate.withdrawals.habits import Asking, Rushing
from tidegate.withdrawals.haste import rushing_under
from tidegate.withdrawals.review import Verdict
from tidegate.withdrawals.withdrawal import FINAL, Status, Withdrawal


@dataclass(frozen=True, slots=True)
class Looked:
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


def look(tx: Tx, id: str, setting: Setting) -> Looked:
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
    places = Places.gather(tx.conn, [entry], setting.policy, tx.now)
    people = People.gather(tx.conn, [party.id], setting.policy, tx.now)
    law = Law.gather(tx.conn, [party.id], [entry.id], setting.policy, tx.now, id)
    retained = lots.retained(tx.conn, [party.id], setting.assets, setting.policy, tx.now, asking=id)
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
        **of_windows([limits.without(counted[scope, length], room, tx.now) for scope, _, length in wanted]),
        reserved_at=None if room is None else max(room.at.values()),
        # A regime tightens limits for new requests only (section 5): this one has its room.
        **of_entry(entry),
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
        bound=bound(retained.get(party.id), asset.id, withdrawal.units, tx.now),
    )
    latest = None
    if withdrawal.status is Status.AWAITING_INFORMATION:
        latest = store.decision(tx.conn, withdrawal.decision_id)
    return Looked(withdrawal, asset, facts, party, stated, people.enrolled[party.id], latest)


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


def locked_in_order(tx: Tx, id: str) -> Withdrawal:
    peek = got(tx.conn, id)
    parties.lock(tx.conn, [peek.party_id])
    locked = store.lock(tx.conn, id)
    assert locked is not None
    return locked
