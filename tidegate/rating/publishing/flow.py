"""Telling one line: whatever it brings holds from this transaction on, or nothing of it does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.base.refusals import Conflict
from tidegate.db import Conn, Tx, act
from tidegate.policy import flow as policies
from tidegate.policy.pack import Policy
from tidegate.rating import transitions
from tidegate.rating.decisions import flow as decisions
from tidegate.rating.decisions.decision import check_publishable
from tidegate.rating.decisions.store import DecisionRow
from tidegate.rating.facts import store as facts
from tidegate.rating.lines import flow as lines
from tidegate.rating.lines import store as line_store
from tidegate.rating.lines.store import LineRow
from tidegate.rating.measures import flow as measures
from tidegate.rating.measures.measure import Wanted, wanted
from tidegate.rating.publishing import store
from tidegate.rating.publishing.store import PublicationRow
from tidegate.rating.standing import flow as standing
from tidegate.rating.standing.flow import Decided
from tidegate.rating.standing.store import TierRow
from tidegate.rating.tiers import Basis, Tier
from tidegate.rating.transitions import Event
from tidegate.rating.window import days_after


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a line does to the tier that holds."""

    tier: Tier  # of the line
    to: Tier  # that holds from now on
    rule: str | None
    wanted: tuple[Wanted, ...]
    events: tuple[str, ...]


def publish(conn: Conn, line_id: str, actor: str, now: datetime, deadline: datetime | None = None) -> PublicationRow:
    """Tell a line, once; told already, it is the same answer again. `deadline` None = it has none.

    Raises NotFound `line_unknown`; Conflict `line_undecided`, `check_running`, `line_superseded`, `line_stale`,
    `fall_blocked`.
    """
    with act(conn, actor, now) as tx:
        return tell(tx, line_id, deadline)


def tell(tx: Tx, line_id: str, deadline: datetime | None = None) -> PublicationRow:
    """The same inside somebody's act."""
    found = lines.get(tx.conn, line_id)
    held = standing.lock(tx, found.subject_id)
    line = line_store.lock(tx.conn, line_id)
    assert line is not None  # lines are never deleted
    told = store.get(tx.conn, line_id)
    if told is not None:
        return told
    at = lines.standing_of(tx.conn, [line_id])[line_id]
    if at.superseded_by is not None:
        raise Conflict("line_superseded", f"{line_id} was drawn again as {at.superseded_by}.")
    decision = decisions.get(tx.conn, line_id)
    check_publishable(line_id, decision is not None, line.person, at.check_until, tx.now)
    policy = policies.active(tx.conn, tx.now)
    outcome = _outcome(tx, line, held, decision, policy)
    until = days_after(tx.now, policy.rating.appeal_days, policy.rating.zone)
    _move(tx, line, held, decision, outcome, until, policy)
    measures.settle_interim(tx, held.subject_id, line.id, line.facts, outcome.wanted)
    made = PublicationRow(
        line_id=line_id,
        subject_id=line.subject_id,
        tier=outcome.tier,
        before=held.tier,
        after=outcome.to,
        late=deadline is not None and tx.now >= deadline,
        appeal_until=until,
        by=tx.actor,
        at=tx.now,
    )
    store.add(tx.conn, made)
    lines.close_matter(tx, line)
    body = {
        "subject": made.subject_id, "tier": made.tier, "before": made.before, "after": made.after, "late": made.late,
        "clauses": line.clauses, "readings": line.readings, "appeal_until": until,
        "measures": [item.measure for item in outcome.wanted],
    }  # fmt: skip
    tx.note("rating.published", line_id, body)
    return made


def _outcome(tx: Tx, line: LineRow, held: TierRow, decision: DecisionRow | None, policy: Policy) -> _Outcome:
    tier = Tier(line.computed if decision is None else decision.tier)
    before = Tier(held.tier)
    events = store.events(tx.conn, line.id)
    confirmed = [event for event in events if not event.opened]
    grounds = confirmed or [event for event in events if before is Tier.LOW]
    ids = tuple(sorted({event.event_id for event in grounds}))
    if line.cause == "review":
        return _reviewed(tx, line, held, tier, decision, policy)
    if line.cause == "restatement":
        return _restated(tier, before, decision)
    if decision is not None:
        chosen = decisions.wanted_of(decision)[0]
        # What holds never falls by a month's tier; and it rises only where an event has not lifted it before.
        if tier.rank < before.rank or not ids:
            return _Outcome(tier, before, None, (), ())
        return _Outcome(tier, tier, line.rule or "T2", chosen, ids)
    if not confirmed:
        return _Outcome(tier, before, None, (), ())
    new = any(held.since is None or event.counts_at >= held.since for event in confirmed)
    move = transitions.rise(held.effective(), Event(tier, Basis.TEXT, new), tx.now)
    if move.person:
        raise Conflict("line_stale", f"{held.subject_id} is {before} by now; draw {line.id} again for a person.")
    if move.rule is None:
        return _Outcome(tier, before, None, (), ())
    return _Outcome(tier, move.tier, move.rule, wanted(move.tier, False, None, (), policy.rating), ids)


def _reviewed(
    tx: Tx, line: LineRow, held: TierRow, tier: Tier, decision: DecisionRow | None, policy: Policy
) -> _Outcome:
    """T6: what it depends on is looked at again, for weeks may have passed."""
    before = Tier(held.tier)
    if decision is None or tier is not Tier.MEDIUM or before is not Tier.HIGH:
        return _Outcome(tier, before, None, (), ())
    opened = {found.subject_id: found.alerts for found in facts.open_alerts(tx.conn, [line.subject_id])}
    conditions = standing.conditions(tx.conn, held)
    move = transitions.fall(held.effective(), tx.now, opened.get(line.subject_id, 0), conditions, True, policy.rating)
    if lines.rise_due(tx.conn, line.subject_id, before):
        raise Conflict("fall_blocked", f"{line.subject_id} cannot fall now: a rise waits to be decided (R26).")
    if move.rule is None:
        why = "; ".join(transitions.REASONS[reason] for reason in move.reasons)
        raise Conflict("fall_blocked", f"{line.subject_id} cannot fall to medium now: {why}.")
    return _Outcome(tier, Tier.MEDIUM, "T6", wanted(Tier.MEDIUM, False, None, (), policy.rating), ())


def _restated(tier: Tier, before: Tier, decision: DecisionRow | None) -> _Outcome:
    """T9: two people leave EXTREME; an appeal may have been faster."""
    if decision is None or before is not Tier.EXTREME:
        return _Outcome(tier, before, None, (), ())
    return _Outcome(tier, tier, "T9", decisions.wanted_of(decision)[0], ())


def _move(
    tx: Tx,
    line: LineRow,
    held: TierRow,
    decision: DecisionRow | None,
    outcome: _Outcome,
    appeal_until: datetime,
    policy: Policy,
) -> None:
    """The first rating starts the time that somebody is rated; every other line moves only what it says."""
    if outcome.rule is None and held.since is not None:
        return
    if outcome.rule == "T9" and line.restates is not None:
        measures.reverse(tx, held.subject_id, line.restates, f"{line.id} restates {line.restates}", policy)
    people = () if decision is None else tuple(voice.person for voice in decisions.voices(tx.conn, line.id))
    at_once = decision is not None and decisions.wanted_of(decision)[1]
    decided = Decided(
        line_id=line.id,
        rule=outcome.rule or "T1",
        people=people,
        reason=f"{', '.join(line.clauses)} ({line.id})" if decision is None else decision.reason,
        facts=tuple(line.facts),
        clauses=tuple(line.clauses),
        wanted=outcome.wanted,
        events=outcome.events,
        appeal_until=appeal_until,
        at_once=at_once,
        restriction_days=None if decision is None else decision.restriction_days,
    )
    standing.move(tx, held, outcome.to, decided, policy)


def of(conn: Conn, line_id: str) -> PublicationRow | None:
    """When and how a line was told; None = not yet."""
    return store.get(conn, line_id)


def of_subject(conn: Conn, subject_id: str, limit: int = 50) -> list[PublicationRow]:
    """What was told about a person, newest first."""
    return store.of_subject(conn, subject_id, limit)
