"""Before any rating: measures for hours, on what a person has confirmed (R25), until a rating judges the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, Malformed
from tidegate.db import Conn, Tx, act
from tidegate.notifications import rating_words
from tidegate.parties import flow as parties
from tidegate.parties.party import check_reason
from tidegate.policy.pack import Policy
from tidegate.rating.fact import SEVERE, Kind
from tidegate.rating.facts import flow as facts
from tidegate.rating.facts.store import FactRow
from tidegate.rating.measures import store
from tidegate.rating.measures.flow.ending import end
from tidegate.rating.measures.flow.ordering import ARTICLE, carry_out, keep
from tidegate.rating.measures.flow.reading import get
from tidegate.rating.measures.measure import INTERIM, TERMS, Measure, Wanted, valued
from tidegate.rating.measures.store import MeasureRow, OrderRow
from tidegate.rating.subjects import flow as subjects

TAKEOVER = "I-17"


def interim(
    conn: Conn,
    fact_id: str,
    measure: str,
    value: str | None,
    hours: int | None,
    reason: str,
    policy: Policy,
    actor: str,
    now: datetime,
) -> MeasureRow:
    """R25: until the next rating, for hours. Only on a confirmed severe alert, an authority's action or a takeover.

    Raises NotFound `fact_unknown`; Malformed `reason_invalid`, `measure_not_interim`, `hours_invalid`,
    `measure_value_invalid`; Conflict `interim_without_ground`.
    """
    check_reason(reason)
    if measure not in set(INTERIM):
        raise Malformed("measure_not_interim", f"Interim measures are {', '.join(INTERIM)}", field="measure")
    most = policy.rating.interim_hours
    span = most if hours is None else hours
    if not 1 <= span <= most:
        raise Malformed("hours_invalid", f"{span} is not 1 to {most} hours; a person may prolong it", field="hours")
    kind = Measure(measure)
    said = valued(kind, value, policy.rating)
    with act(conn, actor, now) as tx:
        found = facts.get(conn, fact_id)
        subjects.lock(tx, found.subject_id)
        if not _grounds_interim(found):
            raise Conflict(
                "interim_without_ground",
                f"{fact_id} is no confirmed severe alert, no confirmed authority action and no takeover.",
            )
        return _order(tx, found, Wanted(kind, said, by_text=False), span, reason, policy)


def taken_over(tx: Tx, fact: FactRow, reason: str, policy: Policy) -> MeasureRow | None:
    """I-17: a person says that the signs are a takeover, so what the account holds is held at once, for the victim's
    sake. None where it is held for this already."""
    if fact.indicator != TAKEOVER or store.interim_on(tx.conn, fact.subject_id, [fact.id]):
        return None
    hold = Wanted(Measure.FREEZE, None, by_text=True)
    return _order(tx, fact, hold, policy.rating.interim_hours, reason, policy)


def _order(tx: Tx, fact: FactRow, wanted: Wanted, hours: int, reason: str, policy: Policy) -> MeasureRow:
    clauses = [fact.article or ("5.2a" if fact.fact == Kind.AUTHORITY_ACTION else "5.1")]
    made = MeasureRow(
        id=new_id("msr"),
        subject_id=fact.subject_id,
        line_id=None,
        fact_id=fact.id,
        measure=wanted.measure,
        value=wanted.value,
        by_text=wanted.by_text,
        article=ARTICLE,
        readings=["R25"],
        reversible=True,
        state="active",
        starts_at=tx.now,
        ends_at=tx.now + timedelta(hours=hours),
        decided_by=[tx.actor],
        approved_by=[],
        reason=reason,
        evidence=[fact.id],
        notice_en=rating_words.notice(wanted.measure, wanted.value, clauses, "en"),
        notice_zh=rating_words.notice(wanted.measure, wanted.value, clauses, "zh"),
        ended_at=None,
        ended_by=None,
        end_reason=None,
    )
    keep(tx, made)
    tx.note("rating.interim", made.id, {"subject": made.subject_id, "measure": made.measure, "ends": made.ends_at})
    return carry_out(tx, made, policy)


def _grounds_interim(fact: FactRow) -> bool:
    if fact.disposition != "confirmed":
        return False
    severe = fact.fact == Kind.ALERT and fact.severity in SEVERE
    return severe or fact.fact == Kind.AUTHORITY_ACTION or fact.indicator == TAKEOVER


def prolong(conn: Conn, id: str, hours: int, reason: str, policy: Policy, actor: str, now: datetime) -> MeasureRow:
    """A person decides that an interim measure goes on, once more no longer than the policy says.

    Raises NotFound `measure_missing`; Malformed `reason_invalid`, `hours_invalid`; Conflict `measure_not_interim`.
    """
    check_reason(reason)
    most = policy.rating.interim_hours
    if not 1 <= hours <= most:
        raise Malformed("hours_invalid", f"{hours} is not 1 to {most} hours", field="hours")
    with act(conn, actor, now) as tx:
        found = get(conn, id)
        subjects.lock(tx, found.subject_id)
        found = get(conn, id)
        if found.line_id is not None or found.state != "active" or found.ends_at is None or found.ends_at <= now:
            raise Conflict("measure_not_interim", f"{id} is no interim measure that still holds.")
        until = found.ends_at + timedelta(hours=hours)
        store.prolong(conn, id, until)
        store.add_step(conn, id, actor, reason, now)
        for order in store.orders(conn, [id]):
            made = parties.impose(tx, order.party_id, _kind(found), until, f"{id}: {reason}"[:500], found.value)
            store.add_order(conn, OrderRow(id, made.id, order.party_id))
        tx.note("rating.interim_prolonged", id, {"until": until, "reason": reason})
    return get(conn, id)


def _kind(measure: MeasureRow) -> str:
    kind = TERMS[Measure(measure.measure)].restriction
    assert kind is not None  # interim measures are restrictions
    return kind


def settle_interim(tx: Tx, subject_id: str, line_id: str, facts: Sequence[str], taken: Sequence[Wanted]) -> None:
    """A line was told that judged what an interim measure stands on: the line's measures hold instead, or it ends."""
    for measure in store.interim_on(tx.conn, subject_id, facts):
        if taken:
            end(tx, measure, "replaced", f"{line_id} was told, and its measures hold instead", "replaced")
        else:
            end(tx, measure, "lifted", f"{line_id} was told, and asks for no measure", "not_kept")


def ground_gone(tx: Tx, fact: FactRow) -> None:
    """A fact turned out to be none: what stood on it alone ends at once."""
    for measure in store.interim_on(tx.conn, fact.subject_id, [fact.id]):
        end(tx, measure, "lifted", f"{fact.id} turned out to be none", "ground_gone")
