"""A line orders measures: restrictions on every account of the person, bonds, dismissal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tidegate.base.ids import new_id
from tidegate.db import Tx
from tidegate.ledger import store as ledger
from tidegate.notifications import rating_words
from tidegate.p2p.bond import flow as bonds
from tidegate.p2p.merchants import flow as merchants
from tidegate.parties import flow as parties
from tidegate.policy.pack import Policy
from tidegate.rating.measures import store
from tidegate.rating.measures.measure import TERMS, Measure, Wanted
from tidegate.rating.measures.store import MeasureRow, OrderRow
from tidegate.rating.subjects import flow as subjects

ARTICLE = "S2 Art. 7"


@dataclass(frozen=True, slots=True)
class Ground:
    """What orders measures: a line that was told, who decided it, and until when its timers run."""

    subject_id: str
    line_id: str
    people: tuple[str, ...]  # who decided, then who agreed; empty = the text did
    reason: str
    facts: tuple[str, ...]  # what the line stands on
    clauses: tuple[str, ...]
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
            decided_by=list(ground.people[:1]),
            approved_by=list(ground.people[1:]),
            reason=ground.reason,
            evidence=list(ground.facts),
            notice_en=rating_words.notice(line.measure, line.value, ground.clauses, "en"),
            notice_zh=rating_words.notice(line.measure, line.value, ground.clauses, "zh"),
            ended_at=None,
            ended_by=None,
            end_reason=None,
        )
        keep(tx, measure)
        if waits:
            _keep_bond(tx, measure)
        tx.note("rating.measure", measure.id, {"subject": ground.subject_id, "measure": line.measure, "ends": ends})
        made.append(measure if waits else carry_out(tx, measure, policy))
    return made


def keep(tx: Tx, measure: MeasureRow) -> None:
    """A measure and the first step of its history."""
    store.add(tx.conn, measure)
    store.add_step(tx.conn, measure.id, tx.actor, measure.reason, tx.now)


def _readings(line: Wanted) -> list[str]:
    taking = {Measure.PARTIAL_DEDUCTION, Measure.FULL_DEDUCTION, Measure.TOP_UP_DEMAND}
    used = {"R13"} if line.measure in taking else set()
    used |= {"R14"} if line.measure in (Measure.TRADING_DISABLED, Measure.OFF_BOARDING) else set()
    return sorted(used if line.by_text else used | {"R15"})


def carry_out(tx: Tx, measure: MeasureRow, policy: Policy) -> MeasureRow:
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


def _keep_bond(tx: Tx, measure: MeasureRow) -> None:
    """What is to be taken when the time for an appeal is over must still be there then."""
    for account in subjects.accounts(tx.conn, measure.subject_id):
        merchants.open_matter(tx, account.merchant_id, "deduction", measure.id)


def free_bond(tx: Tx, measure: MeasureRow) -> None:
    for account in subjects.accounts(tx.conn, measure.subject_id):
        merchants.close_matter(tx, account.merchant_id, measure.id)


def _done(tx: Tx, measure: MeasureRow) -> MeasureRow:
    store.end(tx.conn, measure.id, "done", tx.actor, "carried out", tx.now)
    store.add_step(tx.conn, measure.id, tx.actor, "carried out", tx.now)
    if measure.state == "waiting":
        free_bond(tx, measure)
    return replace(measure, state="done", ended_at=tx.now, ended_by=tx.actor, end_reason="carried out")


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
