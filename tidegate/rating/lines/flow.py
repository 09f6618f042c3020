"""Drawing lines: everything known of some people gathered by a few statements, judged one by one, written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.base.ids import new_id
from tidegate.base.refusals import NotFound
from tidegate.db import Conn, Tx
from tidegate.p2p.merchants import flow as merchants
from tidegate.policy import flow as policies
from tidegate.policy import store as policy_store
from tidegate.policy.pack import Policy
from tidegate.rating.facts import store as facts
from tidegate.rating.lines import store
from tidegate.rating.lines.line import Judged, Subject
from tidegate.rating.lines.store import LineRow, Standing
from tidegate.rating.standing import store as standing
from tidegate.rating.subjects import store as subjects
from tidegate.rating.tiers import Tier
from tidegate.rating.transitions import Effective
from tidegate.rating.window import Window


def gather(conn: Conn, ids: Sequence[str], window: Window) -> list[Subject]:
    """What some people's lines are made of, in one order."""
    found = facts.of_subjects(conn, ids, window.start, window.as_of)
    dealt = {line.subject_id: line.people for line in subjects.counterparties(conn, ids, window.start, window.as_of)}
    before: dict[str, set[str]] = {}
    for case in facts.cases_before(conn, ids, window.start):
        before.setdefault(case.subject_id, set()).add(case.case_key)
    held = {line.subject_id: line.effective() for line in standing.tiers(conn, ids)}
    lifted = {line.event_id for line in standing.lifted(conn, [fact.event_id for fact in found])}
    own: dict[str, list[facts.FactRow]] = {id: [] for id in sorted(ids)}
    for fact in found:
        own[fact.subject_id].append(fact)
    return [
        Subject(
            subject_id=id,
            facts=tuple(fact.as_fact() for fact in own[id]),
            events={fact.id: fact.event_id for fact in own[id]},
            counterparties=dealt.get(id),
            cases_before=frozenset(before.get(id, ())),
            held=held.get(id, Effective()),
            lifted=frozenset(lifted & {fact.event_id for fact in own[id]}),
        )
        for id in own
    ]


def policy_of(conn: Conn, start: datetime, now: datetime) -> Policy:
    """R21: the policy in force when the window began; where there was none yet, the first that came into force.

    Raises Unavailable `no_policy`.
    """
    found = policy_store.in_force(conn, start)
    if found is not None:
        return policies.at_version(conn, found.version)
    began = [(v.active_from, v.version) for v in policy_store.versions(conn) if v.active_from and v.active_from <= now]
    return policies.at_version(conn, min(began)[1]) if began else policies.active(conn, now)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Whose line, why, and which one it takes the place of."""

    subject: Subject
    cause: str
    run_id: str | None
    supersedes: str | None
    restates: str | None = None


def draw(tx: Tx, drawing: Drawing, judged: Judged, policy_version: int) -> LineRow:
    """Write a line down."""
    s, rated, move = drawing.subject, judged.rated, judged.move
    made = LineRow(
        id=new_id("rln"),
        run_id=drawing.run_id,
        subject_id=s.subject_id,
        cause=drawing.cause,
        inputs_hash=judged.inputs_hash,
        facts=list(rated.facts),
        counterparties=s.counterparties,
        cases_before=sorted(s.cases_before),
        conduct=rated.conduct,
        consequence=rated.consequence,
        computed=rated.tier,
        basis=rated.basis,
        person=judged.person,
        people=judged.people,
        clauses=list(rated.clauses),
        readings=sorted({*rated.readings, *move.readings, "R20", "R21"}),
        characterised=judged.characterised,
        effective_before=s.held.tier,
        proposed=move.tier,
        rule=move.rule,
        policy_version=policy_version,
        supersedes=drawing.supersedes,
        restates=drawing.restates,
        made_by=tx.actor,
        made_at=tx.now,
    )
    store.add(tx.conn, made)
    return made


def hand_over(tx: Tx, before: LineRow | None, line: LineRow) -> None:
    """While people have to decide about somebody, no bond goes back; a matter is open for one line, never for two."""
    if before is not None:
        close_matter(tx, before)
    if line.person:
        open_matter(tx, line)


def rise_due(conn: Conn, subject_id: str, holds: Tier) -> bool:
    """R26: whether a line that would lift them above a tier waits to be decided or told; nothing falls meanwhile."""
    return store.rising(conn, subject_id, [tier for tier in Tier if tier.rank > holds.rank]) is not None


def open_matter(tx: Tx, line: LineRow) -> None:
    """People have to decide about somebody: no bond goes back meanwhile."""
    for account in subjects.accounts(tx.conn, [line.subject_id]):
        merchants.open_matter(tx, account.merchant_id, "rating", line.id)


def close_matter(tx: Tx, line: LineRow) -> None:
    """They have, or another line has taken its place. Again changes nothing."""
    if not line.person:
        return
    for account in subjects.accounts(tx.conn, [line.subject_id]):
        merchants.close_matter(tx, account.merchant_id, line.id)


def get(conn: Conn, id: str) -> LineRow:
    """One line. Raises NotFound `line_unknown`."""
    found = store.get(conn, id)
    if found is None:
        raise NotFound("line_unknown", f"There is no line {id[:40]!r}.")
    return found


def standing_of(conn: Conn, ids: Sequence[str]) -> dict[str, Standing]:
    """How far some lines have come, by id."""
    return {line.line_id: line for line in store.standing(conn, ids)}


def page(conn: Conn, run_id: str, after: str = "", limit: int = 50) -> list[LineRow]:
    """The lines of a run that hold, by subject."""
    return store.of_run(conn, run_id, after, limit)


def of_run_about(conn: Conn, run_id: str, subjects: Sequence[str]) -> list[LineRow]:
    """The lines of a run about some people that hold."""
    return store.of_run_about(conn, run_id, subjects)


def queue(conn: Conn, after: str = "", limit: int = 50) -> list[LineRow]:
    """Lines that wait for a person, oldest first."""
    return store.queue(conn, after, limit)


def of_subject(conn: Conn, subject_id: str, limit: int = 50) -> list[LineRow]:
    """The lines of a person, newest first."""
    return store.of_subject(conn, subject_id, limit)
