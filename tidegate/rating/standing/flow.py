"""Moving the tier that holds, with all that follows from it, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.base.refusals import Conflict
from tidegate.db import Conn, Tx, act
from tidegate.p2p.lots import flow as lots
from tidegate.parties import flow as parties
from tidegate.policy.pack import Policy
from tidegate.rating import transitions
from tidegate.rating.measures import flow as measures
from tidegate.rating.measures.flow import Ground
from tidegate.rating.measures.measure import Wanted
from tidegate.rating.standing import store
from tidegate.rating.standing.store import MoveRow, TierRow
from tidegate.rating.subjects import flow as subjects
from tidegate.rating.tiers import Tier
from tidegate.rating.transitions import Conditions, Effective


@dataclass(frozen=True, slots=True)
class Decided:
    """What moves a tier: the line, who decided, why, and what is ordered with it."""

    line_id: str
    rule: str
    people: tuple[str, ...]  # who decided, then who agreed; empty = the text did
    reason: str
    facts: tuple[str, ...]  # what the line stands on
    clauses: tuple[str, ...]
    wanted: tuple[Wanted, ...]
    events: tuple[str, ...]  # that justify the rise
    appeal_until: datetime
    at_once: bool = False
    restriction_days: int | None = None


def lock(tx: Tx, subject_id: str) -> TierRow:
    """A person's tier, with the parties of all their accounts locked first."""
    subjects.lock(tx, subject_id)
    return store.lock(tx.conn, subject_id)


def move(tx: Tx, held: TierRow, to: Tier, decided: Decided, policy: Policy) -> Effective:
    """The tier is another one from now on (or is extended): timers, measures, what the desk knows of it."""
    before = held.effective()
    e = transitions.moved(before, to, tx.now, policy.rating, decided.restriction_days)
    store.keep(tx.conn, held.subject_id, e)
    if to is not before.tier:
        _note(tx, held.subject_id, before.tier, to, decided.rule, decided.line_id, decided.people)
    if to.rank >= before.tier.rank:
        store.add_lifts(tx.conn, decided.events, decided.line_id, tx.now)
    if to.rank < before.tier.rank:
        measures.end_all(tx, held.subject_id, "lifted", f"the tier fell to {to} ({decided.rule})")
    ground = Ground(
        subject_id=held.subject_id,
        line_id=decided.line_id,
        people=decided.people,
        reason=decided.reason,
        facts=decided.facts,
        clauses=decided.clauses,
        observation_ends=e.observation_ends,
        restriction_ends=e.restriction_ends,
        appeal_until=decided.appeal_until,
        at_once=decided.at_once,
    )
    measures.order(tx, ground, decided.wanted, policy)
    return e


def _note(
    tx: Tx, subject_id: str, before: Tier, after: Tier, rule: str, line_id: str | None, people: Sequence[str]
) -> None:
    store.add_move(tx.conn, MoveRow(subject_id, before, after, rule, line_id, list(people), tx.now))
    lots.set_standing(tx, subject_id, after)
    tx.note(
        "rating.tier", subject_id, {"from": before, "to": after, "rule": rule, "line": line_id, "people": list(people)}
    )


def heard(tx: Tx, held: TierRow, at: datetime, policy: Policy) -> Effective:
    """A confirmed event starts the quiet time anew."""
    e = transitions.heard(held.effective(), at, policy.rating)
    store.keep(tx.conn, held.subject_id, e)
    return e


def fall(tx: Tx, held: TierRow, rule: str, policy: Policy) -> None:
    """T3: MEDIUM was quiet for long enough. What MEDIUM brought with it ends."""
    before = held.effective()
    store.keep(tx.conn, held.subject_id, transitions.moved(before, Tier.LOW, tx.now, policy.rating))
    _note(tx, held.subject_id, before.tier, Tier.LOW, rule, None, ())
    measures.end_all(tx, held.subject_id, "lifted", f"the tier fell to low ({rule})")


def conditions(conn: Conn, held: TierRow) -> Conditions:
    """What a fall from HIGH depends on: each bond in full, and a word on cooperation since the restriction began."""
    bonds = subjects.bonds(conn, held.subject_id)
    covered = all(bond.locked >= bond.required and not bond.owed for bond in bonds)
    said = held.cooperation_at is not None and (
        held.restriction_starts is None or held.cooperation_at >= held.restriction_starts
    )
    return Conditions(covered, said)


def record_cooperation(conn: Conn, subject_id: str, reason: str, actor: str, now: datetime) -> TierRow:
    """A person says that the merchant cooperates. Raises Conflict `tier_not_high`."""
    with act(conn, actor, now) as tx:
        held = lock(tx, subject_id)
        if held.tier != Tier.HIGH:
            raise Conflict("tier_not_high", f"{subject_id} is {held.tier}; only HIGH asks for cooperation.")
        store.record_cooperation(conn, subject_id, actor, now)
        tx.note("rating.cooperation", subject_id, {"reason": reason})
    return of(conn, subject_id)


def of(conn: Conn, subject_id: str) -> TierRow:
    """The tier that holds; LOW for whom nobody has rated."""
    found = store.tiers(conn, [subject_id])
    return found[0] if found else TierRow(subject_id, Tier.LOW, *(None,) * 13)


def moves(conn: Conn, subject_id: str) -> list[MoveRow]:
    """Every move, oldest first."""
    return store.moves(conn, subject_id)


def closed(tx: Tx, subject_id: str) -> None:
    """T10: the merchant has left, and none of their accounts is left either (news from `p2p`)."""
    if any(account.certification != "closed" for account in subjects.lock(tx, subject_id)):
        return
    held = store.lock(tx.conn, subject_id)
    if held.closed_at is None:
        store.close(tx.conn, subject_id, tx.now)
        measures.end_all(tx, subject_id, "lifted", "the merchant has left (T10)")
        store.add_move(tx.conn, MoveRow(subject_id, held.tier, "closed", "T10", None, [], tx.now))
        tx.note("rating.closed", subject_id, {"from": held.tier})


def joined(tx: Tx, stays: str, joins: str) -> None:
    """R20: two subjects are one person. The higher tier holds for both, with its timers and measures."""
    kept = lock(tx, stays)
    gone = store.lock(tx.conn, joins)
    if gone.joined is not None:
        return
    store.join(tx.conn, joins, stays)
    before, other = kept.effective(), gone.effective()
    if other.tier.rank > before.tier.rank:
        raised = store.raised(tx.conn, joins)
        store.keep(tx.conn, stays, other)
        _note(tx, stays, before.tier, other.tier, "R20", None if raised is None else raised.line_id, ())
    measures.hand_over(tx, joins, stays)
    tx.note("rating.joined", stays, {"with": joins})


def parted(tx: Tx, stays: str, leaves: str, policy: Policy) -> None:
    """A link was wrong: each goes on with what their own facts brought, and with nothing of the other's.

    Who leaves carries again what they had when they joined, or the tier that they shared, where a fact of theirs raised
    it. Who stays gives back a tier that only the other's facts carry: HIGH no lower than to MEDIUM; EXTREME is left to
    `restatements.restate`, which asks two people.
    """
    parties.lock(tx.conn, {own.party_id for one in (stays, leaves) for own in subjects.accounts(tx.conn, one)})
    kept, gone = store.lock(tx.conn, stays), store.lock(tx.conn, leaves)
    raised = store.raised(tx.conn, stays)
    shared, own = kept.effective(), gone.effective()
    owners = () if raised is None else tuple(raised.owners)
    if gone.joined is not None:
        store.part(tx.conn, leaves)
    measures.part(tx, stays, leaves, policy, keep=shared.tier is Tier.EXTREME)
    if raised is not None and leaves in owners and shared.tier.rank > own.tier.rank:
        store.keep(tx.conn, leaves, shared)
        _note(tx, leaves, own.tier, shared.tier, "R20", raised.line_id, ())
    else:
        lots.set_standing(tx, leaves, own.tier)
    if raised is not None and owners and stays not in owners and shared.tier is not Tier.EXTREME:
        to = transitions.put_apart(shared.tier, Tier(raised.before))
        if to is not shared.tier:
            store.keep(tx.conn, stays, transitions.moved(shared, to, tx.now, policy.rating))
            _note(tx, stays, shared.tier, to, "R20", raised.line_id, ())
    tx.note("rating.parted", stays, {"from": leaves})
