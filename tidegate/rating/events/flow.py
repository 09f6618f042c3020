"""Between months: a judged fact moves the tier at once where the text decides, or asks people for a decision."""

from __future__ import annotations

from datetime import datetime

from tidegate.db import Conn, Tx, act
from tidegate.policy import flow as policies
from tidegate.rating import transitions
from tidegate.rating.fact import Disposition, Fact
from tidegate.rating.facts import flow as facts
from tidegate.rating.facts import store as fact_store
from tidegate.rating.facts.store import FactRow
from tidegate.rating.lines import flow as lines
from tidegate.rating.lines import store as line_store
from tidegate.rating.lines.flow import Drawing
from tidegate.rating.lines.line import judge
from tidegate.rating.lines.store import LineRow
from tidegate.rating.measures import flow as measures
from tidegate.rating.publishing import flow as publishing
from tidegate.rating.restatements import flow as restatements
from tidegate.rating.standing import flow as standing
from tidegate.rating.tiers import Tier
from tidegate.rating.window import trailing


def judged(
    conn: Conn,
    fact_id: str,
    disposition: str,
    reason: str,
    actor: str,
    now: datetime,
    exemption_id: str | None = None,
) -> FactRow:
    """A person says what a fact is; what follows, follows in the same transaction. Raises as `facts.judge`."""
    with act(conn, actor, now) as tx:
        fact, found = facts.judge(tx, fact_id, _word(disposition), reason, exemption_id)
        if fact.confirmed:
            on_event(tx, found.subject_id, fact)
            measures.taken_over(tx, found, reason, policies.active(conn, now))
        else:
            measures.ground_gone(tx, found)
            redraw(tx, found.subject_id)
        restatements.restate(tx, found.subject_id)
    return facts.get(conn, fact_id)


def _word(said: str) -> Disposition:
    """Unknown words are refused by `facts.judge`, which takes OPEN for one."""
    return Disposition(said) if said in set(Disposition) else Disposition.OPEN


def parted(tx: Tx, stays: str, leaves: str) -> None:
    """R20 undone (news from `p2p`): tiers, measures and proposals as the facts of each alone have it."""
    standing.parted(tx, stays, leaves, policies.active(tx.conn, tx.now))
    redraw(tx, stays)
    restatements.restate(tx, stays)


def on_event(tx: Tx, subject_id: str, fact: Fact) -> LineRow | None:
    """A confirmed fact between two months. The line that it made; None where it moves nothing."""
    held = standing.lock(tx, subject_id)
    if held.closed_at is not None:
        return None
    zone = policies.active(tx.conn, tx.now).rating.zone
    window = trailing(tx.now, zone)
    policy = lines.policy_of(tx.conn, window.start, tx.now)
    (subject,) = lines.gather(tx.conn, [subject_id], window)
    found = judge(subject, window, policy.rating, policy.version, tx.now)
    if fact.id in found.rated.facts:  # a witness, or a claim without proof, starts no quiet time anew
        standing.heard(tx, held, fact.counts_at, policy)
    if not found.fresh or found.move.rule is None:
        return None
    before = line_store.pending(tx.conn, subject_id)
    open_one = next((line for line in before if line.cause == "event"), None)
    replaced = None if open_one is None else open_one.id
    line = lines.draw(tx, Drawing(subject, "event", None, replaced), found, policy.version)
    lines.hand_over(tx, open_one, line)
    body = {"subject": subject_id, "fact": fact.id, "proposed": line.proposed, "rule": line.rule}
    tx.note("rating.event", line.id, body)
    if not line.person:
        publishing.tell(tx, line.id)
    return line


def redraw(tx: Tx, subject_id: str) -> None:
    """A fact turned out to be none, or another's: a proposal that stood on it is drawn again with what is left, for
    people to see."""
    held = standing.lock(tx, subject_id)
    stale = [line for line in line_store.pending(tx.conn, subject_id) if line.cause == "event"]
    if not stale:
        return
    window = trailing(tx.now, policies.active(tx.conn, tx.now).rating.zone)
    policy = lines.policy_of(tx.conn, window.start, tx.now)
    (subject,) = lines.gather(tx.conn, [subject_id], window)
    found = judge(subject, window, policy.rating, policy.version, tx.now)
    for line in stale:
        made = lines.draw(tx, Drawing(subject, "event", None, line.id), found, policy.version)
        lines.hand_over(tx, line, made)
        tx.note("rating.event", made.id, {"subject": subject_id, "proposed": made.proposed, "held": held.tier})
        if not made.person:
            publishing.tell(tx, made.id)


def review(conn: Conn, subject_id: str, now: datetime) -> LineRow | None:
    """HIGH waits for nothing but a person's word: ask for it, once. None where there is nothing to ask."""
    with act(conn, "worker", now) as tx:
        held = standing.lock(tx, subject_id)
        policy = policies.active(conn, now)
        opened = {found.subject_id: found.alerts for found in fact_store.open_alerts(conn, [subject_id])}
        move = transitions.fall(
            held.effective(), now, opened.get(subject_id, 0), standing.conditions(conn, held), False, policy.rating
        )
        if held.tier != Tier.HIGH or not transitions.reviewable(move) or line_store.pending(conn, subject_id):
            return None
        if lines.rise_due(conn, subject_id, Tier.HIGH):
            return None
        window = trailing(now, policy.rating.zone)
        (subject,) = lines.gather(conn, [subject_id], window)
        found = judge(subject, window, policy.rating, policy.version, now)
        asked = transitions.fall(held.effective(), now, 0, standing.conditions(conn, held), True, policy.rating)
        line = lines.draw(tx, Drawing(subject, "review", None, None), found.proposing(asked), policy.version)
        tx.note("rating.review", line.id, {"subject": subject_id, "proposed": line.proposed})
        return line


def fall_due(conn: Conn, subject_id: str, now: datetime) -> bool:
    """T3, daily: MEDIUM falls where its time is over, unless an alert is open or a rise is due (R26)."""
    with act(conn, "worker", now) as tx:
        held = standing.lock(tx, subject_id)
        policy = policies.active(conn, now)
        if held.tier != Tier.MEDIUM or held.closed_at is not None or lines.rise_due(conn, subject_id, Tier.MEDIUM):
            return False
        opened = {found.subject_id: found.alerts for found in fact_store.open_alerts(conn, [subject_id])}
        move = transitions.fall(
            held.effective(), now, opened.get(subject_id, 0), standing.conditions(conn, held), False, policy.rating
        )
        if move.rule is None:
            return False
        standing.fall(tx, held, move.rule, policy)
        return True
