"""Nothing moves: withdrawals, evidence and headroom as others read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from tidegate.base.findings import Finding, Outcome
from tidegate.base.money import Asset
from tidegate.base.refusals import NotFound
from tidegate.cases import flow as cases
from tidegate.custody import flow as custody
from tidegate.db import Conn, journal
from tidegate.parties import flow as parties
from tidegate.parties.party import Party
from tidegate.screening import flow as screening
from tidegate.withdrawals import answer, bundle, limits, replaying, store
from tidegate.withdrawals.ahead import Ahead
from tidegate.withdrawals.ahead import ahead as ahead_of
from tidegate.withdrawals.flow.given import Setting
from tidegate.withdrawals.letter import Known
from tidegate.withdrawals.limits import Headroom
from tidegate.withdrawals.withdrawal import Status, Withdrawal


def get(conn: Conn, id: str, party_id: str | None = None) -> Withdrawal:
    """One withdrawal; for a customer's credential only their own. Raises NotFound."""
    withdrawal = store.get(conn, id)
    if withdrawal is None or (party_id is not None and withdrawal.party_id != party_id):
        raise NotFound("withdrawal_unknown", f"There is no withdrawal {id}.")
    return withdrawal


def got(conn: Conn, id: str) -> Withdrawal:
    return get(conn, id)


def view(conn: Conn, withdrawal: Withdrawal, assets: Mapping[int, Asset]) -> dict[str, Any]:
    """The withdrawal as the API says it, with its newest decision."""
    return views(conn, [withdrawal], assets)[0]


def views(conn: Conn, found: Sequence[Withdrawal], assets: Mapping[int, Asset]) -> list[dict[str, Any]]:
    """Withdrawals as the API says them. Where a payment waits, the withdrawal says what for."""
    decisions = {row.id: row for row in store.decisions(conn, [w.decision_id for w in found])}
    payouts = custody.payouts_of(conn, [w.id for w in found if w.status in (Status.APPROVED, Status.PAYING)])
    asked = cases.asked(conn, [w.id for w in found if w.status is Status.AWAITING_INFORMATION])
    appealed = cases.latest(conn, [w.id for w in found], "withdrawal_appeal")
    said = []
    for item in found:
        payout = payouts.get(item.id)
        if item.waiting_for is None and payout is not None and payout.waiting_for is not None:
            item = replace(item, waiting_for=payout.waiting_for)
        decision = decisions[item.decision_id]
        known = Known(asked.get(item.id), appealed[item.id].status if item.id in appealed else None)
        said.append(
            answer.as_json(item, assets[item.asset_id], Outcome(decision.outcome), findings_of(decision), known)
        )
    return said


def ahead(conn: Conn, withdrawal: Withdrawal) -> Ahead:
    """What its customer should know before they confirm it, or while they can still take it back."""
    (decision,) = store.decisions(conn, [withdrawal.decision_id])
    return ahead_of(findings_of(decision), withdrawal.cleared)


def evidence(conn: Conn, case_id: str) -> dict[str, Any]:
    """Everything about a case from one snapshot, as `bundle.made` lays it out. Raises NotFound `case_unknown`."""
    with journal.snapshot(conn):
        file = cases.file(conn, case_id)
        withdrawal = store.get(conn, file.case.subject)
        subjects = [case_id, file.case.subject]
        return bundle.made(
            case=file.case,
            answers=file.answers,
            evidence=file.evidence,
            questions=file.questions,
            order=store.seizure_order(conn, case_id),
            withdrawal=withdrawal,
            decisions=store.decisions_of(conn, withdrawal.id) if withdrawal is not None else [],
            links=journal.links_about(conn, subjects),
        )


def findings_of(decision: store.DecisionRow) -> list[Finding]:
    """A stored decision's findings."""
    return replaying.findings_of(decision.findings)


def headroom(conn: Conn, party: Party, setting: Setting, now: datetime, key: str | None = None) -> list[Headroom]:
    """What still fits in each window of a party, of its own addresses and of the key that asks (GET …/limits).

    Windows of an asset, a network or the platform are not a customer's to see. Refuses without a level.
    """
    policy = setting.policy
    own = [
        int(r.value) * 1_000_000
        for r in parties.restrictions(conn, [party.id], now).get(party.id, ())
        if r.kind == "withdrawal_limit" and r.value is not None
    ]
    known = {limits.address_subject(entry.network, entry.address) for entry in screening.book(conn, party.id)}
    of_scope = {"party": [party.id], "address": sorted(known), "key": [] if key is None else [key]}
    asked = [("party", party.id, 24, min([policy.limit_24h(party.level), *own]))] + [
        (limit.scope, subject, limit.hours, limit.value)
        for limit in policy.limits
        for subject in of_scope.get(limit.scope, ())
    ]
    wanted = sorted({(scope, subject, hours) for scope, subject, hours, _ in asked}, key=str)
    counted = {(w.scope, w.subject, w.hours): w.used for w in store.windows(conn, wanted, now)}
    return [
        Headroom(
            scope,
            hours,
            value,
            counted.get((scope, subject, hours), 0),
            None if scope == "party" else subject,
        )
        for scope, subject, hours, value in asked
    ]
