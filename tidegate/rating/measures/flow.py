"""Ordering measures and ending them: restrictions on every account of the person, bonds, dismissal.

Everything is one transaction with what decided it. The caller has locked the person's parties.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, Malformed, NotFound
from tidegate.base.times import rfc3339
from tidegate.db import Conn, Tx, act
from tidegate.ledger import store as ledger
from tidegate.p2p.bond import flow as bonds
from tidegate.p2p.merchants import flow as merchants
from tidegate.parties import flow as parties
from tidegate.parties.party import check_reason
from tidegate.policy.pack import Policy
from tidegate.rating.fact import SEVERE, Kind
from tidegate.rating.facts import flow as facts
from tidegate.rating.facts.store import FactRow
from tidegate.rating.measures import store
from tidegate.rating.measures.measure import INTERIM, TERMS, Measure, Wanted, valued
from tidegate.rating.measures.store import MeasureRow, OrderRow
from tidegate.rating.subjects import flow as subjects

ARTICLE = "S2 Art. 7"
TAKEOVER = "I-17"


@dataclass(frozen=True, slots=True)
class Ground:
    """What orders measures: a line that was told, who decided it, and until when its timers run."""

    subject_id: str
    line_id: str
    people: tuple[str, ...]
    reason: str
    observation_ends: datetime | None
    restriction_ends: datetime | None
    appeal_until: datetime
    at_once: bool  # the law orders it otherwise: what cannot be undone does not wait for the appeal


def order(tx: Tx, ground: Ground, wanted: Sequence[Wanted], policy: Policy) -> list[MeasureRow]:
    """Take these measures. The whole bond is taken only when the time for an appeal is over."""
    made = []
    for line in wanted:
        waits = line.measure is Measure.FULL_DEDUCTION and not ground.at_once
        terms = TERMS[line.measure]
        ends = {"observation": ground.observation_ends, "restriction": ground.restriction_ends}.get(terms.ends)
        measure = MeasureRow(
            id=new_id("msr"),
            subject_id=ground.subject_id,
            line_id=ground.line_id,
            fact_id=None,
            measure=line.measure,
            value=line.value,
            by_text=line.by_text,
            article=ARTICLE,
            readings=_readings(line),
            reversible=terms.reversible,
            state="waiting" if waits else "active",
            starts_at=ground.appeal_until if waits else tx.now,
            ends_at=ends,
            decided_by=list(ground.people),
            reason=ground.reason,
            ended_at=None,
            ended_by=None,
            end_reason=None,
        )
        store.add(tx.conn, measure)
        tx.note("rating.measure", measure.id, {"subject": ground.subject_id, "measure": line.measure, "ends": ends})
        made.append(measure if waits else _carry_out(tx, measure, policy))
    return made


def _readings(line: Wanted) -> list[str]:
    taking = {Measure.PARTIAL_DEDUCTION, Measure.FULL_DEDUCTION, Measure.TOP_UP_DEMAND}
    used = {"R13"} if line.measure in taking else set()
    used |= {"R14"} if line.measure in (Measure.TRADING_DISABLED, Measure.OFF_BOARDING) else set()
    return sorted(used if line.by_text else used | {"R15"})


def _carry_out(tx: Tx, measure: MeasureRow, policy: Policy) -> MeasureRow:
    """Make it hold: restrictions on every account, or an act on each bond and merchant, done once."""
    what = Measure(measure.measure)
    accounts = subjects.accounts(tx.conn, measure.subject_id)
    restriction = TERMS[what].restriction
    reason = f"{measure.article}, {measure.measure} ({measure.id}): {measure.reason}"[:500]
    if restriction is not None:
        for party in sorted({account.party_id for account in accounts}):
            made = parties.impose(tx, party, restriction, measure.ends_at, reason, measure.value)
            store.add_order(tx.conn, OrderRow(measure.id, made.id, party))
    if what is Measure.DISMISSAL:
        for account in accounts:
            if account.certification not in ("closed", "dismissed"):
                merchants.dismiss(tx, account.merchant_id, measure.id, reason, policy)
    if what in (Measure.PARTIAL_DEDUCTION, Measure.FULL_DEDUCTION):
        _deduct(tx, measure, reason, policy)
    if what in (Measure.WARNING, Measure.TOP_UP_DEMAND, Measure.PARTIAL_DEDUCTION, Measure.FULL_DEDUCTION):
        return _done(tx, measure)
    return measure


def _deduct(tx: Tx, measure: MeasureRow, reason: str, policy: Policy) -> None:
    assets = {asset.id: asset for asset in ledger.assets(tx.conn)}
    percent = 100 if measure.value is None else int(measure.value)
    for bond in subjects.bonds(tx.conn, measure.subject_id):
        units = bond.locked * percent // 100
        if units:
            asset = assets[bond.asset_id]
            bonds.deduct(tx, bond.merchant_id, asset, units, decision=measure.id, reason=reason, policy=policy)


def _done(tx: Tx, measure: MeasureRow) -> MeasureRow:
    store.end(tx.conn, measure.id, "done", tx.actor, "carried out", tx.now)
    return replace(measure, state="done", ended_at=tx.now, ended_by=tx.actor, end_reason="carried out")


def end_all(tx: Tx, subject_id: str, state: str, reason: str, *, line_id: str | None = None) -> None:
    """What can be undone holds no longer, of one line or of all: a lower tier allows none of it (S2 Art. 7)."""
    for measure in store.of_subject(tx.conn, subject_id):
        ours = line_id is None or measure.line_id == line_id
        if ours and measure.state in ("waiting", "active") and (measure.reversible or measure.state == "waiting"):
            end(tx, measure, state, reason)


def end(tx: Tx, measure: MeasureRow, state: str, reason: str) -> None:
    """It holds no longer, and neither do its restrictions; one that somebody has lifted already stays as it is."""
    if store.end(tx.conn, measure.id, state, tx.actor, reason, tx.now) == 0:
        return
    orders = store.orders(tx.conn, [measure.id])
    held = parties.restrictions(tx.conn, {order.party_id for order in orders}, tx.now)
    in_force = {restriction.id for owned in held.values() for restriction in owned}
    for order in orders:
        if order.restriction_id in in_force:
            parties.lift(tx.conn, order.restriction_id, f"{measure.id}: {reason}"[:500], tx.actor, tx.now)
    tx.note("rating.measure_ended", measure.id, {"subject": measure.subject_id, "state": state, "reason": reason})


def reverse_final(tx: Tx, subject_id: str, line_id: str, reason: str) -> None:
    """An upheld appeal also takes back bans that nothing else could; taken bonds and dismissals stay as they are."""
    for measure in store.of_subject(tx.conn, subject_id):
        if measure.line_id == line_id and measure.state in ("waiting", "active"):
            end(tx, measure, "reversed", reason)


def hand_over(tx: Tx, subject_id: str, to: str) -> None:
    """R20: what held for one account holds for every account of the person, in the same words and for the same time."""
    accounts = subjects.lock(tx, to)
    for measure in store.of_subject(tx.conn, subject_id):
        store.hand_over(tx.conn, measure.id, to)
        restriction = TERMS[Measure(measure.measure)].restriction
        if measure.state != "active" or restriction is None:
            continue
        bound = {order.party_id for order in store.orders(tx.conn, [measure.id])}
        for party in sorted({account.party_id for account in accounts} - bound):
            reason = f"{measure.article}, {measure.measure} ({measure.id}): {measure.reason}"[:500]
            made = parties.impose(tx, party, restriction, measure.ends_at, reason, measure.value)
            store.add_order(tx.conn, OrderRow(measure.id, made.id, party))


# --- before any rating -------------------------------------------------------------------------------------------


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
        made = MeasureRow(
            id=new_id("msr"),
            subject_id=found.subject_id,
            line_id=None,
            fact_id=fact_id,
            measure=kind,
            value=said,
            by_text=False,
            article=ARTICLE,
            readings=["R25"],
            reversible=True,
            state="active",
            starts_at=now,
            ends_at=now + timedelta(hours=span),
            decided_by=[actor],
            reason=reason,
            ended_at=None,
            ended_by=None,
            end_reason=None,
        )
        store.add(conn, made)
        tx.note("rating.interim", made.id, {"subject": made.subject_id, "measure": kind, "ends": made.ends_at})
        return _carry_out(tx, made, policy)


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
        found = _known(conn, id)
        subjects.lock(tx, found.subject_id)
        found = _known(conn, id)
        if found.line_id is not None or found.state != "active" or found.ends_at is None or found.ends_at <= now:
            raise Conflict("measure_not_interim", f"{id} is no interim measure that still holds.")
        until = found.ends_at + timedelta(hours=hours)
        store.prolong(conn, id, until)
        for order in store.orders(conn, [id]):
            made = parties.impose(tx, order.party_id, _kind(found), until, f"{id}: {reason}"[:500], found.value)
            store.add_order(conn, OrderRow(id, made.id, order.party_id))
        tx.note("rating.interim_prolonged", id, {"until": until, "reason": reason})
    return _known(conn, id)


def _kind(measure: MeasureRow) -> str:
    kind = TERMS[Measure(measure.measure)].restriction
    assert kind is not None  # interim measures are restrictions
    return kind


def lift(conn: Conn, id: str, reason: str, actor: str, now: datetime) -> MeasureRow:
    """A person ends a measure early: an off-boarding that is done, an interim measure whose ground is gone.

    Raises NotFound `measure_missing`; Malformed `reason_invalid`; Conflict `measure_over`, `measure_irreversible`.
    """
    check_reason(reason)
    with act(conn, actor, now) as tx:
        found = _known(conn, id)
        subjects.lock(tx, found.subject_id)
        found = _known(conn, id)
        if found.state not in ("waiting", "active"):
            raise Conflict("measure_over", f"{id} is {found.state} since {rfc3339(found.ended_at or now)}.")
        if not found.reversible:
            raise Conflict("measure_irreversible", f"{id} ({found.measure}) is left only by an appeal.")
        end(tx, found, "lifted", reason)
    return _known(conn, id)


# --- time --------------------------------------------------------------------------------------------------------


def expire(conn: Conn, id: str, now: datetime) -> bool:
    """A measure's time is over. Its restrictions have ended by themselves."""
    with act(conn, "worker", now) as tx:
        found = _known(conn, id)
        subjects.lock(tx, found.subject_id)
        found = _known(conn, id)
        if found.state != "active" or found.ends_at is None or found.ends_at > now:
            return False
        end(tx, found, "expired", "its time is over")
        return True


def carry_out_due(conn: Conn, id: str, policy: Policy, now: datetime) -> bool:
    """The time for an appeal is over: do what waited for it."""
    with act(conn, "worker", now) as tx:
        found = _known(conn, id)
        subjects.lock(tx, found.subject_id)
        found = _known(conn, id)
        if found.state != "waiting" or found.starts_at > now:
            return False
        tx.note("rating.measure_due", id, {"subject": found.subject_id, "measure": found.measure})
        _carry_out(tx, found, policy)
        return True


def of_subject(conn: Conn, subject_id: str) -> list[MeasureRow]:
    """Every measure about a person, oldest first."""
    return store.of_subject(conn, subject_id)


def get(conn: Conn, id: str) -> MeasureRow:
    """One measure. Raises NotFound `measure_missing`."""
    return _known(conn, id)


def _known(conn: Conn, id: str) -> MeasureRow:
    found = store.get(conn, id)
    if found is None:
        raise NotFound("measure_missing", f"There is no measure {id[:40]!r}.")
    return found
