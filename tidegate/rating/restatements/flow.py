"""Asking two people to put EXTREME right, inside the act that corrected a fact."""

from __future__ import annotations

from dataclasses import replace

from tidegate.db import Tx
from tidegate.policy import flow as policies
from tidegate.rating import transitions
from tidegate.rating.facts import store as facts
from tidegate.rating.lines import flow as lines
from tidegate.rating.lines.flow import Drawing
from tidegate.rating.lines.line import Judged, Subject, judge
from tidegate.rating.lines.store import LineRow
from tidegate.rating.restatements import store
from tidegate.rating.restatements.restatement import Left, amounts_to
from tidegate.rating.standing import flow as standing
from tidegate.rating.standing.store import TierRow
from tidegate.rating.tiers import Tier
from tidegate.rating.transitions import Move
from tidegate.rating.window import trailing


def restate(tx: Tx, subject_id: str) -> LineRow | None:
    """T9: where what EXTREME stood on holds no longer, a line that two people decide; None where it stands as it is.

    What a fact that holds again takes away from such a line is drawn as well: nobody decides on what has changed.
    """
    held = standing.lock(tx, subject_id)
    raised = store.raised(tx.conn, subject_id)
    if held.tier != Tier.EXTREME or held.closed_at is not None or raised is None:
        return None
    since = [line.line_id for line in store.told_since(tx.conn, subject_id, raised.at)]
    subjects = [_left(tx, held, lines.get(tx.conn, id)) for id in (raised.line_id, *since)]
    to = amounts_to(Tier(raised.before), [left for _, left in subjects], _today(tx, subject_id))
    pending = store.pending(tx.conn, subject_id)
    if to is Tier.EXTREME and pending is None:
        return None
    subject, left = subjects[0]
    return _draw(tx, raised.line_id, None if pending is None else pending.id, subject, _proposed(held, to, left.judged))


def _left(tx: Tx, held: TierRow, line: LineRow) -> tuple[Subject, Left]:
    """A line that was told, with what holds of its facts by now, under the policy that judged it then."""
    policy = policies.at_version(tx.conn, line.policy_version)
    found = facts.current(tx.conn, held.subject_id, line.facts)
    known = {case.case_key for case in facts.cases_before(tx.conn, [held.subject_id], line.made_at)}
    subject = Subject(
        subject_id=held.subject_id,
        facts=tuple(fact.as_fact() for fact in found),
        events={fact.id: fact.event_id for fact in found},
        counterparties=line.counterparties,
        cases_before=frozenset(line.cases_before) & known,
        held=held.effective(),
        lifted=frozenset(),
    )
    grounds = {lift.event_id for lift in store.lifts(tx.conn, [line.id])}
    holding = {fact.event_id for fact in found if fact.as_fact().confirmed}
    judged = judge(subject, None, policy.rating, policy.version, tx.now)
    return subject, Left(line.rule, judged, bool(grounds & holding))


def _today(tx: Tx, subject_id: str) -> Tier:
    """What the last 30 days amount to: what happened since does not go unseen because something else was wrong."""
    window = trailing(tx.now, policies.active(tx.conn, tx.now).rating.zone)
    policy = lines.policy_of(tx.conn, window.start, tx.now)
    (subject,) = lines.gather(tx.conn, [subject_id], window)
    return judge(subject, window, policy.rating, policy.version, tx.now).rated.tier


def _proposed(held: TierRow, to: Tier, judged: Judged) -> Judged:
    """T9 for two people; or nothing to decide, where EXTREME stands on what holds after all."""
    if to is not Tier.EXTREME:
        return judged.proposing(transitions.on_appeal(held.effective(), to))
    stands = replace(judged, rated=replace(judged.rated, person=False))
    return stands.proposing(Move(Tier.EXTREME, None, person=False))


def _draw(tx: Tx, restates: str, replaced: str | None, subject: Subject, judged: Judged) -> LineRow | None:
    before = None if replaced is None else lines.get(tx.conn, replaced)
    if before is not None and (before.inputs_hash, before.proposed) == (judged.inputs_hash, judged.move.tier):
        return before
    version = lines.get(tx.conn, restates).policy_version
    made = lines.draw(tx, Drawing(subject, "restatement", None, replaced, restates), judged, version)
    lines.hand_over(tx, before, made)
    body = {"subject": made.subject_id, "restates": restates, "proposed": made.proposed, "rule": made.rule}
    tx.note("rating.restatement", made.id, body)
    return made
